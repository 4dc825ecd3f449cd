"""A table for the eye: as text, and as HTML without anything but a table. Of a long one a part is drawn."""

from collections.abc import Collection
from html import escape
from itertools import chain

from autograder.frames.facts import Frame, Value
from autograder.text import plain

ROWS, COLUMNS, CHARACTERS = 30, 12, 40
"""How much of a table is drawn: rows, columns, and of a value its characters."""

STYLE = """.frame { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .85rem; }
.frame th, .frame td { border: 1px solid currentColor; padding: .1rem .5rem; text-align: right; }
.frame mark { font-weight: 700; text-decoration: underline; }"""


def text(frame: Frame) -> str:
    """Write a table in columns of text."""
    lines = [_head(frame), *(_row(frame, number) for number in range(min(ROWS, len(frame.rows))))]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    drawn = ["  ".join(part.rjust(width) for part, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join([*(line.rstrip() for line in drawn), *_rest(frame)])


def table(frame: Frame, marked: Collection[tuple[int, int]] = ()) -> str:
    """
    Write a table as HTML.

    Parameters
    ----------
    marked : collection of (int, int)
        The values to mark, by row and column.
    """
    first = len(_index(frame, 0)) if frame.rows else 1
    head = "".join(f"<th>{escape(part)}</th>" for part in _head(frame))
    rows = []
    for number in range(min(ROWS, len(frame.rows))):
        parts = _row(frame, number)
        cells = (
            f"<td><mark>{escape(part)}</mark></td>" if (number, place) in marked else f"<td>{escape(part)}</td>"
            for place, part in enumerate(parts[first:])
        )
        rows.append("".join(chain((f"<th>{escape(part)}</th>" for part in parts[:first]), cells)))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    rest = "".join(f"<p>{line}</p>" for line in _rest(frame))
    return f'<table class="frame"><tr>{head}</tr>{body}</table>{rest}'


def _head(frame: Frame) -> list[str]:
    names = [*(frame.names or ("",)), *frame.columns[:COLUMNS]]
    return [_short(name) for name in names] + ["..."] * (len(frame.columns) > COLUMNS)


def _row(frame: Frame, number: int) -> list[str]:
    values = [*_index(frame, number), *frame.rows[number][:COLUMNS]]
    return [_short(_said(value)) for value in values] + ["..."] * (len(frame.columns) > COLUMNS)


def _index(frame: Frame, number: int) -> tuple[Value, ...]:
    return frame.index[number] if frame.names else (number,)


def _rest(frame: Frame) -> list[str]:
    size = f"{len(frame.rows)} rows, {len(frame.columns)} columns"
    return [f"({size})"] if len(frame.rows) > ROWS or len(frame.columns) > COLUMNS else []


def _said(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, int) and abs(value) > 10**CHARACTERS:
        return "(a very large number)"
    return "" if value is None else str(value)


def _short(words: str) -> str:
    words = plain(words)
    return words if len(words) <= CHARACTERS else f"{words[:CHARACTERS]}..."
