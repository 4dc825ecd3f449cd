"""Pages on their way back: each pack is read as the program that it is for reads it."""

import csv
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from nbgrader.api import Gradebook

from autograder.cli import main
from autograder.commands.feedback import _packed
from autograder.commands.terminal import DONE, NEEDS_REVIEW, NOTHING_DONE
from autograder.course.folders import Course
from autograder.errors import ExportError
from autograder.exports.marks import Mark, MarkedNotebook
from autograder.records.standing import Student
from autograder.returning import pdf as printing
from autograder.returning.overview import overview
from tests.small_course import NAME, RIGHT, SECRET, WRONG, hand_in

FIRST, SECOND = "01_double", "02_triple"
CLASS = {"ada": ("Ada", "Lovelace", 101), "alan": ("Alan M.", "Turing_Jr", 102)}


def moodles(place: Path) -> Iterator[tuple[int, str]]:
    """Read a pack as Moodle's `is_valid_filename_for_import` does: the participant's number, and the file's name."""
    with zipfile.ZipFile(place) as pack:
        for name in pack.namelist():
            parts = name.split("/")
            while parts:
                info = parts.pop(0).split("_", 4)
                if len(info) >= 4 and info[1].isdigit() and (info[2], info[3]) == ("assignsubmission", "file"):
                    yield int(info[1]), "/".join([part for part in (*info[4:], *parts) if part])
                    break
            else:
                raise AssertionError(f"Moodle ignores {name}")


def canvases(place: Path) -> Iterator[tuple[int, int, str]]:
    """Read a pack as Canvas does: the first two numbers of a name are the user's and the attachment's."""
    with zipfile.ZipFile(place) as pack:
        for name in pack.namelist():
            user, attachment, *_ = re.findall(r"(?<=_)\d+(?=_|$)", PurePosixPath(name).stem)
            yield int(user), int(attachment), name


@pytest.fixture
def course(small: Course) -> Course:
    """Grade a class of two, of whom one is wrong, with names in the roster."""
    for student, answers in (("ada", RIGHT), ("alan", WRONG)):
        hand_in(small, student, answers)
    assert main(["grade", NAME, "--course", str(small.root)]) == DONE
    with Gradebook(small.db_url, small.directory.course_id) as book:
        for student, (first, last, number) in CLASS.items():
            book.update_or_create_student(
                student, first_name=first, last_name=last, lms_user_id=f"Participant {number}"
            )
    return small


def packed(course: Course, *words: str) -> int:
    return main(["feedback", NAME, "--course", str(course.root), *words])


def test_a_folder_for_each_student_with_a_page_over_all_notebooks(course: Course) -> None:
    assert packed(course, "--to", "folder") == DONE
    place = course.reports / f"{NAME}-feedback-folder"
    assert sorted(path.name for path in place.iterdir()) == ["Lovelace, Ada (ada)", "Turing_Jr, Alan M. (alan)"]
    folder = place / "Turing_Jr, Alan M. (alan)"
    page = (folder / "overview.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]+)"', page)
    assert links == [f"{FIRST}.html", f"{SECOND}.html"]
    assert all((folder / link).read_bytes() == (course.feedback("alan", NAME) / link).read_bytes() for link in links)
    assert "Alan M. Turing_Jr" in page and "0 of 6" in page
    assert SECRET not in page
    # Packed again, it takes the place of what was there.
    assert packed(course, "--to", "folder", "--student", "ada") == DONE
    assert packed(course, "--to", "folder") == DONE


def test_moodle_finds_everybody_by_the_number_of_the_roster(course: Course) -> None:
    assert packed(course, "--to", "moodle") == DONE
    found = set(moodles(course.reports / f"{NAME}-feedback-moodle.zip"))
    names = ("overview.html", f"{FIRST}.html", f"{SECOND}.html")
    assert found == {(number, name) for _, _, number in CLASS.values() for name in names}


@pytest.mark.parametrize("between", ["/", "_"])
def test_moodle_gets_the_names_that_it_gave(course: Course, tmp_path: Path, between: str) -> None:
    download = tmp_path / "download"
    for student, name, number in (("ada", "Ada Lovelace", 7001), ("alan", "Alan M. Turing-Jr", 7002)):
        for path in course.submitted(student, NAME).glob("*.ipynb"):
            to = download / f"{name}_{number}_assignsubmission_file{between}{path.name}"
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to)
    with Gradebook(course.db_url, course.directory.course_id) as book:
        book.update_or_create_student("alan", last_name="Turing-Jr", lms_user_id="x")
        book.update_or_create_student("ada", lms_user_id="y")
    assert packed(course, "--to", "moodle") == NOTHING_DONE
    assert packed(course, "--to", "moodle", "--from", str(download), "--pattern", "moodle") == DONE
    found = set(moodles(course.reports / f"{NAME}-feedback-moodle.zip"))
    assert {number for number, _ in found} == {7001, 7002}
    assert len(found) == 6


