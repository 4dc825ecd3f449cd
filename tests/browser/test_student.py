"""At a real desk: open, run, predict wrongly, mend, validate, hand in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from autograder.authoring.answers import Answer
from autograder.course.assignment import Assignment
from tests.browser.conftest import Waiting
from tests.browser.desk import Desk
from tests.browser.lab import Classroom, classroom, make_lab
from tests.classroom.students import answers
from tests.conftest import ASSIGNMENT

NOTEBOOK = "01_failed_share"
STUB = "Not yet. This exercise is still to do."
EXERCISE, TEST = "fresh-graph", "test-fresh-graph"


@dataclass(frozen=True)
class Seat:
    """A student's place: the classroom, a page of JupyterLab, and what it asked of other machines."""

    room: Classroom
    page: Page
    elsewhere: list[str]

    @property
    def notebook(self) -> Path:
        return self.room.course / "desk" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"


@pytest.fixture(scope="module")
def seat(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seat]:
    """Release the assignment into an exchange, start `make lab`, and open what it opens."""
    room = classroom(tmp_path_factory.mktemp("student"))
    room.run("nbgrader", "release_assignment", ASSIGNMENT)
    with make_lab(room) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        elsewhere: list[str] = []
        own = ("http://localhost:", "ws://localhost:", "file:", "data:", "blob:")
        page.on("request", lambda asked: None if asked.url.startswith(own) else elsewhere.append(asked.url))
        page.goto(address)
        yield Seat(room, page, elsewhere)
        page.close()


@pytest.fixture(scope="module")
def desk(seat: Seat) -> Desk:
    """Wait for the kernel."""
    return Desk(seat.page, seat.notebook)


@pytest.fixture(scope="module")
def given(assignment: Assignment) -> dict[str, list[Answer]]:
    """Read the labelled answers to the notebook, the right ones first."""
    (master,) = (master for master in assignment.notebooks if master.name == NOTEBOOK)
    return answers(assignment, master)


def test_make_lab_opens_the_first_notebook_with_its_kernel_and_nothing_else(seat: Seat, waiting: Waiting) -> None:
    with waiting("from JupyterLab's page to a kernel that is ready"):
        desk = Desk(seat.page, seat.notebook)
    assert seat.page.url.endswith(f"/lab/tree/desk/{ASSIGNMENT}/{NOTEBOOK}.ipynb")
    expect(desk.page.locator(".jp-Dialog, .Toastify__toast")).to_have_count(0)
    assert seat.elsewhere == []
    # nbgrader's extensions work only where the server serves the course's folder.
    assert "not a subdirectory" not in (seat.room.home / "server.log").read_text(encoding="utf-8")


def test_tests_are_folded_but_for_their_first_line(desk: Desk) -> None:
    folded = desk.page.locator(".jp-CodeCell .jp-PlaceholderText")
    expect(folded).to_have_count(sum(name.startswith("test-") for name in desk.code) - 1)
    assert all(line.startswith('"""Looks at: ') for line in folded.all_text_contents())


def test_the_release_run_as_it_is_says_kindly_what_is_to_do(desk: Desk, waiting: Waiting) -> None:
    with waiting("Run All Cells, to the first exercise"):
        desk.run_all()
    # JupyterLab marks what an exception says as it marks stderr, so TensorFlow's own lines would be here, too.
    # How many cells it runs after the first that fails depends on how quickly it sends them: one of these may be a
    # demonstration, which misses its answer.
    said = desk.page.locator("[data-mime-type='application/vnd.jupyter.stderr']").all_text_contents()
    assert said[0].strip() == STUB
    told = [text for text in said if not text.splitlines()[-1].startswith("NameError: ")]
    assert all(text.startswith("Not yet.") and len(text.splitlines()) < 5 for text in told)
    assert desk.run("see-two-phases").inner_text().splitlines()[1] == "[2. 4.]"


def test_a_test_of_a_stub_says_that_it_is_still_to_do(desk: Desk) -> None:
    desk.run(EXERCISE)
    assert desk.run(TEST).inner_text().strip() == STUB


def test_a_wrong_answer_draws_its_picture_and_names_the_idea(
    desk: Desk, assignment: Assignment, given: dict[str, list[Answer]], waiting: Waiting
) -> None:
    wrong = next(answer for answer in given[EXERCISE] if answer.misconceptions == ("M15",))
    desk.write(EXERCISE, wrong.source)
    desk.run(EXERCISE)
    with waiting("a test that draws"):
        below = desk.run(TEST)
    expect(below.get_by_role("img", name="Which outputs read which variables")).to_have_count(2)
    expect(below).to_contain_text("outside reads outside_probe. Nothing reads v_probe and v_probe_1.")
    expect(below).to_contain_text(f"Perhaps you believe: {assignment.catalogue['M15'].belief}")
    assert len(below.inner_text().splitlines()) < 40  # two pictures, and the words


def test_a_right_answer_draws_its_picture_and_nothing_complains(desk: Desk, given: dict[str, list[Answer]]) -> None:
    desk.write(EXERCISE, given[EXERCISE][0].source)
    desk.run(EXERCISE)
    below = desk.run(TEST)
    expect(below.get_by_role("img", name="Which outputs read which variables")).to_be_visible()
    expect(below).to_contain_text("outside reads outside_probe.")
    expect(below).not_to_contain_text("Not yet.")


def test_validate_says_what_is_still_to_do(desk: Desk) -> None:
    said = desk.validate()
    # One exercise is answered by now, and it has one test.
    assert said.count("The following cell failed:") == sum(name.startswith("test-") for name in desk.code) - 1
    assert "Traceback" not in said and "site-packages" not in said


def test_with_all_answers_everything_runs_again_and_validates(
    desk: Desk, given: dict[str, list[Answer]], waiting: Waiting
) -> None:
    for exercise, choices in given.items():
        desk.write(exercise, choices[0].source)
    with waiting("Restart Kernel and Run All Cells"):
        desk.restart_and_run_all()
    expect(desk.page.locator("[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)
    with waiting("Validate"):
        said = desk.validate()
    assert "Success! Your notebook passes all the tests." in said


def test_the_assignment_is_fetched_and_handed_in_through_the_exchange(
    desk: Desk, seat: Seat, waiting: Waiting
) -> None:
    page, course = desk.page, seat.room.course
    desk.menu("Nbgrader", "Assignment List")
    with waiting("Fetch"):
        page.get_by_role("button", name="Fetch", exact=True).click()
        page.get_by_role("button", name="Submit", exact=True).wait_for()
    fetched = course / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    fetched.write_bytes(seat.notebook.read_bytes())
    with waiting("Submit"):
        page.get_by_role("button", name="Submit", exact=True).click()
        page.locator("#submitted_assignments_list .list_item").get_by_text(ASSIGNMENT, exact=True).wait_for()
    (handed_in,) = (seat.room.exchange / "sharing_variables_course" / "inbound").iterdir()
    assert {path.name for path in handed_in.glob("*.ipynb")} == {path.name for path in fetched.parent.glob("*.ipynb")}
    assert (handed_in / fetched.name).read_bytes() == fetched.read_bytes()
