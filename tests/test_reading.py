"""What is handed in becomes data or a rejection with a reason; nothing hangs and nothing stops the batch."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.errors import RejectedError
from autograder.submissions import folder as folder_module
from autograder.submissions.folder import out_of_reach, read_submission, strays, students
from autograder.submissions.reading import (
    MAX_BYTES,
    MAX_CELLS,
    MAX_DEPTH,
    SECRET_FILE,
    TIMESTAMP_FILE,
    Submission,
    SubmittedCell,
    SubmittedNotebook,
    parse_notebook,
)
from autograder.submissions.recognition import Masters, notebook_stem
from autograder.text import MOST_NAMED

NAMES = ("01_first", "02_second")


def notebook(*cells: object, **top: object) -> bytes:
    """Write a notebook of these cells; `top` replaces what stands beside them."""
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | top).encode()


def code(source: object, **metadata: object) -> dict[str, object]:
    """Make a code cell as JupyterLab writes it."""
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": [], "execution_count": None}


def nested(depth: int) -> bytes:
    """Write a notebook that is nested so deep, its own brackets included."""
    inside = depth - 2
    return notebook(metadata={"deep": "HERE"}).replace(b'"HERE"', b"[" * inside + b"]" * inside)


RIGHT = notebook(code("x = 1"))
ONE_CELL = SubmittedNotebook((SubmittedCell(is_code=True, source="x = 1"),))

CORRUPT: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "blank": (b" \n\t\r\n", "empty"),
    "cut off": (RIGHT[:-20], "json"),
    "followed by more": (RIGHT + RIGHT, "json"),
    "only a byte order mark": (b"\xef\xbb\xbf", "json"),
    "an unfinished string": (b'{"cells": "', "json"),
    "a number of 5000 digits": (notebook(metadata={"n": 0}).replace(b'"n": 0', b'"n": ' + b"9" * 5000), "json"),
    "Latin-1": ('{"cells": "é"}'.encode("latin-1"), "encoding"),
    "UTF-16": (RIGHT.decode().encode("utf-16"), "encoding"),
    "zipped": (b"PK\x03\x04\x14\x00\x08\x08\x08\x00\xb5\x9c", "encoding"),
    "half a character in a source": (notebook(code("\ud83d")), "encoding"),
    "half a character as raw bytes": (RIGHT.replace(b"x = 1", b"\xed\xa0\x80"), "encoding"),
    "lists 100000 deep": (b"[" * 100_000 + b"]" * 100_000, "too-deep"),
    "lists 100000 deep and never closed": (b"[" * 100_000, "too-deep"),
    "objects 100000 deep": (b'{"a":' * 100_000 + b"0" + b"}" * 100_000, "too-deep"),
    "one level too deep": (nested(MAX_DEPTH + 1), "too-deep"),
    "a list": (b"[]", "not-a-notebook"),
    "null": (b"null", "not-a-notebook"),
    "a text": (b'"notebook"', "not-a-notebook"),
    "cells that are null": (notebook(cells=None), "not-a-notebook"),
    "cells that are an object": (notebook(cells={}), "not-a-notebook"),
    "no cells": (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "not-a-notebook"),
    "too many cells": (notebook(*[{}] * (MAX_CELLS + 1)), "not-a-notebook"),
    "a cell that is a text": (notebook("x = 1"), "not-a-notebook"),
    "a cell that is null": (notebook(code("x = 1"), None), "not-a-notebook"),
    "a cell that is a list": (notebook([]), "not-a-notebook"),
    "a source that is null": (notebook(code(None)), "not-a-notebook"),
    "a source that is a number": (notebook(code(1)), "not-a-notebook"),
    "a source that is an object": (notebook(code({})), "not-a-notebook"),
    "a source of numbers": (notebook(code([1, 2])), "not-a-notebook"),
    "a source of lists": (notebook(code([["x"]])), "not-a-notebook"),
    "format 3": (b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}', "nbformat"),
    "format 99": (notebook(nbformat=99), "nbformat"),
    "format as a text": (notebook(nbformat="4"), "nbformat"),
    "no format": (b'{"cells": []}', "nbformat"),
}


@pytest.mark.parametrize(("data", "reason"), CORRUPT.values(), ids=CORRUPT)
def test_a_corrupt_notebook_is_rejected_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        parse_notebook(data, "01_first.ipynb")
    assert caught.value.reason == reason
    assert caught.value.message.startswith("01_first.ipynb: ")
    assert len(caught.value.message.splitlines()) == 1


OTHER_FILES: dict[str, tuple[bytes, str, str]] = {
    "a page": (b"\n<!DOCTYPE html>\n<html><head>", "json", "a web page (it begins with <!DOCTYPE)"),
    "a page without a type": (b"<HTML lang=en>", "json", "a web page (it begins with <html)"),
    "a page with a byte order mark": (b"\xef\xbb\xbf<!doctype html>", "json", "a web page"),
    "XML": (b"<?xml version='1.0'?>", "json", "an XML file"),
    "PDF": (b"%PDF-1.7\n%\xb5\xb5", "encoding", "a PDF file (it begins with %PDF)"),
    "a document": (b"PK\x03\x04\x14\x00\x06", "encoding", "a zip file, or a document that is one"),
    "gzip": (b"\x1f\x8b\x08", "encoding", "a gzip file"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "encoding", "a PNG picture"),
    "UTF-16": ("{}".encode("utf-16"), "encoding", "text in UTF-16"),
    "a pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:1",
        "json",
        "a pointer to a file in Git LFS",
    ),
    "a script": (b"#!/usr/bin/env python", "json", "a script"),
    "Rich Text": (b"{\\rtf1\\ansi", "json", "Rich Text"),
    "Python": (b"import numpy as np\n", "json", "not a notebook but another text"),
    "a merge": (
        b'{"cells": [\n<<<<<<< HEAD\n]}',
        "json",
        "line 2 is a mark of a merge that was not finished (<<<<<<<)",
    ),
    "the end of a merge": (b'{"cells": [\n\n>>>>>>> theirs\n]}', "json", "line 3 is a mark of a merge"),
    "a cut": (RIGHT[:-20], "json", "probably cut off"),
    "a cut in a text": (b'{"cells": [], "metadata": {"a', "json", "probably cut off"),
    "a comma too many": (b'{"cells": [],}', "json", "changed by hand or by a program"),
}


@pytest.mark.parametrize(("data", "reason", "words"), OTHER_FILES.values(), ids=OTHER_FILES)
def test_a_file_of_another_kind_is_named_and_only_one_that_was_cut_off_is_called_so(
    data: bytes, reason: str, words: str
) -> None:
    with pytest.raises(RejectedError) as caught:
        parse_notebook(data, "01_first.ipynb")
    assert caught.value.reason == reason
    assert words in caught.value.message
    assert ("cut off" in caught.value.message) == ("cut off" in words)


def test_a_message_stays_short_whatever_it_is_about() -> None:
    with pytest.raises(RejectedError) as caught:
        parse_notebook(notebook(nbformat="4" * 100_000), "01_first.ipynb")
    assert len(caught.value.message) < 1000


def test_a_message_is_one_line_that_can_be_written_whatever_it_is_about() -> None:
    with pytest.raises(RejectedError) as caught:
        parse_notebook(notebook(nbformat="\ud800\n4"), "01_first.ipynb")
    assert len(caught.value.message.encode().splitlines()) == 1


def test_an_unfinished_string_of_escaped_quotes_is_read_once() -> None:
    with pytest.raises(RejectedError):
        parse_notebook(b'"' + b'\\"' * 1_000_000, "01_first.ipynb")


ACCEPTED: dict[str, tuple[bytes, str]] = {
    "plain": (RIGHT, "x = 1"),
    "with a byte order mark": (b"\xef\xbb\xbf" + RIGHT, "x = 1"),
    "a source of lines": (notebook(code(["x = 1\n", "y = 2"])), "x = 1\ny = 2"),
    "a source of no lines": (notebook(code([])), ""),
    "no source": (notebook({"cell_type": "code"}), ""),
    "line ends of Windows": (notebook(code("x = 1\r\ny = 2\r\n")), "x = 1\ny = 2\n"),
    "line ends of Windows cut in two": (notebook(code(["x = 1\r", "\ny = 2"])), "x = 1\ny = 2"),
    "line ends of an old Mac": (notebook(code("x = 1\ry = 2")), "x = 1\ny = 2"),
    "a whole character in two escapes": (notebook(code("\N{GRINNING FACE}")), "\N{GRINNING FACE}"),
    "a NUL": (notebook(code("x = 1\0")), "x = 1\0"),
    "brackets in a text": (notebook(code("[{" * 1000)), "[{" * 1000),
    "brackets behind an escaped quote": (notebook(code('"' + "[" * 1000)), '"' + "[" * 1000),
    "no minor format": (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "x"}]}', "x"),
}


@pytest.mark.parametrize(("data", "source"), ACCEPTED.values(), ids=ACCEPTED)
def test_a_readable_notebook_gives_its_source(data: bytes, source: str) -> None:
    assert parse_notebook(data, "01_first.ipynb") == SubmittedNotebook((SubmittedCell(True, source),))


def test_a_notebook_may_be_nested_up_to_the_cap() -> None:
    assert parse_notebook(nested(MAX_DEPTH), "01_first.ipynb") == SubmittedNotebook(())


def test_a_notebook_may_have_cells_up_to_the_cap() -> None:
    assert len(parse_notebook(notebook(*[{}] * MAX_CELLS), "01_first.ipynb").cells) == MAX_CELLS


@pytest.mark.parametrize("kind", ["markdown", "raw", "Code", None, 1, [], {}])
def test_only_a_code_cell_is_code(kind: object) -> None:
    cell = {"cell_type": kind, "source": "x = 1"}
    assert parse_notebook(notebook(cell, code("x = 1")), "01_first.ipynb").cells == (
        SubmittedCell(False, "x = 1"),
        SubmittedCell(True, "x = 1"),
    )


def test_cells_keep_their_order_and_their_names() -> None:
    data = notebook(code("b = 1", nbgrader={"grade_id": "second"}), code("a = 1", nbgrader={"grade_id": "first"}))
    assert [cell.grade_id for cell in parse_notebook(data, "01_first.ipynb").cells] == ["second", "first"]


@pytest.mark.parametrize(
    "metadata",
    [None, [], "x", {"nbgrader": None}, {"nbgrader": []}, {"nbgrader": {}}, {"nbgrader": {"grade_id": 1}}],
)
def test_metadata_that_makes_no_sense_gives_no_name(metadata: object) -> None:
    cell = code("x = 1") | {"metadata": metadata}
    assert parse_notebook(notebook(cell), "01_first.ipynb") == ONE_CELL


def test_a_rejection_crosses_process_borders_whole() -> None:
    rejected = RejectedError("empty", "the file is empty")
    kind, arguments = rejected.__reduce__()
    assert (kind(*arguments).reason, kind(*arguments).message) == ("empty", "the file is empty")


def hand_in(folder: Path, **files: bytes) -> Path:
    """Write a student's folder: keyword ``first`` is 01_first.ipynb, ``second`` is 02_second.ipynb."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        if name[3:] in files:
            (folder / f"{name}.ipynb").write_bytes(files[name[3:]])
    return folder


