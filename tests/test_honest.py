"""
Honest students: no point is lost, and none given, because of how a notebook was written or handed in.

Every style of `tests/honest/` once, several to a notebook. Each with notebooks of its own, and other answers, is
`python -m tests.honest check`.
"""

from collections import defaultdict
from dataclasses import replace

import pytest

from autograder.course.assignment import Assignment
from autograder.grading.verdict import CellVerdict, Kind, NotebookVerdict, State
from tests.honest.run import grade_class, surprises
from tests.honest.students import Student, make_class
from tests.honest.styles import STYLES

SEED = 7

Wrong = dict[str, list[str]]


@pytest.fixture(scope="module")
def students(assignment: Assignment) -> list[Student]:
    """Deal every style once."""
    return make_class(assignment, STYLES, SEED, meets=1, at_a_time=6)


@pytest.fixture(scope="module")
def wrong(students: list[Student], tmp_path_factory: pytest.TempPathFactory) -> Wrong:
    """Grade the class; by style, what is not as labelled in its notebook."""
    found: Wrong = defaultdict(list)
    folder = tmp_path_factory.mktemp("honest") / "course"
    for styles, line in grade_class(students, SEED, folder, lambda _: None):
        for style in styles or STYLES:
            found[style].append(f"{line} (in this notebook: {', '.join(styles)})")
    return found


@pytest.mark.parametrize("style", STYLES)
def test_a_style_costs_no_point_and_gives_none(wrong: Wrong, style: str) -> None:
    assert wrong[style] == []


def test_every_style_meets_right_and_wrong_answers_in_two_notebooks(assignment: Assignment) -> None:
    met: dict[str, set[str]] = {style: set() for style in STYLES}
    for student in make_class(assignment, STYLES, SEED, meets=2, at_a_time=1):
        for notebook, work in student.works.items():
            assert {answer.is_right for answer in work.answers.values()} == {True, False}
            for style in work.styles:
                met[style].add(notebook)
    assert [style for style, notebooks in met.items() if len(notebooks) < 2] == []


@pytest.mark.parametrize("changed", ["state", "lost", "given"])
def test_what_is_misjudged_is_noticed(students: list[Student], assignment: Assignment, changed: str) -> None:
    master = assignment.notebooks[0]
    work = students[0].works[master.name]
    lost = set().union(*(answer.loses for answer in work.answers.values()))
    points = {str(cell.grade_id): 0.0 if cell.grade_id in lost else cell.points for cell in master.graded}
    cells = tuple(CellVerdict(name, given, 1.0, ()) for name, given in points.items())
    as_labelled = NotebookVerdict(master.name, State(Kind.GRADED), master.max_points, cells)
    assert list(surprises(work, as_labelled)) == []
    spoilt = {
        "state": replace(as_labelled, state=State(Kind.REVIEW)),
        "lost": replace(as_labelled, cells=tuple(replace(cell, points=0.0) for cell in cells)),
        "given": replace(as_labelled, cells=tuple(replace(cell, points=1.0) for cell in cells)),
    }
    assert list(surprises(work, spoilt[changed])) != []
