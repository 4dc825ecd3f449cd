# %% right: a tf.Module, with a comment with umlauts
class Dense(tf.Module):
    """A layer that makes its variables once and shares them between its calls."""

    def __init__(self, inputs, outputs, name=None):
        super().__init__(name=name)
        # Hier und nur hier entstehen Variablen, für jedes Objekt eigene.
        self.weight = tf.Variable(tf.random_normal([inputs, outputs]), name="W")
        self.bias = tf.Variable(tf.zeros([outputs]), name="b")

    def __call__(self, x):
        return tf.matmul(x, self.weight) + self.bias

# %% right: keeps a dictionary and shows it as two properties
class Dense:
    def __init__(self, inputs, outputs):
        self._variables = {
            "bias": tf.Variable(tf.zeros([outputs]), name="b"),
            "weight": tf.Variable(tf.random_normal([inputs, outputs]), name="W"),
        }

    weight = property(lambda self: self._variables["weight"])
    bias = property(lambda self: self._variables["bias"])

    def __call__(self, x):
        return my_op(x, self._variables)

# %% right: resource variables set in a loop, a closure does the arithmetic
class Dense:
    def __init__(self, inputs, outputs):
        for attribut, nom, forme in [("weight", "W", [inputs, outputs]), ("bias", "b", [outputs])]:
            setattr(self, attribut, tf.Variable(tf.random_normal(forme), name=nom, use_resource=True))
        self.calcul = lambda x: x @ self.weight + self.bias

    def __call__(self, x):
        return self.calcul(x)

# %% wrong -, 0 points, loses test-layer-class-shares test-layer-class-separate test-layer-class-result: makes W and b in each call, too
class Dense:
    def __init__(self, inputs, outputs):
        self.inputs, self.outputs = inputs, outputs
        self.weight = tf.Variable(tf.random_normal([inputs, outputs]), name="W")
        self.bias = tf.Variable(tf.zeros([outputs]), name="b")

    def __call__(self, x):
        W = tf.Variable(tf.random_normal([self.inputs, self.outputs]), name="W")
        b = tf.Variable(tf.zeros([self.outputs]), name="b")
        return x @ W + b

# %% wrong M8, 4 points, loses test-layer-class-separate: AUTO_REUSE just to be safe, so two objects share
class Dense:
    def __init__(self, inputs, outputs):
        with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
            self.weight = tf.get_variable("W", [inputs, outputs])
            self.bias = tf.get_variable("b", [outputs], initializer=tf.zeros_initializer())

    def __call__(self, x):
        return x @ self.weight + self.bias

# %% wrong -, 0 points, loses test-layer-class-shares test-layer-class-separate test-layer-class-result: makes the variables in the class body
class Dense:
    inputs, outputs = 32, 10
    weight = tf.Variable(tf.random_normal([inputs, outputs]), name="W")
    bias = tf.Variable(tf.zeros([outputs]), name="b")

    def __init__(self, inputs, outputs):
        self.inputs, self.outputs = inputs, outputs

    def __call__(self, x):
        return x @ self.weight + self.bias

# %% wrong -, 4 points, loses test-layer-class-shares: makes the variables at the first call instead of with the object
class Dense:
    def __init__(self, inputs, outputs):
        self.inputs, self.outputs = inputs, outputs
        self.weight = self.bias = None

    def __call__(self, x):
        if self.weight is None:
            self.weight = tf.Variable(tf.random_normal([self.inputs, self.outputs]), name="W")
            self.bias = tf.Variable(tf.zeros([self.outputs]), name="b")
        return x @ self.weight + self.bias

# %% wrong -, 4 points, loses test-layer-class-shares: a name scope for tidiness, so that the names are dense/W and dense/b
class Dense(tf.Module):
    def __init__(self, inputs, outputs):
        super().__init__(name="dense")
        with self.name_scope:
            self.weight = tf.Variable(tf.random_normal([inputs, outputs]), name="W")
            self.bias = tf.Variable(tf.zeros([outputs]), name="b")

    def __call__(self, x):
        return x @ self.weight + self.bias

# %% wrong -, 4 points, loses test-layer-class-separate: a dictionary in the class body, which all objects share
class Dense:
    variables = {}

    def __init__(self, inputs, outputs):
        self.weight = self.variables["weight"] = tf.Variable(tf.random_normal([inputs, outputs]), name="W")
        self.bias = self.variables["bias"] = tf.Variable(tf.zeros([outputs]), name="b")

    def __call__(self, x):
        return my_op(x, self.variables)

# %% wrong -, 2 points, loses test-layer-class-separate test-layer-class-result: forgets the bias
class Dense:
    def __init__(self, inputs, outputs):
        self.sizes = [inputs, outputs]
        self.weight = tf.Variable(tf.random_normal(self.sizes), name="W")
        self.bias = tf.Variable(tf.zeros([outputs]), name="b")

    def __call__(self, x):
        return x @ self.weight

# %% wrong -, 2 points, loses test-layer-class-shares test-layer-class-separate: one variable more, which counts the calls
class Dense:
    def __init__(self, inputs, outputs):
        self.sizes = [inputs, outputs]
        self.weight = tf.Variable(tf.random_normal(self.sizes), name="W")
        self.bias = tf.Variable(tf.zeros([outputs]), name="b")
        self.calls = tf.Variable(0, trainable=False, name="calls")

    def __call__(self, x):
        self.counted = self.calls.assign_add(1)
        return x @ self.weight + self.bias

# %% wrong -, 0 points, loses test-layer-class-shares test-layer-class-separate test-layer-class-result: makes the weight again in each call
class Dense:
    def __init__(self, inputs, outputs):
        self.sizes = [inputs, outputs]
        self.weight = tf.Variable(tf.random_normal(self.sizes), name="W")
        self.bias = tf.Variable(tf.zeros([outputs]), name="b")

    def __call__(self, x):
        self.weight = tf.Variable(tf.random_normal(self.sizes), name="W")
        return x @ self.weight + self.bias
