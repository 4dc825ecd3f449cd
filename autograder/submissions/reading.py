"""
Bytes to data: read what students handed in, believing nothing.

Reading and parsing are two steps, so that whoever has graded these bytes before need not parse them again. Of a
submission only cell types, source strings and nbgrader's cell names leave this module. Files are opened
without following links, only regular files, under a size cap; nesting is measured before any JSON is parsed.
Whatever cannot be read becomes a `RejectedError` with a reason, never an exception that stops a batch.
"""

import codecs
import errno
import json
import os
import re
import stat
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.utils import parse_utc

from autograder.errors import RejectedError
from autograder.layers import layer
from autograder.text import counted, is_plain_name, plain, readable

MAX_BYTES = 32 * 2**20
"""Largest notebook file that is read, in bytes; pictures in outputs make honest ones big."""

MAX_DEPTH = 64
"""Deepest nesting of lists and objects; nbformat's own needs fewer than ten levels."""

MAX_CELLS = 5_000
"""Most cells of a notebook."""

TIMESTAMP_FILE = "timestamp.txt"
"""Where nbgrader's exchange says when a submission came in."""

MOST_NAMED = 10
"""Most files that a note or a message names."""

SECRET_FILE = "submission_secret.txt"
"""What nbgrader's exchange names a submission's feedback after, so that only its author finds it."""

MAX_PARTS = 250_000
"""Most lists and objects of a notebook file: each costs memory long before cells are counted."""

# Possessive, and with an optional end: one pass over the text, whatever it is.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)

# A zone is looked up as a file: its name must not lead elsewhere.
_TIME = re.compile(r"[\d:.,+TZ -]+( [A-Za-z][\w+-]*(/[A-Za-z][\w+-]*)*)?")


_LOOKED_AT = 1000
"""Bytes at the beginning of a file that say what it is."""

_BINARY = (
    (b"%PDF", "a PDF file (it begins with %PDF)"),
    (b"PK\x03\x04", "a zip file, or a document that is one (it begins with PK)"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z file"),
    (b"Rar!", "a RAR file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"SQLite format 3", "an SQLite database"),
    (codecs.BOM_UTF16_LE, "text in UTF-16, which is not UTF-8"),
    (codecs.BOM_UTF16_BE, "text in UTF-16, which is not UTF-8"),
)
"""How files begin that are not UTF-8."""

_TEXTS = (
    (b"<!doctype", "a web page (it begins with <!DOCTYPE)"),
    (b"<html", "a web page (it begins with <html)"),
    (b"<?xml", "an XML file"),
    (b"{\\rtf", "a document in Rich Text Format"),
    (b"version https://git-lfs", "a pointer to a file in Git LFS, without the file"),
    (b"#!", "a script"),
)
"""How texts begin that are no notebooks, in lower case."""

_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})(?: |$)", re.MULTILINE)
"""What Git writes into a file where it could not merge."""


@dataclass(frozen=True)
class SubmittedCell:
    """
    A cell as handed in: whether it is code, its text, and nbgrader's name of it if it has one.

    Attributes
    ----------
    attachments : dict of str to dict of str to str
        Files that were pasted into a text: by name, and of each its content by MIME type, in base64.
    """

    is_code: bool
    source: str
    grade_id: str | None = None
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class SubmittedNotebook:
    """A notebook as handed in, reduced to its cells in order."""

    cells: tuple[SubmittedCell, ...]


@dataclass(frozen=True)
class Submission:
    """
    What one student handed in for one assignment.

    Attributes
    ----------
    files : dict of str to bytes or RejectedError
        One entry for each master notebook, by name without the suffix: the file's contents.
    timestamp : str or None
        The text of nbgrader's timestamp file.
    notes : tuple of str
        What an instructor should know about the folder, e.g. a file that nobody asked for.
    secret : str or None
        The text of nbgrader's file with the submission's secret.
    """

    student: str
    assignment: str
    files: dict[str, bytes | RejectedError]
    timestamp: str | None = None
    notes: tuple[str, ...] = field(default=())
    secret: str | None = None


