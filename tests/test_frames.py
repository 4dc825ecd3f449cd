"""A table is evidence: its facts are read as data, and compared in what the tags of a test say that counts."""

import json
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from autograder.errors import EvidenceError
from autograder.frames.comparison import COLUMNS_TAG, INDEX_TAG, ORDER_TAG, TYPES_TAG, VALUES_TAG
from autograder.frames.evidence import FRAME
from autograder.frames.facts import MAX_CELLS, MAX_TEXT, facts_of, from_text, to_text
from autograder.frames.picture import ROWS, table, text
from autograder.subject import PLAIN, find_subject, kinds_of

FRAME_ABC = pd.DataFrame({"name": ["a", "b", "c"], "n": [1, 2, 3]})


def facts(shown: Any) -> str:
    return to_text(facts_of(shown))


def differ(shown: Any, expected: Any, *tags: str) -> str:
    said = FRAME.difference(facts(shown), facts(expected), tags or (VALUES_TAG,))
    assert FRAME.agrees(facts(shown), facts(expected), tags or (VALUES_TAG,)) == (not said)
    return said


EQUAL: dict[str, tuple[Any, Any, tuple[str, ...]]] = {
    "the same": (FRAME_ABC, FRAME_ABC.copy(), (ORDER_TAG, INDEX_TAG, TYPES_TAG)),
    "rows in another order": (FRAME_ABC, FRAME_ABC.iloc[::-1], (VALUES_TAG,)),
    "rows in another order with their index": (
        FRAME_ABC,
        FRAME_ABC.iloc[[2, 0, 1]].set_index("name"),
        (COLUMNS_TAG,),
    ),
    "columns in another order": (FRAME_ABC, FRAME_ABC[["n", "name"]], (VALUES_TAG,)),
    "another index": (FRAME_ABC, FRAME_ABC.set_index([[7, 8, 9]]), (ORDER_TAG,)),
    "another type of number": (FRAME_ABC, FRAME_ABC.astype({"n": "float32"}), (ORDER_TAG,)),
    "nearly the same number": ([[1.0, 0.1 + 0.2]], [[1, 0.3]], (ORDER_TAG,)),
    "nearly the same numbers in another order": (
        pd.DataFrame({"x": [1.0 + 1e-9, 1.0], "y": [2, 1]}),
        pd.DataFrame({"x": [1.0, 1.0 + 1e-9], "y": [2, 1]}),
        (VALUES_TAG,),
    ),
    "nothing": (pd.DataFrame({"x": [None, 1.0]}), pd.DataFrame({"x": [math.nan, 1.0]}), (ORDER_TAG,)),
    "nothing in another order": (pd.DataFrame({"x": [1, None]}), pd.DataFrame({"x": [None, 1]}), (VALUES_TAG,)),
    "infinite": (np.array([math.inf, -math.inf]), [math.inf, -math.inf], (ORDER_TAG,)),
    "an array and a list": (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]], (ORDER_TAG,)),
    "a series and its table": (pd.Series([1, 2], name="n"), pd.DataFrame({"n": [1, 2]}), (ORDER_TAG,)),
    "times": (
        pd.DataFrame({"t": pd.to_datetime(["2024-01-01"])}),
        pd.DataFrame({"t": [pd.Timestamp(2024, 1, 1)]}),
        (ORDER_TAG,),
    ),
    "empty": (pd.DataFrame({"x": []}), pd.DataFrame({"x": []}), (ORDER_TAG,)),
    "an empty array": (np.zeros((0, 3)), np.zeros((0, 3)), (ORDER_TAG,)),
    "a large array": (np.arange(24).reshape(2, 3, 4), np.arange(24).reshape(2, 3, 4), (ORDER_TAG,)),
    "two columns of one name": (
        pd.DataFrame([[1, 2]], columns=["x", "x"]),
        pd.DataFrame([[1, 2]], columns=["x", "x"]),
        (VALUES_TAG,),
    ),
}


