"""What runs is the master's, but for the student's text: whatever else was done to a submission has no effect."""

import base64
import html
import io
import json
import re
from copy import deepcopy
from dataclasses import asdict, replace
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbformat import NotebookNode, validate
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from autograder.course.master import DEMONSTRATION_TAG, OUTPUT_TAG, Master, MasterCell
from autograder.errors import RejectedError
from autograder.grading.hidden_parts import OUTPUT_MARK, has_own_asserts, place_of
from autograder.grading.rebuild import Rebuilt, rebuild, unanswered
from autograder.submissions.reading import SubmittedCell, SubmittedNotebook, parse_notebook

METADATA = {"kernelspec": {"name": "tf1-graphs", "display_name": "TensorFlow 1 graphs", "language": "python"}}
STUBS = {"double": "double = 0", "triple": "triple = 0"}
"""What the release has in place of the solutions."""


def anchor(name: str, *, solution: bool = False, points: float | None = None) -> MasterCell:
    """Make a named cell of the master: a solution, a test with points, or else a locked one."""
    graded = points is not None
    nbgrader = {
        "grade_id": name,
        "solution": solution,
        "grade": graded,
        "locked": not solution,
        "points": points or 0,
    }
    node = new_code_cell(f"# master's {name}", id=name, metadata={"nbgrader": nbgrader, "tags": [OUTPUT_TAG, "x"]})
    node.outputs, node.execution_count = [new_output("stream", text="1")], 7
    return MasterCell(
        node=node, grade_id=name, points=points or 0.0, graded=graded, solution=solution, locked=not solution
    )


def unnamed(node: NotebookNode) -> MasterCell:
    """Make a cell of the master that nbgrader does not know."""
    return MasterCell(node=node, grade_id=None, points=0.0, graded=False, solution=False, locked=False)


MASTER = Master(
    "01_first",
    new_notebook(metadata=METADATA),
    (
        unnamed(new_markdown_cell("# Title", id="title")),
        anchor("setup"),
        anchor("double", solution=True),
        unnamed(new_code_cell("# master's show", id="show")),
        anchor("test-double", points=2),
        anchor("triple", solution=True),
        anchor("test-triple", points=1),
    ),
)
asked, whole = "asked:{}".format, "whole:{}".format
"""The ids of cells at the end that stand for a test of the master: one without its asserts, and a whole one."""

ANCHORS = ["setup", "double", "test-double", "triple", "test-triple"]
MASTERS = {name: f"# master's {name}" for name in ("setup", "test-double", "test-triple")}


def with_an_assert(cell: MasterCell) -> MasterCell:
    """Give a test an assert of its own."""
    node = deepcopy(cell.node)
    node.source = f"assert {cell.points}  {node.source}"
    return replace(cell, node=node)


def named(name: str, source: str | None = None, *, is_code: bool = True) -> SubmittedCell:
    """Hand in a named cell, by default with the text of the release."""
    return SubmittedCell(is_code, source if source is not None else (STUBS | MASTERS)[name], name)


def plain(source: str, *, is_code: bool = True, grade_id: str | None = None) -> SubmittedCell:
    """Hand in a cell that the master does not know."""
    return SubmittedCell(is_code, source, grade_id)


def rebuilt(*cells: SubmittedCell) -> Rebuilt:
    """Rebuild a submission of these cells."""
    return rebuild(MASTER, SubmittedNotebook(cells))


def runs(built: Rebuilt) -> list[str]:
    """List the code that is run, in order."""
    return [cell.source for cell in built.notebook.cells if cell.cell_type == "code"]


def full(double: str = "double = 0", triple: str = "triple = 0") -> list[str]:
    """List what is run of a submission with these answers and nothing else."""
    return [MASTERS["setup"], double, MASTERS["test-double"], triple, MASTERS["test-triple"]]


RELEASE = tuple(named(name) for name in ANCHORS)


