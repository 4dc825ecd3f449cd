"""For students: notebooks to work in."""

import argparse

from rich.console import Console

from autograder.commands.options import add_assignment as add_options
from autograder.commands.options import course_of
from autograder.commands.terminal import DONE
from autograder.course.desk import lay_out

__all__ = ["add_options", "run"]


def run(options: argparse.Namespace, console: Console) -> int:
    """Lay the release on the desk; never lay anything over what somebody has worked on."""
    course = course_of(options)
    notebooks, notes = lay_out(course, options.assignment)
    for note in notes:
        console.print(note)
    console.print(f"work in {notebooks[0].parent}: {len(notebooks)} notebooks")
    return DONE
