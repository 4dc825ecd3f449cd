"""Twelve students who between them give every labelled answer."""

from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.authoring.answers import Answer, answers_to
from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.master import Master
from autograder.submissions.reading import Submission

NAMES = (
    "ada",
    "alan",
    "barbara",
    "dennis",
    "donald",
    "edsger",
    "frances",
    "grace",
    "john",
    "katherine",
    "margaret",
    "radia",
)
ALWAYS_RIGHT = 3
"""The first students give only right answers; the wrong ones are spread over the others."""


@dataclass(frozen=True)
class Student:
    """A student's name, and the answers by notebook and exercise."""

    name: str
    answers: dict[str, dict[str, Answer]]

    def points(self, notebook: str) -> float:
        """Add up what the answers to a notebook must get."""
        return sum(answer.points for answer in self.answers[notebook].values())


def answers(assignment: Assignment, master: Master) -> dict[str, list[Answer]]:
    """Read the labelled answers to a notebook's exercises."""
    return answers_to(Path(__file__).parent, assignment, master)


def classroom(assignment: Assignment) -> list[Student]:
    """Deal the labelled answers out to the twelve."""
    dealt: dict[str, dict[str, dict[str, Answer]]] = {name: {} for name in NAMES}
    for master in assignment.notebooks:
        for number, (exercise, choices) in enumerate(answers(assignment, master).items()):
            for name, answer in zip(NAMES, _deal(choices, number), strict=True):
                dealt[name].setdefault(master.name, {})[exercise] = answer
    return [Student(name, given) for name, given in dealt.items()]


def hand_in(course: Course, assignment: Assignment, student: Student) -> None:
    """Write a student's notebooks as the student would: the released ones, with the answers filled in."""
    folder = course.submitted(student.name, assignment.name)
    folder.mkdir(parents=True)
    for master in assignment.notebooks:
        (folder / f"{master.name}.ipynb").write_text(filled_in(course, assignment, master, student), encoding="utf-8")


def filled_in(course: Course, assignment: Assignment, master: Master, student: Student) -> str:
    """Fill a student's answers into the released notebook and return its text."""
    notebook = nbformat.read(released(course, assignment, master), as_version=4)
    answers_of = student.answers[master.name]
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in answers_of:
            cell.source = answers_of[grade_id].source
    return str(nbformat.writes(notebook))


def submission_of(course: Course, assignment: Assignment, student: Student) -> Submission:
    """Make a student's submission in memory."""
    files = {master.name: filled_in(course, assignment, master, student).encode() for master in assignment.notebooks}
    return Submission(student.name, assignment.name, dict(files))


def released(course: Course, assignment: Assignment, master: Master) -> Path:
    """Find the student version of a notebook."""
    return course.release(assignment.name) / f"{master.name}.ipynb"


def _deal(choices: list[Answer], number: int) -> list[Answer]:
    """Give one answer to each of the twelve, every answer at least once."""
    right = [answer for answer in choices if answer.is_right]
    wrong = [answer for answer in choices if not answer.is_right]
    others = len(NAMES) - ALWAYS_RIGHT
    if len(right) > ALWAYS_RIGHT + others - len(wrong):
        raise ValueError(f"{choices[0].exercise}: more answers than the class has students")
    hands: list[Answer | None] = [*right[:ALWAYS_RIGHT], *([None] * others)]
    for place, answer in enumerate(wrong):
        hands[ALWAYS_RIGHT + (4 * number + place) % others] = answer
    spare = right[ALWAYS_RIGHT:] + right * len(NAMES)
    return [answer if answer is not None else spare.pop(0) for answer in hands]
