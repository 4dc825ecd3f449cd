"""
Rules for notebooks, as small functions: each names the cell, what is wrong, and the way to mend it.

Authors meet them through `autograder lint`. A rule looks at one master notebook and yields problems; to add a
rule, write the function and list it in `RULES`.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.caption import NOT_AS_MEANT
from autograder.course import OUTPUT_TAG, Assignment, Master, MasterCell, is_test_of
from autograder.evidence import NAMES_TAG, STRUCTURE_TAG, TAGS, terms_of
from autograder.names import binds, reads
from autograder.sharing import FACTS_TYPE

CODE_LINES = 15
SOLUTION_LINES = 20
TEST_LINES = 25
LESSON_CELLS = range(20, 56)
LEAST_TEXT = 0.5
"""Share of text. Both count the lesson's cells, not the graded tests."""

SHARED_GRAPH_TAG = "default-graph"
"""Excuses a cell whose subject is the graph that outlives it."""

_OWN_GRAPH = re.compile(r"as_default|eager_mode")
"""What a cell may build inside of: a graph of its own, or none at all."""

_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_WORDS = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_BUILDERS = {"Variable", "get_variable", "placeholder", "constant", "Session", "variable_scope", "add"}


@dataclass(frozen=True)
class Problem:
    """One broken rule: where, what is wrong, and how to mend it."""

    notebook: str
    cell: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        """Write the problem as one line."""
        where = f"{self.notebook}.ipynb, cell '{self.cell}'" if self.cell else f"{self.notebook}.ipynb"
        return f"{where}: {self.wrong}; {self.mend}"


Found = Iterator[tuple[str, str, str]]
"""What a rule yields: the cell's id (or nothing), what is wrong, how to mend it."""


def lint(assignment: Assignment) -> list[Problem]:
    """Hold every master notebook of an assignment against every rule."""
    return [
        Problem(master.name, *found) for master in assignment.notebooks for rule in RULES for found in rule(master)
    ]


def lint_release(paths: Iterable[Path]) -> list[Problem]:
    """Hold the notebooks of a student version against the rule that is its own: it shows no outputs."""
    return [
        Problem(path.stem, cell.id, "the release holds outputs", "never run it in place; run `autograder release`")
        for path in paths
        for cell in nbformat.read(path, as_version=4).cells
        if cell.get("outputs")
    ]


def demonstrations_stand_alone(master: Master) -> Found:
    """No cell takes a name from a demonstration: grading leaves these out."""
    shown = [cell for cell in master.cells if cell.is_demonstration]
    for cell in shown:
        left = binds(cell.source)
        takers = [other for other in master.cells if other.is_code and other not in shown]
        for name in sorted(left & {name for other in takers for name in reads(other.source) or ()}):
            yield _name(cell), f"leaves '{name}', which another cell takes", "take the tag demonstration off"


def code_is_python(master: Master) -> Found:
    """A code cell can be parsed."""
    for cell in master.cells:
        if cell.is_code and cell.tree is None:
            yield _name(cell), "is not Python", "mend its syntax"


def ids_are_words(master: Master) -> Found:
    """Cell ids and grade_ids are words, and the same: they are what people see in reports."""
    for cell in master.cells:
        if not _WORDS.fullmatch(cell.node.id) or cell.node.id.isdigit() or len(cell.node.id) < 3:
            yield cell.node.id, "the id is not made of words", "name what the cell is for, like 'predict-names'"
        if cell.grade_id is not None and cell.grade_id != cell.node.id:
            yield cell.node.id, f"the grade_id '{cell.grade_id}' is another name", "give the cell one name"


def nothing_waits_for_a_person(master: Master) -> Found:
    """Each point is given by a test."""
    for cell in master.by_hand:
        yield _name(cell), "wants a person to grade it", "make it a solution cell with a separate test cell"


def tests_are_locked(master: Master) -> Found:
    """A graded cell belongs to the course."""
    for cell in master.graded:
        if not cell.locked:
            yield _name(cell), "a graded cell that students may change", "lock it (nbgrader: Autograder tests)"


