"""
The only writer: results into nbgrader's gradebook and autograded notebooks.

A result replaces what an earlier run wrote about the same submission. Only GRADED notebooks get automatic scores;
every other state clears them and asks for a person. Scores and comments that a person gave are never touched.
"""

import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Comment, Grade, SubmittedNotebook
from nbgrader.api import Gradebook as NbGraderGradebook
from nbgrader.preprocessors import ClearOutput, ClearSolutions, ComputeChecksums, LockCells, SaveCells
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from autograder.course import Assignment, Course, Master, is_test_of
from autograder.errors import GradebookError
from autograder.grading import Result
from autograder.intake import TIMESTAMP_FILE
from autograder.verdict import NotebookVerdict

_MASTER_STEPS = (LockCells, ClearSolutions, ClearOutput, ComputeChecksums, SaveCells)
"""nbgrader's own steps that put a master notebook into the gradebook, in the order of its generate_assignment."""


class Gradebook:
    """
    nbgrader's gradebook of one course, open for writing one assignment.

    Use as a context manager.

    Raises
    ------
    GradebookError
        When the database cannot be opened, or holds submissions for other exercises than the course has now.
    """

    def __init__(self, course: Course, assignment: Assignment) -> None:
        self.course = course
        self.assignment = assignment

    def __enter__(self) -> "Gradebook":
        """Open the database, and record the master notebooks as `nbgrader generate_assignment` does."""
        try:
            with _alembic_on_path(), NbGraderGradebook(self.course.db_url, self.course.directory.course_id) as book:
                book.update_or_create_assignment(self.assignment.name)
            for master in self.assignment.notebooks:
                self._record_master(master)
            self._book = NbGraderGradebook(self.course.db_url, self.course.directory.course_id)
        except (SQLAlchemyError, RuntimeError, OSError) as error:
            raise GradebookError(
                f"{self.course.db_url}: {str(error).splitlines()[0]}; "
                "if the exercises have changed since it was made, move the file away and grade again"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        """Close the database."""
        self._book.close()

    def write(self, result: Result) -> None:
        """Put one result into the database and its notebooks into the autograded folder."""
        with warnings.catch_warnings():
            # nbgrader adds rows while SQLAlchemy flushes others; both are saved all the same.
            warnings.simplefilter("ignore", SAWarning)
            self._write_scores(result)
        self._write_notebooks(result)

    def _write_scores(self, result: Result) -> None:
        self._book.update_or_create_student(result.student)
        when = {"timestamp": result.timestamp} if result.timestamp else {}
        self._book.update_or_create_submission(result.assignment, result.student, **when)
        for verdict in result.verdicts:
            submitted = self._book.find_submission_notebook(verdict.name, result.assignment, result.student)
            _set_grades(submitted, verdict)
            _set_comments(submitted, verdict)
        self._book.db.commit()

    def _write_notebooks(self, result: Result) -> None:
        folder = self.course.autograded(result.student, result.assignment)
        folder.mkdir(parents=True, exist_ok=True)
        for verdict in result.verdicts:
            notebook = _with_reason(result.executed[verdict.name], verdict)
            replace_file(folder / f"{verdict.name}.ipynb", nbformat.writes(notebook))
        if result.timestamp:
            replace_file(folder / TIMESTAMP_FILE, result.timestamp)

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


def replace_file(path: Path, text: str) -> None:
    """Write a file so that a reader, or a crash, sees either the old text or the new one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _set_grades(submitted: SubmittedNotebook, verdict: NotebookVerdict) -> None:
    scores = {cell.grade_id: cell.points for cell in verdict.cells} if verdict.state.is_graded else {}
    grade: Grade
    for grade in submitted.grades:
        grade.auto_score = scores.get(grade.name)
        # nbgrader's rule: what a person has scored is flagged again after each run, and never overwritten.
        grade.needs_manual_grade = grade.auto_score is None or grade.manual_score is not None


def _set_comments(submitted: SubmittedNotebook, verdict: NotebookVerdict) -> None:
    said = _comment_on(verdict)
    comment: Comment
    for comment in submitted.comments:
        comment.auto_comment = said(str(comment.name))


def _comment_on(verdict: NotebookVerdict) -> Callable[[str], str | None]:
    """Give the text for a solution cell: what its own tests found, or why nothing was graded."""

    def text(solution: str) -> str | None:
        if not verdict.state.is_graded:
            return f"{verdict.state}: {verdict.state.message}"
        failed = [cell.message for cell in verdict.cells if cell.message and is_test_of(cell.grade_id, solution)]
        return "\n\n".join(dict.fromkeys(failed)) or None

    return text


def _with_reason(notebook: NotebookNode, verdict: NotebookVerdict) -> NotebookNode:
    """Put the state at the top of a notebook that a person must look at."""
    if verdict.state.is_graded:
        return notebook
    banner = new_markdown_cell(f"**{verdict.state}** {verdict.state.message}", id="state")
    return NotebookNode(notebook | {"cells": [banner, *notebook.cells]})
