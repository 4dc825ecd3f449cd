"""
A class in which nearly everything that can be wrong with a submission is wrong with somebody's.

One batch through the command line, with real kernels and a real gradebook; each test looks at one student.
"""

import contextlib
import csv
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from autograder.cli import main
from autograder.commands.terminal import NEEDS_REVIEW
from autograder.course.folders import Course
from tests.small_course import NAME, RIGHT, WRONG, edit, hand_in, small_course

pytestmark = pytest.mark.usefixtures("warm")

DOUBLE, TRIPLE = "01_double.ipynb", "02_triple.ipynb"

BrokenBy = Callable[[Path], object]


def _copy_test(folder: Path) -> None:
    edit(folder / DOUBLE, lambda cells: cells.insert(2, dict(cells[3], id="copy", source="assert True")))


def _delete_test(folder: Path) -> None:
    edit(folder / DOUBLE, lambda cells: cells.pop(3))


def _move_test(folder: Path) -> None:
    edit(folder / DOUBLE, lambda cells: cells.insert(0, cells.pop(3)))


def _tag(*tags: str) -> BrokenBy:
    def tag(cells: list[dict[str, Any]]) -> None:
        for cell in cells:
            cell["metadata"]["tags"] = list(tags)

    return lambda folder: edit(folder / DOUBLE, tag)


def _own_test(folder: Path) -> None:
    edit(folder / DOUBLE, lambda cells: cells[3].update(source="display([2, 10])", metadata={"points": 1000}))


def _pipe(folder: Path) -> None:
    (folder / DOUBLE).unlink()
    os.mkfifo(folder / DOUBLE)


CHATTY = """
import sys

def double(x):
    print("hm", x)
    sys.stderr.write("warning")
    return 2 * x
"""
EQUAL = """
class Equal:
    def __eq__(self, other):
        return True

def double(x):
    return Equal()
"""


def _link(folder: Path) -> None:
    (folder / DOUBLE).rename(folder / "elsewhere")
    (folder / DOUBLE).symlink_to(folder / "elsewhere")


# student: the answers, what is done to the folder, the expected states and points of both notebooks
CLASS: dict[str, tuple[dict[str, str], BrokenBy | None, list[tuple[str, str]]]] = {
    "right": (RIGHT, None, [("GRADED", "3"), ("GRADED", "3")]),
    "wrong": (WRONG, None, [("GRADED", "0"), ("GRADED", "0")]),
    "half": ({"double": RIGHT["double"]}, None, [("GRADED", "3"), ("GRADED", "0")]),
    "empty": (RIGHT, lambda f: (f / DOUBLE).write_bytes(b""), [("REJECTED(empty)", ""), ("GRADED", "3")]),
    "cut-off": (
        RIGHT,
        lambda f: (f / DOUBLE).write_bytes((f / DOUBLE).read_bytes()[:700]),
        [("REJECTED(json)", ""), ("GRADED", "3")],
    ),
    "essay": (RIGHT, lambda f: (f / DOUBLE).write_text("[]"), [("REJECTED(not-a-notebook)", ""), ("GRADED", "3")]),
    "forgot-one": (RIGHT, lambda f: (f / TRIPLE).unlink(), [("GRADED", "3"), ("REJECTED(missing)", "")]),
    "link": (RIGHT, _link, [("REJECTED(link)", ""), ("GRADED", "3")]),
    "pipe": (RIGHT, _pipe, [("REJECTED(not-a-file)", ""), ("GRADED", "3")]),
    "copied": (RIGHT, _copy_test, [("GRADED", "3"), ("GRADED", "3")]),
    "copied-wrong": (WRONG, _copy_test, [("GRADED", "0"), ("GRADED", "0")]),
    "deleted": (RIGHT, _delete_test, [("GRADED", "3"), ("GRADED", "3")]),
    "deleted-wrong": (WRONG, _delete_test, [("GRADED", "0"), ("GRADED", "0")]),
    "moved": (RIGHT, _move_test, [("GRADED", "3"), ("GRADED", "3")]),
    "skips": (WRONG, _tag("skip-execution"), [("GRADED", "0"), ("GRADED", "0")]),
    "raises": (WRONG, _tag("raises-exception", "nbval-skip"), [("GRADED", "0"), ("GRADED", "0")]),
    "own-test": (WRONG, _own_test, [("GRADED", "0"), ("GRADED", "0")]),
    "chatty": (
        {"double": CHATTY, "triple": "def triple(x):\n    display(x)\n    return 3 * x"},
        None,
        [("GRADED", "3"), ("GRADED", "3")],
    ),
    "always-equal": ({"double": EQUAL}, None, [("REVIEW", ""), ("GRADED", "0")]),
    "exits": (
        {"double": "def double(x):\n    import os\n    os._exit(0)", **{"triple": RIGHT["triple"]}},
        None,
        [("CRASH(kernel)", ""), ("GRADED", "3")],
    ),
    "another": (
        RIGHT,
        lambda f: (f / DOUBLE).write_bytes((f / TRIPLE).read_bytes()),
        [("REJECTED(no-answers)", ""), ("GRADED", "3")],
    ),
    "asks": ({"double": "def double(x):\n    return int(input('?'))"}, None, [("GRADED", "0"), ("GRADED", "0")]),
    "=formula()": (WRONG, lambda f: (f / TRIPLE).unlink(), [("GRADED", "0"), ("REJECTED(missing)", "")]),
}


