"""
The only writer: results into nbgrader's gradebook and autograded notebooks.

Both are drawn from results, and only where they differ from what is there. Only GRADED notebooks get automatic
scores; every other state clears older ones and asks for a person. Scores and comments that a person gave are never
touched.
"""

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.api import Assignment as AssignmentRow
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    MissingEntry,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.api import Gradebook as NbGraderGradebook
from nbgrader.api import Student as StudentRow
from nbgrader.preprocessors import (
    AssignLatePenalties,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
    SaveCells,
)
from nbgrader.utils import parse_utc
from sqlalchemy import func, or_, select
from sqlalchemy.exc import OperationalError, SAWarning, SQLAlchemyError

from autograder.course import Assignment, Course, Master
from autograder.errors import GradebookError
from autograder.files import replace_file
from autograder.grading import Result
from autograder.intake import TIMESTAMP_FILE
from autograder.verdict import NotebookVerdict

_MASTER_STEPS = (LockCells, ClearSolutions, ClearOutput, ComputeChecksums, SaveCells)
"""nbgrader's own steps that put a master notebook into the gradebook, in the order of its generate_assignment."""

_NO_RESPONSE = "No response."
"""What nbgrader says of an answer that is as it was released."""

Scores = dict[tuple[str, str], float | None]
"""Scores by notebook and cell."""


