"""Grade notebooks on sharing variables in TensorFlow 1 graphs. See ``docs/architecture.md`` for the way through."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("sharing-variables")
