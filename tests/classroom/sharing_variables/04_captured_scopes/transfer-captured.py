# %% right: a literal
transfer = {
    "two objects": "bar/baz/v:0",
    "two sums": ["baz/foo/add:0", "baz/foo_1/add:0"],
    "name scope": ["foo/v:0", "foo_1/ns/add:0"],
    "numbers": [42, 84],
}

# %% right: adds the numbers up from the shapes
ein_turm = 2 * 8 + 8 + 8 * 2 + 2
transfer = dict.fromkeys(["numbers"], (ein_turm, 2 * ein_turm))
transfer["two objects"] = "bar/" + "baz/v:0"
transfer["two sums"] = [f"baz/foo{ende}/add:0" for ende in ("", "_1")]  # jeder Ort zählt für sich
transfer["name scope"] = ("foo/v:0", "foo_1/ns/add:0")

# %% right: builds the graph of two questions
with tf.Graph().as_default():
    with tf.variable_scope("foo") as foo_scope:
        pass
    with tf.variable_scope("bar") as bar_scope:
        pass
    with tf.variable_scope(foo_scope), tf.variable_scope(bar_scope), tf.variable_scope("baz"):
        deep = tf.get_variable("v", [1]).name
with tf.Graph().as_default():
    with tf.variable_scope("tower"):
        tower(tf.placeholder(tf.float32, (None, 2)))
    one = int(sum(np.prod(v.shape.as_list()) for v in tf.trainable_variables()))
transfer = {"two objects": deep, "numbers": [one, one + one]}
transfer |= {"two sums": ["baz/foo/add:0", "baz/foo_1/add:0"], "name scope": ["foo/v:0", "foo_1/ns/add:0"]}

# %% wrong -, 3 points, loses test-transfer-captured-objects: believes that objects nest
transfer = {
    "two objects": "foo/bar/baz/v:0",
    "two sums": ["baz/foo/add:0", "baz/foo_1/add:0"],
    "name scope": ["foo/v:0", "foo_1/ns/add:0"],
    "numbers": [42, 84],
}

# %% wrong -, 3 points, loses test-transfer-captured-sums: believes that ops jump, too
transfer = {
    "two objects": "bar/baz/v:0",
    "two sums": ["foo_1/add:0", "foo_2/add:0"],
    "name scope": ["foo/v:0", "foo_1/ns/add:0"],
    "numbers": [42, 84],
}

# %% wrong -, 3 points, loses test-transfer-captured-inside: believes that a name scope in a variable scope names variables
transfer = {
    "two objects": "bar/baz/v:0",
    "two sums": ["baz/foo/add:0", "baz/foo_1/add:0"],
    "name scope": ["foo/ns/v:0", "foo_1/ns/add:0"],
    "numbers": [42, 84],
}

# %% wrong -, 3 points, loses test-transfer-captured-numbers: counts variables
transfer = {
    "two objects": "bar/baz/v:0",
    "two sums": ["baz/foo/add:0", "baz/foo_1/add:0"],
    "name scope": ["foo/v:0", "foo_1/ns/add:0"],
    "numbers": [4, 8],
}

# %% wrong -, 1 point, loses test-transfer-captured-objects test-transfer-captured-sums test-transfer-captured-inside: goes by the names that it reads
transfer = {
    "two objects": "baz/v:0",
    "two sums": ["baz/add:0", "baz/add_1:0"],
    "name scope": ["foo/v:0", "foo/ns/add:0"],
    "numbers": [42, 84],
}
