"""
Every labelled answer gets what its label says, in one batch with what the course itself gives.

Twelve students give every answer; a thirteenth hands in the solutions, a fourteenth the untouched release, a
fifteenth right answers in notebooks from which all cells but their own are gone.
"""

from collections import Counter
from dataclasses import dataclass, replace

import nbformat
import pytest

from autograder.authoring import answer_check
from autograder.authoring.answer_check import Trial
from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.ownership import is_test_of
from autograder.grading.batch import grade_all
from autograder.grading.hidden_parts import WITHHELD
from autograder.grading.processes import local_processes
from autograder.grading.result import Result
from autograder.report.csv_table import csv_table
from autograder.submissions.reading import Submission
from autograder.zygote.limits import Limits
from sharing_variables.display import GRAPH_TYPE
from tests.classroom.__main__ import off_label
from tests.classroom.students import answers, classroom, released, submission_of
from tests.conftest import ROOT, runner

NAMED = {
    "01_failed_share": {"M1", "M15", "M16", "M18", "M19"},
    "03_get_variable": {"M2", "M3", "M4", "M5", "M6", "M7", "M8", "M13", "M14", "M17", "M20", "M21", "M22"},
    "04_captured_scopes": {"M7", "M9", "M10", "M11", "M12"},
}
"""The misconceptions that each notebook is there to catch."""


@dataclass(frozen=True)
class Batch:
    """The results of the one batch that all tests of this file look at, by student."""

    results: dict[str, Result]


@pytest.fixture(scope="module")
def batch(assignment: Assignment) -> Batch:
    """Grade the class of twelve and the three special students."""
    course = Course(ROOT)
    submissions = [submission_of(course, assignment, student) for student in classroom(assignment)]
    texts = {
        "solutions": {master.name: nbformat.writes(master.notebook) for master in assignment.notebooks},
        "untouched": {m.name: released(course, assignment, m).read_text("utf-8") for m in assignment.notebooks},
        "bare": {master.name: _only_answers(master.notebook) for master in assignment.notebooks},
    }
    for name, notebooks in texts.items():
        submissions.append(Submission(name, assignment.name, {n: text.encode() for n, text in notebooks.items()}))
    # Other tests want a core, too: no limit of time may be what decides.
    kernels = runner(Limits(cell_seconds=300, notebook_seconds=900))
    graded = grade_all(submissions, assignment, kernels, local_processes(3), lambda: 3)
    return Batch({result.student: result for _, result in graded})


def test_every_answer_gets_what_its_label_says(batch: Batch, assignment: Assignment) -> None:
    off = [
        line
        for student in classroom(assignment)
        for master, verdict in zip(assignment.notebooks, batch.results[student.name].verdicts, strict=True)
        for line in answer_check.off_label(Trial(master, student.answers[master.name]), verdict)
    ]
    assert off == []


def test_the_demo_finds_its_csv_as_labelled_and_notices_a_changed_point(batch: Batch, assignment: Assignment) -> None:
    students = classroom(assignment)
    written = csv_table([batch.results[student.name] for student in students])
    assert off_label(written, students, assignment) == []
    whole = assignment.notebooks[0].max_points
    fewer = written.replace(f'"GRADED","{whole:g}"', f'"GRADED","{whole - 1:g}"', 1)
    assert fewer != written and len(off_label(fewer, students, assignment)) == 2


def test_the_solutions_get_all_points(batch: Batch, assignment: Assignment) -> None:
    assert batch.results["solutions"].points == assignment.max_points


def test_the_untouched_release_gets_none(batch: Batch) -> None:
    untouched = batch.results["untouched"]
    assert untouched.state.is_graded
    assert untouched.points == 0


def test_points_need_no_cell_but_the_answers(batch: Batch, assignment: Assignment) -> None:
    assert batch.results["bare"].points == assignment.max_points


def test_a_lost_point_comes_with_words(batch: Batch) -> None:
    silent = [
        (result.student, cell.grade_id)
        for result in batch.results.values()
        for verdict in result.verdicts
        for cell in verdict.cells
        if not cell.points and not cell.message
    ]
    assert silent == []


def test_right_answers_and_untouched_stubs_show_no_misconception(batch: Batch) -> None:
    students = ("solutions", "bare", "untouched")
    assert [verdict.hints for name in students for verdict in batch.results[name].verdicts if verdict.hints] == []


def test_every_misconception_is_found_in_two_answers_and_more(batch: Batch, assignment: Assignment) -> None:
    hints = [hint for result in batch.results.values() for verdict in result.verdicts for hint in verdict.hints]
    answers_behind = Counter(hint.id for hint in hints)
    assert {name: answers_behind[name] for name in assignment.catalogue if answers_behind[name] < 2} == {}


def test_every_hint_points_at_a_line_or_comes_from_what_is_hidden(batch: Batch) -> None:
    for verdict in (verdict for result in batch.results.values() for verdict in result.verdicts):
        hidden = {cell.grade_id for cell in verdict.cells if WITHHELD in (found.message for found in cell.findings)}
        unexplained = [hint for hint in verdict.hints if not hint.line]
        assert [hint for hint in unexplained if not any(is_test_of(test, hint.exercise) for test in hidden)] == []


def test_what_was_run_is_kept_with_a_desk_s_names_and_without_graphs_and_hints(batch: Batch) -> None:
    for result in batch.results.values():
        for text in result.executed.values():
            assert GRAPH_TYPE not in text
            assert "Perhaps you believe" not in text
    assert "share model_probe/W" in batch.results["solutions"].executed["03_get_variable"]


def test_hints_send_nobody_to_a_notebook_that_is_not_there(assignment: Assignment) -> None:
    masters = tuple(master for master in assignment.notebooks if master.name == "03_get_variable")
    one = replace(assignment, notebooks=masters)
    course = Course(ROOT)
    submissions = [submission_of(course, one, student) for student in classroom(one)]
    graded = [result for _, result in grade_all(submissions, one, runner(), local_processes(2), lambda: 2)]
    hints = {hint.id for result in graded for verdict in result.verdicts for hint in verdict.hints}
    assert "M4" in hints
    assert {assignment.catalogue[name].reread.notebook for name in hints} == {"03_get_variable"}


def test_every_exercise_has_right_and_wrong_answers(assignment: Assignment) -> None:
    for master in assignment.notebooks:
        for exercise, choices in answers(assignment, master).items():
            assert sum(answer.is_right for answer in choices) >= 3, exercise
            assert sum(not answer.is_right for answer in choices) >= 2, exercise


@pytest.mark.parametrize("notebook", sorted(NAMED))
def test_every_named_misconception_is_caught(notebook: str, assignment: Assignment) -> None:
    (master,) = (master for master in assignment.notebooks if master.name == notebook)
    caught = {
        m for choices in answers(assignment, master).values() for answer in choices for m in answer.misconceptions
    }
    assert NAMED[notebook] <= caught


def _only_answers(notebook: nbformat.NotebookNode) -> str:
    """Keep nothing of a notebook but its solution cells, in reverse order."""
    cells = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    return str(nbformat.writes(nbformat.NotebookNode(notebook | {"cells": cells[::-1]})))
