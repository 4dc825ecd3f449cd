"""Pages as PDF, by the Chromium of this machine."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from autograder.errors import ExportError

VARIABLE = "CHROMIUM"
"""The environment variable that names a browser."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 120


def program() -> str | None:
    """Find the browser: what the environment names, or what is on the path; None where there is none."""
    wanted = os.environ.get(VARIABLE)
    return next(filter(None, map(shutil.which, [wanted] if wanted else _NAMES)), None)


def browser() -> str:
    """
    Find the browser.

    Raises
    ------
    ExportError
        When there is none.
    """
    found = program()
    if found is None:
        raise ExportError(f"no browser for PDF: install Chromium, or say where it is with {VARIABLE}=")
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
