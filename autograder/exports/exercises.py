"""A row for each exercise of each submission, in CSV: for a spreadsheet, or whatever looks at a class."""

from collections.abc import Sequence

from autograder.exports.marks import Mark
from autograder.report.csv_table import csv_safe, csv_safe_id, csv_text

COLUMNS = ("student", "first_name", "last_name", "notebook", "exercise", "points", "max_points", "state")


def exercises(marks: Sequence[Mark], _: str) -> str:
    """Write the rows; points are empty, and not 0, where nobody has given any."""
    rows = [
        [
            csv_safe_id(mark.student.id),
            csv_safe(mark.student.first_name),
            csv_safe(mark.student.last_name),
            notebook.name,
            csv_safe(exercise.heading),
            "" if exercise.score is None else f"{exercise.score:g}",
            f"{exercise.max_score:g}",
            notebook.state,
        ]
        for mark in marks
        for notebook in mark.notebooks
        for exercise in notebook.exercises
    ]
    return csv_text([COLUMNS, *rows])
