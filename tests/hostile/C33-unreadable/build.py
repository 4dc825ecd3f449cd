"""Hands in bytes that are odd."""

from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    path = folder / "01_double.ipynb"
    path.unlink()
    path.mkdir(mode=0)
