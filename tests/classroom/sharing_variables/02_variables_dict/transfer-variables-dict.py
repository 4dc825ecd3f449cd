# %% right: literals
read_by = [["W:0", "b:0"], ["W_1:0", "b_1:0"], ["W:0", "b_1:0"]]
multiplied = "bias:0"
when = {"foreign": "build", "narrow": "never", "uninitialized": "run"}

# %% right: tuples, put together from parts, with comments with umlauts
erstes, zweites = ("W:0", "b:0"), ("W_1:0", "b_1:0")  # je Wörterbuch ein Satz
read_by = (erstes, zweites, (erstes[0], zweites[1]))
schluessel = {"weight": "bias:0", "bias": "weight:0"}
multiplied = schluessel["weight"]
when = dict(uninitialized="run", foreign="build", narrow="never", ueberfluessig="?")

# %% right: measured, by what changes a result and by what is raised
def lit(resultat):
    toutes = tf.trainable_variables()
    return [v.name for v, g in zip(toutes, tf.gradients(resultat, toutes)) if g is not None]


def couche():
    return {"weight": tf.Variable(tf.ones([4, 3]), name="W"), "bias": tf.Variable(tf.ones([3]), name="b")}


with tf.Graph().as_default():
    x = tf.ones([2, 4])
    first, second = couche(), couche()
    result1, result2 = my_op(x, first), my_op(x, second)
    first["bias"] = second["bias"]
    read_by = [lit(r) for r in (result1, result2, my_op(x, first))]
    mixed = {"weight": tf.Variable(tf.ones([4, 3]), name="bias"), "bias": tf.Variable(tf.ones([3]), name="weight")}
    multiplied = mixed["weight"].name

when = {}
for erreur, largeur, initialise in [("foreign", 3, True), ("narrow", 1, True), ("uninitialized", 3, False)]:
    ici = tf.Graph()
    ailleurs = tf.Graph() if erreur == "foreign" else ici
    with ailleurs.as_default():
        dico = {"weight": tf.Variable(tf.ones([4, 3])), "bias": tf.Variable(tf.ones([largeur]))}
    with ici.as_default(), tf.Session() as sess:
        when[erreur] = "build"
        try:
            result = my_op(tf.ones([2, 4]), dico)
            when[erreur] = "run"
            if initialise:
                sess.run(tf.global_variables_initializer())
            sess.run(result)
            when[erreur] = "never"
        except Exception as genre:
            print(erreur, type(genre).__name__)

# %% wrong M1, 3 points, loses test-transfer-variables-dict-read: believes that equal names make one set for both dictionaries
read_by = [["W:0", "b:0"]] * 3
multiplied = "bias:0"
when = {"foreign": "build", "narrow": "never", "uninitialized": "run"}

# %% wrong -, 3 points, loses test-transfer-variables-dict-read: believes that a result looks its keys up each time it runs
read_by = [["W:0", "b_1:0"], ["W_1:0", "b_1:0"], ["W:0", "b_1:0"]]
multiplied = "bias:0"
when = {"foreign": "build", "narrow": "never", "uninitialized": "run"}

# %% wrong -, 3 points, loses test-transfer-variables-dict-read: believes that a dictionary keeps what it was made with
read_by = [["W:0", "b:0"], ["W_1:0", "b_1:0"], ["W:0", "b:0"]]
multiplied = "bias:0"
when = {"foreign": "build", "narrow": "never", "uninitialized": "run"}

# %% wrong -, 3 points, loses test-transfer-variables-dict-read: believes that each call makes a set
read_by = [["W:0", "b:0"], ["W_1:0", "b_1:0"], ["W_2:0", "b_2:0"]]
multiplied = "bias:0"
when = {"foreign": "build", "narrow": "never", "uninitialized": "run"}

# %% wrong -, 3 points, loses test-transfer-variables-dict-name: believes that the name decides and not the key
read_by = [["W:0", "b:0"], ["W_1:0", "b_1:0"], ["W:0", "b_1:0"]]
multiplied = "weight:0"
when = {"foreign": "build", "narrow": "never", "uninitialized": "run"}

# %% wrong -, 3 points, loses test-transfer-variables-dict-errors: believes that graphs meet in the session
read_by = [["W:0", "b:0"], ["W_1:0", "b_1:0"], ["W:0", "b_1:0"]]
multiplied = "bias:0"
when = {"foreign": "run", "narrow": "never", "uninitialized": "run"}

# %% wrong -, 3 points, loses test-transfer-variables-dict-errors: believes that a variable has its initial value at once
read_by = [["W:0", "b:0"], ["W_1:0", "b_1:0"], ["W:0", "b_1:0"]]
multiplied = "bias:0"
when = {"foreign": "build", "narrow": "never", "uninitialized": "never"}

# %% wrong -, 3 points, loses test-transfer-variables-dict-silence: believes that shapes must be equal to be added
read_by = [["W:0", "b:0"], ["W_1:0", "b_1:0"], ["W:0", "b_1:0"]]
multiplied = "bias:0"
when = {"foreign": "build", "narrow": "build", "uninitialized": "run"}

# %% wrong -, 1 point, loses test-transfer-variables-dict-name test-transfer-variables-dict-errors test-transfer-variables-dict-silence: gives the key, and exceptions in place of the times
read_by = [["W:0", "b:0"], ["W_1:0", "b_1:0"], ["W:0", "b_1:0"]]
multiplied = "weight"
when = {"foreign": "ValueError", "narrow": "nothing", "uninitialized": "FailedPreconditionError"}