def test_the_answers_run_among_the_masters_cells() -> None:
    built = rebuilt(
        named("setup"), named("double", "d = 1"), named("test-double"), named("triple", "t = 1"), named("test-triple")
    )
    assert runs(built) == full("d = 1", "t = 1")
    assert built.notes == ()


def test_the_masters_own_solutions_never_run() -> None:
    for cells in (RELEASE, (named("test-double"),)):
        assert not {"# master's double", "# master's triple"} & set(runs(rebuilt(*cells)))


@pytest.mark.parametrize("name", MASTERS)
def test_a_changed_locked_cell_runs_as_the_masters(name: str) -> None:
    cells = [named(cell.grade_id or "", "pass" if cell.grade_id == name else None) for cell in RELEASE]
    assert runs(rebuilt(*cells)) == full()


def test_a_deleted_test_runs_all_the_same_and_is_noted() -> None:
    built = rebuilt(*(cell for cell in RELEASE if cell.grade_id != "test-double"))
    assert runs(built) == full()
    assert built.notes == ("'test-double' is missing from the submission: the course's own was run",)


def test_a_deleted_locked_cell_runs_all_the_same() -> None:
    built = rebuilt(*RELEASE[1:])
    assert runs(built) == full()
    assert built.notes == ()


def test_a_deleted_answer_leaves_a_comment_in_its_place_and_is_noted() -> None:
    built = rebuilt(*(cell for cell in RELEASE if cell.grade_id != "double"))
    assert runs(built) == full("# The submission has no cell named 'double'.")
    assert built.notes == ("'double' is missing from the submission: there was no answer to run",)


def test_nothing_handed_in_is_the_master_without_answers() -> None:
    built = unanswered(MASTER)
    assert runs(built) == full(*(f"# The submission has no cell named '{name}'." for name in STUBS))
    assert len(built.notes) == 4


def test_a_copied_answer_runs_in_its_place() -> None:
    built = rebuilt(*RELEASE[:3], named("double", "again = 2"), *RELEASE[3:])
    assert runs(built) == [*full()[:3], "again = 2", *full()[3:]]
    assert built.notes == (
        "'double' is there more than once: a copied answer runs in its place, a copied test does not",
    )


def test_an_answer_below_an_empty_copy_of_itself_has_the_last_word() -> None:
    copy = named("double")
    built = rebuilt(copy, RELEASE[0], named("double", "double = 2"), *RELEASE[2:])
    assert runs(built) == [*full()[:2], "double = 2", *full()[2:]]


def test_a_notebook_without_a_known_cell_is_rejected() -> None:
    with pytest.raises(RejectedError, match="no cell of it belongs to this notebook") as rejected:
        rebuilt(plain("double = 2"), plain("x = 1", grade_id="elsewhere"))
    assert rejected.value.reason == "no-answers"


def test_a_copied_test_does_not_run_and_is_noted_once() -> None:
    copy = named("test-double", "pass")
    built = rebuilt(*RELEASE[:3], copy, *RELEASE[3:], copy)
    assert runs(built) == full()
    assert [note.split(":")[0] for note in built.notes] == ["'test-double' is there more than once"]


def test_a_copied_test_that_comes_first_does_not_run_either() -> None:
    built = rebuilt(named("test-double", "pass"), *RELEASE)
    assert runs(built) == full()
    assert any("more than once" in note for note in built.notes)


def test_a_split_answer_runs_whole() -> None:
    built = rebuilt(RELEASE[0], named("double", "first = 1"), named("double", "double = first"), *RELEASE[2:])
    assert runs(built) == [MASTERS["setup"], "first = 1", "double = first", *full()[2:]]


def test_plain_cells_follow_a_split_answer() -> None:
    built = rebuilt(RELEASE[0], named("double", "a"), plain("b"), named("double", "c"), plain("d"), *RELEASE[2:])
    assert runs(built) == [MASTERS["setup"], "a", "b", "c", "d", *full()[2:]]


