"""What a course folder holds is read as nbgrader reads it, and a course that cannot be used says what to mend."""

from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

from autograder.course.folders import CONFIG_FILE, SANITIZE_FILE, Course
from autograder.course.master import OUTPUT_TAG, read_master
from autograder.course.ownership import is_test_of
from autograder.errors import CourseError
from tests.conftest import ASSIGNMENT, ROOT

CONFIG = "c = get_config()\nc.CourseDirectory.source_directory = 'solutions'\n"


def a_course(root: Path, config: str = CONFIG, **notebooks: NotebookNode) -> Course:
    """Write a course whose only assignment is called small."""
    source = root / "solutions" / "small"
    source.mkdir(parents=True)
    (root / CONFIG_FILE).write_text(config)
    for name, notebook in notebooks.items():
        nbformat.write(notebook, source / f"{name}.ipynb")
    return Course(root)


def code(name: str, *tags: str, **nbgrader: object) -> NotebookNode:
    """Make a code cell; with keywords, one that nbgrader knows by its id."""
    metadata = {"nbgrader": {"grade_id": name} | nbgrader} if nbgrader else {}
    return new_code_cell("x = 1", id=name, metadata=metadata | ({"tags": list(tags)} if tags else {}))


def an_answer() -> NotebookNode:
    """Make a notebook of one answer."""
    return new_notebook(cells=[code("answer", solution=True)])


def write(folder: Path, *cells: NotebookNode) -> Path:
    """Write a master notebook of these cells."""
    path = folder / "01_first.ipynb"
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


def test_a_folder_without_a_configuration_is_no_course(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=rf"{tmp_path}: no {CONFIG_FILE} there.*--course"):
        Course(tmp_path)


@pytest.mark.parametrize(
    "config",
    [
        "x = (",
        "1 / 0",
        "import nothing_of_that_name",
        "c = get_config()\nc.CourseDirectory = 3",
        "c = get_config()\nc.CourseDirectory.source_directory = 3",
    ],
)
def test_a_configuration_that_cannot_be_read_says_where_to_mend(config: str, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=CONFIG_FILE):
        a_course(tmp_path, config)


def test_the_folders_are_those_of_the_configuration(tmp_path: Path) -> None:
    course = a_course(tmp_path, f"{CONFIG}c.CourseDirectory.submitted_directory = 'handed_in'\n")
    assert {
        "source": course.source("small"),
        "release": course.release("small"),
        "submitted": course.submitted("ada", "small"),
        "autograded": course.autograded("ada", "small"),
        "submissions": course.submissions,
        "reports": course.reports,
    } == {
        "source": tmp_path / "solutions" / "small",
        "release": tmp_path / "release" / "small",
        "submitted": tmp_path / "handed_in" / "ada" / "small",
        "autograded": tmp_path / "autograded" / "ada" / "small",
        "submissions": tmp_path / "handed_in",
        "reports": tmp_path / "reports",
    }


def test_the_gradebook_is_the_one_that_nbgrader_opens(tmp_path: Path) -> None:
    assert a_course(tmp_path).db_url == f"sqlite:///{tmp_path / 'gradebook.db'}"


def test_a_course_is_found_by_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_course(tmp_path / "here", first=an_answer())
    monkeypatch.chdir(tmp_path)
    course = Course(Path("here"))
    monkeypatch.chdir("/")
    assert course.source("small") == tmp_path / "here" / "solutions" / "small"
    assert course.submissions == tmp_path / "here" / "submitted"
    assert len(course.assignment("small").notebooks) == 1


def test_the_notebooks_come_in_order_of_name(tmp_path: Path) -> None:
    names = ("02_second", "10_tenth", "01_first")
    course = a_course(tmp_path, **{name: an_answer() for name in names})
    assert [master.name for master in course.assignment("small").notebooks] == sorted(names)


def test_an_unknown_assignment_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    course = a_course(tmp_path, first=new_notebook())
    (tmp_path / "solutions" / "empty").mkdir()
    with pytest.raises(CourseError, match=r"large: no master notebooks there; name one of: small$"):
        course.assignment("large")


def test_a_course_without_assignments_says_so(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"\(none found\)"):
        a_course(tmp_path).assignment("small")


def test_sanitize_patterns_are_read_beside_the_assignments(tmp_path: Path) -> None:
    course = a_course(tmp_path, first=an_answer())
    assert course.assignment("small").sanitize == ""
    (tmp_path / "solutions" / SANITIZE_FILE).write_text("regex: 0x[0-9a-f]+\nreplace: ADDRESS\n")
    assert course.assignment("small").sanitize == "regex: 0x[0-9a-f]+\nreplace: ADDRESS\n"


