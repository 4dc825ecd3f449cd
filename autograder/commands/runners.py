"""For doubt: notebooks run by both runners, and where these differ."""

import argparse
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from rich.console import Console
from rich.progress import track

from autograder.commands.options import add_course, course_of
from autograder.commands.terminal import DONE, NEEDS_REVIEW
from autograder.errors import CourseError
from autograder.kernels.comparison import differences
from autograder.kernels.configuration import RUNNERS, runner_of
from autograder.probes import fresh_ending
from autograder.text import counted


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_course(parser)
    parser.add_argument("notebook", type=Path, nargs="+", help="a notebook file, of a student for instance")


def run(options: argparse.Namespace, console: Console) -> int:
    """Run each notebook with each runner, in the jail, and print what is not the same."""
    course = course_of(options)
    runners = [runner_of(course.config, course.subject, jailed=True, runner=name) for name in RUNNERS]
    lease, found = runners[0].lease(), 0
    try:
        for path in track(options.notebook, "running with both", console=console, transient=True):
            notebook, ending = _notebook(path), fresh_ending()
            for line in differences(*(one.run(deepcopy(notebook), ending) for one in runners)):
                console.print(f"{path}: {line}", markup=False, highlight=False, soft_wrap=True)
                found += 1
    finally:
        lease.close()
    console.print(f"{' and '.join(RUNNERS)}: {counted(found, 'difference')}")
    return NEEDS_REVIEW if found else DONE


def _notebook(path: Path) -> NotebookNode:
    try:
        notebook = nbformat.read(path, as_version=4)
    except (ValueError, UnicodeError, nbformat.ValidationError) as error:
        raise CourseError(f"{path}: no notebook ({' '.join(str(error).split())[:100]}); name one") from None
    for number, cell in enumerate(notebook.cells):
        # Older notebooks have no ids, and replies are known by them.
        cell.setdefault("id", f"cell-{number}")
    return notebook
