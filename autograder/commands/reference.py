"""For authors: the outputs that submissions are compared with."""

import argparse

from rich.console import Console

from autograder.authoring.reference import store_reference
from autograder.commands.options import add_assignment as add_options
from autograder.commands.options import course_of
from autograder.commands.terminal import DONE, progress_bar
from autograder.course.imports import imports_of
from autograder.kernels.configuration import runner_of

__all__ = ["add_options", "run"]


def run(options: argparse.Namespace, console: Console) -> int:
    """Run the masters, which are the instructor's own and need no jail, and store their outputs."""
    course = course_of(options)
    assignment, data = course.assignment(options.assignment), course.data(options.assignment)
    masters = assignment.notebooks
    before = {path: path.read_bytes() for path in course.source(options.assignment).iterdir() if path.is_file()}
    changed = 0
    imports = imports_of(assignment, data)
    runner = runner_of(course.config, course.subject, jailed=False, data=data, imports=imports)
    with progress_bar(console) as progress:
        task = progress.add_task("running the masters", total=len(masters), states="")
        for path in store_reference(course, options.assignment, runner):
            if before.get(path) != path.read_bytes():
                console.print(f"stored {path}")
                changed += 1
            progress.advance(task)
    what = f"{changed} files are new" if changed else "what is stored is what they show"
    console.print(f"ran {len(masters)} masters of {options.assignment}: {what}")
    return DONE
