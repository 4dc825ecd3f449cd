"""nbgrader's configuration of this course: two folders renamed, one kind stub, and the subject of its notebooks."""

import os
import shutil
import sys
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821 (traitlets puts it there)

c.CourseDirectory.course_id = "sharing_variables_course"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"

c.Grading.subject = "sharing_variables"

c.Answers.folder = "tests/classroom"

c.ClearSolutions.code_stub = {
    "python": "# YOUR CODE HERE (then remove the next line)\n"
    'raise NotImplementedError("This exercise is still to do.")',
}

# ipykernel 7 warns about plain local sockets unless it is told which to take.
c.KernelManager.transport_encryption = "auto"

# `nbgrader release_assignment` hands out nothing that somebody has worked in.
c.ExchangeFactory.release_assignment = "autograder.authoring.exchange.ReleaseInStep"

# formgrader's buttons, `nbgrader autograde` and `nbgrader generate_feedback` grade in the autograder's jail.
c.Autograde.exporter_class = "autograder.formgrader.Graded"
c.GenerateFeedback.exporter_class = "autograder.formgrader.FeedbackPages"
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = []
c.GenerateFeedback.preprocessors = []

# nbgrader looks for alembic on the PATH to make a gradebook: it lies beside this interpreter.
if shutil.which("alembic") is None:
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
