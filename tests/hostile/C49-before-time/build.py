"""Hands in a timestamp that is one, and that no calendar has."""

from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    (folder / "timestamp.txt").write_text("0001-01-01 00:00:00.000000 +1400", encoding="utf-8")
