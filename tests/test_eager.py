"""In a notebook that builds graphs, a block runs TensorFlow 2's way, and what follows builds graphs again."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.probes import DESK
from tests.conftest import runner

pytestmark = pytest.mark.usefixtures("warm")

CODE = """
import tensorflow.compat.v1 as tf
from sharing_variables import eager_mode
tf.disable_v2_behavior()
def modes():
    yield tf.executing_eagerly()
    try:
        with eager_mode():
            yield tf.executing_eagerly()
            v = tf.Variable(1.0)
            v.assign_add(1.0)
            yield float(v.numpy())
            raise KeyError("left by an error")
    except KeyError:
        yield tf.executing_eagerly()
    with tf.Graph().as_default():
        yield hasattr(tf.Variable(1.0).assign_add(1.0), "numpy")
list(modes())
"""


def test_a_block_runs_at_once_and_leaves_graphs_as_they_were() -> None:
    done = runner().run(new_notebook(cells=[new_code_cell(CODE, id="modes")]), DESK)
    (output,) = [one for one in done.notebook.cells[0].outputs if one.output_type == "execute_result"]
    assert output.data["text/plain"] == "[False, True, 2.0, False, False]"