@pytest.mark.parametrize(("shown", "expected", "tags"), EQUAL.values(), ids=EQUAL)
def test_what_does_not_count_makes_no_difference(shown: Any, expected: Any, tags: tuple[str, ...]) -> None:
    if "index" in str(tags) or COLUMNS_TAG not in tags:
        assert differ(shown, expected, *tags) == ""
        assert differ(expected, shown, *tags) == ""


UNLIKE: dict[str, tuple[Any, Any, tuple[str, ...], str]] = {
    "rows in another order": (FRAME_ABC.iloc[::-1], FRAME_ABC, (ORDER_TAG,), "Row 1, column 'name': expected is 'a'"),
    "a row is missing": (FRAME_ABC[:2], FRAME_ABC, (VALUES_TAG,), "Expected are 3 rows, shown are 2."),
    "a row twice": (
        FRAME_ABC.iloc[[0, 1, 1]],
        FRAME_ABC,
        (VALUES_TAG,),
        "Expected, and not shown: 'c', 3\nShown, and not expected: 'b', 2",
    ),
    "a value": ([[1, 2]], [[1, 3]], (ORDER_TAG,), "Row 1, column '1': expected is 3, shown is 2."),
    "a text for a number": ([["1"]], [[1]], (ORDER_TAG,), "expected is 1, shown is '1'."),
    "a truth for a number": ([[True]], [[1]], (ORDER_TAG,), "expected is 1, shown is True."),
    "nothing for a number": ([[math.nan]], [[0]], (ORDER_TAG,), "expected is 0, shown is nothing."),
    "a column": (FRAME_ABC[["n"]], FRAME_ABC, (COLUMNS_TAG,), "Missing: name"),
    "another name": (FRAME_ABC.rename(columns={"n": "N"}), FRAME_ABC, (VALUES_TAG,), "Not expected: N"),
    "a type": (
        FRAME_ABC.astype({"n": "float64"}),
        FRAME_ABC,
        (COLUMNS_TAG, TYPES_TAG),
        "'n' should be of the type int64",
    ),
    "an index": (
        FRAME_ABC,
        FRAME_ABC.set_index([[7, 8, 9]]),
        (VALUES_TAG, INDEX_TAG),
        "The index should be without a name",
    ),
    "a value of the index": (
        FRAME_ABC.set_index("name").rename(index={"a": "z"}),
        FRAME_ABC.set_index("name"),
        (ORDER_TAG, INDEX_TAG),
        "column 'index name': expected is 'a', shown is 'z'.",
    ),
    "a shape": (np.zeros((2, 3)), np.zeros((3, 2)), (ORDER_TAG,), "Expected is the shape (3, 2), shown is (2, 3)."),
    "a flat list": ([1, 2], [[1], [2]], (ORDER_TAG,), "Expected is the shape (2, 1), shown is (2,)."),
    "an array in another order": (np.array([2, 1]), np.array([1, 2]), (VALUES_TAG,), "Row 1"),
    "an array for a table": (
        FRAME_ABC.to_numpy(),
        FRAME_ABC,
        (VALUES_TAG,),
        "Expected is a table with named columns",
    ),
    "very large numbers": ([[10**400]], [[1.5]], (ORDER_TAG,), "shown is a very large number."),
}


@pytest.mark.parametrize(("shown", "expected", "tags", "words"), UNLIKE.values(), ids=UNLIKE)
def test_what_counts_is_named(shown: Any, expected: Any, tags: tuple[str, ...], words: str) -> None:
    assert words in differ(shown, expected, *tags)


def test_a_message_stays_short_whatever_differs() -> None:
    said = differ(np.arange(10_000).reshape(100, 100), np.zeros((100, 100)), ORDER_TAG)
    assert len(said.splitlines()) == 6 and said.endswith("9994 more values differ.")
    assert len(differ([["x" * 900] * 50] * 20, [["y" * 900] * 50] * 20, VALUES_TAG)) < 20_000


