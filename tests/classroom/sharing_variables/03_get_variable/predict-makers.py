# %% right: a literal dictionary of lists
makers = {
    "typo": ["a/kernel:0", "a/kernal:0"],
    "reusing scope": ["a/w:0", "a/w_1:0"],
    "neighbours": ["v:0", "v_1:0"],
    "library": ["d/v:0", "d_1/v:0"],
}

# %% right: tuples instead of lists, and dict with update
makers = dict(typo=("a/kernel:0", "a/kernal:0"), library=("d/v:0", "d_1/v:0"))
makers.update({"reusing scope": ("a/w:0", "a/w_1:0"), "neighbours": ("v:0", "v_1:0")})

# %% right: asks the notebook's own helper
fragen = {
    "typo": encode_and_decode,
    "reusing scope": variables_in_a_reusing_scope,
    "neighbours": variable_then_get_variable,
    "library": library_layer_twice,
}
makers = {schlüssel: names_after(funktion) for schlüssel, funktion in fragen.items()}
print(makers)

# %% right: builds each in a graph of its own and reads the graph's collection afterwards
def noms(construire):
    graphe = tf.Graph()
    with graphe.as_default():
        construire()
    return [v.name for v in graphe.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)]


makers = {}
for clef, construire in zip(
    ["typo", "reusing scope", "neighbours", "library"],
    [encode_and_decode, variables_in_a_reusing_scope, variable_then_get_variable, library_layer_twice],
):
    makers[clef] = noms(construire)

# %% wrong M8, 3 points, loses test-predict-makers-typo: believes that AUTO_REUSE reports the misspelled name
makers = {
    "typo": "ValueError",
    "reusing scope": ["a/w:0", "a/w_1:0"],
    "neighbours": ["v:0", "v_1:0"],
    "library": ["d/v:0", "d_1/v:0"],
}

# %% wrong M2, 3 points, loses test-predict-makers-scope: believes that AUTO_REUSE holds for tf.Variable too
makers = {
    "typo": ["a/kernel:0", "a/kernal:0"],
    "reusing scope": ["a/w:0"],
    "neighbours": ["v:0", "v_1:0"],
    "library": ["d/v:0", "d_1/v:0"],
}

# %% wrong M3, 3 points, loses test-predict-makers-neighbours: believes that get_variable finds the tf.Variable
makers = {
    "typo": ["a/kernel:0", "a/kernal:0"],
    "reusing scope": ["a/w:0", "a/w_1:0"],
    "neighbours": ["v:0"],
    "library": ["d/v:0", "d_1/v:0"],
}

# %% wrong M3, 3 points, loses test-predict-makers-neighbours: believes that get_variable finds the tf.Variable and complains
makers = {"typo": ["a/kernel:0", "a/kernal:0"], "reusing scope": ["a/w:0", "a/w_1:0"]}
makers["neighbours"] = "ValueError"
makers["library"] = ["d/v:0", "d_1/v:0"]

# %% wrong M21, 3 points, loses test-predict-makers-library: believes that a default name is found again and shares
makers = {
    "typo": ["a/kernel:0", "a/kernal:0"],
    "reusing scope": ["a/w:0", "a/w_1:0"],
    "neighbours": ["v:0", "v_1:0"],
    "library": ["d/v:0"],
}

# %% wrong M2 M3 M8 M21, 0 points, loses test-predict-makers-typo test-predict-makers-scope test-predict-makers-neighbours test-predict-makers-library: believes that all four share
makers = {"typo": ["a/kernel:0"], "reusing scope": ["a/w:0"], "neighbours": ["v:0"], "library": ["d/v:0"]}

# %% wrong -, 2 points, loses test-predict-makers-scope test-predict-makers-library: numbers the scope where the variable is numbered, and the reverse
makers = {
    "typo": ["a/kernel:0", "a/kernal:0"],
    "reusing scope": ["a/w:0", "a_1/w:0"],
    "neighbours": ["v:0", "v_1:0"],
    "library": ["d/v:0", "d/v_1:0"],
}

# %% wrong M2 M3, 2 points, loses test-predict-makers-scope test-predict-makers-neighbours: believes that both calls give one variable, and lists it for each
makers = {
    "typo": ["a/kernel:0", "a/kernal:0"],
    "reusing scope": ["a/w:0"] * 2,
    "neighbours": ["v:0", "v:0"],
    "library": ["d/v:0", "d_1/v:0"],
}
