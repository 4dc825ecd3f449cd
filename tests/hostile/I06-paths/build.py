"""Names its plain cells after files."""

import json
from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Change the notebook."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for name in ("../../hostile-was-here", "/tmp/hostile-was-here", "x" * 5000, "", "\0"):
        cell = {"cell_type": "code", "source": "x = 1", "outputs": [], "id": name}
        notebook["cells"].append(cell | {"metadata": {"nbgrader": {"grade_id": name, "solution": True}}})
    path.write_text(json.dumps(notebook), encoding="utf-8")
