"""Hands in bytes that are odd."""

import json
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps(notebook | {"metadata": {"number": 1}})
    path.write_text(text.replace('{"number": 1}', '{"number": ' + "9" * 10_000 + "}"), encoding="utf-8")
