# %% right: keyword arguments, German names and a print
def build_training(towers, left, right, same):
    """Build both towers, their loss, and a training step."""
    links, rechts, bereich = towers(left=left, right=right)
    verlust = contrastive_loss(left_code=links, right_code=rechts, same=same)
    # Der Optimierer gehört nach draußen: er legt eigene Variablen an.
    schritt = tf.train.AdamOptimizer(learning_rate=0.02).minimize(loss=verlust)
    print(bereich.name, len(tf.global_variables()))
    return links, rechts, verlust, schritt

# %% right: gradients first, then applied, with a global step
def build_training(towers, left, right, same):
    *codes, _ = towers(left, right)
    loss = contrastive_loss(*codes, same)
    optimizer = tf.train.AdamOptimizer(2e-2)
    gradients = optimizer.compute_gradients(loss)
    step = optimizer.apply_gradients(gradients, global_step=tf.train.get_or_create_global_step())
    return (*codes, loss, step)

# %% right: gradients by tf.gradients over the four variables of the returned scope
def build_training(towers, left, right, same):
    left_code, right_code, scope = towers(left, right)
    loss = contrastive_loss(left_code, right_code, same)
    weights = scope.trainable_variables()
    pairs = zip(tf.gradients(loss, weights), weights)
    with tf.name_scope("training"):
        step = tf.train.AdamOptimizer(0.02, name="adam").apply_gradients(pairs)
    return left_code, right_code, loss, step

# %% right: trains the variables of the scope tower, as the text names it
def build_training(towers, left, right, same):
    left_code, right_code, _ = towers(left, right)
    loss = contrastive_loss(left_code, right_code, same)
    step = tf.train.AdamOptimizer(0.02).minimize(loss, var_list=tf.trainable_variables("tower"))
    return left_code, right_code, loss, step

# %% wrong M17, 0 points, loses test-build-training-learns test-build-training-together: builds the optimizer inside the reusing scope
def build_training(towers, left, right, same):
    """Build both towers, their loss, and a training step."""
    left_code, right_code, scope = towers(left, right)
    with tf.variable_scope(scope, reuse=True):
        loss = contrastive_loss(left_code, right_code, same)
        step = tf.train.AdamOptimizer(0.02).minimize(loss)
    return left_code, right_code, loss, step

# %% wrong -, 0 points, loses test-build-training-learns test-build-training-together: builds the towers twice, in left and in right
def build_training(towers, left, right, same):
    with tf.variable_scope("left"):
        left_code, _, _ = towers(left, left)
    with tf.variable_scope("right"):
        _, right_code, _ = towers(right, right)
    loss = contrastive_loss(left_code, right_code, same)
    step = tf.train.AdamOptimizer(0.02).minimize(loss)
    return left_code, right_code, loss, step

# %% wrong -, 2 points, loses test-build-training-learns: minimizes the wrong sign, so that the loss rises
def build_training(towers, left, right, same):
    left_code, right_code, _ = towers(left, right)
    loss = contrastive_loss(left_code, right_code, same)
    step = tf.train.AdamOptimizer(0.02).minimize(-loss)
    return left_code, right_code, loss, step

# %% wrong -, 0 points, loses test-build-training-learns test-build-training-together: returns only the loss and the step
def build_training(towers, left, right, same):
    left_code, right_code, _ = towers(left, right)
    loss = contrastive_loss(left_code, right_code, same)
    return loss, tf.train.AdamOptimizer(0.02).minimize(loss)

# %% wrong -, 0 points, loses test-build-training-learns test-build-training-together: returns the optimizer and not its step
def build_training(towers, left, right, same):
    left_code, right_code, _ = towers(left, right)
    loss = contrastive_loss(left_code, right_code, same)
    optimizer = tf.train.AdamOptimizer(0.02)
    optimizer.minimize(loss)
    return left_code, right_code, loss, optimizer

# %% wrong -, 2 points, loses test-build-training-learns: leaves the learning rate at what Adam begins with
def build_training(towers, left, right, same):
    left_code, right_code, _ = towers(left, right)
    loss = contrastive_loss(left_code, right_code, same)
    return left_code, right_code, loss, tf.train.AdamOptimizer().minimize(loss)

# %% wrong -, 2 points, loses test-build-training-together: returns the codes in the wrong order
def build_training(towers, left, right, same):
    left_code, right_code, _ = towers(left, right)
    loss = contrastive_loss(left_code, right_code, same)
    return right_code, left_code, loss, tf.train.AdamOptimizer(0.02).minimize(loss)

# %% wrong -, 0 points, loses test-build-training-learns test-build-training-together: gives the left points to both towers
def build_training(towers, left, right, same):
    left_code, right_code, _ = towers(left, left)
    loss = contrastive_loss(left_code, right_code, same)
    return left_code, right_code, loss, tf.train.AdamOptimizer(0.02).minimize(loss)
