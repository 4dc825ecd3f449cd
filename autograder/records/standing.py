"""What stands in nbgrader's gradebook about one submission, as formgrader shows it."""

from dataclasses import dataclass

from nbgrader.api import Comment, Grade, SubmittedAssignment
from nbgrader.api import Student as StudentRow
from sqlalchemy import ColumnElement, or_

Scores = dict[tuple[str, str], float | None]
"""Scores by notebook and cell."""

_BY_REVIEWERS = ("manual_score", "extra_credit")
"""The columns of a grade that only a reviewer fills."""


@dataclass(frozen=True)
class Student:
    """A student as nbgrader's roster has them; what it does not say is empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def called(self) -> str:
        """The id, with the name behind it where it is known."""
        name = " ".join(filter(None, (self.first_name, self.last_name)))
        return f"{self.id} ({name})" if name else self.id


@dataclass(frozen=True)
class Standing:
    """
    What the gradebook holds about one submission.

    Attributes
    ----------
    scores : dict of (str, str) to float or None
        By notebook and cell. A reviewer's score takes the place of the automatic one; None where there is neither.
    by_hand : frozenset of (str, str)
        The cells that a reviewer has scored.
    flagged : frozenset of (str, str)
        The cells that formgrader says need manual grading.
    comments : dict of (str, str) to str
        By notebook and cell, what a reviewer has written about an answer.
    points, max_points : float
        nbgrader's own sums.
    penalties : dict of str to float
        By notebook, what nbgrader takes off for being late.
    is_flagged : bool
        Whether formgrader says that the submission needs manual grading.
    """

    student: Student
    scores: Scores
    by_hand: frozenset[tuple[str, str]]
    flagged: frozenset[tuple[str, str]]
    comments: dict[tuple[str, str], str]
    points: float
    max_points: float
    penalties: dict[str, float]
    is_flagged: bool

    @property
    def penalty(self) -> float:
        """What nbgrader takes off the whole submission."""
        return sum(self.penalties.values())


def standing_of(
    submission: SubmittedAssignment,
    grades: dict[tuple[str, str], Grade],
    comments: dict[tuple[str, str], Comment],
) -> Standing:
    """Read what stands in the rows of a submission, of which grades and comments are given by notebook and cell."""
    return Standing(
        student=student_of(submission.student),
        scores={cell: _score(grade) for cell, grade in grades.items()},
        by_hand=frozenset(cell for cell, grade in grades.items() if is_by_reviewer(grade)),
        flagged=frozenset(cell for cell, grade in grades.items() if grade.needs_manual_grade),
        comments={
            place: str(comment.manual_comment) for place, comment in comments.items() if comment.manual_comment
        },
        points=submission.score,
        max_points=submission.max_score,
        penalties={book.name: book.late_submission_penalty or 0.0 for book in submission.notebooks},
        is_flagged=submission.needs_manual_grade,
    )


def is_by_reviewer(grade: Grade) -> bool:
    """Tell whether a reviewer has scored a cell."""
    return any(getattr(grade, column) is not None for column in _BY_REVIEWERS)


def has_reviewer_score() -> ColumnElement[bool]:
    """Write the condition of `is_by_reviewer` for a query."""
    return or_(*(getattr(Grade, column).is_not(None) for column in _BY_REVIEWERS))


def student_of(row: StudentRow) -> Student:
    """Read a student's row."""
    optional = (row.first_name, row.last_name, row.email, row.lms_user_id)
    return Student(str(row.id), *(str(text or "") for text in optional))


def _score(grade: Grade) -> float | None:
    """Give nbgrader's score of a cell, which is 0 there, too, where there is none."""
    return None if grade.manual_score is None and grade.auto_score is None else float(grade.score)
