"""
One session of grading: what is new is graded, what is stored is kept, and the gradebook follows the results.

Nothing is lost when it is stopped: each result is stored before anything is drawn from it, and the next session
finds out by itself what is still to do.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.errors import FeedbackError, GradebookError, JailError
from autograder.grading.batch import MakeExecutor, grade_all
from autograder.grading.result import Result
from autograder.kernels.run import Runner, held_by
from autograder.records.gradebook import Gradebook
from autograder.records.store import ResultStore, Stored, only_grader
from autograder.report.feedback import Feedback
from autograder.submissions.reading import Submission, read_submission
from autograder.zygote.bubblewrap import exposing


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
    runner: Runner
    make_executor: MakeExecutor
    in_flight: int
    again: bool = False


@dataclass(frozen=True)
class SessionReport:
    """
    What a session has come to.

    Attributes
    ----------
    stored : tuple of Stored
        The results in order of the students' names.
    kept : int
        How many of them an earlier session had found.
    problems : tuple of str
        Results that the gradebook or a page could not take, a line for each.
    held : str
        What held the kernels to their share of memory and processors; empty when none was needed.
    """

    stored: tuple[Stored, ...]
    kept: int
    problems: tuple[str, ...] = ()
    held: str = ""

    @property
    def results(self) -> list[Result]:
        """The results alone."""
        return [one.result for one in self.stored]


def run_session(session: Session, stop: threading.Event, progress: Callable[[Result], None]) -> SessionReport:
    """
    Grade what has to be graded and bring the gradebook up to date.

    What is new is read again when its turn comes, so that a class is never in memory.

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
    recorded: list[Stored] = []
    problems: list[str] = []
    held = ""
    feedback = Feedback(session.course, session.assignment)
    store = ResultStore(session.course, session.assignment, session.runner)
    with only_grader(session.course), Gradebook(session.course, session.assignment) as gradebook:

        def record(submission: Submission, stored: Stored) -> None:
            try:
                gradebook.write(stored)
                feedback.write(stored, submission.secret, gradebook.changed(stored.result))
            except (GradebookError, FeedbackError, OSError) as error:
                problems.append(f"{stored.result.student}: {error}")
            recorded.append(stored)
            progress(stored.result)

        new: list[str] = []
        for student in session.students:
            submission = _read(session, student)
            found = None if session.again else store.find(submission)
            if found is None or not found.result.is_final:
                new.append(student)
            else:
                record(submission, found)
        kept = len(recorded)
        if new and not stop.is_set():
            with _warm(session) as held:
                submissions = (_read(session, student) for student in new)
                for submission, result in grade_all(
                    submissions, session.assignment, session.runner, session.make_executor, session.in_flight, stop
                ):
                    record(submission, store.store(submission, result))
    return SessionReport(tuple(sorted(recorded, key=lambda one: one.result.student)), kept, tuple(problems), held)


def _read(session: Session, student: str) -> Submission:
    course, assignment = session.course, session.assignment
    names = [master.name for master in assignment.notebooks]
    return read_submission(course.submitted(student, assignment.name), student, assignment.name, names)


@contextlib.contextmanager
def _warm(session: Session) -> Iterator[str]:
    """Keep the warm process for as long as it is needed, and no longer; and tell what holds its kernels."""
    shown = exposing(session.course.root)
    if session.runner.jailed and shown is not None:
        raise JailError(f"{session.course.root}: lies in {shown}, which student code can read; move the course")
    lease = session.runner.lease()
    try:
        yield held_by(lease.groups)
    finally:
        lease.close()
