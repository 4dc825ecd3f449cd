"""Who cannot see a page, or no colours, or has no mouse, gets all that is on it."""

from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from autograder.course.assignment import Assignment
from autograder.exports.marks import Mark, MarkedExercise, MarkedNotebook
from autograder.grading.checks import Finding, Outcome
from autograder.hints import Hint
from autograder.records.standing import Student
from autograder.returning.overview import overview
from sharing_variables.graph.facts import Facts, Output, Variable, to_text
from tests.test_feedback import drawn, lost, master_of, verdict

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

NARROW = 320
"""Pixels to which text must reflow (WCAG 1.4.10)."""

ENOUGH = 4.5
"""Contrast of text of usual size (WCAG 1.4.3, AA)."""

_CONTRASTS = """() => {
  const numbers = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const over = (front, back, opacity) => front.slice(0, 3).map(
    (part, i) => part * opacity + back[i] * (1 - opacity));
  const alpha = colour => colour.length > 3 ? colour[3] : 1;
  const behind = element => {
    let layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(numbers(getComputedStyle(at).backgroundColor));
    let back = [255, 255, 255];
    for (const layer of layers.reverse()) back = over(layer, back, alpha(layer));
    return back;
  };
  const light = colour => {
    const [r, g, b] = colour.map(part => part / 255).map(
      part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || ["title", "desc", "STYLE"].includes(element.tagName)) continue;
    const style = getComputedStyle(element), svg = element instanceof SVGElement;
    let back = behind(element);
    const box = svg && element.parentElement.querySelector(element.matches(".count") ? ".badge" : ".box");
    if (box) {
      const fill = getComputedStyle(box);
      if (fill.fill !== "none") back = over(numbers(fill.fill), back, Number(fill.fillOpacity));
    }
    const front = numbers(svg ? style.fill : style.color);
    const seen = over(front, back, svg ? Number(style.fillOpacity) : alpha(front));
    const [low, high] = [light(seen), light(back)].sort((a, b) => a - b);
    found.push([(high + 0.05) / (low + 0.05), texts.currentNode.textContent.trim().slice(0, 40)]);
  }
  return found;
}"""
"""The contrast of every text with what is behind it, and the text (WCAG's formula)."""