ROLES: dict[str, tuple[dict[str, object], tuple[object, ...]]] = {
    "plain": ({}, (None, 0, False, False, False)),
    "no role": ({"grade": False}, (None, 0, False, False, False)),
    "locked": ({"locked": True}, ("cell", 0, False, False, True)),
    "solution": ({"solution": True}, ("cell", 0, False, True, False)),
    "test": ({"grade": True, "locked": True, "points": 2}, ("cell", 2, True, False, True)),
    "test of no points": ({"grade": True, "locked": True, "points": 0}, ("cell", 0, True, False, True)),
    "points of an ungraded cell": ({"solution": True, "points": 5}, ("cell", 0, False, True, False)),
}


@pytest.mark.parametrize(("nbgrader", "roles"), ROLES.values(), ids=ROLES)
def test_a_cell_has_the_roles_that_nbgrader_gives_it(
    nbgrader: Mapping[str, object], roles: tuple[object, ...], tmp_path: Path
) -> None:
    (cell,) = read_master(write(tmp_path, code("cell", **nbgrader))).cells
    assert (cell.grade_id, cell.points, cell.graded, cell.solution, cell.locked) == roles
    assert cell.is_anchor is (roles[0] is not None)


def test_a_cell_shows_its_text_its_kind_its_tag_and_its_outputs(tmp_path: Path) -> None:
    tagged = code("tagged", OUTPUT_TAG)
    tagged.outputs = [new_output("display_data", {"text/plain": "1"})]
    text, plain, shown = read_master(write(tmp_path, new_markdown_cell("# One"), code("plain", "x"), tagged)).cells
    assert [cell.source for cell in (text, plain, shown)] == ["# One", "x = 1", "x = 1"]
    assert [cell.is_code for cell in (text, plain, shown)] == [False, True, True]
    assert [cell.compares_output for cell in (text, plain, shown)] == [False, False, True]
    assert [cell.reference for cell in (text, plain, shown)] == [[], [], tagged.outputs]


def test_a_test_says_what_it_looks_at_in_its_visible_text(tmp_path: Path) -> None:
    cells = [code(name, grade=True, locked=True, points=1) for name in ("said", "silent", "hidden")]
    cells[0].source = '"""Looks at: x."""\nassert x'
    cells[2].source = '### BEGIN HIDDEN TESTS\n"""Looks at: a secret."""\n### END HIDDEN TESTS\nassert x'
    assert [cell.looks_at for cell in read_master(write(tmp_path, *cells)).cells] == [
        "Looks at: x.",
        "",
        "",
    ]


def test_a_heading_is_that_above_the_cell_or_of_the_notebook(tmp_path: Path) -> None:
    cells = [code("a"), new_markdown_cell("# One `x`\n\n## Two"), code("b"), new_markdown_cell("words"), code("c")]
    master = read_master(write(tmp_path, *cells))
    assert [master.heading(cell) for cell in master.cells if cell.is_code] == ["01_first", "Two", "Two"]
    assert master.heading() == "One x"


def test_points_add_up_over_cells_and_notebooks(tmp_path: Path) -> None:
    test = {"grade": True, "locked": True}
    one = new_notebook(cells=[code("a", **test, points=1), code("b", **test, points=0.5), code("c", solution=True)])
    assignment = a_course(tmp_path, first=one, second=one).assignment("small")
    assert [master.max_points for master in assignment.notebooks] == [1.5, 1.5]
    assert assignment.max_points == 3
    assert [cell.grade_id for cell in assignment.notebooks[0].graded] == ["a", "b"]
    assert [cell.grade_id for cell in assignment.notebooks[0].solutions] == ["c"]


def test_two_cells_of_one_name_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, code("a", solution=True), new_markdown_cell("", metadata=code("a", locked=True).metadata))
    with pytest.raises(CourseError, match=r"01_first.ipynb: two cells are named 'a'; give one of them another"):
        read_master(path)


BY_HAND: dict[str, NotebookNode] = {
    "graded solution": code("essay", grade=True, solution=True, points=3),
    "graded text": new_markdown_cell("", metadata={"nbgrader": {"grade_id": "essay", "grade": True, "points": 3}}),
    "task": new_markdown_cell(
        "", metadata={"nbgrader": {"grade_id": "essay", "task": True, "locked": True, "points": 3}}
    ),
}


