"""What the gradebook holds about all submissions of an assignment, each read in one query."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nbgrader.api import Assignment as AssignmentRow
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import func, or_, select

from autograder.records.standing import Scores, has_reviewer_score


def automatic_scores(book: Gradebook, assignment: str) -> dict[str, Scores]:
    """Read all automatic scores, by student."""
    rows = (
        book.db.query(SubmittedAssignment.student_id, Notebook.name, BaseCell.name, Grade.auto_score)
        .select_from(Grade)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(AssignmentRow, SubmittedAssignment.assignment_id == AssignmentRow.id)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .filter(AssignmentRow.name == assignment)
    )
    found: dict[str, Scores] = {}
    for student, notebook, cell, score in rows:
        found.setdefault(student, {})[notebook, cell] = score
    return found


def formgrader_pages(book: Gradebook, assignment: str) -> dict[tuple[str, str], str]:
    """Read by what formgrader calls each student's notebook in the address of its page."""
    rows = (
        book.db.query(SubmittedAssignment.student_id, Notebook.name, SubmittedNotebook.id)
        .select_from(SubmittedNotebook)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(AssignmentRow, SubmittedAssignment.assignment_id == AssignmentRow.id)
        .filter(AssignmentRow.name == assignment)
    )
    return {(student, notebook): name for student, notebook, name in rows}


@dataclass
class MasterRows:
    """The rows that a gradebook has of a master: ids and names of cells with a grade, and of those with a comment."""

    notebook: str
    graded: list[tuple[str, str]] = field(default_factory=list)
    commented: list[tuple[str, str]] = field(default_factory=list)


def master_rows(book: Gradebook, assignment: str) -> dict[str, MasterRows]:
    """Read the rows of all masters of an assignment, by notebook."""
    of = book.db.query(Notebook.name, Notebook.id).join(AssignmentRow).filter(AssignmentRow.name == assignment)
    found = {str(name): MasterRows(str(number)) for name, number in of}
    for kind, lists in (
        (GradeCell, ("graded",)),
        (SolutionCell, ("commented",)),
        (TaskCell, ("graded", "commented")),
    ):
        rows = (
            book.db.query(Notebook.name, kind.id, kind.name)
            .select_from(kind)
            .join(Notebook, kind.notebook_id == Notebook.id)
            .join(AssignmentRow)
            .filter(AssignmentRow.name == assignment)
        )
        for notebook, cell, name in rows:
            for one in lists:
                getattr(found[str(notebook)], one).append((str(cell), str(name)))
    return found


def named_rows(book: Gradebook, submission: SubmittedAssignment, kind: Any) -> list[tuple[str, str, Any]]:
    """Read all grades, or comments, of a submission in one query, with the names of their notebook and cell."""
    rows = (
        book.db.query(Notebook.name, BaseCell.name, kind)
        .select_from(kind)
        .join(SubmittedNotebook, kind.notebook_id == SubmittedNotebook.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(BaseCell, kind.cell_id == BaseCell.id)
        .filter(SubmittedNotebook.assignment_id == submission.id)
    )
    return [(str(notebook), str(cell), row) for notebook, cell, row in rows]


def more_than_results(book: Gradebook, assignment: str) -> set[str]:
    """Find the students about whom more stands there than results: a reviewer's score or comment, or a penalty."""
    rows = (
        book.db.query(SubmittedAssignment.student_id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(AssignmentRow, SubmittedAssignment.assignment_id == AssignmentRow.id)
        .filter(AssignmentRow.name == assignment)
        .filter(
            or_(
                SubmittedNotebook.id.in_(select(Grade.notebook_id).where(has_reviewer_score())),
                SubmittedNotebook.id.in_(select(Comment.notebook_id).where(Comment.manual_comment.is_not(None))),
                SubmittedNotebook.late_submission_penalty.is_not(None),
            )
        )
        .distinct()
    )
    return {student for (student,) in rows}


def due_date(book: Gradebook, assignment: str) -> datetime | None:
    """Read when an assignment is due, in UTC without a zone; None where it is not, or not there."""
    due: datetime | None = book.db.query(AssignmentRow.duedate).filter(AssignmentRow.name == assignment).scalar()
    return due


def arrivals(book: Gradebook, assignment: str) -> dict[str, tuple[datetime | None, bool]]:
    """Read for each student when the submission came in, and whether it has a penalty."""
    rows = (
        book.db.query(
            SubmittedAssignment.student_id,
            SubmittedAssignment.timestamp,
            func.count(SubmittedNotebook.late_submission_penalty),
        )
        .select_from(SubmittedAssignment)
        .join(AssignmentRow, SubmittedAssignment.assignment_id == AssignmentRow.id)
        .outerjoin(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .filter(AssignmentRow.name == assignment)
        .group_by(SubmittedAssignment.id)
    )
    return {student: (time, bool(penalties)) for student, time, penalties in rows}