def test_an_answer_retyped_as_text_runs_as_code() -> None:
    built = rebuilt(RELEASE[0], named("double", "double = 2", is_code=False), *RELEASE[2:])
    assert runs(built) == full("double = 2")


@pytest.mark.parametrize("name", MASTERS)
def test_a_locked_cell_retyped_as_text_runs_as_code(name: str) -> None:
    cells = [named(str(cell.grade_id), is_code=cell.grade_id != name) for cell in RELEASE]
    assert runs(rebuilt(*cells)) == full()


def test_a_plain_cell_retyped_as_text_does_not_run() -> None:
    built = rebuilt(*RELEASE, plain("x = 1", is_code=False))
    assert runs(built) == full()


def test_text_of_the_submission_is_not_used() -> None:
    built = rebuilt(plain("# Mine", is_code=False), *RELEASE)
    assert [cell.source for cell in built.notebook.cells if cell.cell_type == "markdown"] == ["# Title"]


def test_moved_cells_run_in_the_masters_order_and_are_noted() -> None:
    setup, double, test_double, triple, test_triple = RELEASE
    built = rebuilt(setup, triple, test_triple, double, test_double)
    assert runs(built) == full()
    assert built.notes == ("'triple' and perhaps others were moved: the course's order was run",)


def test_plain_cells_move_with_the_cell_that_they_follow() -> None:
    setup, double, test_double, triple, test_triple = RELEASE
    built = rebuilt(setup, triple, plain("after triple"), test_triple, double, plain("after double"), test_double)
    assert runs(built) == [
        MASTERS["setup"],
        STUBS["double"],
        "after double",
        MASTERS["test-double"],
        STUBS["triple"],
        "after triple",
        MASTERS["test-triple"],
    ]


def test_plain_cells_stay_above_the_cell_that_they_precede_when_another_was_moved_up() -> None:
    built = rebuilt(RELEASE[-1], plain("import a"), *RELEASE[:2], plain("b"), *RELEASE[2:-1], plain("c"))
    assert runs(built) == ["import a", *full()[:2], "b", *full()[2:], "c"]


def test_plain_cells_move_with_an_exercise_that_was_moved_to_the_end() -> None:
    setup, double, test_double, triple, test_triple = RELEASE
    built = rebuilt(setup, triple, test_triple, plain("helps double"), double, test_double, plain("%reset -f"))
    assert runs(built) == [MASTERS["setup"], "helps double", *full()[1:], "%reset -f"]


def test_plain_cells_below_an_answer_that_was_moved_below_its_test_run_with_the_answer() -> None:
    setup, double, test_double, triple, test_triple = RELEASE
    built = rebuilt(setup, test_double, double, plain("helps double"), triple, test_triple)
    assert runs(built) == [*full()[:2], "helps double", *full()[2:]]


def test_plain_cells_run_in_their_order_behind_the_named_cell_that_they_follow() -> None:
    built = rebuilt(RELEASE[0], plain("import a"), plain("import b"), *RELEASE[1:], plain("last"))
    assert runs(built) == [MASTERS["setup"], "import a", "import b", *full()[1:], "last"]


def test_plain_cells_before_the_first_named_one_run_first() -> None:
    built = rebuilt(plain("import a"), plain("import b"), *RELEASE)
    assert runs(built) == ["import a", "import b", *full()]


def test_without_its_plain_cells_a_submission_runs_none_of_the_masters() -> None:
    assert "# master's show" not in runs(rebuilt(*RELEASE))


@pytest.mark.parametrize("source", ["", " \n\t"])
def test_an_empty_plain_cell_is_left_out(source: str) -> None:
    assert runs(rebuilt(*RELEASE, plain(source))) == full()


