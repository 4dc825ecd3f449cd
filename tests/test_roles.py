"""A master that cannot be graded is refused, by file and cell, before anybody is."""

import re
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.cli import main
from autograder.course.folders import CONFIG_FILE
from autograder.errors import CourseError
from tests.foreign_course import KERNELSPEC, PS, answer, foreign_course, given, hand_in, test, text, write_master

ANSWER = answer("one", "a = 1")


def with_meta(cell: NotebookNode, **meta: Any) -> NotebookNode:
    cell.metadata.nbgrader.update(meta)
    return cell


def without(cell: NotebookNode, name: str) -> NotebookNode:
    del cell.metadata.nbgrader[name]
    return cell


def pytest_cell(more: str = "", head: str = "def test_a():") -> NotebookNode:
    return test("check", f"import pytest\n{head}\n    assert a == 1\n{more}")


REFUSED = {
    "no points": ([test("check", "assert a", points=None)], "'check' has no points"),
    "blank points": ([with_meta(test("check", "assert a"), points="")], "'check' has no points"),
    "points that are no number": ([with_meta(test("check", "assert a"), points=float("nan"))], "'check' has no poi"),
    "points below 0": ([test("check", "assert a", points=-1)], "'check' has no points"),
    "a blank name": ([test("", "assert a")], r"cell 2 \('assert a'\) has no name"),
    "no name": ([without(test("check", "assert a"), "grade_id")], r"cell 2 \('assert a'\) has no name"),
    "a name of blanks": ([given("  ", "import math")], r"cell 2 \('import math'\) has no name"),
    "a doubled name": ([with_meta(test("two", "assert a"), grade_id="one")], "two cells are named 'one'"),
    "a newer nbgrader": ([with_meta(test("check", "assert a"), schema_version=4)], "'check' was made by a newer"),
    "an uncalled test": ([pytest_cell()], r"'check' defines test_a\(\), and nothing calls it"),
    "an uncalled class": ([pytest_cell(head="class TestA:\n  def test_a(self):")], "'check' defines the class TestA"),
    "an uncalled test with a mark": (
        [pytest_cell(head="@pytest.mark.slow\ndef test_a():")],
        "'check' defines test_a",
    ),
}

ACCEPTED = {
    "a called test": [pytest_cell("test_a()")],
    "a test that a later cell calls": [pytest_cell(), given("runs", "for check in [test_a]: check()")],
    "a test that is found by its name": [pytest_cell("for name in list(globals()):\n    pass")],
    "a test that pytest runs": [pytest_cell(), given("runs", "import ipytest\nipytest.run()")],
    "a test that a decorator calls": [pytest_cell(head="@checked\ndef test_a():")],
    "a helper of another name": [test("check", "def close(x):\n    assert x\nassert a")],
    "no points to give": [test("check", "assert a", points=0)],
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_graded_is_refused(tmp_path: Path, name: str) -> None:
    cells, why = REFUSED[name]
    course = foreign_course(tmp_path / "course", [ANSWER, *cells])
    with pytest.raises(CourseError, match=re.escape(str(course.source(PS) / "p.ipynb")) + ": " + why):
        course.assignment(PS)


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_can_be_graded_is_not(tmp_path: Path, name: str) -> None:
    assert foreign_course(tmp_path / "course", [ANSWER, *ACCEPTED[name]]).assignment(PS).max_points in (0, 1)


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"kernelspec": {"name": "ir", "display_name": "R"}}, "R"),
        ({"kernelspec": {"name": "x", "display_name": "x"}, "language_info": {"name": "julia"}}, "julia"),
        ({"kernelspec": KERNELSPEC | {"language": "R"}}, "R"),
    ],
)
def test_other_languages_are_refused(tmp_path: Path, metadata: dict[str, Any], language: str) -> None:
    course = foreign_course(tmp_path / "course", [ANSWER, test("check", "if (a != 1) stop()")], **metadata)
    with pytest.raises(CourseError, match=rf"p\.ipynb: a notebook in {language}; only Python is graded"):
        course.assignment(PS)


def test_an_assignment_of_which_nothing_is_graded_is_refused(tmp_path: Path) -> None:
    course = foreign_course(tmp_path / "course", [text("# A lesson"), new_code_cell("assert True"), given("a", "1")])
    with pytest.raises(CourseError, match=r"no cell of p\.ipynb is an answer, a test or a task"):
        course.assignment(PS)


OTHER_STEPS = {
    "from nbgrader.preprocessors import NbGraderPreprocessor\n\n\nclass Mine(NbGraderPreprocessor):\n    pass\n\n\n"
    "c.Autograde.autograde_preprocessors.append(Mine)": r"autograde_preprocessors names .*Mine, which is not run",
    'c.Autograde.sanitize_preprocessors = ["course.Clean"]': "sanitize_preprocessors names course.Clean, which",
    "c.Execute.timeout_func = lambda cell: 5": r"c\.Execute\.timeout_func gives each cell a time of its own",
}


@pytest.mark.parametrize("config", OTHER_STEPS)
def test_steps_of_a_courses_own_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], config: str) -> None:
    course = foreign_course(tmp_path / "course", [ANSWER, test("check", "assert a")], config)
    assert main(["grade", PS, "--course", str(course.root)]) == 2
    assert re.search(OTHER_STEPS[config], capsys.readouterr().err)


def test_a_lesson_another_kernel_and_nbgraders_variable_are_as_in_nbgrader(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A lesson beside what is graded need not be handed in, and tests of no points show what fails."""
    said = "import os\nassert os.environ['NBGRADER_EXECUTION'] == 'autograde'"
    cells = [ANSWER, test("check", said), test("formative", "assert a == 1, 'a is one'", points=0)]
    config = "c.Autograde.post_convert_hook = print\nc.Execute.timeout_func = len\nc.Limits.cell_seconds = 9\n"
    kernel = {"kernelspec": {"name": "conda-course", "display_name": "Course"}}
    course = foreign_course(tmp_path / "course", cells, config, **kernel)
    write_master(course.source(PS) / "a-lesson.ipynb", [text("# A lesson"), new_code_cell("1 / 0", id="fails")])
    for student, answers in {"ada": {}, "alan": {"one": "a = 2"}}.items():
        hand_in(course, student, answers)
    (course.submitted("alan", PS) / "a-lesson.ipynb").unlink()
    assert main(["grade", PS, "--course", str(course.root), "--workers", "1"]) == 0
    printed = capsys.readouterr().out
    assert "p.ipynb asks for the kernel 'conda-course', which is not installed here; it is graded by " in printed
    assert "c.Autograde.post_convert_hook is not called here" in printed
    sheet = (course.reports / f"{PS}.csv").read_text(encoding="utf-8")
    assert sheet.count('"GRADED","1","1"') == 2 and sheet.count('"GRADED","0","0"') == 2
    pages = {who: (course.feedback(who, PS) / "p.html").read_text(encoding="utf-8") for who in ("ada", "alan")}
    assert "a is one" in pages["alan"] and "a is one" not in pages["ada"]
    assert (course.root / CONFIG_FILE).exists()
