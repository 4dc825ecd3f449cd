"""
Whose a file of a download is, which of several counts, and how it comes into the folder of submissions.

Each LMS writes into the name of a file, or of the folder around it, who handed it in. Only the outermost such name is
believed: what lies below it was named by the student, who could write another one's name there.
"""

import re
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.course import Assignment, Course
from autograder.download import File
from autograder.errors import DownloadError, RejectedError
from autograder.files import replace_file, sync_folder
from autograder.intake import MAX_BYTES, TIMESTAMP_FILE, read_file, read_timestamp
from autograder.roster import Roster

MAX_FILES, MAX_STUDENT_BYTES = 100, 256 * 2**20
"""Most notebooks of one student, and most bytes of all of them."""

_TIME = r"(?P<timestamp>\d{4}(?:-\d\d){5})"
LAYOUTS = {
    "moodle": re.compile(r"(?P<student_id>.+?)_(?P<person>\d+)_assignsubmission_file_(?P<file_id>.*)"),
    "blackboard": re.compile(rf".*?_(?P<student_id>[^_]+)_attempt_{_TIME}(?:_(?P<file_id>.*))?"),
    "canvas": re.compile(r"(?P<student_id>[^_]+)(?:_LATE)?_(?P<lms_user_id>\d+)_(?P<upload>\d+)_(?P<file_id>.*)"),
}
"""How each LMS names files or the folders around them; of those that fit equally often the first is taken."""

_NUMBERED = re.compile(r"(?P<name>.+?)(?:-(?P<canvas>\d{1,4})| ?\((?P<browser>\d{1,4})\))")
"""What an LMS or a browser makes of a name that is there already: ``x-1``, ``x (1)``."""


@dataclass(frozen=True)
class Piece:
    """
    A notebook that somebody handed in.

    Attributes
    ----------
    said : str
        What the download calls the student.
    lms_id : str or None
        The LMS's own number of the student, which a roster may hold.
    person : str or None
        Another number that tells students of one name apart.
    notebook : str
        Without suffix; a master's name where there is such a master.
    time : datetime or None
        When it was handed in, in UTC and without a zone as nbgrader keeps it.
    order : tuple of int
        Numbers in the name that grow from one upload to the next.
    """

    file: File
    said: str
    lms_id: str | None
    person: str | None
    notebook: str
    time: datetime | None
    order: tuple[int, int]
    student: str = ""


class Names:
    """
    How the files of a download are named.

    Parameters
    ----------
    pattern : str or None
        A regular expression, or the name of one in `LAYOUTS`; None to find out.
    files : sequence of File
        What to find it out from.

    Raises
    ------
    DownloadError
        When the pattern is none, or lacks a group, or no known layout fits.
    """

    def __init__(self, pattern: str | None, files: Iterable[File], notebooks: Iterable[str]) -> None:
        self._notebooks = {name.casefold(): name for name in notebooks}
        self._own = None if pattern is None or pattern in LAYOUTS else _compiled(pattern)
        self.layout = "" if self._own else pattern or _best_layout(files)

    def piece(self, file: File) -> Piece:
        """
        Read from a file's name whose it is.

        Raises
        ------
        RejectedError
            When the name does not say so, or says it in a way that cannot be used.
        """
        found = self._match(file.path)
        if found is None or not found.get("student_id"):
            raise RejectedError(
                "name", f"{file.path}: its name does not say whose it is; rename it, or give --pattern"
            )
        student = unicodedata.normalize("NFC", str(found["student_id"])).strip()
        notebook, number = self._notebook(str(found["file_id"] or ""), file.path)
        for name in (student, notebook):
            if not _is_file_name(name):
                raise RejectedError(
                    "name", f"{file.path}: {name!r} cannot be the name of a file or folder; rename it"
                )
        order = (int(found.get("upload") or 0), number)
        return Piece(
            file, student, found.get("lms_user_id"), found.get("person"), notebook, _time(found, file.path), order
        )

    def _match(self, path: str) -> dict[str, str | None] | None:
        if self._own:
            found = self._own.match(path)
            return found.groupdict() if found else None
        below = path
        while below:
            part, _, below = below.partition("/")
            if found := LAYOUTS[self.layout].fullmatch(part):
                groups = found.groupdict()
                return groups if not below else groups | {"file_id": below.rpartition("/")[2]}
        return None

    def _notebook(self, file_id: str, path: str) -> tuple[str, int]:
        """Give a notebook's name, as the master is spelled, and the number that an upload was given."""
        stem = unicodedata.normalize("NFC", file_id.rpartition("/")[2])
        stem = stem[: -len(".ipynb")] if stem.lower().endswith(".ipynb") else stem
        for name, number in _readings(stem):
            if name.casefold() in self._notebooks:
                return self._notebooks[name.casefold()], number
        return stem, 0


