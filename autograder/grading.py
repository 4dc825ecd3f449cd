"""The story of one submission, from what was handed in to a result. No side effects."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from autograder.checks import Finding, Outcome, Shown, expected_facts, judge, visible_part
from autograder.course import Assignment, Master, MasterCell
from autograder.errors import RejectedError
from autograder.facts import groups_of
from autograder.harmless import harmless
from autograder.intake import Submission, parse_notebook
from autograder.kernels.running import Ended, Kernels, Run
from autograder.misconceptions import Hint
from autograder.probes import at_a_desk, fresh_ending
from autograder.rebuild import as_released, asked, place_of, rebuild, unanswered, whole
from autograder.symptoms import Drawn, Look, hints
from autograder.verdict import (
    CellVerdict,
    Kind,
    NotebookVerdict,
    State,
    decide_cell,
    review_state,
    worst,
)

WITHHELD = "A part of this test that is not shown found a difference."
"""All that is said about what only the hidden part of a test found."""


@dataclass(frozen=True)
class Result:
    """
    All that is known about one graded submission; gradebook and reports are drawn from it.

    Attributes
    ----------
    verdicts : tuple of NotebookVerdict
        One for each master notebook, in order.
    executed : dict of str to str
        By notebook name, as the text of a notebook file: what ran, with its outputs; the unanswered master where
        nothing could be run. Empty once the result has been stored, which keeps the texts in files of their own.
    """

    student: str
    assignment: str
    verdicts: tuple[NotebookVerdict, ...]
    executed: dict[str, str] = field(repr=False)
    timestamp: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """The worst of the notebooks' states."""
        return worst(verdict.state for verdict in self.verdicts)

    @property
    def points(self) -> float | None:
        """The automatic points of the whole submission, or None when a person must decide about a part."""
        counted = [verdict.points for verdict in self.verdicts]
        return None if None in counted else sum(points or 0.0 for points in counted)

    @property
    def is_final(self) -> bool:
        """Whether grading it again would give the same: not so where the grader itself failed."""
        return not any(verdict.state.is_the_graders for verdict in self.verdicts)


_Graded = tuple[NotebookVerdict, str]
"""What came of a notebook, and the text of the notebook as it was run."""


def grade(submission: Submission, assignment: Assignment, kernels: Kernels) -> Result:
    """Grade every notebook of a submission, each on its own: what happens to one does not touch the others."""
    return _result(submission, assignment, lambda master: _grade_notebook(master, submission, assignment, kernels))


def crashed(submission: Submission, assignment: Assignment, why: str) -> Result:
    """Account for a submission that the grader itself failed on: CRASH for what could be read, never silence."""

    def account(master: Master) -> _Graded:
        given = submission.files[master.name]
        state = _rejected(given) if isinstance(given, RejectedError) else _failed(submission, why)
        return _not_run(master, state)

    return _result(submission, assignment, account)


def _result(submission: Submission, assignment: Assignment, grade_one: Callable[[Master], _Graded]) -> Result:
    graded = [grade_one(master) for master in assignment.notebooks]
    return Result(
        submission.student,
        submission.assignment,
        tuple(verdict for verdict, _ in graded),
        {verdict.name: text for verdict, text in graded},
        submission.timestamp,
        submission.notes,
    )


def _grade_notebook(master: Master, submission: Submission, assignment: Assignment, kernels: Kernels) -> _Graded:
    started = time.monotonic()
    try:
        given = submission.files[master.name]
        if isinstance(given, RejectedError):
            raise given
        rebuilt = rebuild(master, parse_notebook(given, f"{master.name}.ipynb"))
        ending = fresh_ending()
        done = kernels.run(rebuilt.notebook, ending)
        if done.ended is Ended.DEAD_KERNEL:
            # It may have been killed from outside: what kills itself does so again.
            done = kernels.run(rebuilt.notebook, ending)
        shown = _shown(done, ending)
        found = tuple(_decide(cell, shown, assignment) for cell in master.graded)
        cells = tuple(_told(cell, one, shown, assignment) for cell, one in zip(master.graded, found, strict=True))
        hints = tuple(_hints(master, done.notebook, found, cells, assignment))
    except RejectedError as rejected:
        return _not_run(master, _rejected(rejected))
    except Exception as error:
        return _not_run(master, _failed(submission, f"the grader failed with {type(error).__name__}: {error}"))
    state = _state(done, cells, kernels)
    text = at_a_desk(_text(harmless(as_released(done.notebook)), state), ending)
    seconds = time.monotonic() - started
    verdict = NotebookVerdict(
        master.name, state, master.max_points, cells, rebuilt.notes, seconds, hints, rebuilt.blank
    )
    return verdict, text


def _decide(cell: MasterCell, shown: dict[str, Shown], assignment: Assignment) -> CellVerdict:
    """Judge a test, its hidden part included: how it ended, and what it showed before it said what is expected."""
    ran = shown[whole(cell.node.id) if cell.has_hidden_part else cell.node.id]
    if cell.asks_first:
        ran = replace(shown[asked(cell.node.id)], reply=ran.reply)
    return decide_cell(str(cell.grade_id), cell.points, judge(cell, ran, assignment))