@pytest.fixture(scope="module")
def feedback(assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a page with a hint, two pictures and two texts, where something is shared and something unread."""
    master = master_of(assignment, "03_get_variable")
    made = tuple(Variable(name, (2,), "float32", trainable=True, kind="ref") for name in ("W", "b", "c"))
    outputs = (
        Output("r1", "r1:0", ("W", "b")),
        Output("r2", "r2:0", ("W",)),
        Output("t", "t", ("W",), trains=("W",)),
    )
    findings = (
        Finding("output", Outcome.FAILS, "x", shown="['W:0']\n['b:0']"),
        Finding("graph", Outcome.FAILS, "x", evidence=(to_text(Facts(made, outputs)),)),
    )
    found = verdict(
        master,
        lost("test-get-my-op-shares", *findings, Finding("assert", Outcome.FAILS, "It makes one set.")),
        lost("test-eager-reuse", findings[0]),
        hints=(Hint("get-my-op", "M2", "W = tf.Variable(tf.zeros([2]))"),),
    )
    place = tmp_path_factory.mktemp("feedback") / "page.html"
    place.write_text(drawn(assignment, found), encoding="utf-8")
    return place


@pytest.fixture
def page(browser: Browser, feedback: Path) -> Page:
    """Open the page."""
    page = browser.new_page()
    page.goto(feedback.as_uri())
    return page


def test_a_page_says_its_language_and_has_a_main_part_and_headings_in_order(page: Page) -> None:
    assert page.locator("html").get_attribute("lang") == "en"
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("navigation", name="Exercises")).to_have_count(1)
    levels = [int(tag[1]) for tag in page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(h => h.tagName)")]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    expect(page.get_by_role("heading", name="Expected").first).to_be_visible()


def test_a_picture_is_one_image_whose_name_tells_all_that_is_drawn(page: Page) -> None:
    expected, shown = page.get_by_role("img").all()
    title = "Which outputs read which variables "
    expect(expected).to_have_accessible_name(
        f"{title}model_probe/W (32, 10) · float32 shared by r1 and r2. "
        "model_probe/b (10,) · float32 shared by r1 and r2"
    )
    expect(shown).to_have_accessible_name(
        f"{title}W (2,) · float32 shared by r1 and r2; trained by t. b (2,) · float32 read by r1. "
        "c (2,) · float32 read by nothing"
    )
    expect(page.locator("figure").last).to_contain_text("Nothing reads c; t trains W.")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_there_is_contrast_enough_by_day_and_by_night(page: Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    found = contrasts(page)
    assert {"W", "shared by 2", "read by nothing", "variables", "0 of 1"} <= {text for _, text in found}
    assert [(round(much, 1), text) for much, text in found if much < ENOUGH] == []


def test_too_little_contrast_would_be_noticed(page: Page) -> None:
    page.add_style_tag(content=".soft { color: #999 } .sharing-figure .small { fill-opacity: .4 !important }")
    assert {text for much, text in contrasts(page) if much < ENOUGH} >= {"Part of this test is not shown.", "r1:0"}


def test_colour_is_never_the_only_sign(page: Page) -> None:
    assert all(text[0] in "\N{MINUS SIGN}+" for text in page.locator(".other").all_inner_texts())
    marked = [" ".join(text.split()) for text in page.locator(".all, .lost").all_text_contents()]
    assert [text for text in marked if " of " not in text and text != "Passed:"] == []
    shared, badges = page.locator("g.shared:not(.arrow)"), page.locator("g.shared .count")
    assert shared.count() == badges.count() == 3
    assert {text[:6] for text in badges.all_text_contents()} == {"shared"}
    unread = page.locator("g.unread")
    assert unread.count() == unread.get_by_text("read by nothing").count() == 1
    dashes = "all => all.map(line => getComputedStyle(line).strokeDasharray)"
    assert page.locator(".trains .line").evaluate_all(dashes) == ["6px, 4px"]


def test_everything_is_reached_and_opened_by_keyboard_in_order(page: Page) -> None:
    wanted = page.locator("a[href], summary").all_inner_texts()
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        reached.append(focused.inner_text())
        assert focused.evaluate("e => getComputedStyle(e).outlineStyle") != "none"
    assert reached == wanted
    exercise = page.locator("details").last
    before = exercise.get_attribute("open")
    page.keyboard.press("Enter")
    assert (exercise.get_attribute("open") is None) != (before is None)


def test_on_a_narrow_page_text_reflows(page: Page) -> None:
    page.set_viewport_size({"width": NARROW, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


def contrasts(page: Page) -> list[tuple[float, str]]:
    return [(float(much), str(text)) for much, text in page.evaluate(_CONTRASTS)]


@pytest.fixture(scope="module")
def overall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a page over two notebooks: one that lost points, and one that waits."""
    exercises = (MarkedExercise("Exercise 1: predict", 0, 1), MarkedExercise("Exercise 2: build", 2, 2))
    waiting = (MarkedExercise("Exercise 3: explain", None, 3),)
    books = (
        MarkedNotebook("01_a", "A share that fails", "GRADED", "", (), exercises, ("01, Two names",), 1.0),
        MarkedNotebook("02_b", "A dictionary", "TIMEOUT", "It took too long.", (), waiting, (), 1.0),
    )
    mark = Mark(Student("ada", "Ada", "Lovelace"), 2, 6, 1, books, is_flagged=False)
    place = tmp_path_factory.mktemp("overview") / "overview.html"
    place.write_text(overview(mark, "sharing_variables"), encoding="utf-8")
    return place


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_over_all_notebooks_is_for_everybody(
    browser: Browser, overall: Path, scheme: Literal["light", "dark"]
) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(overall.as_uri())
    assert page.locator("html").get_attribute("lang") == "en"
    expect(page.get_by_role("main")).to_have_count(1)
    assert page.locator("h1, h2").evaluate_all("all => all.map(h => h.tagName)") == ["H1", "H2", "H2", "H2"]
    expect(page.get_by_role("row", name="Exercise 1: predict 0 of 1")).to_have_count(1)
    expect(page.get_by_role("link")).to_have_text(["A share that fails", "A dictionary"])
    assert [(round(much, 1), text) for much, text in contrasts(page) if much < ENOUGH] == []
    page.set_viewport_size({"width": NARROW, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.close()
