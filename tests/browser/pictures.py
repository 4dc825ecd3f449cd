"""
`python -m tests.browser.pictures [NAME ...]` draws the pictures that README and docs show, into docs/pictures/.

A picture is a function below, called as its file is, that gives what of a page comes first and last on it. Look at
each before you commit it.
"""

import io
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FloatRect, Locator
from rich.console import Console
from rich.progress import track

from autograder.authoring.answers import Answer
from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from tests.browser import chromium
from tests.browser.desk import Desk
from tests.browser.lab import Classroom, classroom, make_lab
from tests.classroom.students import Student, answers, hand_in
from tests.classroom.students import classroom as students
from tests.conftest import ASSIGNMENT, ROOT

FOLDER = ROOT / "docs" / "pictures"


Part = tuple[Locator, Locator]
"""The first and the last element that a picture shows, of a page as wide as the first one."""

MARGIN = 4
"""Pixels around it."""


@dataclass(frozen=True)
class Studio:
    """Where pictures are taken: a browser, and a folder to put courses in."""

    browser: Browser
    folder: Path

    @cached_property
    def assignment(self) -> Assignment:
        """The real one."""
        return Course(ROOT).assignment(ASSIGNMENT)

    @cached_property
    def graded(self) -> Course:
        """A course whose class of twelve has been graded."""
        room = classroom(self.folder / "graded")
        course = Course(room.course)
        for student in students(self.assignment):
            hand_in(course, self.assignment, student)
        room.run("autograder", "grade", ASSIGNMENT)
        return course

    def wrong(self, notebook: str, exercise: str, idea: str) -> Answer:
        """Find the first answer to an exercise that shows a misconception."""
        (master,) = (master for master in self.assignment.notebooks if master.name == notebook)
        return next(one for one in answers(self.assignment, master)[exercise] if idea in one.misconceptions)

    def author(self, notebook: str, answer: Answer) -> Student:
        """Find the student of the class who gives an answer."""
        return next(one for one in students(self.assignment) if one.answers[notebook][answer.exercise] == answer)


@contextmanager
def exercise(studio: Studio) -> Iterator[Part]:
    """Show a test in JupyterLab that fails: the picture of the graph, and the idea behind the answer."""
    notebook, name = "03_get_variable", "get-my-op"
    room = classroom(studio.folder / "desk")
    with make_lab(room) as address:
        page = studio.browser.new_page(viewport={"width": 1440, "height": 1400})
        page.goto(address)
        page.wait_for_url("**/lab/tree/**")
        page.goto(page.url.replace("01_failed_share", notebook))
        desk = Desk(page, room.course / "notebooks" / ASSIGNMENT / f"{notebook}.ipynb")
        for cell in desk.code[: desk.code.index(name)]:
            if cell.startswith(("setup-", "define-")):
                desk.run(cell)
        desk.write(name, studio.wrong(notebook, name, "M2").source)
        desk.run(name)
        below = desk.run(f"test-{name}-shares")
        # The idea is the last that is said.
        below.get_by_text("Reread:").wait_for()
        below.evaluate("shown => shown.scrollIntoView({block: 'center'})")
        yield below, below


@contextmanager
def feedback(studio: Studio) -> Iterator[Part]:
    """Show an exercise on a feedback page: the answer, the idea behind it, expected beside shown."""
    notebook, name = "02_variables_dict", "make-and-use"
    student = studio.author(notebook, studio.wrong(notebook, name, "M18"))
    page = studio.browser.new_page(viewport={"width": 992, "height": 1400})
    page.goto((studio.graded.feedback(student.name, ASSIGNMENT) / f"{notebook}.html").as_uri())
    shown = page.locator(f"details#{name}")
    yield shown, shown.locator("p.soft").first


