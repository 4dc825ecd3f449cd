"""
The cases: a folder each, with a `case.yml` that says what is handed in and what must come of it.

=========  ============================================================================================
title      what the submission tries
verdict    the state that the notebook must end in, e.g. ``GRADED`` or ``REJECTED(empty)``; two with ``or``
           between them where a kernel that has been broken ends as luck has it
points     the automatic points of the notebook; not given where there must be none
flags      words that the notebook's reason or notes must hold
canaries   the secrets that it goes for; that none of them gets out is checked for every case
seconds    the longest that the notebook may take, wall time
notebook   which of the two it is about, `01_double` where nothing is said; the other one is right
answers    sources of cells by name, in that notebook
elsewhere  sources of cells by name, in the other one
tags       tags of cells by name
first      plain code cells at the beginning of the notebook
then       plain code cells after the answer
text       the whole file, instead of a notebook
student    the name of the student's folder, where that is the point
earlier    answers that were handed in and graded before
beside     answers of a neighbour, who is graded at the same time: an honest one, who must get full points
partner    answers of an accomplice, who is graded at the same time, and must not get out what the case goes for
bare       whether `02_share` has, beside its test with graphs, one that hides bare asserts
apart      the reason why it is graded in a class without other hostile submissions
=========  ============================================================================================

A ``build.py`` beside it may have ``build(folder, secrets)``, which changes the student's folder, and
``secrets["port"]`` is where somebody listens. In sources ``@port@`` and ``@socket@`` are replaced.
"""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from autograder.course.folders import Course
from tests.hostile.course import DOUBLE, FULL, NAME, RIGHT, answered, hand_in, name_of, write

FOLDER = Path(__file__).parent
GROUPS = {
    "F": "forging grades",
    "S": "reading secrets",
    "R": "exhausting resources",
    "C": "corrupt input",
    "I": "injection into what instructors open",
    "X": "other people's kernels",
}


@dataclass(frozen=True)
class Case:
    """A case; the fields are those of its file."""

    name: str
    title: str
    verdict: str
    points: float | None = None
    flags: tuple[str, ...] = ()
    canaries: tuple[str, ...] = ()
    seconds: float = 30
    notebook: str = DOUBLE
    answers: dict[str, str] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    first: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    text: str | None = None
    student: str = ""
    earlier: dict[str, str] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)
    partner: dict[str, str] = field(default_factory=dict)
    apart: str = ""
    bare: bool = False

    @property
    def group(self) -> str:
        """The first letter of its name."""
        return self.name[0]

    @property
    def other(self) -> str:
        """The notebook that it is not about."""
        return next(name for name in FULL if name != self.notebook)

    def hand_in(self, course: Course, student: str, secrets: Mapping[str, str]) -> None:
        """Write the submission into a course."""

        def fill(source: str) -> str:
            return source.replace("@port@", secrets["port"]).replace("@socket@", secrets["socket-path"])

        for other, answers in self.others(student).items():
            hand_in(course, other, RIGHT | {name: fill(source) for name, source in answers.items()})
        folder = hand_in(course, student, RIGHT | {name: fill(source) for name, source in self.elsewhere.items()})
        notebook = answered(course, self.notebook, RIGHT | {k: fill(v) for k, v in self.answers.items()})
        cells = [_plain(fill(source)) for source in self.first]
        for cell in notebook["cells"]:
            cell["metadata"].update({"tags": self.tags[name_of(cell)]} if name_of(cell) in self.tags else {})
            cells.append(cell)
            if cell["metadata"].get("nbgrader", {}).get("solution"):
                cells += [_plain(fill(source)) for source in self.then]
        write(folder, self.notebook, notebook | {"cells": cells})
        if self.text is not None:
            (folder / f"{self.notebook}.ipynb").write_text(self.text, encoding="utf-8")
        script = FOLDER / self.name / "build.py"
        if script.exists():
            _load(script).build(folder, secrets)

    def others(self, student: str) -> dict[str, dict[str, str]]:
        """Name those who hand in with a student, and what they answer: their names come right after."""
        both = {f"{student}-beside": self.beside, f"{student}-partner": self.partner}
        return {name: answers for name, answers in both.items() if answers}

    def hand_in_before(self, course: Course, student: str) -> None:
        """Write the earlier submission."""
        hand_in(course, student, RIGHT | self.earlier)


def all_cases() -> dict[str, Case]:
    """Read all cases, in order of their names."""
    return {path.parent.name: _read(path) for path in sorted(FOLDER.glob("*/case.yml"))}


def _read(path: Path) -> Case:
    said: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name in ("flags", "canaries", "first", "then"):
        said[name] = tuple(said.get(name, ()))
    return Case(path.parent.name, **said)


def _plain(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def _load(script: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"build_{script.parent.name}", script)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


__all__ = ["FOLDER", "GROUPS", "NAME", "Case", "all_cases"]
