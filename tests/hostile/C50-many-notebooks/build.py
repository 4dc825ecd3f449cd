"""Hands in many files."""

from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the files."""
    for number in range(3000):
        (folder / f"01_double\n{number:04}.ipynb").touch()