def read(folder: Path) -> Submission:
    """Read the folder as ada's submission."""
    return read_submission(folder, "ada", "small", NAMES)


def reason(submission: Submission, name: str) -> str:
    """Say why a notebook was rejected."""
    rejected = submission.files[name]
    assert isinstance(rejected, RejectedError)
    return rejected.reason


def test_a_whole_submission_is_read(tmp_path: Path) -> None:
    submission = read(hand_in(tmp_path / "ada" / "small", first=RIGHT, second=RIGHT))
    assert submission == Submission("ada", "small", {"01_first": RIGHT, "02_second": RIGHT})


def make_symlink(path: Path) -> None:
    """Link to a right notebook outside of the folder."""
    target = path.parents[2] / "target.ipynb"
    target.write_bytes(RIGHT)
    path.symlink_to(target)


def make_broken_symlink(path: Path) -> None:
    """Link to nothing."""
    path.symlink_to(path.parent / "nothing")


def make_hard_link(path: Path) -> None:
    """Link to a right notebook outside of the folder by a second name."""
    target = path.parents[2] / "target.ipynb"
    target.write_bytes(RIGHT)
    path.hardlink_to(target)


def make_socket(path: Path) -> None:
    """Bind a socket there, by a short way: the address of a socket holds 107 bytes."""
    with socket.socket(socket.AF_UNIX) as bound:
        descriptor = os.open(path.parent, os.O_RDONLY)
        bound.bind(f"/proc/self/fd/{descriptor}/{path.name}")
        os.close(descriptor)


