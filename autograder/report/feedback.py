"""
The page that a student opens after grading: points, code, expected beside shown, and which idea was wrong.

A page is static HTML without any script. All that comes from a submission is escaped text or a picture that is drawn
here from facts; nothing that student code displayed is shown as it came. Of a hidden part of a test no page holds
a word.
"""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Any

from autograder.checks import Finding, Outcome, expected_facts, expected_texts, plain_text, visible_part
from autograder.course import Assignment, Course, Master, MasterCell
from autograder.errors import FeedbackError
from autograder.facts import Facts
from autograder.files import replace_file
from autograder.grading import Result
from autograder.intake import SECRET_FILE, TIMESTAMP_FILE
from autograder.misconceptions import Hint
from autograder.picture import STYLE, figure
from autograder.report.templates import template
from autograder.verdict import CellVerdict, NotebookVerdict

PARTLY = "Part of this test is not shown."

_HEAD = 1_000
"""Bytes of a page within which its key stands."""


@dataclass(frozen=True)
class Sides:
    """Expected beside shown: lines, each with whether the other side lacks it; or two pictures."""

    expected: list[tuple[bool, str]]
    shown: list[tuple[bool, str]]
    pictures: tuple[str, str] | None = None


@dataclass(frozen=True)
class Test:
    """A test cell without points: what it looks at, what it found, and what is behind that."""

    looks_at: str
    message: str
    sides: list[Sides]
    note: str


@dataclass(frozen=True)
class Exercise:
    """An exercise of a notebook."""

    name: str
    heading: str
    points: float
    max_points: float
    code: str
    tests: list[Test]
    hints: list[Hint]
    by_hand: bool


class Feedback:
    """
    The feedback pages of one assignment.

    Parameters
    ----------
    course : Course
        Where they are written: nbgrader's ``feedback_directory``.
    """

    def __init__(self, course: Course, assignment: Assignment) -> None:
        self._course = course
        self._masters = {master.name: master for master in assignment.notebooks}

    def write(self, result: Result, notebooks: Mapping[str, Path], secret: str | None = None) -> None:
        """
        Write the pages of one result, unless they are there, and what `nbgrader release_feedback` wants beside them.

        Parameters
        ----------
        notebooks : mapping of str to Path
            By notebook name: the file of the notebook as it was run, in a folder that is named after its key.
        secret : str, optional
            The submission's, by which nbgrader's exchange gives the pages to its author alone. A submission that
            came by another way has none, and gets one that nobody knows: without it nbgrader would stop there.

        Raises
        ------
        FeedbackError
            When a page cannot be made or written; the others are.
        """
        problems = []
        for verdict in result.verdicts:
            place = page_of(self._course, result, verdict.name)
            key = notebooks[verdict.name].parent.name
            try:
                if not _has(place, key):
                    place.parent.mkdir(parents=True, exist_ok=True)
                    executed = json.loads(notebooks[verdict.name].read_text(encoding="utf-8"))
                    replace_file(place, page(self._masters[verdict.name], verdict, result.student, executed, key))
            except Exception as error:
                # Whatever is odd about one submission, the batch goes on with the others.
                problems.append(f"{place}: {type(error).__name__}: {' '.join(str(error).split())[:300]}")
        folder = self._course.feedback(result.student, result.assignment)
        try:
            _write_for_release(folder, result.timestamp or "", secret)
        except OSError as error:
            problems.append(f"{folder}: {error.strerror}")
        if problems:
            raise FeedbackError(f"{'; '.join(problems)}; mend that and grade again")


def page_of(course: Course, result: Result, notebook: str) -> Path:
    """Say where the page of a notebook is."""
    return course.feedback(result.student, result.assignment) / f"{notebook}.html"


def page(master: Master, verdict: NotebookVerdict, student: str, executed: dict[str, Any], key: str) -> str:
    """Write the page of one notebook; `executed` is the notebook as it was run, `key` the result's content key."""
    sources = {cell.get("id"): "".join(cell["source"]) for cell in executed["cells"]}
    return template("feedback.html.j2").render(
        key=key,
        student=student,
        verdict=verdict,
        title=master.heading(),
        exercises=[_exercise(master, cell, verdict, sources) for cell in master.solutions],
        figure_style=STYLE,
    )


def _exercise(master: Master, cell: MasterCell, verdict: NotebookVerdict, sources: dict[str, str]) -> Exercise:
    name = str(cell.grade_id)
    verdicts = {found.grade_id: found for found in verdict.cells}
    tests = master.tests_of(name)
    found = [(test, verdicts[str(test.grade_id)]) for test in tests if str(test.grade_id) in verdicts]
    return Exercise(
        name,
        master.heading(cell),
        sum(one.points for _, one in found),
        sum(test.points for test in tests),
        sources.get(cell.node.id, ""),
        [_test(test, one) for test, one in found if not one.points],
        [hint for hint in verdict.hints if hint.exercise == name],
        cell.by_hand,
    )


def _test(cell: MasterCell, verdict: CellVerdict) -> Test:
    lost = [finding for finding in verdict.findings if finding.outcome is not Outcome.HOLDS]
    # What stands in the sides need not be said.
    said = dict.fromkeys(finding.message for finding in lost if not finding.shown and not finding.graphs)
    sides = [one for finding in lost for one in _sides(visible_part(cell), finding)]
    return Test(cell.looks_at, "\n".join(said), sides, PARTLY if cell.has_hidden_part else "")


def _sides(cell: MasterCell, finding: Finding) -> Iterator[Sides]:
    if finding.shown:
        yield _compared(plain_text(expected_texts(cell)).splitlines(), finding.shown.splitlines())
    for expected, shown in zip(expected_facts(cell), finding.graphs, strict=False):
        if expected != _bare(shown):
            yield Sides([], [], (_picture(expected), _picture(_bare(shown))))


def _bare(facts: Facts) -> Facts:
    return Facts(facts.variables, facts.outputs)


def _compared(expected: list[str], shown: list[str]) -> Sides:
    matched = difflib.SequenceMatcher(None, expected, shown, autojunk=False).get_matching_blocks()
    left = {block.a + place for block in matched for place in range(block.size)}
    right = {block.b + place for block in matched for place in range(block.size)}
    return Sides(
        [(place not in left, line) for place, line in enumerate(expected)],
        [(place not in right, line) for place, line in enumerate(shown)],
    )


@lru_cache(maxsize=512)
def _picture(facts: Facts) -> str:
    return figure(facts, styled=False)


def _write_for_release(folder: Path, timestamp: str, secret: str | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _keep(folder / TIMESTAMP_FILE, timestamp)
    if secret is not None:
        _keep(folder / SECRET_FILE, secret)
    elif not (folder / SECRET_FILE).exists():
        replace_file(folder / SECRET_FILE, token_hex(64))


def _keep(place: Path, text: str) -> None:
    if not place.exists() or place.read_text(encoding="utf-8") != text:
        replace_file(place, text)


def _has(place: Path, key: str) -> bool:
    try:
        with place.open("rb") as file:
            return f'<meta name="result" content="{key}">'.encode() in file.read(_HEAD)
    except OSError:
        return False
