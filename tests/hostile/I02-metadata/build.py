"""Puts markup where a notebook keeps its own."""

import json
from pathlib import Path

RUNS = "<script>document.title='ran'</script><img src=x onerror=document.title='ran'>"


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Change the notebook."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"] = {
        "kernelspec": {"name": RUNS, "display_name": RUNS, "language": RUNS},
        "language_info": {"name": RUNS, "pygments_lexer": RUNS, "codemirror_mode": RUNS},
        "title": RUNS,
        "authors": [{"name": RUNS}],
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {RUNS: RUNS}}},
    }
    for cell in notebook["cells"]:
        cell["metadata"] |= {"tags": [RUNS], "name": RUNS}
    path.write_text(json.dumps(notebook), encoding="utf-8")
