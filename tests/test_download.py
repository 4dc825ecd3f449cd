"""Of a download nothing is unpacked, nothing is believed, and what is wrong with one file costs no other."""

import io
import os
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.errors import DownloadError, RejectedError
from autograder.submissions.download import MAX_OWN_BYTES, MAX_OWN_ENTRIES, Download, File
from autograder.submissions.reading import MAX_BYTES

GOOD = "good_1_2_01_double.ipynb"


def packed(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """Make a zip of these entries."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return data.getvalue()


def look(place: Path) -> tuple[dict[str, bytes], list[RejectedError]]:
    """Read a whole download: what can be read by path, and what cannot."""
    contents: dict[str, bytes] = {}
    rejections: list[RejectedError] = []
    with Download(place) as download:
        for found in download.files():
            if isinstance(found, RejectedError):
                rejections.append(found)
                continue
            try:
                contents[found.path] = found.read()
            except RejectedError as rejected:
                rejections.append(rejected)
    return contents, rejections


def entry(name: str, mode: int = 0o644, kind: int = stat.S_IFREG) -> zipfile.ZipInfo:
    """Describe an entry as Unix programs do."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def encrypted() -> bytes:
    data = bytearray(packed(("a_1_2_01.ipynb", b"{}")))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + offset] |= 1
    return bytes(data)


def lies_about_its_size() -> bytes:
    data = bytearray(packed(("a_1_2_01.ipynb", b"0" * 10**6)))
    at = data.index(b"PK\1\2") + 24
    data[at : at + 4] = struct.pack("<I", 10)
    return bytes(data)


def damaged() -> bytes:
    data = bytearray(packed(("a_1_2_01.ipynb", bytes(range(256)) * 40)))
    data[60] ^= 0xFF
    return bytes(data)


def with_method(method: int) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        archive.writestr("a_1_2_01.ipynb", b"0" * 100)
    return data.getvalue()


def nameless_encoding() -> bytes:
    """Write a name in Latin-1, as old programs on Windows do, without the mark of UTF-8."""
    return packed(("a_1_2_M!ller.ipynb", b"{}")).replace(b"M!ller", b"M\xfcller")


