"""
The truth: one result for each submission, stored under a key of everything that it depends on.

A result is a folder ``.autograder/ASSIGNMENT/STUDENT/KEY`` with ``result.json`` and the notebooks as they were
run. It appears whole or not at all, so a killed batch goes on where it was, and a second run grades only what has
changed: the submission, a master, the limits, or the version of anything that runs or judges.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import cattrs

from autograder.course import Assignment, Course
from autograder.errors import CourseError, RejectedError
from autograder.files import sync_folder
from autograder.grading import Result
from autograder.intake import Submission
from autograder.kernels.running import Kernels

_FOLDER = ".autograder"
_RESULT = "result.json"
_JUDGES = (
    *("ipykernel", "ipython", "nbclient", "nbformat", "nbval", "numpy", "tensorflow-cpu"),
    *("tensorboard", "protobuf", "pygraphviz", "jinja2"),
)
"""The packages of which another version may give another result."""

_SOURCES = (".py", ".txt", ".j2", ".js")
"""What the package itself consists of."""


class Results:
    """
    The stored results of one assignment, graded with one kind of kernel.

    Parameters
    ----------
    course : Course
        Where they are stored.
    assignment : Assignment
        Its masters are part of every key.
    kernels : Kernels
        Their limits are, too.
    """

    def __init__(self, course: Course, assignment: Assignment, kernels: Kernels) -> None:
        self._folder = course.root / _FOLDER / assignment.name
        self._rules = _digest(
            *(json.dumps(master.notebook, sort_keys=True).encode() for master in assignment.notebooks),
            assignment.sanitize.encode(),
            repr(kernels).encode(),
            *(f"{package} {version(package)}".encode() for package in _JUDGES),
            *(path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*")) if path.suffix in _SOURCES),
        )

    def find(self, submission: Submission) -> Result | None:
        """Give the result of exactly this submission if there is one; its notebooks stay in their files."""
        try:
            text = (self._place(submission) / _RESULT).read_text(encoding="utf-8")
            return cattrs.structure(json.loads(text), Result)
        except (OSError, ValueError, cattrs.BaseValidationError):
            return None

    def store(self, submission: Submission, result: Result) -> Result:
        """Store a result, and return it without the notebooks' texts, which are in files now."""
        place = self._place(submission)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=place.parent))
        stored = replace(result, executed={})
        texts = {f"{name}.ipynb": text for name, text in result.executed.items()}
        for name, text in (texts | {_RESULT: json.dumps(cattrs.unstructure(stored))}).items():
            with (fresh / name).open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(place)
        fresh.rename(place)
        sync_folder(place.parent)
        for other in place.parent.iterdir():
            if other != place:
                shutil.rmtree(other)
        return stored

    def notebook(self, submission: Submission, name: str) -> Path:
        """Find the file of a notebook as it was run."""
        return self._place(submission) / f"{name}.ipynb"

    def _place(self, submission: Submission) -> Path:
        return self._folder / submission.student / _key(self._rules, submission)


@contextlib.contextmanager
def only_grader(course: Course) -> Iterator[None]:
    """
    Be the only one who grades a course.

    Raises
    ------
    CourseError
        When somebody else does.
    """
    folder = course.root / _FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise CourseError(f"{folder}: {error.strerror}; results are stored there: make the folder writable") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CourseError(f"{course.root}: another grader is at work here; wait until it has ended") from None
        yield
    finally:
        os.close(descriptor)


def _key(rules: str, submission: Submission) -> str:
    handed_in = [
        f"{name} {content.reason} {content.message}".encode()
        if isinstance(content, RejectedError)
        else name.encode() + b" " + content
        for name, content in sorted(submission.files.items())
    ]
    return _digest(rules.encode(), repr((submission.timestamp, submission.notes)).encode(), *handed_in)


def _digest(*parts: bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()[:32]