def tests_belong_to_an_exercise(master: Master) -> Found:
    """The name of a test cell says which solution cell it is about: feedback goes there."""
    solutions = [str(cell.grade_id) for cell in master.solutions]
    for cell in master.graded:
        owners = [solution for solution in solutions if is_test_of(str(cell.grade_id), solution)]
        if len(owners) > 1:
            yield (
                _name(cell),
                f"belongs to {' and to '.join(owners)}",
                "rename one of them, so that it does not",
            )
        if not owners:
            yield (
                _name(cell),
                "no solution cell of that name",
                "call it test-<solution cell>, or test-<...>-<behaviour>",
            )
    for solution in solutions:
        if not any(is_test_of(str(cell.grade_id), solution) for cell in master.graded):
            yield solution, "no test cell looks at it", f"add a cell named test-{solution}"


def tests_say_what_they_look_at(master: Master) -> Found:
    """The first line of a test is a docstring: it serves as feedback."""
    for cell in master.graded:
        if not (ast.get_docstring(_tree(cell)) or "").startswith("Looks at"):
            yield _name(cell), "does not begin by saying what it looks at", 'begin with """Looks at ..."""'


def graded_cells_show_something(master: Master) -> Found:
    """No point rests on an assert alone: a graded cell displays what can be judged from outside."""
    for cell in master.graded:
        if not cell.compares_output and terms_of(cell.tags) is None:
            yield (
                _name(cell),
                "shows nothing to compare",
                f"display its evidence and tag it {OUTPUT_TAG} or {NAMES_TAG}",
            )
        elif not cell.reference:
            yield _name(cell), "has no stored output", "run `autograder reference`"


def hidden_parts_show_something(master: Master) -> Found:
    """A hidden part displays what it finds: whoever can rule a kernel can answer its asserts."""
    for cell in master.graded:
        if cell.has_hidden_part and cell.reference and not cell.hidden_part_shows:
            yield (
                _name(cell),
                "has a hidden part that adds nothing to what is displayed",
                "display what it finds, then run `autograder reference`",
            )


def tests_leave_nothing_behind(master: Master) -> Found:
    """A test is a docstring, one function, and its call: it takes no name that a student may have given."""
    for cell in master.graded:
        shape = [ast.unparse(node) for node in _tree(cell).body[1:] if not isinstance(node, ast.FunctionDef)]
        functions = [node.name for node in _tree(cell).body if isinstance(node, ast.FunctionDef)]
        if functions != ["_check"] or shape != ["_check()"]:
            yield (
                _name(cell),
                "is more than a docstring, `def _check():` and `_check()`",
                "let _check() display its evidence and then assert",
            )


def tests_are_folded(master: Master) -> Found:
    """A notebook reads as a lesson: JupyterLab folds its tests, but for the first, which shows what they are like."""
    for number, cell in enumerate(master.graded):
        folded = cell.node.metadata.get("jupyter", {}).get("source_hidden") is True
        if number and not folded:
            yield _name(cell), "a test that is not folded", 'collapse its code ("source_hidden": true)'
        if folded and not number:
            yield _name(cell), "the first test is folded", "expand its code: it shows what a test is like"


def graphs_can_be_judged(master: Master) -> Found:
    """A cell whose graph is judged draws it under fresh names, and the master's own graph is as it is meant to be."""
    for cell in master.cells:
        for tag in sorted(tag for tag in cell.tags if tag.startswith("graph-") and tag not in TAGS):
            yield _name(cell), f"has the tag {tag}, which means nothing", f"use one of {', '.join(sorted(TAGS))}"
        drawn = [output for output in cell.reference if FACTS_TYPE in output.get("data", {})]
        if any(output.data["text/plain"].startswith(NOT_AS_MEANT) for output in drawn):
            yield _name(cell), "the master does not share as it is meant to", "mend the solution, or what is meant"
        if terms_of(cell.tags) is None:
            if TAGS & set(cell.tags):
                yield _name(cell), "does not say whether names count", f"tag it {NAMES_TAG} or {STRUCTURE_TAG}, too"
            continue
        for call, why in (("show_sharing(", "draws no graph"), ("probe(", "has a graph that could be a stored one")):
            if call not in cell.source:
                yield _name(cell), why, f"call {call[:-1]}"
        if not drawn:
            yield _name(cell), "has no stored facts", "run `autograder reference`"


