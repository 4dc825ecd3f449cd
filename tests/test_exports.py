"""Other programs get the score that formgrader shows, an empty one for what needs review, and nothing hidden."""

import contextlib
import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin

from autograder.cli import main
from autograder.commands.terminal import DONE, NEEDS_REVIEW, NOTHING_DONE
from autograder.course.folders import CONFIG_FILE, Course
from autograder.exports.canvas import COLUMNS, canvas
from autograder.exports.gradescope import gradescope
from autograder.exports.junit import junit
from autograder.exports.marks import Mark, MarkedExercise, MarkedNotebook, MarkedTest, marked
from autograder.exports.moodle import moodle
from autograder.grading.checks import Finding, Outcome
from autograder.grading.hidden_parts import PARTLY
from autograder.grading.result import Result
from autograder.grading.verdict import GRADED, Kind, NotebookVerdict, State, decide_cell
from autograder.records.standing import Standing, Student
from tests.small_course import NAME, RIGHT, SECRET, UNSEEN, WRONG, hand_in, small_course

SAYS_OTHERWISE = RIGHT | {"double": "def double(x):\n    return 4 if x == 2 else 2 * x + x % 2"}
"""The assert holds and what is shown is wrong: REVIEW."""

UNSEEN_IS_WRONG = RIGHT | {"double": "def double(x):\n    return 2 * x if x < 1000 else x"}

CLASS = {"ada": RIGHT, "alan": WRONG, "grace": SAYS_OTHERWISE, "kurt": UNSEEN_IS_WRONG}
FIRST = "01_double"


