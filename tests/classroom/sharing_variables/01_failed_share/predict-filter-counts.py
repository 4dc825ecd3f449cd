# %% right: a literal pair
filter_counts = (4, 8)

# %% right: a list, computed from the layers
layers = 2
pro_aufruf = layers * 2  # je Schicht Gewichte und ein Bias; zwei Aufrufe zählen doppelt
filter_counts = [pro_aufruf * aufrufe for aufrufe in (1, 2)]

# %% right: counted in a graph of its own for each number of calls
def count_after(calls):
    with tf.Graph().as_default() as g:
        for _ in range(calls):
            my_image_filter(tf.zeros([1, 16, 16, 3]))
    return len(g.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES))


filter_counts = (count_after(1), count_after(calls=2))
print(filter_counts)

# %% right: names the parts in a named tuple
from collections import namedtuple

Counts = namedtuple("Counts", ["after_one", "after_two"])
filter_counts = Counts(after_one=4, after_two=8)

# %% wrong M1, 0 points, loses test-predict-filter-counts: believes that clear names make the second call share
filter_counts = (4, 4)

# %% wrong M15, 0 points, loses test-predict-filter-counts: measures both numbers in one graph, which remembers the first measurement
with tf.Graph().as_default():
    my_image_filter(tf.zeros([1, 16, 16, 3]))
    after_one = len(tf.trainable_variables())
    my_image_filter(tf.zeros([1, 16, 16, 3]))
    my_image_filter(tf.zeros([1, 16, 16, 3]))
    after_two = len(tf.trainable_variables())
filter_counts = (after_one, after_two)

# %% wrong -, 0 points, loses test-predict-filter-counts: counts the weights and forgets the biases
filter_counts = (2, 4)

# %% wrong -, 0 points, loses test-predict-filter-counts: gives the two numbers in the wrong order
after_two, after_one = 4, 8
filter_counts = (after_one, after_two)

# %% wrong -, 0 points, loses test-predict-filter-counts: one number and no pair
filter_counts = 8
