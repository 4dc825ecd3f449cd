# %% right: a helper that opens the scope and calls, so that the filter is one line
def conv_relu(images, kernel_shape, bias_shape):
    ask = tf.get_variable
    weights = ask("weights", kernel_shape, tf.float32, tf.random_normal_initializer())
    biases = ask("biases", bias_shape, tf.float32, tf.constant_initializer(0.0))
    return tf.nn.relu(tf.nn.conv2d(images, weights, strides=1, padding="SAME") + biases)


def layer(name, images, kernel_shape):
    with tf.variable_scope(name):
        return conv_relu(images, kernel_shape, kernel_shape[-1:])


def my_image_filter(images):
    return layer("conv2", layer("conv1", images, [5, 5, 3, 8]), [5, 5, 8, 8])

# %% right: a loop over the layers, German names and a print
def conv_relu(bilder, kernform, schwellenform):
    gewichte = tf.get_variable("weights", kernform, initializer=tf.random_normal_initializer())
    schwellen = tf.get_variable("biases", schwellenform, initializer=tf.constant_initializer(0.0))
    gefaltet = tf.nn.conv2d(bilder, gewichte, [1, 1, 1, 1], "SAME")
    return tf.nn.relu(gefaltet + schwellen)


def my_image_filter(bilder):
    # Kanäle: erst drei Farben, dann acht
    for nummer, kanäle in enumerate((3, 8), start=1):
        with tf.variable_scope("conv%d" % nummer):
            bilder = conv_relu(bilder, [5, 5, kanäle, 8], [8])
            print(tf.get_variable_scope().name, bilder.shape)
    return bilder

# %% right: a class whose objects are the layers, behind the two functions
class Layer:
    def __init__(self, kernel_shape, bias_shape):
        self.weights = tf.get_variable("weights", kernel_shape, initializer=tf.random_normal_initializer())
        self.biases = tf.get_variable("biases", bias_shape, initializer=tf.constant_initializer(0.0))

    def __call__(self, images):
        conv = tf.nn.conv2d(images, self.weights, strides=[1, 1, 1, 1], padding="SAME")
        return tf.nn.relu(tf.add(conv, self.biases))


def conv_relu(images, kernel_shape, bias_shape):
    return Layer(kernel_shape, bias_shape)(images)


def my_image_filter(images):
    with tf.variable_scope("conv1"):
        images = conv_relu(images, [5, 5, 3, 8], [8])
    with tf.variable_scope("conv2"):
        return conv_relu(images, [5, 5, 8, 8], [8])

# %% right: asks for the biases first
def conv_relu(images, kernel_shape, bias_shape):
    biases = tf.get_variable("biases", bias_shape, initializer=tf.constant_initializer(0.0))
    weights = tf.get_variable("weights", kernel_shape, initializer=tf.random_normal_initializer())
    return tf.nn.relu(tf.nn.conv2d(images, weights, strides=[1, 1, 1, 1], padding="SAME") + biases)


def my_image_filter(images):
    with tf.variable_scope("conv1"):
        relu1 = conv_relu(images, [5, 5, 3, 8], [8])
    with tf.variable_scope("conv2"):
        return conv_relu(relu1, [5, 5, 8, 8], [8])

# %% wrong M2, 0 points, loses test-conv-relu-names test-conv-relu-strict test-conv-relu-result: believes that a reusing scope makes tf.Variable share
def conv_relu(images, kernel_shape, bias_shape):
    weights = tf.Variable(tf.random_normal(kernel_shape), name="weights")
    biases = tf.Variable(tf.constant(0.0, shape=bias_shape), name="biases")
    conv = tf.nn.conv2d(images, weights, strides=[1, 1, 1, 1], padding="SAME")
    return tf.nn.relu(conv + biases)


def my_image_filter(images):
    with tf.variable_scope("conv1"):
        relu1 = conv_relu(images, [5, 5, 3, 8], [8])
    with tf.variable_scope("conv2"):
        return conv_relu(relu1, [5, 5, 8, 8], [8])

# %% wrong M3, 2 points, loses test-conv-relu-names test-conv-relu-strict: makes the variables with tf.Variable and asks for them with get_variable
def conv_relu(images, kernel_shape, bias_shape):
    tf.Variable(tf.random_normal(kernel_shape), name="weights")
    tf.Variable(tf.zeros(bias_shape), name="biases")
    weights = tf.get_variable("weights", kernel_shape, initializer=tf.random_normal_initializer())
    biases = tf.get_variable("biases", bias_shape, initializer=tf.constant_initializer(0.0))
    conv = tf.nn.conv2d(images, weights, strides=[1, 1, 1, 1], padding="SAME")
    return tf.nn.relu(conv + biases)


def my_image_filter(images):
    with tf.variable_scope("conv1"):
        relu1 = conv_relu(images, [5, 5, 3, 8], [8])
    with tf.variable_scope("conv2"):
        return conv_relu(relu1, [5, 5, 8, 8], [8])

