"""
The floor: what the same cells cost in a bare IPython shell, in a process forked from one that has done the imports.

`python -m tests.floor NOTEBOOK...` prints the processor seconds of each notebook as a JSON list. No kernel, no
messages, no jail: nothing that runs a notebook in a process of its own can be cheaper.
"""

import gc
import importlib
import json
import os
import sys
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell

from sharing_variables.subject import SUBJECT


def run_here(sources: list[str]) -> None:
    """Run cells in this process, and see and say nothing."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    shell = InteractiveShell.instance(xmode="Plain")
    for source in sources:
        shell.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]


def cost(path: Path) -> float:
    """Fork, run, and measure: processor seconds of the child."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = [
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code" and "skip-execution" not in cell["metadata"].get("tags", [])
    ]
    child = os.fork()
    if child == 0:
        run_here(sources)
        os._exit(0)
    _, _, used = os.wait4(child, 0)
    return used.ru_utime + used.ru_stime


def main(paths: list[str]) -> None:
    """Import, then measure."""
    for module in SUBJECT.kernel.preload:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    print(json.dumps([cost(Path(path)) for path in paths]))


if __name__ == "__main__":
    main(sys.argv[1:])
