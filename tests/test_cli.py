"""Commands say in one line what is wrong, and their exit codes mean something."""

import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.cli import main
from autograder.commands.terminal import DONE, NEEDS_REVIEW, NOTHING_DONE
from autograder.course.folders import Course
from tests.small_course import NAME, RIGHT, hand_in

pytestmark = pytest.mark.usefixtures("warm")


def run(course: Course, *arguments: str) -> int:
    return main([*arguments, "--course", str(course.root)])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["grade", "nonsense"], "no master notebooks there; name one of: small"),
        (["grade", NAME], "no submission there"),
        (["grade", NAME, "--student", "nobody"], "no submission there"),
        (["release", "nonsense"], "no master notebooks there"),
        (["reference", "nonsense"], "no master notebooks there"),
        (["lint", "nonsense"], "no master notebooks there"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: list[str], says: str, small: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(small, *arguments) == NOTHING_DONE
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


def test_a_folder_that_is_no_course_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grade", NAME, "--course", str(tmp_path)]) == NOTHING_DONE
    assert "is not a course" in capsys.readouterr().err


def test_only_the_named_student_is_graded(small: Course) -> None:
    for student in ("ada", "alan"):
        hand_in(small, student, RIGHT)
    assert run(small, "grade", NAME, "--student", "alan") == DONE
    assert small.autograded("alan", NAME).is_dir()
    assert not small.autograded("ada", NAME).exists()


def test_release_check_fails_when_out_of_step_and_passes_after_release(small: Course) -> None:
    assert run(small, "release", NAME, "--check") == DONE
    (small.release(NAME) / "01_double.ipynb").write_text("{}")
    assert run(small, "release", NAME, "--check") == NEEDS_REVIEW
    assert run(small, "release", NAME) == DONE
    assert run(small, "release", NAME, "--check") == DONE


def test_lint_fails_on_a_course_that_breaks_rules(small: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(small, "lint", NAME) == NEEDS_REVIEW
    assert "test-double-assert" in capsys.readouterr().out


def test_workers_must_be_a_positive_number(small: Course) -> None:
    with pytest.raises(SystemExit) as stop:
        run(small, "grade", NAME, "--workers", "0")
    assert stop.value.code == NOTHING_DONE


def test_names_that_cannot_be_graded_are_said_and_cost_nobody_else(
    small: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    for student in ("ada", ".alan", "<img src=x onerror=alert(1)>"):
        hand_in(small, student, RIGHT)
    assert run(small, "grade", NAME) == NEEDS_REVIEW
    said = " ".join(capsys.readouterr().out.split())
    assert "not graded: .alan" in said
    assert "<img src=x onerror=alert(1)>: REJECTED(name)" in said
    with Gradebook(small.db_url, small.directory.course_id) as book:
        assert [student.id for student in book.students] == ["ada"]
    shutil.rmtree(small.submitted("<img src=x onerror=alert(1)>", NAME))
    assert run(small, "grade", NAME) == NEEDS_REVIEW
    shutil.rmtree(small.submitted(".alan", NAME))
    assert run(small, "grade", NAME) == DONE
