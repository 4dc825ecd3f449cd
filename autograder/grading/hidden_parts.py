"""
Hidden parts of tests: what they are, where they run, and what of them people may see.

The rule: **what people see, and what counts as evidence, comes from the first kernel and was shown before that kernel
had been told what is expected; after a kernel that was told anything hidden, none runs that could gain by it.**

The first kernel runs what is shown: of a test with a hidden part the visible part, in its place. A test that shows
evidence runs whole after everything else. Where its hidden part shows something and has asserts of its own, it first
runs without them, before any such test runs whole. `autograder.inside.namespaces` gives it the names of its place.

A test of bare asserts is judged in its place, by a second kernel that runs the notebook again with all tests in
full: later cells may change what it looks at, and earlier hidden parts bind names. Of the second kernel nothing is
taken but how these tests ended, which code in their kernel decides anyhow, whatever it knows; so it may follow a
first one that was told hidden evidence. No kernel that dies after it was told anything has a successor.
"""

import ast
import json
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from itertools import takewhile
from typing import Any

from nbformat import NotebookNode, from_dict

from autograder.course.assignment import Assignment
from autograder.course.dataflow import binds, reads, syntax_tree
from autograder.course.master import OUTPUT_TAG, Master, MasterCell
from autograder.grading.checks import (
    OUTPUT,
    Finding,
    Outcome,
    Shown,
    asks_for_evidence,
    expected_facts,
    expected_texts,
    judge,
)
from autograder.grading.verdict import CellVerdict, decide_cell
from autograder.inside.namespaces import KEEP
from autograder.kernels.run import Run
from autograder.known_tests import BRING_BACK, TEST_FUNCTION, Known, KnownTest, digest, title
from autograder.layers import layer
from autograder.subject import Subject, kinds_of

OUTPUT_MARK = "hidden"
"""In the metadata of a stored output: a hidden part of the test has a share in it."""

WITHHELD = "A part of this test that is not shown found a difference."
"""All that is reported about what only the hidden part of a test found."""

PARTLY = "Part of this test is not shown."
"""What pages say about every failed test that has a hidden part."""

UNSEEN_CHARACTERS = 300
"""Of what a hidden part found: one line of the class report, however much an answer has put into it."""

_ASKED, _WHOLE, _KNOWN = "asked:", "whole:", "known:"
"""How the ids begin of cells that no student has: a test without its asserts, a whole one, what is known of tests."""


def shows(cell: MasterCell) -> bool:
    """Tell whether something of what a test stores is not shown by its visible part alone."""
    marks = (output.get("metadata", {}).get(OUTPUT_MARK, True) for output in cell.reference)
    return cell.has_hidden_part and any(marks)


def has_own_asserts(cell: MasterCell) -> bool:
    """Tell whether the hidden part of a test has an assert of its own, which says what is expected."""
    return cell.has_hidden_part and bool(_asserts(cell.source) - _asserts(cell.released))


def is_bare(cell: MasterCell, subject: Subject) -> bool:
    """Tell whether a test with a hidden part shows nothing that is judged: all that it has is asserts."""
    return cell.has_hidden_part and not asks_for_evidence(cell, subject)


def asks_first(cell: MasterCell, subject: Subject) -> bool:
    """
    Tell whether the hidden part of a test has to show its evidence before it says what is expected.

    What a master stores of a test of bare asserts is no evidence: most courses save their masters with outputs.
    """
    return not is_bare(cell, subject) and shows(cell) and has_own_asserts(cell)


@layer("hidden tests last")
def in_its_place(cell: MasterCell, subject: Subject) -> str:
    """Write the text of a test that the first kernel runs in its place."""
    if not cell.has_hidden_part:
        return cell.source
    return cell.released if is_bare(cell, subject) else f"{cell.released}\n{KEEP}{cell.grade_id}"


def told_in_place(master: Master, notebook: NotebookNode, subject: Subject) -> NotebookNode | None:
    """
    Write the notebook of the second kernel: the first one's, with all tests in full in their places.

    It ends with the last test that is judged there.

    Returns
    -------
    NotebookNode or None
        None where no test is.
    """
    whole = {cell.node.id: cell.source for cell in master.graded if cell.has_hidden_part}
    bare = {cell.node.id for cell in master.graded if is_bare(cell, subject)}
    ends = [number for number, cell in enumerate(notebook.cells, start=1) if cell.id in bare]
    cells = [
        cell | ({"id": f"{_WHOLE}{cell.id}", "source": whole[cell.id]} if cell.id in whole else {})
        for cell in notebook.cells[: max(ends, default=0)]
        if cell.cell_type == "code"
    ]
    return from_dict(notebook | {"cells": cells}) if cells else None


