# %% right: two literal lists
after_three_runs = ["v:0", "v_1:0", "v_2:0"]
after_del = ["v:0", "v_1:0", "v_2:0"]

# %% right: a comprehension, and a copy because del changes nothing
# del löscht nur den Python-Namen, der Graph behält alle drei.
after_three_runs = ["v:0"] + [f"v_{lauf}:0" for lauf in range(1, 3)]
after_del = after_three_runs.copy()

# %% right: plays it in a graph of its own inside a function
def play():
    graph = tf.Graph()
    with graph.as_default():
        for run in range(3):
            v = tf.Variable(0.0, name="v")
            print("run", run + 1, "made", v.name)
        before = [variable.name for variable in tf.global_variables()]
        del v
    after = [variable.name for variable in graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)]
    return before, after


after_three_runs, after_del = play()

# %% right: one tuple under both names
after_three_runs = after_del = ("v:0", "v_1:0", "v_2:0")

# %% wrong M15, 0 points, loses test-predict-reruns-three test-predict-reruns-del: believes that a second run replaces the first variable
after_three_runs = ["v:0"]
after_del = ["v:0"]

# %% wrong M15, 0 points, loses test-predict-reruns-three test-predict-reruns-del: believes that only the newest variable is kept
after_three_runs = ["v_2:0"]
after_del = ["v_2:0"]

# %% wrong M16, 1 point, loses test-predict-reruns-del: believes that del removes the newest variable from the graph
after_three_runs = ["v:0", "v_1:0", "v_2:0"]
after_del = ["v:0", "v_1:0"]

# %% wrong M16, 1 point, loses test-predict-reruns-del: believes that del removes everything that was ever called v
after_three_runs = [f"v{n}:0" for n in ("", "_1", "_2")]
after_del = []

# %% wrong M15 M16, 0 points, loses test-predict-reruns-three test-predict-reruns-del: believes in one variable that goes away with del
after_three_runs = ["v:0"]
after_del = []

# %% wrong -, 0 points, loses test-predict-reruns-three test-predict-reruns-del: begins to count at 1
after_three_runs = ["v_1:0", "v_2:0", "v_3:0"]
after_del = list(after_three_runs)

# %% wrong -, 1 point, loses test-predict-reruns-three: thinks that the newest variable enters the list with the next cell only
after_three_runs = ["v:0", "v_1:0"]
after_del = after_three_runs + ["v_2:0"]

# %% wrong -, 1 point, loses test-predict-reruns-del: leaves out the output number the second time
after_three_runs = ["v:0", "v_1:0", "v_2:0"]
after_del = ["v", "v_1", "v_2"]
