"""
What a graded cell shows, held against what it must show.

A graded cell may hold several kinds of check. Each kind is one object in `CHECKS`; it says whether a master cell
asks for it, and then what it found. This module only finds; `autograder.verdict` decides.
"""

import ast
import contextlib
import json
import math
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from enum import Enum
from itertools import accumulate
from typing import Protocol, TypeVar

from nbformat import NotebookNode, from_dict

from autograder import evidence
from autograder.caption import caption
from autograder.course import HIDDEN_OUTPUT, OUTPUT_TAG, Assignment, MasterCell
from autograder.facts import Facts, from_text, to_text
from autograder.files import cut
from autograder.kernels.running import Reply
from autograder.probes import DESK, at_a_desk, with_ending
from autograder.sharing import FACTS_TYPE, GRAPH_TYPE

MAX_SEARCHED = 100_000
"""Characters of outputs among which a test's own are looked for."""

ASSERT = "assert"
"""Name of nbgrader's own kind of check: all others are evidence."""

ASSERTS = "check_prediction"
"""What notebooks call that asserts in their place (`sharing_variables.predictions`)."""


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
    shown : str
        The text that was shown where another was expected.
    graphs : tuple of Facts
        The graphs that were shown where others were expected.
    points : float or None
        What the test itself gives, where it says so; None for all or none.
    """

    check: str
    outcome: Outcome
    message: str = ""
    shown: str = ""
    graphs: tuple[Facts, ...] = ()
    points: float | None = None

    @property
    def names_an_exception(self) -> bool:
        """Whether the message is that of an exception, and not an assertion in its own words."""
        return re.match(r"\w+(Error|Exception): ", self.message) is not None


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

    @property
    def texts(self) -> list[NotebookNode]:
        """The outputs that are no graphs."""
        return [output for output in self.outputs if GRAPH_TYPE not in output.get("data", {})]

    @property
    def graphs(self) -> list[str]:
        """The graphs that were shown, as they came."""
        return [str(o.data[GRAPH_TYPE]) for o in self.outputs if GRAPH_TYPE in o.get("data", {})]


class Check(Protocol):
    """A kind of check; called by `judge` for every graded cell of every submission."""

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
    """

    name = ASSERT

    def asked(self, cell: MasterCell) -> bool:
        """Every cell asks for it, but one that only shows a student's answer claims nothing by not raising."""
        tree = cell.tree
        shows = cell.compares_output or GraphCheck().asked(cell)
        return not shows or tree is None or any(map(_asserts, ast.walk(tree)))

    def look(self, cell: MasterCell, shown: Shown, assignment: Assignment) -> Finding:
        """Read the execute reply."""
        if shown.reply is None:
            return Finding(self.name, Outcome.ABSENT, "This cell did not run to its end.")
        if not shown.reply.ok:
            return Finding(self.name, Outcome.FAILS, _first_words(shown.reply))
        given = [] if OutputCheck().asked(cell) or GraphCheck().asked(cell) else _numbers(shown.outputs)
        if not given or given == [cell.points]:
            return Finding(self.name, Outcome.HOLDS)
        if not all(0 <= number <= cell.points for number in given):
            said = ", ".join(f"{number:g}" for number in given)
            return Finding(self.name, Outcome.FAILS, f"The test gives {said} points, and it has {cell.points:g}.")
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

    name = "output"

    def asked(self, cell: MasterCell) -> bool:
        """The tag of nbval asks for it."""
        return cell.compares_output

    def look(self, cell: MasterCell, shown: Shown, assignment: Assignment) -> Finding:
        """Compare by `nbval.plugin.IPyNbCell.compare_outputs`."""
        reference = _with_ending(expected_texts(cell), shown.ending)
        kinds = _kinds(reference)
        texts = [output for output in shown.texts if _kinds([output]) & kinds]
        texts = [output for output in texts if not _pictures(output) - kinds] or texts
        texts = _within_reach(texts, at_least=len(reference))
        if not texts:
            return Finding(self.name, Outcome.ABSENT, _raised(shown) or "This cell showed nothing.")

        def equal(output: NotebookNode, wanted: NotebookNode) -> bool:
            return not output_difference([output], [wanted], assignment.sanitize)

        outputs = _of_the_test(texts, reference, equal)
        difference = output_difference(outputs, reference, assignment.sanitize)
        if not difference:
            return Finding(self.name, Outcome.HOLDS)
        return Finding(self.name, Outcome.FAILS, difference, shown=cut(plain_text(outputs)))