def sort_out(pieces: Iterable[Piece], roster: Roster, present: Iterable[str]) -> Iterator[list[Piece] | str]:
    """
    Give for each student the notebooks that count, and a line for each that cannot be told.

    Parameters
    ----------
    present : iterable of str
        The names of the students' folders that are there already.
    """
    by_student: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        student = roster.find(piece.said, piece.lms_id) or piece.said
        by_student[student].append(replace(piece, student=student))
    spelled: dict[str, set[str]] = defaultdict(set)
    for name in (*by_student, *present, *roster.ids):
        spelled[name.casefold()].add(name)
    for student, handed_in in sorted(by_student.items()):
        others = spelled[student.casefold()] - {student}
        numbers = {number for piece in handed_in for number in (piece.lms_id, piece.person) if number}
        if others and student not in roster.ids:
            yield f"{student}: only case tells it from {', '.join(sorted(others))}; rename one, or import a roster"
        elif len(numbers) > 1:
            yield (
                f"{student}: {len(numbers)} students with the numbers {', '.join(sorted(numbers))} have this name; "
                "import a roster with lms_user_id, or put the files into folders of the submissions yourself"
            )
        elif len(handed_in) > MAX_FILES or sum(piece.file.size for piece in handed_in) > MAX_STUDENT_BYTES:
            yield (
                f"{student}: more than {MAX_FILES} notebooks or {MAX_STUDENT_BYTES} bytes; "
                "put those that count into a folder of the submissions yourself"
            )
        else:
            yield from _latest_of(student, handed_in)


def _latest_of(student: str, handed_in: list[Piece]) -> Iterator[list[Piece] | str]:
    by_notebook: dict[str, list[Piece]] = defaultdict(list)
    for piece in handed_in:
        by_notebook[piece.notebook].append(piece)
    kept = []
    for notebook, pieces in sorted(by_notebook.items()):
        last = [piece for piece in pieces if _when(piece) == max(map(_when, pieces))]
        try:
            if len(last) > 1 and len({piece.file.read() for piece in last}) > 1:
                paths = ", ".join(piece.file.path for piece in last)
                yield f"{student}: {notebook} is there {len(last)} times ({paths}), and no name says which is last"
                continue
        except RejectedError as rejected:
            yield rejected.message
            continue
        kept.append(last[0])
    if kept:
        yield kept


@dataclass(frozen=True)
class Placed:
    """
    What has become of a student's notebooks.

    Attributes
    ----------
    written : int
        How many are new in the student's folder.
    notes : tuple of str
        What was replaced, or was older than what is there: nobody needs to do anything.
    problems : tuple of str
        What somebody must settle.
    """

    written: int = 0
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def place(course: Course, assignment: Assignment, pieces: list[Piece], *, overwrite: bool) -> Placed:
    """
    Bring one student's notebooks into the folder of submissions: a new folder whole, an older one file by file.

    Parameters
    ----------
    overwrite : bool
        Whether what is there gives way also where no time says which is newer.
    """
    folder = course.submitted(pieces[0].student, assignment.name)
    for path in (folder.parent, folder):
        if path.is_symlink():
            return Placed(problems=(f"{path}: a link, which is not followed; put the folder itself there",))
    try:
        if folder.exists():
            return _update(folder, pieces, overwrite=overwrite)
        return _make(folder, pieces)
    except OSError as error:
        return Placed(problems=(f"{folder}: {error.strerror}; see that it can be written",))


def _make(folder: Path, pieces: list[Piece]) -> Placed:
    files, problems = _read_all(pieces)
    if not files:
        return Placed(problems=problems)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name[:100]}.", dir=folder.parent) as fresh:
        new = Path(fresh) / folder.name
        new.mkdir()
        for piece, data in files:
            replace_file(new / f"{piece.notebook}.ipynb", data)
        if times := [piece.time for piece, _ in files if piece.time]:
            replace_file(new / TIMESTAMP_FILE, _written(max(times)))
        sync_folder(new)
        new.rename(folder)
    sync_folder(folder.parent)
    return Placed(len(files), problems=problems)


