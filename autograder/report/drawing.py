"""
What is drawn from each result by itself, in processes of their own: who keeps the results has other things to do.

These are the feedback pages, and the passages of answers with which the class report finds those that are alike.
"""

import os
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from functools import partial
from types import TracebackType

from autograder.course.assignment import Assignment
from autograder.errors import FeedbackError
from autograder.grading.processes import local_processes
from autograder.records.standing import Standing
from autograder.records.store import Stored
from autograder.report.alike import passages_of
from autograder.report.feedback import Feedback

_MOST_WAITING = 100
"""Submissions whose pages may wait: their results are in memory."""

_feedback: Feedback
_assignment: Assignment


class Drawing:
    """
    Processes that draw the pages of one assignment; they are there once there is something to draw.

    Use as a context manager.
    """

    def __init__(self, feedback: Feedback, assignment: Assignment) -> None:
        # Whoever keeps the results has a processor to itself.
        self._executor = local_processes(max(1, (os.cpu_count() or 1) - 1), partial(_begin, feedback, assignment))()
        self._drawn: dict[Future[bool], tuple[Stored, str | None]] = {}

    def __enter__(self) -> "Drawing":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let them go, whatever they had still to do."""
        self._executor.shutdown(cancel_futures=True)

    def begin(self, stored: Stored, secret: str | None, standing: Standing | None) -> bool:
        """Have the pages of a submission drawn; tell whether they are going to be."""
        try:
            self._drawn[self._executor.submit(_draw, stored, secret, standing)] = stored, secret
        except (BrokenExecutor, OSError):
            return False
        return True

    def failures(self, *, of_all: bool) -> Iterator[tuple[Stored, str | None]]:
        """Give the submissions whose pages could not be drawn, of all or of those whose turn has come."""
        while self._drawn and (of_all or len(self._drawn) > _MOST_WAITING):
            done, _ = wait(self._drawn, return_when=FIRST_COMPLETED)
            for future in done:
                submission = self._drawn.pop(future)
                if isinstance(future.exception(), BrokenExecutor) or not future.result():
                    yield submission


def _begin(feedback: Feedback, assignment: Assignment) -> None:
    global _feedback, _assignment
    _feedback, _assignment = feedback, assignment


def _draw(stored: Stored, secret: str | None, standing: Standing | None) -> bool:
    """Draw the pages of a submission and tell whether they are there: beside a cluster, only plain data is heard."""
    try:
        _feedback.write(stored, secret, standing)
        # The class report would find them by itself, one submission after the other.
        passages_of(stored, _assignment)
    except (FeedbackError, OSError):
        return False
    return True
