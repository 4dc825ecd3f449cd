# %% right: one block that changes its mind half-way
def call_twice(build, first, second, scope):
    """Call build on both inputs; the second call shares the variables of the first."""
    with tf.variable_scope(scope):
        result1 = build(first)
        tf.get_variable_scope().reuse_variables()
        result2 = build(second)
    return result1, result2

# %% right: the captured scope, opened again with keyword arguments
def call_twice(build, first, second, scope):
    with tf.variable_scope(name_or_scope=scope, reuse=None) as geöffnet:
        erstes = build(first)
    # wieder derselbe Scope, nun mit ausdrücklicher Erklärung
    with tf.variable_scope(name_or_scope=geöffnet, reuse=True):
        zweites = build(second)
    print("variables:", [v.name for v in tf.global_variables()])
    return erstes, zweites

# %% right: a loop over the inputs, where only the first may create
def call_twice(build, first, second, scope):
    results = []
    for number, x in enumerate([first, second]):
        with tf.variable_scope(scope, reuse=number > 0):
            results.append(build(x))
    return tuple(results)

# %% right: AUTO_REUSE, but with a check of its own that the second call made nothing
def call_twice(build, first, second, scope):
    with tf.variable_scope(scope):
        result1 = build(first)
    known = set(tf.global_variables())
    with tf.variable_scope(scope, reuse=tf.AUTO_REUSE):
        result2 = build(second)
    new = [v.name for v in tf.global_variables() if v not in known]
    if new:
        raise ValueError(f"the second call made {new}")
    return result1, result2

# %% wrong M4, 0 points, loses test-call-twice-shares test-call-twice-strict: believes that get_variable gets or creates without a word
def call_twice(build, first, second, scope):
    """Call build on both inputs; the second call shares the variables of the first."""
    with tf.variable_scope(scope):
        return build(first), build(second)

# %% wrong M7, 0 points, loses test-call-twice-shares test-call-twice-strict: believes that reuse_variables() lasts for the name
def call_twice(build, first, second, scope):
    with tf.variable_scope(scope) as opened:
        result1 = build(first)
        opened.reuse_variables()
    with tf.variable_scope(scope):
        result2 = build(second)
    return result1, result2

# %% wrong M8, 2 points, loses test-call-twice-strict: believes that AUTO_REUSE is simply the safer default
def call_twice(build, first, second, scope):
    with tf.variable_scope(scope, reuse=tf.AUTO_REUSE):
        result1 = build(first)
        result2 = build(second)
    return result1, result2

# %% wrong -, 2 points, loses test-call-twice-shares: hard-codes the scope of the examples
def call_twice(build, first, second, scope):
    with tf.variable_scope("model"):
        result1 = build(first)
    with tf.variable_scope("model", reuse=True):
        result2 = build(second)
    return result1, result2

# %% wrong M21, 2 points, loses test-call-twice-shares: believes that a default name opens the scope of that name
def call_twice(build, first, second, scope):
    with tf.variable_scope(None, default_name=scope) as opened:
        result1 = build(first)
    with tf.variable_scope(opened, reuse=True):
        result2 = build(second)
    return result1, result2

# %% wrong -, 0 points, loses test-call-twice-shares test-call-twice-strict: opens the second scope inside the first, by name
def call_twice(build, first, second, scope):
    with tf.variable_scope(scope):
        result1 = build(first)
        with tf.variable_scope(scope, reuse=True):
            result2 = build(second)
    return result1, result2

# %% wrong M4, 2 points, loses test-call-twice-strict: gets the variables or makes them, whichever works
def call_twice(build, first, second, scope):
    def get_or_make(x):
        try:
            with tf.variable_scope(scope, reuse=True):
                return build(x)
        except ValueError:
            with tf.variable_scope(scope):
                return build(x)

    return get_or_make(first), get_or_make(second)

# %% wrong -, 0 points, loses test-call-twice-shares test-call-twice-strict: gives reuse to build, which takes one argument
def call_twice(build, first, second, scope):
    with tf.variable_scope(scope):
        return build(first), build(second, reuse=True)
