# %% right: a literal
transfer = {"nested": "a/a/v:0", "slash": "ValueError", "inherited": 1, "templates": 4}

# %% right: one key after the other, from the rules
transfer = {}
transfer["nested"] = "/".join(["a", "a", "v"]) + ":0"
transfer["slash"] = ValueError.__name__  # derselbe volle Name
transfer["inherited"] = 1
transfer["templates"] = 2 * 2

# %% right: builds the graphs
def built(build):
    with tf.Graph().as_default() as graph:
        build()
        return [v.name for v in graph.get_collection("variables")]


def nested():
    with tf.variable_scope("a"):
        tf.get_variable("v", shape=[])
        with tf.variable_scope("a"):
            tf.get_variable("v", shape=[])


def inherited():
    with tf.variable_scope("a", reuse=tf.AUTO_REUSE):
        for _ in range(3):
            with tf.variable_scope("b"):
                tf.get_variable("v", shape=[])


transfer = dict(nested=built(nested)[-1], slash="ValueError", inherited=len(built(inherited)), templates=4.0)

# %% wrong -, 3 points, loses test-transfer-get-variable-nested: believes that a scope of the same name is the same place
transfer = {"nested": "ValueError", "slash": "ValueError", "inherited": 1, "templates": 4}

# %% wrong -, 3 points, loses test-transfer-get-variable-slash: believes that a scope's variables are its own, whatever their full names
transfer = {"nested": "a/a/v:0", "slash": "a/b_1/v:0", "inherited": 1, "templates": 4}

# %% wrong -, 3 points, loses test-transfer-get-variable-inherited: believes that AUTO_REUSE counts for the one scope that declares it
transfer = {"nested": "a/a/v:0", "slash": "ValueError", "inherited": 3, "templates": 4}

# %% wrong -, 3 points, loses test-transfer-get-variable-templates: believes that templates of one name share
transfer = {"nested": "a/a/v:0", "slash": "ValueError", "inherited": 1, "templates": 2}

# %% wrong -, 1 point, loses test-transfer-get-variable-nested test-transfer-get-variable-slash test-transfer-get-variable-templates: counts each call, and forgets the scopes
transfer = {"nested": "v:0", "slash": "a/b/v:0", "inherited": 1, "templates": 10}

# %% wrong -, 2 points, loses test-transfer-get-variable-inherited test-transfer-get-variable-templates: shortens the keys
transfer = {"nested": "a/a/v:0", "slash": "ValueError", "inherit": 1, "template": 4}
