"""Which misconceptions the answers of a notebook show, and which lines of them may be quoted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nbformat import NotebookNode

from autograder.course.assignment import Assignment
from autograder.course.master import Master, MasterCell
from autograder.grading.checks import OUTPUT, expected_facts
from autograder.grading.hidden_parts import WITHHELD
from autograder.grading.verdict import CellVerdict
from autograder.hints import Evidence, Hint, Look, find_hints
from autograder.layers import layer
from autograder.subject import Subject, kinds_of


@dataclass(frozen=True)
class Explained:
    """
    What explains the points that a notebook has not got.

    Attributes
    ----------
    hints : tuple of Hint
        The misconceptions that answers show, in the order of the exercises.
    notes : tuple of str
        A line for each answer that cannot be explained: whatever is odd about one, it costs no other its hints.
    """

    hints: tuple[Hint, ...] = ()
    notes: tuple[str, ...] = ()


@layer("rebuild")
def explain(
    master: Master,
    executed: NotebookNode,
    found: Sequence[CellVerdict],
    visible: Sequence[CellVerdict],
    assignment: Assignment,
) -> Explained:
    """
    Name the misconceptions that answers without points show.

    Parameters
    ----------
    found : sequence of CellVerdict
        By test of the master, in order: what its checks found.
    visible : sequence of CellVerdict
        The same without what only a hidden part found.
    """
    sources = {cell.id: str(cell.source) for cell in executed.cells}
    lost = {
        str(cell.grade_id): (cell, one, seen)
        for cell, one, seen in zip(master.graded, found, visible, strict=True)
        if not one.points
    }
    hints: list[Hint] = []
    notes: list[str] = []
    for solution in master.solutions:
        exercise, source = str(solution.grade_id), sources[solution.node.id]
        tests = [lost[str(test.grade_id)] for test in master.tests_of(exercise) if str(test.grade_id) in lost]
        try:
            hints += _hints(exercise, source, tests, assignment)
        except Exception as error:
            notes.append(f"the answer to '{exercise}' cannot be explained ({type(error).__name__})")
    return Explained(tuple(hints), tuple(notes))


def _hints(
    exercise: str, source: str, tests: list[tuple[MasterCell, CellVerdict, CellVerdict]], assignment: Assignment
) -> Sequence[Hint]:
    plainest = [_look(cell, _plainest(one, seen), assignment.subject) for cell, one, seen in tests]
    quotable = [_look(cell, seen, assignment.subject) for cell, _, seen in tests]
    hints = _collected(exercise, source, plainest, assignment)
    if plainest == quotable:
        return hints
    return list(_without_lines(hints, _collected(exercise, source, quotable, assignment)))


def _collected(exercise: str, source: str, looks: list[Look], assignment: Assignment) -> tuple[Hint, ...]:
    """Find what an answer shows, as far as it can be reread in this assignment's notebooks."""
    notebooks = {master.name for master in assignment.notebooks}
    known = {name: entry for name, entry in assignment.catalogue.items() if entry.reread.notebook in notebooks}
    return find_hints(exercise, source, looks, known, assignment.subject.hint_rules)


def _without_lines(hints: Sequence[Hint], quotable: Sequence[Hint]) -> Iterator[Hint]:
    """
    Withhold the lines that only a hidden part has found.

    Which line it is tells what it was run with, and of a hidden part that must not be told.
    """
    lines = {hint.id: hint.line for hint in quotable}
    yield from (replace(hint, line=lines.get(hint.id, "")) for hint in hints)


def _plainest(found: CellVerdict, visible: CellVerdict) -> CellVerdict:
    """Choose what says most about an idea: what the visible part found, where it found anything."""
    return found if any(finding.message == WITHHELD for finding in visible.findings) else visible


def _look(cell: MasterCell, verdict: CellVerdict, subject: Subject) -> Look:
    found = {finding.check: finding for finding in verdict.findings}
    return Look(
        str(cell.grade_id),
        found[OUTPUT].shown if OUTPUT in found else "",
        next((finding.raised for finding in verdict.findings if finding.raised), ""),
        tuple(
            Evidence(kind.name, facts, kind.meant(expected))
            for kind in kinds_of(subject)
            if kind.name in found
            for facts, expected in zip(found[kind.name].evidence, expected_facts(cell, kind), strict=False)
        ),
    )
