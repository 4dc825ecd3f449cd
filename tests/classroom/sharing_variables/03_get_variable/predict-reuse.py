# %% right: a literal dictionary
flags = {
    "opened": False,
    "inside a reusing scope": True,
    "inside, with reuse=False": True,
    "after reuse_variables()": True,
    "opened again by name": False,
}

# %% right: two lists, zipped
wann = [
    "opened",
    "inside a reusing scope",
    "inside, with reuse=False",
    "after reuse_variables()",
    "opened again by name",
]
# geerbt heißt geerbt: reuse=False ändert daran nichts
flags = dict(zip(wann, [False, True, True, True, False]))

# %% right: runs the notebook's own function in a graph of its own
with tf.Graph().as_default():
    flags = reuse_flags()
print(flags)

# %% right: names the exceptions, everything else reuses
off = {"opened", "opened again by name"}
inside = [f"inside{rest}" for rest in (" a reusing scope", ", with reuse=False")]
flags = {key: key not in off for key in [*off, *inside, "after reuse_variables()"]}

# %% right: a small model of the rule, without TensorFlow
def reuses(parent, own=None):
    return bool(parent or own)


flags = dict.fromkeys(["opened", "opened again by name"], reuses(parent=False))
flags["inside a reusing scope"] = reuses(parent=True)
flags["inside, with reuse=False"] = reuses(parent=True, own=False)
flags["after reuse_variables()"] = reuses(parent=False, own=True)

# %% right: opens the scopes itself and reads each flag with a helper
from contextlib import ExitStack


def flag(*scopes, declare=False):
    with ExitStack() as offen:
        offen.enter_context(tf.Graph().as_default())
        for name, reuse in scopes:
            scope = offen.enter_context(tf.variable_scope(name, reuse=reuse))
        if declare:
            scope.reuse_variables()
        return scope.reuse is True


flags = {
    "opened": flag(("root", None)),
    "inside a reusing scope": flag(("root", True), ("inner", None)),
    "inside, with reuse=False": flag(("root", True), ("inner", False)),
    "after reuse_variables()": flag(("once", None), declare=True),
    "opened again by name": flag(("once", None)),
}

# %% wrong M6, 1 point, loses test-predict-reuse-inherited: believes that reuse=False switches it off
flags = {
    "opened": False,
    "inside a reusing scope": True,
    "inside, with reuse=False": False,
    "after reuse_variables()": True,
    "opened again by name": False,
}

# %% wrong M7, 1 point, loses test-predict-reuse-by-name: believes that reuse_variables() lasts for the name
flags = {
    "opened": False,
    "inside a reusing scope": True,
    "inside, with reuse=False": True,
    "after reuse_variables()": True,
    "opened again by name": True,
}

# %% wrong M7, 1 point, loses test-predict-reuse-by-name: believes that reuse_variables() marks the name for the next time it is opened
flags = dict.fromkeys(["inside a reusing scope", "inside, with reuse=False", "opened again by name"], True)
flags |= {"opened": False, "after reuse_variables()": False}

# %% wrong M6 M7, 0 points, loses test-predict-reuse-inherited test-predict-reuse-by-name: believes that each name has a switch of its own
flags = {
    "opened": False,
    "inside a reusing scope": True,
    "inside, with reuse=False": False,
    "after reuse_variables()": True,
    "opened again by name": True,
}

# %% wrong -, 1 point, loses test-predict-reuse-inherited: believes that reuse counts for the one scope that declares it
flags = {
    "opened": False,
    "inside a reusing scope": False,
    "inside, with reuse=False": False,
    "after reuse_variables()": True,
    "opened again by name": False,
}

# %% wrong -, 0 points, loses test-predict-reuse-inherited test-predict-reuse-by-name: shortens the keys
flags = {"opened": False, "inside": True, "inside reuse=False": True, "after": True, "again": False}
