"""
The only writer of grades: results into nbgrader's gradebook and autograded notebooks.

Both are drawn from results, and only where they differ from what is there; whatever of the master is there follows
the master. Only GRADED notebooks get automatic
scores; every other state clears older ones and asks for manual grading. What a reviewer gave or wrote is never
touched.
"""

import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Comment, Grade
from nbgrader.api import Gradebook as NbGraderGradebook
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, SAWarning, SQLAlchemyError

from autograder.course.assignment import Assignment
from autograder.course.database import DATABASE_ERRORS, in_a_line
from autograder.course.folders import Course
from autograder.course.schema import refuse_outdated
from autograder.errors import GradebookBusyError, GradebookError
from autograder.grading.result import Result
from autograder.layers import layer
from autograder.records.autograded import write_autograded
from autograder.records.masters import in_step, masters_of, record_masters
from autograder.records.penalties import penalize
from autograder.records.queries import (
    arrivals,
    automatic_scores,
    due_date,
    formgrader_pages,
    master_rows,
    more_than_results,
    named_rows,
)
from autograder.records.scores import expected_scores, write_scores
from autograder.records.standing import Standing, Student, is_by_reviewer, standing_of, student_of
from autograder.records.store import Stored
from autograder.submissions.times import arrival, course_zone
from autograder.text import is_plain_name, plain

_LOCK = 0x6175746F67726164
"""Of our advisory lock, which has a number for a name: ``autograd`` in ASCII."""

_INDEXED = (("grade", "notebook_id"), ("comment", "notebook_id"), ("submitted_notebook", "assignment_id"))
"""Tables and columns by which nbgrader looks rows up, and has no index for."""

_WAIT_SECONDS, _LOOK_SECONDS = 60, 0.5


