"""
Tables held against tables: what counts is said by the tags of a test cell.

Numbers are equal within a tolerance: `RELATIVE` of the larger one, and `ABSOLUTE` near zero. A number is no text, a
truth is no number, and what is not there equals only what is not there: pandas and NumPy write that as NaN, too.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder.frames.facts import Frame, Value, is_number

VALUES_TAG = "frame-check-values"
"""The same columns and rows, each in any order."""

ORDER_TAG = "frame-check-order"
"""The same columns and rows, in the same order."""

COLUMNS_TAG = "frame-check-columns"
"""The same columns, in any order, whatever the rows."""

INDEX_TAG = "frame-check-index"
"""Beside these: the index of the rows counts, too."""

TYPES_TAG = "frame-check-types"
"""Beside these: the dtypes of the columns count, too."""

TAGS = frozenset({VALUES_TAG, ORDER_TAG, COLUMNS_TAG, INDEX_TAG, TYPES_TAG})

RELATIVE = 1e-6
"""How far two numbers may differ and be equal, as a part of the larger one."""

ABSOLUTE = 1e-9
"""How far two numbers near zero may differ and be equal."""

MOST_NAMED = 5
"""Differences that a message names."""

MOST_TRIED = 300
"""Rows that are looked for one by one among rows in another order, after equal ones have found each other."""

_NAMED = 60
"""Characters of a value in a message."""


@dataclass(frozen=True)
class Terms:
    """What counts, as the tags above say."""

    values: bool = True
    order: bool = False
    index: bool = False
    types: bool = False


def terms_of(tags: Iterable[str]) -> Terms | None:
    """Read a cell's tags; None for a cell that does not ask for its table to be judged."""
    given = TAGS & set(tags)
    if not given & {VALUES_TAG, ORDER_TAG, COLUMNS_TAG}:
        return None
    return Terms(bool(given & {VALUES_TAG, ORDER_TAG}), ORDER_TAG in given, INDEX_TAG in given, TYPES_TAG in given)


def difference(shown: Frame, expected: Frame, terms: Terms) -> str:
    """Say in lines for a student how a table differs in what counts; empty when it does not."""
    return "\n".join(_differences(shown, expected, terms))


def equal(one: Value, other: Value) -> bool:
    """Compare two values."""
    if _is_missing(one) or _is_missing(other):
        return _is_missing(one) and _is_missing(other)
    if is_number(one) and is_number(other):
        if one == other:
            return True
        try:
            return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
        except OverflowError:
            return False
    return type(one) is type(other) and one == other


def unlike(shown: Frame, expected: Frame) -> set[tuple[int, int]]:
    """Find the places, by row and column, at which two tables of the same columns differ as they stand."""
    return {
        (number, place)
        for number, (row, wanted) in enumerate(zip(shown.rows, expected.rows, strict=False))
        for place, (value, other) in enumerate(zip(row, wanted, strict=False))
        if not equal(value, other)
    }


def _differences(shown: Frame, expected: Frame, terms: Terms) -> Iterator[str]:
    """Read in this order, the first difference is the one that explains the others."""
    in_order = terms.order
    names = (shown.columns, expected.columns) if in_order else (sorted(shown.columns), sorted(expected.columns))
    if bool(shown.shape) != bool(expected.shape) and terms.values:
        kinds = ["an array or a list" if frame.shape else "a table with named columns" for frame in (expected, shown)]
        yield f"Expected is {kinds[0]}, shown is {kinds[1]}."
        return
    if names[0] != names[1]:
        if shown.shape:
            yield _shapes(shown, expected)
            return
        missing = [name for name in expected.columns if name not in shown.columns]
        extra = [name for name in shown.columns if name not in expected.columns]
        yield "The columns differ."
        yield f"Expected: {_listed(expected.columns)}"
        yield f"Shown: {_listed(shown.columns)}"
        if missing:
            yield f"Missing: {_listed(missing)}"
        if extra:
            yield f"Not expected: {_listed(extra)}"
        return
    places = _places(shown.columns, expected.columns)
    if terms.types and shown.types and expected.types:
        for place, wanted, name in zip(places, expected.types, expected.columns, strict=True):
            if shown.types[place] != wanted:
                yield f"The column {_quoted(name)} should be of the type {wanted}, and is {shown.types[place]}."
    if not terms.values:
        return
    if shown.shape != expected.shape:
        yield _shapes(shown, expected)
        return
    if terms.index and shown.names != expected.names:
        yield f"The index should be {_index_named(expected)}, and is {_index_named(shown)}."
        return
    if len(shown.rows) != len(expected.rows):
        yield f"Expected are {len(expected.rows)} rows, shown are {len(shown.rows)}."
    with_index = terms.index and bool(expected.names)
    rows = [tuple(row[place] for place in places) for row in shown.rows]
    mine = _with_index(rows, shown) if with_index else rows
    wanted_rows = _with_index(list(expected.rows), expected) if with_index else list(expected.rows)
    labels = (
        [*(f"index {name}".strip() for name in expected.names), *expected.columns]
        if with_index
        else [*expected.columns]
    )
    if shown.shape or in_order:
        yield from _in_order(mine, wanted_rows, labels)
    else:
        yield from _in_any_order(mine, wanted_rows)


