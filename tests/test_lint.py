"""Each rule, once broken in a lesson that keeps the others: it names the cell, what is wrong, and how to mend it."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

from autograder.authoring import lint as rules
from autograder.authoring.lint import (
    EVIDENCE_RULES,
    RULES,
    SIZE_RULES,
    Found,
    Lint,
    Problem,
    lint,
    lint_release,
    sizes_of,
)
from autograder.course.assignment import Assignment
from autograder.course.master import DEMONSTRATION_TAG, OUTPUT_TAG, Master, MasterCell
from autograder.errors import CourseError
from autograder.grading.hidden_parts import OUTPUT_MARK
from autograder.hints import FILE, Catalogue, Misconception, Reread
from autograder.subject import PLAIN, find_subject
from sharing_variables import lint as graph_rules
from sharing_variables.graph.caption import NOT_AS_MEANT
from sharing_variables.graph.comparison import EXTRA_TAG, NAMES_TAG, STRUCTURE_TAG, TAGS
from sharing_variables.graph.evidence import GRAPH
from sharing_variables.lint import SHARED_GRAPH_TAG

SUBJECT = find_subject("sharing_variables")
SOLUTION = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
TEST = '"""Looks at: two numbers."""\n\n\ndef _check():\n    display(double(2))\n\n\n_check()'
SHOWN = new_output("display_data", {"text/plain": "4"})
DRAWS = TEST.replace("display(double(2))", 'show_sharing("r1 r2", r1=double(probe("x")), r2=double(2))')
DRAWN = new_output("display_data", {"text/plain": "r1 and r2 share W.", GRAPH.reference_type: "{}"})


def plain(node: NotebookNode) -> MasterCell:
    """Make a cell that nbgrader does not know."""
    return MasterCell(node=node, grade_id=None, points=0.0, graded=False, solution=False, locked=False)


def text(name: str, source: str = "Words.") -> MasterCell:
    """Make a cell of text."""
    return plain(new_markdown_cell(source, id=name))


def code(name: str, source: str = "x = 1", *tags: str, outputs: tuple[NotebookNode, ...] = ()) -> MasterCell:
    """Make a plain code cell."""
    return plain(new_code_cell(source, id=name, metadata={"tags": list(tags)}, outputs=list(outputs)))


def solution(name: str = "double", source: str = SOLUTION) -> MasterCell:
    """Make a solution cell."""
    node = new_code_cell(source, id=name)
    return MasterCell(node=node, grade_id=name, points=0.0, graded=False, solution=True, locked=False)


def graded(
    name: str = "test-double",
    source: str = TEST,
    *,
    locked: bool = True,
    tags: tuple[str, ...] = (OUTPUT_TAG,),
    outputs: tuple[NotebookNode, ...] = (SHOWN,),
) -> MasterCell:
    """Make a test cell."""
    node = new_code_cell(source, id=name, metadata={"tags": list(tags)}, outputs=list(outputs))
    return MasterCell(node=node, grade_id=name, points=1.0, graded=True, solution=False, locked=locked)


def folded(test: MasterCell, hidden: bool = True) -> MasterCell:
    """Fold the source of a test away, or say that it is not."""
    test.node.metadata["jupyter"] = {"source_hidden": hidden}
    return test


def hiding(*outputs: NotebookNode) -> MasterCell:
    """Make a test with a hidden part that stores these outputs."""
    return replace(graded(outputs=outputs), visible=TEST)


def lesson(
    *changed: MasterCell,
    texts: int = 15,
    codes: int = 9,
    titles: tuple[str, ...] = ("# Title",),
    catalogue: Catalogue = MappingProxyType({}),
) -> Assignment:
    """Make a lesson that keeps all rules, but for these cells: each replaces the one of its id, or comes last."""
    cells = [
        *(text(f"title-{number}", title) for number, title in enumerate(titles)),
        *(text(f"text-{number}") for number in range(texts)),
        *(code(f"code-{number}") for number in range(codes)),
        solution(),
        graded(),
    ]
    by_id = {cell.node.id: cell for cell in (*cells, *changed)}
    master = Master("01_first", new_notebook(), tuple(by_id.values()))
    return Assignment("small", (master,), catalogue=catalogue, subject=SUBJECT)


def drawing(source: str = DRAWS, outputs: tuple[NotebookNode, ...] = (DRAWN,)) -> Assignment:
    """Make a lesson with a test whose graph is judged."""
    return lesson(graded(source=source, tags=(OUTPUT_TAG, NAMES_TAG), outputs=outputs))


def hinting(
    *, belief: str = "It is so.", truth: str = "It is not.", notebook: str = "01_first", heading: str = "Title"
) -> Assignment:
    """Make a lesson with a misconception, by default one that keeps the rules."""
    entry = Misconception(id="M1", belief=belief, truth=truth, reread=Reread(notebook=notebook, heading=heading))
    return lesson(catalogue={entry.id: entry})


def lines(count: int) -> str:
    """Write so many lines of code."""
    return "\n".join(f"x = {number}" for number in range(count))


@dataclass(frozen=True)
class Broken:
    """A lesson with one broken rule, and the problem that must be found: the cell, what is wrong, how to mend it."""

    rule: Callable[..., Found]
    assignment: Assignment
    problem: tuple[str, str, str] = field(default=("", "", ""))


WORDS = ("the id is not made of words", "run `autograder ids`, or give it a name of words")
LEFT_BEHIND = (
    "is more than a docstring, `def _check():` and `_check()`",
    "let _check() display its evidence and then assert",
)
MARKED = ("no marked solution", "put ### BEGIN SOLUTION and ### END SOLUTION around it")
SAYS = ("does not begin by saying what it looks at", 'begin with """Looks at ..."""')
OPEN = ("a test that is not folded", 'collapse its code ("source_hidden": true)')
NOT_TEXT = ("stores an output that is not text", "show names or numbers as text")
NOBODY = ("stores outputs that nobody compares", "run `autograder reference`")
DEFAULT_GRAPH = (
    "builds in whatever graph is the default",
    "wrap it in `with tf.Graph().as_default():`, or tag it default-graph if that is its subject",
)
LONGEST_SENTENCES = Lint().hint_characters
SENTENCE = f"say it in at most {LONGEST_SENTENCES} characters"
ERROR = new_output("error", ename="ValueError", evalue="", traceback=[])
PICTURE = new_output("display_data", {"text/plain": "<Figure>", "image/png": "AAAA"})


def nowhere(heading: str, notebook: str) -> tuple[str, str]:
    """Word what is wrong with a hint to such a place."""
    return f"sends students to “{heading}” in {notebook}, which is not there", "name a notebook and a heading of it"


FRAME_TAGS = "frame-check-columns, frame-check-order, frame-check-values"


def pasted(cell: MasterCell) -> MasterCell:
    """Put a picture into a text that does not show it."""
    node = deepcopy(cell.node)
    node.attachments = {"s.png": {"image/png": "aGVsbG8="}}
    return replace(cell, node=node)


BROKEN: dict[str, Broken] = {
    "half a statement": Broken(
        rules.code_is_python, lesson(code("code-0", "x = (")), ("code-0", "is not Python", "mend its syntax")
    ),
    "a picture that no text shows": Broken(
        rules.pictures_of_solutions_stay,
        lesson(pasted(text("text-0"))),
        (
            "text-0",
            "'s.png' was pasted into it, and the text that is released does not show it",
            "delete the attachment (a picture of the solution belongs in a file that is not released)",
        ),
    ),
    "a random id": Broken(rules.ids_are_words, lesson(code("8f3a_b2")), ("8f3a_b2", *WORDS)),
    "an id in capitals": Broken(rules.ids_are_words, lesson(code("Setup")), ("Setup", *WORDS)),
    "a number as id": Broken(rules.ids_are_words, lesson(code("1234")), ("1234", *WORDS)),
    "a short id": Broken(rules.ids_are_words, lesson(code("ab")), ("ab", *WORDS)),
    "two names": Broken(
        rules.ids_are_words,
        lesson(replace(code("imports"), grade_id="setup", locked=True)),
        ("imports", "the grade_id 'setup' is another name", "run `autograder ids`"),
    ),
    "a task": Broken(
        rules.every_point_is_automatic,
        lesson(replace(text("text-0"), grade_id="text-0", points=2.0, graded=True, locked=True)),
        ("text-0", "needs a reviewer to grade it", "make it a solution cell with a separate test cell"),
    ),
    "an open test": Broken(
        rules.tests_are_locked,
        lesson(graded(locked=False)),
        ("test-double", "a graded cell that students may change", "lock it (nbgrader: Autograder tests)"),
    ),
    "a test of nothing": Broken(
        rules.tests_belong_to_an_exercise,
        lesson(folded(graded("test-triple"))),
        (
            "test-triple",
            "no solution cell of that name",
            "call it test-<solution cell>, or test-<...>-<behaviour>",
        ),
    ),
    "a test of two exercises": Broken(
        rules.tests_belong_to_an_exercise,
        lesson(solution("double-twice"), folded(graded("test-double-twice"))),
        (
            "test-double-twice",
            "belongs to double and to double-twice",
            "rename one of them, so that it does not",
        ),
    ),
    "an exercise without a test": Broken(
        rules.tests_belong_to_an_exercise,
        lesson(solution("triple")),
        ("triple", "no test cell looks at it", "add a cell named test-triple"),
    ),
    "a test without a docstring": Broken(
        rules.tests_say_what_they_look_at,
        lesson(graded(source=TEST.partition("\n")[2])),
        ("test-double", *SAYS),
    ),
    "a test that says something else": Broken(
        rules.tests_say_what_they_look_at,
        lesson(graded(source=TEST.replace("Looks at", "Tests"))),
        ("test-double", *SAYS),
    ),
    "a test without the tag": Broken(
        rules.graded_cells_show_something,
        lesson(graded(tags=(), outputs=())),
        (
            "test-double",
            "shows nothing to compare",
            f"display its evidence, and tag it with one of nbval-check-output, "
            f"{FRAME_TAGS}, {NAMES_TAG}, {STRUCTURE_TAG}",
        ),
    ),
    "a test without an output": Broken(
        rules.graded_cells_show_something,
        lesson(graded(outputs=())),
        ("test-double", "has no stored output", "run `autograder reference`"),
    ),
    "a hidden part that only asserts": Broken(
        rules.hidden_parts_show_something,
        lesson(hiding(new_output("display_data", {"text/plain": "4"}, metadata={OUTPUT_MARK: False}))),
        (
            "test-double",
            "has a hidden part that adds nothing to what is displayed",
            "display what it finds, then run `autograder reference`",
        ),
    ),
    "a test that leaves a name": Broken(
        rules.tests_leave_nothing_behind,
        lesson(graded(source=TEST.replace("\n_check()", "\nresult = 1\n_check()"))),
        ("test-double", *LEFT_BEHIND),
    ),
    "a test with two functions": Broken(
        rules.tests_leave_nothing_behind,
        lesson(graded(source=TEST.replace("def _check", "def _help():\n    pass\n\n\ndef _check"))),
        ("test-double", *LEFT_BEHIND),
    ),
    "a test that is not called": Broken(
        rules.tests_leave_nothing_behind,
        lesson(graded(source=TEST.removesuffix("_check()"))),
        ("test-double", *LEFT_BEHIND),
    ),
    "a graph tag with a slip": Broken(
        graph_rules.graphs_can_be_judged,
        lesson(graded(tags=(OUTPUT_TAG, "graph-check-name"))),
        ("test-double", "has the tag graph-check-name, which means nothing", f"use one of {', '.join(sorted(TAGS))}"),
    ),
    "a graph tag that says too little": Broken(
        graph_rules.graphs_can_be_judged,
        lesson(graded(tags=(OUTPUT_TAG, EXTRA_TAG))),
        ("test-double", "does not say whether names count", f"tag it {NAMES_TAG} or {STRUCTURE_TAG}, too"),
    ),
    "a master that does not share": Broken(
        graph_rules.graphs_can_be_judged,
        drawing(outputs=(new_output("display_data", DRAWN.data | {"text/plain": f"{NOT_AS_MEANT}: r1."}),)),
        ("test-double", "the master does not share as it is meant to", "mend the solution, or what is meant"),
    ),
    "no graph": Broken(
        graph_rules.graphs_can_be_judged,
        drawing(source=DRAWS.replace("show_sharing(", "display(")),
        ("test-double", "draws no graph", "call show_sharing"),
    ),
    "a graph with lasting names": Broken(
        graph_rules.graphs_can_be_judged,
        drawing(source=DRAWS.replace("probe(", "str(")),
        ("test-double", "has a graph that could be a stored one", "call probe"),
    ),
    "a graph without outputs": Broken(
        graph_rules.graphs_can_be_judged,
        drawing(
            source=DRAWS.replace(
                'show_sharing("r1 r2", r1=double(probe("x")), r2=double(2))', 'show_sharing(probe("x"))'
            )
        ),
        (
            "test-double",
            "draws a graph without outputs, which an answer's own picture could be taken for",
            "name one in show_sharing",
        ),
    ),
    "a graph without facts": Broken(
        graph_rules.graphs_can_be_judged,
        drawing(outputs=(SHOWN,)),
        ("test-double", "has no stored facts", "run `autograder reference`"),
    ),
    "an open test behind the first": Broken(
        rules.tests_are_folded,
        lesson(graded("test-double-again")),
        ("test-double-again", *OPEN),
    ),
    "a test that says it is open": Broken(
        rules.tests_are_folded,
        lesson(folded(graded("test-double-again"), hidden=False)),
        ("test-double-again", *OPEN),
    ),
    "a first test that is folded": Broken(
        rules.tests_are_folded,
        lesson(folded(graded())),
        ("test-double", "the first test is folded", "expand its code: it shows what a test is like"),
    ),
    "an unmarked solution": Broken(
        rules.solutions_are_marked, lesson(solution(source="def double(x):\n    return 2 * x")), ("double", *MARKED)
    ),
    "a solution without an end": Broken(
        rules.solutions_are_marked,
        lesson(solution(source=SOLUTION.replace("    ### END", "    # END"))),
        ("double", *MARKED),
    ),
    "a solution inside out": Broken(
        rules.solutions_are_marked,
        lesson(solution(source="### END SOLUTION\nx = 1\n### BEGIN SOLUTION")),
        ("double", *MARKED),
    ),
    "long code": Broken(
        rules.code_is_short,
        lesson(code("code-0", lines(16))),
        ("code-0", "16 lines of code, more than 15", "split it, or say less"),
    ),
    "a long solution": Broken(
        rules.code_is_short,
        lesson(solution(source=f"### BEGIN SOLUTION\n{lines(21)}\n### END SOLUTION")),
        ("double", "21 lines of code, more than 20", "split it, or say less"),
    ),
    "a long test": Broken(
        rules.code_is_short,
        lesson(graded(source=TEST.replace("    display", 23 * "    x = 1\n" + "    display"))),
        ("test-double", "27 lines of code, more than 25", "split it, or say less"),
    ),
    "outputs without the tag": Broken(
        rules.outputs_are_references, lesson(code("code-0", outputs=(SHOWN,))), ("code-0", *NOBODY)
    ),
    "a picture": Broken(rules.outputs_are_references, lesson(graded(outputs=(PICTURE,))), ("test-double", *NOT_TEXT)),
    "an error": Broken(rules.outputs_are_references, lesson(graded(outputs=(ERROR,))), ("test-double", *NOT_TEXT)),
    "a variable in the default graph": Broken(
        graph_rules.exercises_have_their_own_graph,
        lesson(code("code-0", "v = tf.Variable(0.0)")),
        ("code-0", *DEFAULT_GRAPH),
    ),
    "a scope in the default graph": Broken(
        graph_rules.exercises_have_their_own_graph,
        lesson(code("code-0", 'with tf.variable_scope("a"):\n    pass')),
        ("code-0", *DEFAULT_GRAPH),
    ),
    "a variable in a loop": Broken(
        graph_rules.exercises_have_their_own_graph,
        lesson(code("code-0", 'for name in "ab":\n    print(tf.get_variable(name, [1]))')),
        ("code-0", *DEFAULT_GRAPH),
    ),
    "a variable behind its own graph": Broken(
        graph_rules.exercises_have_their_own_graph,
        lesson(code("code-0", "with tf.Graph().as_default():\n    pass\nv = tf.Variable(0.0)")),
        ("code-0", *DEFAULT_GRAPH),
    ),
    "a demonstration that others need": Broken(
        rules.demonstrations_stand_alone,
        lesson(code("code-0", "shown = 1", DEMONSTRATION_TAG), code("code-1", "print(shown)")),
        ("code-0", "leaves 'shown', which another cell takes", "take the tag demonstration off"),
    ),
    "a hint that leads nowhere": Broken(
        rules.hints_can_be_followed, hinting(heading="Another title"), ("M1", *nowhere("Another title", "01_first"))
    ),
    "a hint that leads to no notebook": Broken(
        rules.hints_can_be_followed, hinting(notebook="03_third"), ("M1", *nowhere("Title", "03_third"))
    ),
    "a belief that is no sentence": Broken(
        rules.hints_can_be_followed,
        hinting(belief="It is so"),
        ("M1", "its belief is no sentence, or a long one", SENTENCE),
    ),
    "a truth that nobody reads": Broken(
        rules.hints_can_be_followed,
        hinting(truth=LONGEST_SENTENCES * "x" + "."),
        ("M1", "its truth is no sentence, or a long one", SENTENCE),
    ),
    "no title": Broken(
        rules.lessons_have_a_shape,
        lesson(titles=("## Title",)),
        ("", "0 headings of the first level", "have exactly one, at the top"),
    ),
    "two titles": Broken(
        rules.lessons_have_a_shape,
        lesson(titles=("# One", "Words.\n\n# Two")),
        ("", "2 headings of the first level", "have exactly one, at the top"),
    ),
    "too few cells": Broken(
        rules.lessons_have_a_shape,
        lesson(texts=12, codes=5),
        ("", "19 cells beside the tests", "have between 20 and 70"),
    ),
    "too many cells": Broken(
        rules.lessons_have_a_shape,
        lesson(texts=60),
        ("", "71 cells beside the tests", "have between 20 and 70"),
    ),
    "mostly code": Broken(
        rules.lessons_have_a_shape,
        lesson(texts=9, codes=14),
        ("", "40% of the lesson's cells are text", "have at least 50%: explain more"),
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_is_found_with_the_way_to_mend_it(broken: Broken) -> None:
    file = FILE if broken.rule is rules.hints_can_be_followed else "01_first.ipynb"
    assert lint(broken.assignment) == [Problem(file, *broken.problem)]
    assert alone(broken) == [broken.problem]


def alone(broken: Broken) -> list[tuple[str, str, str]]:
    """Hold a lesson against its own rule and no other."""
    (master,) = broken.assignment.notebooks
    if broken.rule is rules.hints_can_be_followed:
        return list(broken.rule(broken.assignment, Lint()))
    if broken.rule in SIZE_RULES:
        return list(broken.rule(master, Lint()))
    if broken.rule in EVIDENCE_RULES:
        return list(broken.rule(master, broken.assignment.subject))
    return list(broken.rule(master))


ALL_RULES = {*RULES, *SIZE_RULES, *EVIDENCE_RULES, rules.hints_can_be_followed, *SUBJECT.lint_rules}


def test_every_rule_is_broken_here() -> None:
    assert {broken.rule for broken in BROKEN.values()} == ALL_RULES


def test_every_rule_is_held() -> None:
    written = {
        value
        for module in (rules, graph_rules)
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__annotations__", {}).get("return") == Found
    }
    assert written == ALL_RULES


def test_a_course_without_a_subject_hears_nothing_of_graphs() -> None:
    untagged = replace(lesson(graded(tags=(), outputs=())), subject=PLAIN)
    mend = f"display its evidence, and tag it with one of {OUTPUT_TAG}, {FRAME_TAGS}"
    assert lint(untagged) == [Problem("01_first.ipynb", "test-double", "shows nothing to compare", mend)]
    assert lint(replace(lesson(code("code-0", "v = tf.Variable(0.0)")), subject=PLAIN)) == []


def test_every_notebook_is_held_against_the_rules() -> None:
    (master,) = lesson(code("ab")).notebooks
    other = Master("02_second", master.notebook, master.cells)
    assert [problem.file for problem in lint(Assignment("small", (master, other)))] == [
        "01_first.ipynb",
        "02_second.ipynb",
    ]


def test_a_problem_is_one_line_that_names_the_place() -> None:
    in_a_cell = Problem("01_first.ipynb", "double", "no test", "add one")
    assert str(in_a_cell) == "01_first.ipynb, cell 'double': no test; add one"
    assert str(Problem("01_first.ipynb", "", "no title", "add one")) == "01_first.ipynb: no title; add one"
    assert str(Problem(FILE, "M1", "no truth", "say it")) == "hints.yml, entry 'M1': no truth; say it"


IN_A_GRAPH = "with tf.Graph().as_default() as graph:\n    v = tf.Variable(0.0)"
KEPT: dict[str, Assignment] = {
    "the lesson": lesson(),
    "a graph": drawing(),
    "a graph alone": lesson(graded(source=DRAWS, tags=(STRUCTURE_TAG, EXTRA_TAG), outputs=(DRAWN,))),
    "the fewest cells": lesson(texts=11, codes=7),
    "the most cells": lesson(texts=59),
    "half of it text": lesson(texts=11, codes=11),
    "the longest code": lesson(code("code-0", lines(15))),
    "the longest solution": lesson(solution(source=f"### BEGIN SOLUTION\n{lines(20)}\n### END SOLUTION")),
    "the longest test": lesson(graded(source=TEST.replace("    display", 21 * "    x = 1\n" + "    display"))),
    "empty lines in long code": lesson(code("code-0", lines(15).replace("\n", "\n\n"))),
    "a long text": lesson(text("text-0", "Words.\n" * 100)),
    "two marked solutions": lesson(solution(source=f"{SOLUTION}\n\n\n{SOLUTION}")),
    "a test of one behaviour": lesson(folded(graded("test-double-twice"))),
    "a first test that says it is open": lesson(folded(graded(), hidden=False)),
    "outputs in a tagged cell": lesson(code("code-0", "x = 1", OUTPUT_TAG, outputs=(SHOWN,))),
    "a printed output": lesson(graded(outputs=(new_output("stream", text="4"),))),
    "a graph of its own": lesson(code("code-0", IN_A_GRAPH)),
    "a graph and a session": lesson(code("code-0", "with tf.Graph().as_default(), tf.Session() as sess:\n    pass")),
    "eager mode": lesson(code("code-0", "with eager_mode():\n    v = tf.Variable(0.0)")),
    "a function that builds": lesson(code("code-0", "def build():\n    return tf.Variable(0.0)")),
    "a class that builds": lesson(code("code-0", "class Net:\n    v = tf.Variable(0.0)")),
    "a lambda that builds": lesson(code("code-0", "build = lambda: tf.Variable(0.0)")),
    "the default graph as the subject": lesson(code("code-0", "v = tf.Variable(0.0)", SHARED_GRAPH_TAG)),
    "a hint": hinting(),
    "the longest belief": hinting(belief=(LONGEST_SENTENCES - 1) * "x" + "?"),
    "something else that is called Variable": lesson(code("code-0", "v = other.Variable(0.0)")),
}


@pytest.mark.parametrize("assignment", KEPT.values(), ids=KEPT)
def test_a_kept_rule_is_silent(assignment: Assignment) -> None:
    assert lint(assignment) == []


def test_two_tests_that_show_a_graph_begin_with_lines_of_their_own() -> None:
    def second(source: str) -> MasterCell:
        return folded(graded("test-double-twice", source, tags=(OUTPUT_TAG, NAMES_TAG), outputs=(DRAWN,)))

    (drawn,) = drawing().notebooks
    first = next(cell for cell in drawn.cells if cell.graded)
    wrong = "begins with the same line as another test"
    mend = "say what this one looks at"
    assert lint(lesson(first, second(DRAWS))) == [Problem("01_first.ipynb", "test-double-twice", wrong, mend)]
    assert lint(lesson(first, second(DRAWS.replace("two numbers", "two more")))) == []


def test_the_bounds_of_a_lesson_are_those_tried_here() -> None:
    sizes = {len([cell for cell in kept.notebooks[0].cells if not cell.graded]) for kept in KEPT.values()}
    assert {Lint().fewest_cells, Lint().most_cells} <= sizes


def test_a_course_sets_the_sizes_and_hears_of_one_that_there_is_not() -> None:
    config = Config({"Lint": {"code_lines": 5, "test_lines": 2, "fewest_cells": 40, "least_text": 0.9}})
    wrong = [problem.wrong for problem in lint(lesson(code("code-0", lines(6))), sizes_of(config))]
    assert wrong == [
        "6 lines of code, more than 5",
        "4 lines of code, more than 2",
        "26 cells beside the tests",
        "62% of the lesson's cells are text",
    ]
    for given, message in (({"code_line": 5}, "c.Lint.code_line: no such size"), ({"code_lines": "five"}, "int")):
        with pytest.raises(CourseError, match=message):
            sizes_of(Config({"Lint": given}))


def test_a_variable_in_the_arguments_of_another_add_is_found() -> None:
    names = [problem.wrong for problem in lint(lesson(code("code-0", "names.add(tf.Variable(0.0).name)")))]
    assert names == [DEFAULT_GRAPH[0]]


def test_a_comment_in_a_block_of_code_is_no_heading() -> None:
    assert lint(lesson(text("text-0", "```python\n# not a heading\n```"))) == []


@pytest.mark.parametrize("source", ["%matplotlib inline", "x = ("])
def test_a_cell_that_is_not_python_does_not_end_the_lint(source: str) -> None:
    lint(lesson(code("code-0", source)))


def test_a_release_that_was_run_in_place_is_named(tmp_path: Path) -> None:
    path = tmp_path / "01_first.ipynb"
    nbformat.write(new_notebook(cells=[code("quiet").node, code("loud", outputs=(SHOWN,)).node]), path)
    mend = "never run it in place; run `autograder release`"
    assert lint_release([path]) == [Problem("01_first.ipynb", "loud", "the release holds outputs", mend)]


def test_the_real_course_keeps_the_rules(assignment: Assignment) -> None:
    assert [str(problem) for problem in lint(assignment)] == []