@dataclass(frozen=True)
class Student:
    """A student as nbgrader's roster has them; what it does not say is empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""


@dataclass(frozen=True)
class Standing:
    """
    What stands in the gradebook about one submission, as formgrader shows it.

    Attributes
    ----------
    scores : dict of (str, str) to float or None
        By notebook and cell. A person's score takes the place of the automatic one; None where there is neither.
    by_hand : frozenset of (str, str)
        The cells that a person has scored.
    comments : dict of (str, str) to str
        By notebook and cell, what a person has written about an answer.
    points, max_points : float
        nbgrader's own sums.
    penalties : dict of str to float
        By notebook, what nbgrader takes off for being late.
    is_flagged : bool
        Whether formgrader asks a person to look.
    """

    student: Student
    scores: Scores
    by_hand: frozenset[tuple[str, str]]
    comments: dict[tuple[str, str], str]
    points: float
    max_points: float
    penalties: dict[str, float]
    is_flagged: bool

    @property
    def penalty(self) -> float:
        """What nbgrader takes off the whole submission."""
        return sum(self.penalties.values())


class Gradebook:
    """
    nbgrader's gradebook of one course, open for one assignment.

    Use as a context manager.

    Raises
    ------
    GradebookError
        When the database cannot be opened, or holds submissions for other exercises than the course has now.
    """

    def __init__(self, course: Course, assignment: Assignment) -> None:
        self.course = course
        self.assignment = assignment
        self._has_masters = False

    def __enter__(self) -> "Gradebook":
        """Open the database and see what is in it."""
        with self._explained("see that the file, or the server, can be reached and written"):
            with _alembic_on_path():
                self._book = NbGraderGradebook(self.course.db_url, self.course.directory.course_id)
            self._written, self._came_in, self._changed = self._scores(), self._times(), self._by_people()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the database."""
        self._book.close()

    def write(self, result: Result, notebooks: Mapping[str, Path]) -> None:
        """
        Put one result into the database and its notebooks into the autograded folder, unless they are there.

        Parameters
        ----------
        notebooks : mapping of str to Path
            By notebook name: the file of the notebook as it was run.

        Raises
        ------
        GradebookError
            When the database does not take it; what it held about this submission before is still there.
        """
        maybe_late = self._came_in.get(result.student, (None, False))[1]
        if not self._has(result):
            maybe_late = True
            self._record_masters()
            with self._explained("grade again when it can be written"), warnings.catch_warnings():
                # nbgrader adds rows while SQLAlchemy flushes others; both are saved all the same.
                warnings.simplefilter("ignore", SAWarning)
                self._write_scores(result)
        if maybe_late:
            self._penalize(result)
        self._write_notebooks(result, notebooks)

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

        It is more where a person has given points or a comment, or nbgrader has taken off some for being late.

        Raises
        ------
        GradebookError
            When the database cannot be read.
        """
        return self._standing(result) if result.student in self._changed else None

    def _standing(self, result: Result) -> Standing:
        with self._explained("see that the file, or the server, can be reached"):
            submission = self._book.find_submission(result.assignment, result.student)
            grades = {(book.name, grade.name): grade for book in submission.notebooks for grade in book.grades}
            return Standing(
                student=_student(submission.student),
                scores={cell: _score(grade) for cell, grade in grades.items()},
                by_hand=frozenset(cell for cell, grade in grades.items() if _is_by_hand(grade)),
                comments={
                    (book.name, comment.name): str(comment.manual_comment)
                    for book in submission.notebooks
                    for comment in book.comments
                    if comment.manual_comment
                },
                points=submission.score,
                max_points=submission.max_score,
                penalties={book.name: book.late_submission_penalty or 0.0 for book in submission.notebooks},
                is_flagged=submission.needs_manual_grade,
            )

    def roster(self) -> list[str]:
        """List all students that nbgrader knows, in order of their names."""
        with self._explained("see that the file, or the server, can be reached"):
            return sorted(str(student.id) for student in self._book.students)

    def _scores(self) -> dict[str, Scores]:
        """Read all automatic scores of the assignment, by student."""
        rows = (
            self._book.db.query(SubmittedAssignment.student_id, Notebook.name, BaseCell.name, Grade.auto_score)
            .select_from(Grade)
            .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
            .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
            .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(AssignmentRow, SubmittedAssignment.assignment_id == AssignmentRow.id)
            .join(BaseCell, Grade.cell_id == BaseCell.id)
            .filter(AssignmentRow.name == self.assignment.name)
        )
        found: dict[str, Scores] = {}
        for student, notebook, cell, score in rows:
            found.setdefault(student, {})[notebook, cell] = score
        return found

    def _by_people(self) -> set[str]:
        """Find the students about whom more stands there than results: a person's word, or a penalty."""
        scored = or_(Grade.manual_score.is_not(None), Grade.extra_credit.is_not(None))
        rows = (
            self._book.db.query(SubmittedAssignment.student_id)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(AssignmentRow, SubmittedAssignment.assignment_id == AssignmentRow.id)
            .filter(AssignmentRow.name == self.assignment.name)
            .filter(
                or_(
                    SubmittedNotebook.id.in_(select(Grade.notebook_id).where(scored)),
                    SubmittedNotebook.id.in_(select(Comment.notebook_id).where(Comment.manual_comment.is_not(None))),
                    SubmittedNotebook.late_submission_penalty.is_not(None),
                )
            )
            .distinct()
        )
        return {student for (student,) in rows}

    def _times(self) -> dict[str, tuple[datetime | None, bool]]:
        """Read for each student when the submission came in, and whether it may be late or have a penalty."""
        rows = (
            self._book.db.query(
                SubmittedAssignment.student_id,
                SubmittedAssignment.timestamp,
                AssignmentRow.duedate,
                func.count(SubmittedNotebook.late_submission_penalty),
            )
            .select_from(SubmittedAssignment)
            .join(AssignmentRow, SubmittedAssignment.assignment_id == AssignmentRow.id)
            .outerjoin(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .filter(AssignmentRow.name == self.assignment.name)
            .group_by(SubmittedAssignment.id)
        )
        # An extension makes it later still: nbgrader looks at that.
        return {
            student: (time, bool(penalties or (time and due and time > due)))
            for student, time, due, penalties in rows
        }

    def _has(self, result: Result) -> bool:
        names = {master.name for master in self.assignment.notebooks}
        written = self._written.get(result.student, {})
        if result.timestamp and parse_utc(result.timestamp) != self._came_in.get(result.student, (None, False))[0]:
            return False
        return {cell: score for cell, score in written.items() if cell[0] in names} == self._expected(result)

    def _expected(self, result: Result) -> Scores:
        given = {verdict.name: verdict.scores for verdict in result.verdicts}
        return {
            (master.name, str(cell.grade_id)): given[master.name].get(str(cell.grade_id))
            for master in self.assignment.notebooks
            for cell in (*master.graded, *master.by_hand)
        }

    def _write_scores(self, result: Result) -> None:
        self._book.update_or_create_student(result.student)
        masters = {master.name: master for master in self.assignment.notebooks}
        when = {"timestamp": result.timestamp} if result.timestamp else {}
        submission = self._book.update_or_create_submission(result.assignment, result.student, **when)
        for verdict in result.verdicts:
            try:
                submitted = self._book.find_submission_notebook(verdict.name, result.assignment, result.student)
            except MissingEntry:
                submitted = self._add_notebook(submission, verdict.name)
            _set_grades(submitted, verdict)
            _set_comments(submitted, verdict, masters[verdict.name])
        self._book.db.commit()

    def _penalize(self, result: Result) -> None:
        """Let nbgrader's own step, and the plugin that the course has configured, decide what being late costs."""
        submission = self._book.find_submission(result.assignment, result.student)
        if not submission.total_seconds_late and not submission.late_submission_penalty:
            return
        try:
            with _importable(self.course.root):
                step = AssignLatePenalties(config=self.course.config)
                for verdict in result.verdicts:
                    about = {"notebook": verdict.name, "assignment": result.assignment, "student": result.student}
                    step(new_notebook(), {"nbgrader": about | {"db_url": self.course.db_url}})
        except Exception as error:
            raise GradebookError(
                f"the penalty for being late: {type(error).__name__}: {error}; mend the plugin that "
                "c.AssignLatePenalties names in nbgrader_config.py, and grade again"
            ) from error
        self._book.db.expire_all()
        self._changed.add(result.student)

    def _add_notebook(self, submission: SubmittedAssignment, name: str) -> SubmittedNotebook:
        """Give an older submission the rows of a notebook that the assignment has got since."""
        notebook = self._book.find_notebook(name, self.assignment.name)
        submitted = SubmittedNotebook(notebook=notebook, assignment=submission)
        for cell in notebook.grade_cells:
            Grade(cell_id=cell.id, notebook=submitted)
        for cell in notebook.solution_cells:
            Comment(cell_id=cell.id, notebook=submitted)
        self._book.db.add(submitted)
        # The rows above are known by ids, and read back by names.
        self._book.db.commit()
        return self._book.find_submission_notebook(name, self.assignment.name, submission.student_id)

    def _write_notebooks(self, result: Result, notebooks: Mapping[str, Path]) -> None:
        folder = self.course.autograded(result.student, result.assignment)
        folder.mkdir(parents=True, exist_ok=True)
        texts = {f"{name}.ipynb": path.read_text(encoding="utf-8") for name, path in notebooks.items()}
        if result.timestamp:
            texts[TIMESTAMP_FILE] = result.timestamp
        else:
            (folder / TIMESTAMP_FILE).unlink(missing_ok=True)
        for name, text in texts.items():
            if not _holds(folder / name, text):
                replace_file(folder / name, text)

    def _record_masters(self) -> None:
        """Record the master notebooks as `nbgrader generate_assignment` does, before the first result is written."""
        if self._has_masters:
            return
        with self._explained(
            "if the exercises have changed since the gradebook was made, move the file away and grade again"
        ):
            self._book.update_or_create_assignment(self.assignment.name)
            self._book.db.commit()
            for master in self.assignment.notebooks:
                self._record_master(master)
            self._book.db.expire_all()
        self._has_masters = True

    @contextmanager
    def _explained(self, advice: str) -> Iterator[None]:
        """Turn what the database raises into a line for a person, and leave it as it was."""
        try:
            yield
        except (SQLAlchemyError, RuntimeError, ValueError, OSError) as error:
            if hasattr(self, "_book"):
                self._book.db.rollback()
            what = (str(error).splitlines() or [type(error).__name__])[0]
            if isinstance(error, OperationalError):
                advice = "another program may be writing to it: end that, or see that it can be written"
            raise GradebookError(f"{self.course.db_url}: {what}; {advice}") from error

    def _record_master(self, master: Master) -> None:
        notebook: NotebookNode = deepcopy(master.notebook)
        resources: dict[str, Any] = {
            "nbgrader": {
                "notebook": master.name,
                "assignment": self.assignment.name,
                "db_url": self.course.db_url,
            }
        }
        for step in _MASTER_STEPS:
            notebook, resources = step(config=self.course.config).preprocess(notebook, resources)


@contextmanager
def _alembic_on_path() -> Iterator[None]:
    """Let nbgrader find the program that makes a new database: it lies beside this interpreter."""
    path = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])
    try:
        yield
    finally:
        os.environ["PATH"] = path


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let a course's own plugin be found where nbgrader finds it: beside nbgrader_config.py."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _student(row: StudentRow) -> Student:
    optional = (row.first_name, row.last_name, row.email, row.lms_user_id)
    return Student(str(row.id), *(str(text or "") for text in optional))


