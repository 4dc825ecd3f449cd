"""What is kept: messages that are short enough, and files of which neither a reader nor a crash ever sees half."""

import os
import tempfile
from pathlib import Path

LONGEST = 2000
"""Characters of a message."""


def replace_file(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader, or a crash, sees either what was there or what is new."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def cut(text: str) -> str:
    """Keep a message short enough to be read, and to be stored with three hundred others."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ... ({len(text)} characters)"
