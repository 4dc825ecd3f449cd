# %% right: a literal dictionary
jumps = {
    "scope": "foo",
    "variable": "foo/w:0",
    "op": "bar/baz/foo/add:0",
    "two ops": ["foo/add:0", "foo_1/add:0"],
    "all variables": ["foo/v:0"],
}

# %% right: put together from the place and the scope, key by key, with tuples
jumps = dict()
hier, scope_name = "bar/baz/", "foo"
jumps["scope"] = scope_name
jumps["variable"] = scope_name + "/w:0"  # Variablen springen zurück, auch über bar/baz hinweg
jumps["op"] = hier + scope_name + "/add:0"
jumps["two ops"] = tuple(f"{scope_name}{zahl}/add:0" for zahl in ("", "_1"))
jumps["all variables"] = (scope_name + "/v:0",)
print(jumps)

# %% right: read off two graphs, through a helper
def in_fresh_graph(function):
    with tf.Graph().as_default():
        return function()


jumps = dict(zip(("scope", "variable", "op"), in_fresh_graph(jump)))
jumps["two ops"], jumps["all variables"] = in_fresh_graph(open_twice)

# %% right: keyword arguments, and the keys with a blank added afterwards
jumps = dict(op="bar/baz/foo/add:0", variable="foo/w:0", scope="foo")
jumps.update({"all variables": ["foo/v:0"], "two ops": ["foo/add:0", "foo_1/add:0"]})

# %% wrong M12, 2 points, loses test-predict-jump-variable: believes that the captured scope nests under bar/baz
jumps = {
    "scope": "bar/baz/foo",
    "variable": "bar/baz/foo/w:0",
    "op": "bar/baz/foo/add:0",
    "two ops": ["foo/add:0", "foo_1/add:0"],
    "all variables": ["foo/v:0"],
}

# %% wrong M11, 1 point, loses test-predict-jump-op test-predict-jump-twice: believes that the captured scope re-enters its op scope
jumps = {
    "scope": "foo",
    "variable": "foo/w:0",
    "op": "foo/add:0",
    "two ops": ["foo/add:0", "foo/add_1:0"],
    "all variables": ["foo/v:0"],
}

# %% wrong M10, 2 points, loses test-predict-jump-twice: believes that foo_1 has a variable of its own
jumps = {
    "scope": "foo",
    "variable": "foo/w:0",
    "op": "bar/baz/foo/add:0",
    "two ops": ["foo/add:0", "foo_1/add:0"],
    "all variables": ["foo/v:0", "foo_1/v:0"],
}

# %% wrong M10 M11 M12, 0 points, loses test-predict-jump-variable test-predict-jump-op test-predict-jump-twice: a scope that nests, ops that go back, and a copy for each opening
jumps = {
    "scope": "bar/baz/foo",
    "variable": "bar/baz/foo/w:0",
    "op": "foo/add:0",
    "two ops": ["foo/add:0", "foo/add_1:0"],
    "all variables": ["foo/v:0", "foo_1/v:0"],
}

# %% wrong -, 1 point, loses test-predict-jump-op test-predict-jump-twice: has read that an object leaves the op scope alone, as it did in 2016
jumps = {"scope": "foo", "variable": "foo/w:0", "op": "bar/baz/add:0"}
jumps["two ops"] = ["foo/add:0", "add:0"]
jumps["all variables"] = ["foo/v:0"]

# %% wrong -, 1 point, loses test-predict-jump-variable test-predict-jump-op: mixes up what jumps and what stays
jumps = {
    "scope": "foo",
    "variable": "bar/baz/foo/w:0",
    "op": "foo/add:0",
    "two ops": ["foo/add:0", "foo_1/add:0"],
    "all variables": ["foo/v:0"],
}

# %% wrong -, 2 points, loses test-predict-jump-op: forgets a key
jumps = {
    "scope": "foo",
    "variable": "foo/w:0",
    "two ops": ["foo/add:0", "foo_1/add:0"],
    "all variables": ["foo/v:0"],
}

# %% wrong -, 2 points, loses test-predict-jump-twice: gives a string where a list is asked for
jumps = {
    "scope": "foo",
    "variable": "foo/w:0",
    "op": "bar/baz/foo/add:0",
    "two ops": ["foo/add:0", "foo_1/add:0"],
    "all variables": "foo/v:0",
}
