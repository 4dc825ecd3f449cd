"""Options that several commands have."""

import argparse
import os
from pathlib import Path

from autograder.course.folders import Course

IN_FLIGHT = (os.cpu_count() or 1) + 2
"""Kernels at a time: more than cores, because each waits for messages now and then."""


def add_course(parser: argparse.ArgumentParser) -> None:
    """Add ``--course`` and ``--config``."""
    parser.add_argument(
        "--course", type=Path, metavar="FOLDER", help="folder of the course (default: where nbgrader would work here)"
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="nbgrader's configuration of this person, if it lies elsewhere"
    )


def course_of(options: argparse.Namespace) -> Course:
    """
    Open the course that the options name.

    Raises
    ------
    CourseError
        When there is none.
    """
    return Course(options.course, options.config)


def add_assignment(parser: argparse.ArgumentParser) -> None:
    """Add ``--course``, ``--config`` and the name of an assignment."""
    add_course(parser)
    parser.add_argument("assignment", type=_name, help="name of the assignment, e.g. sharing_variables")


def add_collecting(parser: argparse.ArgumentParser) -> None:
    """Add how the files of a download are collected."""
    add_naming(parser)
    parser.add_argument(
        "--overwrite", action="store_true", help="take the download where no timestamp shows which file is newer"
    )


def add_naming(parser: argparse.ArgumentParser) -> None:
    """Add how the files of a download are named."""
    parser.add_argument(
        "--pattern",
        metavar="P",
        help="how files are named: canvas, moodle, blackboard, brightspace, gradescope, ilias, github, or a regular "
        "expression with the groups student_id and file_id, and perhaps timestamp (default: that of "
        "nbgrader_config.py, or what fits)",
    )
    parser.add_argument(
        "--timezone",
        metavar="ZONE",
        help="of times in the download that name none, e.g. Europe/Berlin (default: c.Exchange.timezone, or UTC)",
    )


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Add ``--workers``."""
    parser.add_argument(
        "--workers",
        type=_positive,
        default=IN_FLIGHT,
        help=f"notebooks at a time (default: cores + 2, here {IN_FLIGHT})",
    )


def _name(text: str) -> str:
    if "/" in text or text.startswith("."):
        raise argparse.ArgumentTypeError("is the name of a folder, without a path")
    return text


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
