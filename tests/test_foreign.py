"""Other courses, and nbgrader's own rules: the real `nbgrader autograde` is held beside, on a copy of the course."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook as NbGraderGradebook

from autograder.cli import main
from autograder.course.folders import CONFIG_FILE, Course
from autograder.exports import marks
from autograder.submissions.reading import TIMESTAMP_FILE
from tests.conftest import graded_by_nbgrader
from tests.small_course import NAME, RIGHT, WRONG, hand_in

LATE = """
from nbgrader.plugins import BasePlugin


class PointForEachHour(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return None if student_id == "grace" else total_seconds_late / 3600
"""
ROSTER = """id,first_name,last_name,email,lms_user_id
ada,Ada,Lovelace,ada@example.org,12
alan,Alan,Turing,,
grace,Grace,Hopper,,
"""


def nbgrader(course: Course, *arguments: str) -> None:
    """Run nbgrader in the course's folder, as an instructor does."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course.root,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def copied(course: Course) -> Course:
    """Copy a whole course: what one grader does must not be seen by the other."""
    folder = course.root.with_name(f"{course.root.name}-copy")
    shutil.copytree(course.root, folder)
    return Course(folder)


@pytest.mark.usefixtures("warm")
def test_roster_time_stamps_and_penalties_are_nbgraders(small: Course) -> None:
    (small.root / "late.py").write_text(LATE, encoding="utf-8")
    (small.root / "roster.csv").write_text(ROSTER, encoding="utf-8")
    with (small.root / CONFIG_FILE).open("a", encoding="utf-8") as config:
        config.write('\nc.AssignLatePenalties.plugin_class = "late.PointForEachHour"\n')
    nbgrader(small, "generate_assignment", NAME, "--force")
    nbgrader(small, "db", "assignment", "add", NAME, "--duedate", "2026-11-24 12:00:00 Europe/Berlin")
    nbgrader(small, "db", "student", "import", "roster.csv")
    times = {
        "ada": "2026-11-24 13:30:00 +0000",
        "alan": "2026-11-24 10:30:00.000000 UTC",
        "grace": "2026-11-24T19:00:00-05:00",
        "new": "2026-11-24 12:30:00",
        "none": "",
    }
    for student, time in times.items():
        folder = hand_in(small, student, RIGHT if student != "new" else RIGHT | {"double": WRONG["double"]})
        if time:
            (folder / TIMESTAMP_FILE).write_text(time, encoding="utf-8")
    theirs = copied(small)
    graded_by_nbgrader(theirs)
    nbgrader(theirs, "autograde", NAME)
    assert main(["grade", NAME, "--course", str(small.root)]) == 0
    expected = totals(theirs)
    assert {student: row["late_submission_penalty"] for student, row in expected.items()} == {
        "ada": 5,
        "alan": 0,
        "grace": 0,
        "new": 1.5,
        "none": 0,
    }
    assert totals(small) == expected


def totals(course: Course) -> dict[str, dict[str, object]]:
    """Read what formgrader shows of each submission and student."""
    with NbGraderGradebook(course.db_url, course.directory.course_id) as book:
        return {
            str(one.student_id): {
                **{
                    name: getattr(one, name)
                    for name in ("score", "max_score", "late_submission_penalty", "timestamp")
                },
                **{name: getattr(one, name) for name in ("needs_manual_grade", "total_seconds_late")},
                **{name: getattr(one.student, name) for name in ("first_name", "last_name", "email", "lms_user_id")},
                "penalties": [notebook.late_submission_penalty for notebook in one.notebooks],
            }
            for one in book.find_assignment(NAME).submissions
        }


PS1 = "ps1"
"""The assignment of nbgrader's quickstart course."""

TOTAL = "### BEGIN SOLUTION\ndef total(text):\n    return sum(map(int, text.split(',')))\n### END SOLUTION"
TESTS = {
    "reads-a-file": (2, "assert total(open('data/numbers.csv').read()) == 6"),
    "gives-a-part": (3, "1.5 if total('1,2') == 3 else 0.5"),
    "gives-all": (2, "2 if total('1,2') == 3 else 2.0"),
    "gives-what-the-answer-says": (20, "total('5,6')"),
    "ends-in-a-text": (1, "'text'"),
    "hides-a-part": (1, "total('1,2')\n### BEGIN HIDDEN TESTS\nassert total('7') == 7\n### END HIDDEN TESTS\nNone"),
    "warns": (1, "import sys\nprint('careful', file=sys.stderr)\nassert total('4') == 4"),
}
"""The tests of a third notebook: points, and text."""


@pytest.fixture
def quickstart(tmp_path: Path) -> Course:
    """Make nbgrader's own course, with one more notebook and a file beside it, and release its assignment."""
    (tmp_path / CONFIG_FILE).touch()
    nbgrader(Course(tmp_path), "quickstart", "course")
    course = Course(tmp_path / "course")
    source = course.source(PS1)
    (source / "data").mkdir()
    (source / "data" / "numbers.csv").write_text("1,2,3", encoding="utf-8")
    cells = [_cell("total", TOTAL, solution=True)]
    cells += [_cell(name, text, grade=True, locked=True, points=points) for name, (points, text) in TESTS.items()]
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), source / "problem3.ipynb")
    nbgrader(course, "generate_assignment", PS1)
    return course


