"""Grade many submissions through an executor; as many results come out as submissions went in."""

import multiprocessing
import threading
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from multiprocessing.process import BaseProcess
from typing import Any

from autograder.course.assignment import Assignment
from autograder.deadline import ENDED_BY
from autograder.errors import KernelError, LostWorkerError
from autograder.grading.processes import MakeExecutor
from autograder.grading.result import Result
from autograder.grading.submission import crashed, grade, out_of_time
from autograder.kernels.run import Runner
from autograder.submissions.reading import Submission

_LOOK_SECONDS = 0.5
"""Between two looks at whether to stop, and whether there is more room."""


def grade_all(
    submissions: Iterable[Submission],
    assignment: Assignment,
    runner: Runner,
    make_executor: MakeExecutor,
    in_flight: Callable[[], int],
    stop: threading.Event | None = None,
) -> Generator[tuple[Submission, Result], None, None]:
    """
    Grade submissions and yield each with its result as soon as it is there, in no particular order.

    What the machine or the grader has failed on is graded once more when all else is done, one at a time, so that
    only the submission that kills workers is CRASH. Only notebooks that may run again do so, see
    `autograder.grading.verdict.NotebookVerdict`. A worker that has died cannot tell how far it was: all of its
    submission is run again, for student code, which is in a jail, has no hand in a worker's end.

    Parameters
    ----------
    submissions : iterable of Submission
        Taken one by one, when there is room for them.
    in_flight : callable
        How many are graded at a time; asked again and again, because machines come and go.
    stop : threading.Event, optional
        Once it is set nothing new is begun; what is being graded is finished.

    Raises
    ------
    KernelError
        When there can be no processes to grade in.
    """
    stop = stop or threading.Event()
    failed: list[tuple[Submission, Result | None]] = []
    for submission, result in _first_run(submissions, assignment, runner, make_executor, in_flight, stop):
        if result is None or result.may_run_again:
            failed.append((submission, result))
        else:
            yield submission, result
    for submission, earlier in failed:
        alone = None if stop.is_set() else _alone(submission, assignment, runner, make_executor, earlier, stop)
        if alone is not None:
            yield submission, alone


def _first_run(
    submissions: Iterable[Submission],
    assignment: Assignment,
    runner: Runner,
    make_executor: MakeExecutor,
    in_flight: Callable[[], int],
    stop: threading.Event,
) -> Iterator[tuple[Submission, Result | None]]:
    """Grade each submission once; None for a result where the worker has died, or there could be none."""
    waiting = iter(submissions)
    executor = _made(make_executor)
    running: dict[Future[Result], Submission] = {}
    broken = False
    try:
        while True:
            while len(running) < in_flight() and not broken and not stop.is_set():
                submission = next(waiting, None)
                if submission is None:
                    break
                try:
                    running[executor.submit(grade, submission, assignment, runner)] = submission
                except (BrokenExecutor, OSError):
                    # It broke a moment ago, which this submission has nothing to do with.
                    broken = True
                    yield submission, None
            if not running and not broken:
                return
            done, _ = wait(running, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
            if stop.is_set():
                # What nobody has begun is left to the next session.
                done |= {future for future in running if future.cancel()}
            for future in done:
                submission = running.pop(future)
                try:
                    yield submission, future.result()
                except CancelledError:
                    continue
                except BrokenExecutor:
                    broken = True
                    yield submission, None
                except LostWorkerError:
                    yield submission, None
                except Exception as error:
                    yield submission, crashed(submission, assignment, _why(error))
            if broken and not running:
                executor.shutdown(cancel_futures=True)
                executor = _made(make_executor)
                broken = False
    finally:
        executor.shutdown(cancel_futures=True)


def _made(make_executor: MakeExecutor) -> Executor:
    try:
        return make_executor()
    except OSError as error:
        raise KernelError(
            f"{error.filename or 'worker processes'}: {error.strerror}; nothing can be graded: see that /dev/shm has "
            "room, and that the system allows more files and processes"
        ) from error


def _alone(
    submission: Submission,
    assignment: Assignment,
    runner: Runner,
    make_executor: MakeExecutor,
    earlier: Result | None,
    stop: threading.Event,
) -> Result | None:
    """Grade one submission in an executor that nobody else loses with it; None where nobody had begun at a stop."""
    executor, workers = _made(make_executor), list[BaseProcess]()
    try:
        with executor:
            future = executor.submit(grade, submission, assignment, runner, earlier)
            workers = multiprocessing.active_children()
            await_or_cancel([future], stop)
        # The executor has waited for the end of its processes: now they say how they ended.
        return future.result()
    except CancelledError:
        return None
    except (BrokenExecutor, LostWorkerError):
        if any(worker.exitcode == -ENDED_BY for worker in workers):
            return out_of_time(submission, assignment, runner.limits.grader_seconds)
        return earlier or crashed(submission, assignment, "the grading process died twice on it")
    except Exception as error:
        return earlier or crashed(submission, assignment, _why(error))


def await_or_cancel(futures: Collection[Future[Any]], stop: threading.Event) -> None:
    """Wait until all is done, or, once `stop` is set, what has been begun; the rest is cancelled then."""
    waiting = set(futures)
    while waiting:
        _, waiting = wait(waiting, timeout=_LOOK_SECONDS)
        if stop.is_set():
            waiting = {future for future in waiting if not future.cancel()}


def _why(error: Exception) -> str:
    return f"the grader failed with {type(error).__name__}: {error}"
