# %% right: a template, which brings its scope with it
def siamese(left, right):
    shared = tf.make_template("tower", tower)
    return shared(left), shared(right), shared.variable_scope

# %% right: the object remembers reuse when it is opened again, a helper and a dictionary
def siamese(left, right):
    results = {}
    with tf.variable_scope("tower") as scope:
        results["left"] = tower(left)
    scope.reuse_variables()

    def again(points):
        with tf.variable_scope(scope):
            return tower(points)

    results["right"] = again(right)
    return results["left"], results["right"], scope

# %% right: asks for the current scope inside, the second opening by name
def siamese(left, right):
    with tf.variable_scope("tower"):
        gauche = tower(left)
    with tf.variable_scope("tower", reuse=True):
        droite, portee = tower(right), tf.get_variable_scope()
    return gauche, droite, portee

# %% right: one batch of both, cut in two
def siamese(left, right):
    with tf.variable_scope("tower") as scope:
        codes = tower(tf.concat([left, right], axis=0))
    pairs = tf.shape(left)[0]
    return codes[:pairs], codes[pairs:], scope

# %% wrong M12, 2 points, loses test-two-towers-joins: returns the scope's name and believes that an object would nest just as well
def siamese(left, right):
    """Build two towers that share; return both codes and the captured scope."""
    with tf.variable_scope("tower"):
        left_code = tower(left)
    with tf.variable_scope("tower", reuse=True):
        right_code = tower(right)
    return left_code, right_code, "tower"

# %% wrong M9, 2 points, loses test-two-towers-shares: believes that name_scope puts the variables into tower
def siamese(left, right):
    with tf.name_scope("tower"):
        with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE) as scope:
            left_code, right_code = tower(left), tower(right)
    return left_code, right_code, scope

# %% wrong -, 2 points, loses test-two-towers-joins: asks for the current scope after the with, which is the outer one
def siamese(left, right):
    with tf.variable_scope("tower", reuse=tf.AUTO_REUSE):
        left_code = tower(left)
        right_code = tower(right)
    return left_code, right_code, tf.get_variable_scope()

# %% wrong -, 2 points, loses test-two-towers-joins: returns the codes in the wrong order
def siamese(left, right):
    with tf.variable_scope("tower") as scope:
        right_code = tower(right)
    with tf.variable_scope(scope, reuse=True):
        left_code = tower(left)
    return right_code, left_code, scope

# %% wrong M7, 0 points, loses test-two-towers-shares test-two-towers-joins: believes that reuse_variables lasts for the name
def siamese(left, right):
    with tf.variable_scope("tower") as scope:
        left_code = tower(left)
        scope.reuse_variables()
    with tf.variable_scope("tower"):
        right_code = tower(right)
    return left_code, right_code, scope

# %% wrong -, 0 points, loses test-two-towers-shares test-two-towers-joins: gives the right points to both towers
def siamese(left, right):
    with tf.variable_scope("tower", reuse=tf.AUTO_REUSE) as scope:
        left_code = tower(right)
        right_code = tower(right)
    return left_code, right_code, scope

# %% wrong M8, 0 points, loses test-two-towers-shares test-two-towers-joins: believes that AUTO_REUSE shares, whatever the scopes are called
def siamese(left, right):
    with tf.variable_scope("tower_left", reuse=tf.AUTO_REUSE) as scope:
        left_code = tower(left)
    with tf.variable_scope("tower_right", reuse=tf.AUTO_REUSE):
        right_code = tower(right)
    return left_code, right_code, scope

# %% wrong M22, 0 points, loses test-two-towers-shares test-two-towers-joins: believes that reuse is an argument of what asks for variables
def siamese(left, right):
    with tf.variable_scope("tower") as scope:
        return tower(left), tower(right, reuse=True), scope
