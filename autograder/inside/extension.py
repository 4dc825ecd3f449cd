"""
The IPython extension that every kernel of ours loads before any notebook code runs.

At a desk it shortens errors and gives hints; at a grading it keeps cells from disturbing the tests behind them. In
both it drops the log records that the course's subject calls noise, and nothing else: warnings about a student's own
code still show.
"""

import contextlib
import logging
import os
import sys
from functools import partial
from pathlib import Path

from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

from autograder.errors import CourseError
from autograder.hints import FILE
from autograder.inside.cell_isolation import isolate_cells
from autograder.inside.live_hints import LiveHints
from autograder.inside.namespaces import KeptNamespaces
from autograder.inside.own_names import OwnNames
from autograder.inside.tracebacks import show_briefly
from autograder.known_tests import known, title
from autograder.points import note
from autograder.probes import is_grading
from autograder.subject import PLAIN, SUBJECT_VARIABLE, Subject, find_subject


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Install everything that a kernel of this course needs, at a desk or at a grading."""
    subject = _subject()
    for name, text in subject.kernel.silenced:
        # The same logger before and after the library is imported.
        logger = logging.getLogger(name)
        logger.addFilter(partial(_says_more_than, text))
        for handler in logger.handlers:
            # One that was made before the fork would write past the kernel, and its words come when they like.
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(sys.stderr)
    hints = None
    names = OwnNames(shell)
    if is_grading():
        KeptNamespaces(shell)
        isolate_cells(shell)
    else:
        hints = LiveHints(shell, Path.cwd() / FILE, subject)
        known()
        shell.events.register("post_run_cell", _say_that_it_passed)
    brief = partial(show_briefly, hints, names, subject.kernel)
    shell.set_custom_exc((Exception,), brief)  # type: ignore[no-untyped-call]


def _say_that_it_passed(result: ExecutionResult) -> None:
    if result.info is None:
        return
    line = note(title(str(result.info.raw_cell)), passed=bool(result.success))
    # Front ends that people sit at send a cell's id; what runs a notebook as a whole compares its outputs.
    if line and result.info.cell_id:
        print(line)


def _subject() -> Subject:
    # A kernel whose subject has gone missing is still a kernel.
    with contextlib.suppress(CourseError):
        return find_subject(os.environ.get(SUBJECT_VARIABLE, PLAIN.name))
    return PLAIN


def _says_more_than(text: str, record: logging.LogRecord) -> bool:
    return text not in record.getMessage()
