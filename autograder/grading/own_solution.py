"""
The course's own solution, graded as a submission: whatever it loses, a right answer of a student's loses, too.

A package that is not installed, a file that was not released, a network that is not there, a test that depends on
time or on a library's version: each is one line about the course before a batch, and not a class of zeros after it.
"""

import builtins
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, CancelledError
from dataclasses import replace

import nbformat

from autograder.course.assignment import Assignment
from autograder.course.master import Master
from autograder.grading.batch import await_or_cancel
from autograder.grading.processes import MakeExecutor
from autograder.grading.result import Result
from autograder.grading.submission import crashed, grade
from autograder.grading.verdict import CellVerdict, NotebookVerdict
from autograder.kernels.run import Runner
from autograder.submissions.reading import Submission

NAME = ".own-solution"
"""Whose submission it is called: folders of students do not begin with a dot."""

_WHY_CHARACTERS = 300
"""Of why a test is lost: enough to know where to look."""

_KINDS = (ImportError, OSError)

_REFUSALS = (
    *(name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, _KINDS)),
    *("URLError", "HTTPError", "SSLError"),
)
"""How errors are called that say what is not there: a package, a file, a network."""


def own_solution(assignment: Assignment) -> Submission:
    """Hand in the masters as they are."""
    files = {master.name: nbformat.v4.writes(master.notebook).encode() for master in assignment.notebooks}
    return Submission(NAME, assignment.name, dict(files))


def grade_own_solution(
    assignment: Assignment, runner: Runner, make_executor: MakeExecutor, stop: threading.Event
) -> Result:
    """
    Grade the masters by the very function that grades submissions, each notebook beside the others.

    Where the grader or the machine fails, it is tried once more, as a submission is; once `stop` is set, not even
    begun.
    """
    result = _graded(assignment, runner, make_executor, stop)
    return result if result.is_final or stop.is_set() else _graded(assignment, runner, make_executor, stop)


def _graded(assignment: Assignment, runner: Runner, make_executor: MakeExecutor, stop: threading.Event) -> Result:
    whole = own_solution(assignment)
    try:
        with make_executor() as executor:
            parts = [
                executor.submit(grade, whole, replace(assignment, notebooks=(master,)), runner)
                for master in assignment.notebooks
            ]
            await_or_cancel(parts, stop)
            results = [part.result() for part in parts]
    except CancelledError:
        return crashed(whole, assignment, "it was stopped before anybody had begun")
    except (BrokenExecutor, OSError) as error:
        return crashed(whole, assignment, f"{type(error).__name__}: {error}")
    return replace(
        results[0],
        verdicts=tuple(verdict for result in results for verdict in result.verdicts),
        executed={name: text for result in results for name, text in result.executed.items()},
    )


def losses(result: Result, assignment: Assignment) -> tuple[str, ...]:
    """Say in a line each what the course's own solution loses, and why."""
    masters = {master.name: master for master in assignment.notebooks}
    return tuple(line for verdict in result.verdicts for line in _losses(verdict, masters[verdict.name]))


def _losses(verdict: NotebookVerdict, master: Master) -> Iterator[str]:
    if not verdict.state.is_graded:
        what = verdict.state.message.partition("; ")[0]
        yield f"the course's own solution ends as {verdict.state} in {master.name}.ipynb: {what}"
        return
    for cell in verdict.cells:
        if cell.points < cell.max_points:
            why = textwrap.shorten(_why(cell, verdict, master), _WHY_CHARACTERS, placeholder=" ...")
            yield f"the course's own solution loses '{cell.grade_id}' in {master.name}.ipynb: {why}"


def _why(lost: CellVerdict, verdict: NotebookVerdict, master: Master) -> str:
    """
    Say why a test is lost: by what the machine refused above it, else what its answer raised, else what it found.

    A package or a file that is not there makes a name unknown further below, and that is all that the test sees.
    """
    (place,) = (number for number, cell in enumerate(master.graded) if cell.grade_id == lost.grade_id)
    answer = master.answer_to(master.graded[place])
    above = [raised for raised in verdict.raised if raised.tests_above <= place]
    refused = [raised for raised in above if raised.error.startswith(_REFUSALS)]
    own = [raised for raised in above if answer is not None and raised.cell == answer.node.id]
    for raised in (*refused, *own):
        return raised.error
    return " ".join((lost.unseen or lost.message).split())
