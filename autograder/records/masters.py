"""Master notebooks in the gradebook, as `nbgrader generate_assignment` records them."""

from copy import deepcopy
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearOutput, ClearSolutions, ComputeChecksums, LockCells, SaveCells

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.master import Master

_STEPS = (LockCells, ClearSolutions, ClearOutput, ComputeChecksums, SaveCells)
"""nbgrader's own steps that put a master notebook into the gradebook, in the order of its generate_assignment."""


def record_masters(book: Gradebook, course: Course, assignment: Assignment) -> None:
    """
    Record the masters of an assignment.

    Raises
    ------
    RuntimeError
        nbgrader's, when the gradebook holds submissions for other exercises than the masters have now.
    """
    book.update_or_create_assignment(assignment.name)
    book.db.commit()
    for master in assignment.notebooks:
        _record(master, course, assignment.name)
    book.db.expire_all()


def _record(master: Master, course: Course, assignment: str) -> None:
    notebook: NotebookNode = deepcopy(master.notebook)
    about = {"notebook": master.name, "assignment": assignment, "db_url": course.db_url}
    resources: dict[str, Any] = {"nbgrader": about}
    for step in _STEPS:
        notebook, resources = step(config=course.config).preprocess(notebook, resources)
