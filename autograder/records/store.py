"""
The truth: one result for each submission, stored under a key of everything that it depends on.

A result is a folder ``.autograder/ASSIGNMENT/STUDENT/KEY`` with ``result.json`` and the notebooks as they were
run. It appears whole or not at all, so a killed batch goes on where it was, and a second run grades only what has
changed: the submission, a master, what is hidden in it, the limits, or the version of anything that is installed:
what runs, what judges, and what the course's notebooks import.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.course.assignment import Assignment
from autograder.course.dataflow import imported_by
from autograder.course.folders import Course
from autograder.errors import CourseError, RejectedError, StoreError
from autograder.files import code_digest, sync_folder
from autograder.grading.result import Result, as_data, from_data
from autograder.kernels.configuration import runner_of
from autograder.kernels.run import Runner
from autograder.subject import code_folder
from autograder.submissions.folder import handed_in, with_students_files
from autograder.submissions.reading import Submission

_FOLDER = ".autograder"
_RESULT = "result.json"


@dataclass(frozen=True)
class Stored:
    """
    A result in the store.

    Attributes
    ----------
    folder : Path
        Where it lies. Its name is the key of everything that the result depends on.
    """

    result: Result
    folder: Path

    @property
    def key(self) -> str:
        """The content key."""
        return self.folder.name

    @property
    def notebooks(self) -> dict[str, Path]:
        """By notebook name, the file of the notebook as it was run."""
        return {verdict.name: self.folder / f"{verdict.name}.ipynb" for verdict in self.result.verdicts}


def stores_of(course: Course, assignment: Assignment) -> tuple["ResultStore", "ResultStore"]:
    """Open the results of an assignment that were graded in a jail, and those that were graded without one."""
    data = course.data(assignment.name)
    jailed, free = (runner_of(course.config, course.subject, jailed=jailed, data=data) for jailed in (True, False))
    return ResultStore(course, assignment, jailed), ResultStore(course, assignment, free)


def find_in(
    stores: Iterable["ResultStore"], course: Course, assignment: Assignment, student: str
) -> list["Stored | None"]:
    """Find a student's result in each store, graded with the student's own files or without them."""
    usual = with_students_files(course)
    for with_files in (usual, not usual):
        submission = handed_in(course, assignment, student, with_files=with_files)
        found = [store.find(submission) for store in stores]
        if any(found):
            break
    return found


class ResultStore:
    """
    The stored results of one assignment, graded by one kind of runner.

    Parameters
    ----------
    course : Course
        Where they are stored.
    assignment : Assignment
        Its masters, its hints and its subject are part of every key.
    runner : Runner
        Its limits are, too.
    """

    def __init__(self, course: Course, assignment: Assignment, runner: Runner) -> None:
        self._folder = course.root / _FOLDER / assignment.name
        subject = assignment.subject
        own = code_folder(subject)
        self._rules = _digest(
            *(json.dumps(master.notebook, sort_keys=True).encode() for master in assignment.notebooks),
            # As nbgrader's delimiters in the course's configuration divide them.
            repr([[(c.visible, c.blank) for c in master.cells] for master in assignment.notebooks]).encode(),
            assignment.sanitize.encode(),
            repr(list(assignment.catalogue.items())).encode(),
            subject.name.encode(),
            repr(runner).encode(),
            _installed().encode(),
            _imported(assignment).encode(),
            code_digest(Path(__file__).parents[1], *([] if own is None else [own])).encode(),
        )

    def find(self, submission: Submission) -> Stored | None:
        """Find the result of exactly this submission; its notebooks stay in their files."""
        place = self._place(submission)
        try:
            return Stored(from_data(json.loads((place / _RESULT).read_text(encoding="utf-8"))), place)
        except (OSError, ValueError, RecursionError):
            return None

    def store(self, submission: Submission, result: Result) -> Stored:
        """
        Store a result; the notebooks' texts are in files then.

        Raises
        ------
        StoreError
            When it cannot be written: nothing of it is there then, and an older result still is.
        """
        place = self._place(submission)
        bare = replace(result, executed={})
        texts = {f"{name}.ipynb": text for name, text in result.executed.items()}
        try:
            _put(place, texts | {_RESULT: json.dumps(as_data(bare))})
        except OSError as error:
            raise StoreError(
                f"{place.parent}: {error.strerror}; the result is not kept: see that the folder can be written "
                "and its disk has room, and run the same command again"
            ) from error
        self.keep_only(Stored(bare, place))
        return Stored(bare, place)

    def keep_only(self, stored: Stored) -> None:
        """Remove a student's older results, and what a grader that was killed has left half-written."""
        for other in stored.folder.parent.iterdir():
            if other != stored.folder:
                shutil.rmtree(other, ignore_errors=True)

    def _place(self, submission: Submission) -> Path:
        return self._folder / submission.student / _key(self._rules, submission)


def _put(place: Path, texts: dict[str, str]) -> None:
    """Make a folder of files that appears whole or not at all."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=place.parent))
    try:
        for name, text in texts.items():
            with (fresh / name).open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(place)
        fresh.rename(place)
    except BaseException:
        # Or what does not fit would take the room of what does.
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    sync_folder(place.parent)


@contextlib.contextmanager
def only_grader(course: Course) -> Iterator[None]:
    """
    Be the only one who grades a course.

    Raises
    ------
    CourseError
        When somebody else does, or this system has no locks of files.
    """
    try:
        import fcntl
    except ImportError:
        raise CourseError(f"{sys.platform}: the autograder grades on Linux; grade there, or in WSL") from None
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
    beside = [name.encode() + b" " + content for name, content in sorted(submission.beside.items())]
    # A list that is empty leaves the key as it is.
    counted = [repr(len(beside)).encode(), *beside] if beside else []
    return _digest(rules.encode(), repr((submission.timestamp, submission.notes)).encode(), *handed_in, *counted)


def _digest(*parts: bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()[:32]


def _imported(assignment: Assignment) -> str:
    """
    Say where everything comes from that the masters import, and of what date it is.

    A package may be there without being installed, or be changed and keep its version.
    """
    sources = (cell.source for master in assignment.notebooks for cell in master.cells if cell.is_code)
    names = sorted(set().union(*(imported_by(source) for source in sources)))
    return repr([(name, *_origin(name)) for name in names])


def _origin(name: str) -> tuple[str, int, int]:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.has_location or not spec.origin:
        # What is built in has no file, and a folder of packages no date of its own.
        return str(spec is not None), 0, 0
    try:
        status = Path(spec.origin).stat()
    except OSError:
        return spec.origin, 0, 0
    return spec.origin, status.st_size, status.st_mtime_ns


def _installed() -> str:
    """List the versions of Python and of everything that is installed beside it: any may give another result."""
    return repr((platform.python_version(), installed()))


def installed() -> list[str]:
    """List what is installed, as the folders of its metadata are called: names and versions."""
    folders = [Path(entry) for entry in sys.path if Path(entry).is_dir()]
    # Names and versions stand in the names of these folders; reading them all takes a tenth of a second.
    found = {
        path.name for folder in folders for path in folder.iterdir() if path.suffix in (".dist-info", ".egg-info")
    }
    return sorted(found)
