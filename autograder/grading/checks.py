"""
What a graded cell shows, held against what it must show.

A graded cell may ask for several kinds of check. Each kind is one class with a line in `evidence_checks`: it says
whether a master cell asks for it, and then what it found. This module only finds; `autograder.grading.verdict`
decides.
"""

import ast
import contextlib
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from itertools import accumulate, dropwhile, pairwise
from typing import Protocol, TypeVar

from nbformat import NotebookNode, from_dict

from autograder.course.assignment import Assignment
from autograder.course.master import MasterCell
from autograder.kernels.run import Reply, joined_streams
from autograder.known_tests import NOT_YET, YOUR_NOTEBOOK
from autograder.layers import layer
from autograder.predictions import check_prediction
from autograder.probes import DESK, at_a_desk, with_ending
from autograder.subject import EvidenceError, EvidenceKind, Subject, kinds_of
from autograder.text import cut

MAX_SEARCHED = 100_000
"""Characters of outputs among which a test's own are looked for."""

ASSERT, OUTPUT = "assert", "output"
"""Names of nbgrader's own kind of check, and of nbval's. All but the first are evidence."""


class Outcome(Enum):
    """What a check found."""

    HOLDS = "holds"
    FAILS = "fails"
    ABSENT = "absent"
    """There was nothing to look at: the cell did not get as far as showing it."""


@dataclass(frozen=True, slots=True)
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
    shown : str
        The text that was shown where another was expected.
    evidence : tuple of str
        The facts that were shown where others were expected, in the text form of the subject's kind.
    points : float or None
        What the test itself gives, where it says so; None for all or none.
    raised : str
        What was raised, as ``"ValueError: ..."``; empty for an assertion in its own words.
    """

    check: str
    outcome: Outcome
    message: str = ""
    shown: str = ""
    evidence: tuple[str, ...] = ()
    points: float | None = None
    raised: str = ""


@dataclass(frozen=True)
class Shown:
    """
    What a graded cell showed when it ran.

    Attributes
    ----------
    reply : Reply or None
        How it ended; None when it did not run to an end.
    ending : str
        The ending that `autograder.probe` gave to names in this run.
    """

    reply: Reply | None
    outputs: list[NotebookNode]
    ending: str = DESK

    def texts(self, subject: Subject) -> list[NotebookNode]:
        """Give the outputs that are not evidence of the subject's."""
        kinds = {kind.mime_type for kind in kinds_of(subject)}
        return [output for output in self.outputs if not kinds & output.get("data", {}).keys()]

    def evidence(self, kind: EvidenceKind) -> list[str]:
        """Give the evidence of a kind that was shown, as it came."""
        return [str(o.data[kind.mime_type]) for o in self.outputs if kind.mime_type in o.get("data", {})]


class Check(Protocol):
    """A kind of check. `judge` calls it for every graded cell of every submission."""

    name: str

    def asked(self, cell: MasterCell) -> bool:
        """Tell whether the master cell asks for this kind."""

    def look(self, cell: MasterCell, shown: Shown, assignment: Assignment) -> Finding:
        """Hold what was shown against the master cell."""


