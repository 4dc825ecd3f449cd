"""Hands in many cells."""

import json
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Put four thousand cells behind the others."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    more = [{"cell_type": "code", "metadata": {}, "source": f"x{n} = {n}", "outputs": []} for n in range(4000)]
    notebook["cells"] += more
    path.write_text(json.dumps(notebook), encoding="utf-8")
