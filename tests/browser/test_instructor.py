"""An instructor's evening: collect, grade, settle what needs review, hand out feedback."""

import csv
import json
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.exc import SAWarning

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from tests.browser.chromium import noted
from tests.browser.conftest import Waiting
from tests.browser.desk import KERNEL, PATIENCE
from tests.browser.lab import Classroom, classroom, make_lab, place_of
from tests.classroom.students import answers
from tests.conftest import ASSIGNMENT

NOTEBOOK, EXERCISE, TEST = "01_failed_share", "predict-names", "test-predict-names"

MARKUP = "<script>document.title = 'ran'; window.ran = 1</script><img src=x onerror=\"document.title = 'ran'\">"

DIFFERENT = {
    "ada": "",
    "alan": f"from IPython.display import HTML\n\npredicted_names = ['W:0']  # {MARKUP}\ndisplay(HTML({MARKUP!r}))",
    "grace": "import os\n\nos._exit(1)",
}
"""What the students answer to one exercise, where it is not right; all else is."""

BY_HAND = "barbara"
"""Whose file came by another way than the exchange."""

REASON = "CRASH(kernel): the kernel died in cell 'predict-names'. Your instructor will review this notebook."


@dataclass(frozen=True)
class Office:
    """Where an instructor works: the course, the students' places, and a page with JupyterLab."""

    room: Classroom
    students: dict[str, Classroom]
    page: Page

    def rows(self) -> dict[tuple[str, str], dict[str, str]]:
        """Read the CSV of the batch, by student and notebook."""
        with (self.room.course / "reports" / f"{ASSIGNMENT}.csv").open(encoding="utf-8", newline="") as file:
            return {(row["student"], row["notebook"]): row for row in csv.DictReader(file)}

    def formgrader(self, path: str) -> Page:
        """Open one of formgrader's pages in a tab of its own."""
        tab = self.page.context.new_page()
        tab.goto(f"{self.page.url.split('/lab')[0]}/formgrader/{path}", wait_until="networkidle")
        return tab

    def submission(self, student: str) -> str:
        """Find the address of a student's notebook on formgrader's pages."""
        course = Course(self.room.course)
        with Gradebook(course.db_url, course.directory.course_id) as book:
            return f"submissions/{book.find_submission_notebook(NOTEBOOK, ASSIGNMENT, student).id}/"


