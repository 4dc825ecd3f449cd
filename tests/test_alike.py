"""Planted copies are found, however they are disguised, and what many have found by themselves is not."""

import ast
import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest

from autograder.course.assignment import Assignment
from autograder.grading.result import Result
from autograder.grading.verdict import GRADED, NotebookVerdict
from autograder.records.store import Stored
from autograder.report.alike import FEWEST_STUDENTS, FILE, alike, passages
from autograder.report.class_report import class_report
from tests.classroom.students import answers, classroom
from tests.conftest import copy_course

Answers = dict[tuple[str, str], str]


class _Renamed(ast.NodeTransformer):
    """Gives everything that an answer binds another name."""

    def __init__(self, tree: ast.AST) -> None:
        self._own = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self._own |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = f"my_{node.id}" if node.id in self._own else node.id
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = f"my_{node.arg}"
        return node


def renamed(source: str) -> str:
    tree = ast.parse(source)
    return ast.unparse(_Renamed(tree).visit(tree))


def commented(source: str) -> str:
    return "# All of this is my own work.\n" + re.sub(r"$", "  # yes", source, count=1)


def reordered(source: str) -> str:
    tree = ast.parse(source)
    tree.body.reverse()
    return ast.unparse(tree)


DISGUISES: dict[str, Callable[[str], str]] = {
    "as it is": lambda source: source,
    "other names": renamed,
    "other comments": commented,
    "another order, other names": lambda source: reordered(renamed(source)),
}


def write(folder: Path, assignment: Assignment, student: str, given: Answers) -> Stored:
    """Store a submission as grading would, without running it."""
    place = folder / student / "key"
    place.mkdir(parents=True)
    for master in assignment.notebooks:
        cells = [
            {"id": cell.node.id, "source": given.get((master.name, str(cell.grade_id)), cell.source)}
            for cell in master.cells
        ]
        (place / f"{master.name}.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    verdicts = tuple(NotebookVerdict(master.name, GRADED, master.max_points) for master in assignment.notebooks)
    return Stored(Result(student, assignment.name, verdicts, {}), place)


def class_of_its_own(assignment: Assignment) -> dict[str, Answers]:
    """Give twelve students the labelled answers, each wrong one to one of them, and the right ones to all others."""
    given: dict[str, Answers] = {f"s{number:02}": {} for number in range(12)}
    turn = cycle(given)
    for master in assignment.notebooks:
        for exercise, choices in answers(assignment, master).items():
            for student in given:
                given[student][master.name, exercise] = choices[0].source
            for answer in choices[1:]:
                given[next(turn)][master.name, exercise] = answer.source
    return given


def stored(folder: Path, assignment: Assignment, given: dict[str, Answers]) -> list[Stored]:
    return [write(folder, assignment, student, answers) for student, answers in given.items()]


@pytest.fixture(scope="module")
def apart(assignment: Assignment) -> dict[str, Answers]:
    return class_of_its_own(assignment)


def test_a_class_in_which_nobody_copies_has_no_pair(
    assignment: Assignment, apart: dict[str, Answers], tmp_path: Path
) -> None:
    assert alike(stored(tmp_path, assignment, apart), assignment) == []


def test_the_classroom_has_no_pair(assignment: Assignment, tmp_path: Path) -> None:
    given = {
        student.name: {(n, e): a.source for n, some in student.answers.items() for e, a in some.items()}
        for student in classroom(assignment)
    }
    assert alike(stored(tmp_path, assignment, given), assignment) == []


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_copy_is_found_and_nobody_else(
    assignment: Assignment, apart: dict[str, Answers], tmp_path: Path, disguise: str
) -> None:
    copied = {place: DISGUISES[disguise](source) for place, source in apart["s05"].items()}
    given = apart | {"zz": copied}
    (pair,) = alike(stored(tmp_path, assignment, given), assignment)
    assert pair.students == ("s05", "zz")
    for answer in pair.answers:
        assert answer.sources == (
            apart["s05"][answer.notebook, answer.exercise],
            copied[answer.notebook, answer.exercise],
        )


def test_in_a_small_class_nothing_tells_what_chance_explains(
    assignment: Assignment, apart: dict[str, Answers], tmp_path: Path
) -> None:
    few = dict(list(apart.items())[: FEWEST_STUDENTS - 2]) | {"zz": apart["s00"]}
    assert alike(stored(tmp_path, assignment, few), assignment) == []


def test_what_was_found_is_kept_beside_the_result(
    assignment: Assignment, apart: dict[str, Answers], tmp_path: Path
) -> None:
    given = apart | {"zz": apart["s05"]}
    before = alike(stored(tmp_path, assignment, given), assignment)
    places = [replace(one, folder=one.folder) for one in stored(tmp_path / "again", assignment, given)]
    for one in places:
        kept = (tmp_path / one.result.student / "key" / FILE).read_text(encoding="utf-8")
        (one.folder / FILE).write_text(kept, encoding="utf-8")
    assert alike(places, assignment) == before
    # A file that was cut off is found once more.
    (places[0].folder / FILE).write_text('{"01', encoding="utf-8")
    assert alike(places, assignment) == before


def test_names_texts_and_comments_say_nothing() -> None:
    one = "def f(a, b):\n    # add\n    c = a + b + sum(x for x in range(10) if x)\n    return c, 'done', [1, 2, 3]"
    other = 'def g(u, v):\n    s = u + v + sum(y for y in range(10) if y)  # sum\n    return s, "ready", [1, 2, 3]'
    assert passages(one) and passages(one) == passages(other)
    assert not passages("x = 1") and not passages("a = (")


def test_the_report_shows_both_sides_and_runs_nothing(
    assignment: Assignment, apart: dict[str, Answers], tmp_path: Path
) -> None:
    # What is in a text is no token, so it stands on the page as it was written.
    copied = {place: f"{source}\n_ = '<script>x</script>'" for place, source in apart["s05"].items()}
    course = copy_course(tmp_path / "course")
    page = class_report(course, assignment, stored(tmp_path, assignment, apart | {"zz": copied}))
    section = page.partition('<section id="alike"')[2].partition("</section>")[0]
    assert "s05" in section and "zz" in section
    assert "&lt;script&gt;" in section and "<script" not in section
    assert 'id="alike"' not in class_report(course, assignment, stored(tmp_path / "again", assignment, apart))


def test_what_is_long_or_no_python_takes_no_time() -> None:
    assert not passages("x = 1\n" * 5_000)
    blanks = "x = 1\n" + "\n " * 4_000 + "\ny = 2\n"
    for text in (blanks, "(" * 9_000, "'" * 9_000, "\\\n" * 4_000, "f'{" * 3_000, "\0" * 9_000):
        assert len(passages(text)) <= len(text)
