"""Hands in bytes that are odd."""

from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    (folder / "timestamp.txt").write_bytes(b"\xff\x00 yesterday" * 100)
