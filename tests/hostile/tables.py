"""What the corpus has shown, as the tables of docs/security.md."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT
from tests.hostile.cases import GROUPS, Case

PAGE = ROOT / "docs" / "security.md"
_BEGIN, _END = "<!-- tables: make hostile-tables -->", "<!-- end of the tables -->"


@dataclass(frozen=True)
class Shown:
    """
    What runs of the whole corpus have shown.

    Attributes
    ----------
    failed : tuple of str
        Cases that are not as their file says, with every layer on.
    through : dict of str to tuple of str
        By layer, the cases that are not as they should be without it.
    others : dict of str to bool
        By layer, whether other students or the machine noticed that it was off.
    nbgrader : tuple of str
        The cases that stock nbgrader deals with as it should.
    """

    failed: tuple[str, ...]
    through: dict[str, tuple[str, ...]]
    others: dict[str, bool]
    nbgrader: tuple[str, ...]


def toothless(shown: Shown) -> list[str]:
    """List layers without which nothing gets through."""
    return [layer for layer, through in shown.through.items() if not through and not shown.others[layer]]


def not_exercised(cases: Mapping[str, Case], shown: Shown) -> list[str]:
    """List cases that no layer alone keeps out."""
    through = {name for names in shown.through.values() for name in names}
    return [name for name in cases if name not in through]


def write_tables(cases: Mapping[str, Case], shown: Shown, page: Path = PAGE) -> None:
    """Put the tables into the page, between its two marks."""
    text = page.read_text(encoding="utf-8")
    tables = "\n".join([_BEGIN, "", *_lines(cases, shown), _END])
    page.write_text(re.sub(f"{_BEGIN}.*{_END}", lambda _: tables, text, flags=re.DOTALL), encoding="utf-8")


def _lines(cases: Mapping[str, Case], shown: Shown) -> Iterator[str]:
    yield from ("### By group", "")
    yield from _row("group", "cases", "as they must be", "of these as they must be under `nbgrader autograde`")
    yield from _row("---", "---:", "---:", "---:")
    for letter, what in GROUPS.items():
        names = [name for name, case in cases.items() if case.group == letter]
        good = [name for name in names if name not in shown.failed]
        yield from _row(f"{letter}: {what}", len(names), len(good), len(set(good) & set(shown.nbgrader)))
    good = [name for name in cases if name not in shown.failed]
    yield from _row("all", len(cases), len(good), len(set(good) & set(shown.nbgrader)))
    yield from ("", "### By layer", "")
    yield from _row("layer that is off", "cases that get through", "which")
    yield from _row("---", "---:", "---")
    for layer, through in shown.through.items():
        harm = "; other students or the machine are harmed" if shown.others[layer] else ""
        yield from _row(layer, len(through), ", ".join(through) + harm)
    idle = not_exercised(cases, shown)
    yield from (
        "",
        f"Not exercised: {len(idle)} cases get through none of these, because more than one thing keeps them out, or "
        "the system does: " + ", ".join(idle) + ".",
        "",
        "### Every case",
        "",
    )
    yield from _row("case", "tries", "must get", "kept out by", "nbgrader")
    yield from _row("---", "---", "---", "---", "---")
    for name, case in cases.items():
        layers = ", ".join(layer for layer, through in shown.through.items() if name in through)
        points = "" if case.points is None else f" {case.points:g}"
        right = "right" if name in shown.nbgrader else "wrong"
        yield from _row(name, case.title.replace("|", "\\|"), f"{case.verdict}{points}", layers or "-", right)
    yield ""


def _row(*cells: object) -> Iterator[str]:
    yield f"| {' | '.join(map(str, cells))} |"
