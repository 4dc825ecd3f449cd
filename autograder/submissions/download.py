"""
What an LMS hands out, a folder or a zip file: its files one by one, believing nothing.

Nothing is ever unpacked: an entry of a zip is read into memory, and its name only says whose it is. A student's own
zip within the download counts as a folder of that name; a zip within that one is not opened. Whatever cannot be read
becomes a `RejectedError` with a reason, and the rest goes on.
"""

import io
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from autograder.errors import DownloadError, RejectedError
from autograder.submissions.reading import MAX_BYTES, read_file
from autograder.text import readable

MAX_ENTRIES = 50_000
"""Most files of a download."""

MAX_OWN_ENTRIES = 1_000
"""Most files of a zip that a student has made."""

MAX_OWN_BYTES = 256 * 2**20
"""Most bytes of what counts in a zip that a student has made."""

MAX_RATIO = 500
"""How many times as big as its packed form a big file may be: honest notebooks stay below a hundred."""

MAX_DEPTH = 12
"""Deepest nesting of folders."""

_KEPT_OPEN = 4
"""Zips at a time; those of students are held in memory."""

_COUNTS = (".ipynb", ".zip")
_ONLY_BIG = 2**20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How entries may be packed: of the other ways zipfile unpacks more than it is asked for."""

_END, _END_BYTES, _MAX_COMMENT = b"PK\5\6", 22, 65_535
_ENTRY_BYTES = 46 + 100
"""What an entry takes in a zip's table of contents, its name included."""

_UTF8_NAME, _ENCRYPTED = 0x800, 0x1
_LONGEST_NAME = 255
_JUNK = frozenset(
    [
        *("__MACOSX", "desktop.ini", "Thumbs.db", ".DS_Store", ".Trashes", ".Spotlight-V100", ".fseventsd"),
        *(".ipynb_checkpoints", ".virtual_documents", ".jupyter", ".ipython", ".local", ".cache", ".config"),
        *(".git", ".github", ".svn", ".vscode", ".idea", ".venv", ".pytest_cache", ".mypy_cache", ".ruff_cache"),
    ]
)
"""What operating systems, JupyterLab and editors leave behind."""


@dataclass(frozen=True)
class File:
    """
    One file of a download.

    Attributes
    ----------
    path : str
        Its path inside the download, with ``/``, in Unicode's composed form; a student's zip is a folder there.
    size : int
        Bytes, as the download says.
    read : callable
        Gives the contents, or raises `RejectedError`.
    """

    path: str
    size: int
    read: Callable[[], bytes]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


class UnreadableFileError(RejectedError):
    """
    A file of a download that cannot be read.

    Attributes
    ----------
    path : str
        Where it lies, as far as its name can be believed: it may say whose it is.
    """

    def __init__(self, reason: str, message: str, path: str = "") -> None:
        super().__init__(reason, message)
        self.path = path