@pytest.mark.parametrize("grade_id", ["unknown", "title", "show", ""])
def test_a_name_that_the_course_has_not_given_is_no_name(grade_id: str) -> None:
    built = rebuilt(*RELEASE[:2], plain("x = 1", grade_id=grade_id), *RELEASE[2:])
    assert runs(built) == [*full()[:2], "x = 1", *full()[2:]]
    assert built.notes == ()


def handed_in(**changes: Any) -> SubmittedNotebook:
    """Hand the release in as JSON; `changes` are made to every cell, and to the notebook's own metadata."""
    cells = []
    for name in ANCHORS:
        cell = {"cell_type": "code", "id": name, "source": (STUBS | MASTERS)[name], "outputs": []}
        metadata: dict[str, Any] = {"nbgrader": {"grade_id": name, "points": 1, "grade": True, "locked": True}}
        metadata["nbgrader"].update(changes.get("nbgrader", {}))
        cells.append(cell | {"metadata": metadata | changes.get("metadata", {})} | changes.get("cell", {}))
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": changes.get("notebook", {}), "cells": cells}
    return parse_notebook(json.dumps(content).encode(), "01_first.ipynb")


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata": {"tags": ["skip-execution", "raises-exception", "nbval-skip"]}},
        {"metadata": {"deletable": False, "editable": False, "jupyter": {"source_hidden": True}}},
        {"nbgrader": {"points": 1000}},
        {"nbgrader": {"grade": False, "solution": True, "locked": False, "task": True}},
        {"nbgrader": {"schema_version": 99, "cell_type": "raw", "checksum": "0"}},
        {"notebook": {"kernelspec": {"name": "bash"}, "language_info": {"name": "bash"}}},
        {"cell": {"id": "test-double"}},
        {"cell": {"outputs": [{"output_type": "stream", "name": "stdout", "text": "2"}], "execution_count": 3}},
        {"cell": {"attachments": {"x.png": {"image/png": "AAAA"}}, "trusted": True}},
    ],
    ids=lambda changes: "-".join(f"{where} {', '.join(what)}" for where, what in changes.items()),
)
def test_what_a_submission_says_about_its_cells_has_no_effect(changes: dict[str, Any]) -> None:
    assert rebuild(MASTER, handed_in(**changes)) == rebuild(MASTER, handed_in())


def test_what_runs_has_the_masters_names_and_points_and_no_tags_and_no_outputs() -> None:
    built = rebuilt(*RELEASE, plain("x = 1"))
    code = [cell for cell in built.notebook.cells if cell.cell_type == "code"]
    masters = {cell.grade_id: cell.node.metadata.nbgrader for cell in MASTER.cells if cell.is_anchor}
    assert [cell.metadata for cell in code] == [*({"nbgrader": masters[name]} for name in ANCHORS), {}]
    assert [(cell.outputs, cell.execution_count) for cell in code] == [([], None)] * len(code)
    assert [cell.id for cell in code[:-1]] == ANCHORS
    assert built.notebook.metadata == METADATA


def test_what_runs_is_a_valid_notebook_with_a_name_for_each_cell() -> None:
    built = rebuilt(plain("a"), *RELEASE[:2], plain("b"), named("double", "c"), *RELEASE[2:], plain("d"))
    nbformat.validate(built.notebook)
    ids = [cell.id for cell in built.notebook.cells]
    assert len(ids) == len(set(ids))


def test_rebuilding_and_running_leave_the_master_as_it_was() -> None:
    before = asdict(MASTER)
    built = rebuilt(*RELEASE)
    for cell in built.notebook.cells:
        cell.metadata.get("nbgrader", {})["points"] = 1000
        cell.source = "changed"
    built.notebook.metadata["language_info"] = {"name": "python"}
    assert before == asdict(MASTER)