def solutions_are_marked(master: Master) -> Found:
    """A solution is marked, so that the release has a stub in its place."""
    for cell in master.solutions:
        marks = re.findall(r"### (BEGIN|END) SOLUTION", cell.source)
        if not marks or marks != ["BEGIN", "END"] * (len(marks) // 2):
            yield _name(cell), "no marked solution", "put ### BEGIN SOLUTION and ### END SOLUTION around it"


def code_is_short(master: Master) -> Found:
    """A cell fits on a screen beside its explanation."""
    for cell in master.cells:
        most = TEST_LINES if cell.graded else SOLUTION_LINES if cell.solution else CODE_LINES
        lines = [line for line in cell.source.splitlines() if line.strip() and not line.lstrip().startswith("###")]
        if cell.is_code and len(lines) > most:
            yield _name(cell), f"{len(lines)} lines of code, more than {most}", "split it, or say less"


def outputs_are_references(master: Master) -> Found:
    """A master stores text outputs of tagged cells only: everything else is noise in a diff."""
    for cell in master.cells:
        if cell.is_code and cell.reference and not cell.compares_output and terms_of(cell.tags) is None:
            yield _name(cell), "stores outputs that nobody compares", "run `autograder reference`"
        for output in cell.reference:
            kinds = set(output.get("data", {"text/plain": ""}))
            if output.output_type == "error" or "text/plain" not in kinds or kinds - {"text/plain", FACTS_TYPE}:
                yield _name(cell), "stores an output that is not text", "show names or numbers as text"


def exercises_have_their_own_graph(master: Master) -> Found:
    """Building in the default graph makes running a cell twice harmful."""
    for cell in master.cells:
        apart = cell.is_code and SHARED_GRAPH_TAG not in cell.tags
        if apart and any(_builds_bare(node) for node in _tree(cell).body):
            yield (
                _name(cell),
                "builds in whatever graph is the default",
                f"wrap it in `with tf.Graph().as_default():`, or tag it {SHARED_GRAPH_TAG} if that is its subject",
            )


def lessons_have_a_shape(master: Master) -> Found:
    """One heading of the first level; neither too long for one sitting nor mostly code."""
    texts = [_FENCED.sub("", cell.source) for cell in master.cells if not cell.is_code]
    headings = [line for text in texts for line in text.splitlines() if line.startswith("# ")]
    if len(headings) != 1:
        yield "", f"{len(headings)} headings of the first level", "have exactly one, at the top"
    lesson = [cell for cell in master.cells if not cell.graded]
    if len(lesson) not in LESSON_CELLS:
        few, many = LESSON_CELLS.start, LESSON_CELLS.stop - 1
        yield "", f"{len(lesson)} cells beside the tests", f"have between {few} and {many}"
    share = sum(not cell.is_code for cell in lesson) / max(1, len(lesson))
    if share < LEAST_TEXT:
        yield "", f"{share:.0%} of the lesson's cells are text", f"have at least {LEAST_TEXT:.0%}: explain more"


RULES: tuple[Callable[[Master], Found], ...] = (
    code_is_python,
    ids_are_words,
    nothing_waits_for_a_person,
    tests_are_locked,
    tests_belong_to_an_exercise,
    tests_say_what_they_look_at,
    graded_cells_show_something,
    hidden_parts_show_something,
    graphs_can_be_judged,
    tests_leave_nothing_behind,
    tests_are_folded,
    solutions_are_marked,
    code_is_short,
    outputs_are_references,
    exercises_have_their_own_graph,
    demonstrations_stand_alone,
    lessons_have_a_shape,
)


def _name(cell: MasterCell) -> str:
    return str(cell.node.id)


def _tree(cell: MasterCell) -> ast.Module:
    """Parse a cell; what is not Python has a rule of its own and is empty to the others."""
    return cell.tree or ast.Module(body=[], type_ignores=[])


def _builds_bare(node: ast.AST) -> bool:
    """Tell whether a statement adds to a graph outside every function and every graph of its own."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
        return False
    if isinstance(node, ast.With) and any(_OWN_GRAPH.search(ast.unparse(item.context_expr)) for item in node.items):
        return False
    if isinstance(node, ast.Attribute) and node.attr in _BUILDERS:
        return isinstance(node.value, ast.Name) and node.value.id == "tf"
    return any(_builds_bare(child) for child in ast.iter_child_nodes(node))
