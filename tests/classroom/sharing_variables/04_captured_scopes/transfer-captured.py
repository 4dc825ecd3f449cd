# %% right: a literal
transfer = {
    "two objects": "bar/baz/v:0",
    "third opening": "foo_2/add:0",
    "op scope inside": ["foo/v:0", "foo_1/ns/add:0"],
    "numbers": [42, 84],
}

# %% right: adds the numbers up from the shapes
ein_turm = 2 * 8 + 8 + 8 * 2 + 2
transfer = dict.fromkeys(["numbers"], (ein_turm, 2 * ein_turm))
transfer["two objects"] = "bar/" + "baz/v:0"
transfer["third opening"] = "foo_%d/add:0" % 2  # die erste Öffnung zählt mit
transfer["op scope inside"] = ("foo/v:0", "foo_1/ns/add:0")

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
transfer = {"two objects": deep, "third opening": "foo_2/add:0", "op scope inside": ["foo/v:0", "foo_1/ns/add:0"]}
transfer |= {"numbers": [one, one + one]}

# %% wrong -, 3 points, loses test-transfer-captured-objects: believes that objects nest
transfer = {
    "two objects": "foo/bar/baz/v:0",
    "third opening": "foo_2/add:0",
    "op scope inside": ["foo/v:0", "foo_1/ns/add:0"],
    "numbers": [42, 84],
}

# %% wrong -, 3 points, loses test-transfer-captured-third: does not count the first opening
transfer = {
    "two objects": "bar/baz/v:0",
    "third opening": "foo_1/add:0",
    "op scope inside": ["foo/v:0", "foo_1/ns/add:0"],
    "numbers": [42, 84],
}

# %% wrong -, 3 points, loses test-transfer-captured-inside: believes that a name scope in a variable scope names variables
transfer = {
    "two objects": "bar/baz/v:0",
    "third opening": "foo_2/add:0",
    "op scope inside": ["foo/ns/v:0", "foo_1/ns/add:0"],
    "numbers": [42, 84],
}

# %% wrong -, 3 points, loses test-transfer-captured-numbers: counts variables
transfer = {
    "two objects": "bar/baz/v:0",
    "third opening": "foo_2/add:0",
    "op scope inside": ["foo/v:0", "foo_1/ns/add:0"],
    "numbers": [4, 8],
}

# %% wrong -, 1 point, loses test-transfer-captured-objects test-transfer-captured-third test-transfer-captured-inside: goes by the names that it reads
transfer = {
    "two objects": "baz/v:0",
    "third opening": "foo/add_1:0",
    "op scope inside": ["foo/v:0", "foo/ns/add:0"],
    "numbers": [42, 84],
}