def test_a_named_text_cell_of_the_master_stays_text() -> None:
    node = new_markdown_cell("# Locked", id="note", metadata={"nbgrader": {"grade_id": "note"}})
    text = replace(unnamed(node), grade_id="note", locked=True)
    master = Master("n", new_notebook(), (text, anchor("double", solution=True)))
    built = rebuild(master, SubmittedNotebook((SubmittedCell(True, "import os", "note"), named("double", "x = 1"))))
    assert [(cell.cell_type, cell.source) for cell in built.notebook.cells] == [
        ("markdown", "# Locked"),
        ("code", "x = 1"),
    ]


GRAPH, BUILDS, ALONE = "graph = tf.Graph()", "with graph.as_default():\n    v = 1", "print('seen')"
"""Demonstrations: one makes what another one goes on with, and one is alone."""
LESSON = Master(
    "02_lesson",
    new_notebook(metadata=METADATA),
    (
        *MASTER.cells[:3],
        *(
            unnamed(new_code_cell(source, metadata={"tags": [DEMONSTRATION_TAG]}))
            for source in (GRAPH, BUILDS, ALONE)
        ),
        *MASTER.cells[4:],
    ),
)


@pytest.mark.parametrize(
    ("own", "idle"),
    [
        ("print(1)", [GRAPH, BUILDS, ALONE]),
        ("print(v)", [ALONE]),
        ("print(graph.version)", [ALONE]),
        ("print(globals())", []),
    ],
)
def test_a_demonstration_runs_where_a_student_s_cell_takes_what_it_makes_or_changes(
    own: str, idle: list[str]
) -> None:
    cells = (*RELEASE[:2], plain(GRAPH), plain(BUILDS), plain(ALONE), plain(own), *RELEASE[2:])
    built = rebuild(LESSON, SubmittedNotebook(cells))
    left_out = [cell.source for cell in built.notebook.cells if "skip-execution" in cell.metadata.get("tags", [])]
    assert left_out == idle


TASK = replace(
    MASTER,
    cells=(
        *MASTER.cells,
        MasterCell(
            node=new_markdown_cell("Say why.", id="why", metadata={"nbgrader": {"grade_id": "why"}}),
            grade_id="why",
            points=3.0,
            graded=True,
            solution=True,
            locked=False,
            blank="YOUR ANSWER HERE",
        ),
    ),
)
"""The same notebook with an answer that is graded by hand at its end."""


@pytest.mark.parametrize(("said", "blank"), [("YOUR ANSWER HERE", ("why",)), ("Because.", ())])
def test_an_answer_graded_by_hand_is_blank_when_it_is_as_it_was_released(said: str, blank: tuple[str, ...]) -> None:
    rebuilt = rebuild(TASK, SubmittedNotebook((named("double"), plain(said, is_code=False, grade_id="why"))))
    assert rebuilt.blank == blank
    waits = [note for note in rebuilt.notes if note.startswith("needs manual grading")]
    assert waits == ([] if blank else ["needs manual grading: 'why'"])


def test_where_answers_are_graded_by_hand_a_students_texts_are_kept_and_run_nothing() -> None:
    mine = plain("<script>alert(1)</script> $a<b$", is_code=False)
    cells = (
        plain("# Title", is_code=False),
        named("double"),
        mine,
        plain("<b>so</b>", is_code=False, grade_id="why"),
    )
    kept = [cell.source for cell in rebuild(TASK, SubmittedNotebook(cells)).notebook.cells]
    assert kept.count("# Title") == 1
    assert "&lt;script>alert(1)&lt;/script> $a<b$" in kept
    assert kept[-1] == "&lt;b>so&lt;/b>"
    assert not any("script" in cell.source for cell in rebuild(MASTER, SubmittedNotebook(cells)).notebook.cells)


LINKS = (
    "[a](javascript:alert(1))",
    "[a][b]\n\n[b]: javascript:alert(1)",
    "[b]\n\n[b]:\n  javascript:alert(1)",
    "[a] [b]\n\n [b] : javascript:alert(1)",
    "![a](http://elsewhere.example/seen.png)",
    "[![a](x)](javascript:alert(1))",
    "[a\\](b](javascript:alert(1))",
    "[a&#93;](javascript:alert(1))",
)