@pytest.mark.parametrize("cell", [pytest.param(cell, id=name) for name, cell in BY_HAND.items()])
def test_a_cell_that_is_graded_by_hand_is_none_of_the_tests(cell: NotebookNode, tmp_path: Path) -> None:
    master = read_master(write(tmp_path, cell, code("test", grade=True, locked=True, points=1)))
    assert [(one.grade_id, one.points) for one in master.by_hand] == [("essay", 3)]
    assert [one.grade_id for one in master.graded] == ["test"]
    assert master.max_points == 1


def test_an_answer_graded_by_hand_is_blank_as_nbgrader_releases_it(tmp_path: Path) -> None:
    config = Config({"ClearSolutions": {"begin_solution_delimeter": "#{", "end_solution_delimeter": "#}"}})
    config.ClearSolutions.code_stub = {"python": "pass"}
    config.ClearSolutions.text_stub = "Your answer"
    cells = [code(name, grade=True, solution=True, points=1) for name in ("whole", "part")]
    cells[1].source = "def f():\n    #{\n    return 1\n    #}"
    text = new_markdown_cell("Because.", metadata=code("text", grade=True, solution=True, points=1).metadata)
    master = read_master(write(tmp_path, *cells, text), config)
    assert [cell.blank for cell in master.cells] == ["pass", "def f():\n    pass", "Your answer"]


def test_tests_belong_to_the_answer_that_they_are_named_after_or_to_the_one_above(tmp_path: Path) -> None:
    test = {"grade": True, "locked": True, "points": 1}
    cells = [code("a", solution=True), code("b", solution=True), code("any", **test), code("test-a-x", **test)]
    master = read_master(write(tmp_path, code("first", **test), *cells))
    assert [[str(cell.grade_id) for cell in master.tests_of(name)] for name in "ab"] == [["test-a-x"], ["any"]]


def test_an_older_notebook_gets_the_same_ids_each_time(tmp_path: Path) -> None:
    notebook = new_notebook(cells=[code("odd", solution=True), code("total", solution=True), code("plain")])
    notebook.cells[0].metadata.nbgrader.grade_id = "a b"
    for cell in notebook.cells:
        del cell["id"]
    notebook.nbformat_minor = 0
    path = tmp_path / "01_first.ipynb"
    nbformat.write(notebook, path)
    assert [cell.node.id for cell in read_master(path).cells] == ["cell-1", "total", "cell-3"]


def test_tests_that_nbgrader_has_still_to_write_are_refused(tmp_path: Path) -> None:
    cell = code("test", grade=True, locked=True, points=1)
    cell.source = "### HASHED AUTOTEST squares(1)"
    with pytest.raises(CourseError, match="put the notebook from nbgrader's source_with_tests in its place"):
        read_master(write(tmp_path, cell))


def test_only_python_is_graded(tmp_path: Path) -> None:
    path = tmp_path / "01_first.ipynb"
    kernelspec = {"name": "ir", "display_name": "R", "language": "R"}
    nbformat.write(new_notebook(cells=[code("a")], metadata={"kernelspec": kernelspec}), path)
    with pytest.raises(CourseError, match="a notebook in R; only Python"):
        read_master(path)


def test_data_is_what_was_released_beside_the_notebooks(tmp_path: Path) -> None:
    course = a_course(tmp_path, CONFIG + "c.CourseDirectory.release_directory = 'notebooks'")
    folder = tmp_path / "notebooks" / "small"
    for name in ("a.csv", "deep/b.csv", "01_first.ipynb", ".hidden", "__pycache__/c.pyc", ".ipynb_checkpoints/d.csv"):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(name)
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "linked").symlink_to("/etc")
    found = course.data("small")
    assert [(file.name, file.path) for file in found] == [(n, folder / n) for n in ("a.csv", "deep/b.csv")]
    (folder / "a.csv").write_text("other")
    assert repr(course.data("small")) != repr(found)


UNREADABLE = {
    "empty": "",
    "cut off": '{"cells": [',
    "list": "[]",
    "no cells": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    "format 99": '{"nbformat": 99, "nbformat_minor": 0, "metadata": {}, "cells": []}',
    "format 3": '{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": []}',
}


@pytest.mark.parametrize(
    "text",
    [pytest.param(text, id=name) for name, text in UNREADABLE.items()],
)
def test_a_master_that_is_no_notebook_of_today_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "01_first.ipynb"
    path.write_text(text)
    with pytest.raises(CourseError, match=r"01_first.ipynb: not a readable notebook.*open it in JupyterLab"):
        read_master(path)


