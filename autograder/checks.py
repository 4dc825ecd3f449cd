"""
What a graded cell shows, held against what it must show.

A graded cell may hold several kinds of check. Each kind is one object in `CHECKS`; it says whether a master cell
asks for it, and then what it found. This module only finds; `autograder.verdict` decides.
"""

import ast
import re
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from nbformat import NotebookNode

from autograder.course import Assignment, MasterCell
from autograder.files import cut
from autograder.kernels.running import Reply


class Outcome(Enum):
    """What a check found."""

    HOLDS = "holds"
    FAILS = "fails"
    ABSENT = "absent"
    """There was nothing to look at: the cell did not get as far as showing it."""


@dataclass(frozen=True)
class Finding:
    """
    One check of one cell.

    Attributes
    ----------
    check : str
        Name of the kind, e.g. ``"assert"``.
    outcome : Outcome
        What was found.
    message : str
        One or more lines for the student; empty when the check holds.
    """

    check: str
    outcome: Outcome
    message: str = ""


@dataclass(frozen=True)
class Shown:
    """What a graded cell showed when it ran: how it ended (None: it did not run to an end), and its outputs."""

    reply: Reply | None
    outputs: list[NotebookNode]


class Check(Protocol):
    """A kind of check; called by `judge` for every graded cell of every submission."""

    name: str

    def asked(self, cell: MasterCell) -> bool:
        """Tell whether the master cell asks for this kind."""

    def look(self, cell: MasterCell, shown: Shown, assignment: Assignment) -> Finding:
        """Hold what was shown against the master cell."""


class AssertCheck:
    """nbgrader's own: the cell ran to its end without an exception."""

    name = "assert"

    def asked(self, cell: MasterCell) -> bool:
        """Every cell asks for it, but one that only shows a student's answer claims nothing by not raising."""
        tree = cell.tree
        return not cell.compares_output or tree is None or any(isinstance(n, ast.Assert) for n in ast.walk(tree))

    def look(self, cell: MasterCell, shown: Shown, assignment: Assignment) -> Finding:
        """Read the execute reply."""
        if shown.reply is None:
            return Finding(self.name, Outcome.ABSENT, "This cell did not run to its end.")
        if shown.reply.ok:
            return Finding(self.name, Outcome.HOLDS)
        return Finding(self.name, Outcome.FAILS, _first_words(shown.reply))


class OutputCheck:
    """
    nbval's: the outputs equal the stored ones, after the course's sanitize patterns.

    Only the kinds of output that the master stores are compared (its text, say), and of these the last ones, as
    many as it stores: the evidence ends a cell. So neither a warning on stderr nor a student's own ``print`` or
    ``display`` costs a point where the course displays its evidence.
    """

    name = "output"

    def asked(self, cell: MasterCell) -> bool:
        """The tag of nbval asks for it."""
        return cell.compares_output

    def look(self, cell: MasterCell, shown: Shown, assignment: Assignment) -> Finding:
        """Compare by `nbval.plugin.IPyNbCell.compare_outputs`."""
        kinds = _kinds(cell.reference)
        outputs = [output for output in shown.outputs if _kinds([output]) & kinds][-len(cell.reference) :]
        if not outputs:
            raised = _first_words(shown.reply) if shown.reply is not None and not shown.reply.ok else ""
            return Finding(self.name, Outcome.ABSENT, raised or "This cell showed nothing.")
        difference = output_difference(outputs, cell.reference, assignment.sanitize)
        return Finding(self.name, Outcome.FAILS if difference else Outcome.HOLDS, difference)


CHECKS: tuple[Check, ...] = (AssertCheck(), OutputCheck())


def judge(cell: MasterCell, shown: Shown, assignment: Assignment) -> tuple[Finding, ...]:
    """Look at a graded cell with every kind of check that it asks for, in the order of `CHECKS`."""
    return tuple(check.look(cell, shown, assignment) for check in CHECKS if check.asked(cell))


def output_difference(outputs: list[NotebookNode], reference: list[NotebookNode], patterns: str) -> str:
    """
    Say how outputs differ from the reference; empty when they do not.

    Kinds of output that the reference does not have are not looked at.

    Parameters
    ----------
    patterns : str
        Contents of a sanitize file, in nbval's format.
    """
    # nbval brings pytest along; a session in which nothing is new needs neither.
    from autograder.comparison import Comparison

    return Comparison(patterns, skipped=_kinds(outputs) - _kinds(reference)).difference(outputs, reference)


def _kinds(outputs: list[NotebookNode]) -> set[str]:
    """Name the kinds of output as nbval does: a stream by its name, rich output by its MIME types."""
    kinds: set[str] = set()
    for output in outputs:
        if output.output_type == "stream":
            kinds.add(output.name)
        elif output.output_type == "error":
            kinds.add("ename")
        else:
            kinds.update(output.data)
    return kinds


_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def _first_words(reply: Reply) -> str:
    """Say what was raised: an assertion in its own words, anything else with its name."""
    message = _ANSI.sub("", reply.message).strip()
    if reply.error == "AssertionError" and message:
        return cut(message)
    first = message.splitlines()[0] if message else ""
    return cut(f"{reply.error}: {first}" if first else reply.error)
