"""
Bytes to data: read files that students handed in, believing nothing.

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
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import RejectedError
from autograder.layers import layer
from autograder.text import readable

MAX_BYTES = 32 * 2**20
"""Largest notebook file that is read, in bytes; pictures in outputs make honest ones big."""

MAX_DEPTH = 64
"""Deepest nesting of lists and objects; nbformat's own needs fewer than ten levels."""

MAX_CELLS = 5_000
"""Most cells of a notebook."""

TIMESTAMP_FILE = "timestamp.txt"
"""Where nbgrader's exchange says when a submission came in."""

SECRET_FILE = "submission_secret.txt"
"""What nbgrader's exchange names a submission's feedback after, so that only its author finds it."""

MAX_PARTS = 250_000
"""Most lists and objects of a notebook file: each costs memory long before cells are counted."""

# Possessive, and with an optional end: one pass over the text, whatever it is.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)

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
        When it came in, in UTC, as nbgrader's exchange writes times; None where nothing says so, and empty where that
        cannot be read.
    notes : tuple of str
        What an instructor should know about the folder, e.g. a file that nobody asked for.
    secret : str or None
        The text of nbgrader's file with the submission's secret.
    beside : dict of str to bytes
        Files of the student's own with which the notebooks are graded, by name.
    """

    student: str
    assignment: str
    files: dict[str, bytes | RejectedError]
    timestamp: str | None = None
    notes: tuple[str, ...] = field(default=())
    secret: str | None = None
    beside: dict[str, bytes] = field(default_factory=dict)


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
