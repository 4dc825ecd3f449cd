"""A student's desk: a working copy of the release, so that what was handed out stays as it was."""

import filecmp
import os
import shutil
from pathlib import Path

from autograder.course.folders import Course
from autograder.errors import CourseError
from autograder.files import replace_file

FOLDER = "desk"
"""Beside the release, in the course's folder; no tool of nbgrader's looks there."""

_HANDED_OUT = ".handed_out"
"""Within it: each file as it was when it was laid on the desk."""


def lay_out(course: Course, assignment: str) -> tuple[list[Path], list[str]]:
    """
    Lay the release on the desk: what is new there, and what nobody has changed since it was laid there.

    Returns
    -------
    notebooks : list of Path
        Those on the desk, in order of name.
    notes : list of str
        A line for each file that has been worked on, and of which there is a newer release.

    Raises
    ------
    CourseError
        When there is no release, or a file cannot be read or written.
    """
    release, desk = course.release(assignment), course.root / FOLDER / assignment
    kept = course.root / FOLDER / _HANDED_OUT / assignment
    if not any(release.glob("*.ipynb")):
        raise CourseError(f"{release}: no notebooks there; run `autograder release {assignment}`")
    notes = []
    try:
        for file in _files(release):
            ours, theirs, before = release / file, desk / file, kept / file
            if theirs.exists() and filecmp.cmp(ours, theirs, shallow=False):
                _copy(ours, before)
            elif not theirs.exists() or (before.exists() and filecmp.cmp(before, theirs, shallow=False)):
                _copy(ours, theirs)
                _copy(ours, before)
            elif not (before.exists() and filecmp.cmp(ours, before, shallow=False)):
                notes.append(
                    f"{theirs}: you have worked on it, and there is a newer one; rename yours to get that one, too"
                )
    except OSError as error:
        raise CourseError(f"{error.filename}: {error.strerror}; see that it can be read and written") from None
    return sorted(desk.glob("*.ipynb")), notes


def _files(folder: Path) -> list[Path]:
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name).relative_to(folder) for name in sorted(names) if not name.startswith(".")]
    return found


def _copy(file: Path, place: Path) -> None:
    if not (place.exists() and filecmp.cmp(file, place, shallow=False)):
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_file(place, file.read_bytes())
        shutil.copymode(file, place)
