"""
No work on what students hand in grows faster than what they hand in, or it stops at a cap.

What is measured is processor time, the least of several runs: a busy machine does not change it. Four times as much
may take nine times as long, where the square would take sixteen.
"""

import base64
import json
from collections.abc import Callable, Iterator
from functools import partial
from time import process_time
from typing import Any

import pytest
from nbformat import from_dict
from nbformat.v4 import new_code_cell, new_output
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

from autograder.course.assignment import Assignment
from autograder.course.dataflow import LONGEST_CELL, reads, syntax_tree
from autograder.course.folders import Course
from autograder.course.magics import without_magics
from autograder.grading import nbval_comparison
from autograder.grading.checks import Shown, _numbers, _of_the_test, in_words, judge, plain_text
from autograder.grading.hidden_parts import as_released
from autograder.grading.html_tables import seen_in
from autograder.grading.prose import Prose, _without_signs
from autograder.grading.rebuild import rebuild
from autograder.grading.sanitize import Pictures, _Left, _output, on_a_terminal, sanitize
from autograder.grading.verdict import GRADED, Kind, NotebookVerdict, State
from autograder.hints import LONGEST_ANSWER, LONGEST_DISPLAY, Answer, Look, find_hints
from autograder.kernels.run import Reply
from autograder.probes import at_a_desk, with_ending
from autograder.records.scores import _harmless
from autograder.report.csv_table import csv_safe
from autograder.report.examples import _LONGEST_ANSWER, _anonymous, _bare, _shortened, _words
from autograder.report.feedback import Marks, _compared, page
from autograder.submissions.folder import _listed
from autograder.submissions.layouts import LAYOUTS
from autograder.submissions.reading import SubmittedCell, SubmittedNotebook, _why_not_json, parse_notebook
from autograder.submissions.recognition import Masters, readings
from autograder.text import cut, is_plain_name, plain, plain_lines, readable
from sharing_variables.graph.caption import caption, shortened, text
from sharing_variables.graph.comparison import Terms, difference, explanation
from sharing_variables.graph.facts import LABELS, TENSORS, Facts, Output, Variable, from_text, partition, to_text
from sharing_variables.graph.picture import figure
from sharing_variables.graph.reader import parse
from sharing_variables.ideas import RULES
from tests.conftest import ASSIGNMENT, ROOT

MOST_GROWTH = 9.0
"""Times that four times as much may take."""

CLEAR = 0.004
"""Seconds: what takes less is measured as if it took so long."""

LONG = 0.1
"""Seconds: what takes longer shows how it grows on less."""

PIECES = (
    *("a", " ", "\n", "\t", "\\", "'", '"', '"""', "'''", "#", "(", "[", "{", ")", "a.b", "_1", "_1_1", "1", "1_"),
    *("\x1b[", "\x1b[0", "\x1b[0;", "\x1b[31m", "](", "]", "<", "<a", "&", "%time 1\n", "!ls\n", "a?\n", "a = !b\n"),
    *("%%time\n", "'a", "a'", '\\"', "f(", "if a:\n ", "lambda:", "\ud7ff", "\u202e", "é", "\r", "\r\n", "=", "x=1;"),
    *("Error: ", "Exception", "a" * 99 + "\n", "\n\n\n'''", '{"a":', '"\\', "[{", "tf.Variable(", "get_variable(w"),
)
"""What long texts are made of: whatever a pattern here might begin with, go on with, or look for an end of."""


def seconds(work: Callable[[], object], runs: int = 3) -> float:
    """Measure the least processor time of some runs."""
    found = []
    for _ in range(runs):
        began = process_time()
        work()
        found.append(process_time() - began)
    return min(found)


def grows(work: Callable[[Any], object], make: Callable[[int], Any], size: int) -> float:
    """Say how many times as long four times as much takes; 0 for what is done at once."""
    least = size // 8
    while size > least and seconds(partial(work, make(size)), runs=1) > LONG:
        size //= 2
    large, small = make(4 * size), make(size)
    if seconds(lambda: work(large), runs=1) < CLEAR * MOST_GROWTH:
        return 0
    return seconds(lambda: work(large)) / max(CLEAR, seconds(lambda: work(small)))


def of_text(piece: str) -> Callable[[int], str]:
    return lambda size: (piece * (size // len(piece) + 1))[:size]


def output(written: str) -> Any:
    return new_output("stream", name="stdout", text=written)


def error(written: str) -> Any:
    return from_dict({"output_type": "error", "ename": written, "evalue": written, "traceback": [written]})


def notebook(written: str) -> bytes:
    cell = {"cell_type": "code", "metadata": {}, "source": written}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}).encode()


