"""nbgrader's own commands in a course that says so: this grader grades, and nbgrader touches nothing."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.commands.terminal import DONE, NEEDS_REVIEW, NOTHING_DONE
from autograder.course.folders import CONFIG_FILE, Course
from autograder.course.steps import BUTTONS, lacking
from autograder.doctor import diagnose
from autograder.records.store import only_grader
from autograder.submissions.reading import SECRET_FILE
from tests.small_course import NAME, RIGHT, SECRET, WRONG, hand_in

FIRST, SECOND = "01_double", "02_triple"


def nbgrader(course: Course, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run one of nbgrader's commands in the course's folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["nbgrader", *words]
    return subprocess.run(
        command, cwd=course.root, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )


def rows(course: Course) -> list[dict[str, str]]:
    """Read the table of the class, without how long anything took."""
    with (course.reports / f"{NAME}.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row.pop("seconds") != "never"]


def everything(folder: Path) -> dict[str, bytes]:
    """Read what is written of a class; an exchange's secret is drawn by lot."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != SECRET_FILE]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture
def taught(small: Course) -> Course:
    """Have one student hand in right answers, one wrong ones, and one half of the notebooks."""
    hand_in(small, "ada", RIGHT)
    hand_in(small, "alan", WRONG)
    (hand_in(small, "fay", RIGHT) / f"{SECOND}.ipynb").unlink()
    return small


def test_nbgraders_commands_give_what_the_graders_own_give(taught: Course, tmp_path: Path) -> None:
    done = nbgrader(taught, "autograde", NAME)
    assert done.returncode == 0, done.stderr
    assert "GRADED" in done.stderr
    done = nbgrader(taught, "generate_feedback", NAME)
    assert done.returncode == 0, done.stderr
    kinds = [taught.autograded("ada", NAME).parents[1], taught.feedback("ada", NAME).parents[1]]
    found, table = [everything(folder) for folder in kinds], rows(taught)
    for folder in kinds:
        shutil.rmtree(folder)
    (taught.root / "gradebook.db").unlink()
    assert main(["grade", NAME, "--course", str(taught.root)]) == NEEDS_REVIEW
    assert [everything(folder) for folder in kinds] == found
    assert rows(taught) == table
    pages = "".join(path.read_text(encoding="utf-8") for path in kinds[1].rglob("*.html"))
    assert "0 of 3" in pages
    assert SECRET not in pages


def test_a_notebook_that_is_missing_waits_for_a_person(taught: Course) -> None:
    assert nbgrader(taught, "autograde", NAME, "--student=fay", "--force").returncode == 0
    (missing,) = [row for row in rows(taught) if row["notebook"] == SECOND]
    assert (missing["student"], missing["state"], missing["points"]) == ("fay", "REJECTED(missing)", "")
    report = (taught.reports / f"{NAME}.html").read_text(encoding="utf-8")
    assert "Not the whole class: 2 students are still to be graded." in report


def test_whose_folder_holds_no_notebook_is_graded_with_the_class(taught: Course) -> None:
    bare = taught.submitted("bob", NAME)
    bare.mkdir(parents=True)
    (bare / "answers.pdf").write_bytes(b"%PDF-1.4")
    assert nbgrader(taught, "autograde", NAME).returncode == 0
    assert {row["student"] for row in rows(taught)} == {"ada", "alan", "bob", "fay"}


def test_what_cannot_be_graded_leaves_what_was_there(taught: Course) -> None:
    assert nbgrader(taught, "autograde", NAME).returncode == 0
    before = everything(taught.autograded("ada", NAME))
    assert before
    with only_grader(taught):
        done = nbgrader(taught, "autograde", NAME, "--student=ada", "--force")
    assert done.returncode == 1
    assert "another grader is at work here" in done.stderr
    assert everything(taught.autograded("ada", NAME)) == before


def test_pages_are_not_drawn_of_what_has_not_been_graded(taught: Course) -> None:
    assert nbgrader(taught, "autograde", NAME, "--student=ada").returncode == 0
    shutil.copytree(taught.autograded("ada", NAME), taught.autograded("alan", NAME))
    done = nbgrader(taught, "generate_feedback", NAME, "--student=alan")
    assert done.returncode == 1
    assert "not graded yet, or handed in anew since: alan" in done.stderr
    assert not taught.feedback("alan", NAME).exists()


def test_folders_named_on_the_command_line_are_refused(taught: Course) -> None:
    done = nbgrader(taught, "autograde", NAME, "--CourseDirectory.submitted_directory=submitted/")
    assert done.returncode == 1
    assert "CourseDirectory.submitted_directory: another value than in the configuration" in done.stderr
    assert not (taught.root / ".autograder").exists()


def test_a_course_is_set_up_once_and_the_doctor_tells(small: Course, capsys: pytest.CaptureFixture[str]) -> None:
    place = small.root / CONFIG_FILE
    place.write_text("c = get_config()\nc.CourseDirectory.course_id = 'mine'\n", encoding="utf-8")
    bare = Course(small.root)
    assert len(list(lacking(bare.config))) == len(BUTTONS)
    (told,) = [one for one in diagnose(bare, 1) if one.what == "formgrader"]
    assert not told.is_fine
    assert main(["formgrader", "--course", str(small.root)]) == DONE
    said = place.read_text(encoding="utf-8")
    assert said.startswith("c = get_config()\nc.CourseDirectory.course_id = 'mine'\n")
    assert not list(lacking(Course(small.root).config))
    assert main(["formgrader", "--course", str(small.root)]) == DONE
    assert place.read_text(encoding="utf-8") == said
    (told,) = [one for one in diagnose(Course(small.root), 1) if one.what == "formgrader"]
    assert told.is_fine


@pytest.mark.parametrize("text", ["c = get_config()\nraise SystemExit\n", "c = 1\n"])
def test_a_configuration_on_which_lines_have_no_effect_stays_as_it_is(
    small: Course, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    place = small.root / CONFIG_FILE
    place.write_text(text, encoding="utf-8")
    assert main(["formgrader", "--course", str(small.root)]) == NOTHING_DONE
    assert place.read_text(encoding="utf-8") == text
    assert "Traceback" not in capsys.readouterr().err


def test_a_configuration_keeps_its_mode_its_line_ends_and_its_link(small: Course, tmp_path: Path) -> None:
    place, real = small.root / CONFIG_FILE, tmp_path / "elsewhere.py"
    real.write_bytes(b"c = get_config()\r\nc.CourseDirectory.course_id = 'mine'\r\n")
    real.chmod(0o600)
    place.unlink()
    place.symlink_to(real)
    assert main(["formgrader", "--course", str(small.root)]) == DONE
    assert place.is_symlink() and real.stat().st_mode & 0o777 == 0o600
    text = real.read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n") == 9
    assert not list(lacking(Course(small.root).config))


def test_what_lies_where_nbgrader_is_started_is_not_imported(taught: Course) -> None:
    # nbgrader's own process does import from there; the one that grades must not.
    (taught.root / "pygal.py").write_text("raise SystemExit('taken over')", encoding="utf-8")
    done = nbgrader(taught, "autograde", NAME, "--student=ada")
    assert done.returncode == 0, done.stderr
    assert "taken over" not in done.stderr
