"""The story of one submission, from what was handed in to a result. No side effects."""

import time
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from autograder.course.assignment import Assignment
from autograder.course.master import Master
from autograder.deadline import Deadline, OutOfTimeError
from autograder.errors import RejectedError
from autograder.grading.checks import Shown, error_line, in_words
from autograder.grading.explain import explain
from autograder.grading.hidden_parts import as_released, decide, place_of, shown_by, was_told
from autograder.grading.rebuild import Rebuilt, rebuild, unanswered
from autograder.grading.result import Result
from autograder.grading.sanitize import sanitize
from autograder.grading.verdict import GRADED, CellVerdict, Kind, NotebookVerdict, Raised, State, review_state
from autograder.kernels.run import Ended, Reply, Run, Runner
from autograder.layers import layer
from autograder.probes import at_a_desk, fresh_ending
from autograder.submissions.reading import Submission, parse_notebook

_WHY_CHARACTERS = 500
"""Of why the grader failed: one line of the CSV."""

_MOST_RAISED = 50
"""Cells of which a result keeps what they raised."""

_Graded = tuple[NotebookVerdict, str]
"""What came of a notebook, and the text of the notebook as it was run."""


def grade(submission: Submission, assignment: Assignment, runner: Runner, earlier: Result | None = None) -> Result:
    """
    Grade every notebook of a submission, each on its own: what happens to one does not touch the others.

    Parameters
    ----------
    earlier : Result, optional
        What came of it before the machine or the grader failed: only what may run again does, the rest stands.
    """
    if submission.beside:
        runner = runner.beside(submission.beside)
    stands = {} if earlier is None else {one.name: one for one in earlier.verdicts if not one.may_run_again}

    def grade_one(master: Master) -> _Graded:
        if earlier is not None and master.name in stands:
            return stands[master.name], earlier.executed[master.name]
        return _grade_notebook(master, submission, assignment, runner)

    return _result(submission, assignment, grade_one)


def crashed(submission: Submission, assignment: Assignment, why: str) -> Result:
    """Account for a submission that the grader itself failed on: CRASH for what could be read, never silence."""
    return _accounted(submission, assignment, lambda _: _failed(submission, why))


def out_of_time(submission: Submission, assignment: Assignment, seconds: int) -> Result:
    """Account for a submission that kept the grader busy for too long: LIMIT for what could be read."""
    return _accounted(submission, assignment, lambda master: _too_long(master, seconds))


def _accounted(submission: Submission, assignment: Assignment, state_of: Callable[[Master], State]) -> Result:
    def account(master: Master) -> _Graded:
        given = submission.files[master.name]
        return _not_run(master, _rejected(given) if isinstance(given, RejectedError) else state_of(master))

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


def _grade_notebook(master: Master, submission: Submission, assignment: Assignment, runner: Runner) -> _Graded:
    started, deadline = time.monotonic(), Deadline(runner.limits.grader_seconds)
    try:
        given = submission.files[master.name]
        if isinstance(given, RejectedError):
            if master.is_for_reading and given.reason == "missing":
                return _not_run(master, GRADED)
            raise given
        with deadline:
            rebuilt = _prepared(master, given, assignment)
    except RejectedError as rejected:
        return _not_run(master, _rejected(rejected))
    except OutOfTimeError:
        return _not_run(master, _too_long(master, runner.limits.grader_seconds))
    except Exception as error:
        return _not_run(master, _failed(submission, _why(error)))
    try:
        first = _run(rebuilt.notebook, runner)
    except Exception as error:
        # No cell has run: another kernel may be had later.
        return _not_run(master, _failed(submission, _why(error)), may_run_again=True)
    second = None
    if rebuilt.told is not None and first.run.ended is Ended.COMPLETE:
        second = _run_told(rebuilt.told, runner, may_run_twice=not was_told(first.run))
    done, last = first.run, (second or first).run
    # Nobody who hands something in can end the process that all kernels come from.
    again = last.ended is Ended.ZYGOTE_GONE or not (was_told(done) or was_told(last))
    try:
        with deadline:
            shown = shown_by(master, assignment.subject, first.shown, second.shown if second else {})
            decided = [decide(cell, shown, assignment) for cell in master.graded]
            cells = tuple(seen for _, seen in decided)
            explained = explain(master, done.notebook, [found for found, _ in decided], cells, assignment)
            released, tests = as_released(done.notebook), {cell.node.id for cell in master.graded}
            raised = tuple(islice(_raised(released, done.replies, tests, first.ending), _MOST_RAISED))
            state = _state(last, cells, runner, submission)
            text = at_a_desk(_text(sanitize(released), state), first.ending)
    except OutOfTimeError:
        return _not_run(master, _too_long(master, runner.limits.grader_seconds))
    except Exception as error:
        return _not_run(master, _failed(submission, _why(error)), may_run_again=again)
    verdict = NotebookVerdict(
        master.name,
        state,
        master.max_points,
        cells,
        (*rebuilt.notes, *explained.notes),
        time.monotonic() - started,
        explained.hints,
        rebuilt.blank,
        raised=raised,
        may_run_again=again and state.is_the_graders,
    )
    return verdict, text