@pytest.mark.parametrize("text", LINKS)
def test_a_students_text_has_no_links_where_answers_are_graded_by_hand(text: str) -> None:
    cells = (named("double"), plain(text, is_code=False, grade_id="why"))
    kept = rebuild(TASK, SubmittedNotebook(cells)).notebook.cells[-1].source
    page = str(markdown2html_mistune(kept))
    # An address of the web that is written out is a link by itself.
    assert "<img" not in page and '="javascript' not in page
    assert "javascript:" in html.unescape(page) or "elsewhere" in page


def picture(kind: str = "PNG") -> str:
    written = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(written, format=kind)
    return base64.b64encode(written.getvalue()).decode()


PASTED = {
    "a.png": {"image/png": picture()},
    "a b.jpg": {"image/jpeg": picture("JPEG")},
    "c.svg": {"image/svg+xml": "<svg onload=alert(1)>"},
    "d.png": {"image/png": "bm90IGEgcGljdHVyZQ=="},
    "unused.png": {"image/png": picture(), "text/html": "<script>"},
}


def test_pictures_that_were_pasted_into_an_answer_are_drawn_anew_and_what_is_none_says_so() -> None:
    text = " ".join(f"![x](attachment:{name})" for name in ("a.png", "a%20b.jpg", "c.svg", "d.png", "e"))
    answer = SubmittedCell(is_code=False, source=text, grade_id="why", attachments=PASTED)
    cell = rebuild(TASK, SubmittedNotebook((named("double"), answer))).notebook.cells[-1]
    assert cell.source == text
    assert {name: set(given) for name, given in cell.attachments.items()} == {
        "a.png": {"image/png"},
        "a%20b.jpg": {"image/jpeg"},
        "c.svg": {"image/png"},
        "d.png": {"image/png"},
        "e": {"image/png"},
    }
    made = new_notebook(cells=[cell])
    validate(made)
    exporter: Any = HTMLExporter
    page, _ = exporter(template_name="basic").from_notebook_node(made)
    assert page.count("data:image/png;base64,") == 4 and page.count("data:image/jpeg;base64,") == 1
    assert "svg" not in re.sub(r"base64,[^\"]*", "", page).replace("attachment:c.svg", "")


def test_pictures_of_the_course_go_along_as_they_are() -> None:
    given = {"task.png": {"image/svg+xml": "PHN2Zy8+"}}
    text = new_markdown_cell("![t](attachment:task.png) ![gone](attachment:gone.png)", id="text", attachments=given)
    prompt = new_markdown_cell("![t](attachment:task.png)\nYour answer", id="why", attachments=given)
    prompt.metadata["nbgrader"] = {"grade_id": "why"}
    (*_, last) = TASK.cells
    answer = replace(last, node=prompt, blank=prompt.source)
    cells = (
        *TASK.cells[:-1],
        MasterCell(node=text, grade_id=None, points=0, graded=False, solution=False, locked=False),
        answer,
    )
    submitted = SubmittedNotebook((named("double"), plain(prompt.source, is_code=False, grade_id="why")))
    *_, course, mine = rebuild(replace(TASK, cells=cells), submitted).notebook.cells
    assert course.attachments["task.png"] == given["task.png"] and "image/png" in course.attachments["gone.png"]
    # A notebook that was handed in without them has the course's.
    assert set(mine.attachments) == {"task.png"}


