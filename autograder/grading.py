"""The story of one submission, from what was handed in to a result. No side effects."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.checks import Shown, judge
from autograder.course import Assignment, Master
from autograder.errors import RejectedError
from autograder.intake import Submission, SubmittedNotebook
from autograder.kernels.limits import Limits
from autograder.kernels.running import Ended, Run
from autograder.rebuild import rebuild, unanswered
from autograder.verdict import (
    CellVerdict,
    Kind,
    NotebookVerdict,
    State,
    decide_cell,
    review_state,
    worst,
)

Runner = Callable[[NotebookNode, Limits], Run]
"""Runs a notebook; `autograder.kernels.running.run` is the one that there is."""


@dataclass(frozen=True)
class Result:
    """
    All that is known about one graded submission; gradebook and reports are drawn from it.

    Attributes
    ----------
    verdicts : tuple of NotebookVerdict
        One for each master notebook, in order.
    executed : dict of str to NotebookNode
        By notebook name: what ran, with its outputs; the unanswered master where nothing could be run.
    """

    student: str
    assignment: str
    verdicts: tuple[NotebookVerdict, ...]
    executed: dict[str, NotebookNode]
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


def grade(submission: Submission, assignment: Assignment, run: Runner, limits: Limits) -> Result:
    """Grade every notebook of a submission."""
    verdicts, executed = [], {}
    for master in assignment.notebooks:
        submitted = submission.notebooks[master.name]
        if isinstance(submitted, RejectedError):
            verdict, notebook = _rejected(master, submitted)
        else:
            verdict, notebook = _grade_notebook(master, submitted, assignment, run, limits)
        verdicts.append(verdict)
        executed[master.name] = notebook
    return Result(
        submission.student,
        submission.assignment,
        tuple(verdicts),
        executed,
        submission.timestamp,
        submission.notes,
    )


def crashed(submission: Submission, assignment: Assignment, why: str) -> Result:
    """Account for a submission that the grader itself failed on: CRASH for every notebook, never silence."""
    state = State(Kind.CRASH, "grader", f"{why}; grade it again with --student {submission.student}")
    verdicts = tuple(NotebookVerdict(master.name, state, master.max_points) for master in assignment.notebooks)
    executed = {master.name: unanswered(master).notebook for master in assignment.notebooks}
    return Result(submission.student, submission.assignment, verdicts, executed, submission.timestamp)


def _grade_notebook(
    master: Master, submitted: SubmittedNotebook, assignment: Assignment, run: Runner, limits: Limits
) -> tuple[NotebookVerdict, NotebookNode]:
    started = time.monotonic()
    rebuilt = rebuild(master, submitted)
    done = run(rebuilt.notebook, limits)
    seconds = time.monotonic() - started
    shown = _shown(done)
    cells = tuple(
        decide_cell(str(cell.grade_id), cell.points, judge(cell, shown[cell.node.id], assignment))
        for cell in master.graded
    )
    verdict = NotebookVerdict(
        master.name, _state(done, cells, limits), master.max_points, cells, rebuilt.notes, seconds
    )
    return verdict, done.notebook


def _rejected(master: Master, rejected: RejectedError) -> tuple[NotebookVerdict, NotebookNode]:
    state = State(Kind.REJECTED, rejected.reason, rejected.message)
    return NotebookVerdict(master.name, state, master.max_points), unanswered(master).notebook


def _shown(done: Run) -> dict[str, Shown]:
    return {
        cell.id: Shown(done.replies.get(cell.id), list(cell.outputs))
        for cell in done.notebook.cells
        if cell.cell_type == "code"
    }


def _state(done: Run, cells: tuple[CellVerdict, ...], limits: Limits) -> State:
    earned = sum(cell.points for cell in cells)
    so_far = f"{earned:g} points were earned until then; look at the cell, then grade by hand"
    match done.ended:
        case Ended.CELL_TIMEOUT:
            why = f"cell '{done.stopped_at}' took more than {limits.cell_seconds} s; {so_far}"
            return State(Kind.TIMEOUT, "cell", why)
        case Ended.NOTEBOOK_TIMEOUT:
            why = f"the notebook took more than {limits.notebook_seconds} s; {so_far}"
            return State(Kind.TIMEOUT, "notebook", why)
        case Ended.DEAD_KERNEL:
            return State(Kind.CRASH, "kernel", f"the kernel died in cell '{done.stopped_at}'; {so_far}")
        case Ended.COMPLETE:
            return review_state(cells)
