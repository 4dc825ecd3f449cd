"""
What a visible test accepts at a desk, grading accepts, and the reverse: for every labelled answer.

`python -m tests.test_both_ways ANSWERS.json` compares answers from elsewhere.
"""

import asyncio
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import pytest

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.master import Master
from autograder.errors import RejectedError
from autograder.grading.batch import grade_all
from autograder.grading.hidden_parts import WITHHELD
from autograder.grading.processes import local_processes
from autograder.grading.verdict import NotebookVerdict
from autograder.submissions.reading import Submission
from tests.classroom.students import Student, classroom, filled_in
from tests.conftest import ASSIGNMENT, ROOT, runner
from tests.desk_client import executed, started

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
    # Answers write files, too.
    with TemporaryDirectory(prefix="desk-") as folder:
        shutil.copytree(Course(ROOT).release(assignment.name), folder, dirs_exist_ok=True)
        async with started(cwd=folder) as (_, client):
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


def differences(
    assignment: Assignment, handed_in: list[tuple[str, Master, str]]
) -> dict[tuple[str, str], tuple[list[str], list[str]]]:
    """
    Give, by student and notebook, the tests that fail at a desk alone, and those that fail at grading alone.

    Parameters
    ----------
    handed_in : list of (str, Master, str)
        Students, masters, and the filled-in notebooks.
    """
    submissions = []
    for number, (_, master, text) in enumerate(handed_in):
        files: dict[str, bytes | RejectedError] = {
            other.name: RejectedError("missing", "not asked for") for other in assignment.notebooks
        }
        submissions.append(Submission(str(number), assignment.name, files | {master.name: text.encode()}))
    graded = {
        int(one.student): result
        for one, result in grade_all(submissions, assignment, runner(), local_processes(2), lambda: 2)
    }

    async def desks() -> list[set[str]]:
        return [await at_a_desk(assignment, master, text) for _, master, text in handed_in]

    found: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for number, failed in enumerate(asyncio.run(desks())):
        student, master, _ = handed_in[number]
        (verdict,) = (one for one in graded[number].verdicts if one.name == master.name)
        assert verdict.state.is_graded, (student, master.name, verdict.state)
        if (lost := visibly_lost(verdict)) != failed:
            found[student, master.name] = (sorted(failed - lost), sorted(lost - failed))
    return found


def test_every_answer_fares_at_a_desk_as_it_does_at_grading(assignment: Assignment) -> None:
    handed_in = [(student.name, master, text) for student, master, text in notebooks(assignment)]
    assert differences(assignment, handed_in) == {}


def from_file(assignment: Assignment, file: Path) -> Iterator[tuple[str, Master, str]]:
    """
    Fill in notebooks with answers from a JSON file: a list of objects with ``exercise`` and ``source``.

    Each student gets one answer to every exercise; where a list is at its end, its last one again.
    """
    lists: dict[str, list[str]] = {}
    for answer in json.loads(file.read_text(encoding="utf-8")):
        lists.setdefault(answer["exercise"], []).append(answer["source"])
    for master in assignment.notebooks:
        own = [str(cell.grade_id) for cell in master.solutions if str(cell.grade_id) in lists]
        for number in range(max((len(lists[name]) for name in own), default=0)):
            notebook = nbformat.read(Course(ROOT).release(assignment.name) / f"{master.name}.ipynb", as_version=4)
            for cell in notebook.cells:
                if cell.id in own:
                    cell.source = lists[cell.id][min(number, len(lists[cell.id]) - 1)]
            yield f"s{number:03}", master, nbformat.writes(notebook)


if __name__ == "__main__":
    whole = Course(ROOT).assignment(ASSIGNMENT)
    unlike = differences(whole, list(from_file(whole, Path(sys.argv[1]))))
    for (name, notebook), (at_desk, at_grading) in unlike.items():
        print(f"{name}, {notebook}: fails at a desk alone {at_desk}, at grading alone {at_grading}")
    sys.exit(bool(unlike))
