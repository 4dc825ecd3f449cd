"""
Notebooks as nobody would write them: bytes, JSON, cells and sources for `tests/test_fuzz.py` to hand in.

Most are a released notebook of the course with a few things changed, because what is wrong through and through is
refused at the door and gets no further.
"""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.conftest import ASSIGNMENT, ROOT

RELEASED = {path.stem: path.read_bytes() for path in sorted((ROOT / "notebooks" / ASSIGNMENT).glob("*.ipynb"))}
"""The released notebooks by name, as students get them."""

EVIL = "</pre></title><script>alert(1)</script><img src=x onerror=alert(1)>"

ODD_WORDS = (
    *("", "\0", "\r", "\r\n", "\ufeff", "\ud800", "\udcff x", "\x1b[2J", "\x1b[31m", "\u202e", "\u2028", "\x85"),
    *(
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\t=1",
        "code",
        "\N{LATIN SMALL LIGATURE FI}",
        "e\u0301",
        "\N{MATHEMATICAL FRAKTUR CAPITAL U}",
        "\N{GRINNING FACE}",
        "x" * 5_000,
    ),
    EVIL,
)

_ANY_CHARACTER = st.characters(exclude_categories=())


def words(longest: int = 40) -> st.SearchStrategy[str]:
    """Text of any characters, halves of them included."""
    return st.one_of(st.sampled_from(ODD_WORDS), st.text(_ANY_CHARACTER, max_size=longest), st.text(max_size=longest))


def json_values(leaves: int = 12) -> st.SearchStrategy[Any]:
    """Anything that JSON can say, and what Python's says beyond."""
    numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([True, -1, 10**400, 4, 1e308, float("nan")]))
    return st.recursive(
        st.one_of(st.none(), numbers, words()),
        lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(words(10), inner, max_size=5)),
        max_leaves=leaves,
    )


_HEADS = (
    *("(", "[", "{", "-", "not ", "lambda: ", "a.b(", "f'{", "[a for a in ", "x = ", "a if b else ", "*", "await "),
    *(
        "if a:\n",
        "with a:\n ",
        "@a\n",
        "def f():\n    ",
        "class A:\n  ",
        "try:\n",
        "elif a: pass\n",
        "{**a, 1: ",
        '"""',
    ),
    *(
        "%time ",
        "!",
        "%%bash\n",
        ">>> ",
        "In [1]: ",
        "a?",
        "a = %b\n",
        "get_variable(",
        "return ",
        "name_scope(",
        "\\\n",
    ),
)
_TAILS = (
    *(
        ")",
        "]",
        "}",
        ".a",
        "()",
        "[0]",
        "+ 1",
        "\n",
        "\n    ",
        "}'",
        " in b",
        " == c",
        "; a",
        ", b",
        "?",
        ":= 1",
        "\f",
        "#",
    ),
    *(
        "\n# -*- coding: utf-7 -*-",
        "\ndel a",
        "\nglobal a",
        " = yield",
        "\\",
        "\t",
        "\n\tx\n        y",
        "assert (a, b)",
    ),
)


@st.composite
def _nested(draw: st.DrawFn) -> str:
    """Repeat what opens something, and what closes or continues it."""
    times = st.one_of(st.integers(0, 5), st.sampled_from([90, 199, 330, 501, 1_000, 3_000]))
    head, tail = draw(st.sampled_from(_HEADS)), draw(st.sampled_from(_TAILS))
    return head * draw(times) + draw(st.sampled_from(["a", "", "1", "f()", "b.c"])) + tail * draw(times)