class Download:
    """
    A folder or a zip file as an LMS hands it out. Use as a context manager.

    Raises
    ------
    DownloadError
        When there is no such folder or zip file.
    """

    def __init__(self, place: Path) -> None:
        if not place.is_dir() and not place.is_file():
            raise DownloadError(f"{place}: no such folder or zip file; name what the LMS has given you")
        self.place = place
        self._open: dict[str, zipfile.ZipFile] = {}

    def __enter__(self) -> "Download":
        """Open nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is open."""
        for packed in self._open.values():
            packed.close()

    def files(self) -> Iterator[File | UnreadableFileError]:
        """
        Give every file by name, and as a rejection what cannot be read.

        Raises
        ------
        DownloadError
            When the zip file as a whole cannot be read, or there are too many files.
        """
        if self.place.is_dir():
            yield from self._of_folder()
            return
        try:
            yield from self._of_zip(_Zip("", lambda: self.place, MAX_ENTRIES))
        except RejectedError as rejected:
            raise DownloadError(f"{self.place}: {rejected.message}") from None

    def _of_folder(self) -> Iterator[File | UnreadableFileError]:
        for count, inside in enumerate(_walk(self.place), start=1):
            if count > MAX_ENTRIES:
                raise DownloadError(
                    f"{self.place}: more than {MAX_ENTRIES} files; give a folder with this download only"
                )
            path = ""
            try:
                path = _checked(inside)
                _refuse_hidden(path)
                yield from self._of_file(self.place / inside, path)
            except RejectedError as rejected:
                yield UnreadableFileError(rejected.reason, rejected.message, path)

    def _of_file(self, path: Path, shown: str) -> Iterator[File | UnreadableFileError]:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            raise RejectedError("link", f"{shown}: a link, and links are not followed; put the file itself there")
        if not stat.S_ISREG(status.st_mode):
            raise RejectedError("not-a-file", f"{shown}: not a regular file; ask the student for the notebook")
        if shown.lower().endswith(".zip"):
            yield from self._of_zip(_Zip(f"{shown[:-4]}/", lambda: path, MAX_ENTRIES))
        else:
            yield File(shown, status.st_size, partial(read_file, path, MAX_BYTES))

    def _of_zip(self, source: "_Zip") -> Iterator[File | UnreadableFileError]:
        """Give the files of a zip; what concerns the whole zip is raised."""
        entries = [entry for entry in self._opened(source).infolist() if not entry.is_dir()]
        source.check(entries)
        for entry in entries:
            path = source.above
            try:
                path = source.above + _checked(_name_of(entry, source.above))
                if _is_junk(path):
                    continue
                _refuse_hidden(path)
                _check(entry, path)
                read = partial(self._read, source, entry, path)
                if not path.lower().endswith(".zip"):
                    yield File(path, entry.file_size, read)
                elif source.is_own:
                    raise RejectedError(
                        "nested", f"{path}: a zip within a student's zip, which is not opened; ask for the notebooks"
                    )
                else:
                    yield from self._of_zip(_Zip(f"{path[:-4]}/", partial(_in_memory, read), MAX_OWN_ENTRIES))
            except RejectedError as rejected:
                yield UnreadableFileError(rejected.reason, rejected.message, path)

    def _opened(self, source: "_Zip") -> zipfile.ZipFile:
        """Open a zip, or take it from those that were opened last: reading a table of contents takes a while."""
        if source.above not in self._open:
            while len(self._open) >= _KEPT_OPEN:
                self._open.pop(next(iter(self._open))).close()
            self._open[source.above] = source.open()
        return self._open[source.above]

    def _read(self, source: "_Zip", entry: zipfile.ZipInfo, path: str) -> bytes:
        try:
            with self._opened(source).open(entry) as file:
                return file.read(MAX_BYTES + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
            raise RejectedError(
                "zip", f"{path}: damaged in its zip ({error}); ask the student for it again"
            ) from None


@dataclass(frozen=True)
class _Zip:
    """A zip: its path as a folder, how to get at its bytes, and the most files that it may have."""

    above: str
    get: Callable[[], Path | IO[bytes]]
    most: int

    @property
    def is_own(self) -> bool:
        """Whether it lies within another zip: a student has made it."""
        return self.most == MAX_OWN_ENTRIES

    def open(self) -> zipfile.ZipFile:
        """Open it if its table of contents is small enough: zipfile reads all of that at once."""
        file = self.get()
        try:
            with file.open("rb") if isinstance(file, Path) else nullcontext(file) as opened:
                if _contents_bytes(opened) > self.most * _ENTRY_BYTES:
                    raise self._too_many()
            return zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError) as error:
            raise RejectedError(
                "zip", f"{self}not a whole zip file ({error}); fetch it again, or unpack it and give the folder"
            ) from None

    def check(self, entries: list[zipfile.ZipInfo]) -> None:
        """Refuse too many files, and too much in what a student has packed."""
        if len(entries) > self.most:
            raise self._too_many()
        if self.is_own and sum(entry.file_size for entry in entries if _counts(entry.orig_filename)) > MAX_OWN_BYTES:
            raise RejectedError(
                "too-big", f"{self}more than {MAX_OWN_BYTES} bytes once unpacked; ask for the notebooks alone"
            )

    def _too_many(self) -> RejectedError:
        return RejectedError("too-many", f"{self}more than {self.most} files; unpack what counts and give the folder")

    def __str__(self) -> str:
        """Begin a message with its name; the download itself is named by who reports it."""
        return f"{self.above.rstrip('/')}.zip: " if self.above else ""


