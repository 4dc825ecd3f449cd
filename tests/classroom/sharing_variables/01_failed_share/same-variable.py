# %% right: identity in so many words, with a print
def same_variable(u, v):
    """Return whether u and v are one variable."""
    print("comparing", u.name, "with", v.name)
    if u is v:
        return True
    return False

# %% right: compares references, the hashable handles that TensorFlow offers for this
def same_variable(u, v):
    """Return whether u and v are one variable."""
    return u.ref() == v.ref()

# %% right: Python's own function for the operator
import operator


def same_variable(u, v):
    return operator.is_(u, v)

# %% right: counts different objects in a set of ids, through a helper
def how_many(*variables):
    return len({id(variable) for variable in variables})


def same_variable(u, v):
    return how_many(u, v) == 1

# %% right: looks at the graphs first, which tells most variables apart
def same_variable(u, v):
    if u.graph is not v.graph:
        return False
    return u is v

# %% wrong -, 2 points, loses test-same-variable-names: compares the names, which says nothing of a second call
def same_variable(u, v):
    """Return whether u and v are one variable."""
    return u.name == v.name

# %% wrong M18, 0 points, loses test-same-variable-twins test-same-variable-names test-same-variable-equality: compares the values in sessions
def same_variable(u, v):
    def value(variable):
        with tf.Session(graph=variable.graph) as sess:
            sess.run(variable.initializer)
            return sess.run(variable)

    return np.array_equal(value(u), value(v))

# %% wrong M19, 2 points, loses test-same-variable-equality: believes that == asks for identity
def same_variable(u, v):
    """Return whether u and v are one variable."""
    return u == v

# %% wrong M19, 2 points, loses test-same-variable-equality: uses a set of the variables, which relies on their == and hash
def same_variable(u, v):
    return len({u, v}) == 1

# %% wrong -, 0 points, loses test-same-variable-twins test-same-variable-names test-same-variable-equality: prints the answer and forgets to return it
def same_variable(u, v):
    print(u is v)

# %% wrong -, 2 points, loses test-same-variable-names: takes one name in one graph for one object
def same_variable(u, v):
    return u.name == v.name and u.graph is v.graph

# %% wrong M18, 0 points, loses test-same-variable-twins test-same-variable-names test-same-variable-equality: compares the values in the graph and returns a tensor
def same_variable(u, v):
    """Return whether u == v."""
    return tf.reduce_all(tf.equal(u, v))
