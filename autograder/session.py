"""
One session of grading: what is new is graded, what is stored is kept, and the gradebook follows the results.

Nothing is lost when it is stopped: each result is stored before anything is drawn from it, and the next session
finds out by itself what is still to do.
"""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Self

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.errors import (
    CourseError,
    FeedbackError,
    GradebookBusyError,
    GradebookError,
    JailError,
    KernelError,
    StoreError,
)
from autograder.grading.batch import grade_all
from autograder.grading.own_solution import grade_own_solution, losses, own_solution
from autograder.grading.processes import MakeExecutor
from autograder.grading.result import Result
from autograder.kernels.run import Lease, Runner, held_by
from autograder.records.gradebook import Gradebook
from autograder.records.settled import settled
from autograder.records.standing import Standing
from autograder.records.store import ResultStore, Stored, only_grader
from autograder.report.drawing import Drawing
from autograder.report.feedback import Feedback
from autograder.submissions.folder import handed_in
from autograder.submissions.reading import Submission
from autograder.zygote.bubblewrap import exposing

_MOST_SAID = 5
"""Losses of the course's own solution that stop a session with a line each."""

_MOST_HELD = 100
"""Results that wait in memory to be stored. When so many cannot be, none can: nothing new is begun."""


@dataclass(frozen=True)
class Session:
    """
    What is graded, and how.

    Attributes
    ----------
    students : tuple of str
        Whose submissions.
    only : frozenset of str or None
        Of these, whose may be graded; None for all. Of the others there is what is stored.
    in_flight : callable
        How many submissions are graded at a time.
    elsewhere : bool
        Whether they are graded on other machines, which have kernels of their own.
    stay_warm : bool
        Whether what has been imported stays for a minute, for a session that follows.
    say : callable
        Called with what an instructor should read while it is so.
    again : bool
        Whether stored results are thrown away first.
    anyway : bool
        Whether to go on where the course's own solution loses points.
    with_files : bool or None
        Whether the students' own files lie beside their notebooks; None for what the course's configuration says.
    """

    course: Course
    assignment: Assignment
    students: tuple[str, ...]
    runner: Runner
    make_executor: MakeExecutor
    in_flight: Callable[[], int]
    only: frozenset[str] | None = None
    again: bool = False
    anyway: bool = False
    with_files: bool | None = None
    elsewhere: bool = False
    stay_warm: bool = False
    say: Callable[[str], None] = field(default=lambda _: None, repr=False)

    def may_grade(self, student: str) -> bool:
        """Tell whether this student's submission may be graded, where no result of it is stored."""
        return self.only is None or student in self.only


@dataclass(frozen=True)
class SessionReport:
    """
    What a session has come to.

    Attributes
    ----------
    stored : tuple of Stored
        The results in order of the students' names, with what a reviewer and nbgrader have made of them since.
    kept : int
        How many of them an earlier session had found.
    problems : tuple of str
        What could not be kept, written or graded, a line for each.
    held : str
        What held the kernels to their share of memory and processors; empty when none was needed.
    standings : dict of str to Standing
        By student, what stands in the gradebook, where that is more than the result.
    losses : tuple of str
        What the course's own solution loses, a line each.
    formgrader_pages : dict of (str, str) to str
        By student and notebook, what formgrader calls the page for grading it by hand.
    """

    stored: tuple[Stored, ...]
    kept: int
    problems: tuple[str, ...] = ()
    held: str = ""
    standings: dict[str, Standing] = field(default_factory=dict)
    losses: tuple[str, ...] = ()
    formgrader_pages: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def results(self) -> list[Result]:
        """The results alone."""
        return [one.result for one in self.stored]


