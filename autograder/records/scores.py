"""Automatic scores and comments of one result, in the rows that nbgrader has for them."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from nbgrader.api import Assignment as AssignmentRow
from nbgrader.api import Comment, Grade, Gradebook, SubmittedAssignment, SubmittedNotebook, new_uuid
from nbgrader.api import Student as StudentRow
from sqlalchemy import and_, insert, select

from autograder.course.assignment import Assignment
from autograder.course.master import Master
from autograder.grading.result import Result
from autograder.grading.verdict import NotebookVerdict
from autograder.layers import layer
from autograder.records.masters import complete
from autograder.records.queries import MasterRows, named_rows
from autograder.records.standing import Scores
from autograder.text import plain_lines

_LINKS = re.compile(r"\](?=\s?[(\[:])")
"""What Markdown cannot make a link, a picture or a definition of either without."""

_NO_RESPONSE = "No response."
"""nbgrader's comment on an answer that is as it was released."""


def expected_scores(result: Result, assignment: Assignment) -> Scores:
    """Give the automatic scores that the gradebook must hold for a result."""
    given = {verdict.name: verdict.scores for verdict in result.verdicts}
    return {
        (master.name, str(cell.grade_id)): given[master.name].get(str(cell.grade_id))
        for master in assignment.notebooks
        for cell in (*master.graded, *master.by_hand)
    }


def write_scores(
    book: Gradebook, result: Result, assignment: Assignment, cells: dict[str, MasterRows], came_in: datetime | None
) -> None:
    """
    Write the scores and comments of a result in one transaction; what a reviewer gave stays as it is.

    Parameters
    ----------
    cells : dict of str to MasterRows
        By notebook, the rows of the masters' cells.
    came_in : datetime or None
        When the submission came in, in UTC without a zone; None where that is not known.
    """
    scores = {verdict.name: verdict.scores for verdict in result.verdicts}
    masters = {master.name: master for master in assignment.notebooks}
    about = {verdict.name: _comment_on(verdict, masters[verdict.name]) for verdict in result.verdicts}
    if book.authenticator:
        book.authenticator.add_student_to_course(result.student, book.course_id)
    if book.db.scalar(select(StudentRow.id).where(StudentRow.id == result.student)) is None:
        book.db.execute(insert(StudentRow.__table__), [{"id": result.student}])
    theirs = and_(
        SubmittedAssignment.assignment_id == AssignmentRow.id, SubmittedAssignment.student_id == result.student
    )
    assignment_id, submission_id = book.db.execute(
        select(AssignmentRow.id, SubmittedAssignment.id)
        .outerjoin(SubmittedAssignment, theirs)
        .where(AssignmentRow.name == result.assignment)
    ).one()
    if submission_id is None:
        row = {"assignment_id": assignment_id, "student_id": result.student, "timestamp": came_in}
        _insert(book, row, cells, scores, about)
        return
    submission = book.db.get(SubmittedAssignment, submission_id)
    submission.timestamp = came_in
    _add_notebooks(book, submission)
    grade: Grade
    for notebook, cell, grade in named_rows(book, submission, Grade):
        grade.auto_score = scores[notebook].get(cell)
        # nbgrader's rule: a manual score is flagged again after each run, and never overwritten.
        grade.needs_manual_grade = grade.auto_score is None or grade.manual_score is not None
    comment: Comment
    for notebook, cell, comment in named_rows(book, submission, Comment):
        comment.auto_comment = about[notebook](cell)
    book.db.commit()


def _insert(
    book: Gradebook,
    row: dict[str, Any],
    cells: dict[str, MasterRows],
    scores: Mapping[str, Mapping[str, float | None]],
    about: dict[str, Callable[[str], str | None]],
) -> None:
    """Make all rows of a submission at once, as `nbgrader.api.Gradebook.add_submission` makes them one by one."""
    submission, notebooks = new_uuid(), {name: new_uuid() for name in cells}
    rows: dict[Any, list[dict[str, Any]]] = {
        SubmittedAssignment: [row | {"id": submission}],
        SubmittedNotebook: [
            {"id": notebooks[name], "assignment_id": submission, "notebook_id": of.notebook}
            for name, of in cells.items()
        ],
        Grade: [
            {
                "notebook_id": notebooks[name],
                "cell_id": cell,
                "auto_score": scores[name].get(called),
                "needs_manual_grade": scores[name].get(called) is None,
            }
            for name, of in cells.items()
            for cell, called in of.graded
        ],
        Comment: [
            {"notebook_id": notebooks[name], "cell_id": cell, "auto_comment": about[name](called)}
            for name, of in cells.items()
            for cell, called in of.commented
        ],
    }
    for kind, many in rows.items():
        if many:
            book.db.execute(insert(kind.__table__), many)
    book.db.commit()


def _add_notebooks(book: Gradebook, submission: SubmittedAssignment) -> None:
    """Give an older submission the rows of notebooks that the assignment has got since."""
    has = {submitted.notebook_id for submitted in submission.notebooks}
    for notebook in submission.assignment.notebooks:
        if notebook.id not in has:
            submitted = SubmittedNotebook(notebook=notebook, assignment=submission)
            book.db.add(submitted)
            complete(book, submitted)


def _comment_on(verdict: NotebookVerdict, master: Master) -> Callable[[str], str | None]:
    """Give the text for a solution cell: what its own tests found, or why nothing was graded."""
    messages = {cell.grade_id: message for cell in verdict.cells if (message := cell.message)}

    def text(solution: str) -> str | None:
        parts = [] if verdict.state.is_graded else [verdict.state.for_student]
        parts += [_NO_RESPONSE] if solution in verdict.blank else []
        tests = {str(test.grade_id) for test in master.tests_of(solution)} if messages else ()
        parts += [message for test, message in messages.items() if test in tests]
        return _harmless("\n\n".join(dict.fromkeys(parts))) or None

    return text


@layer("escaping")
def _harmless(comment: str) -> str:
    """
    Write a comment so that it is text as Markdown, too: nbgrader's feedback pages keep tags and links of Markdown.

    Formgrader shows it as it is: the signs that give way stay readable there.
    """
    return _LINKS.sub("\N{FULLWIDTH RIGHT SQUARE BRACKET}", plain_lines(comment).replace("<", "\u2039"))
