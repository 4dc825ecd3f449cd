"""A chart is shapes and words: it says the numbers, and brings nothing that moves, dates or names itself."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from autograder.grading.result import Result
from autograder.report.charts import FEWEST, durations, scores
from autograder.report.statistics import Times

TOTALS = (0.0, 4.5, 5.0, 5.0, 12.0, 54.5, 55.0)


def times(notebook: str, *seconds: float) -> Times:
    return Times(notebook, seconds, Result("ada", "small", (), {}))


def words(svg: str, pattern: str = ".*") -> list[str]:
    texts = (element.text or "" for element in ElementTree.fromstring(svg).iter("text"))
    return [text for text in texts if text and re.fullmatch(pattern, text)]


def columns(svg: str) -> list[str]:
    layers = (g for g in ElementTree.fromstring(svg).iter("g") if "text-overlay" in g.get("class", ""))
    return [text.text for layer in layers for text in layer.iter("text") if text.text]


def test_each_column_says_how_many_students_it_stands_for() -> None:
    assert columns(scores(TOTALS, 55)) == ["2", "2", "1", "2"]


@pytest.mark.parametrize("most", [1, 3, 10, 55, 100, 7.5, 4000])
def test_steps_reach_from_nothing_to_all_points(most: float) -> None:
    svg = scores((0.0, *[most] * FEWEST), most)
    said = [float(text) for text in words(svg, r"[\d.]+")]
    assert 0 in said and any(step >= 0.9 * most for step in said)
    assert columns(svg) == ["1", str(FEWEST)]


def test_few_students_get_no_chart() -> None:
    assert scores(TOTALS[: FEWEST - 1], 55) == ""
    assert scores(TOTALS, 0) == ""
    assert durations((times("01_double", *[1.0] * (FEWEST - 1)),)) == durations(()) == ""


def test_each_notebook_has_a_box_under_its_name() -> None:
    svg = durations((times("01_double", *map(float, range(9))), times("02_triple", *[2.0] * 9)))
    assert words(svg, r"0\d .*") == ["01 double", "02 triple"]
    assert svg.count('class="box"') == 2


DRAWN = {
    "scores": lambda: scores(TOTALS, 55),
    "durations": lambda: durations((times("01_double", *[1.0, 2.0] * 5),)),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_a_chart_has_no_script_style_date_or_id(draw: Callable[[], str]) -> None:
    svg = draw()
    root = ElementTree.fromstring(svg)
    assert {element.tag for element in root.iter()} <= {"svg", "g", "rect", "path", "text", "circle"}
    attributes = {name for element in root.iter() for name in element.attrib}
    assert attributes & {"id", "style", "href", "onclick"} == set()
    assert (root.get("role"), bool(root.get("aria-label"))) == ("img", True)
    assert not re.search(r"<!--|xmlns|20\d\d-", svg)


def test_the_same_numbers_give_the_same_text() -> None:
    assert scores(TOTALS, 55) == scores(TOTALS, 55)