def test_a_test_with_a_hidden_part_runs_last_first_without_its_asserts() -> None:
    hidden = anchor("test-double", points=2)
    hidden.node.source = "shown = [double(1),\n double(2)]\nif shown: assert shown == [2,\n 4], 'a word'\nshown"
    cells = tuple(
        replace(hidden, visible="double(1)") if cell.grade_id == "test-double" else cell for cell in MASTER.cells
    )
    built = rebuild(replace(MASTER, cells=cells), SubmittedNotebook((named("double"),))).notebook.cells
    assert [cell.id for cell in built[-3:]] == ["test-triple", asked("test-double"), whole("test-double")]
    lines = [cell.source.splitlines() for cell in built[-2:]]
    assert lines[0][:-1] == ["shown = [double(1), double(2)]", "if shown:", "    pass", "shown"]
    assert lines[1][:-1] == hidden.source.splitlines()
    assert lines[0][-1] == lines[1][-1]


def test_all_hidden_parts_ask_before_one_tells() -> None:
    cells = tuple(replace(with_an_assert(cell), visible="") if cell.graded else cell for cell in MASTER.cells)
    built = rebuild(replace(MASTER, cells=cells), SubmittedNotebook((named("double"),))).notebook.cells
    last = [cell.id for cell in built[-4:]]
    tests = ("test-double", "test-triple")
    assert last == [*map(asked, tests), *map(whole, tests)]
    assert [place_of(name) for name in last] == [*tests, *tests]


def test_a_hidden_part_that_tells_nothing_runs_once_and_before_those_that_do() -> None:
    tells, asks = (replace(with_an_assert(cell), visible="") for cell in MASTER.cells if cell.graded)
    asks = replace(asks, visible=f"def _check(): {asks.source}")
    cells = (*(cell for cell in MASTER.cells if not cell.graded), tells, asks)
    built = rebuild(replace(MASTER, cells=cells), SubmittedNotebook((named("double"),))).notebook.cells
    assert [cell.id for cell in built[-3:]] == [asked("test-double"), whole("test-triple"), whole("test-double")]


@pytest.mark.parametrize(
    ("visible", "answer"),
    [
        ("assert double(2) == 4, 'no'", False),
        ("assert  double(2)==4, 'no'  # the same", False),
        ("x = [1]\nfor _ in x:\n    assert double(2) == 4, 'no'", False),
        ("assert double(2) == 4", True),
        ("assert double(2) == 5, 'no'", True),
        ("double(2)", True),
        ("", True),
    ],
)
def test_a_hidden_part_tells_by_asserts_of_its_own(visible: str, answer: bool) -> None:
    cell = replace(anchor("test-double", points=2), visible=visible)
    cell.node.source = "x = [2]\nassert double(2) == 4, 'no'"
    assert has_own_asserts(cell) is answer
    twice = replace(cell)
    twice.node.source += "\nassert double(2) == 4, 'no'"
    assert has_own_asserts(twice)


def test_a_test_with_a_magic_and_a_hidden_part_asks_without_its_asserts() -> None:
    hidden = replace(anchor("test-double", points=2), visible="")
    hidden.node.source = "%time double(1)\nassert double(2)"
    cells = tuple(hidden if cell.grade_id == "test-double" else cell for cell in MASTER.cells)
    *_, before, after = rebuild(replace(MASTER, cells=cells), SubmittedNotebook((named("double"),))).notebook.cells
    assert before.source.splitlines()[:-1] == ["get_ipython().run_line_magic('time', 'double(1)')", "pass"]
    assert after.source.splitlines()[:-1] == hidden.source.splitlines()


def test_a_hidden_part_that_shows_nothing_is_run_once() -> None:
    hidden = replace(anchor("test-double", points=2), visible="")
    hidden.node.outputs = [new_output("display_data", {"text/plain": "1"}, metadata={OUTPUT_MARK: False})]
    cells = tuple(hidden if cell.grade_id == "test-double" else cell for cell in MASTER.cells)
    built = rebuild(replace(MASTER, cells=cells), SubmittedNotebook((named("double"),))).notebook.cells
    assert [cell.id for cell in built[-2:]] == ["test-triple", whole("test-double")]
