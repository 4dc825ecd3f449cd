"""
A course's folder and its configuration.

A course is a folder that nbgrader's configuration is about: its own ``nbgrader_config``, or one elsewhere. Settings,
paths, folder names and the gradebook's address are those that nbgrader's own applications would have there, so every
stock nbgrader command sees the same course.
"""

import hashlib
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_ignored
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from autograder.course.assignment import Assignment, DataFile
from autograder.course.database import without_password
from autograder.course.master import read_master
from autograder.course.settings import settings_of
from autograder.errors import CourseError
from autograder.hints import FILE as HINTS_FILE
from autograder.hints import read_catalogue
from autograder.known_tests import FILE as TESTS_FILE
from autograder.subject import PLAIN, Subject, find_subject

CONFIG_FILE = "nbgrader_config.py"

SANITIZE_FILE = "sanitize.cfg"
"""Beside the assignments in the source directory: nbval's patterns for what differs from run to run."""


_STUDENT, _ASSIGNMENT = "{student_id}", "{assignment_id}"
"""nbgrader's words in ``directory_structure``: they stand for anybody and anything where a path is taken apart."""


class Course:
    """
    A course folder as nbgrader sees it.

    Parameters
    ----------
    folder : Path or None
        The course's folder; None for the one that nbgrader would work in from the current folder.
    config_file : Path, optional
        A configuration that nbgrader reads in place of the person's and the machine's.

    Raises
    ------
    CourseError
        When no configuration of nbgrader is about this folder, one cannot be read, or one says what cannot be.
    """

    def __init__(self, folder: Path | None, config_file: Path | None = None) -> None:
        here = Path.cwd() if folder is None else folder.resolve()
        self.config, self.root, files = settings_of(None if folder is None else here, config_file)
        self.config.CourseDirectory.root = str(self.root)
        named = ", ".join(files) or str(self.root / CONFIG_FILE)
        try:
            self.directory = CourseDirectory(config=self.config)
            self._db_url = _absolute(str(self.directory.db_url), here)
            own = (self.root / CONFIG_FILE, (self.root / CONFIG_FILE).with_suffix(".json"))
            is_taught = any(file.is_file() for file in own) or (
                bool(files) and self._path(self.directory.source_directory, ".", ".").is_dir()
            )
            self._see_layout()
        except CourseError as error:
            raise CourseError(f"{named}: {error}") from error
        except Exception as error:
            raise CourseError(f"{named}: cannot be used ({error}); mend the file") from error
        if not is_taught:
            raise CourseError(
                f"{self.root}: no {CONFIG_FILE} there, so this is not a course; "
                "run the command in the course's folder, or name it with --course"
            )

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
        """The gradebook's address, as nbgrader is given it; a file's does not depend on where a command runs."""
        return self._db_url

    @property
    def database(self) -> str:
        """The gradebook's address as it may be shown: without a password."""
        return without_password(self._db_url, self._db_url)

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
        """The folder of all that was handed in."""
        return self._path(self.directory.submitted_directory, ".", ".")

    def students(self, assignment: str) -> Path:
        """The folder that holds one folder for each student who may have handed in an assignment."""
        return self._around_students(assignment)[0]

    def below(self, assignment: str) -> str:
        """The path from a student's folder in `students` to what was handed in for an assignment."""
        return str(self._around_students(assignment)[1])

    @property
    def reports(self) -> Path:
        """The folder of what a batch writes for the instructor."""
        return self.root / "reports"

    def assignments(self) -> list[str]:
        """Name the assignments that have master notebooks."""
        parts = self.source(_ASSIGNMENT).parts
        depth = parts.index(_ASSIGNMENT)
        found = Path(*parts[:depth]).glob(str(Path("*", *parts[depth + 1 :], "*.ipynb")))
        return sorted({path.parts[depth] for path in found})

    def assignment(self, name: str) -> Assignment:
        """
        Read an assignment's master notebooks.

        Raises
        ------
        CourseError
            When there is no such assignment, nothing of it is for grading, or a master or its hints.yml cannot be
            used for that.
        """
        folder = self.source(name)
        paths = sorted(folder.glob("*.ipynb"))
        if not paths:
            known = ", ".join(self.assignments()) or "(none found)"
            raise CourseError(f"{folder}: no master notebooks there; name one of: {known}")
        hints = folder / HINTS_FILE
        masters = tuple(read_master(path, self.config) for path in paths)
        if all(master.is_for_reading for master in masters):
            named = ", ".join(path.name for path in paths)
            raise CourseError(
                f"{folder}: no cell of {named} is an answer, a test or a task of nbgrader's, so nothing can be "
                "graded; mark the cells in nbgrader's Create Assignment toolbar"
            )
        return Assignment(
            name=name,
            notebooks=masters,
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
        """
        List the files that were released beside an assignment's notebooks: the path beside them, and the place.

        Where there is no release on this machine, these are the files that nbgrader would release: those beside the
        masters that the course does not tell it to ignore.
        """
        root = self.release(assignment)
        root = root if root.is_dir() else self.source(assignment)
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

    def _path(self, kind: str, student: str, assignment: str) -> Path:
        return Path(self.directory.format_path(kind, student, assignment))

    def _around_students(self, assignment: str) -> tuple[Path, Path]:
        """Take the path of a submission apart: before a student's folder, and behind it."""
        parts = self.submitted(_STUDENT, assignment).parts
        place = parts.index(_STUDENT)
        return Path(*parts[:place]), Path(*parts[place + 1 :])

    def _see_layout(self) -> None:
        said = str(self.directory.directory_structure)
        parts = Path(said).parts
        if any(said.count(word) != 1 or word not in parts for word in (_STUDENT, _ASSIGNMENT)):
            raise CourseError(
                f"directory_structure is {said!r}; "
                "give the student and the assignment a folder of their own in it, once each"
            )


def _absolute(db_url: str, folder: Path) -> str:
    """Say where a gradebook in a file is, for whoever works in another folder than nbgrader would."""
    try:
        url = make_url(db_url)
    except (ArgumentError, ValueError) as error:
        raise CourseError(
            f"c.CourseDirectory.db_url = {without_password(f'{db_url!r}: {error}', db_url)}; give an address such as "
            "sqlite:////srv/course/gradebook.db"
        ) from None
    if url.drivername != "sqlite" or url.database in (None, "", ":memory:") or url.query:
        return db_url
    return f"sqlite:///{folder / str(url.database)}"


def _content(path: Path) -> str:
    """Read a file that a course may have; empty where it has none."""
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: cannot be read ({error}); see that it is a readable UTF-8 file") from None
