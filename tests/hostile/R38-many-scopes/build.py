"""Hands in many cells, each of which takes long to be read for names."""

import json
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Put the cells first."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for number in range(100):
        names = [f"a{number}{n:03}" for n in range(700)]
        source = f"def f({', '.join(names)}):\n return {'lambda: ' * 90}({names[0]})"
        cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}
        notebook["cells"].insert(0, cell)
    path.write_text(json.dumps(notebook), encoding="utf-8")