class AssertCheck:
    """
    nbgrader's own: the cell ran to its end without an exception.

    A cell that asks for nothing else and ends in a number gives that many points, as in nbgrader
    (`nbgrader.utils.determine_grade`). A number that can be none of its points gives none. That of a test with a
    hidden part is cut off after two decimals: more would be room for what the kernel has seen of it.

    Parameters
    ----------
    alone : bool
        Whether the cell asks for nothing else.
    """

    name = ASSERT

    def __init__(self, *, alone: bool) -> None:
        self._alone = alone

    def asked(self, cell: MasterCell) -> bool:
        """Every cell asks for it, but one that only shows a student's answer claims nothing by not raising."""
        return self._alone or _claims(cell)

    @layer("rebuild")
    def look(self, cell: MasterCell, shown: Shown, assignment: Assignment) -> Finding:
        """Read the execute reply."""
        if shown.reply is None:
            return Finding(self.name, Outcome.ABSENT, "This cell did not run to its end.")
        if not shown.reply.ok:
            return Finding(self.name, Outcome.FAILS, in_words(shown.reply), raised=_raised(shown))
        given = _numbers(shown.outputs) if self._alone else []
        if not given or given == [cell.points]:
            return Finding(self.name, Outcome.HOLDS)
        if not all(0 <= number <= cell.points for number in given):
            numbers = ", ".join(f"{number:g}" for number in given)
            return Finding(self.name, Outcome.FAILS, f"The test gives {numbers} points, and it has {cell.points:g}.")
        points = min(given)
        if cell.has_hidden_part:
            points = math.floor(points * 100) / 100
        return Finding(
            self.name, Outcome.HOLDS, f"The test gives {points:g} of {cell.points:g} points.", points=points
        )


class OutputCheck:
    """
    nbval's: the outputs equal the stored ones, after the course's sanitize patterns.

    Only the kinds of output that the master stores are compared (its text, say), and of these the test's own
    (`_of_the_test`). So neither a warning on stderr nor a student's own ``print`` or ``display`` costs a point where
    the course displays its evidence. Nor does a picture: matplotlib draws its own when a cell has ended.
    """

    name = OUTPUT

    def asked(self, cell: MasterCell) -> bool:
        """The tag of nbval asks for it."""
        return cell.compares_output

    def look(self, cell: MasterCell, shown: Shown, assignment: Assignment) -> Finding:
        """Compare by `nbval.plugin.IPyNbCell.compare_outputs`."""
        reference = _with_ending(expected_texts(cell, assignment.subject), shown.ending)
        kinds = _kinds(reference)
        texts = [output for output in shown.texts(assignment.subject) if _kinds([output]) & kinds]
        texts = [output for output in texts if not _pictures(output) - kinds] or texts
        texts = _within_reach(texts, at_least=len(reference))
        if not texts:
            return _absent(self.name, shown, "This cell showed nothing.")

        def equal(output: NotebookNode, wanted: NotebookNode) -> bool:
            return not output_difference([output], [wanted], assignment.sanitize)

        outputs = _of_the_test(texts, reference, equal)
        difference = output_difference(outputs, reference, assignment.sanitize)
        if not difference:
            return Finding(self.name, Outcome.HOLDS)
        return Finding(self.name, Outcome.FAILS, difference, shown=cut(plain_text(outputs)))


class EvidenceCheck:
    """
    A subject's: what was shown says the same as the master's evidence, in what the cell's tags say that counts.

    Of the evidence that may be the test's own, its own counts (`_of_the_test`): what a student shows beside it costs
    nothing.
    """

    def __init__(self, kind: EvidenceKind) -> None:
        self.name = kind.name
        self._kind = kind

    def asked(self, cell: MasterCell) -> bool:
        """One of the tags asks for it."""
        return self._kind.asked(cell.tags)

    def look(self, cell: MasterCell, shown: Shown, assignment: Assignment) -> Finding:
        """Read the evidence outside of the student's process, and hold its facts against the reference's."""
        kind, name, expected = self._kind, self.name, expected_facts(cell, self._kind, shown.ending)
        try:
            found = [kind.read(evidence) for evidence in shown.evidence(kind)[-kind.most :]]
        except EvidenceError as error:
            return Finding(name, Outcome.FAILS, f"The {name} that this cell shows cannot be judged: {error}.")
        own = [facts for facts in found if kind.belongs(facts, expected)]
        if not own:
            why = f"Another {name} is shown than the test's." if found else f"This cell showed no {name}."
            return _absent(name, shown, why)
        chosen = tuple(_of_the_test(own, expected, lambda facts, wanted: kind.agrees(facts, wanted, cell.tags)))
        for facts, wanted in zip(chosen, expected, strict=False):
            if not kind.agrees(facts, wanted, cell.tags):
                return Finding(name, Outcome.FAILS, kind.difference(facts, wanted, cell.tags), evidence=chosen)
        if len(chosen) < len(expected):
            return _absent(name, shown, f"Not all {name}s are shown.", chosen)
        return Finding(name, Outcome.HOLDS)


