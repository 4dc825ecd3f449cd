# %% right: keys and shapes zipped, maximum instead of relu, names in German
def make_two_layer_variables(inputs, hidden, outputs):
    """Return a dictionary with the four variables of a layer with a hidden layer."""
    schluessel = "hidden_weight hidden_bias weight bias".split()
    formen = ([inputs, hidden], [hidden], [hidden, outputs], [outputs])
    ergebnis = {}
    for name, form in zip(schluessel, formen):
        ergebnis[name] = tf.Variable(tf.truncated_normal(form, stddev=0.1), name=name)
    return ergebnis


def two_layer(x, variables):
    """Apply both layers to x."""
    zwischen = tf.matmul(x, variables["hidden_weight"]) + variables["hidden_bias"]
    return tf.matmul(tf.maximum(zwischen, 0.0), variables["weight"]) + variables["bias"]

# %% right: made by get_variable with its own initializer, the tensors unpacked, a debug print
def make_two_layer_variables(inputs, hidden, outputs):
    def make(name, *shape):
        return tf.get_variable(name, shape=shape, dtype=tf.float32)

    return {
        "hidden_weight": make("hidden_weight", inputs, hidden),
        "hidden_bias": make("hidden_bias", hidden),
        "weight": make("weight", hidden, outputs),
        "bias": make("bias", outputs),
    }


def two_layer(x, variables):
    W1, b1, W2, b2 = (variables[k] for k in ("hidden_weight", "hidden_bias", "weight", "bias"))
    h = tf.nn.relu(x @ W1 + b1)
    print("hidden:", h)
    return h @ W2 + b2

# %% right: a loop over the prefixes in both functions
def make_two_layer_variables(inputs, hidden, outputs):
    tout = {}
    for prefixe, entree, sortie in [("hidden_", inputs, hidden), ("", hidden, outputs)]:
        tout[prefixe + "weight"] = tf.Variable(tf.random_uniform([entree, sortie]), name=prefixe + "weight")
        tout[prefixe + "bias"] = tf.Variable(tf.random_uniform([sortie]), name=prefixe + "bias")
    return tout


def two_layer(x, variables):
    for prefixe, fonction in {"hidden_": tf.nn.relu, "": tf.identity}.items():
        x = fonction(tf.tensordot(x, variables[f"{prefixe}weight"], axes=1) + variables[f"{prefixe}bias"])
    return x

# %% wrong -, 2 points, loses test-two-layer-result: leaves the arithmetic to my_op_2, which has tanh where relu was asked for
def make_two_layer_variables(inputs, hidden, outputs):
    def zeros(**shapes):
        return {key: tf.Variable(initial_value=tf.zeros(shape), name=key) for key, shape in shapes.items()}

    return zeros(hidden_weight=[inputs, hidden], hidden_bias=[hidden], weight=[hidden, outputs], bias=[outputs])


def two_layer(x, variables):
    return my_op_2(x=x, variables_dict=variables)

# %% wrong M1, 0 points, loses test-two-layer-variables test-two-layer-result: makes the variables again inside the call, as the names agree
def make_two_layer_variables(inputs, hidden, outputs):
    shapes = {"hidden_weight": [inputs, hidden], "hidden_bias": [hidden], "weight": [hidden, outputs], "bias": [outputs]}
    return {key: tf.Variable(tf.random_normal(shape), name=key) for key, shape in shapes.items()}


def two_layer(x, variables):
    inputs, hidden = variables["hidden_weight"].shape.as_list()
    v = make_two_layer_variables(inputs, hidden, variables["bias"].shape.as_list()[0])
    return tf.nn.relu(x @ v["hidden_weight"] + v["hidden_bias"]) @ v["weight"] + v["bias"]

# %% wrong M3, 0 points, loses test-two-layer-variables test-two-layer-result: asks get_variable for variables that tf.Variable made
def make_two_layer_variables(inputs, hidden, outputs):
    shapes = {"hidden_weight": [inputs, hidden], "hidden_bias": [hidden], "weight": [hidden, outputs], "bias": [outputs]}
    return {key: tf.Variable(tf.random_normal(shape), name=key) for key, shape in shapes.items()}