def students(submissions: Path, assignment: str) -> list[str]:
    """
    List the students with a folder for an assignment, in order of name.

    A folder that is a link, or that may not be entered, counts: it is a submission that `read_submission` will
    reject.
    """
    if not submissions.is_dir():
        return []
    with os.scandir(submissions) as entries:
        names = [entry.name for entry in entries if not entry.name.startswith(".") and _is_text(entry.name)]
    return sorted(name for name in names if _may_exist(submissions / name / assignment))


def strays(submissions: Path) -> list[str]:
    """List what lies among the students' folders and is none: files to unpack, for instance."""
    if not submissions.is_dir():
        return []
    with os.scandir(submissions) as entries:
        return sorted(
            readable(entry.name) for entry in entries if not entry.name.startswith(".") and not entry.is_dir()
        )


def out_of_reach(submissions: Path, assignment: str) -> list[str]:
    """List the folders with a submission whose names begin with a dot or are not UTF-8: these are not graded."""
    if not submissions.is_dir():
        return []
    with os.scandir(submissions) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(".") or not _is_text(entry.name)]
    return sorted(readable(name) for name in names if _may_exist(submissions / name / assignment))


def read_submission(folder: Path, student: str, assignment: str, names: Iterable[str]) -> Submission:
    """
    Read a student's folder.

    Parameters
    ----------
    folder : Path
        Where the student's notebooks lie.
    names : iterable of str
        The names of the master notebooks, without suffix: exactly these are looked for.
    """
    wanted = list(names)
    try:
        _refuse_odd_names(student)
        present = _list(folder)
    except RejectedError as rejected:
        return Submission(student, assignment, dict.fromkeys(wanted, rejected))
    files = {name: _read_or_rejected(folder, name, present) for name in wanted}
    extra = sorted(
        entry for entry in present if entry.endswith(".ipynb") and entry.removesuffix(".ipynb") not in files
    )
    timestamp, notes = read_timestamp(folder)
    few = extra[:MOST_NAMED]
    notes += [f"{_listed([name])} is not a notebook of this assignment and was not graded" for name in few]
    notes += (
        [f"nor {'is' if len(extra) == MOST_NAMED + 1 else 'are'} {counted(len(extra) - MOST_NAMED, 'more file')}"]
        if len(extra) > MOST_NAMED
        else []
    )
    return Submission(student, assignment, files, timestamp, tuple(notes), _read_secret(folder, present))


def parse_notebook(data: bytes, name: str) -> SubmittedNotebook:
    """
    Reduce the bytes of a notebook file to its cells.

    Parameters
    ----------
    data : bytes
        The file's contents; a UTF-8 byte order mark is allowed.
    name : str
        What messages call the file.

    Raises
    ------
    RejectedError
        With the reason ``empty``, ``encoding``, ``too-deep``, ``json``, ``not-a-notebook`` or ``nbformat``.
    """
    if not data.strip():
        raise RejectedError("empty", f"{name}: the file is empty; ask the student to hand it in again")
    reason, what = _another_kind(data)
    if what:
        raise RejectedError(reason, f"{name}: not a notebook, but {what}; ask the student for the notebook itself")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RejectedError(
            "encoding", f"{name}: byte {error.start} is not UTF-8; ask the student to save it in JupyterLab"
        ) from None
    _measure(text, name)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RejectedError("json", f"{name}: {_why_not_json(text, error)}") from None
    return SubmittedNotebook(tuple(_cells(content, name)))


def _another_kind(data: bytes) -> tuple[str, str]:
    """
    Recognize by its first bytes a file that is no notebook at all; give the reason, and what it is.

    The bytes are those of the file(1) database, and of the first line of a Git LFS pointer.
    """
    start = data[:_LOOKED_AT].removeprefix(codecs.BOM_UTF8)
    for beginning, what in _BINARY:
        if start.startswith(beginning):
            return "encoding", what
    words = start.lstrip().lower()
    for beginning, what in _TEXTS:
        if words.startswith(beginning):
            return "json", what
    return "", ""


