"""An autograder for nbgrader courses in Python. Notebooks call what is listed here."""

from importlib.metadata import version

from autograder.points import points_so_far
from autograder.predictions import check_prediction
from autograder.probes import probe

__all__ = ["__version__", "check_prediction", "points_so_far", "probe"]

__version__ = version("sharing-variables")
