"""One evening with what people hand in: everybody is named, and own files are there only where that is asked."""

import csv

import pytest
from nbgrader.api import Gradebook as NbGraderGradebook

from autograder.cli import main
from autograder.commands.terminal import NEEDS_REVIEW
from autograder.course.folders import CONFIG_FILE, Course
from autograder.records.gradebook import Gradebook
from tests.small_course import NAME, RIGHT, hand_in

FILES = {
    "double": (
        "import helper\nfrom pathlib import Path\n"
        "def double(x):\n    return helper.two(Path('given.txt').read_text()) * x"
    ),
    "triple": RIGHT["triple"],
}


def classroom(course: Course) -> None:
    (course.release(NAME) / "given.txt").write_text("2", encoding="utf-8")
    hand_in(course, "ada", RIGHT)
    folder = hand_in(course, "alan", FILES)
    (folder / "helper.py").write_text("two = int", encoding="utf-8")
    (folder / "given.txt").write_text("7", encoding="utf-8")
    (folder / ".hidden").write_text("", encoding="utf-8")
    (folder / "link.csv").symlink_to("/etc/passwd")
    hand_in(course, "fay", RIGHT).rename(course.submissions / "fay" / "Small-1")
    grace = hand_in(course, "grace", RIGHT)
    (grace / "01_double.ipynb").rename(grace / "WMS q1.ipynb")
    (grace / "timestamp.txt").write_text("2026-03-01 10:00:00.000000 IST", encoding="utf-8")
    late = hand_in(course, "hal", RIGHT)
    (late / "timestamp.txt").write_text("2026-07-01 10:30:00.000000 CEST", encoding="utf-8")
    kurt = course.submitted("kurt", NAME)
    kurt.mkdir(parents=True)
    (kurt / "essay.pdf").write_bytes(b"%PDF-1.7")
    with Gradebook(course, course.assignment(NAME)):
        pass  # This makes the database, which nbgrader can only do with its programs on PATH.
    with NbGraderGradebook(course.db_url, course.directory.course_id) as book:
        book.add_student("emmy", first_name="Emmy", last_name="Noether")
        book.add_student("fay", first_name="Fay", last_name="Weldon")


def table(course: Course, name: str) -> list[dict[str, str]]:
    with (course.reports / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("warm")
def test_everybody_who_handed_in_anything_or_nothing_is_named_everywhere(
    small: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    classroom(small)
    arguments = ["--course", str(small.root)]
    assert main(["grade", NAME, *arguments]) == NEEDS_REVIEW
    said = capsys.readouterr().out
    rows = {(row["student"], row["notebook"]): row for row in table(small, f"{NAME}.csv")}
    assert {student: row["state"] for (student, name), row in rows.items() if name == "01_double"} == {
        "ada": "GRADED",
        "alan": "GRADED",
        "emmy": "REJECTED(absent)",
        "fay": "REJECTED(missing)",
        "grace": "GRADED",
        "hal": "GRADED",
        "kurt": "REJECTED(missing)",
    }
    assert (rows["emmy", "01_double"]["name"], rows["emmy", "01_double"]["points"]) == ("Emmy Noether", "")
    assert rows["grace", "01_double"]["points"] == "3"
    assert rows["alan", "01_double"]["points"] == "0"
    for line in (
        "fay (Fay Weldon): REJECTED(missing) small: no folder of this name in fay, though Small-1/ (01_double.ipynb",
        "kurt: REJECTED(missing) 01_double.ipynb: not in the submission, though essay.pdf is; ask the student for",
        "1 handed in nothing",
        "emmy (Emmy Noether)",
        "grace: WMS q1.ipynb is 01_double.ipynb by its cells",
        "grace: timestamp.txt: 2026-03-01 10:00:00.000000 IST has a time zone of several meanings",
        "alan: given.txt: the released file of that name was used, and not the student's",
        "alan: helper.py, link.csv: beside the notebooks, and not used for grading",
    ):
        assert line in said
    page = (small.feedback("alan", NAME) / "01_double.html").read_text(encoding="utf-8")
    assert "helper.py" in page and "not used for grading" in page
    report = (small.reports / f"{NAME}.html").read_text(encoding="utf-8")
    assert "Emmy Noether" in report and "REJECTED(absent)" in report and "Fay Weldon" in report
    with NbGraderGradebook(small.db_url, small.directory.course_id) as book:
        found = {one.student_id: one.timestamp for one in book.assignment_submissions(NAME)}
    assert set(found) == {"ada", "alan", "fay", "grace", "hal", "kurt"}
    assert (str(found["hal"]), found["grace"]) == ("2026-07-01 08:30:00", None)
    assert main(["export", NAME, "--to", "canvas", *arguments]) == NEEDS_REVIEW
    assert "emmy (Emmy Noether): no score, because nothing was handed in" in capsys.readouterr().out
    exported = {row["SIS Login ID"]: row[NAME] for row in table(small, f"{NAME}-canvas.csv")}
    assert {student for student, score in exported.items() if score == ""} >= {"emmy", "fay", "kurt"}

    # With their own files, and in the zone of the course: only what that changes is graded anew.
    with (small.root / CONFIG_FILE).open("a") as config:
        config.write('c.Exchange.timezone = "Asia/Kolkata"\n')
    assert main(["grade", NAME, "--with-files", *arguments]) == NEEDS_REVIEW
    said = capsys.readouterr().out
    rows = {(row["student"], row["notebook"]): row for row in table(small, f"{NAME}.csv")}
    assert rows["alan", "01_double"]["points"] == "3"
    assert "given.txt: the released file of that name was used" in rows["alan", "01_double"]["notes"]
    assert "link.csv: a link, and links are not followed: left out" in rows["alan", "01_double"]["notes"]
    assert "graded with the student's own helper.py" in rows["alan", "01_double"]["notes"]
    with NbGraderGradebook(small.db_url, small.directory.course_id) as book:
        assert str(book.find_submission(NAME, "grace").timestamp) == "2026-03-01 04:30:00"
    assert main(["export", NAME, "--to", "canvas", *arguments]) == NEEDS_REVIEW
    exported = {row["SIS Login ID"]: row[NAME] for row in table(small, f"{NAME}-canvas.csv")}
    assert exported["alan"] == "6"