SPECIAL: dict[str, tuple[Callable[[Path], None], str]] = {
    "a link": (make_symlink, "link"),
    "a link to nothing": (make_broken_symlink, "link"),
    "a hard link": (make_hard_link, "link"),
    "a pipe that nobody writes to": (os.mkfifo, "not-a-file"),
    "a socket": (make_socket, "not-a-file"),
    "a folder": (Path.mkdir, "not-a-file"),
}


@pytest.mark.parametrize(
    ("make", "why"),
    [pytest.param(*case, id=name) for name, case in SPECIAL.items()],
)
def test_only_a_regular_file_is_read_and_the_other_notebook_counts(
    make: Callable[[Path], None], why: str, tmp_path: Path
) -> None:
    folder = hand_in(tmp_path / "ada" / "small", second=RIGHT)
    make(folder / "01_first.ipynb")
    submission = read(folder)
    assert reason(submission, "01_first") == why
    assert submission.files["02_second"] == RIGHT


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_rejected(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", first=RIGHT, second=RIGHT)
    (folder / "01_first.ipynb").chmod(0)
    assert reason(read(folder), "01_first") == "io"


def test_a_file_is_read_up_to_the_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "MAX_BYTES", len(RIGHT))
    submission = read(hand_in(tmp_path / "ada" / "small", first=RIGHT + b" ", second=RIGHT))
    assert reason(submission, "01_first") == "too-big"
    assert submission.files["02_second"] == RIGHT


