"""What a visible test accepts at a desk, grading accepts, and the reverse: for every labelled answer."""

import asyncio
from collections.abc import Iterator

import nbformat
import pytest

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.master import Master
from autograder.errors import RejectedError
from autograder.grading.batch import grade_all, local_processes
from autograder.grading.hidden_parts import WITHHELD
from autograder.grading.verdict import NotebookVerdict
from autograder.submissions.reading import Submission
from tests.classroom.students import Student, classroom, filled_in
from tests.conftest import ROOT, runner
from tests.desk_client import executed, started

KEEPS_STATE = "keeps the first dictionary that it is given, for all calls"
"""An answer that remembers the demonstrations of a desk, which grading leaves out: a test fails at the desk alone."""

pytestmark = pytest.mark.usefixtures("warm")


def notebooks(assignment: Assignment) -> Iterator[tuple[Student, Master, str]]:
    """Fill in each notebook for each student of the classroom who has answers of their own to it."""
    course = Course(ROOT)
    for student in classroom(assignment):
        for master in assignment.notebooks:
            if master.name in student.answers:
                yield student, master, filled_in(course, assignment, master, student)


async def at_a_desk(assignment: Assignment, master: Master, text: str) -> set[str]:
    """Run a filled-in notebook from top to bottom as JupyterLab does, and name the tests that raise."""
    tests = {cell.node.id: str(cell.grade_id) for cell in master.graded}
    failed = set()
    async with started(cwd=str(Course(ROOT).release(assignment.name))) as (_, client):
        for cell in nbformat.reads(text, as_version=4).cells:
            if cell.cell_type == "code" and await executed(client, cell.id, cell.source) and cell.id in tests:
                failed.add(tests[cell.id])
    return failed


def visibly_lost(verdict: NotebookVerdict) -> set[str]:
    """Name the tests whose visible part a grading found wrong."""
    return {
        cell.grade_id
        for cell in verdict.cells
        if not cell.points and any(finding.message not in ("", WITHHELD) for finding in cell.findings)
    }


def test_every_answer_fares_at_a_desk_as_it_does_at_grading(assignment: Assignment) -> None:
    handed_in = list(notebooks(assignment))
    submissions = []
    for number, (_, master, text) in enumerate(handed_in):
        files: dict[str, bytes | RejectedError] = {
            other.name: RejectedError("missing", "not asked for") for other in assignment.notebooks
        }
        submissions.append(Submission(str(number), assignment.name, files | {master.name: text.encode()}))
    graded = {
        int(one.student): result
        for one, result in grade_all(submissions, assignment, runner(), local_processes(2), 2)
    }

    async def desks() -> list[set[str]]:
        return [await at_a_desk(assignment, master, text) for _, master, text in handed_in]

    differences: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    expected: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for number, failed in enumerate(asyncio.run(desks())):
        student, master, _ = handed_in[number]
        if KEEPS_STATE in [answer.why for answer in student.answers[master.name].values()]:
            expected[student.name, master.name] = (["test-make-and-use-counts"], [])
        (verdict,) = (one for one in graded[number].verdicts if one.name == master.name)
        assert verdict.state.is_graded, (student.name, master.name, verdict.state)
        if (lost := visibly_lost(verdict)) != failed:
            differences[student.name, master.name] = (sorted(failed - lost), sorted(lost - failed))
    assert differences == expected