def test_canvas_finds_the_attachment_that_each_page_is_about(course: Course, tmp_path: Path) -> None:
    download = tmp_path / "submissions"
    download.mkdir()
    numbers = {("ada", FIRST): (11, 501), ("ada", SECOND): (11, 502), ("alan", FIRST): (12, 503)}
    for (student, notebook), (user, attachment) in numbers.items():
        late = "LATE_" if student == "alan" else ""
        shutil.copy(
            course.submitted(student, NAME) / f"{notebook}.ipynb",
            download / f"{student}_{late}{user}_{attachment}_{notebook}-1.ipynb",
        )
    assert packed(course, "--to", "canvas") == NOTHING_DONE
    assert packed(course, "--to", "canvas", "--from", str(download), "--pattern", "canvas") == DONE
    place = course.reports / f"{NAME}-feedback-canvas.zip"
    assert {(user, attachment) for user, attachment, _ in canvases(place)} == set(numbers.values())
    with zipfile.ZipFile(place) as pack:
        for (student, notebook), (_, attachment) in numbers.items():
            (name,) = (name for name in pack.namelist() if f"_{attachment}_" in name)
            assert pack.read(name) == (course.feedback(student, NAME) / f"{notebook}.html").read_bytes()


def test_canvas_knows_a_zip_file_by_its_name(course: Course, tmp_path: Path) -> None:
    download = tmp_path / "submissions"
    download.mkdir()
    with zipfile.ZipFile(download / "ada_11_501_homework.zip", "w") as inner:
        for path in course.submitted("ada", NAME).glob("*.ipynb"):
            inner.write(path, path.name)
    arguments = ("--to", "canvas", "--from", str(download), "--pattern", "canvas", "--student", "ada")
    assert packed(course, *arguments) == DONE
    found = list(canvases(course.reports / f"{NAME}-ada-feedback-canvas.zip"))
    assert [(user, attachment) for user, attachment, _ in found] == [(11, 501)] * 2


