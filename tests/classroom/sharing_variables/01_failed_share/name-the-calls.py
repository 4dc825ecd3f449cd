# %% right: a graph of its own, read through its collection after the with block
def names_after(calls):
    """Return the names of the trainable variables after so many calls of my_op."""
    g = tf.Graph()
    with g.as_default():
        for number in range(calls):
            result = my_op(tf.placeholder(tf.float32, (None, 32), name="x%d" % number))
            print("call", number, "gives", result)
    return [variable.name for variable in g.get_collection("trainable_variables")]

# %% right: works the names out with a comprehension and no graph
def names_after(calls):
    # Für den ersten Aufruf gibt es keine Nummer, danach zählt TensorFlow hoch.
    zusatz = [f"_{i}" if i else "" for i in range(calls)]
    return [f"{name}{z}:0" for z in zusatz for name in ("W", "b")]

# %% right: clears the default graph first and builds there
def names_after(calls):
    tf.reset_default_graph()
    images = tf.zeros([4, 32])
    remaining = calls
    while remaining > 0:
        my_op(images)
        remaining -= 1
    return list(map(lambda var: var.name, tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES)))

# %% right: a lambda that formats the names
names_after = lambda calls: ["%s%s:0" % (n, "_%d" % k if k > 0 else "") for k in range(calls) for n in "Wb"]

# %% right: a small class that plays TensorFlow's naming, with a dictionary of names in use
class Namer:
    def __init__(self):
        self.used = {}

    def unique(self, wish):
        count = self.used.get(wish, 0)
        self.used[wish] = count + 1
        return f"{wish}_{count}:0" if count else f"{wish}:0"


def names_after(calls):
    namer = Namer()
    noms = []
    for _ in range(calls):
        noms.extend([namer.unique("W"), namer.unique("b")])
    return noms

# %% wrong M1, 0 points, loses test-name-the-calls-two test-name-the-calls-more: believes that all calls share one set
def names_after(calls):
    """Return the names of the trainable variables after so many calls of my_op."""
    if calls == 0:
        return []
    return ["W:0", "b:0"]

# %% wrong M15, 0 points, loses test-name-the-calls-two test-name-the-calls-more: one graph for all, believes that building in it again is harmless
my_calls_graph = tf.Graph()


def names_after(calls):
    with my_calls_graph.as_default():
        for _ in range(calls):
            my_op(tf.placeholder(tf.float32, shape=(None, 32)))
        return [v.name for v in tf.trainable_variables()]

# %% wrong -, 1 point, loses test-name-the-calls-more: hard-coded for the numbers of calls that the text shows
def names_after(calls):
    known = {
        0: [],
        1: ["W:0", "b:0"],
        2: ["W:0", "b:0", "W_1:0", "b_1:0"],
        3: ["W:0", "b:0", "W_1:0", "b_1:0", "W_2:0", "b_2:0"],
    }
    return known.get(calls)

# %% wrong -, 1 point, loses test-name-the-calls-more: always begins with one set, so that no call makes two variables
def names_after(calls):
    result = ["W:0", "b:0"]
    for i in range(1, calls):
        result += [f"W_{i}:0", f"b_{i}:0"]
    return result

# %% wrong -, 0 points, loses test-name-the-calls-two test-name-the-calls-more: prints the names and forgets to return them
def names_after(calls):
    with tf.Graph().as_default():
        for _ in range(calls):
            my_op(tf.placeholder(tf.float32, shape=(None, 32)))
        print([v.name for v in tf.trainable_variables()])

# %% wrong M1, 0 points, loses test-name-the-calls-two test-name-the-calls-more: believes that every call brings the same two names
def names_after(calls):
    return ["W:0", "b:0"] * calls

# %% wrong -, 0 points, loses test-name-the-calls-two test-name-the-calls-more: begins to count at 1
def names_after(calls):
    names = []
    for number in range(1, calls + 1):
        names += [f"W_{number}:0", f"b_{number}:0"]
    return names
