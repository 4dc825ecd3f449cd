# %% right: literals
trained_numbers = (990, 330)
last_value = 2.0
twins_equal = (True, False)

# %% right: worked out, in lists, with German names
je_satz = 32 * 10 + 10  # Gewichte und Bias eines Aufrufs
trained_numbers = [je_satz * saetze for saetze in (3, 1)]
last_value = 2  # zwei Läufe, jeder schreibt einmal
twins_equal = [[1.0, 2.0] == eingabe for eingabe in ([1.0, 2.0], [3.0, 4.0])]

# %% right: measured, each in a graph of its own
def how_many(calls):
    with tf.Graph().as_default():
        for _ in range(calls):
            my_op(tf.zeros([1, 32]))
        return sum(int(np.prod(v.shape.as_list())) for v in tf.trainable_variables())


trained_numbers = how_many(3), how_many(1)

with tf.Graph().as_default(), tf.Session() as sess:
    v = tf.Variable(0.0)
    sess.run(v.initializer)
    for _ in range(3):
        add = v.assign_add(1.0)
    sess.run(add)
    sess.run(add)
    last_value = sess.run(v)


def stay_equal(other):
    with tf.Graph().as_default(), tf.Session() as sess:
        result1, result2 = weigh([1.0, 2.0]), weigh(other)
        step = tf.train.GradientDescentOptimizer(0.1).minimize(result1 + result2)
        sess.run(tf.global_variables_initializer())
        sess.run(step)
        return np.array_equal(*sess.run(tf.trainable_variables()))


twins_equal = stay_equal([1.0, 2.0]), stay_equal([3.0, 4.0])
print(trained_numbers, last_value, twins_equal)

# %% right: a named tuple, numbers of NumPy's and 0 and 1
from collections import namedtuple

Numbers = namedtuple("Numbers", ["as_it_is", "if_shared"])
trained_numbers = Numbers(if_shared=np.int64(330), as_it_is=np.int64(990))
last_value = np.float32(2)
twins_equal = (1, 0)

# %% wrong M1, 2 points, loses test-transfer-failed-share-numbers: believes that three calls share one set
trained_numbers = (330, 330)
last_value = 2.0
twins_equal = (True, False)

# %% wrong -, 2 points, loses test-transfer-failed-share-numbers: counts variables where numbers were asked for
trained_numbers = (6, 2)
last_value = 2.0
twins_equal = (True, False)

# %% wrong -, 2 points, loses test-transfer-failed-share-writes: believes that building a write writes
trained_numbers = (990, 330)
last_value = 3.0
twins_equal = (True, False)

# %% wrong -, 2 points, loses test-transfer-failed-share-writes: believes that a run of the last node runs those built before it
trained_numbers = (990, 330)
last_value = 6
twins_equal = (True, False)

# %% wrong -, 2 points, loses test-transfer-failed-share-twins: believes that twins drift apart in any training
trained_numbers = (990, 330)
last_value = 2.0
twins_equal = (False, False)

# %% wrong -, 2 points, loses test-transfer-failed-share-twins: believes that twins of one name are trained together
trained_numbers = (990, 330)
last_value = 2.0
twins_equal = (True, True)

# %% wrong -, 1 point, loses test-transfer-failed-share-numbers test-transfer-failed-share-twins: forgets the biases, and answers in words
trained_numbers = (960, 320)
last_value = 2.0
twins_equal = ("yes", "no")
