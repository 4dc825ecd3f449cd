"""Changes metadata, or cells, of a notebook that was handed in."""

import json
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Change the notebook."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = notebook["cells"]
    for cell in cells:
        if "test-" in str(cell["metadata"]):
            cell["source"] = "double = lambda x: 2 * x"
    path.write_text(json.dumps(notebook), encoding="utf-8")
