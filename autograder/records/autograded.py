"""The notebooks of a result as they were run, and the released files, in nbgrader's folder for them."""

import filecmp
import shutil
from pathlib import Path

from autograder.course.folders import Course
from autograder.files import replace_file
from autograder.records.store import Stored
from autograder.submissions.reading import TIMESTAMP_FILE


def write_autograded(course: Course, stored: Stored) -> None:
    """
    Write the notebooks of a result, unless they are there.

    What was released beside them lies there, too: a text shows its pictures, and whoever runs a notebook its data.

    Raises
    ------
    OSError
        When a file cannot be read or written.
    """
    result = stored.result
    folder = course.autograded(result.student, result.assignment)
    folder.mkdir(parents=True, exist_ok=True)
    contents = {f"{name}.ipynb": path.read_bytes() for name, path in stored.notebooks.items()}
    if result.timestamp:
        contents[TIMESTAMP_FILE] = result.timestamp.encode()
    else:
        (folder / TIMESTAMP_FILE).unlink(missing_ok=True)
    for name, content in contents.items():
        if not _holds(folder / name, content):
            replace_file(folder / name, content)
    for name, path in course.released(result.assignment):
        _copy(path, folder / name)


def _copy(path: Path, to: Path) -> None:
    # By size and time: the files of a course may be large, and a class has many folders.
    if not to.is_file() or not filecmp.cmp(path, to):
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, to)


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False
