"""A gradebook on PostgreSQL holds what one in a file holds, whatever happens to the server."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from traitlets.config import Config

from autograder.commands.terminal import DONE, NOTHING_DONE
from autograder.course.folders import CONFIG_FILE, Course
from tests.cluster.postgres import MISSING, PASSWORD, QUOTED, Server, server
from tests.small_course import NAME, RIGHT, WRONG, hand_in, small_course
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(bool(MISSING) and os.environ.get("REQUIRE_CLUSTER") != "1", reason=MISSING or "none")

AUTOGRADER = Path(sys.executable).with_name("autograder")


@pytest.fixture
def postgresql() -> Iterator[Server]:
    with server() as made:
        yield made


def a_course(folder: Path, url: str, *more: str) -> Course:
    """A class of four, whose gradebook has this address."""
    course = small_course(folder)
    with (folder / CONFIG_FILE).open("a", encoding="utf-8") as file:
        file.write("\n".join(["", f"c.CourseDirectory.db_url = {url!r}", *more, ""]))
    for number in range(4):
        hand_in(course, f"s{number}", RIGHT if number % 2 else WRONG)
    return Course(folder)


def run(course: Course, *words: str) -> tuple[int, str]:
    """Run a command; whatever it says, it never says the password."""
    done = subprocess.run([AUTOGRADER, *words], cwd=course.root, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert PASSWORD not in said
    assert QUOTED not in said
    assert "Traceback" not in said
    return done.returncode, said


def scores(course: Course) -> dict[str, tuple[float, float, bool]]:
    with Gradebook(course.db_url) as book:
        return {
            str(one.student_id): (one.score, one.max_score, one.needs_manual_grade)
            for one in book.assignment_submissions(NAME)
        }


def test_it_holds_what_a_file_holds(tmp_path: Path, postgresql: Server) -> None:
    course = a_course(tmp_path / "served", postgresql.url)
    beside = a_course(tmp_path / "beside", f"sqlite:///{tmp_path}/gradebook.db")
    for one in (course, beside):
        code, said = run(one, "grade", NAME)
        assert code == DONE, said
    assert scores(course) == scores(beside)
    code, said = run(course, "grade", NAME)
    assert code == DONE
    assert "4 of 4 had been graded before" in said


def test_penalties_manual_scores_and_exports_are_as_ever(tmp_path: Path, postgresql: Server) -> None:
    course = a_course(tmp_path / "served", postgresql.url, "c.AssignLatePenalties.plugin_class = 'late.Half'")
    (course.root / "late.py").write_text(
        "from nbgrader.plugins import BasePlugin\n\n\nclass Half(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n        return score / 2\n",
        encoding="utf-8",
    )
    (course.submitted("s1", NAME) / "timestamp.txt").write_text("2026-02-02 00:00:00 UTC", encoding="utf-8")
    with Gradebook(course.db_url) as book:
        book.update_or_create_assignment(NAME, duedate=datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None))
    run(course, "grade", NAME)
    with Gradebook(course.db_url) as book:
        book.find_submission_notebook("01_double", NAME, "s0").grades[0].manual_score = 1.0
        book.db.commit()
    code, said = run(course, "grade", NAME)
    assert code == DONE, said
    code, _ = run(course, "export", NAME, "--to", "canvas", "--output", str(tmp_path / "canvas.csv"))
    assert code == DONE
    rows = (tmp_path / "canvas.csv").read_text(encoding="utf-8").splitlines()
    found = {row.split(",")[0].strip('"'): row.rpartition(",")[2].strip('"') for row in rows}
    # By hand, late by half, and as they were.
    assert (found["s0"], found["s1"], found["s2"], found["s3"]) == ("1", "3", "0", "6")


def test_formgrader_reads_it(tmp_path: Path, postgresql: Server) -> None:
    course = a_course(tmp_path / "served", postgresql.url)
    run(course, "grade", NAME)
    api = NbGraderAPI(course.directory, config=Config(course.config))
    (about,) = (one for one in api.get_assignments() if one["name"] == NAME)
    assert about["num_submissions"] == 4
    assert {one["student"]: one["score"] for one in api.get_submissions(NAME)} == {"s0": 0, "s1": 6, "s2": 0, "s3": 6}


def test_a_restart_in_the_middle_is_waited_for(tmp_path: Path, postgresql: Server) -> None:
    course = a_course(tmp_path / "served", postgresql.url)
    command: list[str | Path] = [AUTOGRADER, "grade", NAME, "--workers", "1"]
    with subprocess.Popen(
        command, cwd=course.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        eventually(lambda: list(course.root.glob(f".autograder/{NAME}/s*/*/result.json")))
        postgresql.stop()
        assert process.stdout is not None
        said = [next(process.stdout)]
        while "waiting for it" not in said[-1]:
            said.append(next(process.stdout))
        postgresql.start()
        said += process.stdout
    assert process.returncode == DONE, said
    assert len(scores(course)) == 4


def test_two_graders_of_one_gradebook_exclude_each_other(tmp_path: Path, postgresql: Server) -> None:
    courses = [a_course(tmp_path / name, postgresql.url) for name in ("one", "other")]
    first = subprocess.Popen(
        [AUTOGRADER, "grade", NAME], cwd=courses[0].root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    eventually(lambda: list(courses[0].root.glob(f".autograder/{NAME}/s*/*/result.json")))
    first.send_signal(signal.SIGSTOP)
    code, said = run(courses[1], "grade", NAME)
    first.send_signal(signal.SIGCONT)
    assert code == NOTHING_DONE
    assert "another grader is at work on this gradebook" in said
    first.communicate()
    assert run(courses[1], "grade", NAME)[0] == DONE


def test_no_error_tells_the_password(tmp_path: Path, postgresql: Server) -> None:
    course = a_course(tmp_path / "served", postgresql.url)
    postgresql.stop()
    for words in (["grade", NAME], ["roster", str(course.root / CONFIG_FILE)], ["export", NAME, "--to", "canvas"]):
        code, _ = run(course, *words)
        assert code == NOTHING_DONE
    postgresql.start()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"postgresql+pg8000://grader:{QUOTED}@127.0.0.1/grades", "sharing-variables[grade,postgresql]"),
        (f"postgresql+psycopg://grader:{QUOTED}@127.0.0.1:notaport/grades", "give an address such as"),
    ],
)
def test_a_missing_driver_or_a_wrong_address_is_a_line(tmp_path: Path, url: str, says: str) -> None:
    course = small_course(tmp_path / "course")
    with (course.root / CONFIG_FILE).open("a", encoding="utf-8") as file:
        file.write(f"\nc.CourseDirectory.db_url = {url!r}\n")
    hand_in(course, "s0", RIGHT)
    code, said = run(course, "grade", NAME)
    assert code == NOTHING_DONE
    assert says in said
    assert len(said.strip().splitlines()) == 1
