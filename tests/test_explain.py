"""An answer is explained by what it shows; one that cannot be explained costs nobody's hints but its own."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.grading.checks import Finding, Outcome
from autograder.grading.explain import Explained, explain
from autograder.grading.rebuild import rebuild
from autograder.grading.verdict import CellVerdict
from autograder.hints import Answer, Look, Misconception, Reread, Rule
from autograder.subject import PLAIN
from autograder.submissions.reading import SubmittedCell, SubmittedNotebook
from tests.small_course import NAME, WRONG

IDEA = Misconception(
    id="H1",
    belief="The number that comes in goes out.",
    truth="It does not.",
    reread=Reread(notebook="01_double", heading="double"),
    signs=[Rule(source="return x$")],
)


def fails(answer: Answer, look: Look) -> Iterator[tuple[str, str]]:
    """Do what a subject's rule does that meets an answer which nobody has thought of."""
    yield "H1", str(1 / ("\0" not in answer.source and 0))


def rules_of(*rules: Any) -> Any:
    names = ("name", "kernel", "evidence", "lint_rules")
    return SimpleNamespace(**{name: getattr(PLAIN, name) for name in names}, hint_rules=rules)


@pytest.fixture
def tiny(small: Course) -> Assignment:
    return replace(small.assignment(NAME), catalogue={"H1": IDEA})


def explained(assignment: Assignment) -> Explained:
    master = assignment.notebooks[0]
    cells = tuple(
        SubmittedCell(True, WRONG.get(str(c.grade_id), ""), c.grade_id) for c in master.cells if c.is_anchor
    )
    ran = rebuild(master, SubmittedNotebook(cells)).notebook
    lost = Finding("assert", Outcome.FAILS, "no")
    found = [CellVerdict(str(cell.grade_id), 0, cell.points, (lost,)) for cell in master.graded]
    return explain(master, ran, found, found, assignment)


def test_an_answer_is_explained(tiny: Assignment) -> None:
    (hint,) = explained(tiny).hints
    assert (hint.exercise, hint.id, hint.line) == ("double", "H1", "return x")
    assert explained(tiny).notes == ()


def test_an_answer_that_cannot_be_explained_is_a_note_and_nothing_else(tiny: Assignment) -> None:
    found = explained(replace(tiny, subject=rules_of(fails)))
    assert found == Explained((), ("the answer to 'double' cannot be explained (ZeroDivisionError)",))
