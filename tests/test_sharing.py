"""In a kernel, show_sharing shows the picture at a desk and the graph always, and says what it cannot draw."""

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.kernels.run import Run
from autograder.probes import DESK
from sharing_variables.display import GRAPH_TYPE
from sharing_variables.graph.facts import Facts, Output, Variable
from sharing_variables.graph.reader import parse
from tests.conftest import runner

pytestmark = pytest.mark.usefixtures("warm")

SETUP = """
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
from autograder import probe
from sharing_variables import show_sharing
graph, other = tf.Graph(), tf.Graph()
with graph.as_default():
    x = tf.placeholder(tf.float32, (), name=probe("x"))
    with tf.variable_scope("a", reuse=tf.AUTO_REUSE):
        r1, r2 = (x * tf.get_variable("W", []) for _ in range(2))
    s = tf.Variable(0.0, name="s") + x
with other.as_default():
    elsewhere = tf.constant(1.0)
"""

CELLS = {
    "shared": "show_sharing('r1 r2 | s', r1=r1, r2=r2, s=s)",
    "not as meant": "show_sharing('r1 s', r1=r1, s=s)",
    "no outputs": "with graph.as_default():\n    show_sharing()",
    "none": "show_sharing(r1=None)",
    "a number": "show_sharing(r1=1.0)",
    "two graphs": "show_sharing(r1=r1, q=elsewhere)",
    "not among them": "show_sharing('r1 r3', r1=r1)",
}
RAISES = {
    "none": "TypeError: r1 is None, not a tensor: does your function return its result?",
    "a number": "TypeError: r1 is a float, not a tensor: does your function return its result?",
    "two graphs": "ValueError: r1 and q live in two graphs, which can share nothing",
    "not among them": "ValueError: 'r3' is meant to share, and is not among the outputs",
}


def run(ending: str) -> Run:
    cells = [new_code_cell(SETUP, id="setup-cell")]
    cells += [new_code_cell(code, id=name.replace(" ", "-")) for name, code in CELLS.items()]
    return runner().run(new_notebook(cells=cells), ending)


@pytest.fixture(scope="module")
def at_desk() -> Run:
    return run(DESK)


def bundle(done: Run, name: str) -> NotebookNode:
    (cell,) = (cell for cell in done.notebook.cells if cell.id == name.replace(" ", "-"))
    (output,) = cell.outputs
    return output.data


def test_at_a_desk_there_is_a_picture_its_words_and_the_graph(at_desk: Run) -> None:
    data = bundle(at_desk, "shared")
    assert set(data) == {"text/plain", "text/html", GRAPH_TYPE}
    assert data["text/plain"].startswith("r1 and r2 share a/W; s reads s, alone.\n")
    assert "<svg" in data["text/html"]


def test_the_grader_reads_from_the_graph_what_the_words_say(at_desk: Run) -> None:
    facts = parse(bundle(at_desk, "shared")[GRAPH_TYPE])
    assert Facts(facts.variables, facts.outputs) == Facts(
        (Variable("a/W", (), "float32", True, "ref"), Variable("s", (), "float32", True, "ref")),
        (
            Output("r1", "a/mul:0", ("a/W",), ("x_probe",)),
            Output("r2", "a/mul_1:0", ("a/W",), ("x_probe",)),
            Output("s", "add:0", ("s",), ("x_probe",)),
        ),
    )
    origins = {name: (origin.maker, origin.line) for name, origin in facts.origins}
    assert origins == {
        "a/W": ("get_variable", 'r1, r2 = (x * tf.get_variable("W", []) for _ in range(2))'),
        "s": ("Variable", 's = tf.Variable(0.0, name="s") + x'),
    }


def test_what_is_not_as_meant_is_said_first(at_desk: Run) -> None:
    assert bundle(at_desk, "not as meant")["text/plain"].startswith("Not as meant: r1 and s should share, ")


def test_without_outputs_the_variables_are_drawn(at_desk: Run) -> None:
    assert bundle(at_desk, "no outputs")["text/plain"].startswith("The graph holds a/W and s.\n")


@pytest.mark.parametrize("name", RAISES)
def test_what_cannot_be_drawn_is_said(at_desk: Run, name: str) -> None:
    reply = at_desk.replies[name.replace(" ", "-")]
    assert f"{reply.error}: {reply.message}" == RAISES[name]


def test_while_somebody_grades_nothing_is_drawn_and_names_are_fresh() -> None:
    data = bundle(run("0a1b2c3d"), "shared")
    assert set(data) == {"text/plain", GRAPH_TYPE}
    assert parse(data[GRAPH_TYPE]).outputs[0].feeds == ("x_0a1b2c3d",)
