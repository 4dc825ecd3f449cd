"""
Keep one line of TensorFlow's own away from students.

The kernelspec loads this module as an IPython extension before any notebook code runs. TensorFlow's C++ log is
silenced by the kernelspec's environment variables; what is left is the deprecation notice that
``tf.disable_v2_behavior()`` logs about itself. It is the only record dropped here: warnings about a student's
own code still show.
"""

import logging

from IPython.core.interactiveshell import InteractiveShell

NOTICE = "non-resource variables are not supported in the long term"
"""What the notice ends with (tensorflow/python/ops/resource_variables_toggle.py)."""


def is_about_the_student(record: logging.LogRecord) -> bool:
    """Tell whether a record of TensorFlow's Python log is worth a student's attention."""
    return NOTICE not in record.getMessage()


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Install the filter on TensorFlow's logger, which is the same object before and after the import."""
    logging.getLogger("tensorflow").addFilter(is_about_the_student)
