"""
Which file is which notebook: nbgrader's names of the cells in it tell, and not the file's name alone.

A file is a master's notebook if it holds cells of that master, and none that only another master has. Of several such
files the one with the master's name counts; names are compared in Unicode's composed form, upper and lower case
alike. Only bytes are looked at here: whether a file is a notebook at all is found out when it is graded.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from autograder.submissions.roster import folded

_SUFFIXES = (".ipynb", ".ipynb.txt", ".ipynb.json", ".json")
"""How files end that may be notebooks: browsers and mail programs add the longer ones."""

_GRADE_ID = re.compile(rb'"grade_id"\s*+:\s*+"([^"\\]*+)"')
"""A key of JSON: within a text its quotes would be escaped."""

_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\{")

_NUMBERED = re.compile(r"(?P<name>.+?)(?:-(?P<canvas>\d{1,4})| ?\((?P<browser>\d{1,4})\))")
"""What an LMS or a browser makes of a name that is there already: ``x-1``, ``x (1)``."""

_CANVAS = re.compile(r"(?P<name>[^.]+)-(?P<canvas>\d{1,4})(?P<rest>\..*)")
"""Canvas puts the number before the first dot: ``hw 2-1.1`` for ``hw 2.1``."""


class Masters:
    """
    The master notebooks, as far as files are told apart by them.

    Parameters
    ----------
    cells : mapping of str to collection of str
        By the name of each master, without suffix, nbgrader's names of its cells.
    """

    def __init__(self, cells: Mapping[str, Collection[str]]) -> None:
        self.names = tuple(cells)
        self._by_name = {folded(name): name for name in cells}
        self._own = {
            name: frozenset(own).difference(*(ids for other, ids in cells.items() if other != name))
            for name, own in cells.items()
        }

    def named(self, stem: str) -> tuple[str, int] | None:
        """Find the master that a name stands for, and the number that an upload was given."""
        for name, number in readings(stem):
            if folded(name) in self._by_name:
                return self._by_name[folded(name)], number
        return None

    def spelled(self, stem: str) -> str | None:
        """Find the master of exactly this name, in whatever spelling."""
        return self._by_name.get(folded(stem))

    def holds(self, data: bytes, name: str) -> bool:
        """Tell whether a file has a cell that only this master has: at the first one, which is soon."""
        return any(_text(found) in self._own[name] for found in _GRADE_ID.finditer(data))

    def held_by(self, data: bytes) -> frozenset[str]:
        """Name the masters whose own cells a file holds."""
        ids = {_text(found) for found in _GRADE_ID.finditer(data)}
        return frozenset(name for name, own in self._own.items() if own & ids)


def notebook_stem(file: str) -> str | None:
    """Give the name of a file that may be a notebook, without its suffix; None for every other file."""
    name = PurePosixPath(file).name
    for suffix in _SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            stem = name[: -len(suffix)]
            return stem if suffix != ".json" or not stem.lower().endswith(".ipynb") else stem[: -len(".ipynb")]
    return None


def looks_like_a_notebook(data: bytes) -> bool:
    """Tell whether bytes may be a notebook, for a file whose suffix does not say so."""
    return bool(_BEGINS.match(data)) and b'"cells"' in data


def readings(stem: str) -> Iterator[tuple[str, int]]:
    """Give what a file's name may stand for: itself, and without the number of an upload."""
    yield stem, 0
    if found := _NUMBERED.fullmatch(stem):
        yield found["name"], int(found["canvas"] or found["browser"])
    if found := _CANVAS.fullmatch(stem):
        yield found["name"] + found["rest"], int(found["canvas"])


def _text(found: re.Match[bytes]) -> str:
    return found[1].decode("utf-8", "replace")
