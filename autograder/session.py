"""
One session of grading: what is new is graded, what is stored is kept, and the gradebook follows the results.

Nothing is lost when it is stopped: each result is stored before anything is drawn from it, and the next session
finds out by itself what is still to do.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.batch import MakeExecutor, grade_all
from autograder.course import Assignment, Course
from autograder.errors import FeedbackError, GradebookError
from autograder.gradebook import Gradebook
from autograder.grading import Result
from autograder.intake import Submission, read_submission
from autograder.kernels.jail import JailError, exposing
from autograder.kernels.running import Kernels
from autograder.report.feedback import Feedback
from autograder.results import Results, only_grader


@dataclass(frozen=True)
class Session:
    """
    What is graded, and how.

    Attributes
    ----------
    students : tuple of str
        Whose submissions.
    in_flight : int
        How many submissions are graded at a time.
    again : bool
        Whether stored results are thrown away first.
    """

    course: Course
    assignment: Assignment
    students: tuple[str, ...]
    kernels: Kernels
    make_executor: MakeExecutor
    in_flight: int
    again: bool = False


@dataclass(frozen=True)
class Outcome:
    """
    What a session has come to.

    Attributes
    ----------
    results : tuple of Result
        In order of the students' names.
    kept : int
        How many of them an earlier session had found.
    problems : tuple of str
        Results that the gradebook or a page could not take, a line for each.
    executed : mapping of str to mapping of str to Path
        By student and notebook: the file of the notebook as it was run.
    """

    results: tuple[Result, ...]
    kept: int
    problems: tuple[str, ...] = ()
    executed: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)


def hold(session: Session, stop: threading.Event, progress: Callable[[Result], None]) -> Outcome:
    """
    Grade what has to be graded and bring the gradebook up to date.

    Parameters
    ----------
    stop : threading.Event
        Once set, nothing new is begun.
    progress : callable
        Called with each result, stored ones first.

    Raises
    ------
    CourseError
        When somebody else is grading this course.
    GradebookError
        When the gradebook cannot be opened.
    KernelError
        When there is something to grade, and kernels cannot be had.
    """
    results: list[Result] = []
    problems: list[str] = []
    executed: dict[str, dict[str, Path]] = {}
    feedback = Feedback(session.course, session.assignment)
    store = Results(session.course, session.assignment, session.kernels)
    with only_grader(session.course), Gradebook(session.course, session.assignment) as gradebook:

        def take(submission: Submission, result: Result) -> None:
            notebooks = {v.name: store.notebook(submission, v.name) for v in result.verdicts}
            executed[result.student] = notebooks
            try:
                gradebook.write(result, notebooks)
                feedback.write(result, notebooks, submission.secret, gradebook.changed(result))
            except (GradebookError, FeedbackError, OSError) as error:
                problems.append(f"{result.student}: {error}")
            results.append(result)
            progress(result)

        new: list[str] = []
        for student in session.students:
            submission = _read(session, student)
            found = None if session.again else store.find(submission)
            if found is None or not found.is_final:
                new.append(student)
            else:
                take(submission, found)
        kept = len(results)
        if new and not stop.is_set():
            with _warm(session):
                submissions = (_read(session, student) for student in new)
                for submission, result in grade_all(
                    submissions, session.assignment, session.kernels, session.make_executor, session.in_flight, stop
                ):
                    take(submission, store.store(submission, result))
    return Outcome(tuple(sorted(results, key=lambda result: result.student)), kept, tuple(problems), executed)


def _read(session: Session, student: str) -> Submission:
    course, assignment = session.course, session.assignment
    names = [master.name for master in assignment.notebooks]
    return read_submission(course.submitted(student, assignment.name), student, assignment.name, names)


@contextlib.contextmanager
def _warm(session: Session) -> Iterator[None]:
    """Keep the warm process for as long as it is needed, and no longer."""
    shown = exposing(session.course.root)
    if session.kernels.jailed and shown is not None:
        raise JailError(f"{session.course.root}: lies in {shown}, which student code can read; move the course")
    lease = session.kernels.lease()
    try:
        yield
    finally:
        lease.close()