@pytest.fixture(scope="module")
def office(browser: Browser, assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Release, have the students hand in through the exchange, collect, grade, and open JupyterLab."""
    room = classroom(tmp_path_factory.mktemp("instructor"))
    room.run("nbgrader", "release_assignment", ASSIGNMENT)
    places = {student: place_of(room, student) for student in DIFFERENT}
    for student, place in places.items():
        work(place, assignment, DIFFERENT[student])
        place.run("nbgrader", "submit", ASSIGNMENT, f"--CourseDirectory.student_id={student}")
    room.run("nbgrader", "collect", ASSIGNMENT)
    by_hand = Course(room.course).submitted(BY_HAND, ASSIGNMENT)
    by_hand.mkdir(parents=True)
    (by_hand / f"{NOTEBOOK}.ipynb").write_text("{}", encoding="utf-8")
    room.run("autograder", "grade", ASSIGNMENT, code=1)
    with make_lab(room) as address:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.get_by_text(f"{KERNEL} | Idle").wait_for()
        yield Office(room, places, page)
        page.context.close()


def work(place: Classroom, assignment: Assignment, different: str) -> None:
    """Fill in right answers, and one that may be different."""
    for master in assignment.notebooks:
        path = place.course / ASSIGNMENT / f"{master.name}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        right = {exercise: choices[0].source for exercise, choices in answers(assignment, master).items()}
        for cell in notebook["cells"]:
            cell["source"] = right.get(cell["id"], cell["source"])
            if cell["id"] == EXERCISE and different:
                cell["source"] = different
        path.write_text(json.dumps(notebook), encoding="utf-8")


def test_formgrader_opens_in_jupyterlab_and_shows_the_scores_of_the_batch(office: Office, waiting: Waiting) -> None:
    table = office.rows()
    assert {table[student, NOTEBOOK]["state"] for student in ("ada", "alan")} == {"GRADED"}
    assert table["grace", NOTEBOOK]["state"] == "CRASH(kernel)"
    with waiting("Formgrader"):
        office.page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
        office.page.locator(".lm-Menu-itemLabel").get_by_text("Formgrader", exact=True).click()
        expect(office.page.frame_locator("iframe").locator("table tbody")).to_contain_text(ASSIGNMENT)
    tab = office.formgrader(f"manage_submissions/{ASSIGNMENT}")
    for student in DIFFERENT:
        rows = [row for (name, _), row in table.items() if name == student]
        earned = sum(float(row["points"] or 0) for row in rows)
        status = "graded" if all(row["points"] for row in rows) else "needs manual grading"
        seen = tab.locator("table tbody tr").filter(has_text=student).locator("td")
        expect(seen.first).to_be_visible()
        most = sum(float(row["max_points"]) for row in rows)
        assert {status, f"{earned:g} / {most:g}"} <= {text.strip() for text in seen.all_inner_texts()}
    tab.close()


def test_nothing_of_a_submission_runs_on_the_page_for_manual_grading(office: Office) -> None:
    alan = Course(office.room.course).autograded("alan", ASSIGNMENT) / f"{NOTEBOOK}.ipynb"
    assert all(part in alan.read_text(encoding="utf-8") for part in ("<script>", "<img"))
    assert doings(office, "alan") == doings(office, "ada")
    # What is there as text would be noticed if it were none.
    stored = alan.read_text(encoding="utf-8")
    notebook = json.loads(stored)
    notebook["cells"][-1]["source"] = MARKUP
    alan.write_text(json.dumps(notebook), encoding="utf-8")
    assert "title: ran" in doings(office, "alan")
    alan.write_text(stored, encoding="utf-8")


def doings(office: Office, student: str) -> set[str]:
    """List what formgrader's page of a student's notebook does; addresses without what is the submission's own."""
    path = office.submission(student)
    tab = office.page.context.new_page()
    done = noted(tab, "")
    tab.goto(f"{office.page.url.split('/lab')[0]}/formgrader/{path}", wait_until="networkidle")
    done |= {f"title: {tab.title()}", f"global: {tab.evaluate('window.ran')}"}
    tab.close()
    return {what.replace(path.split("/")[1], "ID") for what in done}


def test_what_a_reviewer_settles_outlives_another_grading(office: Office, waiting: Waiting) -> None:
    tab = office.formgrader(office.submission("grace"))
    comment = tab.locator(f"#{EXERCISE}-comment")
    assert str(comment.get_attribute("placeholder")).startswith(REASON)
    with tab.expect_response("**/api/comment/*"):
        comment.fill("Please hand in without os._exit.")
        comment.press("Tab")
    with tab.expect_response("**/api/grade/*"):
        tab.locator(f"#{TEST}").fill("0.5")
        tab.locator(f"#{TEST}").press("Tab")
    tab.close()
    with waiting("autograder grade --again, 1 student, 4 notebooks"):
        office.room.run("autograder", "grade", ASSIGNMENT, "--again", "--student", "grace", code=1)
    again = office.formgrader(office.submission("grace"))
    expect(again.locator(f"#{TEST}")).to_have_value("0.5")
    expect(again.locator(f"#{EXERCISE}-comment")).to_have_value("Please hand in without os._exit.")
    again.close()
    page = office.room.course / "feedback" / "grace" / ASSIGNMENT / f"{NOTEBOOK}.html"
    exercise = page.read_text(encoding="utf-8").partition(f'<details id="{EXERCISE}"')[2].partition("</details>")[0]
    assert "Please hand in without os._exit." in exercise and ">0.5 of 1</span>" in exercise


def test_released_feedback_is_our_pages_and_reaches_its_student(office: Office, waiting: Waiting) -> None:
    with waiting("nbgrader release_feedback, 4 students, 16 pages"):
        said = office.room.run("nbgrader", "release_feedback", ASSIGNMENT)
    # One who handed in by another way must not stop the others'.
    assert f"Releasing feedback for student '{BY_HAND}'" in said
    for student, place in office.students.items():
        place.run("nbgrader", "fetch_feedback", ASSIGNMENT, f"--CourseDirectory.student_id={student}")
        ours = office.room.course / "feedback" / student / ASSIGNMENT
        assert contents(place.course / ASSIGNMENT / "feedback") == contents(ours)
        assert len(contents(ours)) == 4


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*.html")}


ODD_NAME = "<img src=x onerror=document.title='ran'>"
"""What a folder is called that a student, or a download, has brought."""


def test_a_name_with_a_tag_runs_nothing_on_formgraders_pages(office: Office) -> None:
    course = Course(office.room.course)
    shutil.copytree(course.submitted("ada", ASSIGNMENT), course.submitted(ODD_NAME, ASSIGNMENT))
    said = office.room.run("autograder", "grade", ASSIGNMENT, code=1)
    assert f"{ODD_NAME}: REJECTED(name)" in said
    lists = ("manage_students", f"gradebook/{ASSIGNMENT}/{NOTEBOOK}", f"manage_submissions/{ASSIGNMENT}")
    for path in (*lists, office.submission("ada")):
        assert title_of(office, path) != "ran"
    # What nbgrader's own commands would put into the gradebook would be noticed.
    shutil.copytree(course.autograded("ada", ASSIGNMENT), course.autograded(ODD_NAME, ASSIGNMENT))
    with Gradebook(course.db_url, course.directory.course_id) as book:
        assert ODD_NAME not in [student.id for student in book.students]
        book.add_student(ODD_NAME)
        with warnings.catch_warnings():
            # nbgrader adds rows while SQLAlchemy flushes others.
            warnings.simplefilter("ignore", SAWarning)
            book.update_or_create_submission(ASSIGNMENT, ODD_NAME)
    assert title_of(office, office.submission(ODD_NAME)) == "ran"
    with Gradebook(course.db_url, course.directory.course_id) as book:
        book.remove_student(ODD_NAME)
    for folder in (course.submitted, course.autograded, course.feedback):
        shutil.rmtree(folder(ODD_NAME, ASSIGNMENT).parent)


def title_of(office: Office, path: str) -> str:
    """Open one of formgrader's pages, and give its title once everything has come."""
    tab = office.formgrader(path)
    tab.wait_for_timeout(500)
    title = tab.title()
    tab.close()
    return title
