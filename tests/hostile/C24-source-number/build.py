"""Hands in bytes that are odd."""

import json
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][2]["source"] = 7
    path.write_text(json.dumps(notebook), encoding="utf-8")