@layer("rebuild")
def _prepared(master: Master, given: bytes, assignment: Assignment) -> Rebuilt:
    return rebuild(master, parse_notebook(given, f"{master.name}.ipynb"), assignment.subject)


@dataclass(frozen=True)
class _Ran:
    """A notebook that was run, and the ending of its probes."""

    run: Run
    ending: str

    @property
    def shown(self) -> dict[str, Shown]:
        """What each cell has shown, by id."""
        return {
            cell.id: Shown(self.run.replies.get(cell.id), list(cell.outputs), self.ending)
            for cell in self.run.notebook.cells
            if cell.cell_type == "code"
        }


def _run(notebook: NotebookNode, runner: Runner, *, may_run_twice: bool = True) -> _Ran:
    """
    Run a notebook.

    A kernel that dies may have been killed from outside: what kills itself does so again. But where it had been told
    anything hidden, nothing runs after it that could use what it has learnt, and what it had shown stands.
    """
    ran = _run_once(notebook, runner)
    if ran.run.ended is Ended.DEAD_KERNEL and may_run_twice and not was_told(ran.run):
        ran = _run_once(notebook, runner)
    return ran


def _run_told(notebook: NotebookNode, runner: Runner, *, may_run_twice: bool) -> _Ran:
    """Run the notebook of the second kernel; where there can be none, what the first one has shown stands."""
    try:
        return _run(notebook, runner, may_run_twice=may_run_twice)
    except Exception as error:
        return _Ran(Run(notebook, Ended.LOST, stopped_at=notebook.cells[0].id, why=_why(error)), fresh_ending())


def _run_once(notebook: NotebookNode, runner: Runner) -> _Ran:
    ending = fresh_ending()
    return _Ran(runner.run(deepcopy(notebook), ending), ending)


def _raised(released: NotebookNode, replies: Mapping[str, Reply], tests: set[str], ending: str) -> Iterator[Raised]:
    """Say what cells raised that are no tests: the first ones, where an answer has brought many."""
    above = 0
    for cell in released.cells:
        reply = replies.get(cell.id)
        above += cell.id in tests
        if reply is not None and not reply.ok and cell.id not in tests:
            yield Raised(cell.id, at_a_desk(error_line(reply), ending), at_a_desk(in_words(reply), ending), above)


def _not_run(master: Master, state: State, *, may_run_again: bool = False) -> _Graded:
    text = _text(as_released(unanswered(master).notebook), state)
    return NotebookVerdict(master.name, state, master.max_points, may_run_again=may_run_again), text


def _rejected(rejected: RejectedError) -> State:
    return State(Kind.REJECTED, rejected.reason, rejected.message)


def _failed(submission: Submission, why: str) -> State:
    first = (why.splitlines() or [""])[0][:_WHY_CHARACTERS]
    return State(Kind.CRASH, "grader", f"{first}; grade it again with --student {submission.student}")


def _too_long(master: Master, seconds: int) -> State:
    why = f"{master.name}.ipynb: reading and judging it took more than {seconds} s of processor time"
    return State(Kind.LIMIT, "grader-time", f"{why}; look at it and grade by hand, or raise c.Limits.grader_seconds")


def _why(error: Exception) -> str:
    return f"the grader failed with {type(error).__name__}: {error}"


def _state(done: Run, cells: tuple[CellVerdict, ...], runner: Runner, submission: Submission) -> State:
    limits, place = runner.limits, place_of(done.stopped_at)
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
        case Ended.LOST | Ended.ZYGOTE_GONE:
            return _failed(submission, f"cell '{place}' could not be finished: {done.why}")
        case Ended.COMPLETE:
            return review_state(cells)


def _text(notebook: NotebookNode, state: State) -> str:
    """Write a notebook file; the state stands at the top of one that needs review."""
    if not state.is_graded:
        banner = new_markdown_cell(f"**{state.for_student}**", id="state")
        notebook = NotebookNode(notebook | {"cells": [banner, *notebook.cells]})
    return str(nbformat.v4.writes(notebook))
