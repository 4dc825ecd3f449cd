"""A course of two tiny notebooks without TensorFlow, built in memory: a kernel for it is ready in a second."""

import json
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.authoring.release import release
from autograder.course.folders import CONFIG_FILE, Course
from autograder.course.master import OUTPUT_TAG
from autograder.grading.hidden_parts import OUTPUT_MARK
from tests.conftest import KERNEL_NAME, ROOT

NAME = "small"
UNSEEN, SECRET = 1234567, "a canary that sings"
"""What the hidden part of a test calls, and what it says."""

RIGHT = {"double": "def double(x):\n    return 2 * x", "triple": "def triple(x):\n    return 3 * x"}
WRONG = {"double": "def double(x):\n    return x", "triple": "def triple(x):\n    return x"}


def small_course(folder: Path) -> Course:
    """Write the course into a new folder and release its assignment."""
    source = folder / "solutions" / NAME
    source.mkdir(parents=True)
    (folder / CONFIG_FILE).write_text((ROOT / CONFIG_FILE).read_text(encoding="utf-8"), encoding="utf-8")
    for number, (name, factor) in enumerate((("double", 2), ("triple", 3)), start=1):
        nbformat.write(master(name, factor), source / f"{number:02}_{name}.ipynb")
    course = Course(folder)
    release(course, NAME)
    return course


def master(name: str, factor: int) -> NotebookNode:
    """Make a notebook with one exercise of three points: two for an assert with evidence, one with a hidden part."""
    solution = f"def {name}(x):\n    ### BEGIN SOLUTION\n    return {factor} * x\n    ### END SOLUTION"
    shows = f"display([{name}(1), {name}(5)])"
    test = f"assert {name}(2) == {2 * factor}, '{name}(2) is not {2 * factor}'\n{shows}"
    hidden = f"### BEGIN HIDDEN TESTS\nassert {name}({UNSEEN}) == {factor * UNSEEN}, '{SECRET}'\n### END HIDDEN TESTS"
    cells = [
        new_markdown_cell(f"# {name}", id="title"),
        _cell("imports", "import math", locked=True),
        _cell(name, solution, solution=True),
        _cell(f"test-{name}-assert", test, grade=True, locked=True, points=2, shown=[factor, 5 * factor]),
        _cell(
            f"test-{name}-shown",
            f"{hidden}\ndisplay({name}(7))",
            grade=True,
            locked=True,
            points=1,
            shown=7 * factor,
        ),
    ]
    kernelspec = {"name": KERNEL_NAME, "display_name": "TensorFlow 1 graphs", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernelspec})


def hand_in(course: Course, student: str, sources: dict[str, str]) -> Path:
    """Hand in the released notebooks with these answers, and return the student's folder."""
    folder = course.submitted(student, NAME)
    folder.mkdir(parents=True)
    for path in sorted(course.release(NAME).glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = sources.get(name, cell["source"])
        (folder / path.name).write_text(json.dumps(notebook), encoding="utf-8")
    return folder


def edit(path: Path, change: Any) -> None:
    """Let a function change the list of cells of a notebook file."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook["cells"])
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _cell(
    name: str,
    source: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: int = 0,
    shown: object = None,
) -> NotebookNode:
    meta = {"grade": grade, "solution": solution, "locked": locked, "task": False}
    nbgrader = meta | {"grade_id": name, "schema_version": 3} | ({"points": points} if grade else {})
    cell = new_code_cell(source, id=name, metadata={"nbgrader": nbgrader})
    if grade:
        cell.metadata["tags"] = [OUTPUT_TAG]
        marks = {OUTPUT_MARK: False} if "HIDDEN" in source else {}
        cell.outputs = [new_output("display_data", {"text/plain": repr(shown)}, metadata=marks)]
    return cell