def _update(folder: Path, pieces: list[Piece], *, overwrite: bool) -> Placed:
    files, unread = _read_all(pieces)
    problems = list(unread)
    before = _time_of(folder)
    notes, times, written = [], [], 0
    for piece, data in files:
        path = folder / f"{piece.notebook}.ipynb"
        try:
            there = read_file(path, MAX_BYTES) if path.exists() or path.is_symlink() else None
        except RejectedError as rejected:
            problems.append(f"{folder}: {rejected.message}")
            continue
        newer = None if piece.time is None or before is None or piece.time == before else piece.time > before
        if there is not None and there != data:
            if newer is False and not overwrite:
                notes.append(f"{path}: kept; {piece.file.path} is older")
                continue
            if newer is None and not overwrite:
                problems.append(
                    f"{path}: kept; {piece.file.path} differs, and no time says which is newer: --overwrite takes it"
                )
                continue
            notes.append(f"{path}: replaced by {piece.file.path}")
        if there != data:
            replace_file(path, data)
            written += 1
        times += [piece.time] if piece.time else []
    # Last: whoever is stopped before begins anew with the same outcome.
    if times and (before is None or max(times) > before):
        replace_file(folder / TIMESTAMP_FILE, _written(max(times)))
    sync_folder(folder)
    return Placed(written, tuple(notes), tuple(problems))


def _read_all(pieces: list[Piece]) -> tuple[list[tuple[Piece, bytes]], tuple[str, ...]]:
    files, problems = [], []
    for piece in pieces:
        try:
            files.append((piece, piece.file.read()))
        except RejectedError as rejected:
            problems.append(f"{piece.file.path}: {rejected.message.removeprefix(f'{piece.file.path}: ')}")
    return files, tuple(problems)


def _time_of(folder: Path) -> datetime | None:
    text, _ = read_timestamp(folder)
    return None if text is None else _parsed(text)


def _parsed(text: str) -> datetime:
    time = parse_utc(text)
    assert isinstance(time, datetime)
    return time


def _time(found: dict[str, str | None], path: str) -> datetime | None:
    """
    Read a time as nbgrader does: one without a zone is in UTC.

    But nbgrader takes the end of a time with dashes for a zone, and a zone as ``+0100`` after a space for seconds.
    """
    text = found.get("timestamp")
    if not text:
        return None
    try:
        if re.fullmatch(r"\d{4}(-\d\d){5}", text):
            return datetime.strptime(text, "%Y-%m-%d-%H-%M-%S")
        return _parsed(re.sub(r" ([+-]\d\d):?(\d\d)$", r"\1:\2", text))
    except (ValueError, OverflowError):
        raise RejectedError("name", f"{path}: {text!r} is no time; rename it, or give another --pattern") from None


def _written(time: datetime) -> str:
    """Write a time as nbgrader's exchange does."""
    return f"{time:%Y-%m-%d %H:%M:%S.%f} UTC"


def _when(piece: Piece) -> tuple[datetime, tuple[int, int]]:
    return piece.time or datetime.min, piece.order


def _readings(stem: str) -> Iterator[tuple[str, int]]:
    """Give what a file's name may stand for: itself, and without the number of an upload."""
    yield stem, 0
    if found := _NUMBERED.fullmatch(stem):
        yield found["name"], int(found["canvas"] or found["browser"])


def _best_layout(files: Iterable[File]) -> str:
    tops = [file.path.split("/") for file in files]
    fits = {
        name: sum(any(expression.fullmatch(part) for part in parts) for parts in tops)
        for name, expression in LAYOUTS.items()
    }
    best = max(fits, key=fits.__getitem__)
    if not fits[best]:
        raise DownloadError(
            f"no file is named as {', '.join(LAYOUTS)} name them; say with --pattern how they are named, "
            "e.g. '(?P<student_id>[^/]+)/(?P<file_id>.+)'"
        )
    return best


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise DownloadError(f"--pattern {pattern}: {error}; see Python's re module") from None
    missing = {"student_id", "file_id"} - set(expression.groupindex)
    if missing:
        raise DownloadError(
            f"--pattern {pattern}: no group {', '.join(f'(?P<{name}>...)' for name in sorted(missing))}; "
            f"give both, or one of {', '.join(LAYOUTS)}"
        )
    return expression


def _is_file_name(name: str) -> bool:
    return (
        bool(name)
        and name.isprintable()
        and not name.startswith(".")
        and not set(name) & set("/\\")
        and len(name.encode()) <= 200
    )
