"""Changes metadata, or cells, of a notebook that was handed in."""

import json
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Change the notebook."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = notebook["cells"]
    for cell in cells:
        if "imports" in str(cell["metadata"]):
            cell["source"] = "raise SystemExit"
    path.write_text(json.dumps(notebook), encoding="utf-8")
