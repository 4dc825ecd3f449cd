"""Hands in a link."""

import shutil
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Put a link in the place of the folder."""
    shutil.rmtree(folder)
    folder.symlink_to(folder.parents[1].parent / "solutions" / "hostile")
