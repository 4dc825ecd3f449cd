"""Hands in bytes that are odd."""

import socket
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    path = folder / "01_double.ipynb"
    path.unlink()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
