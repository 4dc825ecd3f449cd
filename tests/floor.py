"""
The floor: what the same cells cost in the same shell, in a process forked from one that has done the imports.

`python -m tests.floor COURSE ASSIGNMENT` prints the processor seconds of each notebook that was handed in as a JSON
list, as they end. What runs is what grading runs, hidden parts included. There is no jail, no message and no record:
nothing that runs a notebook in a process of its own can be cheaper.
"""

import gc
import importlib
import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.course.folders import Course
from autograder.errors import RejectedError
from autograder.grading.rebuild import rebuild
from autograder.inside.piped_kernel import PipedKernelApp
from autograder.probes import PROBE_VARIABLE, fresh_ending
from autograder.subject import SUBJECT_VARIABLE
from autograder.submissions.folder import handed_in, students
from autograder.submissions.reading import parse_notebook


def sources_of(course: Course, name: str) -> Iterator[list[str]]:
    """Give for each notebook that was handed in the cells that grading runs."""
    assignment = course.assignment(name)
    for student in students(course.students(name), course.below(name)):
        submission = handed_in(course, assignment, student)
        for master in assignment.notebooks:
            given = submission.files[master.name]
            if isinstance(given, RejectedError):
                continue
            rebuilt = rebuild(master, parse_notebook(given, master.name), assignment.subject)
            yield [
                cell.source
                for cell in rebuilt.notebook.cells
                if cell.cell_type == "code" and "skip-execution" not in cell.metadata.get("tags", [])
            ]


def run_here(app: Any, sources: list[str]) -> None:
    """Run cells in this process, and see and say nothing."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    app.session.send = lambda *_, **__: None
    app.begin(socket.socketpair()[0])
    for source in sources:
        app.shell.run_cell(source, store_history=True)


def costs(app: Any, notebooks: list[list[str]]) -> list[float]:
    """Fork, run, and measure: processor seconds of each child. As many run at a time as grading runs."""
    used, running, waiting = list[float](), set[int](), iter(notebooks)
    while True:
        while len(running) < (os.cpu_count() or 1) and (sources := next(waiting, None)) is not None:
            child = os.fork()
            if child == 0:
                run_here(app, sources)
                os._exit(0)
            running.add(child)
        if not running:
            return used
        child, _, usage = os.wait4(-1, 0)
        running.discard(child)
        used.append(usage.ru_utime + usage.ru_stime)


def main(folder: str, name: str) -> None:
    """Import, then measure."""
    course = Course(Path(folder))
    notebooks = list(sources_of(course, name))
    for module in course.subject.kernel.preload:
        importlib.import_module(module)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= dict(course.subject.kernel.environment) | {
            SUBJECT_VARIABLE: course.subject.name,
            PROBE_VARIABLE: fresh_ending(),
            "IPYTHONDIR": scratch,
        }
        app: Any = PipedKernelApp.instance()
        app.prepare()
        gc.collect()
        gc.freeze()
        print(json.dumps(costs(app, notebooks)))


if __name__ == "__main__":
    main(*sys.argv[1:])