class Gradebook:
    """
    nbgrader's gradebook of one course, open for one assignment.

    Use as a context manager.

    Parameters
    ----------
    alone : bool
        Whether nobody else may grade into the database meanwhile: on a server that is an advisory lock, which holds
        for graders of any folder and machine. A file is guarded by `autograder.records.store.only_grader`.

    Attributes
    ----------
    lost : list of str
        A line for each score and comment of a reviewer that has gone with its cell, because the master has none of
        that name any more.

    Raises
    ------
    GradebookError
        When the database cannot be opened, or somebody else grades into it.
    """

    def __init__(self, course: Course, assignment: Assignment, *, alone: bool = False) -> None:
        self._is_alone = alone
        self.course = course
        self.assignment = assignment
        self._masters = masters_of(assignment, course.config)
        self._zone = course_zone(course.config)
        self.lost: list[str] = []

    def __enter__(self) -> "Gradebook":
        """Open the database and see what is in it."""
        with self._explained("see that the file, or the server, can be reached and written"):
            refuse_outdated(self.course.db_url, self.course.root)
            with alembic_on_path():
                self._book = NbGraderGradebook(self.course.db_url, self.course.directory.course_id)
            if self._is_alone:
                self._lock()
                self._index()
            self._look()
        return self

    def _lock(self) -> None:
        """Exclude other graders for as long as this connection lives."""
        if not self._is_served:
            return
        self._guard = self._book.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not self._guard.scalar(select(func.pg_try_advisory_lock(_LOCK))):
            raise GradebookError(
                f"{self.course.database}: another grader is at work on this gradebook; wait until it has ended"
            )

    def _index(self) -> None:
        """Have the indexes without which each look at a submission reads the rows of all of them."""
        for table, column in _INDEXED:
            self._book.db.execute(text(f"CREATE INDEX IF NOT EXISTS autograder_{table} ON {table} ({column})"))
        self._book.db.commit()

    @property
    def _is_served(self) -> bool:
        return str(self._book.engine.dialect.name) == "postgresql"

    def wait(self, say: Callable[[str], None]) -> bool:
        """Wait for a server that has gone, which may be restarting; tell whether it is back."""
        if not self._is_served:
            return False
        say(f"{self.course.database}: the gradebook does not answer; waiting for it")
        until = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < until:
            try:
                self._book.db.rollback()
                if self._is_alone:
                    self._guard.close()
                    self._lock()
                self._look()
            except SQLAlchemyError:
                time.sleep(_LOOK_SECONDS)
            else:
                return True
        return False

    def _look(self) -> None:
        """Read what is in the database about all submissions."""
        name = self.assignment.name
        self._written = automatic_scores(self._book, name)
        self._came_in = arrivals(self._book, name)
        self._due = due_date(self._book, name)
        self._changed = more_than_results(self._book, name)
        self._in_step = in_step(self._book, self._masters)
        self._rows = master_rows(self._book, name)

    def __exit__(self, *_: object) -> None:
        """Close the database."""
        if self._is_alone and self._is_served:
            self._guard.close()
        self._book.close()

    def write(self, stored: Stored) -> None:
        """
        Put one result into the database and its notebooks into the autograded folder, unless they are there.

        Raises
        ------
        GradebookError
            When the database does not take it; what it held about this submission before is still there.
        GradebookBusyError
            When it takes nothing at all just now.
        """
        result = stored.result
        if not self.takes(result.student):
            raise GradebookError(
                f"{plain(result.student)}: nbgrader's pages cannot bear this name; rename the folder"
            )
        self._record_masters()
        came_in, has_penalty = self._came_in.get(result.student, (None, False))
        if not self._has(result):
            came_in = arrival(result.timestamp, self._zone) if result.timestamp else came_in
            with self._explained("grade again when it can be written"), warnings.catch_warnings():
                # nbgrader adds rows while SQLAlchemy flushes others; both are saved all the same.
                warnings.simplefilter("ignore", SAWarning)
                write_scores(self._book, result, self.assignment, self._rows, came_in)
        # An extension makes it due later still: nbgrader looks at that.
        if has_penalty or (came_in and self._due and came_in > self._due):
            with self._explained("grade again when it can be written"):
                has_penalty = penalize(self._book, self.course, result)
            if has_penalty:
                self._changed.add(result.student)
        write_autograded(self.course, stored)

    @layer("escaping")
    def takes(self, student: str) -> bool:
        """Tell whether a student may be in the database: nbgrader's pages write names as they are."""
        return is_plain_name(student)

    def standing(self, result: Result) -> Standing | None:
        """
        Read what stands there about a submission, or None when that was not drawn from this result.

        Raises
        ------
        GradebookError
            When the database cannot be read.
        """
        return self._standing(result) if self._has(result) else None

    def changed(self, result: Result) -> Standing | None:
        """
        Read what stands there about a submission that has been written; None where that is just the result.

        It is more where a reviewer has given points or a comment, or nbgrader has taken off some for being late.

        Raises
        ------
        GradebookError
            When the database cannot be read.
        """
        return self._standing(result) if result.student in self._changed else None

    def give_the_rest(self, result: Result, notebook: str, share: float, comment: str | None) -> int:
        """
        Give none of the points by hand, or all, to each cell of a notebook; tell how many cells that were.

        What a reviewer has already given or written stays.

        Parameters
        ----------
        share : float
            Of each cell's points, from 0 to 1.

        Raises
        ------
        GradebookError
            When the database does not hold this result, or cannot be written.
        """
        self._must_have(result)
        with self._explained("see that the file, or the server, can be written"):
            submitted = self._book.find_submission_notebook(notebook, result.assignment, result.student)
            given = [grade for grade in submitted.grades if not is_by_reviewer(grade)]
            for grade in given:
                grade.manual_score, grade.needs_manual_grade = share * grade.max_score, False
            for about in submitted.comments if comment is not None else ():
                about.manual_comment = about.manual_comment or comment
            self._book.db.commit()
        return len(given)

    def give_points(self, result: Result, notebook: str, points: Mapping[str, float], comment: str | None) -> None:
        """
        Give points by hand to cells of a notebook, as a reviewer does in formgrader, in place of what was there.

        The comment is written to the answers that these cells are about, and to no other.

        Raises
        ------
        GradebookError
            When the database does not hold this result, the notebook has no such cell, or a cell has not so many
            points; or it cannot be written. Then nothing has been given.
        """
        self._must_have(result)
        with self._explained("see that the file, or the server, can be written"):
            submitted = self._book.find_submission_notebook(notebook, result.assignment, result.student)
            grades = {grade.name: grade for grade in submitted.grades}
            for cell, score in points.items():
                if cell not in grades:
                    raise GradebookError(f"{cell}: no such cell in {notebook}; name one of: {', '.join(grades)}")
                if not 0 <= score <= grades[cell].max_score:
                    raise GradebookError(
                        f"{cell}: has {grades[cell].max_score:g} points, and {score:g} are asked for"
                    )
            master = self.assignment.master(notebook)
            asked = [cell for cell in master.cells if cell.grade_id in points]
            answers = {str((master.answer_to(cell) or cell).grade_id) for cell in asked}
            commented = [about for about in submitted.comments if about.name in answers]
            if comment is not None and not commented:
                raise GradebookError(f"{', '.join(points)}: about no answer that could bear a comment; leave it out")
            for cell, score in points.items():
                grades[cell].manual_score, grades[cell].needs_manual_grade = float(score), False
            for about in commented if comment is not None else ():
                about.manual_comment = comment
            self._book.db.commit()

    def formgrader_pages(self) -> dict[tuple[str, str], str]:
        """Give by student and notebook what formgrader calls the page for grading it by hand."""
        with self._explained("see that the file, or the server, can be reached"):
            return formgrader_pages(self._book, self.assignment.name)

    def roster(self) -> list[Student]:
        """List all students that nbgrader knows, in order of their ids."""
        with self._explained("see that the file, or the server, can be reached"):
            return sorted(map(student_of, self._book.students), key=lambda student: student.id)

    def _standing(self, result: Result) -> Standing:
        with self._explained("see that the file, or the server, can be reached"):
            submission = self._book.find_submission(result.assignment, result.student)
            grades, comments = (
                {(notebook, cell): row for notebook, cell, row in named_rows(self._book, submission, kind)}
                for kind in (Grade, Comment)
            )
            return standing_of(submission, grades, comments)

    def _must_have(self, result: Result) -> None:
        if not self._has(result):
            raise GradebookError(
                f"{result.student}: the gradebook does not hold the stored result; run `autograder grade` first"
            )

    def _has(self, result: Result) -> bool:
        written = self._written.get(result.student, {})
        came_in, _ = self._came_in.get(result.student, (None, False))
        if not self._in_step or (result.timestamp and arrival(result.timestamp, self._zone) != came_in):
            return False
        return written == expected_scores(result, self.assignment)

    def _record_masters(self) -> None:
        """Have the database follow the master notebooks before anything is written about a submission."""
        if not self._in_step:
            with self._explained("grade again when it can be written"), warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)
                self.lost += record_masters(self._book, self._masters)
                self._look()

    @contextmanager
    def _explained(self, advice: str) -> Iterator[None]:
        """Turn what the database raises into one line, and leave it as it was."""
        try:
            yield
        except GradebookError:
            self._roll_back()
            raise
        except DATABASE_ERRORS as error:
            self._roll_back()
            kind = GradebookError
            if _is_the_databases(error):
                kind = GradebookBusyError
                advice = "see that the server runs and can be reached"
                if make_url(self.course.db_url).get_backend_name() == "sqlite":
                    advice = "another program may be writing to it: end that, or see that it can be written"
            raise kind(in_a_line(error, self.course.db_url, advice)) from error

    def _roll_back(self) -> None:
        if hasattr(self, "_book"):
            self._book.db.rollback()


def _is_the_databases(error: BaseException | None) -> bool:
    """Tell whether it is the database that refuses; nbgrader raises such errors anew, as errors of other kinds."""
    while error is not None and not isinstance(error, OperationalError):
        error = error.__cause__ or error.__context__
    return error is not None


@contextmanager
def alembic_on_path() -> Iterator[None]:
    """Let nbgrader find the program that makes a new database: it lies beside this interpreter."""
    path = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])
    try:
        yield
    finally:
        os.environ["PATH"] = path
