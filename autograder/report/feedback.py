"""
The page that a student opens after grading: points, code, expected beside shown, and which idea was wrong.

Points are the gradebook's: what a reviewer has given there, and written, takes the place of what the grader found.

A page is static HTML without any script. All that comes from a submission is escaped text or a picture that is drawn
here from facts; nothing that student code displayed is shown as it came. Of a hidden part of a test no page holds
a word.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from secrets import token_hex
from typing import Any

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.master import Master, MasterCell
from autograder.deadline import Deadline, OutOfTimeError
from autograder.errors import FeedbackError
from autograder.files import replace_file
from autograder.grading.checks import Finding, Outcome, expected_facts, expected_texts, plain_text
from autograder.grading.hidden_parts import PARTLY, visible_part
from autograder.grading.html_tables import Table, seen_in
from autograder.grading.prose import as_written
from autograder.grading.rebuild import STUDENTS_CELL
from autograder.grading.result import Result
from autograder.grading.sanitize import PICTURES
from autograder.grading.verdict import CellVerdict, NotebookVerdict
from autograder.hints import worded
from autograder.records.standing import Standing
from autograder.records.store import Stored
from autograder.report.templates import template
from autograder.subject import Subject, kinds_of
from autograder.submissions.reading import SECRET_FILE, TIMESTAMP_FILE
from autograder.text import cut

_HEAD = 1_000
"""Bytes of a page within which its key stands."""

_SECONDS = 10.0
"""Processor time for all that is drawn on a page."""

MOST_SHOWN = 8 * 2**20
"""Most characters of the pictures on a page."""

MOST_ROWS = 30
"""Rows of a table that a page shows."""

NOT_HERE = "(a picture that is too large for this page)"

_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")

NOT_DRAWN = "What was shown cannot be drawn beside what was expected."
"""What a page says of a test of which one picture or comparison cannot be made: the others are there."""


@dataclass(frozen=True)
class Sides:
    """Expected beside shown: lines, each with whether the other side lacks it; or two pictures."""

    expected: list[tuple[bool, str]]
    shown: list[tuple[bool, str]]
    pictures: tuple[str, str] | None = None


@dataclass(frozen=True)
class Output:
    """
    What an answer has shown, as far as the page shows it: one of these.

    Attributes
    ----------
    picture : tuple of (str, str) or None
        The kind of a picture that was drawn anew, and its content in base64.
    table : Table
        Rows of text.
    text : str
        Lines.
    """

    picture: tuple[str, str] | None = None
    table: Table = field(default_factory=list)
    text: str = ""


@dataclass(frozen=True)
class TestFeedback:
    """
    A test cell: what it looks at, what it has given, what it found, and what explains that.

    Attributes
    ----------
    points : float or None
        None while it has none, because the notebook waits for a reviewer.
    passed : bool
        Whether it has found everything as it should be: then nothing more is said of it.
    """

    looks_at: str
    points: float | None
    max_points: float
    passed: bool
    message: str
    sides: list[Sides]
    notes: list[str]


@dataclass(frozen=True)
class ExerciseFeedback:
    """
    An exercise of a notebook.

    Attributes
    ----------
    points : float or None
        None while some are still to be given by hand.
    raised : str
        What the answer raised when its own cell ran; empty for nothing.
    hints : list of list of (str, str)
        Hints in words, each part with its heading.
    comment : str
        What a reviewer has written about the answer.
    """

    name: str
    heading: str
    points: float | None
    max_points: float
    code: str
    raised: str
    shown: list[Output]
    tests: list[TestFeedback]
    hints: list[list[tuple[str, str]]]
    by_hand: bool
    comment: str


@dataclass(frozen=True)
class Marks:
    """
    What one notebook has got.

    Attributes
    ----------
    scores : mapping of str to float
        By cell; a cell that needs review is not there.
    by_hand : mapping of str to float
        Those that a reviewer has given.
    comments : mapping of str to str
        By cell, what a reviewer has written.
    penalty : float
        What was taken off for being late.
    """

    scores: Mapping[str, float]
    by_hand: Mapping[str, float] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    penalty: float = 0.0

    @classmethod
    def of(cls, verdict: NotebookVerdict, standing: Standing | None) -> "Marks":
        """Read what the gradebook says about a notebook; with nothing to read it is what the grader found."""
        if standing is None:
            return cls(verdict.scores)
        scores = {cell: score for (name, cell), score in standing.scores.items() if name == verdict.name}
        given = {cell: score for cell, score in scores.items() if score is not None}
        by_hand = {cell: score for cell, score in given.items() if (verdict.name, cell) in standing.by_hand}
        comments = {cell: text for (name, cell), text in standing.comments.items() if name == verdict.name}
        return cls(given, by_hand, comments, standing.penalties.get(verdict.name, 0.0))

    @property
    def key(self) -> str:
        """What a page must be drawn anew for, beside another result; empty where there is nothing."""
        parts = [sorted(self.by_hand.items()), sorted(self.comments.items()), self.penalty]
        return f"-{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}" if any(parts) else ""


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
        self._assignment = assignment

    def lacks(self, stored: Stored, standing: Standing | None = None) -> bool:
        """Tell whether a page of a result is not there, or was drawn from something else."""
        result = stored.result
        return not all(
            _has(page_of(self._course, result, verdict.name), stored.key + Marks.of(verdict, standing).key)
            for verdict in result.verdicts
        )

    def write(self, stored: Stored, secret: str | None = None, standing: Standing | None = None) -> None:
        """
        Write the pages of one result, unless they are there, and what `nbgrader release_feedback` wants beside them.

        Parameters
        ----------
        secret : str, optional
            The submission's, by which nbgrader's exchange gives the pages to its author alone. A submission that
            came by another way has none, and gets one that nobody knows: without it nbgrader would stop there.
        standing : Standing, optional
            What stands in the gradebook, where that is more than the result.

        Raises
        ------
        FeedbackError
            When a page cannot be made or written; the others are.
        """
        result = stored.result
        problems = []
        for verdict in result.verdicts:
            place = page_of(self._course, result, verdict.name)
            told = replace(verdict, notes=(*result.notes, *verdict.notes))
            marks = Marks.of(verdict, standing)
            key = stored.key + marks.key
            try:
                if not _has(place, key):
                    place.parent.mkdir(parents=True, exist_ok=True)
                    executed = json.loads(stored.notebooks[verdict.name].read_text(encoding="utf-8"))
                    replace_file(place, page(self._assignment, told, marks, result.student, executed, key))
            except Exception as error:
                # Whatever is odd about one submission, the batch goes on with the others.
                problems.append(f"{place}: {type(error).__name__}: {cut(' '.join(str(error).split()))}")
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


def page(
    assignment: Assignment, verdict: NotebookVerdict, marks: Marks, student: str, executed: dict[str, Any], key: str
) -> str:
    """Write the page of one notebook; `executed` is the notebook as it was run, `key` what it was drawn from."""
    master = assignment.master(verdict.name)
    drawing = Deadline(_SECONDS)
    ran = _Ran(executed)
    tests = {str(cell.grade_id) for cell in master.graded}
    asked = [cell for cell in master.cells if cell.graded or cell.task]
    return template("feedback.html.j2").render(
        key=key,
        student=student,
        verdict=verdict,
        title=master.heading(),
        points=sum(marks.scores.get(str(cell.grade_id), 0.0) for cell in asked),
        max_points=sum(cell.points for cell in asked),
        is_graded=tests <= marks.scores.keys(),
        waits=any(str(cell.grade_id) not in marks.scores for cell in asked),
        shows_exercises=bool(verdict.state.is_graded or verdict.cells or marks.by_hand or marks.comments),
        penalty=marks.penalty,
        exercises=[_exercise(assignment, master, cell, verdict, marks, ran, drawing) for cell in master.asked],
        evidence_style="\n".join(kind.style for kind in kinds_of(assignment.subject)),
    )


def _exercise(
    assignment: Assignment,
    master: Master,
    cell: MasterCell,
    verdict: NotebookVerdict,
    marks: Marks,
    ran: "_Ran",
    drawing: Deadline,
) -> ExerciseFeedback:
    name = str(cell.grade_id)
    tests = master.scored_by(cell)
    given = [marks.scores.get(str(test.grade_id)) for test in tests]
    points = None if None in given else sum(score or 0.0 for score in given)
    most = sum(test.points for test in tests)
    verdicts = {found.grade_id: found for found in verdict.cells}
    looks = [
        _test(test, master.titles, verdicts.get(str(test.grade_id)), marks, assignment.subject, drawing)
        for test in tests
        if not cell.by_hand
    ]
    return ExerciseFeedback(
        name,
        master.exercises[name],
        points,
        most,
        # What a task asks for is done in cells below it, and a test is the course's.
        ran.source(cell.node.id) if cell.solution else "",
        next((one.words for one in verdict.raised if one.cell == cell.node.id), ""),
        ran.shown(cell.node.id, with_text=cell.by_hand),
        looks,
        [
            worded(assignment.catalogue[hint.id], hint.line)
            for hint in verdict.hints
            if hint.exercise == name and points != most
        ],
        cell.by_hand,
        marks.comments.get(name, ""),
    )


class _Ran:
    """A notebook as it was run: what was written in a cell, and what it has shown."""

    def __init__(self, executed: dict[str, Any]) -> None:
        self._cells = {str(cell.get("id")): cell for cell in executed["cells"]}
        self._order = list(self._cells)
        self._room = MOST_SHOWN

    def source(self, name: str) -> str:
        """Give the text of a cell as it was handed in."""
        return as_written(self._cells[name]) if name in self._cells else ""

    def shown(self, name: str, *, with_text: bool) -> list[Output]:
        """Give the pictures and tables of an answer and of the cells that a student put behind it, and its text."""
        if name not in self._cells:
            return []
        start = self._order.index(name)
        behind = takewhile(lambda other: other.startswith(STUDENTS_CELL), self._order[start + 1 :])
        found = []
        for cell in (self._cells[place] for place in (name, *behind)):
            bundles = [*cell.get("attachments", {}).values(), *(o.get("data", {}) for o in cell.get("outputs", []))]
            found += [output for bundle in bundles if (output := self._output(bundle))]
            texts = cell.get("outputs", []) if with_text else []
            words = "\n".join(filter(None, (_text_of(output) for output in texts)))
            found += [Output(text=cut(words))] if words else []
        return found

    def _output(self, bundle: dict[str, Any]) -> Output | None:
        for kind in PICTURES:
            content = "".join(bundle.get(kind, ""))
            if content and _BASE64.fullmatch(content):
                self._room -= len(content)
                return Output(picture=(kind, content)) if self._room > 0 else Output(text=NOT_HERE)
        tables = seen_in("".join(bundle.get("text/html", ""))).tables
        return Output(table=tables[0][:MOST_ROWS]) if tables else None


def _text_of(output: dict[str, Any]) -> str:
    """Give the text of an output that has neither a picture nor a table."""
    data = output.get("data", {})
    if data.keys() & {*PICTURES, "text/html"}:
        return ""
    return "".join(output.get("text", data.get("text/plain", ""))).rstrip("\n")


def _test(
    cell: MasterCell,
    titles: Mapping[str, str],
    verdict: CellVerdict | None,
    marks: Marks,
    subject: Subject,
    drawing: Deadline,
) -> TestFeedback:
    """Say what a test has given, and why not all of its points, where it has not, or why it failed without any."""
    name = str(cell.grade_id)
    score = marks.scores.get(name)
    has_all = (verdict.points if verdict else 0.0) if score is None else score
    if has_all >= cell.points and (cell.points or verdict is None or verdict.passed):
        return TestFeedback(titles[name], score, cell.points, True, "", [], [])
    findings = verdict.findings if verdict else ()
    lost = [finding for finding in findings if finding.outcome is not Outcome.HOLDS or finding.points is not None]
    # What stands in the sides need not be repeated.
    messages = dict.fromkeys(finding.message for finding in lost if not finding.shown and not finding.evidence)
    notes = [given_by_hand(marks.by_hand[name], cell.points)] if name in marks.by_hand else []
    notes += [PARTLY] if cell.has_hidden_part else []
    sides: list[Sides] = []
    for finding in lost:
        try:
            with drawing:
                sides += _sides(visible_part(cell, subject), finding, subject)
        except OSError:
            # A program that draws is not there: that is the machine's, and mended another day.
            raise
        except (Exception, OutOfTimeError):
            notes += [NOT_DRAWN]
    return TestFeedback(titles[name], score, cell.points, False, "\n".join(messages), sides, notes)


def given_by_hand(score: float, most: float) -> str:
    """Report what a reviewer has given for a test."""
    return f"Your instructor gave {score:g} of {most:g} points."


def _sides(cell: MasterCell, finding: Finding, subject: Subject) -> Iterator[Sides]:
    if finding.shown:
        yield _compared(plain_text(expected_texts(cell, subject)).splitlines(), finding.shown.splitlines())
    for kind in kinds_of(subject):
        if kind.name == finding.check:
            for expected, shown in zip(expected_facts(cell, kind), finding.evidence, strict=False):
                if drawn := kind.drawn(shown, expected):
                    yield Sides([], [], drawn)


def _compared(expected: list[str], shown: list[str]) -> Sides:
    matched = difflib.SequenceMatcher(None, expected, shown, autojunk=False).get_matching_blocks()
    left = {block.a + place for block in matched for place in range(block.size)}
    right = {block.b + place for block in matched for place in range(block.size)}
    return Sides(
        [(place not in left, line) for place, line in enumerate(expected)],
        [(place not in right, line) for place, line in enumerate(shown)],
    )


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
