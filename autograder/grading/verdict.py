"""
Points and states: fail closed.

Every notebook ends in exactly one state. A cell's points need everything that its checks look at to hold. Where the
asserts hold and the evidence does not, a reviewer must look: the same is asserted in the kernel, so that only
tampering or a bad test can do that. In such a notebook the other cells keep what is beyond doubt: a loss, and points
for evidence that was judged outside of the kernel. States that cut a run short carry no points at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from autograder.grading.checks import ASSERT, Finding, Outcome
from autograder.hints import Hint

SIDE_CHARACTERS = 300
"""Characters of what a check says that fit into the reason of a REVIEW."""


class Kind(Enum):
    """The kinds of state, from the best to the worst: a submission is in the worst of its notebooks' states."""

    GRADED = "GRADED"
    SETTLED = "SETTLED"
    REVIEW = "REVIEW"
    TIMEOUT = "TIMEOUT"
    LIMIT = "LIMIT"
    CRASH = "CRASH"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class State:
    """
    Where a notebook or a submission ended.

    Attributes
    ----------
    kind : Kind
        The state.
    word : str
        The scope of a timeout, the kind of a limit, the reason of a rejection: one word, or empty.
    message : str
        One line for the instructor, "what happened; what to do"; empty for GRADED. Of SETTLED, what it was before.
    """

    kind: Kind
    word: str = ""
    message: str = ""

    @property
    def for_student(self) -> str:
        """What the student reads of it: what happened, without what the instructor should do."""
        if self.word == "absent":
            # There is nothing that anybody could review.
            return "Nothing was handed in."
        return f"{self}: {self.message.split('; ')[0]}. Your instructor will review this notebook."

    def __str__(self) -> str:
        """Write the state as the documentation does: ``REJECTED(empty)``."""
        return f"{self.kind.value}({self.word})" if self.word else self.kind.value

    @property
    def is_graded(self) -> bool:
        """Whether points count: the grader's, or those with which a reviewer has settled what it could not decide."""
        return self.kind in (Kind.GRADED, Kind.SETTLED)

    @property
    def is_the_graders(self) -> bool:
        """Whether the grader failed, and not the submission."""
        return self.kind is Kind.CRASH and self.word == "grader"


GRADED = State(Kind.GRADED)


@dataclass(frozen=True, slots=True)
class CellVerdict:
    """
    A graded cell: what its checks found, and the points that they are worth.

    Attributes
    ----------
    points : float
        All of `max_points` or none of them, unless the test itself says how many; whether they count depends on
        the notebook's state, see `NotebookVerdict.settled`.
    disagree : bool
        Whether the asserts hold and the evidence does not.
    unseen : str
        What only the hidden part found, in its own words: for instructors, never for a student or a gradebook.
    """

    grade_id: str
    points: float
    max_points: float
    findings: tuple[Finding, ...]
    disagree: bool = False
    unseen: str = ""

    @property
    def is_beyond_doubt(self) -> bool:
        """Whether the points stand where another cell of the notebook contradicts itself."""
        rests_on_evidence = any(finding.check != ASSERT for finding in self.findings)
        return not self.disagree and (rests_on_evidence or not self.points)

    @property
    def passed(self) -> bool:
        """Whether it has all of its points; where it has none to give, whether everything holds that it looks at."""
        holds = all(finding.outcome is Outcome.HOLDS for finding in self.findings)
        return self.points >= self.max_points and (self.max_points > 0 or (holds and bool(self.findings)))

    @property
    def message(self) -> str:
        """Why there are no points, for the student; empty when there are."""
        return "\n".join(dict.fromkeys(finding.message for finding in self.findings if finding.message))


@dataclass(frozen=True, slots=True)
class Raised:
    """
    What a cell that is no test raised when it ran.

    Attributes
    ----------
    cell : str
        Its id.
    error : str
        One line: ``"ModuleNotFoundError: No module named 'sklearn'"``.
    words : str
        The same as students read it.
    tests_above : int
        How many tests stand above it.
    """

    cell: str
    error: str
    words: str
    tests_above: int


