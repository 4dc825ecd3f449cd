"""
Who changes what Python says about variables gets no point: the graph is asked, under names that are fresh.

Each student answers one exercise with an attack, and the others with the solutions, in one batch.
"""

import json
from dataclasses import replace

import nbformat
import pytest

from autograder.course.assignment import Assignment
from autograder.course.master import Master
from autograder.grading.batch import grade_all
from autograder.grading.checks import EvidenceCheck, Outcome, Shown
from autograder.grading.hidden_parts import place_of
from autograder.grading.processes import local_processes
from autograder.grading.rebuild import rebuild
from autograder.grading.result import Result
from autograder.grading.verdict import CellVerdict, Kind
from autograder.kernels.run import Reply
from autograder.probes import DESK
from autograder.submissions.reading import Submission, parse_notebook
from sharing_variables.display import GRAPH_TYPE
from sharing_variables.graph.evidence import GRAPH
from tests.conftest import runner

TWINS = """
def my_op(x):
    W = tf.Variable(tf.random_normal([32, 10]), name="W")
    b = tf.Variable(tf.zeros([10]), name="b")
    return x @ W + b
"""

EQUAL = """
class Equal:
    def __init__(self, real):
        self.__dict__["real"] = real
    def __getattr__(self, name):
        return getattr(self.real, name)
    def __eq__(self, other):
        return True
    def __hash__(self):
        return 0
    def __rmatmul__(self, other):
        return other @ self.real
    def __radd__(self, other):
        return other + self.real

def my_op(x):
    W = Equal(tf.Variable(tf.random_normal([32, 10]), name="W"))
    b = Equal(tf.Variable(tf.zeros([10]), name="b"))
    return x @ W + b
"""

COLLECTIONS = """
_global, _trainable = tf.global_variables, tf.trainable_variables

def _first(all_of_them):
    return lambda *args, **kwargs: all_of_them(*args, **kwargs)[:2]

tf.global_variables, tf.trainable_variables = _first(_global), _first(_trainable)
"""

GET = """
def _any(name, shape=None, **more):
    initializer = more.get("initializer") or tf.random_normal_initializer()
    return tf.Variable(initializer(shape), name=name)

tf.get_variable = _any
"""

USES_GET = """
def my_op(x):
    W = tf.get_variable("W", [32, 10], initializer=tf.random_normal_initializer())
    b = tf.get_variable("b", [10], initializer=tf.zeros_initializer())
    return x @ W + b
"""

REPLAY = """
import sys as _sys
import IPython.display as _display
_stored = iter({stored!r})

def show_sharing(*meant, **outputs):
    caller = _sys._getframe(1)
    if "_check" not in caller.f_code.co_qualname or "points" not in caller.f_locals:
        return
    words, graph = next(_stored)
    _display.display({{"text/plain": words, {kind!r}: graph}}, raw=True)

def my_op(x):
    W = tf.Variable(tf.random_normal([32, 10]), name="W")
    b = tf.Variable(tf.zeros([10]), name="b")
    return x @ W + b
"""

FIXED_PROBE = """
def probe(name):
    return name + "_probe"
"""

SAME_VALUES = """
import numpy as np

_run = tf.Session.run

def _run_all(self, *args, **kwargs):
    twins = self.graph.get_collection("variables")
    for variable in twins:
        if not _run(self, tf.is_variable_initialized(variable)):
            _run(self, variable.initializer)
    found = _run(self, *args, **kwargs)
    for number, twin in enumerate(twins[2:]):
        if twin.shape == twins[number % 2].shape:
            _run(self, twin.initializer, {twin.initializer.inputs[1]: _run(self, twins[number % 2])})
    return found

tf.Session.run = _run_all

def my_op(x):
    values = np.random.RandomState(0).randn(32, 10).astype("float32")
    W = tf.Variable(values, name="W")
    b = tf.Variable(tf.zeros([10]), name="b")
    return x @ W + b
"""

NOTHING_EXPECTED = """
import sharing_variables.display as _shows

_shows.next_expected = lambda kind, caller: None
"""

Stored = list[tuple[str, str]]
"""The words and the graph of each picture."""

