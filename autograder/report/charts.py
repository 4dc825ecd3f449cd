"""
The charts of the class report: pygal says what lies where, the page says how it looks.

A chart is SVG without scripts, styles, dates and ids, so that it obeys the page's light, dark and print styles, and
the same numbers give the same text. The words beside it say what it shows.
"""

from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

from autograder.report.statistics import Times

FEWEST = 6
"""Students of whom a chart is drawn; fewer are better told one by one."""

_BARS, _LABELS = 24, 13
_UPRIGHT = 5
_HEADROOM = 1.12
_STEPS = (0.25, 0.5, 1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500)
_LEFT_OUT = ("defs", "desc", "title", "script", "style")
_FOR_A_POINTER = "plot tooltip-overlay"
_WIDTH, _HEIGHT = 560, 250


def scores(totals: tuple[float, ...], most: float) -> str:
    """Draw how many students have how many points, as a histogram; empty for too few."""
    if len(totals) < FEWEST or not most:
        return ""
    edges = _edges(most)
    # The last step holds its upper end, too: nobody has more.
    counts = [sum(low <= one < high for one in totals) for low, high in pairwise(edges)]
    counts[-1] += sum(one >= edges[-1] for one in totals)
    bars = [(count, low, high) for count, (low, high) in zip(counts, pairwise(edges), strict=True)]
    options = {
        "x_labels": edges if len(edges) <= _LABELS else edges[::2],
        "x_value_formatter": lambda value: f"{value:g}",
        "show_y_labels": False,
        "show_x_guides": False,
        "show_y_guides": False,
        "range": (0, _HEADROOM * max(counts)),
        "print_values": True,
        "print_values_position": "top",
        "formatter": lambda bar: f"{bar[0]}" if bar[0] else "",
    }
    return _drawn("Histogram", "How many students have how many points", [("", bars)], options)


def durations(times: tuple[Times, ...]) -> str:
    """Draw how long each notebook ran, as box plots; empty for too few students."""
    if max((len(one.seconds) for one in times), default=0) < FEWEST:
        return ""
    options = {
        "x_labels": [one.notebook.replace("_", " ") for one in times],
        "truncate_label": 20,
        "x_label_rotation": 0 if len(times) <= _UPRIGHT else 40,
        "value_formatter": lambda value: f"{value:g} s",
        "box_mode": "tukey",
        "min_scale": 3,
        "max_scale": 6,
        "range": (0, max(one.seconds[-1] for one in times)),
    }
    boxes = [(one.notebook, list(one.seconds)) for one in times]
    return _drawn("Box", "How many seconds each notebook ran", boxes, options)


def _edges(most: float) -> list[float]:
    """Divide the points into steps of a round size."""
    step = next((step for step in _STEPS if most / step <= _BARS), most / _BARS)
    edges = [step * number for number in range(_BARS + 1) if step * number < most]
    return [*edges, edges[-1] + step if edges[-1] + step > most else most]


def _drawn(kind: str, title: str, series: list[tuple[str, list[Any]]], options: dict[str, Any]) -> str:
    # Only where something is drawn: it takes a twentieth of a second.
    import pygal

    chart = getattr(pygal, kind)(js=(), width=_WIDTH, height=_HEIGHT, show_legend=False, margin=6, **options)
    for name, values in series:
        chart.add(name, values)
    return _bare(chart.render(is_unicode=True), title)


def _bare(svg: str, title: str) -> str:
    """Keep the shapes and the words: no date, no id, no style, no script, nothing for a pointer that is not there."""
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        parent[:] = [
            child for child in parent if _tag(child) not in _LEFT_OUT and child.get("class") != _FOR_A_POINTER
        ]
    for element in root.iter():
        element.tag = _tag(element)
        element.attrib = {name: value for name, value in element.attrib.items() if name not in ("id", "style")}
    root.attrib |= {"class": "chart", "role": "img", "aria-label": title}
    return ElementTree.tostring(root, encoding="unicode")


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
