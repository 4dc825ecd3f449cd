"""Points need all to hold, a contradiction needs review, and a submission is as bad as its worst notebook."""

from itertools import product

import pytest

from autograder.grading.checks import Finding, Outcome
from autograder.grading.verdict import (
    GRADED,
    CellVerdict,
    Kind,
    NotebookVerdict,
    State,
    decide_cell,
    review_state,
    worst,
)

HOLDS, FAILS, ABSENT = Outcome.HOLDS, Outcome.FAILS, Outcome.ABSENT

# What the assert found, what the evidence shows (None: the cell does not ask), the points of 2, do they disagree?
COMBINATIONS: tuple[tuple[Outcome | None, Outcome | None, float, bool], ...] = (
    (None, None, 0, False),
    (None, HOLDS, 2, False),
    (None, FAILS, 0, False),
    (None, ABSENT, 0, False),
    (HOLDS, None, 2, False),
    (FAILS, None, 0, False),
    (ABSENT, None, 0, False),
    (HOLDS, HOLDS, 2, False),
    (HOLDS, FAILS, 0, True),
    (HOLDS, ABSENT, 0, True),
    (FAILS, HOLDS, 0, False),
    (FAILS, FAILS, 0, False),
    (FAILS, ABSENT, 0, False),
    (ABSENT, HOLDS, 0, False),
    (ABSENT, FAILS, 0, False),
    (ABSENT, ABSENT, 0, False),
)


def findings(asserted: Outcome | None, shown: Outcome | None) -> tuple[Finding, ...]:
    """Make the findings of a cell that asks for an assert, for evidence, for both or for nothing."""
    found = (("assert", asserted), ("output", shown))
    return tuple(Finding(check, outcome) for check, outcome in found if outcome is not None)


def cell(name: str = "test-double", points: float = 2, *messages: str, disagree: bool = False) -> CellVerdict:
    """Make a decided cell of two points."""
    return CellVerdict(name, points, 2, tuple(Finding("assert", FAILS, m) for m in messages), disagree)


def test_the_combinations_are_all_there_are() -> None:
    outcomes = (None, *Outcome)
    assert {(asserted, shown) for asserted, shown, *_ in COMBINATIONS} == set(product(outcomes, outcomes))


@pytest.mark.parametrize(("asserted", "shown", "points", "disagree"), COMBINATIONS)
def test_points_need_all_to_hold_and_a_contradiction_needs_review(
    asserted: Outcome | None, shown: Outcome | None, points: float, disagree: bool
) -> None:
    decided = decide_cell("test-double", 2, findings(asserted, shown))
    assert (decided.points, decided.max_points, decided.disagree) == (points, 2, disagree)


@pytest.mark.parametrize(
    ("asserted", "shown", "points", "disagree"),
    [
        (HOLDS, (HOLDS, HOLDS), 2, False),
        (HOLDS, (HOLDS, FAILS), 0, True),
        (HOLDS, (ABSENT, HOLDS), 0, True),
        (FAILS, (HOLDS, HOLDS), 0, False),
        (FAILS, (HOLDS, FAILS), 0, False),
    ],
)
def test_two_kinds_of_evidence_count_together(
    asserted: Outcome, shown: tuple[Outcome, Outcome], points: float, disagree: bool
) -> None:
    both = tuple(Finding(check, outcome) for check, outcome in zip(("output", "graph"), shown, strict=True))
    decided = decide_cell("test-double", 2, (Finding("assert", asserted), *both))
    assert (decided.points, decided.disagree) == (points, disagree)


def test_a_cell_says_each_reason_once_and_in_order() -> None:
    assert cell("test-double", 0, "Not 4.", "", "Not shown.", "Not 4.").message == "Not 4.\nNot shown."


def test_a_cell_that_holds_has_nothing_to_say() -> None:
    assert decide_cell("test-double", 2, findings(HOLDS, HOLDS)).message == ""


def test_a_contradiction_makes_a_review_that_names_its_cells() -> None:
    state = review_state([cell("test-a", disagree=True), cell("test-b"), cell("test-c", disagree=True)])
    assert state.kind is Kind.REVIEW
    assert "test-a, test-c" in state.message
    assert "test-b" not in state.message


@pytest.mark.parametrize("kind", Kind)
def test_beside_a_contradiction_only_what_is_beyond_doubt_keeps_its_points(kind: Kind) -> None:
    cells = tuple(
        decide_cell(name, 2, findings(asserted, shown))
        for name, asserted, shown in (
            ("contradicts itself", HOLDS, FAILS),
            ("rests on asserts", HOLDS, None),
            ("has shown it", HOLDS, HOLDS),
            ("has lost", FAILS, None),
        )
    )
    verdict = NotebookVerdict("n", State(kind), 8, cells, blank=("essay",))
    everything = {"contradicts itself": 0, "rests on asserts": 2, "has shown it": 2, "has lost": 0, "essay": 0}
    expected = {
        Kind.GRADED: everything,
        Kind.SETTLED: everything,
        Kind.REVIEW: {"has shown it": 2, "has lost": 0},
    }.get(kind, {})
    assert (verdict.scores, verdict.kept) == (expected, sum(expected.values()))
    assert "2 of 4 points of other cells stand" in review_state(cells).message


@pytest.mark.parametrize("cells", [[], [cell()], [cell(points=0)]])
def test_a_notebook_without_contradiction_is_graded(cells: list[CellVerdict]) -> None:
    assert review_state(cells) is GRADED


@pytest.mark.parametrize("kind", Kind)
def test_points_count_only_in_a_graded_notebook(kind: Kind) -> None:
    verdict = NotebookVerdict("n", State(kind), 4, (cell(), cell(points=0), cell(points=1.5)))
    assert verdict.earned == 3.5
    assert verdict.points == (3.5 if kind in (Kind.GRADED, Kind.SETTLED) else None)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (GRADED, "GRADED"),
        (State(Kind.REVIEW, message="look"), "REVIEW"),
        (State(Kind.REJECTED, "empty", "the file is empty"), "REJECTED(empty)"),
        (State(Kind.TIMEOUT, "cell"), "TIMEOUT(cell)"),
    ],
)
def test_a_state_is_written_as_the_documentation_does(state: State, text: str) -> None:
    assert str(state) == text


def test_the_kinds_stand_from_the_best_to_the_worst() -> None:
    assert [kind.value for kind in Kind] == ["GRADED", "SETTLED", "REVIEW", "TIMEOUT", "LIMIT", "CRASH", "REJECTED"]


@pytest.mark.parametrize(("better", "worse"), list(zip(list(Kind), list(Kind)[1:], strict=False)))
def test_the_worse_notebook_decides(better: Kind, worse: Kind) -> None:
    assert worst([State(better), State(worse), State(better)]).kind is worse
    assert worst([State(worse), State(better)]).kind is worse


def test_a_graded_submission_has_only_graded_notebooks() -> None:
    assert [kind for kind in Kind if worst([GRADED, State(kind)]).is_graded] == [Kind.GRADED, Kind.SETTLED]


def test_of_equally_bad_notebooks_the_first_one_speaks() -> None:
    states = [GRADED, State(Kind.REJECTED, "empty"), State(Kind.REJECTED, "json")]
    assert worst(states).word == "empty"


def test_nothing_to_grade_is_graded() -> None:
    assert worst([]) is GRADED
