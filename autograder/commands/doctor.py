"""For whoever sets up a machine: whether it can grade safely."""

import argparse

from rich.console import Console

from autograder.commands.options import add_course, add_workers, course_of
from autograder.commands.terminal import DONE, NEEDS_REVIEW
from autograder.doctor import diagnose


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `autograder doctor`."""
    add_course(parser)
    add_workers(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Print a line for each thing that grading needs."""
    found = diagnose(course_of(options), options.workers)
    for diagnosis in found:
        word = "ok  " if diagnosis.is_fine else "MEND" if diagnosis.stops_grading else "NOTE"
        console.print(f"{word}  {diagnosis.what}: {diagnosis.detail}")
    return DONE if all(diagnosis.is_fine or not diagnosis.stops_grading for diagnosis in found) else NEEDS_REVIEW
