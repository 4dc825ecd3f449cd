"""
What every process that grades has to have, done once in the process that they are forked from.

Imports whose place is inside functions elsewhere, because whoever does not grade never needs them, stand here; and
nbformat compiles its schema when a notebook is written for the first time.
"""

import nbformat
from nbformat.v4 import new_notebook

import autograder.grading.nbval_comparison
import autograder.grading.submission
import autograder.kernels.nbclient_runner  # noqa: F401

nbformat.writes(new_notebook())