def _cell(name: str, source: str, **roles: object) -> NotebookNode:
    usual = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3, "grade_id": name}
    return new_code_cell(source, metadata={"nbgrader": usual | roles})


def answer(course: Course, student: str, answers: Mapping[str, str]) -> None:
    """Hand in the release with these answers; a text goes to the end of the notebook with the task."""
    folder = course.submitted(student, PS1)
    shutil.copytree(course.release(PS1), folder)
    for path in folder.glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = answers.get(name, cell["source"])
        if path.stem == "problem1" and "task" in answers:
            notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": answers["task"]})
        path.write_text(json.dumps(notebook), encoding="utf-8")


def scores(course: Course) -> dict[tuple[str, str], tuple[float | None, bool, float, float, str]]:
    """Read from a gradebook, by student and cell, everything that a grader writes there about scores."""
    with NbGraderGradebook(course.db_url, course.directory.course_id) as book:
        return {
            (str(one.student_id), grade.name): (
                grade.auto_score,
                grade.needs_manual_grade,
                grade.score,
                grade.max_score,
                grade.notebook.name,
            )
            for one in book.find_assignment(PS1).submissions
            for notebook in one.notebooks
            for grade in notebook.grades
        }


@pytest.mark.usefixtures("warm")
def test_nbgraders_own_course_gets_nbgraders_scores_but_for_what_was_written_to_stderr(quickstart: Course) -> None:
    solutions = {
        str(cell.grade_id): cell.source
        for master in quickstart.assignment(PS1).notebooks
        for cell in master.solutions
    }
    answer(quickstart, "right", solutions)
    answer(quickstart, "as-released", {})
    wrong = {
        "squares": "def squares(n):\n    return [i ** 2 for i in range(1, n + 1)]",
        "sum_of_squares": "def sum_of_squares(n):\n    return sum(i ** 2 for i in range(1, n + 1))",
        "sum_of_squares_application": "# YOUR CODE HERE\nraise NotImplementedError()",
        "total": "def total(text):\n    return len(text)",
        "task": "The formula is <script>alert(1)</script> $n$.",
    }
    answer(quickstart, "partly", solutions | wrong)
    noisy = solutions["squares"].replace("    if n", "    import sys; print('hm', file=sys.stderr)\n    if n")
    answer(quickstart, "noisy", solutions | {"squares": noisy})
    theirs = copied(quickstart)
    nbgrader(theirs, "autograde", PS1)
    # Answers wait for a reviewer, and tests that give a part give it to the solution, too.
    assert main(["grade", PS1, "--course", str(quickstart.root), "--anyway"]) == 1
    ours, expected = scores(quickstart), scores(theirs)
    assert len(expected) == 4 * 16
    different = {where: (expected[where][0], score[0]) for where, score in ours.items() if score != expected[where]}
    assert different == {
        ("right", "warns"): (0, 1),
        ("noisy", "warns"): (0, 1),
        ("noisy", "correct_squares"): (0, 1),
        ("noisy", "squares_invalid_input"): (0, 1),
        ("noisy", "correct_sum_of_squares"): (0, 0.5),
    }
    assert ours.keys() == expected.keys()
    # What is still to be graded by hand is no score for other programs, either.
    some = ["as-released", "right"]
    exported = marks.collect(quickstart, quickstart.assignment(PS1), some, lambda: None, is_whole=False)
    assert (exported.missing, [mark.score for mark in exported.marks]) == ((), [None, None])
    # A reviewer sees what was written about the task, and the page runs none of it.
    shown = (quickstart.autograded("partly", PS1) / "problem1.ipynb").read_text(encoding="utf-8")
    assert "The formula is &lt;script>alert(1)&lt;/script> $n$." in shown
