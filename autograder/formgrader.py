"""
formgrader's buttons, `nbgrader autograde` and `nbgrader generate_feedback`, done by this grader.

nbgrader makes the exporter that a course's configuration names after it has found the submissions, and before it
touches any of their files. The exporters here have `autograder grade` do the work at that moment, and then leave
nbgrader nothing to convert: it runs no notebook, removes no folder, copies no file and writes no score (see
``BaseConverter.start`` in `nbgrader.converters.base`). Where the work cannot be done, what was there before is still
there.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

from nbconvert.exporters import Exporter
from nbgrader.converters import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory

from autograder.commands.terminal import DONE, NEEDS_REVIEW
from autograder.course.folders import Course
from autograder.errors import AutograderError

_ASIDE = (
    "root",
    "assignment_id",
    "student_id",
    "student_id_exclude",
    "notebook_id",
    "config",
    "parent",
    "log",
    "ignore",
)
"""Of a `CourseDirectory`, what may differ from one command to the next, and is read here or means nothing."""


class _Done(Exporter):
    """Does the work of an nbgrader converter, whole."""

    def __init__(self, *, parent: BaseConverter, **named: Any) -> None:
        super().__init__(parent=parent, **named)  # type: ignore[no-untyped-call]  # nbconvert is untyped
        root = Path(parent.coursedir.root)
        _refuse_other_course(parent, root)
        for assignment, students in _asked(parent).items():
            self._run(parent, root, assignment, students)
        parent.assignments = {}

    def _run(self, converter: BaseConverter, root: Path, assignment: str, students: list[str]) -> None:
        # Nothing of the folder that nbgrader was started in is imported: it may be a student's.
        command = [sys.executable, "-P", "-m", "autograder", "grade", assignment, "--course", str(root)]
        command += self.options(converter)
        # A name may begin with a dash.
        command += [f"--student={student}" for student in students]
        said = ""
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=os.environ | {"COLUMNS": "120"},
        ) as grader:
            for line in grader.stdout or ():
                said = line.strip() or said
                converter.log.info(line.rstrip())
        if grader.returncode not in (DONE, NEEDS_REVIEW):
            _fail(converter, said)

    def options(self, converter: BaseConverter) -> list[str]:
        """Say how `autograder grade` is called."""
        raise NotImplementedError

    def from_filename(self, filename: str, resources: Any = None, **named: Any) -> NoReturn:
        """Refuse: there is nothing left to convert."""
        raise NbGraderException(f"{filename}: graded by `autograder grade`, and nothing else is run")


class Graded(_Done):
    """For ``c.Autograde.exporter_class``: grades in the jail; what has been graded before, where it is forced to."""

    def options(self, converter: BaseConverter) -> list[str]:
        """Grade anew what a person asks for by name, as the button in formgrader does, or with ``--force``."""
        # Whoever clicks on one student clicks on the next.
        return ["--stay-warm", *(["--again"] if converter.force else [])]


class FeedbackPages(_Done):
    """For ``c.GenerateFeedback.exporter_class``: draws the pages anew from stored results, and runs nothing."""

    def options(self, converter: BaseConverter) -> list[str]:
        """Grade nothing."""
        return ["--stored"]


def _asked(converter: BaseConverter) -> dict[str, list[str]]:
    """Name the students that are meant, by assignment; an empty list stands for the whole class."""
    directory: CourseDirectory = converter.coursedir
    pattern = converter._format_source("(?P<assignment_id>.*)", "(?P<student_id>.*)", escape=True)
    left_out = directory.student_id_exclude.split(",") if directory.student_id_exclude else []
    found: dict[str, list[str]] = {}
    for folder in sorted(converter.assignments):
        match = re.match(pattern, folder)
        if match is None:
            _fail(converter, f"{folder}: is no folder of a submission")
        students = found.setdefault(match["assignment_id"], [])
        students += [] if match["student_id"] in left_out else [match["student_id"]]
    if directory.student_id == "*" and not left_out:
        # And those whose folders hold no notebook, whom nbgrader leaves out.
        return {assignment: [] for assignment in found}
    return {assignment: students for assignment, students in found.items() if students}


def _refuse_other_course(converter: BaseConverter, root: Path) -> None:
    """
    Refuse folders or a gradebook that were named on nbgrader's command line: the grader would take others.

    Raises
    ------
    NbGraderException
        When there are such.
    """
    try:
        ours = Course(root).directory
    except AutograderError as error:
        _fail(converter, str(error))
    others = [
        name
        for name in CourseDirectory.class_trait_names(config=True)
        if name not in _ASIDE and getattr(ours, name) != getattr(converter.coursedir, name)
    ]
    if others:
        _fail(
            converter,
            f"{', '.join(f'CourseDirectory.{name}' for name in others)}: another value than in the configuration of "
            f"{root}, which is what grading goes by; write it there",
        )


def _fail(converter: BaseConverter, why: str) -> NoReturn:
    converter.log.error(why)
    raise NbGraderException(why)