def evidence_checks(subject: Subject) -> tuple[Check, ...]:
    """List the kinds of check beside nbgrader's own. A new kind gets its line here."""
    return (
        OutputCheck(),
        *(EvidenceCheck(kind) for kind in kinds_of(subject)),
    )


@layer("evidence")
def judge(cell: MasterCell, shown: Shown, assignment: Assignment) -> tuple[Finding, ...]:
    """Look at a graded cell with every kind of check that it asks for, nbgrader's own first."""
    asked = [check for check in evidence_checks(assignment.subject) if check.asked(cell)]
    own = AssertCheck(alone=not asked)
    checks = [own, *asked] if own.asked(cell) else asked
    return tuple(_at_a_desk(check.look(cell, shown, assignment), shown.ending) for check in checks)


def asks_for_evidence(cell: MasterCell, subject: Subject) -> bool:
    """Tell whether a test asks for more than nbgrader's own check."""
    return any(check.asked(cell) for check in evidence_checks(subject))


@lru_cache(maxsize=1024)
def _claims(cell: MasterCell) -> bool:
    """Tell whether a test claims something by not raising; one that is not Python may."""
    tree = cell.tree
    return tree is None or any(map(_asserts, ast.walk(tree)))


def _asserts(node: ast.AST) -> bool:
    """Tell whether a part of a test claims something: by itself, or through the helper that does it."""
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(node, ast.Assert) or (isinstance(called, ast.Name) and called.id == check_prediction.__name__)


def _numbers(outputs: list[NotebookNode]) -> list[float]:
    """Give the values of a cell that are numbers: one, unless an answer has made it several."""
    numbers = []
    for output in outputs:
        if output.output_type == "execute_result":
            with contextlib.suppress(ValueError):
                numbers.append(float(str(output.get("data", {}).get("text/plain", ""))))
    return numbers


def expected_facts(cell: MasterCell, kind: EvidenceKind, ending: str = DESK) -> tuple[str, ...]:
    """Read the facts that a master cell stores for a kind, with the names that probes had in a run."""
    stored = [o.data[kind.reference_type] for o in cell.reference if kind.reference_type in o.get("data", {})]
    return tuple(with_ending(facts, ending) for facts in stored)


def expected_texts(cell: MasterCell, subject: Subject) -> list[NotebookNode]:
    """Give the outputs that a master cell stores beside the subject's evidence, in one piece as a run's are."""
    kinds = {kind.reference_type for kind in kinds_of(subject)}
    return joined_streams(output for output in cell.reference if not kinds & output.get("data", {}).keys())


def plain_text(outputs: list[NotebookNode]) -> str:
    """Give the text of outputs, one below the other."""
    return "\n".join(str(o.get("text") or o.get("data", {}).get("text/plain", "")).rstrip("\n") for o in outputs)


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
    from autograder.grading.nbval_comparison import Comparison

    return Comparison(patterns, skipped=_kinds(outputs) - _kinds(reference)).difference(outputs, reference)


_Shown = TypeVar("_Shown")

_Wanted = TypeVar("_Wanted")


def _of_the_test(
    shown: list[_Shown], expected: Sequence[_Wanted], equal: Callable[[_Shown, _Wanted], bool]
) -> list[_Shown]:
    """
    Choose what a test itself has shown, among what an answer has while the test called it.

    The evidence ends a cell, so that the last output is the test's. Before it stand those that equal the other ones
    expected, in their order; where they do not, the last ones count, as many as are expected.
    """
    last = shown[-len(expected) :]
    chosen, earlier = shown[-1:], shown[:-1]
    for wanted in reversed(expected[:-1]):
        while earlier and not equal(earlier[-1], wanted):
            earlier.pop()
        if not earlier:
            return last
        chosen.insert(0, earlier.pop())
    return chosen