class GraphCheck:
    """
    Ours: the graphs that were shown say the same about sharing as the master's.

    What counts is said by the cell's tags, see `autograder.evidence.Terms`. Of the graphs that have the reference's
    outputs the test's own count (`_of_the_test`): a student's own pictures cost nothing.
    """

    name = "graph"

    def asked(self, cell: MasterCell) -> bool:
        """One of the tags asks for it."""
        return evidence.terms_of(cell.tags) is not None

    def look(self, cell: MasterCell, shown: Shown, assignment: Assignment) -> Finding:
        """Read the graphs outside of the student's process, and hold their facts against the reference's."""
        terms, expected = evidence.terms_of(cell.tags), expected_facts(cell, shown.ending)
        assert terms is not None
        try:
            found = [evidence.parse(graph) for graph in shown.graphs[-evidence.MAX_GRAPHS :]]
        except evidence.EvidenceError as error:
            return Finding(self.name, Outcome.FAILS, f"The graph that this cell shows cannot be judged: {error}.")
        labels = {tuple(output.label for output in facts.outputs) for facts in expected}
        drawn = [facts for facts in found if tuple(o.label for o in facts.outputs) in labels]
        if not drawn:
            why = "Another graph is shown than the test's." if found else "This cell showed no graph."
            return Finding(self.name, Outcome.ABSENT, _raised(shown) or why)
        graphs = tuple(_of_the_test(drawn, expected, lambda one, other: not evidence.difference(one, other, terms)))
        for mine, master in zip(graphs, expected, strict=False):
            if why := evidence.difference(mine, master, terms):
                said = [f"In the graph, {why}."]
                if caption(mine) != caption(master):
                    said += [f"Expected: {caption(master)}", f"Shown: {caption(mine)}"]
                return Finding(self.name, Outcome.FAILS, "\n".join(said), graphs=graphs)
        if len(graphs) < len(expected):
            return Finding(self.name, Outcome.ABSENT, _raised(shown) or "Not all graphs are shown.", graphs=graphs)
        return Finding(self.name, Outcome.HOLDS)


CHECKS: tuple[Check, ...] = (AssertCheck(), OutputCheck(), GraphCheck())


def judge(cell: MasterCell, shown: Shown, assignment: Assignment) -> tuple[Finding, ...]:
    """Look at a graded cell with every kind of check that it asks for, in the order of `CHECKS`."""
    findings = (check.look(cell, shown, assignment) for check in CHECKS if check.asked(cell))
    return tuple(_at_a_desk(finding, shown.ending) for finding in findings)


def visible_part(cell: MasterCell) -> MasterCell:
    """
    Give a test as students know it: its visible text, and the stored outputs that this text alone gives.

    A kind of evidence of which the hidden part has a share in everything is not asked for.
    """
    if not cell.has_hidden_part:
        return cell
    node = deepcopy(cell.node)
    node.source = cell.released
    node.outputs = [output for output in node.outputs if not output.get("metadata", {}).get(HIDDEN_OUTPUT, True)]
    part = replace(cell, node=node)
    unknown = set() if expected_facts(part) else set(evidence.TAGS)
    unknown |= set() if expected_texts(part) else {OUTPUT_TAG}
    node.metadata.tags = [tag for tag in cell.tags if tag not in unknown]
    return part


def _asserts(node: ast.AST) -> bool:
    """Tell whether a part of a test claims something: by itself, or through the helper that does it."""
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(node, ast.Assert) or (isinstance(called, ast.Name) and called.id == ASSERTS)


def _numbers(outputs: list[NotebookNode]) -> list[float]:
    """Give the values of a cell that are numbers: one, unless an answer has made it several."""
    numbers = []
    for output in outputs:
        if output.output_type == "execute_result":
            with contextlib.suppress(ValueError):
                numbers.append(float(str(output.get("data", {}).get("text/plain", ""))))
    return numbers


def expected_facts(cell: MasterCell, ending: str = DESK) -> tuple[Facts, ...]:
    """Read the facts that a master cell stores for its graphs, with the names that probes had in a run."""
    stored = [output.data[FACTS_TYPE] for output in cell.reference if FACTS_TYPE in output.get("data", {})]
    return tuple(from_text(with_ending(facts, ending)) for facts in stored)


def expected_texts(cell: MasterCell) -> list[NotebookNode]:
    """Give the outputs that a master cell stores beside its graphs."""
    return [output for output in cell.reference if FACTS_TYPE not in output.get("data", {})]


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
    from autograder.comparison import Comparison

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
        shown=at_a_desk(finding.shown, ending),
        graphs=tuple(_facts_at_a_desk(facts, ending) for facts in finding.graphs),
    )


def _facts_at_a_desk(facts: Facts, ending: str) -> Facts:
    origins = tuple((at_a_desk(name, ending), origin) for name, origin in facts.origins)
    return replace(from_text(at_a_desk(to_text(facts), ending)), origins=origins)


def _raised(shown: Shown) -> str:
    return _first_words(shown.reply) if shown.reply is not None and not shown.reply.ok else ""


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


def _first_words(reply: Reply) -> str:
    """Say what was raised: an assertion in its own words, anything else with its name."""
    message = _ANSI.sub("", reply.message).strip()
    if reply.error == "AssertionError" and message:
        return cut(message)
    first = message.splitlines()[0] if message else ""
    return cut(f"{reply.error}: {first}" if first else reply.error)
