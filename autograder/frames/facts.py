"""
A table reduced to facts: its columns with their types, its index, and its values, in JSON that says nothing else.

A value is nothing, a truth, a number, a text, or a time written as text; anything else counts as the text that Python
writes for it. Facts are read under caps, wherever they come from.
"""

import json
import math
from dataclasses import dataclass
from typing import Any, TypeGuard

from autograder.errors import EvidenceError

MAX_CELLS = 100_000
"""Most values of a table."""

MAX_COLUMNS = 1_000
"""Most columns of a table."""

MAX_VALUE = 1_000
"""Most characters of a text in a table; what is longer counts up to there."""

MAX_TEXT = 8 * 2**20
"""Most characters of the facts of a table."""

NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
"""How numbers are written that JSON has none for."""

Value = None | bool | int | float | str
"""What stands in a table."""

_FIELDS = {"columns", "types", "names", "index", "rows", "shape"}


@dataclass(frozen=True)
class Frame:
    """
    The facts of a table.

    Attributes
    ----------
    columns : tuple of str
        The names of its columns; of an array, which has none, their numbers.
    types : tuple of str
        By column, the name of its dtype; empty where that is not known, as of lists.
    names : tuple of str
        The names of the parts of its index; empty for rows that are only numbered.
    index : tuple of tuple
        By row, the parts of its index; empty for rows that are only numbered.
    rows : tuple of tuple
        By row, its values.
    shape : tuple of int
        Of an array; empty for a table with named columns.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    names: tuple[str, ...]
    index: tuple[tuple[Value, ...], ...]
    rows: tuple[tuple[Value, ...], ...]
    shape: tuple[int, ...]


def facts_of(shown: Any) -> Frame:
    """
    Reduce a pandas DataFrame or Series, a NumPy array, or a list of lists to facts.

    Raises
    ------
    TypeError
        When it is something else.
    ValueError
        When it has more values than a table that somebody compares.
    """
    kind = _kind(shown)
    if kind == "Series":
        shown, kind = shown.to_frame("" if shown.name is None else shown.name), "DataFrame"
    if kind == "DataFrame":
        return _of_a_data_frame(shown)
    if kind == "Index":
        shown, kind = shown.to_numpy(), "ndarray"
    if kind == "ndarray":
        return _of_an_array(shown)
    if isinstance(shown, list | tuple):
        return _of_lists(list(shown))
    what = "None: does your function return its result?" if shown is None else f"a {type(shown).__name__}"
    raise TypeError(f"a table or an array can be shown, and this is {what}")


def to_text(frame: Frame) -> str:
    """Write facts as JSON; names and texts stand in it as they are."""
    return json.dumps(
        {
            "columns": frame.columns,
            "types": frame.types,
            "names": frame.names,
            "index": [[_written(value) for value in row] for row in frame.index],
            "rows": [[_written(value) for value in row] for row in frame.rows],
            "shape": frame.shape,
        },
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    )


def from_text(text: str) -> Frame:
    """
    Read facts that somebody wrote.

    Raises
    ------
    EvidenceError
        When they are too big, no facts, or say what no table says.
    """
    if len(text) > MAX_TEXT:
        raise EvidenceError(f"it has more than {MAX_TEXT} characters")
    try:
        # Nothing of it is nested deeper than rows of values are.
        given = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise EvidenceError("it is no table") from None
    if (
        not isinstance(given, dict)
        or given.keys() != _FIELDS
        or not all(isinstance(part, list) for part in given.values())
    ):
        raise EvidenceError("it is no table")
    columns, types, names = (_texts(given[part]) for part in ("columns", "types", "names"))
    rows, index = _rows(given["rows"], len(columns)), _rows(given["index"], len(names))
    shape = given["shape"]
    if not all(type(size) is int and 0 <= size <= MAX_CELLS for size in shape) or len(shape) > 10:
        raise EvidenceError("its shape is none")
    if len(columns) > MAX_COLUMNS or len(rows) * max(1, len(columns)) > MAX_CELLS:
        raise EvidenceError(f"it has more than {MAX_CELLS} values or {MAX_COLUMNS} columns")
    if len(types) not in (0, len(columns)) or len(index) not in ((0, len(rows)) if names else (0,)):
        raise EvidenceError("its parts do not fit together")
    if shape and math.prod(shape) != len(rows) * len(columns):
        raise EvidenceError("its parts do not fit together")
    return Frame(columns, types, names, index, rows, tuple(shape))


def is_number(value: Value) -> TypeGuard[int | float]:
    """Tell whether a value is a number, which a truth is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(shown: Any) -> str:
    """Name what of pandas and NumPy something is, without importing them."""
    for base in type(shown).__mro__:
        if base.__module__.partition(".")[0] in ("pandas", "numpy") and base.__name__ in (
            "DataFrame",
            "Series",
            "Index",
            "ndarray",
        ):
            return base.__name__
    return ""