@pytest.mark.parametrize(
    "nbgrader",
    [{"grade": True}, {"grade": True, "grade_id": "a", "points": "two"}, ["grade"]],
    ids=["no name", "points in words", "a list"],
)
def test_a_master_with_metadata_that_makes_no_sense_is_refused(nbgrader: object, tmp_path: Path) -> None:
    path = write(tmp_path, new_code_cell("", metadata={"nbgrader": nbgrader}))
    with pytest.raises(CourseError, match=r"01_first.ipynb"):
        read_master(path)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ('"""Two times two."""\nassert x', "Two times two."),
        ("# Two times two,\n# and no more\nassert x", "Two times two, and no more"),
        ("### BEGIN HIDDEN TESTS\n# A secret\n### END HIDDEN TESTS\n# In public\nassert x", "In public"),
        ("# YOUR CODE HERE\nassert x", ""),
        ("assert x  # no title", ""),
        ("assert x", ""),
        ('### BEGIN HIDDEN TESTS\n"""A secret."""\n### END HIDDEN TESTS\nassert x', ""),
    ],
)
def test_what_a_test_looks_at_is_said_in_its_docstring_unless_that_is_hidden(
    source: str, says: str, tmp_path: Path
) -> None:
    cell = code("test-x", grade=True, locked=True, solution=False, points=1, schema_version=3)
    cell.source = source
    (test,) = read_master(write(tmp_path, cell)).graded
    assert test.looks_at == says


TITLED = {
    "cell-1afe23bc9d": "assert x",
    "cell-f00dfacecafe": "assert x",
    "1afe23": "assert x",
    "550e8400-e29b-41d4-a716-446655440000": "assert x",
    "test-7": "assert x",
    "squares-of-zero": "squares-of-zero",
    "test_add_2": "test_add_2",
}


@pytest.mark.parametrize(("name", "title"), TITLED.items())
def test_no_page_calls_a_test_by_a_name_that_a_program_has_made(name: str, title: str, tmp_path: Path) -> None:
    cell = code("x", grade=True, locked=True, points=1)
    cell.metadata.nbgrader.grade_id, cell.source = name, "assert x"
    assert read_master(write(tmp_path, cell)).titles == {name: title}


def test_titles_and_headings_that_are_alike_are_told_apart(tmp_path: Path) -> None:
    cells = [new_markdown_cell("## Task")]
    cells += [code(name, solution=True) for name in ("one", "two")]
    cells += [code(name, grade=True, locked=True, points=1) for name in ("cell-1a", "cell-1b", "cell-1c")]
    for number, cell in enumerate(cells):
        cell.id = f"c{number}"
    cells[3].source = cells[4].source = "assert x"
    cells[5].source = "x.check()"
    master = read_master(write(tmp_path, *cells))
    assert master.exercises == {"one": "Task (1)", "two": "Task (2)"}
    assert master.titles == {"cell-1a": "assert x (1)", "cell-1b": "assert x (2)", "cell-1c": "Task"}


def test_a_test_below_an_answer_by_hand_is_not_about_one_further_above(tmp_path: Path) -> None:
    cells = [code("one", solution=True), code("essay", solution=True, grade=True, points=2)]
    cells.append(code("cell-1a", grade=True, locked=True, points=1))
    master = read_master(write(tmp_path, *cells))
    assert master.answer_to(master.cells[2]) is None
    assert list(master.exercises) == ["one", "essay", "cell-1a"]


@pytest.mark.parametrize(
    ("test", "solution", "answer"),
    [
        ("test-double", "double", True),
        ("test-double-twice", "double", True),
        ("test-doubles", "double", False),
        ("double", "double", False),
        ("test-double", "double-twice", False),
        ("a-test-double", "double", False),
    ],
)
def test_a_test_is_about_the_solution_in_its_name(test: str, solution: str, answer: bool) -> None:
    assert is_test_of(test, solution) is answer


def test_the_real_course_can_be_used() -> None:
    assignment = Course(ROOT).assignment(ASSIGNMENT)
    assert [master.name for master in assignment.notebooks] == [
        "01_failed_share",
        "02_variables_dict",
        "03_get_variable",
        "04_captured_scopes",
    ]
    assert all(master.max_points > 0 for master in assignment.notebooks)
    assert "ADDRESS" in assignment.sanitize
