# %% right: a literal
eager_shares = False

# %% right: an expression
eager_shares = not True

# %% right: asks TensorFlow
with eager_mode():
    with tf.variable_scope("mine", reuse=tf.AUTO_REUSE):
        premier = tf.get_variable("w", shape=[1])
    with tf.variable_scope("mine", reuse=tf.AUTO_REUSE):
        zweiter = tf.get_variable("w", shape=[1])
eager_shares = premier is zweiter

# %% right: a number that counts as False
eager_shares = 0

# %% wrong M20, 0 points, loses test-eager-reuse: believes that AUTO_REUSE finds the variable in eager mode too
eager_shares = True

# %% wrong -, 0 points, loses test-eager-reuse: measures, and compares the names, which agree
with eager_mode():
    with tf.variable_scope("a", reuse=tf.AUTO_REUSE):
        one, two = (tf.get_variable("w", shape=[1]) for _ in range(2))
eager_shares = one.name == two.name

# %% wrong -, 0 points, loses test-eager-reuse: answers in words
eager_shares = "two variables"

# %% wrong M20, 0 points, loses test-eager-reuse: believes that whoever declares reuse gets it
declared = tf.AUTO_REUSE
eager_shares = True if declared else False

# %% wrong M19, 0 points, loses test-eager-reuse: measures, and compares the values
with eager_mode(), tf.variable_scope("a", reuse=tf.AUTO_REUSE):
    one, two = [tf.get_variable("w", shape=[1], initializer=tf.zeros_initializer()) for _ in range(2)]
    eager_shares = bool(one.numpy() == two.numpy())
