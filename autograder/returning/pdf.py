"""Pages as PDF, by the Chromium of this machine."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from autograder.errors import ExportError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 120


def browser() -> str:
    """
    Find the browser: what the variable CHROMIUM names, or what is on the path.

    Raises
    ------
    ExportError
        When there is none.
    """
    wanted = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [wanted] if wanted else _NAMES)), None)
    if found is None:
        raise ExportError("no browser for PDF: install Chromium, or say where it is with CHROMIUM=")
    return found


def pdf(page: str, program: str) -> bytes:
    """
    Print a page of HTML.

    Raises
    ------
    ExportError
        When the browser does not.
    """
    with tempfile.TemporaryDirectory(prefix="autograder-pdf-") as folder:
        source, made = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(page, encoding="utf-8")
        command = [program, "--headless=new", "--disable-gpu", "--no-first-run", f"--user-data-dir={folder}/profile"]
        # The superuser of a container gets no sandbox; the pages are ours, and hold no script.
        command += ["--no-sandbox"] if os.getuid() == 0 else []
        command += ["--no-pdf-header-footer", f"--print-to-pdf={made}", source.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ExportError(f"{program}: makes no PDF ({type(error).__name__})") from None
        if done.returncode or not made.exists():
            said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
            raise ExportError(f"{program}: makes no PDF ({said[-200:]})")
        return made.read_bytes()
