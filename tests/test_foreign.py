"""Other courses, and nbgrader's own rules: the real `nbgrader autograde` is held beside, on a copy of the course."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook as NbGraderGradebook

from autograder.cli import main
from autograder.course import CONFIG_FILE, Course
from autograder.intake import TIMESTAMP_FILE
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
        rows = {}
        for submission in book.find_assignment(NAME).submissions:
            shown = submission.to_dict() | submission.student.to_dict()
            shown["penalties"] = [notebook.late_submission_penalty for notebook in submission.notebooks]
            rows[str(submission.student_id)] = {key: shown[key] for key in shown if key != "id"}
    return rows
