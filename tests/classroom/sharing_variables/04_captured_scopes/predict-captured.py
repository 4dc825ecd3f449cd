# %% right: a literal list
captured_names = ["foo/v:0", "foo/w:0", "foo/v:0", "foo/w:0"]

# %% right: two names, given twice, in a tuple
# Das Objekt öffnet immer wieder dasselbe foo, also gibt es nur zwei Namen.
namen = ("foo/v:0", "foo/w:0")
captured_names = namen * 2

# %% right: read off a graph of its own, with a print
def read_names():
    graph = tf.Graph()
    with graph.as_default():
        variables = capture()
    return [variable.op.name + ":0" for variable in variables]


captured_names = read_names()
print("I predict:", captured_names)

# %% right: a comprehension over what the third with asks for
captured_names = [f"foo/{letter}:0" for letter in "vwvw"]

# %% wrong -, 0 points, loses test-predict-captured: puts foo below foo, though no scope is open where the object is opened
captured_names = ["foo/v:0", "foo/foo/w:0", "foo/foo/v:0", "foo/foo/w:0"]

# %% wrong M10, 0 points, loses test-predict-captured: has seen foo_1/ in the name of an op and believes that variables are copied there
captured_names = ["foo/v:0", "foo_1/w:0", "foo_2/v:0", "foo_2/w:0"]

# %% wrong -, 0 points, loses test-predict-captured: believes that a scope names only ops
captured_names = ["v:0", "w:0", "v:0", "w:0"]

# %% wrong -, 0 points, loses test-predict-captured: takes each of the four calls for a variable of its own
captured_names = ["foo/" + name + ":0" for name in ("v", "w", "v_1", "w_1")]

# %% wrong -, 0 points, loses test-predict-captured: gives every variable once
captured_names = ["foo/v:0", "foo/w:0"]

# %% wrong -, 0 points, loses test-predict-captured: hands in the variables and not their names
with tf.Graph().as_default():
    captured_names = capture()
