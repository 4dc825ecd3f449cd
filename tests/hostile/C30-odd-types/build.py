"""Hands in bytes that are odd."""

import json
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"].insert(0, {"cell_type": ["code"], "source": "1 / 0", "metadata": {}})
    notebook["cells"].insert(0, {"cell_type": "heading", "source": "1 / 0", "metadata": {}})
    notebook["cells"].insert(0, {})
    path.write_text(json.dumps(notebook), encoding="utf-8")
