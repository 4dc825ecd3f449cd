"""TensorFlow 2's way of running, borrowed for a block of a notebook that otherwise builds graphs."""

from contextlib import AbstractContextManager


def eager_mode() -> AbstractContextManager[None]:
    """
    Run each op at once inside the block, as TensorFlow 2 does; behind it, ops build graphs again.

    TensorFlow itself switches only a whole process, and only before the first op. The switch for a block is a part of
    TensorFlow that is not public, and may move: notebooks take it from here.

    Raises
    ------
    ImportError
        When TensorFlow has moved it.
    """
    from tensorflow.python.eager import context

    block: AbstractContextManager[None] = context.eager_mode()
    return block