def shown_by(
    master: Master, subject: Subject, first: Mapping[str, Shown], second: Mapping[str, Shown]
) -> dict[str, Shown]:
    """Put together what two kernels have shown: of the second one, how tests of bare asserts have ended."""
    bare = [f"{_WHOLE}{cell.node.id}" for cell in master.graded if is_bare(cell, subject)]
    return {**first, **{name: second.get(name, Shown(None, [])) for name in bare}}


@lru_cache(maxsize=64)
def at_the_end(master: Master, subject: Subject) -> tuple[tuple[str, str], ...]:
    """
    List what the first kernel runs of a master's tests after everything else: ids of cells and their texts.

    All hidden parts are asked before one tells: what a test says may be what the next one asks for.
    """
    hidden = [cell for cell in master.graded if cell.has_hidden_part and not is_bare(cell, subject)]
    asked = [cell for cell in hidden if asks_first(cell, subject)]
    cells = [(f"{_ASKED}{cell.node.id}", cell, _without_asserts(_last_text(cell))) for cell in asked]
    cells += [(f"{_WHOLE}{cell.node.id}", cell, _last_text(cell)) for cell in sorted(hidden, key=has_own_asserts)]
    return tuple((name, f"{source}\n{BRING_BACK}{cell.grade_id}") for name, cell, source in cells)


@lru_cache(maxsize=64)
def told_first(master: Master, subject: Subject) -> tuple[tuple[str, str], ...]:
    """List what runs before everything else: what a kernel knows of the visible tests, as at a desk."""
    known = known_of(master, subject)
    source = f"from autograder.known_tests import know\n\nknow({json.dumps(known)!r})"
    return ((f"{_KNOWN}{master.name}", source),) if known["tests"] else ()


def known_of(master: Master, subject: Subject) -> Known:
    """Give what a kernel may know of a master's tests: what their visible parts expect, and what is the course's."""
    tests, answered = dict[str, KnownTest](), set().union(*(binds(cell.source) for cell in master.solutions))
    for cell in master.graded:
        if f"def {TEST_FUNCTION}(" not in cell.released:
            continue
        part = visible_part(cell, subject)
        evidence = {
            kind.name: {"tags": sorted(kind.tags & set(part.tags)), "facts": list(expected_facts(part, kind))}
            for kind in kinds_of(subject)
            if kind.asked(part.tags)
        }
        about = master.heading(master.answer_to(cell) or cell)
        tests[title(part.source)] = KnownTest(
            cell=str(cell.grade_id), notebook=master.name, exercise=about, points=cell.points, evidence=evidence
        )
    own = [cell for cell in master.cells if cell.is_code and cell.locked and not (cell.graded or cell.solution)]
    names = {digest(cell.source): sorted(binds(cell.source) - answered) for cell in own}
    answers = dict[str, list[str]]()
    for cell in master.graded if tests else ():
        answer = master.answer_to(cell)
        if answer is not None and (taken := reads(visible_part(cell, subject).source)):
            name = str(answer.grade_id)
            answers[name] = sorted(taken.intersection(binds(answer.source)).union(answers.get(name, [])))
    return Known(tests=tests, names=names, answers={name: took for name, took in answers.items() if took})


@layer("hidden tests last")
def was_told(done: Run) -> bool:
    """Tell whether a kernel has been told anything hidden: then the same is not run again."""
    begun = {*done.replies, done.stopped_at}
    return any(cell.startswith((_ASKED, _WHOLE)) for cell in begun)


def place_of(cell_id: str) -> str:
    """Give the id of the cell in the master that a cell of the rebuilt notebook stands for."""
    return cell_id.removeprefix(_ASKED).removeprefix(_WHOLE)


