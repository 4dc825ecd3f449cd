"""
Labelled answers: right and wrong ones to a course's exercises, each with what it must get.

They are Python files, ``<folder>/<assignment>/<notebook>/<exercise>.py``: what stands below a label, down to the next
one, is the whole text of the exercise's cell. The folder is ``answers`` beside ``nbgrader_config.py``, where
``c.Answers.folder`` names no other one. It must not lie among the masters: nbgrader would release it.

    # %% right: asks pandas
    # %% wrong missing-is-zero, 0 points, loses test-mean: counts what is missing
    # %% wrong -, loses test-mean-hidden: rounds

What is believed (an id of hints.yml; ``-`` for a plain mistake) must be found in the answer, and nothing else. The
points may be left out; with the lost tests they say the same twice, so that a change of points is noticed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.master import Master
from autograder.errors import CourseError

_BEGIN = "# %% "

_LABEL = re.compile(
    r"# %% (?:(?P<right>right)|wrong(?P<ids>(?: [\w.-]+)+)"
    r"(?:, (?P<points>\d+(?:\.\d+)?) points?)?, loses (?P<loses>[^:,]+)): (?P<why>\S.*)"
)

_FORM = "write '# %% right: why' or '# %% wrong BELIEF, N points, loses TEST: why'"


@dataclass(frozen=True)
class Answer:
    """
    One labelled answer to one exercise.

    Attributes
    ----------
    exercise : str
        The grade_id of the solution cell.
    misconceptions : tuple of str
        What a student who answers so believes, by the ids of hints.yml; empty for right answers and plain mistakes.
    points : float
        What it must get.
    loses : frozenset of str
        The tests that give it less than all their points.
    why : str
        The style of a right answer, the idea behind a wrong one.
    place : str
        File and line of the label.
    """

    exercise: str
    misconceptions: tuple[str, ...]
    points: float
    loses: frozenset[str]
    why: str
    source: str
    place: str

    @property
    def is_right(self) -> bool:
        """Whether it keeps all points."""
        return not self.loses

    def __str__(self) -> str:
        """Say where it is, and what it is."""
        kind = "right" if self.is_right else f"wrong {' '.join(self.misconceptions) or '-'}"
        return f"{self.place}: {kind}: {self.why}"


def answers_folder(course: Course) -> Path:
    """Find the folder of a course's answers."""
    return course.root / str(course.config.get("Answers", {}).get("folder", "answers"))


def answers_to(folder: Path, assignment: Assignment, master: Master) -> dict[str, list[Answer]]:
    """
    Read the answers to a notebook's exercises, the right ones first, in the order of the exercises.

    Parameters
    ----------
    folder : Path
        What `answers_folder` gives.

    Raises
    ------
    CourseError
        When a file cannot be read, belongs to no exercise, or has a label that cannot hold.
    """
    files = sorted((folder / assignment.name / master.name).glob("*.py"))
    exercises = [str(cell.grade_id) for cell in master.solutions if master.tests_of(str(cell.grade_id))]
    for path in files:
        if path.stem not in exercises:
            raise CourseError(f"{path}: no exercise of that name; call it after one of: {', '.join(exercises)}")
    by_name = {path.stem: path for path in files}
    return {
        name: sorted(_read(by_name[name], assignment, master), key=lambda answer: not answer.is_right)
        for name in exercises
        if name in by_name
    }


def _read(path: Path, assignment: Assignment, master: Master) -> Iterator[Answer]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: cannot be read ({error}); see that it is a readable UTF-8 file") from None
    begins = [number for number, line in enumerate(lines) if line.startswith(_BEGIN)]
    if not begins or "".join(lines[: begins[0]]).strip():
        raise CourseError(f"{path}: begins with something that has no label; {_FORM}")
    for begin, end in zip(begins, [*begins[1:], len(lines)], strict=True):
        source = "\n".join(lines[begin + 1 : end]).strip("\n")
        yield _answer(f"{path}:{begin + 1}", path.stem, lines[begin].rstrip(), source, assignment, master)


def _answer(place: str, exercise: str, label: str, source: str, assignment: Assignment, master: Master) -> Answer:
    match = _LABEL.fullmatch(label)
    if match is None:
        raise CourseError(f"{place}: {label!r} is no label; {_FORM}")
    worth = {str(cell.grade_id): cell.points for cell in master.tests_of(exercise)}
    if match["right"]:
        return Answer(exercise, (), sum(worth.values()), frozenset(), match["why"], source, place)
    loses = frozenset(match["loses"].split())
    if strangers := sorted(loses - set(worth)):
        raise CourseError(
            f"{place}: {', '.join(strangers)} is no test of this exercise; name one of: {', '.join(worth)}"
        )
    ids = tuple(match["ids"].split())
    if unknown := [name for name in ids if name != "-" and name not in assignment.catalogue]:
        known = ", ".join(assignment.catalogue) or "(none)"
        raise CourseError(f"{place}: {', '.join(unknown)} is no entry of hints.yml; name one of: {known}")
    kept = sum(points for name, points in worth.items() if name not in loses)
    points = kept if match["points"] is None else float(match["points"])
    if points < kept or (points > kept and points >= sum(worth.values())):
        raise CourseError(f"{place}: the points and the lost tests contradict each other; mend the label")
    return Answer(exercise, tuple(name for name in ids if name != "-"), points, loses, match["why"], source, place)
