"""
What the cells of the masters cost: operations of graphs, sessions and processor time, as grading runs them.

`python -m tests.operations [NUMBER]` prints a row for each notebook, and the dearest cells. Operations do not depend
on the machine; with some 0.3 ms each, they are most of what a notebook costs.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell
from rich.console import Console
from rich.table import Table

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.master import Master
from autograder.grading.rebuild import rebuild
from autograder.kernels.run import Runner
from autograder.probes import fresh_ending
from autograder.submissions.reading import parse_notebook
from tests.conftest import ASSIGNMENT, ROOT, runner

_COUNT = """
import time, types
from tensorflow.python.client.session import BaseSession
from tensorflow.python.framework.ops import Graph

counts, rows = {"operations": 0, "sessions": 0}, []

def counted(owner, name, what):
    real = getattr(owner, name)

    def one_more(*args, **kwargs):
        counts[what] += 1
        return real(*args, **kwargs)

    setattr(owner, name, one_more)

counted(Graph, "_create_op_internal", "operations")
counted(Graph, "_create_op_from_tf_operation", "operations")
counted(BaseSession, "__init__", "sessions")

def begin(_):
    counts.update(operations=0, sessions=0, begun=time.process_time())

def end(_):
    if "begun" in counts:
        rows.append([counts["operations"], counts["sessions"], time.process_time() - counts["begun"]])

shell.events.register("pre_run_cell", begin)
shell.events.register("post_run_cell", end)
"""

_SETUP = (
    "import sys as _sys, types as _types\n"
    "_sys.modules['counting'] = _counting = _types.ModuleType('counting')\n"
    "_counting.shell = get_ipython()\n"
    f"exec({_COUNT!r}, vars(_counting))"
)
_ASK = "import json, sys\nprint(json.dumps(sys.modules['counting'].rows))"


@dataclass(frozen=True)
class Cell:
    """What one cell costs, in operations, sessions and processor seconds."""

    notebook: str
    name: str
    operations: int
    sessions: int
    seconds: float


def cells_of(master: Master, assignment: Assignment, kernels: Runner) -> Iterator[Cell]:
    """Run the master as grading does, and count."""
    text = nbformat.writes(master.notebook).encode()
    notebook = rebuild(master, parse_notebook(text, f"{master.name}.ipynb"), assignment.subject).notebook
    run = [cell for cell in notebook.cells if cell.cell_type == "code" and "tags" not in cell.metadata]
    notebook.cells = [new_code_cell(_SETUP), *run, new_code_cell(_ASK)]
    done = kernels.run(notebook, fresh_ending())
    said = "".join(output.get("text", "") for output in done.notebook.cells[-1].outputs)
    rows: list[Any] = json.loads(said.splitlines()[-1])
    for cell, row in zip(run, rows, strict=True):
        yield Cell(master.name, cell.id, *row)


def tables(number: int) -> Iterator[Table]:
    """Give a row for each notebook, and for each of so many of the dearest cells."""
    course, kernels = Course(ROOT), runner()
    assignment = course.assignment(ASSIGNMENT)
    lease = kernels.lease()
    try:
        cells = [cell for master in assignment.notebooks for cell in cells_of(master, assignment, kernels)]
    finally:
        lease.close()
    sums = [
        Cell(
            name,
            "all cells",
            sum(cell.operations for cell in cells if cell.notebook == name),
            sum(cell.sessions for cell in cells if cell.notebook == name),
            sum(cell.seconds for cell in cells if cell.notebook == name),
        )
        for name in dict.fromkeys(cell.notebook for cell in cells)
    ]
    dearest = sorted(cells, key=lambda cell: -cell.operations)[:number]
    for title, rows in (("what the masters cost", sums), ("the dearest cells", dearest)):
        table = Table("notebook", title=title, title_justify="left")
        table.add_column("cell", overflow="fold")
        for heading in ("operations", "sessions", "CPU, ms"):
            table.add_column(heading, justify="right")
        for row in rows:
            ms = f"{1000 * row.seconds:.0f}"
            table.add_row(row.notebook, row.name, str(row.operations), str(row.sessions), ms)
        yield table


if __name__ == "__main__":
    Console().print(*tables(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
