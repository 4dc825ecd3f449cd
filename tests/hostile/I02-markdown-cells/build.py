"""Puts markup where a notebook keeps its own."""

import json
from pathlib import Path

RUNS = "<script>document.title='ran'</script><img src=x onerror=document.title='ran'>"


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Change the notebook."""
    path = folder / "01_double.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    markdown = {"cell_type": "markdown", "metadata": {}, "source": RUNS, "attachments": {RUNS: {"text/html": RUNS}}}
    raw = {"cell_type": "raw", "metadata": {"format": "text/html"}, "source": RUNS}
    notebook["cells"] += [markdown, raw]
    for cell in notebook["cells"]:
        cell["outputs"] = [{"output_type": "display_data", "data": {"text/html": RUNS}, "metadata": {}}]
    path.write_text(json.dumps(notebook), encoding="utf-8")
