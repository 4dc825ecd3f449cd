"""In a session that reads first, a run sees no write of its own, whatever it is asked for."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.kernels.run import Run
from autograder.probes import DESK
from tests.conftest import runner

pytestmark = pytest.mark.usefixtures("warm")

SETUP = """
import tensorflow.compat.v1 as tf
from sharing_variables import reads_first
tf.disable_v2_behavior()
def after(ask):
    with tf.Graph().as_default(), reads_first() as sess:
        u = tf.Variable(1.0)
        fed = tf.placeholder(tf.float32, ())
        write = u.assign_add(fed)
        sess.run(tf.global_variables_initializer())
        return ask(sess, u, write, {fed: 2.0}), float(sess.run(u))
"""

ASKED = {
    "read and write": ("[float(x) for x in sess.run([u, write], fed)]", "([1.0, 3.0], 3.0)"),
    "write and read": ("[float(x) for x in sess.run((write, u), fed)]", "([3.0, 1.0], 3.0)"),
    "read twice": ("[float(x) for x in sess.run([u, write, u], feed_dict=fed)]", "([1.0, 3.0, 1.0], 3.0)"),
    "write": ("float(sess.run(write, fed))", "(3.0, 3.0)"),
    "read": ("float(sess.run(u))", "(1.0, 1.0)"),
    "read of a variable": ("float(u.eval())", "(1.0, 1.0)"),
    "names": ("float(sess.run({'w': write}, fed)['w'])", "(3.0, 3.0)"),
    "nothing": ("sess.run([])", "([], 1.0)"),
    "load": ("u.load(5.0, sess)", "(None, 5.0)"),
}


@pytest.fixture(scope="module")
def done() -> Run:
    cells = [new_code_cell(SETUP, id="setup-cell")]
    for name, (code, _) in ASKED.items():
        cells.append(new_code_cell(f"after(lambda sess, u, write, fed: {code})", id=name.replace(" ", "-")))
    return runner().run(new_notebook(cells=cells), DESK)


@pytest.mark.parametrize("name", ASKED)
def test_a_run_reads_before_it_writes(done: Run, name: str) -> None:
    (cell,) = (cell for cell in done.notebook.cells if cell.id == name.replace(" ", "-"))
    (output,) = (one for one in cell.outputs if one.output_type == "execute_result")
    assert output.data["text/plain"] == ASKED[name][1]
