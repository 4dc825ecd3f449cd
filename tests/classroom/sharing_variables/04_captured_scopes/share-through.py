# %% right: opens once with AUTO_REUSE around a comprehension
def share_through(scope, build, inputs):
    with tf.variable_scope(scope, reuse=tf.AUTO_REUSE):
        return [build(x) for x in inputs]

# %% right: the first input apart from the others
def share_through(scope, build, inputs):
    """Call build on each input, so that all calls share the variables of the captured scope."""
    first, *rest = inputs
    with tf.variable_scope(scope):
        results = [build(first)]
    with tf.variable_scope(scope, reuse=True):
        results += list(map(build, rest))
    return results

# %% right: switches reuse on in the object that it reopens, as that remembers
def share_through(scope, build, inputs):
    resultats = []
    for entree in inputs:
        with tf.variable_scope(scope):
            resultats.append(build(entree))
        scope.reuse_variables()
    return resultats

# %% right: a class that knows whether it was called before
class Sharer:
    def __init__(self, scope, build):
        self.scope, self.build, self.called = scope, build, False

    def __call__(self, x):
        with tf.variable_scope(self.scope, reuse=self.called):
            self.called = True
            return self.build(x)


def share_through(scope, build, inputs):
    shared = Sharer(scope, build)
    return [shared(x) for x in inputs]

# %% wrong M12, 2 points, loses test-share-through-inside: believes that the object nests as its name does, and opens the name
def share_through(scope, build, inputs):
    """Call build on each input, so that all calls share the variables of the captured scope."""
    results = []
    for x in inputs:
        with tf.variable_scope(scope.name, reuse=len(results) > 0):
            results.append(build(x))
    return results

# %% wrong M7, 0 points, loses test-share-through-calls test-share-through-inside: believes that reuse_variables lasts for the name
def share_through(scope, build, inputs):
    results = []
    for x in inputs:
        with tf.variable_scope(scope.name) as opened:
            results.append(build(x))
            opened.reuse_variables()
    return results

# %% wrong M7, 0 points, loses test-share-through-calls test-share-through-inside: switches reuse on in the new object of each opening, and believes that the captured one knows
def share_through(scope, build, inputs):
    results = []
    for x in inputs:
        with tf.variable_scope(scope) as foo_scope2:
            results.append(build(x))
            foo_scope2.reuse_variables()
    return results

# %% wrong M9, 0 points, loses test-share-through-calls test-share-through-inside: believes that name_scope brings get_variable back to foo
def share_through(scope, build, inputs):
    results = []
    for x in inputs:
        with tf.name_scope(scope.original_name_scope):
            with tf.variable_scope(tf.get_variable_scope(), reuse=bool(results)):
                results.append(build(x))
    return results

# %% wrong -, 2 points, loses test-share-through-calls: takes any variable in the scope for a sign that build was called
def share_through(scope, build, inputs):
    results = []
    for x in inputs:
        with tf.variable_scope(scope, reuse=bool(scope.global_variables())):
            results.append(build(x))
    return results

# %% wrong -, 0 points, loses test-share-through-calls test-share-through-inside: opens the foo_scope of the notebook instead of the argument
def share_through(scope, build, inputs):
    results = []
    for x in inputs:
        with tf.variable_scope(foo_scope, reuse=bool(results)):
            results.append(build(x))
    return results

# %% wrong -, 2 points, loses test-share-through-calls: builds once, on all inputs together
def share_through(scope, build, inputs):
    with tf.variable_scope(scope):
        return tf.unstack(build(tf.stack(inputs)))

# %% wrong -, 0 points, loses test-share-through-calls test-share-through-inside: gives the first result for every input
def share_through(scope, build, inputs):
    with tf.variable_scope(scope):
        result = build(inputs[0])
    return [result for _ in inputs]
