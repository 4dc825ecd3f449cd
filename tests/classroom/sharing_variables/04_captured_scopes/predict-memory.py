# %% right: a literal pair
still_reusing = (False, True)

# %% right: a list from a dictionary with names in German
erinnert_sich = {"Name": False, "Objekt": True}
still_reusing = [erinnert_sich["Name"], erinnert_sich["Objekt"]]

# %% right: opens both in a graph of its own
def ask(how):
    with tf.Graph().as_default():
        with tf.variable_scope("s") as scope:
            scope.reuse_variables()
        with tf.variable_scope("s" if how == "by name" else scope) as again:
            return again.reuse


still_reusing = tuple(ask(how) for how in ("by name", "by object"))
print(still_reusing)

# %% right: NumPy's bools, one the opposite of the other
by_name = np.bool_(False)
still_reusing = by_name, ~by_name

# %% wrong M7, 0 points, loses test-predict-memory: believes that reuse_variables lasts for the name, and so for the object too
still_reusing = (True, True)

# %% wrong M7, 0 points, loses test-predict-memory: believes that the object forgets at the end of the with, as the name does
still_reusing = (False, False)

# %% wrong M7, 0 points, loses test-predict-memory: believes that only the name remembers
still_reusing = (True, False)

# %% wrong -, 0 points, loses test-predict-memory: gives one answer for both
still_reusing = False

# %% wrong -, 0 points, loses test-predict-memory: gives words, and every word counts as true
still_reusing = ("False", "True")