HOSTILE: dict[str, tuple[bytes, str]] = {
    "a name that climbs": (packed(("../../a_1_2_01.ipynb", b"{}")), "name"),
    "a name that climbs in its middle": (packed(("a_1_2_x/../../../b.ipynb", b"{}")), "name"),
    "an absolute name": (packed(("/tmp/a_1_2_01.ipynb", b"{}")), "name"),
    "a drive": (packed(("C:/a_1_2_01.ipynb", b"{}")), "name"),
    "backslashes": (packed(("..\\a_1_2_01.ipynb", b"{}")), "name"),
    "a newline in a name": (packed(("a_1_2_0\n1.ipynb", b"{}")), "name"),
    "a name that ends early": (packed(("a_1_2_01.ipynb!.exe", b"{}")).replace(b"!", b"\0"), "name"),
    "text that runs from right to left": (packed(("a_1_2_\u202ebnypi.ipynb", b"{}")), "name"),
    "a very long name": (packed(("a" * 300 + "_1_2_01.ipynb", b"{}")), "name"),
    "very many folders": (packed(("a/" * 300 + "a_1_2_01.ipynb", b"{}")), "name"),
    "a name that is not UTF-8": (nameless_encoding(), "encoding"),
    "a link": (packed((entry("a_1_2_01.ipynb", 0o777, stat.S_IFLNK), b"/etc/passwd")), "link"),
    "a pipe": (packed((entry("a_1_2_01.ipynb", 0o644, stat.S_IFIFO), b"")), "link"),
    "an encrypted entry": (encrypted(), "encrypted"),
    "a bomb": (packed(("a_1_2_01.ipynb", b"0" * 30 * 10**6)), "bomb"),
    "a bomb of another kind of packing": (with_method(zipfile.ZIP_BZIP2), "zip"),
    "one that wants much memory": (with_method(zipfile.ZIP_LZMA), "zip"),
    "too many bytes": (packed(("a_1_2_01.ipynb", b"0" * (MAX_BYTES + 1))), "too-big"),
    "a wrong size": (lies_about_its_size(), "zip"),
    "damaged bytes": (damaged(), "zip"),
    "no zip at all": (b"PK\3\4 but no more", "zip"),
    "a zip that is cut off": (packed(("a_1_2_01.ipynb", b"{}"))[:-30], "zip"),
    "a zip within a student's zip": (packed(("work.zip", packed(("01.ipynb", b"{}")))), "nested"),
    "too many files": (packed(*((f"{n}.ipynb", b"") for n in range(MAX_OWN_ENTRIES + 1))), "too-many"),
    "much in many files": (
        packed(*((f"{n}.ipynb", b"0" * (MAX_OWN_BYTES // 10)) for n in range(11))),
        "too-big",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_zip_gets_one_line_and_costs_no_other_file(what: str, tmp_path: Path) -> None:
    data, reason = HOSTILE[what]
    place = tmp_path / "download.zip"
    place.write_bytes(packed((GOOD, b"good"), ("evil_3_4_work.zip", data), ("last_5_6_01.ipynb", b"last")))
    contents, rejections = look(place)
    assert contents == {GOOD: b"good", "last_5_6_01.ipynb": b"last"}
    assert [rejected.reason for rejected in rejections] == [reason]
    message = rejections[0].message
    assert message.isprintable()
    assert message.startswith("evil_3_4_work") or reason == "name"
    assert "; " in message
    assert {path.name for path in tmp_path.iterdir()} == {"download.zip"}


@pytest.mark.parametrize(
    "what", sorted(set(HOSTILE) - {"too many files", "much in many files", "a zip within a student's zip"})
)
def test_the_same_holds_for_the_download_itself(what: str, tmp_path: Path) -> None:
    data, reason = HOSTILE[what]
    (tmp_path / "evil.zip").write_bytes(data)
    (tmp_path / GOOD).write_bytes(b"good")
    contents, rejections = look(tmp_path)
    assert contents == {GOOD: b"good"}
    assert [rejected.reason for rejected in rejections] == [reason]


def test_a_download_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "download.zip"
    place.write_bytes(b"<html>Please log in</html>")
    with pytest.raises(DownloadError, match=r"download\.zip: not a whole zip file"):
        look(place)
    with pytest.raises(DownloadError, match="no such folder"):
        look(tmp_path / "nowhere")


@pytest.mark.parametrize("offset", [bytes(4), b"PK\5\6"], ids=["plain", "another end in the end"])
def test_a_table_of_contents_of_a_million_entries_is_not_read(offset: bytes, tmp_path: Path) -> None:
    table = b"".join(b"PK\1\2" + bytes(24) + b"\1\0" + bytes(16) + b"x" for _ in range(10**6))
    end = b"PK\5\6" + bytes(4) + b"\xff\xff\xff\xff" + struct.pack("<I", len(table)) + offset + bytes(2)
    data = table + end
    (tmp_path / "evil.zip").write_bytes(data)
    del table, end, data
    tracemalloc.start()
    try:
        contents, rejections = look(tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (contents, [rejected.reason for rejected in rejections]) == ({}, ["too-many"])
    assert peak < 2**20


def test_utf8_names_are_read_with_and_without_their_mark_and_in_one_spelling(tmp_path: Path) -> None:
    place = tmp_path / "download.zip"
    place.write_bytes(
        packed(("Zoe\u0308/1.ipynb", b"1"), ("M!!ller/2.ipynb", b"2")).replace(b"M!!ller", "Müller".encode())
    )
    contents, rejections = look(place)
    assert (sorted(contents), rejections) == (["Müller/2.ipynb", "Zo\u00eb/1.ipynb"], [])


def test_what_systems_leave_behind_is_no_file(tmp_path: Path) -> None:
    names = ("__MACOSX/._1.ipynb", ".DS_Store", "a/.ipynb_checkpoints/1-checkpoint.ipynb", "a/Thumbs.db")
    (tmp_path / "a.zip").write_bytes(packed(*((name, b"") for name in names)))
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "1.ipynb").write_bytes(b"")
    assert look(tmp_path) == ({}, [])


@pytest.mark.parametrize("name", [".ada_1_2_01.ipynb", ".ada_1_assignsubmission_file_/01.ipynb", "a/.b/work.zip"])
def test_what_would_count_but_for_a_dot_is_said(name: str, tmp_path: Path) -> None:
    (tmp_path / "zipped").mkdir()
    (tmp_path / "zipped" / "a.zip").write_bytes(packed((name, b"{}"), (".notes.txt", b"")))
    (tmp_path / "folder" / name).parent.mkdir(parents=True)
    (tmp_path / "folder" / name).write_bytes(b"{}")
    for place in (tmp_path / "zipped" / "a.zip", tmp_path / "folder"):
        contents, (rejected,) = look(place)
        assert (contents, rejected.reason) == ({}, "name")
        assert rejected.message.endswith("rename it if it counts")


def _link(place: Path) -> None:
    place.symlink_to("/etc/passwd")


def _link_to_a_folder(place: Path) -> None:
    place.symlink_to("/etc")


def _pipe(place: Path) -> None:
    os.mkfifo(place)


def _hard_link(place: Path) -> None:
    other = place.with_name(".other")
    other.write_bytes(b"{}")
    place.hardlink_to(other)


@pytest.mark.parametrize("make", [_link, _link_to_a_folder, _pipe, _hard_link])
def test_a_folder_gives_regular_files_only(make: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / GOOD).write_bytes(b"good")
    make(tmp_path / "evil_3_4_01.ipynb")
    contents, rejections = look(tmp_path)
    assert contents == {GOOD: b"good"}
    assert len(rejections) == 1


def test_many_zips_of_students_are_read_in_any_order(tmp_path: Path) -> None:
    place = tmp_path / "download.zip"
    place.write_bytes(packed(*((f"s{n}_1_2_w.zip", packed(("01.ipynb", f"{n}".encode()))) for n in range(10))))
    with Download(place) as download:
        files = [found for found in download.files() if isinstance(found, File)]
        assert [file.read() for file in reversed(files)] == [f"{n}".encode() for n in reversed(range(10))]
