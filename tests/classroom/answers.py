"""
The labelled answers, read from ``sharing_variables/<notebook>/<exercise>.py``.

An answer is a cell of such a file. Its first line is the label::

    # %% right: reads the names from a graph of its own
    # %% wrong M1, 0 points, loses test-predict-names: believes that equal names share

The points and the lost test cells say the same thing twice, so that a change of points must be noticed here.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from autograder.course.assignment import Assignment
from autograder.course.master import Master
from autograder.course.ownership import is_test_of

FOLDER = Path(__file__).parent

_LABEL = re.compile(
    r"# %% (?:(?P<right>right)|"
    r"wrong (?P<ids>M\d+(?: M\d+)*|-), (?P<points>\d+) points?, loses (?P<loses>[a-z0-9 -]+)): (?P<why>.+)"
)


@dataclass(frozen=True)
class Answer:
    """
    One labelled answer to one exercise.

    Attributes
    ----------
    exercise : str
        The grade_id of the solution cell.
    misconceptions : tuple of str
        What a student who answers so believes, e.g. ``("M1",)``; empty for right answers and plain mistakes.
    points : float
        What it must get.
    loses : frozenset of str
        The graded cells that give it nothing.
    why : str
        The style of a right answer, the idea behind a wrong one.
    """

    exercise: str
    misconceptions: tuple[str, ...]
    points: float
    loses: frozenset[str]
    why: str
    source: str

    @property
    def is_right(self) -> bool:
        """Whether it keeps all points."""
        return not self.loses


def answers(assignment: Assignment, master: Master) -> dict[str, list[Answer]]:
    """Read the answers to a notebook's exercises, the right ones first, in the order of the exercises."""
    return {
        str(cell.grade_id): _read(FOLDER / assignment.name / master.name / f"{cell.grade_id}.py", master)
        for cell in master.solutions
    }


def worth(master: Master, exercise: str) -> dict[str, float]:
    """Find the graded cells of an exercise and their points."""
    return {str(cell.grade_id): cell.points for cell in master.graded if is_test_of(str(cell.grade_id), exercise)}


def _read(path: Path, master: Master) -> list[Answer]:
    blocks = re.split(r"(?m)^(?=# %% )", path.read_text(encoding="utf-8"))
    if blocks[0].strip():
        raise ValueError(f"{path}: begins with something that has no label")
    found = [_answer(path, block, worth(master, path.stem)) for block in blocks[1:]]
    return sorted(found, key=lambda answer: not answer.is_right)


def _answer(path: Path, block: str, cells: dict[str, float]) -> Answer:
    label, _, source = block.partition("\n")
    match = _LABEL.fullmatch(label)
    if match is None:
        raise ValueError(f"{path}: no such label: {label}")
    loses = frozenset((match["loses"] or "").split())
    if not loses <= set(cells):
        raise ValueError(f"{path}: {label}: {', '.join(sorted(loses - set(cells)))} is no test of this exercise")
    points = sum(cells.values()) if match["right"] else float(match["points"])
    if points != sum(cells[name] for name in set(cells) - loses):
        raise ValueError(f"{path}: {label}: the points and the lost cells contradict each other")
    ids = () if match["ids"] in (None, "-") else tuple(match["ids"].split())
    return Answer(path.stem, ids, points, loses, match["why"], source.strip())
