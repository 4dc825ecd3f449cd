"""nbgrader's way of handing a release out, for a release that is what its masters give."""

from pathlib import Path

from nbgrader.exchange.default import ExchangeReleaseAssignment

from autograder.authoring.release import out_of_step
from autograder.course.folders import Course
from autograder.errors import CourseError


class ReleaseInStep(ExchangeReleaseAssignment):  # type: ignore[misc]
    """
    Hand nothing out that somebody has worked in, or that is older than its masters.

    nbgrader makes one for `nbgrader release_assignment` and formgrader's button, where ``nbgrader_config.py`` sets
    ``c.ExchangeFactory.release_assignment`` to this class.
    """

    def init_src(self) -> None:
        """Look at the release before any of it is copied."""
        super().init_src()
        assignment = str(self.coursedir.assignment_id)
        try:
            differences = out_of_step(Course(Path(self.coursedir.root)), assignment)
        except CourseError as error:
            self.fail(str(error))
        if differences:
            self.fail(f"{'; '.join(differences)}: not released; run `autograder release {assignment}`")