def _walk(root: Path) -> Iterator[str]:
    """Give the paths of what is no folder, links to folders included, in order and without junk."""
    for folder, folders, names in os.walk(root):
        inside = Path(folder).relative_to(root)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if not _is_left(name)) if len(inside.parts) <= MAX_DEPTH else []
        yield from ((inside / name).as_posix() for name in sorted(names + links) if not _is_junk(name))


def _in_memory(read: Callable[[], bytes]) -> IO[bytes]:
    return io.BytesIO(read())


def _contents_bytes(file: IO[bytes]) -> int:
    """
    Read how long the table of contents says it is; 0 where there is none, which zipfile will say itself.

    Its end may be written more than once, in the comment or in its own numbers: the longest counts.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_BYTES - _MAX_COMMENT))
    tail = file.read()
    ends = (end.start() for end in re.finditer(re.escape(_END), tail))
    return max((int.from_bytes(tail[at + 12 : at + 16], "little") for at in ends), default=0)


def _name_of(entry: zipfile.ZipInfo, above: str) -> str:
    """Read a name as UTF-8, which most programs write without saying so."""
    name = entry.orig_filename
    if name.isascii() or entry.flag_bits & _UTF8_NAME:
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeDecodeError:
        raise RejectedError(
            "encoding", f"{above}{name}: its name is not UTF-8; unpack the zip yourself and give the folder"
        ) from None


def _checked(name: str) -> str:
    """Refuse names that lead elsewhere, or cannot be printed; the rest in one spelling."""
    if readable(name) != name or not name.isprintable():
        raise RejectedError("name", f"{_shown(name)}: its name has bytes or characters that are no text; rename it")
    parts = name.split("/")
    if max(map(len, parts)) > _LONGEST_NAME or len(parts) > MAX_DEPTH:
        raise RejectedError(
            "name", f"{name[:_LONGEST_NAME]}...: longer or deeper than any name that counts; rename it"
        )
    if "\\" in name or name.startswith("/") or ".." in parts or (parts[0][1:2] == ":" and parts[0][0].isalpha()):
        raise RejectedError(
            "name", f"{name}: a name that leads out of its folder; it was not read: ask the student for the notebook"
        )
    return unicodedata.normalize("NFC", "/".join(part for part in parts if part not in ("", ".")))


def _check(entry: zipfile.ZipInfo, path: str) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        what = "a link" if kind == stat.S_IFLNK else "not a regular file"
        raise RejectedError("link", f"{path}: {what} in a zip, which is not followed; ask for the file itself")
    if not _counts(path):
        return
    if entry.flag_bits & _ENCRYPTED:
        raise RejectedError("encrypted", f"{path}: encrypted; ask the student for it without a password")
    if entry.compress_type not in _METHODS:
        raise RejectedError("zip", f"{path}: packed in an unusual way; unpack the zip yourself and give the folder")
    if entry.file_size > MAX_BYTES:
        raise RejectedError("too-big", f"{path}: more than {MAX_BYTES} bytes; ask for it without its outputs")
    if entry.file_size > max(_ONLY_BIG, MAX_RATIO * entry.compress_size):
        raise RejectedError("bomb", f"{path}: more than {MAX_RATIO} times as big once unpacked; ask what it is")


def _is_junk(path: str) -> bool:
    """Tell whether a file is one that a program has left, or is hidden and would not count either way."""
    parts = path.split("/")
    return any(map(_is_left, parts)) or (_is_hidden(parts[-1]) and not _counts(path))


def _is_left(name: str) -> bool:
    return name in _JUNK or name.startswith("._")


def _is_hidden(name: str) -> bool:
    return name.startswith(".") and name not in (".", "..")


def _refuse_hidden(path: str) -> None:
    """Refuse what would count if its name, or that of a folder around it, did not begin with a dot."""
    if _counts(path) and any(map(_is_hidden, path.split("/"))):
        raise RejectedError("name", f"{path}: a name that begins with a dot, which hides it; rename it if it counts")


def _counts(path: str) -> bool:
    return path.lower().endswith(_COUNTS)


def _shown(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in readable(name))
