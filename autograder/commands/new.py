"""For whoever teaches something else: a course of one's own."""

import argparse
from pathlib import Path

from rich.console import Console

from autograder.authoring.new_course import FIRST_ASSIGNMENT, new_course
from autograder.commands.terminal import DONE
from autograder.text import plain


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `autograder new`."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that is new, or empty")


def run(options: argparse.Namespace, console: Console) -> int:
    """Write the course, and say what comes next."""
    for path in new_course(options.folder):
        console.print(f"written: {plain(str(path))}")
    console.print(f"next, in {plain(str(options.folder))}: autograder release {FIRST_ASSIGNMENT}")
    return DONE
