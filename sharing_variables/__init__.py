"""The subject of this course, sharing variables in TensorFlow 1 graphs. Notebooks call what is listed here."""

from sharing_variables.display import show_sharing
from sharing_variables.eager import eager_mode

__all__ = ["eager_mode", "show_sharing"]
