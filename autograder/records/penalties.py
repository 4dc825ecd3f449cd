"""Penalties for being late: nbgrader's own step, and the plugin that the course has configured, decide."""

from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.exc import OperationalError

from autograder.course.folders import Course
from autograder.course.settings import importable
from autograder.errors import GradebookError
from autograder.grading.result import Result


def penalize(book: Gradebook, course: Course, result: Result) -> bool:
    """
    Have nbgrader set the penalties of one submission, and tell whether it was late or had any.

    Raises
    ------
    GradebookError
        When the course's plugin cannot be used.
    OperationalError
        SQLAlchemy's, when the database cannot be read or written.
    """
    submission = book.find_submission(result.assignment, result.student)
    if not submission.total_seconds_late and not submission.late_submission_penalty:
        return False
    try:
        with importable(course.root):
            step = AssignLatePenalties(config=course.config)
            for verdict in result.verdicts:
                about = {"notebook": verdict.name, "assignment": result.assignment, "student": result.student}
                step(new_notebook(), {"nbgrader": about | {"db_url": course.db_url}})
    except OperationalError:
        # The database's own, and no fault of the plugin's.
        raise
    except Exception as error:
        raise GradebookError(
            f"the penalty for being late: {type(error).__name__}: {error}; mend the plugin that "
            "c.AssignLatePenalties names in nbgrader_config.py, and grade again"
        ) from error
    book.db.expire_all()
    return True