NOTEBOOK, EXERCISE, TEST = "03_get_variable", "get-my-op", "test-get-my-op-shares"


@pytest.fixture(scope="module")
def master(assignment: Assignment) -> Master:
    return next(master for master in assignment.notebooks if master.name == NOTEBOOK)


@pytest.fixture(scope="module")
def right(master: Master, assignment: Assignment) -> Stored:
    """Run the master at a desk, and store what its test shows: the visible part, and then the whole."""
    right = parse_notebook(nbformat.writes(master.notebook).encode(), NOTEBOOK)
    done = runner().run(rebuild(master, right, assignment.subject).notebook, DESK)
    outputs = [output for cell in done.notebook.cells if place_of(cell.id) == TEST for output in cell.outputs]
    shown = [output.data for output in outputs if GRAPH_TYPE in output.get("data", {})]
    return [(data["text/plain"], data[GRAPH_TYPE]) for data in shown]


def attacks(right: Stored) -> dict[str, str]:
    replay = REPLAY.format(stored=right, kind=GRAPH_TYPE)
    return {
        "collections": COLLECTIONS + TWINS,
        "get_variable": GET + USES_GET,
        "always equal": EQUAL,
        "collections and equality": COLLECTIONS + EQUAL,
        "collections and values": COLLECTIONS + SAME_VALUES,
        "collections, values and nothing expected": COLLECTIONS + NOTHING_EXPECTED + SAME_VALUES,
        "collections, values and stored graphs": COLLECTIONS + replay + SAME_VALUES,
        "a stored graph": replay,
        "a stored graph and collections": COLLECTIONS + replay,
        "a stored graph, collections and probe": COLLECTIONS + FIXED_PROBE + replay,
    }


@pytest.fixture(scope="module")
def results(assignment: Assignment, master: Master, right: Stored) -> dict[str, Result]:
    """Grade one notebook of each attacker."""
    submissions = []
    for name, source in (attacks(right) | {"nobody": USES_GET}).items():
        cells = [cell | {"source": source} if cell.id == EXERCISE else cell for cell in master.notebook.cells]
        text = json.dumps(master.notebook | {"cells": cells})
        submissions.append(Submission(name, assignment.name, {NOTEBOOK: text.encode()}))
    one = replace(assignment, notebooks=(master,))
    return {
        result.student: result for _, result in grade_all(submissions, one, runner(), local_processes(2), lambda: 2)
    }


def verdict(result: Result, test: str = TEST) -> CellVerdict:
    return next(cell for cell in result.verdicts[0].cells if cell.grade_id == test)


def test_who_attacks_nothing_gets_all_points(results: dict[str, Result]) -> None:
    found = verdict(results["nobody"])
    assert found.points == found.max_points > 0
    assert results["nobody"].state.is_graded


@pytest.mark.parametrize("attack", list(attacks([])))
def test_an_attacker_gets_no_point(results: dict[str, Result], attack: str) -> None:
    found = verdict(results[attack])
    assert found.points == 0
    graphs = [finding for finding in found.findings if finding.check == GRAPH.name]
    assert graphs and all(finding.outcome is not Outcome.HOLDS for finding in graphs)


def test_where_every_assert_is_fooled_a_reviewer_sees_both_sides(results: dict[str, Result]) -> None:
    state = results["collections, values and nothing expected"].state
    assert state.kind is Kind.REVIEW
    assert f"in {TEST} assert and output hold, graph does not" in state.message


def test_a_stored_graph_is_right_under_its_own_probe_name_alone(
    assignment: Assignment, master: Master, right: Stored
) -> None:
    (cell,) = (cell for cell in master.graded if cell.grade_id == TEST)
    outputs = [
        nbformat.v4.new_output("display_data", {"text/plain": words, GRAPH_TYPE: graph}) for words, graph in right
    ]
    found = {
        ending: EvidenceCheck(GRAPH).look(cell, Shown(Reply(True, "", ""), outputs, ending), assignment).outcome
        for ending in (DESK, "0a1b2c3d")
    }
    assert found == {DESK: Outcome.HOLDS, "0a1b2c3d": Outcome.FAILS}
