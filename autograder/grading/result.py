"""All that is known about one graded submission."""

from dataclasses import dataclass, field

from autograder.grading.verdict import NotebookVerdict, State, worst


@dataclass(frozen=True)
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
        """The automatic points of the whole submission, or None while a part of it needs review."""
        counted = [verdict.points for verdict in self.verdicts]
        return None if None in counted else sum(points or 0.0 for points in counted)

    @property
    def may_run_again(self) -> bool:
        """Whether a part of it is worth another run, which nothing hidden has been told for."""
        return any(verdict.may_run_again for verdict in self.verdicts)

    @property
    def is_final(self) -> bool:
        """Whether grading it again would give the same: not so where the grader itself failed."""
        return not any(verdict.state.is_the_graders for verdict in self.verdicts)
