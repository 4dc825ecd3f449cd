# %% right: a literal
price = {"fewer": "KeyError", "different": "ValueError", "more": "nothing"}

# %% right: keyword arguments of dict, names taken from the exceptions
price = dict(fewer=KeyError.__name__, different=ValueError.__name__, more="nothing")

# %% right: filled key by key, in another order, with a comment with umlauts and a print
price = {}
price["more"] = "nothing"  # überflüssig, aber niemand fragt danach
price["different"] = "ValueError"  # [None, 16] @ [32, 10]
price["fewer"] = "KeyError"
print(sorted(price.items()))

# %% right: measured with the notebook's call_with
formas = {
    "fewer": {"weight": [32, 10], "bias": [10]},
    "different": {"hidden_weight": [32, 16], "hidden_bias": [16], "weight": [32, 10], "bias": [10]},
    "more": dict(hidden_weight=[32, 16], hidden_bias=[16], weight=[16, 10], bias=[10], output_scale=[10]),
}
price = {quien: call_with(**forma) for quien, forma in formas.items()}

# %% right: tries the two errors in a graph of its own
def was_passiert(versuch):
    with tf.Graph().as_default():
        try:
            versuch()
        except Exception as fehler:
            return fehler.__class__.__name__
    return "nothing"


price = {
    "fewer": was_passiert(lambda: {"weight": 1, "bias": 2}["hidden_weight"]),
    "different": was_passiert(lambda: tf.zeros([1, 16]) @ tf.zeros([32, 10])),
    "more": was_passiert(lambda: None),
}

# %% wrong -, 1 point, loses test-predict-price-silence: believes that too many variables are refused, as too many arguments are
price = {"fewer": "KeyError", "different": "ValueError", "more": "TypeError"}

# %% wrong -, 1 point, loses test-predict-price-errors: believes that shapes are only looked at when the session runs
price = {"fewer": "KeyError", "different": "nothing", "more": "nothing"}

# %% wrong -, 0 points, loses test-predict-price-errors test-predict-price-silence: believes that TensorFlow checks the dictionary against the docstring
price = dict.fromkeys(["fewer", "different", "more"], "ValueError")

# %% wrong -, 1 point, loses test-predict-price-errors: believes that a missing variable is made when it is asked for
price = {"fewer": "nothing", "different": "ValueError", "more": "nothing"}

# %% wrong -, 0 points, loses test-predict-price-errors test-predict-price-silence: gives the exceptions themselves and None instead of the names
price = {"fewer": KeyError, "different": ValueError, "more": None}
