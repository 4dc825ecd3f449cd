"""The subject of this course, sharing variables in TensorFlow 1 graphs. Notebooks call what is listed here."""

from sharing_variables.display import show_sharing

__all__ = ["show_sharing"]
