"""Hands in an answer that is twenty thousand signs deep."""

import json
from pathlib import Path

ANSWER = "def double(x):\n    return " + "-" * 20_000 + "x"


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the answer."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "double":
            cell["source"] = ANSWER
    path.write_text(json.dumps(notebook), encoding="utf-8")
