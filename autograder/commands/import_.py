"""For authors who come from elsewhere: masters in another grader's format."""

import argparse
import re
from pathlib import Path

from rich.console import Console

from autograder.authoring.otter_import import import_otter
from autograder.commands.options import add_course, course_of
from autograder.commands.terminal import DONE, NEEDS_REVIEW
from autograder.course.master import read_master
from autograder.text import plain


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `autograder import`."""
    parser.add_argument("format", choices=["otter"], help="whose format: otter-grader's, version 1 and later")
    parser.add_argument("notebook", type=Path, metavar="NOTEBOOK", help="the master notebook")
    parser.add_argument("--assignment", metavar="NAME", help="name of the assignment (default: that of the notebook)")
    add_course(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Write the master, and a line for each thing that was not carried over."""
    course = course_of(options)
    name = options.assignment or re.sub(r"[^\w-]+", "_", options.notebook.stem)
    target, left_out = import_otter(course, options.notebook, name)
    master = read_master(target, course.config)
    for line in left_out:
        console.print(f"not carried over: {plain(line)}")
    console.print(f"written: {plain(str(target))}, {master.max_points:g} points from tests")
    return NEEDS_REVIEW if left_out else DONE