@contextmanager
def report(studio: Studio) -> Iterator[Part]:
    """Show the first screen of the class report."""
    page = studio.browser.new_page(viewport={"width": 1200, "height": 1400})
    page.goto((studio.graded.reports / f"{ASSIGNMENT}.html").as_uri())
    yield page.locator("body"), page.locator(".idea").nth(1)


@contextmanager
def overview(studio: Studio) -> Iterator[Part]:
    """Show a student's page over all notebooks."""
    room = Classroom(studio.graded.root, studio.folder / "graded" / "home", studio.folder / "graded" / "exchange")
    place = studio.folder / "packed"
    room.run("autograder", "feedback", ASSIGNMENT, "--to", "folder", "--student", "grace", "--output", str(place))
    page = studio.browser.new_page(viewport={"width": 820, "height": 1400})
    page.goto((place / "grace" / "overview.html").as_uri())
    yield page.locator("body"), page.locator("h2").nth(3)


@contextmanager
def alike(studio: Studio) -> Iterator[Part]:
    """Show in the class report two submissions whose answers are alike, of a class in which one was copied."""
    room = classroom(studio.folder / "copied")
    course = Course(room.course)
    everybody = students(studio.assignment)
    for student in [*everybody, Student("mallory", everybody[-1].answers)]:
        hand_in(course, studio.assignment, student)
    room.run("autograder", "grade", ASSIGNMENT)
    page = studio.browser.new_page(viewport={"width": 1200, "height": 1400})
    page.goto((course.reports / f"{ASSIGNMENT}.html").as_uri())
    pair = page.locator("#alike details").first
    pair.locator("summary").click()
    # Where elements are is told from what is seen of the page.
    page.evaluate("scrollTo(0, 0)")
    yield page.locator("#alike"), pair.locator(".codes").first


@contextmanager
def formgrader(studio: Studio) -> Iterator[Part]:
    """Show formgrader's page of submissions, whose buttons grade in the jail."""
    room = Classroom(studio.graded.root, studio.folder / "graded" / "home", studio.folder / "graded" / "exchange")
    with make_lab(room) as address:
        page = studio.browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        page.wait_for_url(re.compile("^http"))
        page.goto(f"{page.url.split('/lab')[0]}/formgrader/manage_submissions/{ASSIGNMENT}", wait_until="networkidle")
        yield page.locator("body"), page.locator("table tbody tr").nth(5)


PICTURES: dict[str, Callable[[Studio], AbstractContextManager[Part]]] = {
    picture.__name__: picture for picture in (exercise, feedback, report, overview, alike, formgrader)
}
"""By the names of their files."""


def _write(part: Part, place: Path) -> None:
    first, last = (element.bounding_box() for element in part)
    assert first is not None and last is not None, f"{place.stem}: what it shows is not on the page"
    left, top = max(first["x"] - MARGIN, 0), max(first["y"] - MARGIN, 0)
    right, bottom = first["x"] + first["width"] + MARGIN, last["y"] + last["height"] + MARGIN
    clip: FloatRect = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    taken = Image.open(io.BytesIO(part[0].page.screenshot(full_page=True, clip=clip)))
    # Text and lines need few colours, and a small file.
    taken.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(place, optimize=True)


def main(names: list[str]) -> int:
    """Draw the pictures that are named, or all."""
    console = Console(soft_wrap=True)
    program = chromium.program()
    unknown = set(names) - PICTURES.keys()
    if program is None or unknown:
        known = f"no such picture: {', '.join(sorted(unknown))}; there are {', '.join(PICTURES)}"
        console.print(known if unknown else chromium.MISSING, markup=False)
        return 2
    # Not below the project, where a course would be found twice.
    with tempfile.TemporaryDirectory(prefix="pictures-") as scratch, chromium.started(program) as browser:
        studio = Studio(browser, Path(scratch))
        for name in track(names or list(PICTURES), "drawing", console=console, transient=True):
            with PICTURES[name](studio) as part:
                _write(part, FOLDER / f"{name}.png")
            console.print(f"drawn {FOLDER.name}/{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
