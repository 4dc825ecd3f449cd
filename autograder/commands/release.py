"""For authors: the student version."""

import argparse

from rich.console import Console

from autograder.authoring.release import out_of_step, release
from autograder.commands.options import add_assignment, course_of
from autograder.commands.terminal import DONE, NEEDS_REVIEW


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `autograder release`."""
    add_assignment(parser)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when it is out of step")
    parser.add_argument("--overwrite", action="store_true", help="also where somebody has worked in the release")


def run(options: argparse.Namespace, console: Console) -> int:
    """Write the student version, or print how it differs from what the masters give."""
    course = course_of(options)
    course.assignment(options.assignment)
    if not options.check:
        console.print(f"released {release(course, options.assignment, overwrite=options.overwrite)}")
        return DONE
    differences = out_of_step(course, options.assignment)
    for difference in differences:
        console.print(difference)
    if differences:
        console.print(f"out of step: run `autograder release {options.assignment}` and commit what it writes")
        return NEEDS_REVIEW
    console.print(f"{course.release(options.assignment)} is what its masters give")
    return DONE