@layer("rebuild")
def decide(cell: MasterCell, shown: Mapping[str, Shown], assignment: Assignment) -> tuple[CellVerdict, CellVerdict]:
    """
    Judge a test, its hidden part included, and give its verdict, and the same without what is hidden.

    A test of bare asserts is judged by how it ended as a whole. One that shows evidence is judged by that, and by
    what it showed before it said what is expected; it gives points only when its visible part does, in its place. A
    subject's evidence that only a hidden part shows otherwise costs the points, and is no contradiction.
    """
    if not cell.has_hidden_part:
        found = _judged(cell, shown[cell.node.id], assignment)
        return found, found
    seen = _judged(visible_part(cell, assignment.subject), shown[cell.node.id], assignment)
    fails = any(finding.outcome is not Outcome.HOLDS for finding in seen.findings)
    if fails and asks_for_evidence(cell, assignment.subject):
        # It fails at a desk, too: there is nothing to withhold.
        return seen, seen
    ran = shown[f"{_WHOLE}{cell.node.id}"]
    if asks_first(cell, assignment.subject):
        ran = replace(shown[f"{_ASKED}{cell.node.id}"], reply=ran.reply)
    if not is_bare(cell, assignment.subject) and _last_text(cell) != cell.source:
        ran = replace(ran, outputs=[*shown[cell.node.id].outputs, *ran.outputs])
    found = _judged(cell, ran, assignment)
    unlike = [finding.check for finding in found.findings if finding.outcome is not Outcome.HOLDS]
    # A subject's evidence is asserted in a kernel for visible parts alone; what is displayed, by the test itself.
    found = replace(found, disagree=found.disagree and OUTPUT in unlike)
    return found, replace(withheld(found, seen), unseen=_unseen(found, seen))


def _unseen(found: CellVerdict, seen: CellVerdict) -> str:
    """Say in a line, for instructors, what only the hidden part of a test has found."""
    known = {finding.message for finding in seen.findings}
    lost = [finding for finding in found.findings if finding.outcome is not Outcome.HOLDS]
    words = dict.fromkeys(" ".join(finding.message.split()) for finding in lost if finding.message not in known)
    return "; ".join(words)[:UNSEEN_CHARACTERS]


def _judged(cell: MasterCell, shown: Shown, assignment: Assignment) -> CellVerdict:
    return decide_cell(str(cell.grade_id), cell.points, judge(cell, shown, assignment))


@layer("hidden tests last")
def withheld(found: CellVerdict, seen: CellVerdict) -> CellVerdict:
    """Replace what a kernel said that had been told what is hidden by what the visible part of the test found."""
    visible = {finding.check: finding for finding in seen.findings}
    return replace(found, findings=tuple(_as_seen(finding, visible.get(finding.check)) for finding in found.findings))


@lru_cache(maxsize=1024)
def visible_part(cell: MasterCell, subject: Subject) -> MasterCell:
    """
    Give a test as students know it: its visible text, and the stored outputs that this text alone gives.

    A kind of evidence of which the hidden part has a share in everything is not asked for.
    """
    if not cell.has_hidden_part:
        return cell
    node = deepcopy(cell.node)
    node.source = cell.released
    node.outputs = [output for output in node.outputs if not output.get("metadata", {}).get(OUTPUT_MARK, True)]
    part = replace(cell, node=node)
    unknown = set() if expected_texts(part, subject) else {OUTPUT_TAG}
    for kind in kinds_of(subject):
        unknown |= set() if expected_facts(part, kind) else kind.tags
    node.metadata.tags = [tag for tag in cell.tags if tag not in unknown]
    return part


@layer("hidden tests last")
def as_released(notebook: NotebookNode) -> NotebookNode:
    """Take out of a notebook that was run what students must not see: whole tests, and everything they showed."""
    cells = [cell for cell in notebook.cells if not cell.id.startswith((_ASKED, _WHOLE, _KNOWN))]
    for cell in cells:
        text, _, last = cell.source.rpartition("\n")
        cell.source = text if last.startswith(KEEP) else cell.source
    return from_dict(notebook | {"cells": cells})