@dataclass(frozen=True, slots=True)
class NotebookVerdict:
    """
    One notebook of a submission.

    Attributes
    ----------
    earned : float
        What the checks that held are worth, whatever the state: a reviewer may grant it.
    notes : tuple of str
        What the rebuild noticed.
    hints : tuple of Hint
        The misconceptions that the answers without points show, in the order of the exercises.
    seconds : float
        Wall time of the run and of judging it.
    blank : tuple of str
        The manually graded answers that are as they were released: nbgrader gives them no points.
    penalty : float
        What nbgrader takes off for being late, once that is known.
    raised : tuple of Raised
        What answers and other cells raised before any test looked at them, in order.
    may_run_again : bool
        Whether the batch may run the notebook once more by itself: the grader failed on it, and its kernel had been
        told nothing hidden, or has ended together with all others.
    """

    name: str
    state: State
    max_points: float
    cells: tuple[CellVerdict, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    hints: tuple[Hint, ...] = ()
    blank: tuple[str, ...] = ()
    penalty: float = 0.0
    raised: tuple[Raised, ...] = ()
    may_run_again: bool = False

    @property
    def earned(self) -> float:
        """Sum the cells' points."""
        return sum(cell.points for cell in self.cells)

    @property
    def settled(self) -> tuple[CellVerdict, ...]:
        """The cells whose points count: all of them, those beyond doubt, or none, as the state says."""
        if self.state.kind is Kind.REVIEW:
            return tuple(cell for cell in self.cells if cell.is_beyond_doubt)
        return self.cells if self.state.is_graded else ()

    @property
    def kept(self) -> float:
        """The points of the cells that are settled."""
        return sum(cell.points for cell in self.settled)

    @property
    def scores(self) -> dict[str, float]:
        """The automatic scores by cell: nbgrader's rule is that an answer nobody has touched gets none."""
        blank = self.blank if self.state.is_graded else ()
        return {cell.grade_id: cell.points for cell in self.settled} | dict.fromkeys(blank, 0.0)

    @property
    def points(self) -> float | None:
        """The points less the penalty for being late, or None while it needs review."""
        return max(0.0, self.earned - self.penalty) if self.state.is_graded else None


def decide_cell(grade_id: str, max_points: float, findings: tuple[Finding, ...]) -> CellVerdict:
    """Turn the findings of one cell into points. A cell without findings gets none: nothing was shown."""
    asserts = [f.outcome is Outcome.HOLDS for f in findings if f.check == ASSERT]
    evidence = [f.outcome is Outcome.HOLDS for f in findings if f.check != ASSERT]
    holds = bool(findings) and all(asserts) and all(evidence)
    disagree = bool(asserts and evidence) and all(asserts) and not all(evidence)
    given = [finding.points for finding in findings if finding.points is not None]
    return CellVerdict(grade_id, min([max_points, *given]) if holds else 0.0, max_points, findings, disagree)


def review_state(cells: Sequence[CellVerdict]) -> State:
    """Find the state of a notebook that ran to its end: REVIEW if any cell contradicts itself, else GRADED."""
    odd = [cell for cell in cells if cell.disagree]
    if not odd:
        return GRADED
    sure = [cell for cell in cells if cell.is_beyond_doubt]
    kept, most = sum(cell.points for cell in sure), sum(cell.max_points for cell in sure)
    return State(
        Kind.REVIEW,
        message="; ".join(
            [
                f"asserts and evidence disagree in {', '.join(cell.grade_id for cell in odd)}",
                *map(_both_sides, odd),
                f"{kept:g} of {most:g} points of other cells stand",
                "look whether the test or the answer is wrong",
            ]
        ),
    )


def _both_sides(cell: CellVerdict) -> str:
    """Say which checks of a cell hold, and what the others say."""
    held = [finding.check for finding in cell.findings if finding.outcome is Outcome.HOLDS]
    others = [
        f"{finding.check} does not ({' '.join(finding.message.split())[:SIDE_CHARACTERS]})"
        for finding in cell.findings
        if finding.outcome is not Outcome.HOLDS
    ]
    verb = "hold" if len(held) > 1 else "holds"
    return f"in {cell.grade_id} {' and '.join(held)} {verb}, {', '.join(others)}"


def worst(states: Iterable[State]) -> State:
    """Find the state of a submission: the worst of its notebooks' states."""
    order = list(Kind)
    return max(states, key=lambda state: order.index(state.kind), default=GRADED)
