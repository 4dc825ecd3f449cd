"""Hands in bytes that are odd."""

import json
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["outputs"] = [7, None, {"output_type": "x"}, {"output_type": "stream", "text": {"a": 1}}]
        cell["execution_count"] = "often"
        cell["attachments"] = {"x": 7}
    path.write_text(json.dumps(notebook), encoding="utf-8")