def odd(read: Callable[[str], object]) -> Callable[[str], object]:
    """Take what is no notebook, no tree or no facts for an answer, too."""

    def read_or_not(written: str) -> object:
        try:
            return read(written)
        except Exception as problem:
            return problem

    return read_or_not


OF_TEXT: dict[str, Callable[[str], object]] = {
    "without_magics": without_magics,
    "syntax_tree": lambda written: syntax_tree(written[:LONGEST_CELL]),
    "reads": reads.__wrapped__,
    "plain": plain,
    "plain_lines": plain_lines,
    "readable": readable,
    "cut": cut,
    "csv_safe": csv_safe,
    "listed": lambda written: _listed([written]),
    "without_signs": _without_signs,
    "harmless": lambda written: Prose().harmless(written),
    "seen_in": seen_in,
    "on_a_terminal": on_a_terminal,
    "why_not_json": lambda written: _why_not_json(written, ValueError()),
    "parse_notebook": odd(lambda written: parse_notebook(written.encode("utf-8", "replace"), "a")),
    "parse_notebook_source": lambda written: parse_notebook(notebook(written), "a"),
    "sanitize_stream": lambda written: _output(output(written), 1, _Left(Pictures())),
    "sanitize_error": lambda written: _output(error(written), 1, _Left(Pictures())),
    "sanitize_kinds": lambda written: _output(new_output("display_data", {written: written}), 1, _Left(Pictures())),
    "sanitize_picture": lambda written: _output(
        new_output("display_data", {"image/png": written}), 1, _Left(Pictures())
    ),
    "in_words": lambda written: in_words(Reply(ok=False, error=written, message=written, traceback=written)),
    "plain_text": lambda written: plain_text([output(written)]),
    "numbers": lambda written: _numbers([new_output("execute_result", {"text/plain": written})]),
    "at_a_desk": lambda written: at_a_desk(with_ending(written, "abc"), "abc"),
    "answer": lambda written: Answer(written[:LONGEST_ANSWER]).tree,
    "examples_anonymous": odd(lambda written: _anonymous(written[:_LONGEST_ANSWER], "")),
    "examples_words": lambda written: (_words([written]), _bare(written)),
    "examples_shortened": lambda written: _shortened(written, "a"),
    "compared": lambda written: _compared(["a", ""], cut(written).splitlines()),
    "partition": partition,
    "is_plain_name": is_plain_name,
    "comment": _harmless,
    "names_of_a_download": lambda written: [layout.fullmatch(written) for layout in LAYOUTS.values()],
    "cells_of_a_notebook": lambda written: Masters({"a": ("b",)}).held_by(written.encode("utf-8", "replace")),
    "names_of_a_notebook": lambda written: list(readings(written)),
    "from_text": odd(from_text.__wrapped__),
    "parse_graph": odd(parse.__wrapped__),
    "shortened": lambda written: shortened(written, 40),
    "state": lambda written: State(Kind.CRASH, "grader", written).for_student,
}


@pytest.mark.parametrize("name", OF_TEXT)
def test_text(name: str) -> None:
    found = {piece: grows(OF_TEXT[name], of_text(piece), 20_000) for piece in PIECES}
    assert {piece: growth for piece, growth in found.items() if growth > MOST_GROWTH} == {}


@pytest.fixture(scope="module")
def course() -> Assignment:
    return Course(ROOT).assignment(ASSIGNMENT)


def cells_of(kind: str, number: int) -> Iterator[str]:
    for k in range(number):
        names = [f"a{k}_{i}" for i in range(300)]
        yield {
            "names": "\n".join(f"{name} = {name}" for name in names),
            "scopes": f"def f({', '.join(names)}):\n {'lambda: ' * 90}({' + '.join(names)})",
            "classes": "\n".join(f"class C: {name}" for name in names),
            "magics": f"%time {k}\n" * 100,
            "nonsense": f"{k} " + "(" * 190,
            "alike": "a = 1",
        }[kind]


