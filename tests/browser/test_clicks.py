"""An instructor's evening by clicks alone: formgrader, from collecting to feedback, gives what the commands give."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from autograder.course.folders import CONFIG_FILE, Course
from autograder.records.store import only_grader
from tests.browser.conftest import Waiting
from tests.browser.desk import PATIENCE
from tests.browser.lab import Classroom, classroom, make_lab, place_of
from tests.cluster import postgres
from tests.small_course import NAME, RIGHT, SECRET, WRONG, small_course
from tests.test_formgrader import everything, rows

CLASS = {"ada": RIGHT, "alan": WRONG, "fay": RIGHT}
SECOND = "02_triple"


class Formgrader:
    """formgrader in a browser."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}/formgrader/{path}", wait_until="networkidle")

    def row(self, name: str) -> Locator:
        return self.page.locator("table tbody tr").filter(has=self.page.get_by_text(name, exact=True))

    def click(self, name: str, column: str) -> tuple[str, str]:
        """Click on the icon in a column, wait for the message, and give its heading and its text."""
        self.row(name).locator(f"td.{column} a").click()
        message = self.page.locator(".modal.in")
        expect(message).to_be_visible(timeout=PATIENCE)
        heading, text = (message.locator(f".modal-{part}").inner_text() for part in ("title", "body"))
        message.locator(".modal-footer .btn, .modal-header .close").last.click()
        expect(message).to_have_count(0)
        return heading, text


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def gradebook(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a line of configuration that says where the gradebook is."""
    if request.param == "sqlite":
        yield ""
        return
    if postgres.MISSING:
        pytest.skip(postgres.MISSING)
    with postgres.server() as running:
        yield f"\nc.CourseDirectory.db_url = {running.url!r}\n"


@pytest.fixture(scope="module")
def room(gradebook: str, tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """Release, and have the students hand in through the exchange."""
    room = classroom(tmp_path_factory.mktemp("clicks"), small_course)
    with (room.course / CONFIG_FILE).open("a", encoding="utf-8") as file:
        file.write(gradebook)
    room.run("nbgrader", "release_assignment", NAME)
    for student, answers in CLASS.items():
        place = place_of(room, student, NAME)
        for path in (place.course / NAME).glob("*.ipynb"):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            for cell in notebook["cells"]:
                cell["source"] = answers.get(cell["id"], cell["source"])
            path.write_text(json.dumps(notebook), encoding="utf-8")
        if student == "fay":
            (place.course / NAME / f"{SECOND}.ipynb").unlink()
        place.run("nbgrader", "submit", NAME, f"--CourseDirectory.student_id={student}")
    return room


@pytest.fixture(scope="module")
def formgrader(browser: Browser, room: Classroom) -> Iterator[Formgrader]:
    with make_lab(room, NAME) as address:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.set_default_timeout(PATIENCE)
        # The address that JupyterLab opens holds the token.
        page.goto(address)
        page.wait_for_url(re.compile("^http"))
        yield Formgrader(page, page.url.split("/lab")[0])
        page.context.close()


def test_an_evening_by_clicks_gives_what_the_commands_give(
    room: Classroom, formgrader: Formgrader, waiting: Waiting, tmp_path: Path
) -> None:
    course = Course(room.course)
    formgrader.open("manage_assignments")
    heading, said = formgrader.click(NAME, "collect")
    assert heading == "Success", said
    formgrader.open(f"manage_submissions/{NAME}")
    for student in CLASS:
        with waiting(f"Autograde, {student}"):
            heading, said = formgrader.click(student, "autograde")
        assert heading == "Success", said
    expect(formgrader.row("ada")).to_contain_text("6 / 6")
    expect(formgrader.row("alan")).to_contain_text("0 / 6")
    # nbgrader itself would have given 0 for the notebook that is missing.
    expect(formgrader.row("fay")).to_contain_text("needs manual grading")
    # Those whom nobody has clicked on would be missing from the report of the class.
    assert {row["student"] for row in rows(course)} == set(CLASS)
    table = rows(course)
    for student in CLASS:
        with waiting(f"Generate Feedback, {student}"):
            heading, said = formgrader.click(student, "generate-feedback")
        assert heading == "Success", said
        heading, said = formgrader.click(student, "release-feedback")
        assert heading == "Success", said
    pages = everything(course.feedback("ada", NAME).parents[1])
    assert len([name for name in pages if name.endswith(".html")]) == 2 * len(CLASS)
    assert SECRET.encode() not in b"".join(pages.values())

    by_command = Course(small_course(tmp_path / "course").root)
    shutil.copytree(course.submissions, by_command.submissions)
    commanded = Classroom(by_command.root, room.home, room.exchange)
    commanded.run("autograder", "grade", NAME, code=1)
    assert rows(by_command) == table
    for folder in (course.autograded, course.feedback):
        theirs = by_command.autograded if folder == course.autograded else by_command.feedback
        assert everything(folder("ada", NAME).parents[1]) == everything(theirs("ada", NAME).parents[1])


def test_what_a_reviewer_gave_is_on_the_page_that_is_drawn_next(room: Classroom, formgrader: Formgrader) -> None:
    course = Course(room.course)
    report = (course.reports / f"{NAME}.html").read_text(encoding="utf-8")
    (link,) = re.findall(r'class="grade" href="http://localhost:8888/formgrader/([^"]+)"', report)
    assert link.endswith("#test-triple-assert")
    formgrader.open(link)
    page = formgrader.page
    expect(page.locator("#test-triple-assert")).to_be_visible()
    comment = page.locator("#triple-comment")
    with page.expect_response("**/api/comment/*"):
        comment.fill("It was on paper.")
        comment.press("Tab")
    for test, points in (("test-triple-assert", "2"), ("test-triple-shown", "0.5")):
        with page.expect_response("**/api/grade/*"):
            page.locator(f"#{test}").fill(points)
            page.locator(f"#{test}").press("Tab")
    formgrader.open(f"manage_submissions/{NAME}")
    expect(formgrader.row("fay")).to_contain_text("5.5 / 6")
    heading, said = formgrader.click("fay", "generate-feedback")
    assert heading == "Success", said
    text = (course.feedback("fay", NAME) / f"{SECOND}.html").read_text(encoding="utf-8")
    assert "It was on paper." in text and "2.5" in text
    # Graded anew by a click, it keeps what the reviewer gave.
    heading, said = formgrader.click("fay", "autograde")
    assert heading == "Success", said
    expect(formgrader.row("fay")).to_contain_text("5.5 / 6")


def test_a_button_says_why_nothing_was_graded_and_nothing_is_lost(room: Classroom, formgrader: Formgrader) -> None:
    course = Course(room.course)
    before = everything(course.autograded("ada", NAME))
    formgrader.open(f"manage_submissions/{NAME}")
    with only_grader(course):
        heading, said = formgrader.click("ada", "autograde")
    assert heading == "Error"
    assert "another grader is at work here; wait until it has ended" in said
    assert everything(course.autograded("ada", NAME)) == before
