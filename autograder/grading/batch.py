"""Grade many submissions through an executor; as many results come out as submissions went in."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait

from autograder.course.assignment import Assignment
from autograder.deadline import ENDED_BY
from autograder.grading.result import Result
from autograder.grading.submission import crashed, grade, out_of_time
from autograder.kernels.run import Runner
from autograder.submissions.reading import Submission

MakeExecutor = Callable[[], Executor]
"""Gives a fresh executor; called again when the last one broke."""


def local_processes(workers: int) -> MakeExecutor:
    """Give executors of `workers` processes on this machine, forked from one that has done the imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.grading.submission", "autograder.kernels.nbclient_runner"])
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
    submissions: Iterable[Submission],
    assignment: Assignment,
    runner: Runner,
    make_executor: MakeExecutor,
    in_flight: int,
    stop: threading.Event | None = None,
) -> Iterator[tuple[Submission, Result]]:
    """
    Grade submissions and yield each with its result as soon as it is there, in no particular order.

    A submission on which the grader itself fails is CRASH. When a worker dies, what was being graded is tried once
    more, one at a time, so that only the submission that kills workers is CRASH.

    Parameters
    ----------
    submissions : iterable of Submission
        Taken one by one, when there is room for them.
    in_flight : int
        How many are graded at a time.
    stop : threading.Event, optional
        Once it is set nothing new is begun; what is being graded is finished.
    """
    stop = stop or threading.Event()
    waiting = iter(submissions)
    suspects: list[Submission] = []
    executor = make_executor()
    running: dict[Future[Result], Submission] = {}
    try:
        while True:
            while len(running) < in_flight and not stop.is_set():
                submission = next(waiting, None)
                if submission is None:
                    break
                try:
                    running[executor.submit(grade, submission, assignment, runner)] = submission
                except BrokenExecutor:
                    # It broke a moment ago, which this submission has nothing to do with.
                    suspects.append(submission)
                    break
            if not running and not suspects:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            broken = not running
            for future in done:
                submission = running.pop(future)
                try:
                    yield submission, future.result()
                except BrokenExecutor:
                    suspects.append(submission)
                    broken = True
                except Exception as error:
                    yield submission, crashed(submission, assignment, _why(error))
            if broken:
                suspects += running.values()
                running.clear()
                executor.shutdown()
                for suspect in suspects:
                    if not stop.is_set():
                        yield suspect, _alone(suspect, assignment, runner, make_executor)
                suspects.clear()
                executor = make_executor()
    finally:
        executor.shutdown(cancel_futures=True)


def _alone(submission: Submission, assignment: Assignment, runner: Runner, make_executor: MakeExecutor) -> Result:
    """Grade one submission in an executor that nobody else loses with it."""
    with make_executor() as executor:
        future = executor.submit(grade, submission, assignment, runner)
        workers = multiprocessing.active_children()
        wait([future])
    # The executor has waited for the end of its processes: now they say how they ended.
    try:
        return future.result()
    except BrokenExecutor:
        if any(worker.exitcode == -ENDED_BY for worker in workers):
            return out_of_time(submission, assignment, runner.limits.grader_seconds)
        return crashed(submission, assignment, "the grading process died twice on it")
    except Exception as error:
        return crashed(submission, assignment, _why(error))


def _why(error: Exception) -> str:
    return f"the grader failed with {type(error).__name__}: {error}"
