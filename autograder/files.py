"""Files of which neither a reader nor a crash ever sees half."""

import hashlib
import os
import tempfile
from pathlib import Path

_CODE = (".py", ".txt", ".j2", ".js")
"""The endings of files that a package consists of."""

_NAME_BYTES = 255
"""The longest name that file systems take."""

_PREFIX_BYTES = 100


def file_name(stem: str, ending: str) -> str:
    """Name a file so that any file system takes it: of a name that is too long a part, and a digest of the whole."""
    whole = f"{stem}{ending}"
    if len(whole.encode()) <= _NAME_BYTES:
        return whole
    tail = f"-{hashlib.sha256(stem.encode()).hexdigest()[:16]}{ending}"
    return _cut(stem, _NAME_BYTES - len(tail.encode())) + tail


def temporary_prefix(name: str) -> str:
    """Begin the name of a temporary file or folder: hidden, and short enough for what is appended."""
    return f".{_cut(name, _PREFIX_BYTES)}."


def _cut(name: str, size: int) -> str:
    return name.encode()[:size].decode("utf-8", "ignore")


def replace_file(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader, or a crash, sees either what was there or what is new."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=temporary_prefix(path.name))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
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
