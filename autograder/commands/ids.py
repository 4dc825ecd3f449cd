"""For authors: ids of cells, without a text editor."""

import argparse

from rich.console import Console

from autograder.authoring.ids import set_ids
from autograder.commands.options import add_assignment as add_options
from autograder.commands.options import course_of
from autograder.commands.terminal import DONE

__all__ = ["add_options", "run"]


def run(options: argparse.Namespace, console: Console) -> int:
    """Name the cells of the masters, and say which have another name now."""
    changes = set_ids(course_of(options), options.assignment)
    for change in changes:
        console.print(change)
    console.print(f"{len(changes)} cells have a new id" if changes else "every cell has its id")
    return DONE
