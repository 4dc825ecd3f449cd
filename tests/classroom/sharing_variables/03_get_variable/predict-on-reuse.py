# %% right: two literals
other_shape = "ValueError"
value = 1.0

# %% right: one line for both, and the name from the exception
other_shape, value = ValueError.__name__, float(1)

# %% right: measures both in a graph of its own
def zweiter_aufruf(**anders):
    with tf.variable_scope("s", reuse=True):
        return tf.get_variable("v", **anders)


with tf.Graph().as_default(), tf.Session() as sess:
    with tf.variable_scope("s"):
        tf.get_variable("v", shape=[], initializer=tf.constant_initializer(1.0))
    gleich = zweiter_aufruf(shape=[], initializer=tf.constant_initializer(5.0))
    sess.run(tf.global_variables_initializer())
    value = float(sess.run(gleich))
    try:
        zweiter_aufruf(shape=[2])
        other_shape = "shares"
    except Exception as fehler:
        other_shape = type(fehler).__name__  # die Form wird geprüft
print(other_shape, value)

# %% right: asks the notebook's helper for the shape, and gives the value as the session does, in float32
def ask_with_two_shapes():
    with tf.variable_scope("s") as scope:
        one = tf.get_variable("v", shape=[], initializer=tf.constant_initializer(1.0))
        scope.reuse_variables()
        return one, tf.get_variable("v", shape=[2])


other_shape = outcome(ask_with_two_shapes)
value = tf.float32.as_numpy_dtype(1)

# %% wrong M14, 1 point, loses test-predict-on-reuse-shape: believes that a different shape is ignored on reuse
other_shape = "shares"
value = 1.0

# %% wrong M14, 1 point, loses test-predict-on-reuse-shape: believes that another shape makes another variable
other_shape = "two variables"
value = 1.0

# %% wrong M13, 1 point, loses test-predict-on-reuse-value: believes that the initializer given on reuse takes effect
other_shape = "ValueError"
value = 5.0

# %% wrong M13 M14, 0 points, loses test-predict-on-reuse-shape test-predict-on-reuse-value: believes that the last call decides and nothing is checked
other_shape = "shares"
value = 5.0

# %% wrong -, 1 point, loses test-predict-on-reuse-shape: takes a wrong shape for a wrong type
other_shape, value = "TypeError", 1.0

# %% wrong -, 1 point, loses test-predict-on-reuse-shape: gives the exception and not its name
other_shape = ValueError
value = 1.0

# %% wrong -, 1 point, loses test-predict-on-reuse-value: writes the value as a string, like the names
other_shape = "ValueError"
value = "1.0"