def test_a_file_of_the_cap_leaves_room_for_pictures() -> None:
    assert MAX_BYTES > 10 * 2**20


def link_folder(folder: Path) -> None:
    """Put a link in place of the assignment's folder."""
    folder.parent.mkdir()
    folder.symlink_to(hand_in(folder.parents[1] / "elsewhere" / "small", first=RIGHT, second=RIGHT))


def link_student(folder: Path) -> None:
    """Put a link in place of the student's folder."""
    folder.parent.symlink_to(
        hand_in(folder.parents[1] / "elsewhere" / "small", first=RIGHT, second=RIGHT).parent, target_is_directory=True
    )


def put_file(folder: Path) -> None:
    """Put a file in place of the assignment's folder."""
    folder.parent.mkdir()
    folder.write_bytes(RIGHT)


FOLDERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a link": (link_folder, "link"),
    "in a linked student's folder": (link_student, "link"),
    "a file": (put_file, "io"),
    "not there": (lambda folder: None, "missing"),
}


@pytest.mark.parametrize(("make", "why"), FOLDERS.values(), ids=FOLDERS)
def test_a_folder_that_is_none_rejects_every_notebook(make: Callable[[Path], None], why: str, tmp_path: Path) -> None:
    folder = tmp_path / "submitted" / "ada" / "small"
    folder.parents[1].mkdir()
    make(folder)
    submission = read(folder)
    assert {name: reason(submission, name) for name in submission.files} == dict.fromkeys(NAMES, why)


def test_a_missing_notebook_is_rejected(tmp_path: Path) -> None:
    submission = read(hand_in(tmp_path / "ada" / "small", second=RIGHT))
    assert reason(submission, "01_first") == "missing"
    assert "ask the student" in str(submission.files["01_first"])