@pytest.fixture(scope="module")
def graded(warm: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grade a class once, and give the roster names."""
    course = small_course(tmp_path_factory.mktemp("exports") / "course")
    for student, answers in CLASS.items():
        hand_in(course, student, answers)
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["grade", NAME, "--course", str(course.root)]) == NEEDS_REVIEW
    with Gradebook(course.db_url, course.directory.course_id) as book:
        book.update_or_create_student("ada", first_name="Ada", last_name="Lovelace", email="a@x.org", lms_user_id="7")
        book.update_or_create_student(
            "alan", first_name="Alan", last_name="Turing", email="t@x.org", lms_user_id="8b"
        )
        book.update_or_create_student("kurt", last_name="Gödel", email="k@x.org")
        book.update_or_create_student("grace", first_name="Grace")
    return course.root


@pytest.fixture
def course(graded: Path, tmp_path: Path) -> Course:
    """Copy the graded class."""
    return Course(shutil.copytree(graded, tmp_path / "course"))


@contextlib.contextmanager
def open_book(course: Course) -> Iterator[Gradebook]:
    """Change the gradebook as nbgrader's tools do."""
    with Gradebook(course.db_url, course.directory.course_id) as book:
        yield book
        book.db.commit()


def score_by_hand(course: Course, student: str, cell: str, score: float) -> None:
    """Give a score as formgrader does."""
    with open_book(course) as book:
        grade = book.find_grade(cell, FIRST, NAME, student)
        grade.manual_score, grade.needs_manual_grade = score, False


def export(course: Course, to: str, *arguments: str) -> int:
    return main(["export", NAME, "--to", to, "--course", str(course.root), *arguments])


def file(course: Course, name: str) -> str:
    return (course.reports / f"{NAME}-{name}").read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def in_canvas(course: Course) -> dict[str, str]:
    """Export, and read the scores by login."""
    export(course, "canvas")
    return {row[3]: row[5] for row in rows(file(course, "canvas.csv"))[2:]}


def in_moodle(course: Course) -> dict[str, dict[str, str]]:
    """Export, and read the rows by user name."""
    export(course, "moodle")
    header, *body = rows(file(course, "moodle.csv"))
    return {row[header.index("Student ID")]: dict(zip(header, row, strict=True)) for row in body}


def mark(*, score: float | None = 2, reason: str = "", looks_at: str = "It doubles", **student: str) -> Mark:
    """Make the mark of a submission of one notebook with one test of two points."""
    test = MarkedTest("test-double", looks_at, score, 2, has_hidden_part=False, reason=reason)
    state = "GRADED" if score is not None else "REVIEW"
    exercise = MarkedExercise("Exercise 1", score, 2)
    why = "" if score is not None else reason
    notebook = MarkedNotebook(FIRST, "double", state, why, (test,), (exercise,), (), 1.25)
    return Mark(Student(**({"id": "ada"} | student)), score, 2, 0, (notebook,), is_flagged=False)


# What all formats share.


def test_the_score_is_nbgraders_own(course: Course, tmp_path: Path) -> None:
    score_by_hand(course, "alan", "test-double-assert", 1.5)
    with open_book(course) as book:
        book.find_submission_notebook(FIRST, NAME, "ada").late_submission_penalty = 0.5
        book.find_submission_notebook(FIRST, NAME, "alan").late_submission_penalty = 4
        CsvExportPlugin(to=str(tmp_path / "grades.csv"), assignment=[NAME]).export(book)
    with (tmp_path / "grades.csv").open(newline="") as text:
        theirs = {row["student_id"]: float(row["score"]) for row in csv.DictReader(text)}
    ours = in_canvas(course)
    assert {student: float(score) for student, score in ours.items() if score} == {
        student: theirs[student] for student in ("ada", "alan", "kurt")
    }
    assert (theirs["ada"], theirs["alan"]) == (5.5, 0)


def test_a_reviewer_counts_for_more_than_the_grader(course: Course) -> None:
    score_by_hand(course, "alan", "test-double-assert", 1.5)
    score_by_hand(course, "ada", "test-double-assert", 0)
    assert in_canvas(course) == {"ada": "4", "alan": "1.5", "grace": "", "kurt": "5"}


def test_what_needs_review_has_no_score_until_every_test_has_one(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(course, "canvas") == NEEDS_REVIEW
    assert "grace (Grace): no score, because it needs review (01_double REVIEW)" in capsys.readouterr().out
    assert in_canvas(course)["grace"] == in_moodle(course)["grace"][NAME] == ""
    score_by_hand(course, "grace", "test-double-assert", 1)
    assert in_canvas(course)["grace"] == in_moodle(course)["grace"][NAME] == "4", "the other cell lost for certain"
    assert export(course, "canvas") == DONE


def test_a_score_that_is_older_than_the_last_grading_is_named(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_book(course) as book:
        grade = book.find_grade("test-double-assert", FIRST, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 1, True
    assert export(course, "canvas", "--student", "ada") == NEEDS_REVIEW
    assert "ada (Ada Lovelace): a manual score is older than the last grading" in capsys.readouterr().out
    assert rows(file(course, "ada-canvas.csv"))[2][5] == "5"


@pytest.mark.parametrize("to", ["canvas", "moodle", "junit"])
def test_a_submission_that_has_changed_is_named_and_left_out(
    course: Course, to: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(course.submitted("ada", NAME))
    hand_in(course, "ada", WRONG)
    assert export(course, to) == NEEDS_REVIEW
    said = capsys.readouterr().out
    assert "ada: what lies there has not been graded" in said
    assert "3 of 4 submissions" in said
    assert "ada" not in file(course, f"{to}.{'xml' if to == 'junit' else 'csv'}")


def test_a_result_that_the_gradebook_does_not_hold_is_named(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_book(course) as book:
        book.find_grade("test-double-assert", FIRST, NAME, "ada").auto_score = 0
    assert "ada" not in in_canvas(course)
    assert "ada: the gradebook does not hold the stored result" in capsys.readouterr().out


def test_where_nothing_is_graded_nothing_is_written(small: Course, capsys: pytest.CaptureFixture[str]) -> None:
    hand_in(small, "ada", RIGHT)
    assert export(small, "canvas") == NOTHING_DONE
    assert "nothing to export" in capsys.readouterr().err
    assert not small.reports.exists()


def test_nothing_is_graded_and_nothing_else_is_changed(course: Course) -> None:
    def stored() -> dict[Path, bytes]:
        return {p: p.read_bytes() for p in course.root.rglob("*") if p.is_file() and p.parent != course.reports}

    before = stored()
    for to in ("canvas", "moodle", "junit"):
        export(course, to)
    assert stored() == before


def test_the_file_of_one_student_does_not_take_the_place_of_the_classs(course: Course) -> None:
    in_canvas(course)
    assert export(course, "canvas", "--student", "ada") == DONE
    assert len(rows(file(course, "canvas.csv"))) == 6
    assert len(rows(file(course, "ada-canvas.csv"))) == 3


def test_the_file_can_lie_elsewhere(course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "scores.csv"
    assert export(course, "canvas", "--student", "ada", "--output", str(place)) == DONE
    assert len(rows(place.read_text(encoding="utf-8"))) == 3
    assert export(course, "canvas", "--output", str(tmp_path / "no" / "scores.csv")) == NOTHING_DONE
    assert "name another file with --output" in capsys.readouterr().err


def test_who_handed_in_nothing_has_a_row_without_a_score_and_is_named(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_book(course) as book:
        book.update_or_create_student(
            "emmy", first_name="Emmy", last_name="Noether", email="e@x.org", lms_user_id="9"
        )
    assert in_canvas(course)["emmy"] == ""
    assert "emmy (Emmy Noether): no score, because nothing was handed in" in capsys.readouterr().out
    assert export(course, "canvas") == NEEDS_REVIEW
    assert in_moodle(course)["emmy"]["small (Feedback)"].startswith("01_double: Nothing was handed in.")
    assert export(course, "canvas", "--student", "ada") == DONE


def test_results_are_found_by_the_courses_own_limits_and_without_a_jail(
    small: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    with (small.root / CONFIG_FILE).open("a") as config:
        config.write("\nc.Limits.cell_seconds = 29\n")
    hand_in(small, "ada", RIGHT)
    assert main(["grade", NAME, "--course", str(small.root), "--no-jail"]) == DONE
    assert in_canvas(small) == {"ada": "6"}
    assert "1 of 1 were graded WITHOUT A JAIL" in capsys.readouterr().out


@pytest.mark.parametrize(("to", "name"), [("canvas", "canvas.csv"), ("moodle", "moodle.csv"), ("junit", "junit.xml")])
def test_no_file_of_the_class_holds_a_word_of_what_is_hidden(course: Course, to: str, name: str) -> None:
    export(course, to)
    assert SECRET not in file(course, name) and str(UNSEEN) not in file(course, name)


# Canvas.


def test_canvas_finds_the_columns_by_their_places(course: Course) -> None:
    export(course, "canvas")
    header, points, *body = rows(file(course, "canvas.csv"))
    assert header == [*COLUMNS, NAME] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", NAME]
    assert points == ["    Points Possible", "", "", "", "", "6"]
    assert body == [
        ["Lovelace, Ada", "7", "", "ada", "", "6"],
        ["Turing, Alan", "", "8b", "alan", "", "0"],
        ["Grace", "", "", "grace", "", ""],
        ["Gödel", "", "", "kurt", "", "5"],
    ]


def test_the_column_can_be_called_what_canvas_calls_it(course: Course) -> None:
    export(course, "canvas", "--column", "Sharing, part 1 (4711)")
    assert rows(file(course, "canvas.csv"))[0][-1] == "Sharing, part 1 (4711)"


AWKWARD = ["Doe, Jane", 'the "Great"', "Zoë Ł", "a;b", "O'Neill", "日本", "a\\b"]


@pytest.mark.parametrize("name", AWKWARD)
def test_a_name_comes_back_as_it_was(name: str) -> None:
    assert rows(canvas([mark(last_name=name), mark(id="alan")], NAME))[2][0] == name
    assert rows(moodle([mark(last_name=name), mark(id="alan")], NAME))[1][1] == name


FORMULAS = ["=1+1", "+SUM(A1)", "-cmd|' /C calc'!A0", "@SUM(A1)", "=HYPERLINK(1)"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    strange = mark(id=text, first_name=text, last_name=text, email=text, lms_user_id=text, reason=text, score=None)
    for written in (canvas([strange], text), moodle([strange], text)):
        cells = [cell for row in rows(written) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
        assert f"'{text}" in cells


@pytest.mark.parametrize("id", ["-ada", "@ada", "+49", "0012", "ada.l@x.org", "müller", "a_b-c"])
def test_an_id_stays_what_it_is(id: str) -> None:
    found = mark(id=id, email=id, lms_user_id=id)
    assert rows(canvas([found], NAME))[2][3] == id
    assert rows(moodle([found], NAME))[1][2:5] == [id] * 3


# Moodle.


def test_moodle_gets_feedback_beside_every_score(course: Course) -> None:
    with open_book(course) as book:
        book.find_submission_notebook(FIRST, NAME, "alan").late_submission_penalty = 0
        book.find_submission_notebook(FIRST, NAME, "ada").late_submission_penalty = 2
    read = in_moodle(course)
    feedback = f"{NAME} (Feedback)"
    assert list(read["ada"]) == ["First name", "Last name", "Student ID", NAME, feedback]
    assert (read["ada"]["First name"], read["ada"][NAME], read["alan"][NAME]) == ("Ada", "4", "0")
    assert read["ada"][feedback] == (
        "01_double: 3 of 3 points.\n02_triple: 3 of 3 points.\nHanded in late: 2 points less."
    )
    assert read["alan"][feedback] == "01_double: 0 of 3 points.\n02_triple: 0 of 3 points."
    first, second = read["grace"][feedback].split("\n")
    assert first.startswith("01_double: REVIEW: asserts and evidence disagree in test-double-assert")
    assert first.endswith("Your instructor will review this notebook.")
    assert second == "02_triple: 3 of 3 points."


def test_somebody_whom_moodle_does_not_know_ends_no_import(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(course, "stranger", RIGHT)
    main(["grade", NAME, "--course", str(course.root)])
    capsys.readouterr()
    assert "stranger" not in in_moodle(course) and "stranger" in in_canvas(course)
    assert "stranger: no row, because no roster has named them" in capsys.readouterr().out
    assert export(course, "moodle") == NEEDS_REVIEW


def test_a_column_that_does_not_find_everybody_is_left_out_and_named(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    in_moodle(course)
    said = capsys.readouterr().out
    assert "no column 'Email address': the roster has none, or not one of their own, for " in said
    assert "no column 'LMS user ID': " in said and "grace" in said
    with open_book(course) as book:
        book.update_or_create_student("grace", email="a@x.org")
    assert "Email address" not in in_moodle(course)["ada"]
    with open_book(course) as book:
        book.update_or_create_student("grace", email="g@x.org")
    assert {id: row["Email address"] for id, row in in_moodle(course).items()} == {
        "ada": "a@x.org",
        "alan": "t@x.org",
        "grace": "g@x.org",
        "kurt": "k@x.org",
    }


# Gradescope.

VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
NUMBER, TEXT = {"type": "number"}, {"type": "string"}
TEST = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(("score", "max_score"), NUMBER),
        **dict.fromkeys(("name", "number", "output"), TEXT),
        **dict.fromkeys(("name_format", "output_format"), FORMAT),
        "status": {"enum": ["passed", "failed"]},
        "tags": {"type": "array", "items": TEXT},
        "visibility": VISIBILITY,
        "extra_data": {"type": "object"},
    },
}
RESULTS_JSON = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(("score", "execution_time"), NUMBER),
        "output": TEXT,
        **dict.fromkeys(("output_format", "test_output_format", "test_name_format"), FORMAT),
        **dict.fromkeys(("visibility", "stdout_visibility"), VISIBILITY),
        "extra_data": {"type": "object"},
        "tests": {"type": "array", "items": TEST},
        "leaderboard": {"type": "array"},
    },
    "anyOf": [
        {"required": ["score"]},
        {"required": ["tests"], "properties": {"tests": {"minItems": 1, "items": {"required": ["score"]}}}},
    ],
}
"""Written from Gradescope's "Autograder Specifications": each field, its values, and where a score must be."""


def in_gradescope(course: Course, student: str) -> dict[str, Any]:
    export(course, "gradescope", "--student", student)
    read: dict[str, Any] = json.loads(file(course, f"{student}-gradescope.json"))
    jsonschema.validate(read, RESULTS_JSON)
    return read


def test_gradescope_gets_the_score_and_every_test(course: Course) -> None:
    read = in_gradescope(course, "kurt")
    assert read["score"] == 5
    assert "output" not in read
    tests = [(test["number"], test["score"], test["max_score"], test["status"]) for test in read["tests"]]
    assert tests == [
        ("1.1", 2, 2, "passed"),
        ("1.2", 0, 1, "failed"),
        ("2.1", 2, 2, "passed"),
        ("2.2", 1, 1, "passed"),
    ]
    assert [test["name"] for test in read["tests"]][:2] == [
        "01_double: test-double-assert",
        "01_double: test-double-shown",
    ]


def test_gradescope_shows_no_hidden_part_and_its_verdict_only_when_grades_are_published(course: Course) -> None:
    read = in_gradescope(course, "kurt")
    assert [test["visibility"] for test in read["tests"]] == ["visible", "after_published"] * 2
    assert read["stdout_visibility"] == "hidden"
    assert PARTLY in read["tests"][1]["output"]
    assert SECRET not in json.dumps(read) and str(UNSEEN) not in json.dumps(read)


def test_gradescope_gets_the_penalty_in_the_score_and_in_words(course: Course) -> None:
    with open_book(course) as book:
        book.find_submission_notebook(FIRST, NAME, "ada").late_submission_penalty = 2
    read = in_gradescope(course, "ada")
    assert (read["score"], read["output"], read["output_format"]) == (4, "Handed in late: 2 points less.", "text")


def test_gradescope_gets_no_file_for_what_needs_review(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(course, "gradescope", "--student", "grace") == NOTHING_DONE
    assert "grace: needs review" in capsys.readouterr().err
    assert not list(course.reports.glob("*.json"))
    score_by_hand(course, "grace", "test-double-assert", 1)
    score_by_hand(course, "grace", "test-double-shown", 1)
    read = in_gradescope(course, "grace")
    assert (read["score"], read["tests"][0]["output"]) == (5, "Your instructor gave 1 of 2 points.")
    assert (read["tests"][1]["status"], read["tests"][1]["output"]) == ("passed", "")


def test_gradescope_takes_one_submission_at_a_time(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(course, "gradescope") == NOTHING_DONE
    assert "name a student with --student" in capsys.readouterr().err


def test_markup_is_text_for_gradescope() -> None:
    read = json.loads(gradescope([mark(score=0, reason='<b>&\n"x"', looks_at="<i>")], NAME))
    jsonschema.validate(read, RESULTS_JSON)
    assert (read["test_output_format"], read["test_name_format"]) == ("text", "text")
    assert (read["tests"][0]["name"], read["tests"][0]["output"]) == ("01_double: <i>", '<b>&\n"x"')


# JUnit.

PARTS: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"skipped", "time", "timestamp", "hostname", "id", "package", "group", "file", "log", "url"},
        {"properties", "testcase", "testsuite", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": (
        {"name"},
        {"time", "classname", "group"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
}
"""Of `junit-10.xsd` of Jenkins' xUnit plugin: by element, attributes that must and that may be, and children."""


def checked(text: str) -> JUnitXml:
    """Hold a file against the schema and against its own counts, and read it as a CI server does."""
    root = ElementTree.fromstring(text.encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        must, may, children = PARTS[element.tag]
        assert must <= set(element.attrib) <= must | may
        assert {child.tag for child in element} <= children
        assert re.fullmatch(r"\d*(\.\d{0,3})?", element.get("time", "0"))
    for part in (root, *root.iter("testsuite")):
        for count, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert int(part.attrib[count]) == len(list(part.iter(tag)))
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(set(cases)) == len(cases), "GitLab takes only the first of two"
    return JUnitXml.fromstring(text.encode())


def test_junit_has_a_suite_for_each_notebook_and_a_case_for_each_test(course: Course) -> None:
    assert export(course, "junit") == NEEDS_REVIEW
    read = checked(file(course, "junit.xml"))
    assert (read.tests, read.failures, read.errors) == (16, 6, 1)
    assert [suite.name for suite in read] == [f"{s}: {n}" for s in CLASS for n in (FIRST, "02_triple")]
    found = {(case.classname, case.name): case.result for suite in read for case in suite}
    assert found["ada.01_double", "test-double-assert"] == []
    (lost,) = found["alan.01_double", "test-double-assert"]
    assert isinstance(lost, Failure) and lost.message == "double(2) is not 4"
    (odd,) = found["grace.01_double", "test-double-assert"]
    assert isinstance(odd, Error) and odd.type == "REVIEW" and odd.message.startswith("REVIEW: asserts and evidence")


def test_junit_says_the_state_and_the_points_of_a_notebook(course: Course) -> None:
    export(course, "junit")
    checked(file(course, "junit.xml"))
    suites = ElementTree.fromstring(file(course, "junit.xml").encode()).iter("testsuite")
    said = {suite.get("name"): {p.get("name"): p.get("value") for p in suite.iter("property")} for suite in suites}
    assert said["kurt: 01_double"] == {"state": "GRADED", "max_points": "3", "points": "2"}
    assert said["grace: 01_double"] == {"state": "REVIEW", "max_points": "3"}


def test_what_a_reviewer_has_settled_is_no_error_for_junit(course: Course) -> None:
    score_by_hand(course, "grace", "test-double-assert", 2)
    score_by_hand(course, "grace", "test-double-shown", 0.5)
    export(course, "junit", "--student", "grace")
    read = checked(file(course, "grace-junit.xml"))
    assert (read.tests, read.failures, read.errors) == (4, 1, 0)


STRANGE = [
    "\x00",
    "\x0b",
    "\x1b[31m",
    "\x7f",
    "\ufffe",
    "\uffff",
    "\ud800",
    "a\nb",
    "<&>\"'",
    "]]>",
    "\U0001f600",
    "é",
]


@pytest.mark.parametrize("text", STRANGE)
def test_whatever_is_said_is_xml(text: str) -> None:
    strange = mark(id=f"x{text}", score=0, reason=f"told {text}", looks_at=text)
    (suite,) = checked(junit([strange], text))
    (case,) = suite
    (failure,) = case.result
    assert suite.name.startswith("x") and failure.message.startswith("told ")


# A part of the points.


def test_a_test_that_gave_a_part_of_its_points_has_failed_and_says_why(small: Course) -> None:
    assignment = small.assignment(NAME)
    whole, part = (
        Finding("assert", Outcome.HOLDS),
        Finding("assert", Outcome.HOLDS, "The test gives 1.5 of 2 points.", points=1.5),
    )
    verdicts = tuple(
        NotebookVerdict(
            master.name,
            GRADED,
            master.max_points,
            tuple(
                decide_cell(name, cell.points, (part if name == "test-double-assert" else whole,))
                for cell in master.graded
                for name in [str(cell.grade_id)]
            ),
        )
        for master in assignment.notebooks
    )
    scores = {(verdict.name, cell.grade_id): cell.points for verdict in verdicts for cell in verdict.cells}
    standing = Standing(Student("ada"), {**scores}, frozenset(), frozenset(), {}, 5.5, 6, {}, is_flagged=False)
    found = marked(assignment, Result("ada", NAME, verdicts, {}), standing)
    first, *others = json.loads(gradescope([found], NAME))["tests"]
    assert (first["score"], first["status"], first["output"]) == (1.5, "failed", part.message)
    assert [(test["status"], test["output"]) for test in others] == [("passed", "")] * 3
    read = checked(junit([found], NAME))
    assert (read.tests, read.failures, read.errors) == (4, 1, 0)
    ((failure,), *passed) = (case.result for suite in read for case in suite)
    assert isinstance(failure, Failure) and failure.message == part.message
    assert passed == [[]] * 3


# A roster and what a kernel says, as they come.


EVIL = "\x1b[2J\x00\udcff"


def test_what_a_kernel_has_said_is_harmless_in_a_mark(small: Course) -> None:
    assignment = small.assignment(NAME)
    cells = [
        decide_cell(str(cell.grade_id), cell.points, (Finding("assert", Outcome.FAILS, f"first{EVIL}\nsecond"),))
        for master in assignment.notebooks
        for cell in master.graded
    ]
    verdicts = (
        NotebookVerdict(FIRST, GRADED, 3, tuple(cells[:2])),
        NotebookVerdict("02_triple", State(Kind.CRASH, "kernel", f"died{EVIL}"), 3),
    )
    scores: dict[tuple[str, str], float | None] = {
        (master.name, str(cell.grade_id)): 0 if master.name == FIRST else None
        for master in assignment.notebooks
        for cell in master.graded
    }
    standing = Standing(Student("ada"), scores, frozenset(), frozenset(), {}, 0, 6, {}, is_flagged=True)
    told = marked(assignment, Result("ada", NAME, verdicts, {}), standing)
    first, second = told.notebooks
    assert first.tests[0].reason == "first\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}?\nsecond"
    assert first.tests[1].reason.endswith(f"second\n{PARTLY}")
    assert [test.reason for test in second.tests] == [second.reason] * 2
    assert second.reason.startswith("CRASH(kernel): died\N{REPLACEMENT CHARACTER}[2J")
    assert (told.score, first.score, second.score) == (None, 0, None)


def test_what_stands_in_the_roster_breaks_no_file(course: Course) -> None:
    with open_book(course) as book:
        book.update_or_create_student("ada", first_name='A\n"d\x00a\x1b', last_name="=1+1, Łöve;")
    (row,) = [row for row in rows_of(course, "canvas") if row[3] == "ada"]
    assert row[0] == "'=1+1, Łöve;, A \"d\N{REPLACEMENT CHARACTER}a\N{REPLACEMENT CHARACTER}"
    assert in_moodle(course)["ada"]["Last name"] == "'=1+1, Łöve;"


def rows_of(course: Course, to: str) -> list[list[str]]:
    export(course, to)
    return rows(file(course, f"{to}.csv"))
