"""
What a notebook calls: `show_frame` shows a table or an array.

It runs in a student's kernel. Whoever grades looks at the facts, which travel in the same display bundle as JSON.
"""

import sys
from typing import Any

from autograder.known_tests import Expected, differs, next_expected
from autograder.probes import as_in_this_run

FRAME_TYPE = "application/vnd.autograder.frame"
"""MIME type of the facts of a table that was shown, as `autograder.frames.facts.to_text` writes them."""

EXPECTED_TYPE = "application/vnd.autograder.frame.expected"
"""MIME type of the facts that are expected of one, in the same form."""


def show_frame(shown: Any, /) -> None:
    """
    Show a table or an array.

    Parameters
    ----------
    shown : pandas.DataFrame, pandas.Series, numpy.ndarray, or list of lists
        What to show.

    Raises
    ------
    TypeError
        When it is none of these.
    ValueError
        When it has too many values, or rows that are not equally long.
    AssertionError
        When a test calls it, and the table is not as the course's own, in what the test says that counts.
    """
    from IPython.display import display

    from autograder.errors import EvidenceError
    from autograder.frames.facts import facts_of, from_text, to_text
    from autograder.frames.picture import table, text

    facts = to_text(facts_of(shown))
    try:
        frame = from_text(facts)
    except EvidenceError as error:
        raise ValueError(f"this table cannot be shown: {error}") from None
    bundle = {"text/plain": text(frame), "text/html": table(frame), FRAME_TYPE: facts}
    display(bundle, raw=True)  # type: ignore[no-untyped-call]  # IPython leaves it untyped
    expected = next_expected("frame", sys._getframe(1))
    if expected is not None:
        _compare(facts, expected)


def _compare(facts: str, expected: Expected) -> None:
    """Raise where a table differs from the one that its test expects; at a desk, show that one, too."""
    from autograder.frames.comparison import difference, terms_of
    from autograder.frames.facts import from_text
    from autograder.frames.picture import table, text

    wanted, terms = from_text(as_in_this_run(expected.facts)), terms_of(expected.tags)
    found = "" if terms is None else difference(from_text(facts), wanted, terms)
    if found:
        differs(found, expected.facts, EXPECTED_TYPE, lambda: (f"Expected:\n{text(wanted)}", table(wanted)))