def _told(cell: MasterCell, verdict: CellVerdict, shown: dict[str, Shown], assignment: Assignment) -> CellVerdict:
    """Replace what a kernel said that had been told what is hidden by what the visible part of the test found."""
    if not cell.has_hidden_part:
        return verdict
    visible = {finding.check: finding for finding in judge(visible_part(cell), shown[cell.node.id], assignment)}
    return replace(verdict, findings=tuple(_as_seen(found, visible.get(found.check)) for found in verdict.findings))


def _as_seen(found: Finding, visible: Finding | None) -> Finding:
    if found.outcome is Outcome.HOLDS:
        return found
    if visible is None or visible.outcome is Outcome.HOLDS:
        return Finding(found.check, found.outcome, WITHHELD)
    return replace(visible, outcome=found.outcome)


def _hints(
    master: Master,
    executed: NotebookNode,
    cells: tuple[CellVerdict, ...],
    told: tuple[CellVerdict, ...],
    assignment: Assignment,
) -> Iterator[Hint]:
    """Name the misconceptions that answers without points show, as far as this assignment's notebooks treat them."""
    sources = {cell.id: str(cell.source) for cell in executed.cells}
    notebooks = {other.name for other in assignment.notebooks}
    for solution in master.solutions:
        exercise = str(solution.grade_id)
        tests = {str(test.grade_id) for test in master.tests_of(exercise)}
        lost = {
            cell.grade_id: _plainest(cell, seen)
            for cell, seen in zip(cells, told, strict=True)
            if not cell.points and cell.grade_id in tests
        }
        looks = [_look(cell, lost[str(cell.grade_id)]) for cell in master.graded if cell.grade_id in lost]
        visible = [
            _look(cell, seen) for cell, seen in zip(master.graded, told, strict=True) if str(cell.grade_id) in lost
        ]
        # Which line it is tells what it was run with: of a hidden part, that is nothing to be told.
        lines = {hint.id: hint.line for hint in hints(exercise, sources[solution.node.id], visible)}
        for hint in hints(exercise, sources[solution.node.id], looks):
            if hint.misconception.notebook in notebooks:
                yield replace(hint, line=lines.get(hint.id, ""))


def _plainest(found: CellVerdict, told: CellVerdict) -> CellVerdict:
    """Choose what says most about an idea: what the visible part found, where it found anything."""
    return found if any(finding.message == WITHHELD for finding in told.findings) else told


def _look(cell: MasterCell, verdict: CellVerdict) -> Look:
    found = {finding.check: finding for finding in verdict.findings}
    said = found["output"].shown if "output" in found else ""
    error = next((f.message for f in verdict.findings if f.names_an_exception), "")
    shown = found["graph"].graphs if "graph" in found else ()
    drawn = zip(shown, expected_facts(cell), strict=False)
    graphs = (Drawn(facts, tuple(map(frozenset, groups_of(meant).values()))) for facts, meant in drawn)
    return Look(str(cell.grade_id), said, error, tuple(graphs))


def _not_run(master: Master, state: State) -> _Graded:
    text = _text(as_released(unanswered(master).notebook), state)
    return NotebookVerdict(master.name, state, master.max_points), text


def _rejected(rejected: RejectedError) -> State:
    return State(Kind.REJECTED, rejected.reason, rejected.message)


def _failed(submission: Submission, why: str) -> State:
    first = (why.splitlines() or [""])[0][:500]
    return State(Kind.CRASH, "grader", f"{first}; grade it again with --student {submission.student}")


def _shown(done: Run, ending: str) -> dict[str, Shown]:
    return {
        cell.id: Shown(done.replies.get(cell.id), list(cell.outputs), ending)
        for cell in done.notebook.cells
        if cell.cell_type == "code"
    }


def _state(done: Run, cells: tuple[CellVerdict, ...], kernels: Kernels) -> State:
    limits, place = kernels.limits, place_of(done.stopped_at)
    earned = sum(cell.points for cell in cells)
    look = f"{earned:g} points were earned until then: look at the cell and grade by hand"
    match done.ended:
        case Ended.CELL_TIMEOUT:
            why = f"cell '{place}' took more than {limits.cell_seconds} s; {look}"
            return State(Kind.TIMEOUT, "cell", why)
        case Ended.NOTEBOOK_TIMEOUT:
            why = f"the notebook took more than {limits.notebook_seconds} s; {look}"
            return State(Kind.TIMEOUT, "notebook", why)
        case Ended.LIMIT:
            why = f"the notebook used more than its share ({done.limit}), last in cell '{place}'; {look}"
            return State(Kind.LIMIT, done.limit, why)
        case Ended.DEAD_KERNEL:
            return State(Kind.CRASH, "kernel", f"the kernel died in cell '{place}'; {look}")
        case Ended.COMPLETE:
            return review_state(cells)


def _text(notebook: NotebookNode, state: State) -> str:
    """Write a notebook file; the state stands at the top of one that a person must look at."""
    if not state.is_graded:
        banner = new_markdown_cell(f"**{state.told}**", id="state")
        notebook = NotebookNode(notebook | {"cells": [banner, *notebook.cells]})
    return str(nbformat.writes(notebook))