def run_session(session: Session, stop: threading.Event, progress: Callable[[Result], None]) -> SessionReport:
    """
    Grade what has to be graded and bring the gradebook up to date.

    The course's own solution is graded beside the first submissions, once for all that a result depends on: what it
    loses stops the session before anything is kept. What is new is read again when its turn comes, so that a class
    is never in memory. What could not be written is tried again at the end: a result that cannot be kept, and what a
    gradebook does not take that another program writes to. Neither stops the others.

    Parameters
    ----------
    stop : threading.Event
        Once set, nothing new is begun.
    progress : callable
        Called with each result, stored ones first.

    Raises
    ------
    CourseError
        When somebody else is grading this course, or its own solution loses points.
    GradebookError
        When the gradebook cannot be opened.
    KernelError
        When there is something to grade, and kernels cannot be had.
    """
    held = ""
    store = ResultStore(session.course, session.assignment, session.runner)
    own = own_solution(session.assignment)
    tried = store.find(own)
    lost = losses(tried.result, session.assignment) if tried is not None else ()
    with only_grader(session.course), ExitStack() as opened:
        beside = opened.enter_context(ThreadPoolExecutor(2))
        warm = opened.enter_context(_Warm(session, beside))
        will_grade = any(map(session.may_grade, session.students)) and (session.again or tried is None)
        if will_grade and not session.elsewhere:
            # Something is graded for certain: the imports begin while the gradebook is opened.
            warm.begin()
        gradebook = opened.enter_context(Gradebook(session.course, session.assignment, alone=True))
        feedback = Feedback(session.course, session.assignment)
        drawing = opened.enter_context(Drawing(feedback, session.assignment))
        records = _Records(session.assignment, store, gradebook, feedback, drawing, progress, session.say)
        new: list[str] = []
        for student in session.students:
            submission = _read(session, student)
            may_grade = session.may_grade(student)
            found = None if session.again and may_grade else store.find(submission)
            if found is None or not found.result.is_final:
                new += [student] if may_grade else []
            else:
                store.keep_only(found)
                records.draw(submission, found)
        kept = len(records.recorded)
        if new and not stop.is_set():
            held = "" if session.elsewhere else warm.ready()
            known = beside.submit(_losses, session, store, own, tried, records.problems, stop)
            _grade(session, new, records, stop, known)
            lost = known.result()
            warm.end()
        records.finish()
        pages: dict[tuple[str, str], str] = {}
        with contextlib.suppress(GradebookError):
            # Where it cannot be read, a problem says so already, and the report has fewer links.
            pages = gradebook.formgrader_pages()
        if gradebook.lost:
            records.problems.append(
                f"{session.assignment.name}: the masters have lost cells that reviewers had graded "
                f"({'; '.join(gradebook.lost)}); give it again in formgrader where it still counts"
            )
    recorded = sorted(records.settled(), key=lambda one: one.result.student)
    return SessionReport(tuple(recorded), kept, tuple(records.problems), held, records.standings, lost, pages)


def _losses(
    session: Session,
    store: ResultStore,
    own: Submission,
    tried: Stored | None,
    problems: list[str],
    stop: threading.Event,
) -> tuple[str, ...]:
    """
    Say what the course's own solution loses, which is graded unless it has been.

    Where the grader or the machine fails on it, that says nothing about the course: an earlier result stays, or a
    problem is noted.

    Raises
    ------
    CourseError
        When it loses anything, and the session does not go on anyway.
    """
    result = None if tried is None else tried.result
    if result is None or (session.again and session.only is None):
        fresh = grade_own_solution(session.assignment, session.runner, session.make_executor, stop)
        if fresh.is_final:
            result = fresh
            with contextlib.suppress(StoreError):
                store.store(own, fresh)
        elif result is None:
            problems.append(f"the course's own solution could not be tried: {fresh.state} {fresh.state.message}")
    lost = losses(result, session.assignment) if result is not None else ()
    if lost and not session.anyway:
        more = f"; and {len(lost) - _MOST_SAID} more" if len(lost) > _MOST_SAID else ""
        raise CourseError(
            f"{'; '.join(lost[:_MOST_SAID])}{more}; a right answer would lose the same: mend the course or this "
            "machine, or go on with --anyway"
        )
    return lost


def _grade(
    session: Session, new: list[str], records: "_Records", stop: threading.Event, own_solution: Future[Any]
) -> None:
    """
    Grade what is new, as far as there are processes to do so.

    Raises
    ------
    CourseError
        What `own_solution` raises: nothing is kept before it is done.
    """
    submissions = (_read(session, student) for student in new)
    begun = False
    graded = grade_all(
        submissions, session.assignment, session.runner, session.make_executor, session.in_flight, stop
    )
    try:
        with contextlib.closing(graded):
            for submission, result in graded:
                begun = True
                own_solution.result()
                if not records.keep(submission, result):
                    stop.set()
    except KernelError as error:
        if not begun:
            raise
        records.problems.append(str(error))


