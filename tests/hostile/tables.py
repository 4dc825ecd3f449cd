"""What the corpus has shown, as the tables of docs/security.md."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT
from tests.hostile.cases import GROUPS, Case

PAGE = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- tables: make hostile-tables -->", "<!-- end of the tables -->"


_UNTRIED = "?"


@dataclass(frozen=True)
class Without:
    """
    What a run without a layer has shown.

    Attributes
    ----------
    through : tuple of str
        The cases that are not as they should be.
    harm : bool
        Whether other students or the machine noticed.
    ended : bool
        Whether the batch ended by itself: no case has a result otherwise.
    """

    through: tuple[str, ...]
    harm: bool
    ended: bool


@dataclass(frozen=True)
class Shown:
    """
    What runs of the whole corpus have shown.

    Attributes
    ----------
    failed : tuple of str
        Cases that are not as their file says, with every layer on.
    layers : dict of str to Without
        By layer that was off.
    nbgrader : tuple of str
        The cases that stock nbgrader deals with as it should.
    untried : tuple of str
        The cases that were tried neither without a layer nor by nbgrader.
    """

    failed: tuple[str, ...]
    layers: dict[str, Without]
    nbgrader: tuple[str, ...]
    untried: tuple[str, ...] = ()


def on_page(page: Path = PAGE) -> Shown:
    """Read from the page what earlier runs have shown; that a case is not as its file says stands nowhere."""
    rows = [line[2:-2].split(" | ") for line in page.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    layers = {}
    for layer, number, which in (row for row in rows if len(row) == 3 and row[1].isdigit()):
        names, _, harm = which.partition("; ")
        through = tuple(names.split(", ")) if int(number) else ()
        layers[layer] = Without(through, "harmed" in harm, "does not end" not in which)
    told = {row[0]: row[4] for row in rows if len(row) == 5 and row[4] in ("right", "wrong", _UNTRIED)}
    right, untried = (tuple(name for name, what in told.items() if what == one) for one in ("right", _UNTRIED))
    return Shown((), layers, right, untried)


def merged(before: Shown, now: Shown, tried: Collection[str], cases: Collection[str]) -> Shown:
    """Put what runs of some cases have shown into what earlier runs of all have; cases that are gone are left out."""

    def names(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
        known = {*new, *(name for name in old if name not in tried)}
        return tuple(name for name in cases if name in known)

    layers = {}
    for layer, new in now.layers.items():
        old = before.layers.get(layer, Without((), harm=False, ended=True))
        layers[layer] = Without(names(old.through, new.through), old.harm or new.harm, old.ended and new.ended)
    return Shown(now.failed, layers, names(before.nbgrader, now.nbgrader), names(before.untried, ()))


def toothless(shown: Shown) -> list[str]:
    """List layers without which nothing gets through."""
    return [layer for layer, without in shown.layers.items() if not without.through and not without.harm]


def not_exercised(cases: Mapping[str, Case], shown: Shown) -> list[str]:
    """List cases that no layer alone keeps out."""
    through = {name for without in shown.layers.values() for name in without.through}
    return [name for name in cases if name not in through and name not in shown.untried]


def write_tables(cases: Mapping[str, Case], shown: Shown, page: Path = PAGE) -> None:
    """Put the tables into the page, between its two marks."""
    text = page.read_text(encoding="utf-8")
    tables = "\n".join([BEGIN, "", *_lines(cases, shown), END])
    page.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: tables, text, flags=re.DOTALL), encoding="utf-8")


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
    for layer, without in shown.layers.items():
        harm = "; other students or the machine are harmed" if without.harm else ""
        harm = harm if without.ended else "; the batch does not end, so that none of them has a result"
        yield from _row(layer, len(without.through), ", ".join(without.through) + harm)
    idle = not_exercised(cases, shown)
    yield from (
        "",
        f"Not exercised: {len(idle)} cases get through none of these, because more than one thing keeps them out, or "
        "the system does: " + ", ".join(idle) + ".",
        "",
        *_untried(shown),
        "### Every case",
        "",
    )
    yield from _row("case", "tries", "must get", "kept out by", "nbgrader")
    yield from _row("---", "---", "---", "---", "---")
    for name, case in cases.items():
        layers = ", ".join(
            layer if without.ended else f"{layer} (the batch ends)"
            for layer, without in shown.layers.items()
            if name in without.through
        )
        points = "" if case.points is None else f" {case.points:g}"
        right = "right" if name in shown.nbgrader else "wrong"
        found = (_UNTRIED, _UNTRIED) if name in shown.untried else (layers or "-", right)
        yield from _row(name, case.title.replace("|", "\\|"), f"{case.verdict}{points}", *found)
    yield ""


def _untried(shown: Shown) -> Iterator[str]:
    if shown.untried:
        number = len(shown.untried)
        yield f"{number} cases were tried neither without a layer nor by nbgrader yet; a question mark stands there."
        yield ""


def _row(*cells: object) -> Iterator[str]:
    yield f"| {' | '.join(map(str, cells))} |"
