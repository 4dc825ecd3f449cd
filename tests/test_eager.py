"""In a kernel, eager_mode holds for its block, and leaves everything as it was."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.conftest import runner

pytestmark = pytest.mark.usefixtures("warm")

SETUP = """
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
from sharing_variables import eager_mode
"""

CELLS = {
    "inside": (
        "with eager_mode():\n"
        "    three = tf.constant(3.0)\n"
        "    assert tf.executing_eagerly() and float(three.numpy()) == 3.0\n"
        "assert not tf.executing_eagerly()"
    ),
    "in a graph": (
        "with tf.Graph().as_default() as graph:\n"
        "    with eager_mode():\n"
        "        tf.constant(1.0)\n"
        "    assert tf.get_default_graph() is graph\n"
        "    assert graph.get_operations() == []"
    ),
    "after an error": (
        "try:\n"
        "    with eager_mode():\n"
        "        raise KeyError\n"
        "except KeyError:\n"
        "    assert not tf.executing_eagerly()\n"
        "else:\n"
        "    raise AssertionError"
    ),
}


def test_what_a_block_runs_in_eager_mode_leaves_no_trace() -> None:
    cells = [new_code_cell(SETUP, id="setup-cell")]
    cells += [new_code_cell(code, id=name.replace(" ", "-")) for name, code in CELLS.items()]
    replies = runner().run(new_notebook(cells=cells)).replies
    assert {name: (reply.error, reply.message) for name, reply in replies.items() if reply.error} == {}
    assert len(replies) == len(cells)
