"""The class: who answers what, in which style."""

import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.authoring.answers import Answer
from autograder.course.assignment import Assignment
from autograder.course.dataflow import binds, reads
from autograder.course.folders import Course
from tests.classroom.students import answers, released
from tests.honest.desk import Desk, name_of, text_of
from tests.honest.styles import CHANGES
from tests.honest.tools import FILES

NAMES = (
    "ada",
    "Zoë",
    "李雷",
    "o'brien",
    "anne marie",
    "x.y@uni.example",
    "Nguye\u0302\u0303n",
    "s-0042",
    "Ольга",
    "مريم",
)
"""How students are called; each name is followed by a number."""

RIGHT = 0.6
"""The share of right answers."""


@dataclass(frozen=True)
class Work:
    """A notebook that is handed in: in which styles, and with which answers by exercise."""

    styles: tuple[str, ...]
    answers: dict[str, Answer]

    @property
    def points(self) -> float:
        """What it must get, whatever the styles."""
        return sum(answer.points for answer in self.answers.values())


@dataclass(frozen=True)
class Student:
    """A student's name, and the work by notebook."""

    name: str
    works: dict[str, Work]


def make_class(
    assignment: Assignment, styles: Sequence[str], seed: int, *, meets: int, at_a_time: int
) -> list[Student]:
    """
    Deal styles out to the notebooks of as many students as it takes.

    Parameters
    ----------
    meets : int
        How many different notebooks each style meets.
    at_a_time : int
        How many styles a notebook has at most.
    """
    names = [master.name for master in assignment.notebooks]
    dealt: dict[str, list[str]] = {name: [] for name in names}
    for turn in range(meets):
        for number, style in enumerate(styles):
            dealt[names[(number + turn) % len(names)]].append(style)
    count = math.ceil(max(map(len, dealt.values())) / at_a_time)
    dice = random.Random(seed)
    choices = {master.name: answers(assignment, master) for master in assignment.notebooks}
    return [
        Student(
            f"{NAMES[number % len(NAMES)]} {number}",
            # Styles of a kind stand side by side: a notebook gets such as do not.
            {name: Work(tuple(dealt[name][number::count]), _chosen(choices[name], dice)) for name in names},
        )
        for number in range(count)
    ]


def hand_in(course: Course, assignment: Assignment, student: Student, seed: int) -> None:
    """Write a student's notebooks into a course."""
    folder = course.submitted(student.name, assignment.name)
    folder.mkdir(parents=True)
    for master in assignment.notebooks:
        notebook: dict[str, Any] = json.loads(released(course, assignment, master).read_text(encoding="utf-8"))
        work = student.works[master.name]
        data = _written(notebook, work, random.Random(f"{seed} {student.name} {master.name}"))
        (folder / f"{master.name}.ipynb").write_bytes(data)


def _chosen(choices: dict[str, list[Answer]], dice: random.Random) -> dict[str, Answer]:
    """
    Choose an answer to every exercise; one is right and another one wrong, whatever the dice say.

    A label holds on its own: an answer that calls a student's own answer to another exercise wants that one right.
    """
    kinds = [True, False, *(dice.random() < RIGHT for _ in range(len(choices) - 2))]
    dice.shuffle(kinds)
    wrong = {exercise for exercise, right in zip(choices, kinds, strict=True) if not right}
    spoiled = set().union(*(_asked_for(choices[exercise]) for exercise in wrong))
    return {
        exercise: dice.choice(
            [a for a in given if a.is_right is (exercise not in wrong) and not (reads(a.source) or set()) & spoiled]
        )
        for exercise, given in choices.items()
    }


def _asked_for(given: list[Answer]) -> set[str]:
    """Name what an exercise asks for: what every answer to it leaves behind."""
    return set.intersection(*(binds(answer.source) for answer in given))


def _written(notebook: dict[str, Any], work: Work, dice: random.Random) -> bytes:
    released_texts = {}
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if name_of(cell):
            released_texts[name_of(cell)] = cell["source"]
        if name_of(cell) in work.answers:
            cell["source"] = work.answers[name_of(cell)].source
    desk = Desk(notebook, released_texts, dice)
    for style in CHANGES:
        if style in work.styles:
            CHANGES[style](desk)
    (write,) = [FILES[style] for style in work.styles if style in FILES] or [_as_usual]
    return write(desk.notebook)


def _as_usual(notebook: dict[str, Any]) -> bytes:
    return text_of(notebook).encode()