def _of_a_data_frame(shown: Any) -> Frame:
    _measure(len(shown), len(shown.columns))
    columns = [[_value(value) for value in shown.iloc[:, place]] for place in range(len(shown.columns))]
    numbered = shown.index.nlevels == 1 and shown.index.name is None and list(shown.index) == [*range(len(shown))]
    parts = [] if numbered else [shown.index.get_level_values(level) for level in range(shown.index.nlevels)]
    return Frame(
        columns=tuple(_name(name) for name in shown.columns),
        types=tuple(str(dtype) for dtype in shown.dtypes),
        names=tuple("" if part.name is None else _name(part.name) for part in parts),
        index=tuple(zip(*([_value(value) for value in part] for part in parts), strict=True)),
        rows=tuple(zip(*columns, strict=True)) if columns else ((),) * len(shown),
        shape=(),
    )


def _of_an_array(shown: Any) -> Frame:
    shape = tuple(int(size) for size in shown.shape)
    width = shape[-1] if len(shape) > 1 else 1
    _measure(int(shown.size) // max(1, width), width)
    values = [_value(value) for value in shown.ravel().tolist()]
    rows = tuple(tuple(values[start : start + width]) for start in range(0, len(values), max(1, width)))
    columns = tuple(str(number) for number in range(width))
    return Frame(columns, (str(shown.dtype),) * width, (), (), rows, shape or (1,))


def _of_lists(shown: list[Any]) -> Frame:
    rows = [list(row) if isinstance(row, list | tuple) else [row] for row in shown]
    width = max(map(len, rows), default=0)
    _measure(len(rows), width)
    if any(len(row) != width for row in rows):
        raise ValueError("its rows are not equally long")
    is_flat = not any(isinstance(row, list | tuple) for row in shown)
    shape = (len(rows),) if is_flat else (len(rows), width)
    columns = tuple(str(number) for number in range(width))
    return Frame(columns, (), (), (), tuple(tuple(map(_value, row)) for row in rows), shape)


def _measure(rows: int, columns: int) -> None:
    if rows * max(1, columns) > MAX_CELLS or columns > MAX_COLUMNS:
        raise ValueError(
            f"it has {rows} rows and {columns} columns, which is more than can be compared "
            f"({MAX_CELLS} values): show a part of it"
        )


def _name(name: Any) -> str:
    return " / ".join(map(str, name))[:MAX_VALUE] if isinstance(name, tuple) else str(name)[:MAX_VALUE]


def _value(value: Any) -> Value:
    """Give what of a value counts."""
    if value is None or type(value).__name__ in ("NaTType", "NAType"):
        return None
    if hasattr(value, "item") and type(value).__module__ == "numpy":
        value = value.item()
    if isinstance(value, bool | int | float):
        # A subclass may say anything about itself.
        kind = bool if isinstance(value, bool) else int if isinstance(value, int) else float
        return kind(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:MAX_VALUE]
    return str(value)[:MAX_VALUE]


def _written(value: Value) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    return value


def _refuse(name: str) -> float:
    raise ValueError(name)


def _texts(given: list[Any]) -> tuple[str, ...]:
    if len(given) > MAX_COLUMNS or not all(isinstance(text, str) and len(text) <= MAX_VALUE for text in given):
        raise EvidenceError("its columns are not texts, or too many")
    return tuple(given)


def _rows(given: list[Any], width: int) -> tuple[tuple[Value, ...], ...]:
    if not all(isinstance(row, list) and len(row) == width for row in given):
        raise EvidenceError("its rows do not fit its columns")
    return tuple(tuple(map(_read, row)) for row in given)


def _read(value: Any) -> Value:
    if isinstance(value, dict):
        if value.keys() == {"number"} and value["number"] in tuple(NOT_FINITE):
            return NOT_FINITE[value["number"]]
        raise EvidenceError("a value of it is none")
    if isinstance(value, list) or (isinstance(value, str) and len(value) > MAX_VALUE):
        raise EvidenceError("a value of it is none, or too long")
    return float(value) if isinstance(value, float) else value