class _Records:
    """Keeps results and draws from them, at once or, where that fails, once more at the end."""

    def __init__(
        self,
        assignment: Assignment,
        store: ResultStore,
        gradebook: Gradebook,
        feedback: Feedback,
        drawing: Drawing,
        progress: Callable[[Result], None],
        say: Callable[[str], None],
    ) -> None:
        self._assignment = assignment
        self.standings: dict[str, Standing] = {}
        self._store, self._gradebook, self._feedback, self._progress = store, gradebook, feedback, progress
        self._say, self._drawing = say, drawing
        self.recorded: list[Stored] = []
        self.problems: list[str] = []
        self._held: list[tuple[Submission, Result]] = []
        self._undrawn: list[tuple[Stored, str | None]] = []
        self._is_busy = ""

    def keep(self, submission: Submission, result: Result) -> bool:
        """Store a result and draw from it; tell whether it is worth while to go on."""
        if not result.is_final:
            earlier = self._store.find(submission)
            if earlier is not None and earlier.result.is_final:
                failure = f"{result.student}: {result.state} {result.state.message}; the earlier result stays"
                self.problems.append(failure)
                self.draw(submission, earlier)
                return True
        try:
            stored = self._store.store(submission, result)
        except StoreError:
            self._held.append((submission, result))
            return len(self._held) < _MOST_HELD
        self.draw(submission, stored)
        return True

    def draw(self, submission: Submission, stored: Stored) -> None:
        """Bring the gradebook and the pages up to date."""
        if self._is_busy or self._failure(stored, submission.secret, apart=True):
            self._undrawn.append((stored, submission.secret))
        self._undrawn += self._drawing.failures(of_all=False)
        self.recorded.append(stored)
        self._progress(stored.result)

    def settled(self) -> list[Stored]:
        """Give the results as they stand in the gradebook by now."""
        return [
            replace(one, result=settled(one.result, self.standings.get(one.result.student), self._assignment))
            for one in self.recorded
        ]

    def finish(self) -> None:
        """Try again what has failed, and say what still does."""
        self._is_busy = ""
        for submission, result in self._held:
            try:
                stored = self._store.store(submission, result)
            except StoreError as error:
                self.problems.append(f"{result.student}: {error}")
            else:
                self.draw(submission, stored)
        self._undrawn += self._drawing.failures(of_all=True)
        undrawn, self._undrawn = self._undrawn, []
        for stored, secret in undrawn:
            failure = self._is_busy or self._failure(stored, secret)
            if failure:
                self.problems.append(f"{stored.result.student}: {failure}")

    def _failure(self, stored: Stored, secret: str | None, *, may_wait: bool = True, apart: bool = False) -> str:
        """
        Write what is drawn from a result; say why where that fails. A busy gradebook is waited for only once.

        Pages may be drawn in processes apart: of those that cannot be, the drawing tells.
        """
        try:
            standing = None
            if self._gradebook.takes(stored.result.student):
                self._gradebook.write(stored)
                standing = self._gradebook.changed(stored.result)
            if standing is not None:
                self.standings[stored.result.student] = standing
            is_drawn_apart = (
                apart and self._feedback.lacks(stored, standing) and self._drawing.begin(stored, secret, standing)
            )
            if not is_drawn_apart:
                self._feedback.write(stored, secret, standing)
        except GradebookBusyError as error:
            if may_wait and self._gradebook.wait(self._say):
                return self._failure(stored, secret, may_wait=False, apart=apart)
            self._is_busy = str(error)
            return self._is_busy
        except (GradebookError, FeedbackError) as error:
            return str(error)
        except OSError as error:
            return f"{error.filename or 'the autograded notebooks'}: {error.strerror}; mend that and grade again"
        return ""


def _read(session: Session, student: str) -> Submission:
    return handed_in(session.course, session.assignment, student, with_files=session.with_files)


class _Warm:
    """Keeps the warm process for as long as it is needed, and no longer."""

    def __init__(self, session: Session, beside: Executor) -> None:
        self._session, self._beside = session, beside
        self._lease: Future[Lease] | None = None

    def __enter__(self) -> Self:
        return self

    def begin(self) -> None:
        """
        Start it, and wait for nothing.

        Raises
        ------
        JailError
            When student code could read the course.
        """
        root = self._session.course.root
        shown = exposing(root)
        if self._session.runner.jailed and shown is not None:
            raise JailError(f"{root}: lies in {shown}, which student code can read; move the course")
        self._lease = self._beside.submit(self._session.runner.lease, stays=self._session.stay_warm)

    def ready(self) -> str:
        """
        Wait until there are kernels to be had, and tell what holds them.

        Raises
        ------
        KernelError
            When there can be none.
        """
        if self._lease is None:
            self.begin()
        assert self._lease is not None
        return held_by(self._lease.result().groups)

    def end(self) -> None:
        """Let it go, if it was there."""
        lease, self._lease = self._lease, None
        if lease is not None and lease.exception() is None:
            lease.result().close()

    def __exit__(self, *_: object) -> None:
        self.end()
