"""Grade many submissions through an executor; as many results come out as submissions went in."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from autograder.course import Assignment
from autograder.grading import Result, crashed, grade
from autograder.intake import Submission
from autograder.kernels.limits import Limits
from autograder.kernels.running import run

MakeExecutor = Callable[[], Executor]
"""Gives a fresh executor; called again when the last one broke."""


def local_processes(workers: int) -> MakeExecutor:
    """Give executors of `workers` processes on this machine."""
    context = multiprocessing.get_context("spawn")
    return lambda: ProcessPoolExecutor(workers, mp_context=context, initializer=_begin_work)


def _begin_work() -> None:
    """Keep Ctrl-C, which a terminal sends to a whole session, from running notebooks; end when the batch is gone."""
    os.setsid()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def grade_all(
    submissions: list[Submission], assignment: Assignment, limits: Limits, make_executor: MakeExecutor
) -> Iterator[Result]:
    """
    Grade submissions and yield each result as soon as it is there, in no particular order.

    A submission on which the grader itself fails is CRASH. When a worker dies, everything that it took along is
    tried once more, one at a time, so that only the submission that kills workers is CRASH.
    """
    unfinished = yield from _round(submissions, assignment, limits, make_executor)
    for submission in unfinished:
        for again in (yield from _round([submission], assignment, limits, make_executor)):
            yield crashed(again, assignment, "the grading process died twice on it")


def _round(
    submissions: list[Submission], assignment: Assignment, limits: Limits, make_executor: MakeExecutor
) -> Generator[Result, None, list[Submission]]:
    """Grade what one executor can; return the submissions that were lost with it."""
    lost: list[Submission] = []
    executor = make_executor()
    try:
        futures: dict[Future[Result], Submission] = {
            executor.submit(grade, submission, assignment, run, limits): submission for submission in submissions
        }
        for future in as_completed(futures):
            submission = futures[future]
            try:
                yield future.result()
            except BrokenProcessPool:
                lost.append(submission)
            except Exception as error:
                yield crashed(submission, assignment, f"the grader failed with {type(error).__name__}: {error}")
    finally:
        # Whoever stops in the middle waits for the notebooks that are running, and for no others.
        executor.shutdown(cancel_futures=True)
    return lost
