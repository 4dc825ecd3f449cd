"""An assignment: its masters, and all that the course says about judging them."""

from dataclasses import dataclass, field
from pathlib import Path

from autograder.course.master import Master
from autograder.hints import Catalogue
from autograder.subject import PLAIN, Subject


@dataclass(frozen=True)
class DataFile:
    """
    A file that notebooks may read: one that students were given beside them.

    Attributes
    ----------
    name : str
        Its path beside the notebooks, with ``/``.
    path : Path
        Where it is.
    digest : str
        Of its contents.
    """

    name: str
    path: Path = field(repr=False)
    digest: str


@dataclass(frozen=True)
class Assignment:
    """
    An assignment.

    Attributes
    ----------
    notebooks : tuple of Master
        In order of name.
    sanitize : str
        nbval's patterns for what differs from run to run, as its sanitize file has them.
    catalogue : Catalogue
        The misconceptions that its hints.yml describes; empty where it has none.
    subject : Subject
        What the course is about, as far as the grader must know.
    """

    name: str
    notebooks: tuple[Master, ...]
    sanitize: str = ""
    catalogue: Catalogue = field(default_factory=dict)
    subject: Subject = PLAIN

    def master(self, name: str) -> Master:
        """Find a notebook by its name; one that there is not is a mistake of ours."""
        (found,) = (master for master in self.notebooks if master.name == name)
        return found

    @property
    def max_points(self) -> float:
        """The automatic points of a submission without a mistake."""
        return sum(master.max_points for master in self.notebooks)