def _answers() -> list[str]:
    cells = [cell for text in RELEASED.values() for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    answers = sorted((ROOT / "tests" / "classroom" / ASSIGNMENT).glob("*/*.py"))
    return ["".join(cell["source"]) for cell in cells] + [path.read_text(encoding="utf-8") for path in answers]


@st.composite
def _spoiled(draw: st.DrawFn) -> str:
    """Put something odd into a source of the course."""
    source = draw(st.sampled_from(_answers()))
    place = draw(st.integers(0, len(source)))
    odd = draw(st.one_of(words(), st.sampled_from(_HEADS + _TAILS)))
    return source[:place] + odd + source[draw(st.integers(place, min(len(source), place + 20))) :]


def sources() -> st.SearchStrategy[str]:
    """Give what may stand in a code cell: Python, nearly Python, and anything."""
    pieces = st.lists(st.sampled_from(_HEADS + _TAILS + ("a", "b", " ", "\n")), max_size=30).map("".join)
    return st.one_of(st.sampled_from(_answers()), _spoiled(), _nested(), pieces, words(200))


_Change = Callable[[st.DrawFn, list[Any]], None]


def _drop(draw: st.DrawFn, cells: list[Any]) -> None:
    del cells[draw(st.integers(0, len(cells) - 1))]


def _copy(draw: st.DrawFn, cells: list[Any]) -> None:
    cells.insert(draw(st.integers(0, len(cells))), json.loads(json.dumps(draw(st.sampled_from(cells)))))


def _move(draw: st.DrawFn, cells: list[Any]) -> None:
    cells.insert(draw(st.integers(0, len(cells) - 1)), cells.pop(draw(st.integers(0, len(cells) - 1))))


def _answer(draw: st.DrawFn, cells: list[Any]) -> None:
    cell = draw(st.sampled_from(cells))
    if isinstance(cell, dict):
        cell["source"] = draw(st.one_of(sources(), st.lists(sources(), max_size=3)))


def _retype(draw: st.DrawFn, cells: list[Any]) -> None:
    cell = draw(st.sampled_from(cells))
    if isinstance(cell, dict):
        cell["cell_type"] = draw(st.one_of(st.sampled_from(["code", "markdown", "raw", "heading"]), json_values(3)))


def _rename(draw: st.DrawFn, cells: list[Any]) -> None:
    names = [c["metadata"]["nbgrader"]["grade_id"] for c in cells if _is_named(c)]
    cell = draw(st.sampled_from(cells))
    if _is_named(cell):
        cell["metadata"]["nbgrader"]["grade_id"] = draw(st.one_of(st.sampled_from(names), json_values(3)))


def _spoil(draw: st.DrawFn, cells: list[Any]) -> None:
    cell = draw(st.sampled_from(cells))
    if isinstance(cell, dict):
        key = draw(st.sampled_from(["metadata", "id", "outputs", "source", "execution_count", "attachments"]))
        cell[key] = draw(json_values())


def _tag(draw: st.DrawFn, cells: list[Any]) -> None:
    cell = draw(st.sampled_from(cells))
    if _is_named(cell):
        cell["metadata"] |= draw(
            st.dictionaries(st.sampled_from(["tags", "nbgrader", "points"]), json_values(), max_size=2)
        )


def _add(draw: st.DrawFn, cells: list[Any]) -> None:
    plain = {"cell_type": "code", "metadata": {"tags": ["skip-execution"]}, "source": draw(sources()), "outputs": []}
    cells.insert(draw(st.integers(0, len(cells))), draw(st.one_of(st.just(plain), json_values(4))))


def _is_named(cell: Any) -> bool:
    nbgrader = isinstance(cell, dict) and isinstance(cell.get("metadata"), dict) and cell["metadata"].get("nbgrader")
    return isinstance(nbgrader, dict) and "grade_id" in nbgrader


CHANGES: tuple[_Change, ...] = (_drop, _copy, _move, _answer, _retype, _rename, _spoil, _tag, _add)


@st.composite
def changed(draw: st.DrawFn, original: bytes) -> bytes:
    """Change cells of a notebook, and perhaps what stands beside them."""
    notebook = json.loads(original)
    for change in draw(st.lists(st.sampled_from(CHANGES), max_size=6)):
        if notebook["cells"]:
            change(draw, notebook["cells"])
    if draw(st.integers(0, 4)) == 0:
        key = draw(st.sampled_from(["cells", "metadata", "nbformat", "nbformat_minor", "worksheets"]))
        notebook[key] = draw(json_values())
    # Half a character as an escape passes for JSON, and as bytes not even for UTF-8.
    return json.dumps(notebook, ensure_ascii=draw(st.integers(0, 9)) > 0).encode("utf-8", "surrogatepass")


_TOKENS = (
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"\\",
        b",",
        b"\x00",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"NaN",
        b"1e999",
    ),
    *(
        b"-",
        b"9" * 5_000,
        b'"cells": [],',
        b'"cells": null,',
        b'"nbformat": 3,',
        b"\\ud800",
        b"[" * 100,
        b"null",
        b"\r",
    ),
)


@st.composite
def mutated(draw: st.DrawFn, original: bytes) -> bytes:
    """Cut, overwrite, insert into and repeat parts of a file."""
    data = original
    for kind in draw(st.lists(st.sampled_from(["cut", "over", "insert", "repeat"]), min_size=1, max_size=4)):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 2_000)))
        new = draw(st.one_of(st.sampled_from(_TOKENS), st.binary(max_size=8)))
        if kind == "cut":
            data = data[:start]
        elif kind == "over":
            data = data[:start] + new + data[start + len(new) :]
        elif kind == "insert":
            data = data[:start] + new + data[start:]
        else:
            data = data[:end] + data[start:]
    return data


def files(original: bytes) -> st.SearchStrategy[bytes]:
    """Give what may lie in the place of a notebook: any bytes, any JSON, and spoiled notebooks."""
    said = json_values(30).map(lambda value: json.dumps(value).encode())
    return st.one_of(changed(original), changed(original).flatmap(mutated), mutated(original), said, st.binary())
