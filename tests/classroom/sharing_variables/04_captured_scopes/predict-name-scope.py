# %% right: a literal list
prefixed = ["v:0", "ns/u:0", "ns/add:0"]

# %% right: a prefix for those that obey name_scope, in a tuple
# get_variable hört nur auf variable_scope, die anderen gehören dem name_scope.
gehorcht = {"v": False, "u": True, "add": True}
prefixed = tuple(("ns/" if ja else "") + name + ":0" for name, ja in gehorcht.items())

# %% right: builds the three in a graph of its own
graph = tf.Graph()
with graph.as_default():
    with tf.name_scope("ns"):
        found = tf.get_variable("v", shape=[1])
        made = tf.Variable(initial_value=0.0, name="u")
        added = found + made
prefixed = [found.name, made.name, added.name]
print(prefixed)

# %% right: a function that appends one name after the other
def predict():
    names = ["v:0"]
    for other in ["u", "add"]:
        names.append("/".join(["ns", other]) + ":0")
    return names


prefixed = predict()

# %% wrong M9, 0 points, loses test-predict-name-scope: believes that name_scope prefixes everything that is made inside
prefixed = ["ns/v:0", "ns/u:0", "ns/add:0"]

# %% wrong M9, 0 points, loses test-predict-name-scope: believes that name_scope is for the variables and not for ops
prefixed = ["ns/v:0", "ns/u:0", "add:0"]

# %% wrong -, 0 points, loses test-predict-name-scope: treats tf.Variable like get_variable
prefixed = ["v:0", "u:0", "ns/add:0"]

# %% wrong -, 0 points, loses test-predict-name-scope: mixes up which of the two makers obeys
prefixed = ["ns/v:0", "u:0", "ns/add:0"]

# %% wrong -, 0 points, loses test-predict-name-scope: leaves out the output number
prefixed = ["v", "ns/u", "ns/add"]
