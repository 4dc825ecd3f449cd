# %% right: two scopes, one in the other
def build_with(build, x, outer, inner):
    """Call build twice, in nested scopes that say how its variables start."""
    with tf.variable_scope("stack", initializer=outer):
        with_outer = build(x)
        with tf.variable_scope("top", initializer=inner):
            return build(with_outer)

# %% right: sets the initializer once the scope is open
def build_with(build, x, outer, inner):
    with tf.variable_scope("stack") as äußerer:
        äußerer.set_initializer(outer)
        zwischen = build(x)
        with tf.variable_scope("top") as innerer:
            # ohne eigenen Wert erbt der innere Bereich
            if inner is not None:
                innerer.set_initializer(inner)
            return build(zwischen)

# %% right: one scope after the other, by their full names
def build_with(build, x, outer, inner):
    with tf.variable_scope("stack", initializer=outer):
        first = build(x)
    with tf.variable_scope("stack/top", initializer=inner or outer):
        second = build(first)
    print(first.name, second.name)
    return second

# %% right: the captured scope, opened again
def build_with(build, x, outer, inner):
    with tf.variable_scope("stack", initializer=outer) as stack:
        x = build(x)
    with tf.variable_scope(stack), tf.variable_scope("top", initializer=inner):
        return build(x)

# %% wrong -, 0 points, loses test-scope-initializer-names test-scope-initializer-starts: opens top beside stack, where nothing is inherited
def build_with(build, x, outer, inner):
    with tf.variable_scope("stack", initializer=outer):
        x = build(x)
    with tf.variable_scope("top", initializer=inner):
        return build(x)

# %% wrong -, 2 points, loses test-scope-initializer-starts: takes None for zeros
def build_with(build, x, outer, inner):
    with tf.variable_scope("stack", initializer=outer):
        x = build(x)
        with tf.variable_scope("top", initializer=inner or tf.zeros_initializer()):
            return build(x)

# %% wrong -, 2 points, loses test-scope-initializer-starts: forgets inner
def build_with(build, x, outer, inner):
    with tf.variable_scope("stack", initializer=outer):
        hidden = build(x)
        with tf.variable_scope("top"):
            return build(hidden)

# %% wrong -, 2 points, loses test-scope-initializer-starts: mixes the two initializers up
def build_with(build, x, outer, inner):
    with tf.variable_scope("stack", initializer=inner):
        x = build(x)
        with tf.variable_scope("top", initializer=outer):
            return build(x)

# %% wrong -, 2 points, loses test-scope-initializer-names: returns what the first call computes
def build_with(build, x, outer, inner):
    with tf.variable_scope("stack", initializer=outer):
        result = build(x)
        with tf.variable_scope("top", initializer=inner):
            build(result)
    return result

# %% wrong -, 2 points, loses test-scope-initializer-names: builds both layers on x
def build_with(build, x, outer, inner):
    with tf.variable_scope("stack", initializer=outer):
        below = build(x)
        with tf.variable_scope("top", initializer=inner):
            return build(x)

# %% wrong M8, 0 points, loses test-scope-initializer-names test-scope-initializer-starts: shares one set of variables between the layers
def build_with(build, x, outer, inner):
    with tf.variable_scope("stack", initializer=outer, reuse=tf.AUTO_REUSE):
        return build(build(x))
