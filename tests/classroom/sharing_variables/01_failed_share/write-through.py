# %% right: writes a number that cannot stand in v, because it is computed from v
def proves_sharing(sess, u, v):
    # größer als alles, was in v steht
    neuer_wert = np.full(v.shape.as_list(), sess.run(v).max() + 1.0, dtype=np.float32)
    sess.run(tf.assign(u, neuer_wert))
    return np.array_equal(sess.run(v), neuer_wert)

# %% right: one run that reads after the write, by a control dependency
def proves_sharing(sess, u, v):
    before = sess.run(v)
    with tf.control_dependencies([tf.assign_sub(u, tf.ones_like(u))]):
        after = v.read_value()
    if np.all(before == sess.run(after)):
        return False
    else:
        return True

# %% right: loads the value without a new op, through helper functions
def lire(sess, variable):
    return sess.run(variable.value())


def proves_sharing(sess, u, v):
    avant = lire(sess, v)
    u.load(avant + 1, session=sess)
    return np.any(lire(sess, v) != avant)

# %% wrong M18, 0 points, loses test-write-through-zeros test-write-through-values: believes that equal values prove sharing
def proves_sharing(sess, u, v):
    """Write through u, read through v, and return whether v saw it."""
    return np.array_equal(sess.run(u), sess.run(v))

# %% wrong M18, 2 points, loses test-write-through-values: always writes 1 and takes a 1 in v for a proof
def proves_sharing(sess, u, v):
    sess.run(tf.assign(u, tf.ones_like(u)))
    return bool(np.all(sess.run(v) == 1.0))

# %% wrong -, 2 points, loses test-write-through-zeros: doubles u, which changes nothing at zero
def proves_sharing(sess, u, v):
    before = sess.run(v)
    sess.run(u.assign(2.0 * u))
    return not np.array_equal(before, sess.run(v))

# %% wrong -, 2 points, loses test-write-through-values: hard-codes the shape of the example
def proves_sharing(sess, u, v):
    before = sess.run(v)
    sess.run(tf.assign_add(u, [1.0, 1.0]))
    return not np.array_equal(before, sess.run(v))

# %% wrong -, 0 points, loses test-write-through-zeros test-write-through-values: compares arrays with == and returns an array
def proves_sharing(sess, u, v):
    before = sess.run(v)
    sess.run(u.assign(u + 1.0))
    return sess.run(v) != before

# %% wrong M18, 2 points, loses test-write-through-values: believes that an unlikely value in v can only have come through u
def proves_sharing(sess, u, v):
    sess.run(u.assign(tf.fill(u.shape, 123.0)))
    return bool(np.all(sess.run(v) == 123.0))

# %% wrong -, 0 points, loses test-write-through-zeros test-write-through-values: reads in the run that writes, which may read first
def proves_sharing(sess, u, v):
    old = sess.run(v)
    _, new = sess.run([u.assign(u + 1), v])
    return not np.array_equal(old, new)

# %% wrong -, 2 points, loses test-write-through-values: compares names and writes nothing
def proves_sharing(sess, u, v):
    return u.name == v.name

# %% wrong -, 0 points, loses test-write-through-zeros test-write-through-values: reads u where it should read v, so that twins count as one
def proves_sharing(sess, u, v):
    before = sess.run(u)
    sess.run(tf.assign_add(u, tf.ones_like(u)))
    return not np.array_equal(before, sess.run(u))