def test_who_is_not_there_is_named_and_the_others_are_packed(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(course, "new", RIGHT)
    with Gradebook(course.db_url, course.directory.course_id) as book:
        book.update_or_create_student("alan", lms_user_id=None)
    assert packed(course, "--to", "moodle") == NEEDS_REVIEW
    said = capsys.readouterr().out
    assert "new: what lies there has not been graded" in said
    assert "alan (Alan M. Turing_Jr): not packed: Moodle's number of this participant is not known" in said
    assert {number for number, _ in moodles(course.reports / f"{NAME}-feedback-moodle.zip")} == {101}


def test_pages_say_what_a_reviewer_gave_last(course: Course) -> None:
    with Gradebook(course.db_url, course.directory.course_id) as book:
        grade = book.find_grade("test-double-assert", FIRST, NAME, "alan")
        grade.manual_score = 1.5
        book.db.commit()
    assert packed(course, "--to", "folder") == DONE
    folder = course.reports / f"{NAME}-feedback-folder" / "Turing_Jr, Alan M. (alan)"
    assert "1.5 of 6" in (folder / "overview.html").read_text(encoding="utf-8")
    assert "1.5 of 3" in (folder / f"{FIRST}.html").read_text(encoding="utf-8")


def test_a_row_for_each_exercise(course: Course) -> None:
    assert main(["export", NAME, "--to", "exercises", "--course", str(course.root)]) == DONE
    with (course.reports / f"{NAME}-exercises.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [
        (row["student"], row["last_name"], row["notebook"], row["points"], row["max_points"]) for row in rows
    ] == [
        ("ada", "Lovelace", FIRST, "3", "3"),
        ("ada", "Lovelace", SECOND, "3", "3"),
        ("alan", "Turing_Jr", FIRST, "0", "3"),
        ("alan", "Turing_Jr", SECOND, "0", "3"),
    ]


def test_without_a_browser_there_is_no_pdf_and_a_line(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    assert packed(course, "--to", "folder", "--pdf") == NOTHING_DONE
    assert "install Chromium" in capsys.readouterr().err


def test_pages_can_be_pdf(course: Course) -> None:
    try:
        printing.browser()
    except ExportError as missing:
        pytest.skip(str(missing))
    assert packed(course, "--to", "folder", "--pdf", "--student", "ada") == DONE
    folder = course.reports / f"{NAME}-ada-feedback-folder" / "Lovelace, Ada (ada)"
    made = sorted(folder.iterdir())
    assert [path.name for path in made] == [f"{FIRST}.pdf", f"{SECOND}.pdf", "overview.pdf"]
    assert all(path.read_bytes().startswith(b"%PDF-") for path in made)


def test_a_page_that_cannot_be_drawn_is_not_packed_as_it_was(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    with Gradebook(course.db_url, course.directory.course_id) as book:
        book.find_grade("test-double-assert", FIRST, NAME, "alan").manual_score = 1.5
        book.db.commit()
    page = course.feedback("alan", NAME) / f"{FIRST}.html"
    page.unlink()
    page.mkdir()
    assert packed(course, "--to", "moodle") == NEEDS_REVIEW
    assert str(page) in capsys.readouterr().out
    assert {number for number, _ in moodles(course.reports / f"{NAME}-feedback-moodle.zip")} == {101}


def test_paper_has_no_links() -> None:
    book = MarkedNotebook("a #1", "First", "GRADED", "", (), (), (), 1.0)
    mark = Mark(Student("ada"), 1, 1, 0, (book,), is_flagged=False)
    assert "href" not in overview(mark, "x", ".pdf")
    assert 'href="a%20%231.html"' in overview(mark, "x")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--to", "moodle", "--output", "."), "is there already"),
        (("--to", "folder", "--output", "/tmp"), "is there already"),
        (("--to", "moodle", "--pattern", "moodle"), "name it with --from"),
        (("--to", "folder", "--student", "eve"), "no submission there"),
    ],
)
def test_what_cannot_be_packed_is_one_line(
    course: Course, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], why: str
) -> None:
    assert packed(course, *words) == NOTHING_DONE
    said = capsys.readouterr().err
    assert why in said and said.count("\n") == 1


def test_a_notebook_may_be_called_as_the_page_over_all_is(course: Course) -> None:
    folder = course.feedback("ada", NAME)
    book = MarkedNotebook("overview", "First", "GRADED", "", (), (), (), 1.0)
    (folder / "overview.html").write_text("its own", encoding="utf-8")
    mark = Mark(Student("ada"), 1, 1, 0, (book,), is_flagged=False)
    files = _packed(course, course.assignment(NAME), mark, {}, "folder", None, {})
    assert files["ada/overview.html"] == b"its own"
    assert b"overview.html" in files["ada/overview-of-all.html"]