def _why_not_json(text: str, error: Exception) -> str:
    """Say what is wrong with a text that is not JSON, as far as that can be seen, and what to do."""
    if marks := _CONFLICT.search(text):
        line = text.count("\n", 0, marks.start()) + 1
        return (
            f"line {line} is a mark of a merge that was not finished ({marks[1]}); ask the student to settle the "
            "conflict, and to hand it in again"
        )
    if not text.lstrip().startswith("{"):
        return f"not JSON ({error}), so not a notebook but another text; ask the student for the notebook itself"
    if isinstance(error, json.JSONDecodeError) and not text[error.pos :].strip():
        return f"not whole JSON ({error}): the file was probably cut off; ask for it again"
    if isinstance(error, json.JSONDecodeError) and error.msg.startswith("Unterminated string"):
        return f"not whole JSON ({error}): the file was probably cut off; ask for it again"
    return f"not JSON ({error}): it was changed by hand or by a program; ask the student to save it in JupyterLab"


def _read_or_rejected(folder: Path, name: str, present: list[str]) -> bytes | RejectedError:
    file = f"{name}.ipynb"
    try:
        if file not in present:
            raise RejectedError("missing", f"{file}: not in the submission{_look_alike(name, present)}")
        return read_file(folder / file, MAX_BYTES)
    except RejectedError as rejected:
        return rejected


def _look_alike(name: str, present: list[str]) -> str:
    """Point at files that may be the missing one under another name."""
    number = name.split("_")[0]
    similar = [entry for entry in present if entry.endswith(".ipynb") and entry.startswith(number)]
    if not similar:
        return "; ask the student to hand it in"
    return f", though {_listed(similar)} is; rename it if that is the one that counts"


def _listed(names: list[str]) -> str:
    """List file names in one line, of many only the first: any character but two may stand in one."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(plain(" ".join(readable(name).split())) for name in names[:MOST_NAMED]) + more


def _list(folder: Path) -> list[str]:
    """List a folder's entries, refusing links in place of the student's folders."""
    try:
        _refuse_links(folder)
        return sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise RejectedError("io", f"{folder}: {error.strerror}; see that it is a readable folder") from None


@layer("escaping")
def _refuse_odd_names(student: str) -> None:
    """Refuse what cannot go into nbgrader's gradebook, whose pages write names as they are."""
    if not is_plain_name(student):
        why = "the name of the student's folder holds characters that are in no name, and that pages may run"
        raise RejectedError("name", f"{plain(student)}: {why}; rename the folder")


@layer("reading (links, sizes, depth)")
def _refuse_links(folder: Path) -> None:
    for path in (folder.parent, folder):
        if path.is_symlink():
            raise RejectedError("link", f"{path}: a link, which is not followed; put the folder itself there")


def _is_text(name: str) -> bool:
    return readable(name) == name


