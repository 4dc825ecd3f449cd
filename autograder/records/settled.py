"""A result as it stands once a reviewer has looked at it: what the table, the CSV and the class report show."""

from dataclasses import replace

from autograder.course.assignment import Assignment
from autograder.course.master import Master
from autograder.grading.rebuild import WAITS
from autograder.grading.result import Result
from autograder.grading.verdict import CellVerdict, Kind, NotebookVerdict, State
from autograder.records.standing import Standing

STALE = "a score given by hand is older than the last grading; look again in formgrader"
"""What is noted where formgrader still asks for a look."""


def settled(result: Result, standing: Standing | None, assignment: Assignment) -> Result:
    """
    Put what stands in the gradebook in the place of what the grader found.

    A notebook of which every cell has a score is settled, whatever its state was. A reviewer's points count as soon
    as they are there, those for answers graded by hand once all of a notebook's are, and so do nbgrader's penalties.

    Parameters
    ----------
    standing : Standing or None
        None where nothing stands there but the result.
    """
    if standing is None:
        return result
    masters = {master.name: master for master in assignment.notebooks}
    verdicts = tuple(_settled(verdict, standing, masters[verdict.name]) for verdict in result.verdicts)
    return replace(result, verdicts=verdicts)


def is_stale(result: Result) -> bool:
    """Tell whether formgrader asks for another look at what a reviewer gave."""
    return any(STALE in verdict.notes for verdict in result.verdicts)


def _settled(verdict: NotebookVerdict, standing: Standing, master: Master) -> NotebookVerdict:
    scores = {cell: score for (book, cell), score in standing.scores.items() if book == master.name}
    verdict = replace(verdict, penalty=standing.penalties.get(master.name, 0.0))
    if any(book == master.name for book, _ in standing.flagged & standing.by_hand):
        verdict = replace(verdict, notes=(*verdict.notes, STALE))
    if any(scores.get(str(cell.grade_id)) is None for cell in (*master.graded, *master.by_hand)):
        by_hand = {cell: scores[cell] for book, cell in standing.by_hand if book == master.name}
        given = (
            replace(cell, points=by_hand[cell.grade_id] or 0.0) if cell.grade_id in by_hand else cell
            for cell in verdict.cells
        )
        # Where answers wait that only a reviewer can grade, what was given for tests counts all the same.
        return replace(verdict, cells=tuple(given)) if verdict.state.is_graded else verdict
    findings = {cell.grade_id: cell.findings for cell in verdict.cells}
    unseen = {cell.grade_id: cell.unseen for cell in verdict.cells}
    return replace(
        verdict,
        state=verdict.state if verdict.state.is_graded else _was(verdict.state),
        max_points=sum(cell.points for cell in (*master.graded, *master.by_hand)),
        cells=tuple(
            CellVerdict(name, scores[name] or 0.0, cell.points, findings.get(name, ()), unseen=unseen.get(name, ""))
            for cell in (*master.graded, *master.by_hand)
            for name in [str(cell.grade_id)]
        ),
        notes=tuple(note for note in verdict.notes if not note.startswith(WAITS)),
    )


def _was(state: State) -> State:
    what = state.message.partition("; ")[0]
    return State(
        Kind.SETTLED, message=f"a reviewer has given the points; it was {state}" + (f", {what}" if what else "")
    )
