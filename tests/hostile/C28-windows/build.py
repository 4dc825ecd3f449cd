"""Hands in bytes that are odd."""

import json
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n")
    path.write_bytes(json.dumps(notebook, indent=1).replace("\n", "\r\n").encode())
