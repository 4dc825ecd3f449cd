"""Hands in an answer that has one line of half a million characters."""

import json
from pathlib import Path

ANSWER = f"""
WORDS = "{"return " * 80_000}"  # that ends like this


def double(x):
    raise ValueError("Variable x does not exist")
"""


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the answer."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "double":
            cell["source"] = ANSWER
    path.write_text(json.dumps(notebook), encoding="utf-8")