def _in_order(shown: list[tuple[Value, ...]], expected: list[tuple[Value, ...]], labels: list[str]) -> Iterator[str]:
    found = [
        (number, label, wanted, value)
        for number, (row, other) in enumerate(zip(shown, expected, strict=False), start=1)
        for label, value, wanted in zip(labels, row, other, strict=True)
        if not equal(value, wanted)
    ]
    for number, label, wanted, value in found[:MOST_NAMED]:
        yield f"Row {number}, column {_quoted(label)}: expected is {_said(wanted)}, shown is {_said(value)}."
    if len(found) > MOST_NAMED:
        yield f"{len(found) - MOST_NAMED} more values differ."


def _in_any_order(shown: list[tuple[Value, ...]], expected: list[tuple[Value, ...]]) -> Iterator[str]:
    extra, missing = _unmatched(shown, expected)
    for what, rows in (("Expected, and not shown", missing), ("Shown, and not expected", extra)):
        for row in rows[:MOST_NAMED]:
            yield f"{what}: {', '.join(map(_said, row[:20]))}{', ...' if len(row) > 20 else ''}"
        if len(rows) > MOST_NAMED:
            yield f"{what}: {len(rows) - MOST_NAMED} more rows"


def _unmatched(
    shown: list[tuple[Value, ...]], expected: list[tuple[Value, ...]]
) -> tuple[list[tuple[Value, ...]], list[tuple[Value, ...]]]:
    """
    Find the rows of each side that the other lacks.

    Sorted, equal rows stand beside each other; rows with numbers that differ by less than the tolerance may not, and
    are looked for one by one, while they are few.
    """
    left, right = sorted(shown, key=_sorting), sorted(expected, key=_sorting)
    if len(left) == len(right) and all(map(_equal_rows, left, right)):
        return [], []
    extra: list[tuple[Value, ...]] = []
    missing: list[tuple[Value, ...]] = []
    one = other = 0
    while one < len(left) and other < len(right):
        if _equal_rows(left[one], right[other]):
            one, other = one + 1, other + 1
        elif _sorting(left[one]) < _sorting(right[other]):
            extra.append(left[one])
            one += 1
        else:
            missing.append(right[other])
            other += 1
    extra, missing = extra + left[one:], missing + right[other:]
    if max(len(extra), len(missing)) > MOST_TRIED:
        return extra, missing
    for row in list(extra):
        match = next((place for place, wanted in enumerate(missing) if _equal_rows(row, wanted)), None)
        if match is not None:
            missing.pop(match)
            extra.remove(row)
    return extra, missing


def _equal_rows(one: tuple[Value, ...], other: tuple[Value, ...]) -> bool:
    return len(one) == len(other) and all(map(equal, one, other))


def _sorting(row: tuple[Value, ...]) -> tuple[tuple[int, float, str], ...]:
    return tuple(map(_sorting_of_a_value, row))


def _sorting_of_a_value(value: Value) -> tuple[int, float, str]:
    if _is_missing(value):
        return 0, 0.0, ""
    if isinstance(value, bool):
        return 1, float(value), ""
    if is_number(value):
        try:
            return 2, float(value), ""
        except OverflowError:
            return 2, math.inf if value > 0 else -math.inf, str(value)[:_NAMED]
    return 3, 0.0, str(value)


def _is_missing(value: Value) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _places(shown: tuple[str, ...], expected: tuple[str, ...]) -> list[int]:
    """Say for each column expected at which place it is shown; of columns of one name the first is the first."""
    free: dict[str, list[int]] = {}
    for place in reversed(range(len(shown))):
        free.setdefault(shown[place], []).append(place)
    return [free[name].pop() for name in expected]


def _with_index(rows: list[tuple[Value, ...]], frame: Frame) -> list[tuple[Value, ...]]:
    return [(*part, *row) for part, row in zip(frame.index, rows, strict=True)]


def _shapes(shown: Frame, expected: Frame) -> str:
    return f"Expected is the shape {expected.shape}, shown is {shown.shape}."


def _index_named(frame: Frame) -> str:
    return _listed([name or "without a name" for name in frame.names]) if frame.names else "the numbers of the rows"


def _listed(names: Iterable[str]) -> str:
    given = list(names)
    more = f", and {len(given) - 20} more" if len(given) > 20 else ""
    return (", ".join(_cut(name) for name in given[:20]) or "none") + more


def _quoted(name: str) -> str:
    return f"'{_cut(name)}'"


def _said(value: Value) -> str:
    if _is_missing(value):
        return "nothing"
    if isinstance(value, int) and abs(value) > 10**_NAMED:
        return "a very large number"
    return _cut(f"'{value}'" if isinstance(value, str) else repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= _NAMED else f"{text[:_NAMED]}..."
