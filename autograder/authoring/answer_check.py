"""
Labelled answers through the pipeline that grades submissions, held against their labels.

Each is tried beside the course's own solutions to all other exercises. Where no exercise of a notebook takes a name
from the answer to another one, answers to several exercises share a run: none of them reaches another one's tests.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass

import nbformat

from autograder.authoring.answers import Answer
from autograder.course.assignment import Assignment
from autograder.course.dataflow import binds, reads
from autograder.course.master import Master
from autograder.errors import RejectedError
from autograder.grading.verdict import NotebookVerdict
from autograder.submissions.reading import Submission


@dataclass(frozen=True)
class Trial:
    """A notebook with answers to some of its exercises, one for each, and the course's own to all others."""

    master: Master
    answers: Mapping[str, Answer]

    def submission(self, name: str, assignment: Assignment) -> Submission:
        """Make what a student would hand in."""
        files: dict[str, bytes | RejectedError] = {
            master.name: RejectedError("missing", "not asked for") for master in assignment.notebooks
        }
        return Submission(name, assignment.name, files | {self.master.name: filled_in(self.master, self.answers)})


def filled_in(master: Master, answers: Mapping[str, Answer]) -> bytes:
    """Put answers into the course's own notebook."""
    notebook = deepcopy(master.notebook)
    for cell, known in zip(notebook.cells, master.cells, strict=True):
        if known.solution and known.grade_id in answers:
            cell.source = answers[str(known.grade_id)].source
    return str(nbformat.writes(notebook)).encode()


def trials(master: Master, answers: Mapping[str, list[Answer]]) -> list[Trial]:
    """Deal the answers to a notebook's exercises out to as few runs as their labels can be told in."""
    if any(_depends(master, exercise) for exercise in answers):
        return [Trial(master, {answer.exercise: answer}) for given in answers.values() for answer in given]
    runs = max(map(len, answers.values()), default=0)
    return [
        Trial(master, {exercise: given[number] for exercise, given in answers.items() if number < len(given)})
        for number in range(runs)
    ]


def off_label(trial: Trial, verdict: NotebookVerdict) -> Iterator[str]:
    """Give a line for each answer that did not get what its label says."""
    if not verdict.state.is_graded:
        for answer in trial.answers.values():
            yield f"{answer}: the notebook ends as {verdict.state}, {verdict.state.message}"
        return
    for answer in trial.answers.values():
        if differences := list(_differences(answer, trial.master, verdict)):
            yield f"{answer}: {'; '.join(differences)}"


def _differences(answer: Answer, master: Master, verdict: NotebookVerdict) -> Iterator[str]:
    tests = {str(cell.grade_id) for cell in master.tests_of(answer.exercise)}
    cells = {cell.grade_id: cell for cell in verdict.cells if cell.grade_id in tests}
    lost = {name: cell.message for name, cell in cells.items() if not cell.passed}
    for name in sorted(answer.loses - set(lost)):
        yield f"keeps {name}, and should lose it"
    for name in sorted(set(lost) - answer.loses):
        yield f"loses {name}, and should keep it ({' '.join(lost[name].split()) or 'nothing is said'})"
    points = sum(cell.points for cell in cells.values())
    if points != answer.points and answer.loses == set(lost):
        yield f"gets {points:g} points, and should get {answer.points:g}"
    told = sorted(hint.id for hint in verdict.hints if hint.exercise == answer.exercise)
    if told != sorted(answer.misconceptions):
        wanted = " ".join(answer.misconceptions) or "nothing"
        yield f"is told {' '.join(told) or 'nothing'}, and should be told {wanted}"


def _depends(master: Master, exercise: str) -> bool:
    """Tell whether another exercise, or a test of one, takes a name that the answer to this one leaves behind."""
    own = {exercise, *(str(test.grade_id) for test in master.tests_of(exercise))}
    (answer,) = (cell for cell in master.solutions if cell.grade_id == exercise)
    left = binds(answer.source)
    others = [cell for cell in master.cells if cell.is_code and cell.grade_id not in own and cell.is_anchor]
    return any(taken is None or bool(taken & left) for taken in (reads(cell.source) for cell in others))
