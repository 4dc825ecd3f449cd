"""
Moodle: CSV for *Grades, Import, CSV file*.

Rules: Moodle, `grade/import/csv/classes/load_data.php`, and its documentation's page "Grade import". One column
finds the student, a score may be empty (no grade) and uses a point, and feedback is imported together with the score.
A row without anything in the column that finds the student would change the student of the row before: a column
that does not find everybody is left out. A row of somebody whom Moodle does not know ends the import: one of whom
the roster knows no more than an id, where it knows more of others, has no row.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from autograder.exports.marks import Mark, MarkedNotebook
from autograder.records.standing import Student
from autograder.report.csv_table import csv_safe, csv_safe_id, csv_text

_FINDS: dict[str, Callable[[Student], str]] = {
    "Student ID": lambda student: student.id,
    "Email address": lambda student: student.email,
    "LMS user ID": lambda student: student.lms_user_id,
}
"""Columns that find a student. Everybody has the first."""


def moodle(marks: Sequence[Mark], title: str) -> str:
    """
    Write a row for each student, with feedback.

    Parameters
    ----------
    title : str
        The heading of the column of scores.
    """
    unfit, marks = left_out(marks), _with_a_row(marks)
    finds = {heading: of for heading, of in _FINDS.items() if heading not in unfit}
    header = ("First name", "Last name", *finds, csv_safe(title), csv_safe(f"{title} (Feedback)"))
    return csv_text([header, *(_row(mark, list(finds.values())) for mark in marks)])


def left_out(marks: Sequence[Mark]) -> dict[str, list[str]]:
    """Name the columns that do not find everybody, and whom: those without an entry, or with somebody else's."""
    marks, unfit = _with_a_row(marks), {}
    for heading, of in _FINDS.items():
        times = Counter(of(mark.student).strip() for mark in marks)
        who = [m.student.called for m in marks if not of(m.student).strip() or times[of(m.student).strip()] > 1]
        if who:
            unfit[heading] = who
    return unfit


def strangers_among(marks: Sequence[Mark]) -> list[Student]:
    """Find those who came with a submission alone: no roster has given them a name, an address or a number."""
    known = [mark.student for mark in marks if _is_known(mark.student)]
    return [mark.student for mark in marks if mark.student not in known] if known else []


def _with_a_row(marks: Sequence[Mark]) -> list[Mark]:
    strangers = strangers_among(marks)
    return [mark for mark in marks if mark.student not in strangers]


def _is_known(student: Student) -> bool:
    return any((student.first_name, student.last_name, student.email, student.lms_user_id))


def _row(mark: Mark, finds: list[Callable[[Student], str]]) -> list[str]:
    student = mark.student
    names = (csv_safe(student.first_name), csv_safe(student.last_name))
    score = "" if mark.score is None else f"{mark.score:g}"
    return [*names, *(csv_safe_id(of(student)) for of in finds), score, csv_safe(_feedback(mark))]


def _feedback(mark: Mark) -> str:
    said = [f"{notebook.name}: {_standing(notebook)}" for notebook in mark.notebooks]
    late = [f"Handed in late: {mark.penalty:g} points less."] if mark.penalty and mark.score is not None else []
    return "\n".join([*said, *late])


def _standing(notebook: MarkedNotebook) -> str:
    if notebook.score is None:
        return notebook.reason
    return f"{notebook.score:g} of {notebook.max_score:g} points."
