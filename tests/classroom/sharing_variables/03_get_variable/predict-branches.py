# %% right: a literal list
branches = ["ValueError", "TypeError", "ValueError", "shares", "shares"]

# %% right: asks the notebook's own helper
branches = [outcome(branch) for branch in (branch_1, branch_2, branch_3, branch_4, branch_5)]
print(branches)

# %% right: a tuple with a reason beside each value
branches = (
    "ValueError",  # zweimal derselbe Name, und niemand hat reuse erklärt
    "TypeError",  # get_variable kennt kein Argument reuse
    "ValueError",  # ein gleichnamiger Scope erklärt nichts
    "shares",  # reuse beim Öffnen erklärt
    "shares",  # reuse später erklärt
)

# %% right: a class with one method for each way to end
class Predict:
    @staticmethod
    def raises(error):
        return error.__name__

    @staticmethod
    def shares():
        return "shares"


branches = [Predict.raises(e) for e in (ValueError, TypeError, ValueError)]
branches.extend([Predict.shares()] * 2)

# %% right: tries each branch in a graph of its own and compares by identity
def essayer(branche):
    graphe = tf.Graph()
    with graphe.as_default():
        try:
            variables = branche()
        except (TypeError, ValueError) as erreur:
            return erreur.__class__.__name__
    return "shares" if len({id(v) for v in variables}) == 1 else "two variables"


branches = list(map(essayer, [branch_1, branch_2, branch_3, branch_4, branch_5]))

# %% wrong M4, 2 points, loses test-predict-branches-exists: believes that get_variable always gets or creates
branches = ["shares", "TypeError", "shares", "shares", "shares"]

# %% wrong M4, 2 points, loses test-predict-branches-exists: believes that a scope opened again by name gets what is there
branches = ["ValueError", "TypeError", "shares", "shares", "shares"]

# %% wrong M22, 2 points, loses test-predict-branches-argument: believes that get_variable takes reuse=True
branches = ["ValueError", "shares", "ValueError", "shares", "shares"]

# %% wrong M4 M22, 1 point, loses test-predict-branches-exists test-predict-branches-argument: believes that everything shares
branches = ["shares"] * 5

# %% wrong -, 2 points, loses test-predict-branches-exists: believes that get_variable renames as tf.Variable does
branches = ["two variables", "TypeError", "two variables", "shares", "shares"]

# %% wrong -, 2 points, loses test-predict-branches-shares: believes that reuse can only be declared when a scope is opened
branches = ["ValueError", "TypeError", "ValueError", "shares", "ValueError"]

# %% wrong -, 1 point, loses test-predict-branches-exists test-predict-branches-argument: gives the exceptions and not their names
branches = [ValueError, TypeError, ValueError, "shares", "shares"]
