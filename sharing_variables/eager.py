"""Eager mode for the length of a block: how TensorFlow 2 runs, borrowed by notebooks that build graphs otherwise."""

from contextlib import AbstractContextManager


def eager_mode() -> AbstractContextManager[None]:
    """
    Run ops at once inside a ``with`` block, instead of adding them to a graph; afterwards all is as before.

    TensorFlow has no public name for it: ``tf.enable_eager_execution()`` holds for a whole program.

    Returns
    -------
    AbstractContextManager
        Which enters eager mode, and leaves it again.
    """
    from tensorflow.python.eager import context

    mode: AbstractContextManager[None] = context.eager_mode()
    return mode
