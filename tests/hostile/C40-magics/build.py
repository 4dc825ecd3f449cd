"""Hands in a cell of magics."""

import json
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Put the cell first."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"].insert(0, {"cell_type": "code", "metadata": {}, "source": "!true\n" * 3000, "outputs": []})
    path.write_text(json.dumps(notebook), encoding="utf-8")
