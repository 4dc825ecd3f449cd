"""
The command line: `autograder` with one of the commands that `COMMANDS` lists.

Exit codes: 0 all is well; 1 the command finished, and something needs review; 2 nothing was done; 130 stopped.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from keyword import iskeyword

from autograder import __version__
from autograder.commands.terminal import NOTHING_DONE, STOPPED, find_footing, terminal
from autograder.errors import AutograderError
from autograder.grading.processes import begin_imports
from autograder.text import plain

COMMANDS = {
    "new": "make a course of one's own in a new folder, ready to be taught",
    "import": "make a master from another grader's, and list what it cannot carry over",
    "ids": "name the cells of the masters, which no menu of JupyterLab does",
    "release": "write the student version from the masters",
    "reference": "run the masters and store the outputs that submissions are compared with",
    "lint": "hold the masters against the rules for notebooks",
    "answers": "grade labelled answers, right and wrong, and hold what they get against their labels",
    "roster": "read who is in the class, as Excel or the LMS writes it, into nbgrader's gradebook",
    "collect": "bring an LMS's download, a folder or a zip file, into the folder of submissions",
    "grade": "grade what was submitted and has not been graded yet",
    "settle": "give points by hand to the cells of a notebook: 0 to a missing one, or what a regrade comes to",
    "formgrader": "have formgrader's buttons and nbgrader's commands grade with this grader, in its jail",
    "export": "write the scores for Canvas, Moodle, Gradescope, a spreadsheet or a CI server",
    "feedback": "pack the feedback pages as Canvas or Moodle takes them back, or in a folder for each student",
    "desk": "lay the release out in desk/, where a student works, and never over anybody's work",
    "worker": "grade on this machine for an instructor who works elsewhere, as a Dask worker",
    "runners": "run notebooks by the usual runner and by nbclient, and show where the two differ",
    "doctor": "see whether this machine can grade safely",
}
"""
What each command does. It is the module of its name in `autograder.commands`, with `add_options` and `run`; of a word
of Python with a ``_`` behind it.
"""


_GRADING = ("grade", "answers")
"""Of these, what runs notebooks in processes of its own, which import the same as this one."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    find_footing()
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser(arguments).parse_args(arguments)
    try:
        return int(options.run(options, terminal()))
    except AutograderError as error:
        terminal(stderr=True).print(f"autograder: {error}")
        return NOTHING_DONE
    except OSError as error:
        # Of the machine: whatever no room below has explained.
        place = error.filename or "this machine"
        terminal(stderr=True).print(
            f"autograder: {plain(str(place))}: {error.strerror or error}; mend that, and run the same command again"
        )
        return NOTHING_DONE
    except KeyboardInterrupt:
        terminal(stderr=True).print("autograder: stopped")
        return STOPPED


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description="Release, check and grade an nbgrader course.")
    parser.add_argument("--version", action="version", version=f"autograder {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
        # Only the one that is asked for is imported: --help answers at once.
        if name in arguments[:1]:
            if name in _GRADING:
                begin_imports()
            command = import_module(f"autograder.commands.{name}{'_' * iskeyword(name)}")
            command.add_options(sub)
            sub.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