def mark_outputs(outputs: list[NotebookNode], visible: list[NotebookNode]) -> None:
    """Mark the outputs of a test, in place, from the first on that its visible part alone does not give."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(outputs, visible, strict=False))
    known = len(list(same))
    for number, output in enumerate(outputs):
        if "metadata" in output:  # a stream has none, and counts as hidden
            output.metadata[OUTPUT_MARK] = number >= known


def _as_seen(found: Finding, visible: Finding | None) -> Finding:
    if found.outcome is Outcome.HOLDS:
        return found
    if visible is None or visible.outcome is Outcome.HOLDS:
        return Finding(found.check, found.outcome, WITHHELD)
    return replace(visible, outcome=found.outcome)


@lru_cache(maxsize=512)
def _asserts(source: str) -> Counter[str]:
    nodes = ast.walk(syntax_tree(source) or ast.Module([], []))
    return Counter(ast.unparse(node) for node in nodes if isinstance(node, ast.Assert))


def _last_text(cell: MasterCell) -> str:
    """
    Write what runs at the end of a test with a hidden part: all of it but calls whose outcome was shown in its place.

    These are the visible calls of a function that the test defines in the block of its hidden lines, where the test
    holds nothing else that could tell whether they were made.
    """
    return _without_repeats(cell.source, cell.released)


@layer("hidden tests last")
@lru_cache(maxsize=512)
def _without_repeats(source: str, released: str) -> str:
    whole, visible = syntax_tree(source), syntax_tree(released)
    calls = _repeated(whole.body, visible.body) if whole is not None and visible is not None else []
    lines = source.splitlines()
    for node in calls:
        assert node.end_lineno is not None
        lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    text = "\n".join(lines)
    # Another statement on one of these lines would be gone, too.
    return text if _size(syntax_tree(text)) == _size(whole) - sum(map(_size, calls)) else source


def _repeated(body: list[ast.stmt], visible: list[ast.stmt]) -> list[ast.stmt]:
    """Find the calls that a block, or a function in it, shares with its visible form, and makes before all others."""
    known = [ast.dump(node) for node in visible]
    shown = [node for node in body if ast.dump(node) in known]
    calls = [node for node in shown if _called(node)]
    if not all(node in calls or _only_defines(node) or node is _text_of(body) for node in shown):
        return []
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef) and not _gives_back(node)}
    if not functions.keys() >= {_called(node) for node in calls}:
        return []
    if [ast.dump(node) for node in shown] == known:
        more = [place for place, node in enumerate(body) if node not in shown]
        return calls if more and all(body.index(node) < more[0] for node in calls) else []
    match [pair for pair in zip(body, visible, strict=False) if pair[0] not in shown]:
        case [(ast.FunctionDef(name=name) as whole, ast.FunctionDef() as part)] if [
            _called(node) for node in calls
        ] == [name] == [part.name] and len(body) == len(visible):
            return _repeated(whole.body, part.body)
    return []


def _called(node: ast.stmt) -> str:
    """Name the function that a statement calls, and does nothing else; empty for other statements."""
    match node:
        case ast.Expr(ast.Call(ast.Name(name))):
            return name
    return ""


def _text_of(body: list[ast.stmt]) -> ast.stmt | None:
    """Find the docstring of a block."""
    match body:
        case [ast.Expr(ast.Constant()) as text, _, *_]:
            return text
    return None


def _only_defines(node: ast.stmt) -> bool:
    """Tell whether a statement does the same however often others were made: an import, a plain function."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.FunctionDef(args=ast.arguments(defaults=some, kw_defaults=more), decorator_list=[]):
            keeps = any(isinstance(inner, ast.Nonlocal | ast.Global) for inner in ast.walk(node))
            return not keeps and all(value is None or isinstance(value, ast.Constant) for value in (*some, *more))
    return False


def _gives_back(function: ast.FunctionDef) -> bool:
    """Tell whether a function may return something, which a notebook would show."""
    inner: list[ast.AST] = list(function.body)
    while inner:
        node = inner.pop()
        if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) and node.value is not None:
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            inner += ast.iter_child_nodes(node)
    return False


def _size(tree: ast.AST | None) -> int:
    return 0 if tree is None else sum(1 for _ in ast.walk(tree))


@layer("evidence before asserts")
def _without_asserts(source: str) -> str:
    return ast.unparse(_NoAsserts().visit(_that_runs(source)))


def _that_runs(source: str) -> ast.Module:
    """Parse a master's test so that its magics run: a course's text is the only one that IPython reads here."""
    try:
        return ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        reading: Any = TransformerManager()  # type: ignore[no-untyped-call]  # IPython leaves it untyped
        return ast.parse(str(reading.transform_cell(source)))


class _NoAsserts(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.Pass:
        return ast.Pass()
