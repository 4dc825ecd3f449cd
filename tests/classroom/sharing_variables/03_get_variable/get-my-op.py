# %% right: German names, a comment with umlauts and prints
def my_op(x):
    # Über das Teilen entscheidet der Aufrufer, nicht diese Funktion.
    gewichte = tf.get_variable(name="W", shape=(32, 10), initializer=tf.random_normal_initializer())
    schwelle = tf.get_variable(name="b", shape=(10,), initializer=tf.zeros_initializer())
    print("in scope", repr(tf.get_variable_scope().name), "with", gewichte.name, "and", schwelle.name)
    return x @ gewichte + schwelle

# %% right: a class that asks when it is made and computes when it is called
class Linear:
    def __init__(self, inputs, outputs):
        self.W = tf.get_variable("W", shape=[inputs, outputs], initializer=tf.random_normal_initializer())
        self.b = tf.get_variable("b", shape=[outputs], initializer=tf.zeros_initializer())

    def __call__(self, x):
        return tf.nn.bias_add(tf.matmul(x, self.W), self.b)


def my_op(x):
    return Linear(inputs=32, outputs=10)(x)

# %% right: asks for b first
def my_op(x):
    b = tf.get_variable("b", [10], initializer=tf.zeros_initializer())
    W = tf.get_variable("W", [32, 10], initializer=tf.random_normal_initializer())
    return tf.nn.bias_add(x @ W, b)

# %% wrong M2, 0 points, loses test-get-my-op-shares test-get-my-op-strict: believes that the caller's reusing scope makes tf.Variable share
def my_op(x):
    """Return x @ W + b, with variables of the current variable scope."""
    W = tf.Variable(tf.random_normal([32, 10]), name="W")
    b = tf.Variable(tf.zeros([10]), name="b")
    return x @ W + b

# %% wrong M3, 2 points, loses test-get-my-op-shares: makes the variables with tf.Variable and believes that get_variable finds them
def my_op(x):
    tf.Variable(tf.random_normal([32, 10]), name="W")
    tf.Variable(tf.zeros([10]), name="b")
    W = tf.get_variable("W", shape=[32, 10])
    b = tf.get_variable("b", shape=[10])
    return x @ W + b

# %% wrong M8, 2 points, loses test-get-my-op-strict: believes that AUTO_REUSE is simply the safer default
def my_op(x):
    with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
        W = tf.get_variable("W", shape=[32, 10], initializer=tf.random_normal_initializer())
        b = tf.get_variable("b", shape=[10], initializer=tf.zeros_initializer())
    return x @ W + b

# %% wrong M21, 0 points, loses test-get-my-op-shares test-get-my-op-strict: believes that a default name is a scope that is found again
def my_op(x):
    with tf.variable_scope(None, default_name="my_op"):
        W = tf.get_variable("W", shape=[32, 10], initializer=tf.random_normal_initializer())
        b = tf.get_variable("b", shape=[10], initializer=tf.zeros_initializer())
        return x @ W + b

# %% wrong M22, 0 points, loses test-get-my-op-shares test-get-my-op-strict: gives reuse to get_variable
def my_op(x, reuse=None):
    W = tf.get_variable("W", shape=[32, 10], initializer=tf.random_normal_initializer(), reuse=reuse)
    b = tf.get_variable("b", shape=[10], initializer=tf.zeros_initializer(), reuse=reuse)
    return x @ W + b

# %% wrong M5, 0 points, loses test-get-my-op-shares test-get-my-op-strict: believes that reuse=True creates what is missing
def my_op(x):
    with tf.variable_scope(tf.get_variable_scope(), reuse=True):
        W = tf.get_variable("W", shape=[32, 10], initializer=tf.random_normal_initializer())
        b = tf.get_variable("b", shape=[10], initializer=tf.zeros_initializer())
    return x @ W + b

# %% wrong -, 2 points, loses test-get-my-op-shares: subtracts b
def my_op(x):
    W = tf.get_variable("W", [32, 10], initializer=tf.random_normal_initializer())
    b = tf.get_variable("b", [10], initializer=tf.zeros_initializer())
    return x @ W - b

# %% wrong M7, 2 points, loses test-get-my-op-strict: declares reuse at the end, for the calls that will follow
def my_op(x):
    W = tf.get_variable("W", shape=[32, 10], initializer=tf.random_normal_initializer())
    b = tf.get_variable("b", shape=[10], initializer=tf.zeros_initializer())
    tf.get_variable_scope().reuse_variables()
    return x @ W + b

# %% wrong M5, 0 points, loses test-get-my-op-shares test-get-my-op-strict: declares reuse before anything is there
def my_op(x):
    tf.get_variable_scope().reuse_variables()
    W = tf.get_variable("W", shape=[32, 10], initializer=tf.random_normal_initializer())
    b = tf.get_variable("b", shape=[10], initializer=tf.zeros_initializer())
    return x @ W + b
