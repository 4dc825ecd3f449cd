# %% right: call_twice unpacked by a lambda, and a list as the result
def training_step(build, first, second):
    distance = lambda a, b: tf.reduce_mean(tf.math.squared_difference(a, b))
    loss = distance(*call_twice(build, first, second, "model"))
    return [loss, tf.train.AdamOptimizer(0.1).minimize(loss)]

# %% right: call_twice with keyword arguments, then the loss in steps
def training_step(build, first, second):
    """Return the loss between two calls that share, and an op that trains on it."""
    result1, result2 = call_twice(build=build, first=first, second=second, scope="model")
    loss = tf.reduce_mean(tf.square(tf.subtract(result1, result2)))
    optimizer = tf.train.AdamOptimizer(learning_rate=0.1)
    step = optimizer.minimize(loss=loss, var_list=tf.trainable_variables())
    print("training", [v.name for v in tf.trainable_variables()])
    return loss, step

# %% right: two scopes of its own, the optimizer behind both, German names
def training_step(build, first, second):
    with tf.variable_scope("model"):
        erstes = build(first)
    with tf.variable_scope("model", reuse=True):
        zweites = build(second)
    # außerhalb: hier darf Adam seine eigenen Variablen anlegen
    verlust = tf.reduce_mean(tf.square(erstes - zweites))
    schritt = tf.train.AdamOptimizer(0.1).minimize(verlust)
    return verlust, schritt

# %% right: a template instead of scopes
def training_step(build, first, second):
    shared = tf.make_template("not_used", build, unique_name_="model")
    loss = tf.reduce_mean((shared(first) - shared(second)) ** 2)
    return loss, tf.train.AdamOptimizer(0.1).minimize(loss)

# %% right: a variable beside the model that counts the steps
def training_step(build, first, second):
    with tf.variable_scope("model"):
        result1 = build(first)
    with tf.variable_scope("model", reuse=True):
        result2 = build(second)
    loss = tf.reduce_mean(tf.square(result1 - result2))
    counter = tf.Variable(0, trainable=False, name="global_step")
    return loss, tf.train.AdamOptimizer(0.1).minimize(loss, global_step=counter)

# %% wrong M17, 0 points, loses test-optimizer-outside: builds the optimizer inside the scope that began to reuse
def training_step(build, first, second):
    with tf.variable_scope("model") as scope:
        result1 = build(first)
        scope.reuse_variables()
        result2 = build(second)
        loss = tf.reduce_mean(tf.square(result1 - result2))
        step = tf.train.AdamOptimizer(0.1).minimize(loss)
    return loss, step

# %% wrong M6 M17, 0 points, loses test-optimizer-outside: believes that a scope with reuse=False around Adam is enough
def training_step(build, first, second):
    with tf.variable_scope("model"):
        result1 = build(first)
    with tf.variable_scope("model", reuse=True):
        result2 = build(second)
        loss = tf.reduce_mean(tf.square(result1 - result2))
        with tf.variable_scope("training", reuse=False):
            return loss, tf.train.AdamOptimizer(0.1).minimize(loss)

# %% wrong M5, 0 points, loses test-optimizer-outside: believes that reuse=True creates what is missing
def training_step(build, first, second):
    with tf.variable_scope("model", reuse=True):
        difference = build(first) - build(second)
    loss = tf.reduce_mean(tf.square(difference))
    return loss, tf.train.AdamOptimizer(0.1).minimize(loss)

# %% wrong M7, 0 points, loses test-optimizer-outside: believes that reuse_variables() lasts for the name
def training_step(build, first, second):
    with tf.variable_scope("model"):
        result1 = build(first)
        tf.get_variable_scope().reuse_variables()
    with tf.variable_scope("model"):
        result2 = build(second)
    loss = tf.reduce_mean(tf.square(result1 - result2))
    return loss, tf.train.AdamOptimizer(0.1).minimize(loss)

# %% wrong M4, 0 points, loses test-optimizer-outside: writes the formula of the loss as it stands, in a scope without reuse
def training_step(build, first, second):
    with tf.variable_scope("model"):
        loss = tf.reduce_mean(tf.square(build(first) - build(second)))
    return loss, tf.train.AdamOptimizer(0.1).minimize(loss)

# %% wrong M17, 0 points, loses test-optimizer-outside: keeps the optimizer inside and takes one that does not complain
def training_step(build, first, second):
    with tf.variable_scope("model") as scope:
        result1 = build(first)
        scope.reuse_variables()
        result2 = build(second)
        loss = tf.reduce_mean(tf.square(result1 - result2))
        return loss, tf.train.GradientDescentOptimizer(0.1).minimize(loss)

# %% wrong -, 0 points, loses test-optimizer-outside: takes the sum; its optimizer is in a scope that does not reuse
def training_step(build, first, second):
    with tf.variable_scope("model", reuse=False):
        result1 = build(first)
    with tf.variable_scope("model", reuse=True):
        result2 = build(second)
    with tf.variable_scope("training"):
        loss = tf.reduce_sum(tf.square(result1 - result2))
        return loss, tf.train.AdamOptimizer(0.1).minimize(loss)