def two_layer(x, variables):
    with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
        v = {key: tf.get_variable(key, shape=old.shape) for key, old in variables.items()}
    return tf.nn.relu(x @ v["hidden_weight"] + v["hidden_bias"]) @ v["weight"] + v["bias"]

# %% wrong -, 2 points, loses test-two-layer-result: forgets relu
def make_two_layer_variables(inputs, hidden, outputs):
    shapes = {"hidden_weight": [inputs, hidden], "hidden_bias": [hidden], "weight": [hidden, outputs], "bias": [outputs]}
    return {key: tf.Variable(tf.random_normal(shape), name=key) for key, shape in shapes.items()}


def two_layer(x, variables):
    hidden = x @ variables["hidden_weight"] + variables["hidden_bias"]
    return hidden @ variables["weight"] + variables["bias"]

# %% wrong -, 2 points, loses test-two-layer-variables: names the variables W and b as before, not as their keys
def make_two_layer_variables(inputs, hidden, outputs):
    return {
        "hidden_weight": tf.Variable(tf.random_normal([inputs, hidden]), name="W"),
        "hidden_bias": tf.Variable(tf.zeros([hidden]), name="b"),
        "weight": tf.Variable(tf.random_normal([hidden, outputs]), name="W"),
        "bias": tf.Variable(tf.zeros([outputs]), name="b"),
    }


def two_layer(x, variables):
    hidden = tf.nn.relu(x @ variables["hidden_weight"] + variables["hidden_bias"])
    return hidden @ variables["weight"] + variables["bias"]

# %% wrong -, 0 points, loses test-two-layer-variables test-two-layer-result: keeps the 16 of my_op_2 instead of the caller's size
def make_two_layer_variables(inputs, hidden, outputs):
    return {
        "hidden_weight": tf.Variable(tf.zeros([inputs, 16]), name="hidden_weight"),
        "hidden_bias": tf.Variable(tf.zeros([16]), name="hidden_bias"),
        "weight": tf.Variable(tf.zeros([16, outputs]), name="weight"),
        "bias": tf.Variable(tf.zeros([outputs]), name="bias"),
    }


def two_layer(x, variables):
    hidden = tf.nn.relu(x @ variables["hidden_weight"] + variables["hidden_bias"])
    return hidden @ variables["weight"] + variables["bias"]

# %% wrong -, 2 points, loses test-two-layer-result: applies relu to the result instead of the hidden layer
def make_two_layer_variables(inputs, hidden, outputs):
    shapes = {"hidden_weight": [inputs, hidden], "hidden_bias": [hidden], "weight": [hidden, outputs], "bias": [outputs]}
    return {key: tf.Variable(tf.random_normal(shape), name=key) for key, shape in shapes.items()}


def two_layer(x, variables):
    hidden = x @ variables["hidden_weight"] + variables["hidden_bias"]
    return tf.nn.relu(hidden @ variables["weight"] + variables["bias"])

# %% wrong -, 2 points, loses test-two-layer-result: forgets the hidden bias
def make_two_layer_variables(inputs, hidden, outputs):
    shapes = {"hidden_weight": [inputs, hidden], "hidden_bias": [hidden], "weight": [hidden, outputs], "bias": [outputs]}
    return {key: tf.Variable(tf.random_normal(shape), name=key) for key, shape in shapes.items()}


def two_layer(x, variables):
    hidden = tf.nn.relu(x @ variables["hidden_weight"])
    return hidden @ variables["weight"] + variables["bias"]

# %% wrong -, 2 points, loses test-two-layer-result: relu by NumPy through tf.py_func, which is no part of the graph
def make_two_layer_variables(inputs, hidden, outputs):
    shapes = {"hidden_weight": [inputs, hidden], "hidden_bias": [hidden], "weight": [hidden, outputs], "bias": [outputs]}
    return {key: tf.Variable(tf.random_normal(shape), name=key) for key, shape in shapes.items()}


def two_layer(x, variables):
    hidden = tf.py_func(lambda h: h.clip(0), [x @ variables["hidden_weight"] + variables["hidden_bias"]], tf.float32)
    return tf.matmul(hidden, variables["weight"]) + variables["bias"]
