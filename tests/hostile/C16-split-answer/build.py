"""Hands in bytes that are odd."""

import json
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = []
    for cell in notebook["cells"]:
        if "def double" in cell["source"]:
            cells.append(cell | {"source": "factor = 2"})
            cell = cell | {"source": "def double(x):\n    return factor * x"}
        cells.append(cell)
    path.write_text(json.dumps(notebook | {"cells": cells}), encoding="utf-8")
