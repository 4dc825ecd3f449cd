"""
The command line: `autograder release | reference | lint | collect | grade | export | doctor`.

Exit codes: 0 all is well; 1 the command finished, and something wants a person; 2 nothing was done; 130 stopped.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from autograder import __version__
from autograder.commands.terminal import NOTHING_DONE, STOPPED, terminal
from autograder.errors import AutograderError

IN_FLIGHT = (os.cpu_count() or 1) + 2
"""Kernels at a time: more than cores, because each waits for messages now and then."""

_COMMANDS = (
    ("release", "authoring", "write the student version from the masters"),
    ("reference", "authoring", "run the masters and store the outputs that submissions are compared with"),
    ("lint", "authoring", "hold the masters against the rules for notebooks"),
    ("collect", "collect", "bring what an LMS hands out, a folder or a zip file, into the folder of submissions"),
    ("grade", "grade", "grade what was submitted and has not been graded yet"),
    ("export", "export", "write the scores for Canvas, Moodle, Gradescope or a CI server"),
    ("doctor", "doctor", "see whether this machine can grade safely"),
)
"""Name, module in `autograder.commands`, and what it does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        # Imported only now, so that --help answers at once.
        module = import_module(f"autograder.commands.{options.module}")
        return int(getattr(module, f"{options.name}_command")(options, terminal()))
    except AutograderError as error:
        terminal(stderr=True).print(f"autograder: {error}")
        return NOTHING_DONE
    except KeyboardInterrupt:
        terminal(stderr=True).print("autograder: stopped")
        return STOPPED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description="Release, check and grade an nbgrader course.")
    parser.add_argument("--version", action="version", version=f"autograder {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, module, summary in _COMMANDS:
        sub = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
        sub.set_defaults(name=name, module=module)
        sub.add_argument("--course", type=Path, default=Path(), help="folder of the course (default: this one)")
        if name != "doctor":
            sub.add_argument("assignment", type=_name, help="name of the assignment, e.g. sharing_variables")
        if name == "release":
            sub.add_argument("--check", action="store_true", help="write nothing; fail when it is out of step")
        if name == "collect":
            sub.add_argument("download", type=Path, help="the folder or zip file that the LMS gave you")
        if name == "grade":
            sub.add_argument(
                "--from", dest="download", type=Path, metavar="DOWNLOAD", help="first collect this folder or zip file"
            )
        if name in ("collect", "grade"):
            sub.add_argument(
                "--pattern",
                metavar="P",
                help="how files are named: canvas, moodle, blackboard, or a regular expression with the groups "
                "student_id and file_id, and perhaps timestamp (default: that of nbgrader_config.py, or what fits)",
            )
            sub.add_argument(
                "--overwrite", action="store_true", help="take the download where no time says which file is newer"
            )
        if name == "grade":
            sub.add_argument("--student", metavar="S", help="grade only this student's submission")
            sub.add_argument("--again", action="store_true", help="grade also what has been graded before")
            sub.add_argument(
                "--no-jail",
                dest="jail",
                action="store_false",
                help="run student code with all your rights: only for submissions that you trust",
            )
        if name == "export":
            sub.add_argument("--to", required=True, choices=("canvas", "moodle", "gradescope", "junit"))
            sub.add_argument("--student", metavar="S", help="export only this student's submission")
            sub.add_argument("--column", metavar="NAME", help="the assignment's name over there (default: its own)")
            sub.add_argument("--output", type=Path, metavar="FILE", help="where to (default: a file in reports/)")
        if name in ("grade", "doctor"):
            sub.add_argument(
                "--workers",
                type=_positive,
                default=IN_FLIGHT,
                help=f"notebooks at a time (default: cores + 2, here {IN_FLIGHT})",
            )
    return parser


def _name(text: str) -> str:
    if "/" in text or text.startswith("."):
        raise argparse.ArgumentTypeError("is the name of a folder, without a path")
    return text


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
