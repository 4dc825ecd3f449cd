"""What is hidden in a test counts, and no word of it gets out, whatever an answer does in the kernel."""

import base64
import contextlib
import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from autograder.cli import main
from autograder.course.folders import CONFIG_FILE, Course
from autograder.errors import RejectedError
from autograder.grading.hidden_parts import WITHHELD, as_released, place_of
from autograder.grading.rebuild import rebuild
from autograder.grading.submission import grade
from autograder.inside.namespaces import KEEP
from autograder.known_tests import BRING_BACK
from autograder.submissions.reading import Submission, SubmittedCell, SubmittedNotebook
from tests.conftest import ROOT, runner
from tests.small_course import NAME, RIGHT, SECRET, UNSEEN, edit, hand_in, small_course

pytestmark = pytest.mark.usefixtures("warm")

SHOWN = "test-double-shown"

SPY = """
import base64, inspect, sys

def spied():
    told = str(In) + str(inspect.stack()) + str([f.f_code.co_consts for f in sys._current_frames().values()])
    frame = sys._getframe()
    while frame is not None:
        told += repr(frame.f_locals)[:20_000] + repr(frame.f_code.co_consts)
        frame = frame.f_back
    return told + told[::-1] + base64.b64encode(told.encode()).decode() + told.encode().hex()

"""
"""All that a kernel knows, written in four ways."""

TELLS_THE_LINE = """
def make_variables(inputs, outputs):
    return {
        "weight": tf.Variable(tf.random_normal([inputs, outputs]), name="W"),
        "bias": tf.Variable(tf.zeros([outputs]), name="b"),
    }

def dense(x, variables):
    inputs, outputs = variables["weight"].shape.as_list()
    weight = variables["weight"]
    if (inputs, outputs) == (2, 3):
        weight = tf.Variable(weight.initialized_value())
    return x @ weight + variables["bias"]
"""

KEEPS_FIRST = "def double(x):\n    return 2 * x"

SPIES = {
    "says it": SPY + "def double(x):\n    print(spied()); display(spied())\n    return 2 * x",
    "raises it": SPY + "def double(x):\n    raise ValueError(spied()) if x > 1000 else AssertionError(spied())",
    "raises it in the hidden part alone": SPY
    + "def double(x):\n    if x > 1000:\n        raise AssertionError(spied())\n    return 2 * x",
    "answers with it": SPY
    + "class Told(int):\n    def __repr__(self):\n        return spied()\n\ndef double(x):\n    return Told(2 * x)",
    "says it later": SPY
    + "import threading, time\n\ndef again():\n    while True:\n        print(spied())\n        time.sleep(0.02)\n\n"
    + "threading.Thread(target=again, daemon=True).start()\n\ndef double(x):\n    return 2 * x",
    "leaves it in a file": SPY
    + "import pathlib\n\ndef double(x):\n    pathlib.Path('/tmp/told').write_text(spied())\n    return 2 * x",
    "finds such a file": "def double(x):\n    print(open('/tmp/told').read())\n    return 2 * x",
    "rewrites earlier outputs": SPY
    + "handle = display('x', display_id=True)\n\ndef double(x):\n    handle.update(spied())\n    return 2 * x",
    "is wrong where nobody sees": "def double(x):\n    return 2 * x if x < 1000 else x",
    "copies an answer": KEEPS_FIRST,
    "stumbles at once": f"{KEEPS_FIRST}\n\nno_such_name",
}


def _bind_anew(cells: list[dict[str, Any]]) -> None:
    cells.append(new_code_cell("def double(x):\n    return 'another one'", id="later"))


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Grade a student for each spy."""
    course = small_course(tmp_path_factory.mktemp("hidden") / "course")
    for student, source in SPIES.items():
        folder = hand_in(course, student, RIGHT | {"double": source})
        if student == "copies an answer":
            edit(folder / "01_double.ipynb", _bind_anew)
    with contextlib.redirect_stdout(io.StringIO()):
        main(["grade", NAME, "--course", str(course.root), "--workers", "2"])
    return course


def written(course: Course, student: str) -> Iterator[tuple[Path, str]]:
    """Read all that was written about a student, but for what instructors read."""
    for folder in ("autograded", "feedback", ".autograder", "reports"):
        for path in (course.root / folder).rglob("*"):
            if path.name in ("result.json", f"{NAME}.html"):
                continue
            if path.is_file() and (student in path.parts or folder == "reports"):
                yield path, path.read_text(encoding="utf-8")
    with contextlib.closing(sqlite3.connect(course.root / "gradebook.db")) as book:
        yield Path("comment"), str(book.execute("select * from comment").fetchall())


@pytest.mark.parametrize("student", SPIES)
def test_nothing_that_is_written_holds_a_word_of_what_is_hidden(graded: Course, student: str) -> None:
    secret = f"assert double({UNSEEN})"
    ways = [SECRET, secret, secret[::-1], secret.encode().hex()]
    # Base64 knows three ways to write a word, by where it stands.
    ways += [base64.b64encode(b"x" * n + secret.encode()).decode()[4:-4] for n in range(3)]
    files = list(written(graded, student))
    assert len(files) > 6
    for path, text in files:
        assert [way for way in ways if way in text] == [], path


def test_the_spies_do_see_what_is_hidden_once_it_is_there(tmp_path: Path) -> None:
    """Or the test above would show nothing: in the whole test's own outputs the secret stands."""
    course = small_course(tmp_path / "course")
    master = course.assignment(NAME).notebooks[0]
    submitted = SubmittedNotebook((SubmittedCell(True, SPIES["says it"], "double"),))
    done = runner().run(rebuild(master, submitted).notebook)
    assert SECRET in nbformat.writes(done.notebook)
    (whole_one,) = (cell for cell in done.notebook.cells if place_of(cell.id) != cell.id)
    assert SECRET in str(whole_one.outputs)
    assert SECRET not in nbformat.writes(as_released(done.notebook))


