"""Hands in bytes that are odd."""

import json
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(notebook | {"nbformat": "\ud800\n4"}), encoding="utf-8")
