"""Courses that know nothing of this grader, built in memory: one notebook of nbgrader's cells in stock folders."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course.assignment import Assignment
from autograder.course.folders import CONFIG_FILE, Course
from autograder.submissions.reading import Submission

PS, NOTEBOOK = "ps", "p"
"""The assignment, and its notebook."""

KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}


def foreign_course(folder: Path, cells: Sequence[NotebookNode], config: str = "", **metadata: Any) -> Course:
    """Write a course of one notebook into a new folder; TensorFlow is not imported for it."""
    source = folder / "source" / PS
    source.mkdir(parents=True)
    said = f'c = get_config()\nc.WarmProvisioner.preload = ["json"]\n{config}'
    (folder / CONFIG_FILE).write_text(said, encoding="utf-8")
    write_master(source / f"{NOTEBOOK}.ipynb", cells, **metadata)
    return Course(folder)


def write_master(path: Path, cells: Sequence[NotebookNode], **metadata: Any) -> None:
    """Write a notebook of these cells, whatever they are: nbformat would not write all of them."""
    notebook = new_notebook(cells=list(cells), metadata={"kernelspec": KERNELSPEC} | metadata)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def answer(name: str, source: str) -> NotebookNode:
    """Make an answer with its solution."""
    return _cell(name, f"### BEGIN SOLUTION\n{source}\n### END SOLUTION", solution=True)


def test(name: str, visible: str, hidden: str = "", points: float | None = 1, **metadata: Any) -> NotebookNode:
    """Make a test: what students see of it, and what they do not."""
    more = f"\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS" if hidden else ""
    worth = {} if points is None else {"points": points}
    made = _cell(name, visible + more, grade=True, locked=True, **worth)
    made.metadata.update(metadata)
    return made


test.__test__ = False  # type: ignore[attr-defined]  # pytest takes the name for its own


def given(name: str, source: str) -> NotebookNode:
    """Make a locked cell that is not graded."""
    return _cell(name, source, locked=True)


def text(source: str) -> NotebookNode:
    """Make a text that nbgrader does not know."""
    return new_markdown_cell(source)


def _cell(name: str, source: str, **roles: Any) -> NotebookNode:
    usual = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3, "grade_id": name}
    return new_code_cell(source, id=name.strip() or "nameless", metadata={"nbgrader": usual | roles})


def handed_in(assignment: Assignment, answers: Mapping[str, str] | None = None, student: str = "ada") -> Submission:
    """Hand in the masters, as a submission that was read, with these answers in place of the solutions."""
    files: dict[str, Any] = {}
    for master in assignment.notebooks:
        notebook = json.loads(json.dumps(master.notebook))
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = (answers or {}).get(name, cell["source"])
        files[master.name] = json.dumps(notebook).encode()
    return Submission(student, assignment.name, files)


def hand_in(course: Course, student: str, answers: Mapping[str, str] | None = None) -> None:
    """Put such a submission into the course's folder."""
    assignment = course.assignment(PS)
    folder = course.submitted(student, PS)
    folder.mkdir(parents=True)
    for name, content in handed_in(assignment, answers, student).files.items():
        assert isinstance(content, bytes)
        (folder / f"{name}.ipynb").write_bytes(content)