# %% wrong M5, 2 points, loses test-conv-relu-names test-conv-relu-strict: believes that reuse=True creates what is missing, so that it fits every call
def conv_relu(images, kernel_shape, bias_shape):
    weights = tf.get_variable("weights", kernel_shape, initializer=tf.random_normal_initializer())
    biases = tf.get_variable("biases", bias_shape, initializer=tf.constant_initializer(0.0))
    conv = tf.nn.conv2d(images, weights, strides=[1, 1, 1, 1], padding="SAME")
    return tf.nn.relu(conv + biases)


def my_image_filter(images):
    with tf.variable_scope("conv1", reuse=True):
        relu1 = conv_relu(images, [5, 5, 3, 8], [8])
    with tf.variable_scope("conv2", reuse=True):
        return conv_relu(relu1, [5, 5, 8, 8], [8])

# %% wrong M14, 2 points, loses test-conv-relu-names test-conv-relu-strict: lets the second layer reuse the first one's scope and believes that the new shape counts
def conv_relu(images, kernel_shape, bias_shape):
    weights = tf.get_variable("weights", kernel_shape, initializer=tf.random_normal_initializer())
    biases = tf.get_variable("biases", bias_shape, initializer=tf.constant_initializer(0.0))
    conv = tf.nn.conv2d(images, weights, strides=[1, 1, 1, 1], padding="SAME")
    return tf.nn.relu(conv + biases)


def my_image_filter(images):
    with tf.variable_scope("conv1") as scope:
        relu1 = conv_relu(images, [5, 5, 3, 8], [8])
        scope.reuse_variables()
        return conv_relu(relu1, [5, 5, 8, 8], [8])

# %% wrong -, 4 points, loses test-conv-relu-result: adds the biases after relu
def conv_relu(images, kernel_shape, bias_shape):
    weights = tf.get_variable("weights", kernel_shape, initializer=tf.random_normal_initializer())
    biases = tf.get_variable("biases", bias_shape, initializer=tf.constant_initializer(0.0))
    conv = tf.nn.conv2d(images, weights, strides=[1, 1, 1, 1], padding="SAME")
    return tf.nn.relu(conv) + biases


def my_image_filter(images):
    with tf.variable_scope("conv1"):
        relu1 = conv_relu(images, [5, 5, 3, 8], [8])
    with tf.variable_scope("conv2"):
        return conv_relu(relu1, [5, 5, 8, 8], [8])

# %% wrong M8, 4 points, loses test-conv-relu-strict: believes that AUTO_REUSE is simply the safer default
def conv_relu(images, kernel_shape, bias_shape):
    weights = tf.get_variable("weights", kernel_shape, initializer=tf.random_normal_initializer())
    biases = tf.get_variable("biases", bias_shape, initializer=tf.constant_initializer(0.0))
    conv = tf.nn.conv2d(images, weights, strides=[1, 1, 1, 1], padding="SAME")
    return tf.nn.relu(conv + biases)


def my_image_filter(images):
    with tf.variable_scope("conv1", reuse=tf.AUTO_REUSE):
        relu1 = conv_relu(images, [5, 5, 3, 8], [8])
    with tf.variable_scope("conv2", reuse=tf.AUTO_REUSE):
        return conv_relu(relu1, [5, 5, 8, 8], [8])

# %% wrong -, 2 points, loses test-conv-relu-names test-conv-relu-strict: one scope more inside conv_relu
def conv_relu(images, kernel_shape, bias_shape):
    with tf.variable_scope("layer"):
        biases = tf.get_variable("biases", bias_shape, initializer=tf.constant_initializer(0.0))
        weights = tf.get_variable("weights", kernel_shape, initializer=tf.random_normal_initializer())
        return tf.nn.relu(tf.nn.conv2d(images, weights, strides=[1, 1, 1, 1], padding="SAME") + biases)


def my_image_filter(images):
    with tf.variable_scope("conv1"):
        relu1 = conv_relu(images, [5, 5, 3, 8], [8])
    with tf.variable_scope("conv2"):
        return conv_relu(relu1, [5, 5, 8, 8], [8])

# %% wrong M9, 2 points, loses test-conv-relu-names test-conv-relu-strict: believes that a name scope keeps the variables of two layers apart
def conv_relu(images, kernel_shape, bias_shape):
    weights = tf.get_variable("weights", kernel_shape, initializer=tf.random_normal_initializer())
    biases = tf.get_variable("biases", bias_shape, initializer=tf.constant_initializer(0.0))
    conv = tf.nn.conv2d(images, weights, strides=[1, 1, 1, 1], padding="SAME")
    return tf.nn.relu(conv + biases)


def my_image_filter(images):
    with tf.name_scope("conv1"):
        relu1 = conv_relu(images, [5, 5, 3, 8], [8])
    with tf.name_scope("conv2"):
        return conv_relu(relu1, [5, 5, 8, 8], [8])
