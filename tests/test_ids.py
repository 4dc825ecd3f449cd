"""Ids of cells: the same each time for a master that has none, and words at a command."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.authoring.release import out_of_step, release
from autograder.cli import main
from autograder.commands.terminal import DONE
from autograder.course.folders import Course
from autograder.course.master import read_master, with_ids
from autograder.kernels.configuration import runner_of
from autograder.records.store import ResultStore
from autograder.submissions.reading import Submission
from tests.small_course import NAME, RIGHT, edit, hand_in


def take_all_away(cells: Any) -> None:
    for cell in cells:
        del cell["id"]


def take_one_away(cells: Any) -> None:
    del cells[3]["id"]


def double_one(cells: Any) -> None:
    cells[4]["id"] = cells[1]["id"] = cells[0]["id"]


def double_what_would_be_given(cells: Any) -> None:
    take_all_away(cells)
    cells[0]["id"], cells[1]["id"] = "cell-2", "double"
    cells[1]["metadata"] = {}


def break_one(cells: Any) -> None:
    cells[2]["id"] = "no id: it has spaces"


def empty_one(cells: Any) -> None:
    cells[2]["id"] = ""


BREAKS = [take_all_away, take_one_away, double_one, double_what_would_be_given, break_one, empty_one]


@pytest.mark.parametrize("break_ids", BREAKS)
@pytest.mark.parametrize("minor", [2, 4, 5])
def test_a_master_of_any_ids_has_one_key_and_one_release(break_ids: Any, minor: int, small: Course) -> None:
    path = small.source(NAME) / "01_double.ipynb"
    edit(path, break_ids)
    notebook = json.loads(path.read_text(encoding="utf-8")) | {"nbformat_minor": minor}
    path.write_text(json.dumps(notebook), encoding="utf-8")

    def key() -> Path:
        course = Course(small.root)
        runner = runner_of(course.config, course.subject, jailed=True)
        return ResultStore(course, course.assignment(NAME), runner)._place(Submission("ada", NAME, {}))

    assert key() == key()
    ids = [cell.node.id for cell in read_master(path).cells]
    assert len(set(ids)) == len(ids)
    release(small, NAME)
    assert out_of_step(small, NAME) == []
    assert [cell.id for cell in nbformat.read(small.release(NAME) / path.name, as_version=4).cells] == ids


def test_ids_that_are_right_stay_as_they_are(small: Course) -> None:
    text = (small.source(NAME) / "01_double.ipynb").read_text(encoding="utf-8")
    assert with_ids(text) == text


def test_a_master_without_ids_is_graded_once_and_exported(small: Course, capsys: pytest.CaptureFixture[str]) -> None:
    edit(small.source(NAME) / "01_double.ipynb", take_all_away)
    hand_in(small, "ada", RIGHT)
    for _ in range(2):
        assert main(["grade", NAME, "--course", str(small.root)]) == DONE
    assert "1 of 1 had been graded before" in capsys.readouterr().out
    assert main(["export", NAME, "--to", "canvas", "--course", str(small.root)]) == DONE


def test_a_command_names_cells_as_nbgrader_does_and_in_words(
    small: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    path = small.source(NAME) / "01_double.ipynb"

    def as_jupyterlab_makes_them(cells: Any) -> None:
        for number, cell in enumerate(cells):
            cell["id"] = f"{number}F4e2-ab_{number}"
        text: dict[str, Any] = {"cell_type": "markdown", "metadata": {}}
        code: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        cells.insert(2, text | {"id": "A1", "source": "### Exercise 1.2: say what it's for (2 points)\nWhat?"})
        cells.insert(3, code | {"id": "A2", "source": "def triple_it(x):\n    return 3 * x"})
        cells.insert(4, code | {"id": "A3", "source": "double(2)"})
        cells.insert(5, text | {"id": "A4", "source": "It is four."})
        cells.insert(6, text | {"id": "kept-as-it-is", "source": "…"})

    edit(path, as_jupyterlab_makes_them)
    assert main(["ids", NAME, "--course", str(small.root)]) == DONE
    assert f"{path}: A1 is now say-what-its-for" in capsys.readouterr().out
    ids = [cell.id for cell in nbformat.read(path, as_version=4).cells]
    assert ids[:8] == [
        # nbgrader's names come first: "double" is that of the answer.
        "double-2",
        "imports",
        "say-what-its-for",
        "define-triple-it",
        "see-define-triple-it",
        "see-define-triple-it-after",
        "kept-as-it-is",
        "double",
    ]
    before = path.read_bytes()
    assert main(["ids", NAME, "--course", str(small.root)]) == DONE
    assert capsys.readouterr().out == "every cell has its id\n"
    assert path.read_bytes() == before
