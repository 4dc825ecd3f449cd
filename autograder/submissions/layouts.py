"""
How each LMS names files: whose a file of a download is, which notebook it is, and when it came in.

Each LMS writes into the name of a file, or of the folder around it, who handed it in. Only the outermost such name is
believed: what lies below it was named by the student, who could write another one's name there.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from nbgrader.utils import parse_utc

from autograder.errors import DownloadError, RejectedError
from autograder.submissions.download import File

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
class CollectedFile:
    """
    A notebook that somebody handed in.

    Attributes
    ----------
    called : str
        What the download calls the student.
    lms_id : str or None
        The LMS's own number of the student, which a roster may hold.
    person : str or None
        Another number, for students of one name.
    notebook : str
        Without suffix; a master's name where there is such a master.
    time : datetime or None
        When it was handed in, in UTC and without a zone as nbgrader keeps it.
    order : tuple of int
        Numbers in the name that grow from one upload to the next.
    """

    file: File
    called: str
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

    def collected(self, file: File) -> CollectedFile:
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
                "name", f"{file.path}: its name does not show whose it is; rename it, or give --pattern"
            )
        student = unicodedata.normalize("NFC", str(found["student_id"])).strip()
        notebook, number = self._notebook(str(found["file_id"] or ""), file.path)
        for name in (student, notebook):
            if not _is_file_name(name):
                raise RejectedError(
                    "name", f"{file.path}: {name!r} cannot be the name of a file or folder; rename it"
                )
        order = (int(found.get("upload") or 0), number)
        return CollectedFile(
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


def parsed_time(text: str) -> datetime:
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
        return parsed_time(re.sub(r" ([+-]\d\d):?(\d\d)$", r"\1:\2", text))
    except (ValueError, OverflowError):
        raise RejectedError("name", f"{path}: {text!r} is no time; rename it, or give another --pattern") from None


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
