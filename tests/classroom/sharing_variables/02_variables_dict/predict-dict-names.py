# %% right: a plain list
predicted_names = ["W:0", "b:0"]

# %% right: a tuple, with a comment with umlauts
# my_op erzeugt selbst nichts mehr: beide Aufrufe lesen dieselben zwei Variablen, für jedes Bild die gleichen.
predicted_names = ("W:0", "b:0")

# %% right: a comprehension over the two names, with a debug print
nombres = ["W", "b"]
predicted_names = [f"{nombre}:0" for nombre in nombres]
print("creo que:", predicted_names)

# %% right: reads the names from a graph of its own
with tf.Graph().as_default() as graphe:
    dico = dict(weight=tf.Variable(tf.zeros([32, 10]), name="W"), bias=tf.Variable(tf.zeros([10]), name="b"))
    for _ in range(2):
        my_op(tf.placeholder(tf.float32, shape=[None, 32]), dico)
    predicted_names = [v.op.outputs[0].name for v in graphe.get_collection("trainable_variables")]

# %% right: a helper function that appends in a loop
def vorhersage(*namen):
    liste = []
    for name in namen:
        liste.append(name + ":" + str(0))
    return liste


predicted_names = vorhersage("W", "b")

# %% wrong -, 0 points, loses test-predict-dict-names: believes as in the first notebook that each call has its own set
predicted_names = ["W:0", "b:0", "W_1:0", "b_1:0"]

# %% wrong -, 0 points, loses test-predict-dict-names: believes that the keys of the dictionary are the variables' names
predicted_names = ["weight:0", "bias:0"]

# %% wrong -, 0 points, loses test-predict-dict-names: believes that placeholders are variables too
predicted_names = ["W:0", "b:0", "image1:0", "image2:0"]

# %% wrong -, 0 points, loses test-predict-dict-names: gives the names that were passed in, without the output's number
predicted_names = [name for name in ("W", "b")]

# %% wrong -, 0 points, loses test-predict-dict-names: sorts by the keys, so that the bias comes first
schluessel = {"weight": "W:0", "bias": "b:0"}
predicted_names = [schluessel[key] for key in sorted(schluessel)]

# %% wrong -, 0 points, loses test-predict-dict-names: a set, which has no order
predicted_names = {"W:0", "b:0"}
