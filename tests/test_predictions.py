"""A prediction is displayed in the types of the fact, and then compared with it."""

from collections import namedtuple

import numpy as np
import pytest

from autograder import check_prediction
from autograder.predictions import Fact

NAMES = ["W:0", "b:0"]
Counts = namedtuple("Counts", ["one", "two"])


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Collect what is displayed."""
    shown: list[object] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    return shown


RIGHT: dict[str, tuple[object, Fact, object]] = {
    "a name": ("TypeError", "TypeError", "TypeError"),
    "a name of NumPy's": (np.str_("TypeError"), "TypeError", "TypeError"),
    "a list of names": (["W:0", "b:0"], NAMES, NAMES),
    "a tuple of names": (("W:0", "b:0"), NAMES, NAMES),
    "an array of names": (np.array(NAMES), NAMES, NAMES),
    "names from a generator": ((f"{name}:0" for name in "Wb"), NAMES, NAMES),
    "the keys of a dictionary": (dict.fromkeys(NAMES), NAMES, NAMES),
    "a fact that is a tuple": (["W:0", "b:0"], ("W:0", "b:0"), NAMES),
    "nothing": ((), [], []),
    "a flag": (0, False, False),
    "a flag of NumPy's": (np.bool_(True), True, True),
    "flags": ((0, True), (False, True), [False, True]),
    "a number": (1, 1.0, 1.0),
    "a number of NumPy's": (np.float32(1), 1.0, 1.0),
    "a fact of NumPy's": (1, np.float64(1), 1.0),
    "numbers with names": (Counts(4, np.int64(8)), [4, 8], [4, 8]),
    "lists in a list": ((("a:0", "b:0"), ("c:0",)), [["a:0", "b:0"], ["c:0"]], [["a:0", "b:0"], ["c:0"]]),
    "a list of several types": (("foo", 1), ["foo", True], ["foo", True]),
}


@pytest.mark.parametrize(("predicted", "actual", "shown"), RIGHT.values(), ids=RIGHT)
def test_a_right_prediction_is_displayed_in_the_types_of_the_fact(
    displayed: list[object], predicted: object, actual: Fact, shown: object
) -> None:
    check_prediction(predicted, actual, "Because.")
    assert [repr(one) for one in displayed] == [repr(shown)]


WRONG: dict[str, tuple[object, Fact, str]] = {
    "another name": ("shares", "TypeError", "'shares'"),
    "the exception and not its name": (TypeError, "TypeError", "\"<class 'TypeError'>\""),
    "other names": (["W:0", "b:0", 7], NAMES, "['W:0', 'b:0', '7']"),
    "too few names": (["W:0"], NAMES, "['W:0']"),
    "one name for a list": ("W:0", NAMES, "'W:0'"),
    "a word for a flag": ("True", True, "'True'"),
    "words for flags": (("False", "True"), (False, True), "['False', 'True']"),
    "a word for a number": ("1.0", 1.0, "'1.0'"),
    "words for numbers": (("4", "8"), [4, 8], "['4', '8']"),
    "a name for a list in a list": (["a:0"], [["a:0"]], "['a:0']"),
    "something that was not there": (["W:0"], [], "['W:0']"),
}


@pytest.mark.parametrize(("predicted", "actual", "shown"), WRONG.values(), ids=WRONG)
def test_a_wrong_prediction_is_displayed_before_the_reason_is_given(
    displayed: list[object], predicted: object, actual: Fact, shown: str
) -> None:
    with pytest.raises(AssertionError) as raised:
        check_prediction(predicted, actual, "A name that is taken gets a number.")
    assert [repr(one) for one in displayed] == [shown]
    fact = list(actual) if isinstance(actual, tuple) else actual
    assert str(raised.value) == (
        f"You predicted {shown}, and the answer is {fact!r}. A name that is taken gets a number."
    )


@pytest.mark.parametrize(
    ("predicted", "actual"),
    [({"W:0", "b:0"}, NAMES), (frozenset(NAMES), NAMES), ([{"a:0"}, ["c:0"]], [["a:0"], ["c:0"]])],
)
def test_a_set_is_refused_before_anything_is_displayed(
    displayed: list[object], predicted: object, actual: Fact
) -> None:
    with pytest.raises(AssertionError, match=r"A set has no order: give a list\."):
        check_prediction(predicted, actual, "Because.")
    assert displayed == []


@pytest.mark.parametrize(("predicted", "actual"), [(8, NAMES), (None, 1.0), ([1.0], 1.0)])
def test_what_cannot_be_converted_is_not_displayed(displayed: list[object], predicted: object, actual: Fact) -> None:
    with pytest.raises(AssertionError, match=r"^You predicted .*, which does not fit: the answer is of type "):
        check_prediction(predicted, actual, "Because.")
    assert displayed == []
