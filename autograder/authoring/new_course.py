"""
A course of one's own, to begin with: a configuration, a notebook with three exercises, hints, and labelled answers.

It lies beside this module as it is written. Every file there ends in ``.txt``, so that no tool takes it for a part of
this package.
"""

import re
from importlib.util import find_spec
from pathlib import Path

from autograder.course.folders import CONFIG_FILE
from autograder.errors import CourseError
from autograder.files import replace_file

FIRST_ASSIGNMENT = "rain"
"""The assignment of a new course."""

_FIRST_COURSE = Path(__file__).parent / "first_course"

_NEEDED = "pandas"
"""What its notebook imports."""


def new_course(folder: Path) -> list[Path]:
    """
    Write a course into a new or an empty folder, and list its files.

    Raises
    ------
    CourseError
        When something is in the folder, or what the notebook imports is not installed: nothing is written then.
    OSError
        When it cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder}: is a file; name a new folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise CourseError(f"{folder}: is not empty, and nothing there is written over; name a new folder")
    if find_spec(_NEEDED) is None:
        raise CourseError(
            f"the notebook of a new course needs {_NEEDED}; run `pip install {_NEEDED}`, and then this again"
        )
    written = []
    for template in sorted(_FIRST_COURSE.rglob("*.txt")):
        path = folder / template.relative_to(_FIRST_COURSE).with_suffix("")
        text = template.read_text(encoding="utf-8")
        if path.name == CONFIG_FILE:
            text = text.replace("{course_id}", _course_id(folder))
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text)
        written.append(path)
    return written


def _course_id(folder: Path) -> str:
    """Call a course after its folder, in letters that nbgrader's exchange can make a folder of."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", folder.resolve().name).strip("_") or "course"
