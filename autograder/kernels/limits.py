"""How long student code may take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """
    What one notebook may use.

    Attributes
    ----------
    cell_seconds : int
        Wall time of one cell. The slowest cell of the course takes about a second.
    notebook_seconds : int
        Wall time of a notebook from its first cell on, TensorFlow's import included.
    """

    cell_seconds: int = 30
    notebook_seconds: int = 300