def _score(grade: Grade) -> float | None:
    """Give nbgrader's score of a cell, which is 0 there, too, where nobody has given one."""
    return None if grade.manual_score is None and grade.auto_score is None else float(grade.score)


def _is_by_hand(grade: Grade) -> bool:
    return grade.manual_score is not None or grade.extra_credit is not None


def _set_grades(submitted: SubmittedNotebook, verdict: NotebookVerdict) -> None:
    scores = verdict.scores
    grade: Grade
    for grade in submitted.grades:
        grade.auto_score = scores.get(grade.name)
        # nbgrader's rule: what a person has scored is flagged again after each run, and never overwritten.
        grade.needs_manual_grade = grade.auto_score is None or grade.manual_score is not None


def _set_comments(submitted: SubmittedNotebook, verdict: NotebookVerdict, master: Master) -> None:
    said = _comment_on(verdict, master)
    comment: Comment
    for comment in submitted.comments:
        comment.auto_comment = said(str(comment.name))


def _comment_on(verdict: NotebookVerdict, master: Master) -> Callable[[str], str | None]:
    """Give the text for a solution cell: what its own tests found, or why nothing was graded."""

    def text(solution: str) -> str | None:
        told = [] if verdict.state.is_graded else [verdict.state.told]
        told += [_NO_RESPONSE] if solution in verdict.blank else []
        tests = {str(test.grade_id) for test in master.tests_of(solution)}
        failed = [cell.message for cell in verdict.cells if cell.message and cell.grade_id in tests]
        return "\n\n".join(dict.fromkeys(told + failed)) or None

    return text


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, ValueError):
        return False