def test_a_missing_notebook_is_told_with_the_name_of_its_look_alike(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", second=RIGHT)
    (folder / "01_first (1).ipynb").write_bytes(RIGHT)
    submission = read(folder)
    assert reason(submission, "01_first") == "missing"
    assert "01_first (1).ipynb" in str(submission.files["01_first"])
    assert "02_second" not in str(submission.files["01_first"])


def with_cells(*names: str) -> bytes:
    """Write a notebook with cells that nbgrader knows by these names."""
    return notebook(*(code("x = 1", nbgrader={"grade_id": name}) for name in names))


CELLS = {"01_first": ("imports", "one"), "02_second": ("imports", "two")}


@pytest.mark.parametrize(
    "name",
    [
        *("WMS 01_first.ipynb", "Copy of 01_first.ipynb", "01_first (1).ipynb", "01_first-1.ipynb", "01_FIRST.ipynb"),
        *("Untitled3.ipynb", "01_first.ipynb.txt", "01_first.ipynb.json", "01_first.json", "zz.JSON"),
    ],
)
def test_a_notebook_is_known_by_the_cells_in_it_and_that_is_noted(name: str, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", second=with_cells("imports", "two"))
    (folder / name).write_bytes(with_cells("imports", "one", "of my own"))
    found = read_submission(folder, "ada", "small", CELLS)
    assert found.files == {"01_first": (folder / name).read_bytes(), "02_second": with_cells("imports", "two")}
    assert found.notes == (f"{name} is 01_first.ipynb by its cells, and was graded as such",)


def test_the_cells_decide_where_names_are_mixed_up(tmp_path: Path) -> None:
    one, two = with_cells("one"), with_cells("two")
    swapped = hand_in(tmp_path / "ada" / "small", first=two, second=one)
    assert read_submission(swapped, "ada", "small", CELLS).files == {"01_first": one, "02_second": two}
    # A file of both is nobody's; its name says which it is meant to be.
    both = hand_in(tmp_path / "grace" / "small", first=with_cells("one", "two"), second=two)
    assert read_submission(both, "grace", "small", CELLS).files["01_first"] == with_cells("one", "two")


def test_of_two_files_with_its_cells_the_one_of_its_name_counts_or_neither(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", first=with_cells("one"), second=b"")
    for name in ("b.ipynb", "c.ipynb"):
        (folder / name).write_bytes(with_cells("two", name))
    (folder / "d.ipynb").write_bytes(with_cells("one", "older"))
    found = read_submission(folder, "ada", "small", CELLS)
    assert found.files["01_first"] == with_cells("one")
    assert "d.ipynb is not a notebook of this assignment" in " ".join(found.notes)
    assert reason(found, "02_second") == "ambiguous" and "b.ipynb, c.ipynb hold its cells" in str(found.files)
    (folder / "c.ipynb").write_bytes(with_cells("two", "b.ipynb"))
    assert read_submission(folder, "ada", "small", CELLS).files["02_second"] == with_cells("two", "b.ipynb")


def test_names_are_compared_composed_and_without_regard_to_case(tmp_path: Path) -> None:
    folder = tmp_path / "ada" / "small"
    folder.mkdir(parents=True)
    (folder / "U\u0308bung.IPYNB").write_bytes(RIGHT)
    found = read_submission(folder, "ada", "small", {"\u00fcbung": ("one",)})
    assert found.files == {"\u00fcbung": RIGHT}
    assert "by its name" in found.notes[0]


def test_a_file_that_is_no_notebook_is_none_whatever_its_name(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small")
    (folder / "01_first.json").write_bytes(b'{"grade_id": "one"}')
    (folder / "02_second.pdf").write_bytes(b"%PDF")
    (folder / "work").mkdir()
    (folder / "work" / "02_second.ipynb").write_bytes(with_cells("two"))
    os.mkfifo(folder / "pipe.ipynb")
    (folder / "link.ipynb").symlink_to(folder / "work" / "02_second.ipynb")
    found = read_submission(folder, "ada", "small", CELLS)
    assert {reason(found, name) for name in NAMES} == {"missing"}
    there = "01_first.json, 02_second.pdf, link.ipynb, pipe.ipynb, work/ (02_second.ipynb) are; rename it"
    assert there in str(found.files["02_second"])
    (folder / "02_second.ipynb").symlink_to(folder / "work" / "02_second.ipynb")
    assert reason(read_submission(folder, "ada", "small", CELLS), "02_second") == "link"


def test_a_folder_of_another_name_is_told(tmp_path: Path) -> None:
    hand_in(tmp_path / "ada" / "Small 1", first=RIGHT)
    assert "though Small 1/ (01_first.ipynb) is; rename" in str(read(tmp_path / "ada" / "small").files["01_first"])


def test_of_many_files_only_some_are_named_each_in_one_line(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", second=RIGHT)
    for number in range(MOST_NAMED + 7):
        (folder / f"01\nfirst {number:02}.ipynb").touch()
    submission = read(folder)
    assert "01 first 09.ipynb and 7 more are; rename it" in str(submission.files["01_first"])
    assert submission.notes[0] == "01 first 00.ipynb is not a notebook of this assignment and was not graded"
    assert submission.notes[-1] == "nor are 7 more files"
    assert len(submission.notes) == MOST_NAMED + 1


def test_a_notebook_that_nobody_asked_for_is_noted_and_not_read(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", first=RIGHT, second=RIGHT)
    os.mkfifo(folder / "zz_own.ipynb")
    (folder / "data.csv").write_bytes(b"")
    submission = read(folder)
    assert submission.notes == (
        "zz_own.ipynb is not a notebook of this assignment and was not graded",
        "data.csv: beside the notebooks, and not used for grading",
    )
    assert list(submission.files) == list(NAMES)


def test_the_timestamp_is_read(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", first=RIGHT, second=RIGHT)
    (folder / TIMESTAMP_FILE).write_text("2026-02-02 15:58:23.948203 UTC\n")
    submission = read(folder)
    assert (submission.timestamp, submission.notes) == ("2026-02-02 15:58:23.948203 UTC", ())


@pytest.mark.parametrize(
    ("zone", "says"), [("XYZ", "nobody knows (XYZ)"), ("IST", "IST is +02:00, +05:30"), ("Mars/Base", "nobody knows")]
)
def test_a_time_zone_that_cannot_be_told_is_noted_and_the_text_stays(zone: str, says: str, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", first=RIGHT, second=RIGHT)
    (folder / TIMESTAMP_FILE).write_text(f"2026-02-02 15:58:23 {zone}")
    submission = read(folder)
    assert submission.timestamp == f"2026-02-02 15:58:23 {zone}"
    assert says in submission.notes[0] and submission.notes[0].endswith("no penalty for being late was set")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xfe2\x000\x00", id="not ASCII"),
        pytest.param(b"2026-02-02 " * 1000, id="long"),
        pytest.param(b"yesterday", id="no date"),
        pytest.param(b"0001-01-01 00:00:00 +1400", id="before the first day"),
    ],
)
def test_a_timestamp_of_garbage_is_noted_and_left_out(data: bytes, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", first=RIGHT, second=RIGHT)
    (folder / TIMESTAMP_FILE).write_bytes(data)
    submission = read(folder)
    assert (submission.timestamp, len(submission.notes)) == (None, 1)
    assert submission.files["01_first"] == RIGHT


def test_a_linked_timestamp_is_noted_and_left_out(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", first=RIGHT, second=RIGHT)
    (tmp_path / "secret").write_text("2026-02-02 15:58:23 UTC")
    (folder / TIMESTAMP_FILE).symlink_to(tmp_path / "secret")
    submission = read(folder)
    assert (submission.timestamp, len(submission.notes)) == (None, 1)


def test_the_secret_of_the_exchange_is_read(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", first=RIGHT, second=RIGHT)
    assert read(folder).secret is None
    (folder / SECRET_FILE).write_text("0123abc")
    assert read(folder).secret == "0123abc"


@pytest.mark.parametrize("data", [b"", b"a" * 1000, b"../x", b"\xff"])
def test_a_secret_of_garbage_is_none(data: bytes, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", first=RIGHT, second=RIGHT)
    (folder / SECRET_FILE).write_bytes(data)
    assert read(folder).secret is None


def test_a_linked_secret_is_none(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", first=RIGHT, second=RIGHT)
    (tmp_path / "other").write_text("0123abc")
    (folder / SECRET_FILE).symlink_to(tmp_path / "other")
    assert read(folder).secret is None


def test_a_file_name_that_is_not_utf_8_gives_a_note_that_can_be_written(tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", first=RIGHT, second=RIGHT)
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.ipynb")).write_bytes(RIGHT)
    (note,) = read(folder).notes
    assert note.encode()


def test_students_are_those_with_a_folder_for_the_assignment(tmp_path: Path) -> None:
    for name, assignment in (("grace", "small"), ("ada", "small"), ("alan", "other"), (".git", "small")):
        (tmp_path / name / assignment).mkdir(parents=True)
    (tmp_path / "notes.txt").touch()
    assert students(tmp_path, "small") == ["ada", "grace"]


def test_a_student_with_a_linked_folder_is_not_forgotten(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "small").symlink_to(tmp_path / "nothing")
    assert students(tmp_path, "small") == ["ada"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")
def test_a_student_whose_folder_cannot_be_entered_is_not_forgotten(tmp_path: Path) -> None:
    (tmp_path / "ada" / "small").mkdir(parents=True)
    (tmp_path / "ada").chmod(0)
    try:
        assert "ada" in students(tmp_path, "small") + strays(tmp_path)
    finally:
        (tmp_path / "ada").chmod(0o700)


def test_what_is_no_students_folder_is_a_stray(tmp_path: Path) -> None:
    (tmp_path / "ada").mkdir()
    for name in ("grace.zip", "alan.ipynb", ".DS_Store"):
        (tmp_path / name).touch()
    assert strays(tmp_path) == ["alan.ipynb", "grace.zip"]


def test_without_submissions_there_are_neither_students_nor_strays(tmp_path: Path) -> None:
    assert (students(tmp_path / "submitted", "small"), strays(tmp_path / "submitted")) == ([], [])


def test_a_folder_that_is_hidden_or_no_text_is_out_of_reach_and_not_forgotten(tmp_path: Path) -> None:
    for name, assignment in (("ada", "small"), (".alan", "small"), (".git", "other")):
        (tmp_path / name / assignment).mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/gr\xffce/small")).mkdir(parents=True)
    assert out_of_reach(tmp_path, "small") == [".alan", "gr?ce"]
    assert (strays(tmp_path), out_of_reach(tmp_path / "nothing", "small")) == ([], [])


@pytest.mark.parametrize(
    "name", ["<b>x</b>", 'x" onerror="', "a&amp;b", "\\", "a\nb", "a\x1b[2J", "\u202eada", "`a`"]
)
def test_a_name_that_pages_would_run_is_refused_with_what_to_do(name: str, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "x" / "small", first=RIGHT, second=RIGHT)
    found = read_submission(folder, name, "small", NAMES).files
    for rejected in found.values():
        assert isinstance(rejected, RejectedError)
        assert (rejected.reason, rejected.message.endswith("; rename the folder")) == ("name", True)
        assert rejected.message.isprintable()


HONEST_NAMES = (
    *(
        "ada",
        "O'Brien",
        "O\u2019Brien",
        "Anne-Marie",
        "José",
        "Jose\u0301",
        "李雷",
        "山田・太郎",
        "Иван",
        "नीलम",
        "علي",
        "ada@x.org",
    ),
    *("Lovelace, Ada", "a.b_c+d", "s123", "Ada (2)", "  a b  ", "$(id)", "%s {0}", "+a|' c'!A0", "=1+1"),
)


@pytest.mark.parametrize("name", HONEST_NAMES)
def test_a_name_of_any_script_is_a_name(name: str, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "x" / "small", first=RIGHT, second=RIGHT)
    assert set(read_submission(folder, name, "small", NAMES).files.values()) == {RIGHT}


@pytest.mark.parametrize("sign", ["\x1b", "\x7f", "\x9b", "\u2028", "\u2029", "\u202e", "\u2067", "\x07"])
def test_no_name_of_a_file_brings_a_control_character_into_a_note(sign: str, tmp_path: Path) -> None:
    folder = hand_in(tmp_path / "ada" / "small", first=RIGHT)
    (folder / f"02{sign}x.ipynb").write_bytes(RIGHT)
    found = read(folder)
    (rejected,) = (one for one in found.files.values() if isinstance(one, RejectedError))
    assert all(line.isprintable() for line in (*found.notes, rejected.message))


@pytest.mark.parametrize(
    ("file", "name"),
    [
        *(("hw 2-1.1.ipynb", "hw 2.1"), ("hw 2.1-2.ipynb", "hw 2.1"), ("hw 2.1 (3).ipynb", "hw 2.1")),
        ("HW 2.1.IPYNB.json", "hw 2.1"),
    ],
)
def test_the_number_of_an_upload_is_no_part_of_a_name(file: str, name: str) -> None:
    stem = notebook_stem(file)
    assert stem is not None
    found = Masters({name: (), "hw 2.2": ()}).named(stem)
    assert found is not None and found[0] == name