@dataclass(frozen=True)
class Graded:
    """What one batch left behind."""

    course: Course
    code: int
    printed: str
    rows: list[dict[str, str]]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """Build the class and grade it."""
    course = small_course(tmp_path_factory.mktemp("small") / "course")
    for student, (answers, break_it, _) in CLASS.items():
        folder = hand_in(course, student, answers)
        if break_it is not None:
            break_it(folder)
    (course.submissions / "leftover.zip").write_bytes(b"PK")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main(["grade", NAME, "--course", str(course.root), "--workers", "2"])
    with (course.reports / f"{NAME}.csv").open(encoding="utf-8", newline="") as file:
        return Graded(course, code, printed.getvalue(), list(csv.DictReader(file)))


@pytest.mark.parametrize("student", CLASS)
def test_each_notebook_gets_its_state_and_points(student: str, graded: Graded) -> None:
    rows = [row for row in graded.rows if row["student"].lstrip("'") == student]
    assert [(row["state"], row["points"]) for row in rows] == CLASS[student][2]


def test_as_many_rows_come_out_as_notebooks_went_in(graded: Graded) -> None:
    assert len(graded.rows) == 2 * len(CLASS)


def test_every_state_but_graded_says_why(graded: Graded) -> None:
    assert [row for row in graded.rows if row["state"] != "GRADED" and not row["reason"]] == []


def test_the_exit_code_says_that_something_needs_review(graded: Graded) -> None:
    assert graded.code == NEEDS_REVIEW


def test_the_terminal_names_who_needs_review_and_what_was_left_alone(graded: Graded) -> None:
    assert "cut-off: REJECTED(json)" in graded.printed
    assert "leftover.zip" in graded.printed


@pytest.mark.parametrize(
    ("student", "note"),
    [("copied", "more than once"), ("deleted", "missing from the submission"), ("moved", "moved")],
)
def test_what_was_done_to_graded_cells_is_noted(student: str, note: str, graded: Graded) -> None:
    (row, _) = (row for row in graded.rows if row["student"] == student)
    assert note in row["notes"]


@pytest.mark.parametrize("student", CLASS)
def test_the_gradebook_agrees(student: str, graded: Graded) -> None:
    with Gradebook(graded.course.db_url, graded.course.directory.course_id) as book:
        for notebook, (state, points) in zip(("01_double", "02_triple"), CLASS[student][2], strict=True):
            submitted = book.find_submission_notebook(notebook, NAME, student)
            assert submitted.score == float(points or 0)
            assert submitted.needs_manual_grade == (state != "GRADED")
            scores = {grade.name: grade.auto_score for grade in submitted.grades}
            in_doubt = {name for name, score in scores.items() if score is None}
            assert in_doubt == (
                {"test-double-assert"} if state == "REVIEW" else set(scores if state != "GRADED" else ())
            )


@pytest.mark.parametrize("student", CLASS)
def test_every_student_has_autograded_notebooks(student: str, graded: Graded) -> None:
    folder = graded.course.autograded(student, NAME)
    assert sorted(path.name for path in folder.iterdir()) == [DOUBLE, TRIPLE]


def test_an_autograded_notebook_that_needs_review_says_why_at_its_top(graded: Graded) -> None:
    text = (graded.course.autograded("cut-off", NAME) / DOUBLE).read_text(encoding="utf-8")
    assert "REJECTED(json)" in text


def test_what_was_submitted_is_unchanged(graded: Graded) -> None:
    assert (graded.course.submitted("essay", NAME) / DOUBLE).read_text() == "[]"
