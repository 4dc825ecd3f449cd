# %% right: both in one with, a plus with a name by tf.identity
def add_in(scope, x, y):
    """Add x and y with an op in the scope's original op scope."""
    with tf.variable_scope(scope, auxiliary_name_scope=False), tf.name_scope(scope.original_name_scope):
        return tf.identity(x + y, name="sum")

# %% right: the op scope alone, as no variable is made
def add_in(scope, x, y):
    # Der Schrägstrich am Ende heißt: genau dieser Bereich, für Ops genügt das.
    with tf.name_scope(name=scope.original_name_scope):
        summe = tf.math.add(x, y, name="sum")
    print(summe)
    return summe

# %% right: the graph's own name_scope, keyword arguments, a sum of a list
def add_in(scope, x, y):
    graph = x.graph
    with graph.name_scope(scope.original_name_scope):
        return tf.add_n(inputs=[x, y], name="sum")

# %% right: a context manager of its own
from contextlib import contextmanager


@contextmanager
def back_in(scope):
    with tf.variable_scope(scope, auxiliary_name_scope=False) as opened:
        with tf.name_scope(opened.original_name_scope):
            yield


def add_in(scope, x, y):
    with back_in(scope):
        result = tf.add(x=x, y=y, name="sum")
    return result

# %% right: enters the original op scope from the new one that the object opens
def add_in(scope, x, y):
    with tf.variable_scope(scope) as s:
        with tf.name_scope(s.original_name_scope):
            return tf.raw_ops.AddV2(x=x, y=y, name="sum")

# %% wrong M11, 0 points, loses test-same-op-scope: believes that the captured scope re-enters its op scope
def add_in(scope, x, y):
    """Add x and y with an op in the scope's original op scope."""
    with tf.variable_scope(scope):
        return tf.add(x, y, name="sum")

# %% wrong M11, 0 points, loses test-same-op-scope: believes that without a new op scope the old one is open
def add_in(scope, x, y):
    with tf.variable_scope(scope, auxiliary_name_scope=False):
        return tf.add(x, y, name="sum")

# %% wrong M11, 0 points, loses test-same-op-scope: believes that the scope's name, without the slash, leads to the same op scope
def add_in(scope, x, y):
    with tf.variable_scope(scope, auxiliary_name_scope=False):
        with tf.name_scope(scope.name):
            return tf.add(x, y, name="sum")

# %% wrong -, 0 points, loses test-same-op-scope: writes the example's scope into the function
def add_in(scope, x, y):
    with tf.name_scope("foo/"):
        return tf.add(x, y, name="sum")

# %% wrong -, 0 points, loses test-same-op-scope: puts the path into the op's name, which goes below the current scope
def add_in(scope, x, y):
    return tf.add(x, y, name=scope.original_name_scope + "sum")

# %% wrong -, 0 points, loses test-same-op-scope: goes back by the name and a slash, which misses a name scope around it
def add_in(scope, x, y):
    with tf.name_scope(scope.name + "/"):
        return tf.add(x, y, name="sum")

# %% wrong M11, 0 points, loses test-same-op-scope: gives the object to name_scope
def add_in(scope, x, y):
    with tf.name_scope(scope):
        return tf.add(x, y, name="sum")
