"""
Settle TensorFlow for graphs of a few dozen operations, once, before kernels are forked.

A session without a configuration of its own takes the process-wide one. Optimising a graph of this size takes
three times as long as running it, and a second thread has nothing to do. What a graph computes stays the same.
"""

import tensorflow.compat.v1 as tf

tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