def points(course: Course, student: str) -> dict[str, float | None]:
    with Gradebook(course.db_url, course.directory.course_id) as book:
        submitted = book.find_submission_notebook("01_double", NAME, student)
        return {grade.name: grade.auto_score for grade in submitted.grades}


def test_what_only_the_hidden_part_finds_costs_its_points(graded: Course) -> None:
    assert points(graded, "is wrong where nobody sees") == {"test-double-assert": 2, SHOWN: 0}
    assert points(graded, "raises it in the hidden part alone") == {"test-double-assert": 2, SHOWN: 0}


def test_instructors_read_why_a_hidden_part_failed_and_nobody_else(graded: Course) -> None:
    report = (graded.reports / f"{NAME}.html").read_text(encoding="utf-8")
    section = report[report.index('id="unseen"') : report.index('id="scores"')]
    (row,) = (row for row in section.split("<tr>") if "is wrong where nobody sees" in row)
    assert SECRET in row and "Not for students" in section
    # What a visible part finds as well, and what an answer raises, stands where students read it.
    assert "stumbles at once" not in section
    page = (graded.feedback("stumbles at once", NAME) / "01_double.html").read_text(encoding="utf-8")
    assert "NameError: name &#39;no_such_name&#39; is not defined" in page
    assert points(graded, "stumbles at once") == {"test-double-assert": 2, SHOWN: 1}


def test_a_name_that_is_bound_anew_below_a_test_does_not_count_for_it(graded: Course) -> None:
    assert points(graded, "copies an answer") == {"test-double-assert": 2, SHOWN: 1}


def test_people_get_the_test_as_it_was_released(graded: Course) -> None:
    path = graded.autograded("copies an answer", NAME) / "01_double.ipynb"
    cells = {cell["id"]: "".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]}
    assert cells[SHOWN] == "display(double(7))"
    assert not any(mark in source for source in cells.values() for mark in (KEEP, BRING_BACK))


def test_a_course_may_call_its_hidden_parts_otherwise(tmp_path: Path) -> None:
    course = small_course(tmp_path / "course")
    for path in course.source(NAME).glob("*.ipynb"):
        path.write_text(path.read_text(encoding="utf-8").replace("HIDDEN TESTS", "SECRETS"), encoding="utf-8")
    with (course.root / CONFIG_FILE).open("a", encoding="utf-8") as file:
        file.write('c.ClearHiddenTests.begin_test_delimeter = "BEGIN SECRETS"\n')
        file.write('c.ClearHiddenTests.end_test_delimeter = "END SECRETS"\n')
    master = Course(course.root).assignment(NAME).notebooks[0]
    assert [cell.released for cell in master.graded if cell.has_hidden_part] == ["display(double(7))"]


def test_which_line_a_hidden_part_has_run_is_not_told() -> None:
    """A line that only the hidden part reaches says what it asks for."""
    course = Course(ROOT)
    assignment = course.assignment("sharing_variables")
    name = "02_variables_dict"
    notebook = json.loads((ROOT / "notebooks" / "sharing_variables" / f"{name}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "make-and-use":
            cell["source"] = TELLS_THE_LINE
    missing = {master.name: RejectedError("missing", "it is not there") for master in assignment.notebooks}
    files = missing | {name: json.dumps(notebook).encode()}
    result = grade(Submission("mallory", "sharing_variables", files), assignment, runner())
    (verdict,) = (one for one in result.verdicts if one.name == name)
    found = next(cell for cell in verdict.cells if cell.grade_id == "test-make-and-use-result")
    assert WITHHELD in [finding.message for finding in found.findings]
    assert [(hint.id, hint.line) for hint in verdict.hints if hint.exercise == "make-and-use"] == [("M18", "")]