@pytest.mark.parametrize(
    ("shown", "error", "words"),
    [
        (None, TypeError, "None: does your function return its result?"),
        ("text", TypeError, "a str"),
        ({"a": 1}, TypeError, "a dict"),
        (7, TypeError, "a int"),
        (np.zeros(MAX_CELLS + 1), ValueError, "show a part of it"),
        ([[1, 2], [3]], ValueError, "not equally long"),
    ],
)
def test_what_is_no_table_cannot_be_shown(shown: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        facts_of(shown)


def test_values_of_other_kinds_count_as_their_text() -> None:
    odd = [[Decimal("1.5"), (1, [2]), {"a": [1]}, b"x", 1 + 2j, np.float32(0.5), np.bool_(True), pd.NaT]]
    (row,) = from_text(facts(odd)).rows
    assert row == ("1.5", "(1, [2])", "{'a': [1]}", "b'x'", "(1+2j)", 0.5, True, None)


RIGHT = json.loads(facts(FRAME_ABC))
FORGED = {
    "no JSON": "{",
    "a pickle": "gASVCAAAAAAAAACMBHJvb3SULg==",
    "another thing": "[1]",
    "more fields": json.dumps(RIGHT | {"more": []}),
    "NaN": '{"columns":["a"],"types":[],"names":[],"index":[],"rows":[[NaN]],"shape":[]}',
    "deep": "[" * 100_000,
    "deep in a value": json.dumps(RIGHT | {"rows": [["a", [[[1]]]]] * 3}),
    "an object as a value": json.dumps(RIGHT | {"rows": [["a", {"number": "1e5"}]] * 3}),
    "an unhashable number": json.dumps(RIGHT | {"rows": [["a", {"number": []}]] * 3}),
    "rows that do not fit": json.dumps(RIGHT | {"rows": [["a"]]}),
    "rows that are no rows": json.dumps(RIGHT | {"rows": "abc"}),
    "columns that are numbers": json.dumps(RIGHT | {"columns": [1, 2]}),
    "types that do not fit": json.dumps(RIGHT | {"types": ["int64"]}),
    "an index that does not fit": json.dumps(RIGHT | {"names": ["i"], "index": [[1]]}),
    "a shape that does not fit": json.dumps(RIGHT | {"shape": [3, 3]}),
    "a negative shape": json.dumps(RIGHT | {"shape": [-3, -2]}),
    "a shape of truths": json.dumps(RIGHT | {"shape": [True, 6]}),
    "too long a text": json.dumps(RIGHT | {"rows": [["a" * 2_000, 1]] * 3}),
    "too many values": json.dumps(RIGHT | {"rows": [["a", 1]] * MAX_CELLS}),
    "too many characters": " " * (MAX_TEXT + 1),
    "a number of many digits": json.dumps(RIGHT).replace("3]", "9" * 5_000 + "]"),
    "no text": "",
}


@pytest.mark.parametrize("shown", FORGED.values(), ids=FORGED)
def test_what_no_table_says_is_refused_in_words(shown: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        FRAME.read(shown)
    assert str(caught.value) and len(str(caught.value)) < 200


def test_a_table_for_the_eye_is_cut_and_holds_no_markup() -> None:
    long = pd.DataFrame({"<script>": ["<img src=x>" * 9] * 500} | {f"c{n}": range(500) for n in range(40)})
    frame = from_text(facts(long))
    assert "<script>" not in table(frame) and "<img" not in table(frame)
    assert table(frame).count("<tr>") == ROWS + 1
    assert text(frame).endswith("(500 rows, 41 columns)")
    assert text(from_text(facts(FRAME_ABC))) == "   name  n\n0     a  1\n1     b  2\n2     c  3"


def test_both_tables_are_drawn_and_what_differs_is_marked() -> None:
    drawn = FRAME.drawn(facts([[1, 2]]), facts([[1, 3]]))
    assert drawn is not None
    assert "<td>1</td><td><mark>3</mark></td>" in drawn[0] and "<td><mark>2</mark></td>" in drawn[1]
    assert FRAME.drawn(facts([[1]]), facts([[1]])) is None


def test_every_course_may_show_tables() -> None:
    assert [kind.name for kind in kinds_of(PLAIN)] == ["frame"]
    assert [kind.name for kind in kinds_of(find_subject("sharing_variables"))] == ["frame", "graph"]
