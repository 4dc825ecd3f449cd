"""
Compare what a student predicts with what is so.

A test of a prediction says only what is its own: which answer, which fact, and the reason. The rest is here, and not
in a notebook, so that a student who binds ``display`` or ``str`` to something else changes nothing.
"""

from collections.abc import Sequence
from typing import Any

Fact = str | bool | int | float | Sequence["Fact"]
"""What a prediction may be about: a name, a flag, a number, or a list of facts."""


def check_prediction(predicted: object, actual: Fact, why: str) -> None:
    """
    Display a prediction, and raise if it is wrong.

    The prediction is first converted to the types of `actual`: to ``str`` what is compared with a string, to a list
    what is compared with a list or a tuple. A string stays a string, so that the word ``"True"`` does not count as
    ``True``.

    Parameters
    ----------
    predicted : object
        What the student expects.
    actual : str, bool, int, float, or a list or tuple of these
        What is so. Lists may hold lists.
    why : str
        The reason, as whole sentences; they follow "You predicted ..., and the answer is ...".

    Raises
    ------
    AssertionError
        If the prediction is wrong. It has been displayed by then, unless it is a set, which has no order, or cannot
        be converted, such as a number where a list belongs.
    """
    from IPython.display import display

    try:
        shown, expected = _like(actual, predicted), _like(actual, actual)
    except (TypeError, ValueError) as error:
        kind = "list" if isinstance(actual, list | tuple) else type(actual).__name__
        raise AssertionError(
            f"You predicted {predicted!r}, which does not fit: the answer is of type {kind}."
        ) from error
    display(shown)  # type: ignore[no-untyped-call]  # IPython leaves it untyped
    if shown != expected:
        raise AssertionError(f"You predicted {shown!r}, and the answer is {expected!r}. {why}")


def _like(fact: Any, value: Any) -> object:
    """Convert a value to the type of a fact; items beyond those of a list of facts, to the type of its last one."""
    if isinstance(value, str):
        return str(value)
    for kind in (str, bool, int, float):
        if isinstance(fact, kind):
            return kind(value)
    if isinstance(value, set | frozenset):
        raise AssertionError("A set has no order: give a list.")
    facts = list(fact) or [""]
    return [_like(facts[min(place, len(facts) - 1)], item) for place, item in enumerate(value)]
