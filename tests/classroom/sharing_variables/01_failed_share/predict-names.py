# %% right: a literal list with the names in the order of creation
predicted_names = ["W:0", "b:0", "W_1:0", "b_1:0"]

# %% right: a comprehension over suffixes, with a German name for the loop variable
# Beim zweiten Aufruf hängt TensorFlow eine Zahl an: es wählt für "W" einen neuen Namen.
predicted_names = [f"{buchstabe}{endung}:0" for endung in ("", "_1") for buchstabe in ("W", "b")]

# %% right: read off a graph of its own, with a helper function and a print
def read_names(times):
    graph = tf.Graph()
    with graph.as_default():
        for i in range(times):
            my_op(tf.placeholder(tf.float32, shape=(None, 32), name="image%d" % (i + 1)))
    return [v.op.name + ":0" for v in graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES)]


predicted_names = read_names(times=2)
print("I predict:", predicted_names)

# %% right: a tuple, put together from one part for each call
first_call = ("W:0", "b:0")
second_call = ("W_1:0", "b_1:0")
predicted_names = first_call + second_call

# %% right: grows a list in a loop
predicted_names = []
for call in range(2):
    suffix = "" if call == 0 else "_" + str(call)
    predicted_names.append("W" + suffix + ":0")
    predicted_names += ["b" + suffix + ":0"]

# %% wrong M1, 0 points, loses test-predict-names: believes that the second call finds the variables of equal name
predicted_names = ["W:0", "b:0"]

# %% wrong M1, 0 points, loses test-predict-names: believes that the second call uses the same names again
predicted_names = ["W:0", "b:0"] * 2

# %% wrong -, 0 points, loses test-predict-names: groups the names by kind and not in the order of creation
predicted_names = ["W:0", "W_1:0", "b:0", "b_1:0"]

# %% wrong -, 0 points, loses test-predict-names: gives the names of the ops and leaves out the output number
predicted_names = ["W", "b", "W_1", "b_1"]

# %% wrong -, 0 points, loses test-predict-names: takes the number after the colon for the number of the call
predicted_names = ["W:0", "b:0", "W:1", "b:1"]

# %% wrong -, 0 points, loses test-predict-names: hands in the variables and not their names
with tf.Graph().as_default():
    for name in ("image1", "image2"):
        my_op(tf.placeholder(tf.float32, shape=(None, 32), name=name))
    predicted_names = tf.trainable_variables()
