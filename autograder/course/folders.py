"""
A course's folder and its configuration.

A course is any folder with an ``nbgrader_config.py``. Paths, folder names and the gradebook's address are nbgrader's
own (`nbgrader.coursedir.CourseDirectory`), so every stock nbgrader command sees the same course.
"""

import hashlib
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_ignored
from traitlets.config.loader import Config, PyFileConfigLoader

from autograder.course.assignment import Assignment, DataFile
from autograder.course.master import read_master
from autograder.errors import CourseError
from autograder.hints import FILE as HINTS_FILE
from autograder.hints import read_catalogue
from autograder.known_tests import FILE as TESTS_FILE
from autograder.subject import PLAIN, Subject, find_subject

CONFIG_FILE = "nbgrader_config.py"

SANITIZE_FILE = "sanitize.cfg"
"""Beside the assignments in the source directory: nbval's patterns for what differs from run to run."""


class Course:
    """
    A course folder as nbgrader sees it.

    Parameters
    ----------
    root : Path
        The folder that holds ``nbgrader_config.py``.

    Raises
    ------
    CourseError
        When there is no such file, or it cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        if not (self.root / CONFIG_FILE).is_file():
            raise CourseError(
                f"{self.root}: no {CONFIG_FILE} there, so this is not a course; "
                "run the command in the course's folder, or name it with --course"
            )
        try:
            self.config: Config = PyFileConfigLoader(CONFIG_FILE, path=str(self.root)).load_config()
            self.config.CourseDirectory.root = str(self.root)
            self.directory = CourseDirectory(config=self.config)
        except Exception as error:
            raise CourseError(f"{self.root / CONFIG_FILE}: cannot be read ({error}); mend the file") from error

    @cached_property
    def subject(self) -> Subject:
        """
        What the course is about, as ``c.Grading.subject`` names it.

        Raises
        ------
        CourseError
            When no such subject is installed.
        """
        return find_subject(str(self.config.get("Grading", {}).get("subject", PLAIN.name)))

    @property
    def db_url(self) -> str:
        """The gradebook's address, as nbgrader is given it."""
        return str(self.directory.db_url)

    def source(self, assignment: str) -> Path:
        """The folder of an assignment's master notebooks."""
        return self._path(self.directory.source_directory, ".", assignment)

    def release(self, assignment: str) -> Path:
        """The folder of an assignment's student version."""
        return self._path(self.directory.release_directory, ".", assignment)

    def submitted(self, student: str, assignment: str) -> Path:
        """The folder of what a student handed in."""
        return self._path(self.directory.submitted_directory, student, assignment)

    def autograded(self, student: str, assignment: str) -> Path:
        """The folder of a student's executed notebooks."""
        return self._path(self.directory.autograded_directory, student, assignment)

    def feedback(self, student: str, assignment: str) -> Path:
        """The folder of a student's feedback pages."""
        return self._path(self.directory.feedback_directory, student, assignment)

    @property
    def submissions(self) -> Path:
        """The folder that holds one folder for each student."""
        return self.root / str(self.directory.submitted_directory)

    @property
    def reports(self) -> Path:
        """The folder of what a batch writes for the instructor."""
        return self.root / "reports"

    def assignment(self, name: str) -> Assignment:
        """
        Read an assignment's master notebooks.

        Raises
        ------
        CourseError
            When there is no such assignment, or a master or its hints.yml cannot be used for grading.
        """
        folder = self.source(name)
        paths = sorted(folder.glob("*.ipynb"))
        if not paths:
            raise CourseError(f"{folder}: no master notebooks there; name one of: {', '.join(self._assignments())}")
        hints = folder / HINTS_FILE
        return Assignment(
            name=name,
            notebooks=tuple(read_master(path, self.config) for path in paths),
            sanitize=_content(folder.parent / SANITIZE_FILE),
            catalogue=read_catalogue(_content(hints), str(hints)),
            subject=self.subject,
        )

    def data(self, assignment: str) -> tuple[DataFile, ...]:
        """
        List what was released beside an assignment's notebooks: nothing else of the course is shown to student code.

        Raises
        ------
        CourseError
            When a file cannot be read.
        """
        found = []
        for name, path in self.released(assignment):
            try:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError as error:
                raise CourseError(f"{path}: {error.strerror}; see that it can be read") from None
            found.append(DataFile(name, path, digest))
        return tuple(found)

    def released(self, assignment: str) -> Iterator[tuple[str, Path]]:
        """List the files that were released beside an assignment's notebooks: the path beside them, and the place."""
        root = self.release(assignment)
        ours = (root / HINTS_FILE, root / TESTS_FILE)
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if not self._is_left_out(Path(folder, name)))
            for path in (Path(folder, name) for name in sorted(names)):
                if path.suffix == ".ipynb" or path in ours or self._is_left_out(path) or not path.is_file():
                    continue
                yield path.relative_to(root).as_posix(), path

    def _is_left_out(self, path: Path) -> bool:
        """Tell whether a file is hidden, a link, or one that the course tells nbgrader to ignore."""
        return path.name.startswith(".") or path.is_symlink() or is_ignored(str(path), self.directory.ignore)

    def _assignments(self) -> list[str]:
        folder = self.root / str(self.directory.source_directory)
        return sorted(path.name for path in folder.glob("*") if any(path.glob("*.ipynb"))) or ["(none found)"]

    def _path(self, kind: str, student: str, assignment: str) -> Path:
        return Path(self.directory.format_path(kind, student, assignment))


def _content(path: Path) -> str:
    """Read a file that a course may have; empty where it has none."""
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: cannot be read ({error}); see that it is a readable UTF-8 file") from None
