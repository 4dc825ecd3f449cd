"""Files of which neither a reader nor a crash ever sees half."""

import hashlib
import os
import tempfile
from pathlib import Path

_CODE = (".py", ".txt", ".j2", ".js")
"""The endings of files that a package consists of."""

_PREFIX_CHARACTERS = 100


def temporary_prefix(name: str) -> str:
    """Begin the name of a temporary file or folder: hidden, and short enough for what is appended."""
    return f".{name[:_PREFIX_CHARACTERS]}."


def replace_file(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader, or a crash, sees either what was there or what is new."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=temporary_prefix(path.name))
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


def code_digest(*packages: Path) -> str:
    """Tell one version of packages' code from the next: of modules, templates, scripts and lists."""
    files = (path for package in packages for path in sorted(package.rglob("*")) if path.suffix in _CODE)
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()
