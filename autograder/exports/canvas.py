"""
Canvas: CSV for *Grades, Import*.

Rules: Canvas LMS, `lib/gradebook_importer.rb` and `lib/gradebook_exporter.rb`. The columns of the student stand in
this order and are looked up by place; a student is found by ID, SIS User ID, SIS Login ID or name, in this order; the
row below the header says how many points there are. An empty score is no grade.
"""

from collections.abc import Sequence

from autograder.exports.marks import Mark
from autograder.records.standing import Student
from autograder.report.csv_table import csv_safe, csv_safe_id, csv_text

COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def canvas(marks: Sequence[Mark], title: str) -> str:
    """
    Write a row for each student.

    Parameters
    ----------
    title : str
        The assignment as Canvas knows it: its name, or ``Name (id)``.
    """
    most = max(mark.max_score for mark in marks)
    rows = [(*_who(mark.student), "" if mark.score is None else f"{mark.score:g}") for mark in marks]
    return csv_text([(*COLUMNS, csv_safe(title)), ("    Points Possible", "", "", "", "", f"{most:g}"), *rows])


def _who(student: Student) -> tuple[str, ...]:
    # Canvas reads "12b" as the ID 12, which is somebody else.
    is_id = student.lms_user_id.isascii() and student.lms_user_id.isdigit()
    ids = (student.lms_user_id, "") if is_id else ("", student.lms_user_id)
    return (csv_safe(_sortable(student)), *map(csv_safe_id, ids), csv_safe_id(student.id), "")


def _sortable(student: Student) -> str:
    """Write "Last, First", or the nbgrader name of a student whose roster entry has none."""
    return ", ".join(filter(None, (student.last_name, student.first_name))) or student.id