@pytest.mark.parametrize("kind", ["names", "scopes", "classes", "magics", "nonsense", "alike"])
@pytest.mark.parametrize("named", [True, False])
def test_rebuilding(course: Assignment, kind: str, named: bool) -> None:
    master = course.notebooks[2]
    known = tuple(SubmittedCell(True, "", str(cell.grade_id)) for cell in master.cells if cell.is_anchor)

    def make(number: int) -> SubmittedNotebook:
        names = [str(master.graded[0].grade_id) if named else None] * number
        plain_cells = [SubmittedCell(True, s, n) for s, n in zip(cells_of(kind, number), names, strict=True)]
        return SubmittedNotebook((*plain_cells, *known))

    assert grows(lambda submitted: rebuild(master, submitted, course.subject), make, 100) < MOST_GROWTH


def test_a_cell_of_many_scopes_is_not_read_for_each() -> None:
    def nested(size: int) -> str:
        names = [f"a{i}" for i in range(size // 12)]
        return f"def f({', '.join(names)}):\n {'lambda: ' * (size // 50)}({' + '.join(names)})"

    assert grows(reads.__wrapped__, nested, 2_000) < MOST_GROWTH


@pytest.mark.parametrize("kind", ["stream", "error", "display_data", "execute_result"])
def test_judging_many_outputs(course: Assignment, kind: str) -> None:
    def make(number: int) -> list[Any]:
        made = {"stream": output("1\n"), "error": error("a")}
        return [made.get(kind) or new_output(kind, {"text/plain": "[1, 2]"})] * number

    tests = [cell for master in course.notebooks for cell in master.graded][:6]

    def work(outputs: list[Any]) -> None:
        for cell in tests:
            judge(cell, Shown(Reply(ok=True), outputs), course)

    assert grows(work, make, 250) < MOST_GROWTH


def test_looking_for_a_tests_own_outputs() -> None:
    expected = list(range(10))
    assert (
        grows(lambda shown: _of_the_test(shown, expected, lambda a, b: a == b), lambda n: [0] * n, 20_000)
        < MOST_GROWTH
    )


@pytest.mark.parametrize("piece", PIECES)
def test_comparing_outputs(course: Assignment, piece: str) -> None:
    """A pattern of a course may take the square of a text: what is compared is capped."""

    def work(written: str) -> str:
        compared = nbval_comparison.Comparison(course.sanitize, set())
        return compared.difference([output(written)], [output("a")])

    began = process_time()
    work((piece * nbval_comparison.MOST_COMPARED)[: nbval_comparison.MOST_COMPARED])
    assert process_time() - began < 6
    assert grows(work, of_text(piece), nbval_comparison.MOST_COMPARED) < MOST_GROWTH


def test_sanitizing_and_releasing_many_outputs_and_cells() -> None:
    def make(number: int) -> Any:
        cells = [new_code_cell("a", id=f"c{i}", outputs=[output("a"), error("b")] * 5) for i in range(number)]
        return from_dict({"cells": cells, "metadata": {}})

    assert grows(lambda ran: sanitize(as_released(ran)), make, 100) < MOST_GROWTH


@pytest.mark.parametrize("piece", PIECES)
def test_explaining(course: Assignment, piece: str) -> None:
    """Patterns of hints.yml may take the square: what they read is capped, and the longest takes a moment."""
    answer, showed = of_text(piece)(LONGEST_ANSWER), of_text(piece)(LONGEST_DISPLAY)
    tests = [str(cell.grade_id) for master in course.notebooks for cell in master.graded]
    looks = [Look(test, showed, f"ValueError: {cut(showed)}") for test in tests]
    began = process_time()
    find_hints("a", answer, looks, course.catalogue, RULES)
    assert process_time() - began < 12
    assert find_hints("a", answer + piece * 99, looks, course.catalogue, RULES) == ()


def names_of(kind: str, number: int) -> list[str]:
    """Give names that TensorFlow allows, as long as the reader lets through or as many."""
    return {
        "counters": [f"v{'_1' * 400}x{i}" for i in range(number)],
        "counted": [f"v{i}{'_1' * 400}" for i in range(number)],
        "deep": [f"{'a/' * 400}{i}" for i in range(number)],
        "digits": [f"v{i}_{'1' * 800}x" for i in range(number)],
        "short": [f"v{i}" for i in range(number)],
    }[kind]


def graph_of(kind: str, number: int, *, slots: bool = False) -> Facts:
    names = names_of(kind, number)
    variables = [Variable(name, (2,), "float32", True, "ref") for name in names]
    if slots:
        variables += [Variable(f"{name}/Adam", (2,), "float32", False, "ref", (), True) for name in names]
    half = len(names) // 2
    outputs = (
        Output("r1", "r1:0", tuple(sorted(names[:half]))),
        Output("r2", "r2:0", tuple(sorted(names[half:]))),
        Output("step", "step", tuple(sorted(names)), (), tuple(sorted(names))),
    )
    return Facts(tuple(variables), outputs)


MEANT = partition("r1 r2")

OF_GRAPHS: dict[str, Callable[[Facts], object]] = {
    "caption": lambda shown: caption(shown, MEANT),
    "text": lambda shown: text(shown, MEANT),
    "facts": lambda shown: from_text.__wrapped__(to_text(shown)),
    "difference": lambda shown: difference(shown, graph_of("short", 4), Terms(names=False)),
    "names": lambda shown: difference(shown, graph_of("short", len(shown.own)), Terms()),
    "explanation": lambda shown: explanation(shown, graph_of("short", 4), Terms()),
    "picture": lambda shown: figure(shown, MEANT),
}


@pytest.mark.parametrize("kind", ["counters", "counted", "deep", "digits", "short"])
@pytest.mark.parametrize("name", OF_GRAPHS)
def test_graphs(name: str, kind: str) -> None:
    size = 150 if name == "picture" else 250
    assert grows(OF_GRAPHS[name], lambda number: graph_of(kind, number, slots=True), size) < MOST_GROWTH


@pytest.mark.parametrize("kind", ["counters", "deep", "short"])
def test_longer_names_of_variables(kind: str) -> None:
    def make(length: int) -> Facts:
        name = {"counters": "_1", "deep": "a/", "short": "a"}[kind] * (length // 2)
        names = [f"v{name}x{i}" for i in range(10)]
        variables = [Variable(one, (), "float32", True, "ref") for one in names]
        slots = [Variable(f"{one}/Adam", (), "float32", False, "ref", (), True) for one in names]
        outputs = (Output("r1", "r1:0", tuple(names[:5])), Output("r2", "r2:0", tuple(names[5:])))
        return Facts((*variables, *slots), outputs)

    for work in (lambda shown: caption(shown, MEANT), figure):
        assert grows(work, make, 8_000) < MOST_GROWTH


def test_rules_of_the_subject() -> None:
    answer = Answer("w = tf.Variable(1, name='w')\n" * 100)

    def work(shown: str) -> None:
        for rule in RULES:
            list(rule(answer, Look("test-a", evidence=(evidence(shown),))))

    def evidence(shown: str) -> Any:
        from autograder.hints import Evidence

        return Evidence("graph", shown, "r1 r2 | step")

    assert grows(work, lambda number: to_text(graph_of("counters", number)), 250) < MOST_GROWTH


def meta_of(kind: str, number: int) -> str:
    meta = MetaGraphDef()
    node = meta.graph_def.node
    if kind == "chain":
        node.add(name="n0", op="VariableV2")
        for i in range(1, number):
            node.add(name=f"n{i}", op="Identity", input=[f"n{i - 1}"])
    elif kind == "fan":
        for i in range(number // 10):
            node.add(name=f"n{i}", op="VariableV2")
        node.add(name="sum", op="AddN", input=[f"n{i}" for i in range(number // 10)])
    else:
        node.add(name="n0", op="VariableV2")
        for i in range(1, number):
            node.add(name=f"n{i}", op="AddN", input=[f"n{j}" for j in range(max(0, i - 8), i)])
    last = "sum" if kind == "fan" else f"n{number - 1}"
    labels = [f"r{i}" for i in range(20)]
    meta.collection_def[LABELS].node_list.value.extend(labels)
    meta.collection_def[TENSORS].node_list.value.extend([f"{last}:0"] * len(labels))
    return base64.b64encode(meta.SerializeToString()).decode()


@pytest.mark.parametrize("kind", ["chain", "fan", "ladder"])
def test_reading_graphs(kind: str) -> None:
    assert grows(odd(parse.__wrapped__), lambda number: meta_of(kind, number), 800) < MOST_GROWTH


def test_drawing_a_page(small: Course, tmp_path: Any) -> None:
    assignment = small.assignment("small")
    master = assignment.notebooks[0]

    def make(number: int) -> Any:
        return {"cells": [{"id": cell.node.id, "source": "a = 1\n" * number} for cell in master.cells]}

    verdict = NotebookVerdict(master.name, GRADED, 3)
    assert (
        grows(lambda ran: page(assignment, verdict, Marks.of(verdict, None), "ada", ran, "key"), make, 5_000)
        < MOST_GROWTH
    )
