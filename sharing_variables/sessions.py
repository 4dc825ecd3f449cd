"""A session for tests that ask whether a write shows in a later run."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tensorflow.compat.v1 as tf


def reads_first() -> "tf.Session":
    """
    Open a session on the default graph in which a run reads variables before it does anything else.

    A run that reads a variable and writes it may begin with either. What works only where the write comes first works
    by luck, and never in this session. Its ``run`` raises what that of ``tf.Session`` raises.
    """
    import tensorflow.compat.v1 as tf

    class ReadsFirst(tf.Session):  # type: ignore[misc]  # TensorFlow is untyped
        def run(self, fetches: Any, *args: Any, **options: Any) -> Any:
            many = fetches if isinstance(fetches, list | tuple) else [fetches]
            early = {id(v): tf.Session.run(self, v, *args, **options) for v in many if hasattr(v, "initializer")}
            others = [each for each in many if id(each) not in early]
            rest = iter(tf.Session.run(self, others, *args, **options))
            found = [early[id(each)] if id(each) in early else next(rest) for each in many]
            return found if many is fetches else found[0]

    return ReadsFirst()
