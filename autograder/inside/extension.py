"""
The IPython extension that every kernel of ours loads before any notebook code runs.

At a desk it shortens errors and gives hints; at a grading it keeps cells from disturbing the tests behind them. In
both it drops the log records that the course's subject calls noise, and nothing else: warnings about a student's own
code still show.
"""

import contextlib
import logging
import os
from functools import partial
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell

from autograder.errors import CourseError
from autograder.expected import expect_from
from autograder.hints import FILE
from autograder.inside.cell_isolation import isolate_cells
from autograder.inside.live_hints import LiveHints
from autograder.inside.namespaces import KeptNamespaces
from autograder.inside.tracebacks import show_briefly
from autograder.probes import is_grading
from autograder.subject import PLAIN, SUBJECT_VARIABLE, Subject, find_subject


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Install everything that a kernel of this course needs, at a desk or at a grading."""
    subject = _subject()
    for name, text in subject.kernel.silenced:
        # The same logger before and after the library is imported.
        logging.getLogger(name).addFilter(partial(_says_more_than, text))
    hints = None
    if is_grading():
        KeptNamespaces(shell)
        isolate_cells(shell)
    else:
        hints = LiveHints(shell, Path.cwd() / FILE, subject)
        expect_from(Path.cwd())
    brief = partial(show_briefly, hints, subject.kernel)
    shell.set_custom_exc((Exception,), brief)  # type: ignore[no-untyped-call]


def _subject() -> Subject:
    # A kernel whose subject has gone missing is still a kernel.
    with contextlib.suppress(CourseError):
        return find_subject(os.environ.get(SUBJECT_VARIABLE, PLAIN.name))
    return PLAIN


def _says_more_than(text: str, record: logging.LogRecord) -> bool:
    return text not in record.getMessage()
