"""What a submission brings along never runs and fetches nothing where somebody opens it."""

import html
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_output
from playwright.sync_api import Browser

from autograder.report.class_report import FORMGRADER
from tests.browser.chromium import doings
from tests.hostile.cases import Case, all_cases
from tests.hostile.course import NAME
from tests.hostile.run import Task, in_a_room, name_in_class

SEED = 1
CASES = {name: case for name, case in all_cases().items() if name.startswith(("I", "C27"))}
HONEST = "alan"
"""An honest student whose page shows what was wrong."""

LOUD = (
    "I01-error",
    "I01-html",
    "I01-markdown",
    "I01-result",
    "I01-source",
    "I01-stream",
    "I01-svg",
    "I02-language",
    "I03-name-tag",
    "I09-polyglot",
    "I10-graph-names",
    "I11-kinds",
    "I12-names-of-variables",
)
"""The cases whose markup is on the page as text, and would run if it were none."""

RAN = "ran"
RUNS = (
    f"<script>document.title = '{RAN}'; window.{RAN} = 1; alert('{RAN}')</script>"
    f"<img src=x onerror=\"document.title = '{RAN}'\"><svg onload=\"document.title = '{RAN}'\"></svg>"
    f"<iframe srcdoc=\"<script>parent.document.title = '{RAN}'</script>\"></iframe>"
    f"<a href=\"javascript:void(document.title = '{RAN}')\">x</a>"
    "<link rel=stylesheet href='@elsewhere@style'><img src='@elsewhere@picture'><object data='@elsewhere@object'>"
    "</object>"
)
FORM = "<form action='@elsewhere@form'><button>x</button></form>"
BASE = "<base href='@elsewhere@'>"
"""What the policy of a page has to hold back; the last one makes its own links lead elsewhere."""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grade a class of hostile and honest students, and give the folder of what was written."""
    out = tmp_path_factory.mktemp("graded")
    in_a_room(Task(tuple(CASES), SEED, str(out)))
    return out


@pytest.fixture(scope="module")
def usual(browser: Browser, graded: Path) -> set[str]:
    """Note what nbconvert's page of an honest notebook does: its template asks for scripts from elsewhere."""
    return doings(browser, converted(graded, HONEST, "01_double"))


def pages(graded: Path, student: str) -> Iterator[Path]:
    yield from sorted((graded / "feedback" / student / NAME).glob("*.html"))


def converted(graded: Path, student: str, notebook: str) -> Path:
    """Render a notebook as it was run, as `jupyter nbconvert --to html` does."""
    place = graded / "autograded" / student / NAME / f"{notebook}.ipynb"
    exporter = HTMLExporter()  # type: ignore[no-untyped-call]  # nbconvert leaves it untyped
    text, _ = exporter.from_notebook_node(nbformat.read(place, as_version=4), {"metadata": {"name": notebook}})
    target = place.with_suffix(".html")
    target.write_text(text, encoding="utf-8")
    return target


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_of_a_submission_runs_on_its_feedback_page(browser: Browser, graded: Path, case: Case) -> None:
    found = {page.stem: doings(browser, page) for page in pages(graded, name_in_class(case, SEED))}
    assert found == {case.notebook: set(), case.other: set()}


def test_nothing_of_a_class_runs_on_its_report(browser: Browser, graded: Path) -> None:
    report = graded / "reports" / f"{NAME}.html"
    assert doings(browser, report) == set()
    links = re.findall(r'href="([^"]*)"', report.read_text(encoding="utf-8"))
    elsewhere = {link for link in links if not link.startswith(("#", "../feedback/"))}
    in_formgrader = re.compile(rf"{re.escape(FORMGRADER)}/submissions/[0-9a-f]{{32}}/#[\w%-]*")
    assert links and all(in_formgrader.fullmatch(link) for link in elsewhere)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_of_a_submission_runs_in_a_converted_notebook(
    browser: Browser, graded: Path, usual: set[str], case: Case
) -> None:
    student = name_in_class(case, SEED)
    if case.verdict == "REJECTED(name)":
        # Nothing of such a folder becomes a notebook that somebody could open.
        assert not (graded / "autograded" / student).exists()
    else:
        assert doings(browser, converted(graded, student, case.notebook)) - usual == set()


def test_active_output_in_a_converted_notebook_would_be_noticed(
    browser: Browser, graded: Path, usual: set[str], tmp_path: Path
) -> None:
    place = tmp_path / "autograded" / HONEST / NAME / "01_double.ipynb"
    place.parent.mkdir(parents=True)
    notebook = nbformat.read(graded / "autograded" / HONEST / NAME / place.name, as_version=4)
    notebook.cells[-1].outputs = [new_output("display_data", {"text/html": RUNS})]
    nbformat.write(notebook, place)
    assert f"title: {RAN}" in doings(browser, converted(tmp_path, HONEST, place.stem)) - usual


@pytest.mark.parametrize("name", LOUD)
def test_without_escaping_and_policy_it_would_be_noticed(
    browser: Browser, graded: Path, name: str, tmp_path: Path
) -> None:
    case = CASES[name]
    found = graded / "feedback" / name_in_class(case, SEED) / NAME / f"{case.notebook}.html"
    page = tmp_path / "page.html"
    page.write_text(html.unescape(without_policy(found.read_text(encoding="utf-8"))), encoding="utf-8")
    assert any(what.startswith("title: ") for what in doings(browser, page))


@pytest.mark.parametrize(
    ("markup", "does", "asks"),
    [
        (RUNS, {f"title: {RAN}", f"global: {RAN}", f"dialog: {RAN}"}, {"/style", "/picture", "/object"}),
        (FORM, set(), {"/form?"}),
        (BASE, set(), {"/"}),
    ],
    ids=["runs", "form", "base"],
)
def test_the_policy_of_a_page_holds_where_escaping_fails(
    browser: Browser, graded: Path, tmp_path: Path, markup: str, does: set[str], asks: set[str]
) -> None:
    whole = next(pages(graded, HONEST)).read_text(encoding="utf-8")
    loose, held = tmp_path / "loose.html", tmp_path / "held.html"
    with listening() as (address, asked):
        whole = whole.replace("</h1>", f"</h1>{markup.replace('@elsewhere@', address)}")
        loose.write_text(without_policy(whole), encoding="utf-8")
        held.write_text(whole, encoding="utf-8")
        # What is refused is on the console.
        assert not doings(browser, held) & does
        assert asked == set()
        assert doings(browser, loose) >= does
        assert asked >= asks


@contextmanager
def listening() -> Iterator[tuple[str, set[str]]]:
    """Serve nothing, and note what is asked for."""
    asked: set[str] = set()

    class Refuses(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/favicon.ico":
                asked.add(self.path)
            self.send_response(HTTPStatus.NO_CONTENT)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refuses) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


def without_policy(page: str) -> str:
    (policy,) = re.findall(r"<meta http-equiv=.Content-Security-Policy.*>", page)
    return page.replace(policy, "")
