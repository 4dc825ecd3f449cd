# %% right: plain calls of matmul and add, names in German, a comment with umlauts
def make_variables(inputs, outputs):
    """Return a dictionary with the weight and the bias of a layer."""
    gewicht = tf.Variable(tf.random_normal([inputs, outputs]), name="W")
    verschiebung = tf.Variable(tf.zeros([outputs]), name="b")
    # Das Wörterbuch enthält die Objekte selbst, keine Kopien.
    return {"weight": gewicht, "bias": verschiebung}


def dense(x, variables):
    """Apply the layer to x."""
    produkt = tf.matmul(x, variables["weight"])
    return tf.add(produkt, variables["bias"])

# %% right: initial values from lambdas, keyword arguments, bias_add, a lambda for dense
def make_variables(inputs, outputs):
    recipes = [
        ("weight", "W", lambda: tf.random_normal([inputs, outputs])),
        ("bias", "b", lambda: tf.zeros([outputs])),
    ]
    return {key: tf.Variable(initial_value=value, name=name, dtype=tf.float32) for key, name, value in recipes}


dense = lambda x, variables: tf.nn.bias_add(tf.matmul(a=x, b=variables["weight"]), bias=variables["bias"])

# %% right: helpers with Spanish names, resource variables, einsum
def nueva_variable(valor, nombre):
    return tf.Variable(valor, name=nombre, use_resource=True)


def make_variables(inputs, outputs):
    """Return a dictionary with the weight and the bias of a layer."""
    return {
        "weight": nueva_variable(tf.random_normal((inputs, outputs)), "W"),
        "bias": nueva_variable(tf.zeros((outputs,)), "b"),
    }


def dense(x, variables):
    """Apply the layer to x."""
    return tf.einsum("ni,io->no", x, variables["weight"]) + variables["bias"]

# %% right: leaves the arithmetic to the notebook's my_op
def make_variables(inputs, outputs):
    W = tf.Variable(tf.random_normal(shape=tf.TensorShape([inputs, outputs])), trainable=True, name="W")
    b = tf.Variable(tf.zeros(outputs), trainable=True, name="b")
    return dict(weight=W, bias=b)


def dense(x, variables):
    return my_op(x, variables_dict=variables)

# %% wrong -, 0 points, loses test-make-and-use-counts test-make-and-use-result: makes W and b again inside the call
def make_variables(inputs, outputs):
    return {
        "weight": tf.Variable(tf.random_normal([inputs, outputs]), name="W"),
        "bias": tf.Variable(tf.zeros([outputs]), name="b"),
    }


def dense(x, variables):
    inputs, outputs = variables["weight"].shape.as_list()
    same = make_variables(inputs, outputs)
    return x @ same["weight"] + same["bias"]

# %% wrong M18, 0 points, loses test-make-and-use-counts test-make-and-use-result: copies the initial values and believes that this shares
def make_variables(inputs, outputs):
    return {
        "weight": tf.Variable(tf.random_normal([inputs, outputs]), name="W"),
        "bias": tf.Variable(tf.zeros([outputs]), name="b"),
    }


def dense(x, variables):
    # start from what is in the dictionary, so that all calls have equal weights
    W = tf.Variable(variables["weight"].initialized_value(), name="W_shared")
    b = tf.Variable(variables["bias"].initialized_value(), name="b_shared")
    return x @ W + b

# %% wrong -, 2 points, loses test-make-and-use-result: asks get_variable for a second W, where nothing should be shared
def make_variables(inputs, outputs):
    return {
        "weight": tf.get_variable("W", initializer=tf.random_normal([inputs, outputs])),
        "bias": tf.get_variable("b", initializer=tf.zeros([outputs])),
    }


def dense(x, variables):
    return tf.matmul(x, variables["weight"]) + variables["bias"]

# %% wrong M8, 2 points, loses test-make-and-use-result: AUTO_REUSE just to be safe, so two dictionaries hold one set
def make_variables(inputs, outputs):
    with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
        return {
            "weight": tf.get_variable("W", initializer=tf.random_normal([inputs, outputs])),
            "bias": tf.get_variable("b", initializer=tf.zeros([outputs])),
        }


def dense(x, variables):
    return tf.matmul(x, variables["weight"]) + variables["bias"]

# %% wrong -, 2 points, loses test-make-and-use-result: a mutable default, so all calls return one dictionary
def make_variables(inputs, outputs, variables={}):
    variables["weight"] = tf.Variable(tf.random_normal([inputs, outputs]), name="W")
    variables["bias"] = tf.Variable(tf.zeros([outputs]), name="b")
    return variables


def dense(x, variables):
    return x @ variables["weight"] + variables["bias"]

# %% wrong -, 2 points, loses test-make-and-use-counts: setdefault makes its second argument even when the key is there
def make_variables(inputs, outputs):
    return {
        "weight": tf.Variable(tf.random_normal([inputs, outputs]), name="W"),
        "bias": tf.Variable(tf.zeros([outputs]), name="b"),
    }


def dense(x, variables):
    inputs, outputs = variables["weight"].shape.as_list()
    weight = variables.setdefault("weight", tf.Variable(tf.random_normal([inputs, outputs]), name="W"))
    bias = variables.setdefault("bias", tf.Variable(tf.zeros([outputs]), name="b"))
    return x @ weight + bias

# %% wrong -, 2 points, loses test-make-and-use-result: forgets the bias
def make_variables(inputs, outputs):
    return {
        "weight": tf.Variable(tf.random_normal([inputs, outputs]), name="W"),
        "bias": tf.Variable(tf.zeros([outputs]), name="b"),
    }


def dense(x, variables):
    return x @ variables["weight"]

# %% wrong -, 2 points, loses test-make-and-use-result: keeps the first dictionary that it is given, for all calls in a graph
def make_variables(inputs, outputs):
    return {
        "weight": tf.Variable(tf.random_normal([inputs, outputs]), name="W"),
        "bias": tf.Variable(tf.zeros([outputs]), name="b"),
    }


kept = {}


def dense(x, variables):
    first = kept.setdefault(x.graph, variables)
    return x @ first["weight"] + first["bias"]
