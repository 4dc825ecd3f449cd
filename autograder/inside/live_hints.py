"""
What a student's kernel remembers, so that a test that fails can say at once which idea was wrong.

The grader has the master to hold evidence against; at a desk the test itself says what is meant. The rules and the
words are the same in both places: the course's hints.yml lies beside the notebook.
"""

from collections import deque
from functools import cached_property
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell

from autograder.course.dataflow import binds
from autograder.course.ownership import owner_of
from autograder.hints import Catalogue, Evidence, Look, find_hints, read_catalogue, worded
from autograder.known_tests import known, title
from autograder.subject import Subject, kinds_of

_MOST_CELLS = 500
"""Cells that are remembered, the last ones: a notebook has a tenth of them."""


class LiveHints:
    """
    The cells that were run in a kernel, by nbgrader's names of them, and what the last one showed.

    Parameters
    ----------
    file : Path
        The course's misconceptions, if it has any.
    """

    def __init__(self, shell: InteractiveShell, file: Path, subject: Subject) -> None:
        self._file = file
        self._subject = subject
        self._sources: dict[str, str] = {}
        self._ran: deque[str] = deque(maxlen=_MOST_CELLS)
        self._running = ""
        self._shown: list[dict[str, Any]] = []
        shell.events.register("pre_run_cell", self._begin)
        shell.display_pub.register_hook(self._see)  # type: ignore[attr-defined]  # it is ipykernel's

    def about(self, kind: type[BaseException], error: BaseException) -> list[list[tuple[str, str]]]:
        """
        Word the hints about an error in a test cell; none where its exercise was not run.

        Raises
        ------
        CourseError
            When the course's misconceptions cannot be read.
        """
        test = self._running
        exercise, answer = self._answer_to(test)
        if not answer:
            return []
        # Neither evidence nor what was expected of it is what a test has displayed.
        types = {name for kind in kinds_of(self._subject) for name in (kind.mime_type, kind.reference_type)}
        showed = [data.get("text/plain", "") for data in self._shown if not types & data.keys()]
        evidence = tuple(
            Evidence(kind.name, *kind.at_desk(data[kind.mime_type]))
            for kind in kinds_of(self._subject)
            for data in self._shown
            if kind.mime_type in data
        )
        raised = "" if kind is AssertionError else f"{kind.__name__}: {error}"
        look = Look(test, "\n".join(showed), raised, evidence)
        found = find_hints(exercise, answer, [look], self._catalogue, self._subject.hint_rules)
        return [worded(self._catalogue[hint.id], hint.line) for hint in found]

    def _answer_to(self, test: str) -> tuple[str, str]:
        """
        Find the answer that a test is about: what it is called, and its text; empty where it was not run.

        JupyterLab's id of a cell is nbgrader's name of it. Other front ends send none, or one of their own: there an
        answer is the last cell that leaves behind what its tests take.
        """
        exercise = owner_of(test, self._sources)
        if exercise is not None:
            return exercise, self._sources[exercise]
        answers = known().get("answers", {})
        exercise = owner_of(test, answers) or ""
        taken = answers.get(exercise, [])
        return exercise, next((cell for cell in reversed(self._ran) if binds(cell).intersection(taken)), "")

    @cached_property
    def _catalogue(self) -> Catalogue:
        return read_catalogue(self._file.read_text(encoding="utf-8"), self._file.name) if self._file.is_file() else {}

    def _begin(self, info: ExecutionInfo) -> None:
        source = str(info.raw_cell)
        test = known()["tests"].get(title(source))
        # A release of an earlier version does not say how the cells of its tests are called.
        self._running = (test.get("cell", "") if test else "") or str(info.cell_id or "")
        self._sources[self._running] = source
        self._ran.append(source)
        self._shown = []

    def _see(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["header"]["msg_type"] == "display_data":
            self._shown.append(message["content"]["data"])
        return message
