"""All that is known about one graded submission."""

import sys
from dataclasses import dataclass, field, replace
from typing import Any

import cattrs

from autograder.grading.verdict import NotebookVerdict, State, worst

_CONVERTER = cattrs.Converter(detailed_validation=False)
# A class is in memory as a whole, and says the same words again and again: one of each is kept.
_CONVERTER.register_structure_hook(str, lambda text, _: sys.intern(str(text)))


@dataclass(frozen=True, slots=True)
class Result:
    """
    All that is known about one graded submission; gradebook and reports are drawn from it.

    Attributes
    ----------
    verdicts : tuple of NotebookVerdict
        One for each master notebook, in order.
    executed : dict of str to str
        By notebook name, as the text of a notebook file: what ran, with its outputs; the unanswered master where
        nothing could be run. Empty once the result has been stored, which keeps the texts in files of their own.
    """

    student: str
    assignment: str
    verdicts: tuple[NotebookVerdict, ...]
    executed: dict[str, str] = field(repr=False)
    timestamp: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """The worst of the notebooks' states."""
        return worst(verdict.state for verdict in self.verdicts)

    @property
    def points(self) -> float | None:
        """The points of the whole submission less its penalties, or None while a part of it needs review."""
        if not all(verdict.state.is_graded for verdict in self.verdicts):
            return None
        return max(0.0, sum(verdict.earned - verdict.penalty for verdict in self.verdicts))

    @property
    def max_points(self) -> float:
        """What the submission is worth."""
        return sum(verdict.max_points for verdict in self.verdicts)

    @property
    def may_run_again(self) -> bool:
        """Whether a part of it is worth another run, which nothing hidden has been told for."""
        return any(verdict.may_run_again for verdict in self.verdicts)

    @property
    def is_final(self) -> bool:
        """Whether grading it again would give the same: not so where the grader itself failed."""
        return not any(verdict.state.is_the_graders for verdict in self.verdicts)


def as_data(result: Result) -> dict[str, Any]:
    """Reduce a result to what JSON can hold, without the notebooks as they were run, which are large."""
    data: dict[str, Any] = _CONVERTER.unstructure(replace(result, executed={}))
    return data


def from_data(data: object) -> Result:
    """
    Make a result of what `as_data` has given.

    Raises
    ------
    ValueError
        When it is anything else.
    """
    try:
        return _CONVERTER.structure(data, Result)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError, cattrs.BaseValidationError) as error:
        raise ValueError(f"it is no result ({type(error).__name__})") from None
