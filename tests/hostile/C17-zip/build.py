"""Hands in bytes that are odd."""

import zipfile
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    path = folder / "01_double.ipynb"
    path.unlink()
    with zipfile.ZipFile(folder / "work.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name in ("../../01_double.ipynb", "/tmp/hostile-was-here", "hostile-was-here"):
            packed.writestr(name, "{}")
        packed.writestr("bomb", b"0" * 10**8)
