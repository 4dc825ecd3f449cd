"""What a reviewer has settled is settled everywhere: in the table, the CSV, the class report, pages and exports."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.cli import main
from autograder.commands.terminal import DONE, NEEDS_REVIEW, NOTHING_DONE
from autograder.course.folders import CONFIG_FILE, Course
from tests.small_course import NAME, RIGHT, hand_in

FIRST, SECOND = "01_double", "02_triple"


@pytest.fixture
def half(small: Course, warm: None) -> Course:
    """Grade somebody who has handed in everything, and somebody whose second notebook is missing, too late."""
    with (small.root / CONFIG_FILE).open("a", encoding="utf-8") as config:
        config.write("\nimport sys, pathlib; sys.path.insert(0, str(pathlib.Path(__file__).parent))\n")
        config.write("c.AssignLatePenalties.plugin_class = 'one_point.OnePoint'\n")
    (small.root / "one_point.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class OnePoint(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return 1\n"
    )
    hand_in(small, "ada", RIGHT)
    folder = hand_in(small, "fay", RIGHT)
    (folder / f"{SECOND}.ipynb").unlink()
    (folder / "timestamp.txt").write_text("2026-11-24 13:00:00 UTC")
    course = Course(small.root)
    assert command(course, "grade") == NEEDS_REVIEW
    with Gradebook(course.db_url, course.directory.course_id) as book:
        book.update_or_create_assignment(NAME, duedate="2026-11-24 12:00:00 UTC")
    return course


def command(course: Course, name: str, *arguments: str) -> int:
    return main([name, NAME, "--course", str(course.root), *arguments])


def rows(course: Course) -> dict[tuple[str, str], dict[str, str]]:
    with (course.reports / f"{NAME}.csv").open(encoding="utf-8", newline="") as file:
        return {(row["student"], row["notebook"]): row for row in csv.DictReader(file)}


def with_settle(course: Course) -> None:
    assert command(course, "settle", "--student", "fay", "--zero") == DONE


def with_formgrader(course: Course) -> None:
    with Gradebook(course.db_url, course.directory.course_id) as book:
        for grade in book.find_submission_notebook(SECOND, NAME, "fay").grades:
            grade.manual_score, grade.needs_manual_grade = 0.0, False
        book.db.commit()


@pytest.mark.parametrize("settle", [with_settle, with_formgrader])
def test_what_is_settled_is_so_everywhere_penalties_included(
    settle: Callable[[Course], None], half: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(half)
    capsys.readouterr()
    assert command(half, "grade") == DONE
    shown = capsys.readouterr().out
    assert "SETTLED" in shown and "REJECTED" not in shown and "review" not in shown
    table = rows(half)
    first, second = table["fay", FIRST], table["fay", SECOND]
    assert (first["state"], first["points"], first["penalty"]) == ("GRADED", "2", "1")
    assert (second["state"], second["points"], second["max_points"]) == ("SETTLED", "0", "3")
    assert "it was REJECTED(missing)" in second["reason"]
    assert (table["ada", SECOND]["state"], table["ada", SECOND]["points"]) == ("GRADED", "3")
    report = (half.reports / f"{NAME}.html").read_text(encoding="utf-8")
    assert "SETTLED" in report and "REJECTED" not in report
    assert command(half, "export", "--to", "canvas") == DONE


def test_zero_is_given_by_hand_with_a_comment_and_what_a_reviewer_gave_stays(half: Course) -> None:
    with Gradebook(half.db_url, half.directory.course_id) as book:
        book.find_grade("test-triple-assert", SECOND, NAME, "fay").manual_score = 1.5
        book.db.commit()
    assert (
        command(half, "settle", "--student", "fay", "--notebook", SECOND, "--zero", "--comment", "Not there.") == DONE
    )
    with Gradebook(half.db_url, half.directory.course_id) as book:
        submitted = book.find_submission_notebook(SECOND, NAME, "fay")
        assert {grade.name: grade.manual_score for grade in submitted.grades} == {
            "test-triple-assert": 1.5,
            "test-triple-shown": 0,
        }
        assert [comment.manual_comment for comment in submitted.comments] == ["Not there."]
        others = book.find_submission_notebook(FIRST, NAME, "fay").grades
        assert {grade.manual_score for grade in others} == {None}
    assert command(half, "grade") == NEEDS_REVIEW
    assert "look again in formgrader" in rows(half)["fay", SECOND]["notes"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--student", "ada"), "every notebook was handed in"),
        (
            ("--student", "ada", "--notebook", FIRST),
            "has been graded; change its points with --points, or in formgrader",
        ),
        (("--student", "fay", "--notebook", "03_other"), "name one of: 01_double, 02_triple"),
        (("--student", "eve"), "eve: neither in the roster nor among those who have handed in"),
    ],
)
def test_what_cannot_be_settled_is_said(
    arguments: tuple[str, ...], why: str, half: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(half, "settle", "--zero", *arguments) == NOTHING_DONE
    assert why in capsys.readouterr().err


def test_the_page_says_what_was_given(half: Course) -> None:
    with_settle(half)
    assert command(half, "grade") == DONE
    page: Path = half.feedback("fay", NAME) / f"{SECOND}.html"
    assert "Nothing was handed in that can be graded." in page.read_text(encoding="utf-8")


def test_who_has_handed_in_nothing_is_settled_in_the_same_way(
    half: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    with_settle(half)
    with Gradebook(half.db_url, half.directory.course_id) as book:
        book.add_student("noor", first_name="Noor")
    assert command(half, "grade") == NEEDS_REVIEW
    assert command(half, "settle", "--student", "nobody", "--zero") == NOTHING_DONE
    assert "nobody: neither in the roster nor" in capsys.readouterr().err
    assert command(half, "settle", "--student", "noor", "--zero") == NEEDS_REVIEW
    assert "has an empty submission now" in capsys.readouterr().out
    assert command(half, "grade", "--student", "noor") == NEEDS_REVIEW
    assert command(half, "settle", "--student", "noor", "--zero") == DONE
    assert command(half, "grade") == DONE
    assert [rows(half)["noor", name]["state"] for name in (FIRST, SECOND)] == ["SETTLED", "SETTLED"]


def test_points_for_cells_by_one_command_whatever_they_had(half: Course) -> None:
    words = ("settle", "--student", "ada", "--notebook", FIRST, "--points")
    assert command(half, *words, "test-double-assert=0.5", "test-double-shown=1", "--comment", "Half.") == DONE
    assert command(half, "grade") == NEEDS_REVIEW
    with Gradebook(half.db_url, half.directory.course_id) as book:
        grades = {grade.name: grade for grade in book.find_submission_notebook(FIRST, NAME, "ada").grades}
        assert (grades["test-double-assert"].score, grades["test-double-shown"].score) == (0.5, 1)
    page = (half.feedback("ada", NAME) / f"{FIRST}.html").read_text(encoding="utf-8")
    assert "1.5 of 3" in page and "Half." in page
    with Gradebook(half.db_url, half.directory.course_id) as book:
        comments = {
            about.name: about.manual_comment for about in book.find_submission_notebook(FIRST, NAME, "ada").comments
        }
    assert comments == {"double": "Half."}


@pytest.mark.parametrize("points", ["test-double-assert=3", "test-double-assert=-1", "no-such=1"])
def test_points_that_there_are_not_change_nothing(half: Course, points: str) -> None:
    words = ("settle", "--student", "ada", "--notebook", FIRST, "--points", "test-double-shown=0", points)
    assert command(half, *words) == NOTHING_DONE
    with Gradebook(half.db_url, half.directory.course_id) as book:
        grades = book.find_submission_notebook(FIRST, NAME, "ada").grades
        assert [grade.manual_score for grade in grades] == [None, None]


def test_all_points_for_what_was_handed_in_on_paper(half: Course) -> None:
    assert command(half, "settle", "--student", "fay", "--full", "--comment", "On paper.") == DONE
    with Gradebook(half.db_url, half.directory.course_id) as book:
        submitted = book.find_submission_notebook(SECOND, NAME, "fay")
        assert submitted.score == 3