def _within_reach(outputs: list[NotebookNode], at_least: int) -> list[NotebookNode]:
    """Leave out what stands before many characters of other outputs: comparing takes its time."""
    lengths = accumulate(len(plain_text([output])) for output in reversed(outputs))
    return outputs[-max(1, at_least, sum(length <= MAX_SEARCHED for length in lengths)) :]


def _with_ending(outputs: list[NotebookNode], ending: str) -> list[NotebookNode]:
    return [from_dict(output) for output in json.loads(with_ending(json.dumps(outputs), ending))]


def _at_a_desk(finding: Finding, ending: str) -> Finding:
    """Give probes the names that students know."""
    return replace(
        finding,
        message=at_a_desk(finding.message, ending),
        raised=at_a_desk(finding.raised, ending),
        shown=at_a_desk(finding.shown, ending),
        evidence=tuple(at_a_desk(facts, ending) for facts in finding.evidence),
    )


def _absent(check: str, shown: Shown, otherwise: str, evidence: tuple[str, ...] = ()) -> Finding:
    """Say why there was nothing to look at: what was raised, where something was."""
    reply = shown.reply
    message = otherwise if reply is None or reply.ok else in_words(reply)
    return Finding(check, Outcome.ABSENT, message, evidence=evidence, raised=_raised(shown))


def _raised(shown: Shown) -> str:
    """Name what was raised, and its first line; nothing for an assertion in its own words."""
    reply = shown.reply
    if reply is None or reply.ok or (reply.error == "AssertionError" and reply.message.strip()):
        return ""
    return error_line(reply)


def error_line(reply: Reply) -> str:
    """Name what was raised, with its first line: ``"NameError: name 'x' is not defined"``."""
    return cut(f"{reply.error}: {_first_line(reply)}".removesuffix(": "))


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


def _pictures(output: NotebookNode) -> set[str]:
    """Name the kinds of picture that an output has; its text may be only a caption."""
    return {kind for kind in _kinds([output]) if kind.startswith("image/")}


_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

_OF_A_CELL = re.compile(r"\s*Cell In\[\d+\], line \d+")
"""How IPython's plain tracebacks, which kernels show at a grading, name a frame: its line of code comes next."""


def in_words(reply: Reply) -> str:
    """
    Say what was raised as it is said at a desk: an assertion, and what a test raised, in the words that were shown.

    What an answer raised is named, with the line of it that did.
    """
    message = _ANSI.sub("", reply.message).strip()
    if reply.error == "AssertionError" and message:
        return cut(message)
    first, *others = _ANSI.sub("", reply.traceback).splitlines() or [""]
    if first.startswith(NOT_YET):
        return cut(" ".join(line.strip() for line in others if line.strip()) or first.removeprefix(NOT_YET).strip())
    said = f"{reply.error}: {_first_line(reply)}".removesuffix(": ")
    line = _raising_line(others)
    said = f"Your code raised {said}\nIt did so in the line: {line}" if line else said
    advice = dropwhile(lambda text: not text.startswith(YOUR_NOTEBOOK), others)
    return cut("\n".join([said, *filter(None, advice)]))


def _raising_line(traceback: list[str]) -> str:
    """Find the line of the notebook that is deepest in a traceback; empty where there is none."""
    lines = [code.strip() for frame, code in pairwise(traceback) if _OF_A_CELL.match(frame)]
    return lines[-1] if lines else ""


def _first_line(reply: Reply) -> str:
    return next(iter(_ANSI.sub("", reply.message).strip().splitlines()), "")