def _may_exist(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


@layer("reading (links, sizes, depth)")
def read_file(path: Path, limit: int) -> bytes:
    """
    Read a regular file of at most `limit` bytes without following a link and without waiting on a pipe.

    Raises
    ------
    RejectedError
        With the reason ``link``, ``not-a-file``, ``too-big`` or ``io``.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise RejectedError("link", f"{path.name}: a link, and links are not followed") from None
        if error.errno == errno.ENXIO:
            raise RejectedError("not-a-file", f"{path.name}: not a regular file") from None
        raise RejectedError("io", f"{path.name}: {error.strerror}; see that it can be read") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise RejectedError("not-a-file", f"{path.name}: not a regular file")
        if status.st_nlink > 1:
            raise RejectedError("link", f"{path.name}: a hard link to another file; put a copy there")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise RejectedError("io", f"{path.name}: {error.strerror}; see that it can be read") from None
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise RejectedError("too-big", f"{path.name}: more than {limit} bytes; ask for it without its outputs")
    return data


def read_timestamp(folder: Path) -> tuple[str | None, list[str]]:
    """Read when nbgrader says that a submission came in, and a note where that cannot be read."""
    if not os.path.lexists(folder / TIMESTAMP_FILE):
        return None, []
    try:
        text = read_file(folder / TIMESTAMP_FILE, 200).decode("ascii").strip()
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        with warnings.catch_warnings():
            # About a time zone that nobody knows: nbgrader leaves it out of account, and says so as often.
            warnings.simplefilter("ignore")
            parse_utc(text)
        return text, []
    except (RejectedError, ValueError, OverflowError):
        return None, [f"{TIMESTAMP_FILE} cannot be read and was left out of account"]


def _read_secret(folder: Path, present: list[str]) -> str | None:
    if SECRET_FILE not in present:
        return None
    try:
        text = read_file(folder / SECRET_FILE, 200).decode("ascii")
    except (RejectedError, ValueError):
        return None
    return text if text.isalnum() else None


@layer("reading (links, sizes, depth)")
def _measure(text: str, name: str) -> None:
    """Count brackets outside strings before they are parsed."""
    depth = parts = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        first = text[match.start()]
        if first in "[{":
            depth += 1
            parts += 1
            if depth > MAX_DEPTH:
                raise RejectedError("too-deep", f"{name}: nested deeper than {MAX_DEPTH} levels; no notebook is")
            if parts > MAX_PARTS:
                raise RejectedError("too-big", f"{name}: more than {MAX_PARTS} lists and objects; no notebook has")
        elif first in "]}":
            depth -= 1


def _cells(content: Any, name: str) -> Iterable[SubmittedCell]:
    if not isinstance(content, dict) or not isinstance(content.get("cells", []), list):
        raise _not_a_notebook(name, "its cells are not a list")
    if content.get("nbformat") != 4:
        raise RejectedError(
            "nbformat",
            f"{name}: notebook format {_short(content.get('nbformat'))}; only 4 is read: save it in JupyterLab",
        )
    if "cells" not in content:
        raise _not_a_notebook(name, "it has no cells")
    if len(content["cells"]) > MAX_CELLS:
        raise _not_a_notebook(name, f"it has more than {MAX_CELLS} cells")
    for number, cell in enumerate(content["cells"], start=1):
        if not isinstance(cell, dict):
            raise _not_a_notebook(name, f"cell {number} is not an object")
        yield SubmittedCell(
            is_code=cell.get("cell_type") == "code",
            source=_source(cell.get("source", ""), name, number),
            grade_id=_grade_id(cell),
            attachments=_attachments(cell),
        )


def _short(value: Any) -> str:
    """Write a value as it stands in the file: in one line, and with half characters as escapes."""
    return json.dumps(value)[:20]


def _source(source: Any, name: str, number: int) -> str:
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise _not_a_notebook(name, f"the source of cell {number} is not text")
    try:
        source.encode("utf-8")
    except UnicodeEncodeError:
        raise RejectedError("encoding", f"{name}: cell {number} holds half a character; save it again") from None
    return source.replace("\r\n", "\n").replace("\r", "\n")


def _grade_id(cell: dict[str, Any]) -> str | None:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return grade_id if isinstance(grade_id, str) else None


def _attachments(cell: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Take of a cell's attachments what has the shape of one; an odd one costs nobody anything."""
    given = cell.get("attachments")
    bundles = given.items() if isinstance(given, dict) else ()
    return {
        readable(name): {kind: content for kind, content in bundle.items() if isinstance(content, str)}
        for name, bundle in bundles
        if isinstance(bundle, dict)
    }


def _not_a_notebook(name: str, why: str) -> RejectedError:
    return RejectedError("not-a-notebook", f"{name}: {why}; ask the student to save it in JupyterLab")
