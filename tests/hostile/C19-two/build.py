"""Hands in bytes that are odd."""

from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    (folder / "01_double-Copy1.ipynb").write_text("{}", encoding="utf-8")
