"""Hands in a link."""

from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Put a link in the place of the notebook."""
    path = folder / "01_double.ipynb"
    path.unlink()
    source = folder.parents[2] / "solutions" / "hostile" / "01_double.ipynb"
    path.symlink_to(source)
