# %% right: makes the graph first and asks it for its collection after the with block
def names_when_fresh(build):
    """Run build in a graph of its own and return the names of the variables it makes."""
    fresh = tf.Graph()
    with fresh.as_default():
        build()
    return [variable.name for variable in fresh.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)]

# %% right: a loop with append, German names and a print
def names_when_fresh(build):
    namen = []
    with tf.Graph().as_default() as neuer_graph:
        build()
        for variable in tf.get_collection("variables"):
            namen.append(variable.name)  # der äußere Graph bleibt, wie er ist
    print(neuer_graph, namen)
    return namen

# %% right: a decorator-like helper that runs any function in a new graph
def in_new_graph(function):
    def wrapped(*args, **kwargs):
        with tf.Graph().as_default():
            return function(*args, **kwargs)

    return wrapped


@in_new_graph
def names_when_fresh(build):
    build()
    return list(map(lambda v: v.name, tf.global_variables()))

# %% right: a session that brings the graph with it
def names_when_fresh(build):
    with tf.Session(graph=tf.Graph()) as sess:
        build()
        return [v.name for v in sess.graph.get_collection_ref(tf.GraphKeys.GLOBAL_VARIABLES)]

# %% right: a lambda that does both in one tuple
def names_when_fresh(build):
    with tf.Graph().as_default():
        names_of = lambda: (build(), [v.name for v in tf.global_variables()])[1]
        return names_of()

# %% wrong M15, 0 points, loses test-fresh-graph: builds in the graph that is there and believes that this is harmless
def names_when_fresh(build):
    before = len(tf.global_variables())
    build()
    return [v.name for v in tf.global_variables()[before:]]

# %% wrong M15, 0 points, loses test-fresh-graph: one graph for all builds, which remembers the earlier ones
my_fresh_graph = tf.Graph()


def names_when_fresh(build):
    with my_fresh_graph.as_default():
        build()
        return [v.name for v in tf.global_variables()]

# %% wrong M16, 0 points, loses test-fresh-graph: cleans up with del and believes that the variables are gone
def names_when_fresh(build):
    """Run build in a graph of its own and return the names of the variables it makes."""
    made = build()
    names = [v.name for v in tf.global_variables()]
    del made
    return names

# %% wrong -, 0 points, loses test-fresh-graph: makes a graph and does not make it the default
def names_when_fresh(build):
    graph = tf.Graph()
    build()
    return [v.name for v in graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)]

# %% wrong -, 0 points, loses test-fresh-graph: takes what build returns for the one variable that it makes
def names_when_fresh(build):
    with tf.Graph().as_default():
        variable = build()
        return [variable.name]

# %% wrong -, 0 points, loses test-fresh-graph: wants to clear the graph around it, which TensorFlow refuses
def names_when_fresh(build):
    tf.reset_default_graph()
    build()
    return [v.name for v in tf.global_variables()]

# %% wrong -, 0 points, loses test-fresh-graph: builds twice in the fresh graph
def names_when_fresh(build):
    with tf.Graph().as_default():
        build()
        build()
        return [v.name for v in tf.global_variables()]
