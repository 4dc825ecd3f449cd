"""Commands say in one line what is wrong, and their exit codes mean something."""

import shutil
import subprocess
import sys
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


COMMAND = f"{Path(sys.executable).with_name('autograder')} grade {NAME} --student ada --course"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{command} >&- 2>&- <&-", 0),
        ("{command} >/dev/full", 0),
        ("{command} | true; exit ${{PIPESTATUS[0]}}", 0),
        ("PYTHONIOENCODING=ascii {command}", 0),
        ("HOME=/proc/1 {command}", 0),
        ("mkdir gone && cd gone && rmdir ../gone && {command}", 0),
    ],
    ids=["closed", "full", "gone", "without umlauts", "no home", "no folder"],
)
def test_whoever_listens_or_not_the_files_are_written(small: Course, line: str, code: int) -> None:
    hand_in(small, "ada", RIGHT)
    command = line.format(command=f"{COMMAND} {small.root}")
    done = subprocess.run(["bash", "-c", command], cwd=small.root, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (code, "")
    assert (small.reports / f"{NAME}.csv").read_text().count("GRADED") == 2


def test_a_folder_that_cannot_hold_reports_is_said_and_nothing_is_lost(
    small: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(small, "ada", RIGHT)
    small.reports.write_text("no folder")
    assert run(small, "grade", NAME) == NEEDS_REVIEW
    said = capsys.readouterr().out
    assert [f"not done: {small.reports}/{NAME}.{ending}: File exists" in said for ending in ("csv", "html")] == [
        True
    ] * 2
    assert "GRADED" in said
    small.reports.unlink()
    assert run(small, "grade", NAME) == DONE
    assert "1 of 1 had been graded before" in capsys.readouterr().out


def test_the_longest_name_of_a_student_gets_its_files(small: Course) -> None:
    names = ["\N{LATIN SMALL LETTER A WITH DIAERESIS}" * 127 + last for last in "xy"]
    for name in names:
        hand_in(small, name, RIGHT)
        assert run(small, "grade", NAME, "--student", name) == DONE
        assert run(small, "export", NAME, "--to", "canvas", "--student", name) == DONE
    files = list(small.reports.iterdir())
    # Of the class, and what was exported of each student.
    assert len(files) == 4
    assert all(len(path.name.encode()) <= 255 for path in files)


def test_what_no_room_of_the_package_has_explained_is_one_line(
    small: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    small.submissions.parent.joinpath("submitted").symlink_to("submitted")
    assert run(small, "grade", NAME) == NOTHING_DONE
    assert capsys.readouterr().err.count("\n") == 1


def test_release_check_fails_when_out_of_step_and_passes_after_release(small: Course) -> None:
    assert run(small, "release", NAME, "--check") == DONE
    (small.release(NAME) / "01_double.ipynb").write_text("{}")
    assert run(small, "release", NAME, "--check") == NEEDS_REVIEW
    assert run(small, "release", NAME) == NOTHING_DONE, "somebody has worked in it"
    assert run(small, "release", NAME, "--overwrite") == DONE
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
