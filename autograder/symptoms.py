"""
Rules that find misconceptions: from what an answer says, what it raises, and what its graph shares.

A rule looks at one test cell that gave no points, beside the source of the answer. Nothing is graded here, so a rule
may lean on the source, which says best what somebody meant; that rules fire for the right answers, and for no others,
is held by the labelled answers of the tests.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from autograder.facts import Facts, Variable
from autograder.misconceptions import CATALOGUE, Hint

LONGEST = 10_000
"""Characters of an answer in which ideas are looked for; some rules take time in the square of a line's length."""


@dataclass(frozen=True)
class Drawn:
    """A graph that a test cell drew, and which of its outputs are meant to share (`autograder.facts.partition`)."""

    facts: Facts
    meant: tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Look:
    """
    What a test cell without points showed.

    Attributes
    ----------
    test : str
        Its grade_id.
    said : str
        The text that it displayed.
    error : str
        What was raised, as ``"ValueError: ..."``; empty for a plain assertion.
    graphs : tuple of Drawn
        What it drew.
    """

    test: str
    said: str = ""
    error: str = ""
    graphs: tuple[Drawn, ...] = ()


def hints(exercise: str, answer: str, looks: Iterable[Look]) -> tuple[Hint, ...]:
    """
    Name what an answer shows that its author believes, in the order of the catalogue.

    Parameters
    ----------
    exercise : str
        The grade_id of its cell.
    answer : str
        The cell's source.
    looks : iterable of Look
        The exercise's test cells that gave no points.
    """
    if len(answer) > LONGEST:
        return ()
    source = _Answer(answer)
    found: dict[str, str] = {}
    for look in looks:
        for rule in _RULES:
            for name, line in rule(source, look):
                found.setdefault(name, line.strip())
    return tuple(Hint(exercise, name, found[name]) for name in CATALOGUE if name in found)


class _Answer:
    """The source of an answer, as text and as a tree."""

    def __init__(self, source: str) -> None:
        self.lines = [line for line in source.splitlines() if not line.lstrip().startswith("#")]
        self.source = "\n".join(self.lines)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        try:
            tree = ast.parse(self.source)
            # A tree that cannot be written down is too deep for the rules, too.
            ast.unparse(tree)
            return list(ast.walk(tree))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return []

    def line(self, pattern: str) -> str:
        """Find the first line with a pattern; empty when there is none."""
        return next((line for line in self.lines if re.search(pattern, line)), "")

    def line_of(self, node: ast.AST) -> str:
        return self.lines[getattr(node, "lineno", 1) - 1]

    def assigned(self, name: str) -> ast.expr | None:
        """Find what a name is set to, the last time."""
        values = [n.value for n in self.nodes if isinstance(n, ast.Assign) and _is_name(n.targets[0], name)]
        return values[-1] if values else None


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


_Found = Iterator[tuple[str, str]]
_Rule = Callable[[_Answer, Look], _Found]

SAID: dict[str, tuple[tuple[str, str], ...]] = {
    "test-predict-names": (("M1", r"\[('[Wb]:0'(, )?)+\]"),),
    "test-name-the-calls-two": (
        ("M1", r"\[(\['W:0', 'b:0'\](, )?){2}\]"),
        ("M15", r".*_2:0.*"),
    ),
    "test-write-through-zeros": (("M18", r"\[True, .*"),),
    "test-write-through-values": (("M18", r".*\[True, .*"),),
    "test-predict-reruns-three": (("M15", r"\['v(_2)?:0'\]"),),
    "test-predict-filter-counts": (("M1", r"\[(\d+), \1\]"), ("M15", r"\[4, (9|\d\d+)\]")),
    "test-predict-branches-exists": (("M4", r".*'shares'.*"),),
    "test-predict-branches-argument": (("M22", r"'shares'"),),
    "test-predict-reuse-inherited": (("M6", r"\[.*, True, False\]"),),
    "test-predict-reuse-by-name": (("M7", r"\[.*, True\]"),),
    "test-predict-makers-typo": (("M8", r"'ValueError'|\['a/kernel:0'\]"),),
    "test-predict-makers-scope": (("M2", r"\['a/w:0'\]"),),
    "test-predict-makers-neighbours": (("M3", r"'ValueError'|\['v:0'\]"),),
    "test-predict-makers-library": (("M21", r"\['d/v:0'\]"),),
    "test-eager-reuse": (("M20", r"True"),),
    "test-predict-on-reuse-shape": (("M14", r"'shares'|'two variables'"),),
    "test-predict-on-reuse-value": (("M13", r"5(\.0)?"),),
    "test-predict-captured": (
        ("M12", r".*'foo/foo/.*"),
        ("M10", r".*'foo_\d.*"),
        ("M9", r"\['v:0'.*"),
    ),
    "test-predict-jump-variable": (("M12", r"\['bar/baz/foo', .*"),),
    "test-predict-jump-twice": (
        ("M11", r"\[\[.*'(foo/)?add(_1)?:0'\], .*"),
        ("M10", r".*\['foo/v:0', .*"),
    ),
    "test-share-through-inside": (("M12", r"\['bar/baz/foo_probe/factor:0'\]"),),
    "test-predict-name-scope": (("M9", r"\['ns/v:0', 'ns/u:0', .*"),),
    "test-predict-memory": (("M7", r"\[True, (True|False)\]|\[False, False\]"),),
}
"""By test cell, what an answer says that shows a misconception. Blanks and ends of lines count as one blank."""


def _what_is_said(answer: _Answer, look: Look) -> _Found:
    said = " ".join(look.said.split())
    for name, pattern in SAID.get(look.test, ()):
        if re.fullmatch(pattern, said):
            yield name, said


def _what_is_raised(answer: _Answer, look: Look) -> _Found:
    if "already exists" in look.error:
        if line := answer.line(r"reuse_variables\("):
            yield "M7", line
        elif not answer.line(r"name_scope\("):
            yield "M4", answer.line(r"get_variable\(|variable_scope\(|build\(")
    if missing := re.search(r"Variable (\S+) does not exist", look.error):
        yield from _not_there(answer, missing[1])
    if "unexpected keyword argument 'reuse'" in look.error:
        yield "M22", answer.line(r"get_variable\(.*reuse")
    if "Trying to share variable" in look.error:
        yield "M14", answer.line(r"reuse")


def _not_there(answer: _Answer, missing: str) -> _Found:
    if "/Adam" in missing or "/Momentum" in missing:
        yield "M17", answer.line(r"minimize\(|apply_gradients\(")
        if line := answer.line(r"reuse\s*=\s*False"):
            yield "M6", line
    elif line := answer.line(r"tf\.Variable\("):
        yield "M3" if answer.line(r"get_variable\(") else "M2", line
    elif line := answer.line(r"return .*(['\"]|\.name)$"):
        yield "M12", line
    elif line := answer.line(r"reuse\s*=\s*True"):
        yield "M5", line


def _same_variable(answer: _Answer, look: Look) -> _Found:
    """Tell by what the answer compares: names, values, or with ``==``."""
    if not look.test.startswith("test-same-variable"):
        return
    for node in answer.nodes:
        if isinstance(node, ast.Set) or (isinstance(node, ast.Call) and _is_name(node.func, "set")):
            yield "M19", answer.line_of(node)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
            yield "M19", answer.line_of(node)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
            sides = [node.left, node.comparators[0]]
            if all(isinstance(side, ast.Name) for side in sides):
                yield "M19", answer.line_of(node)
            elif all(isinstance(side, ast.Attribute) and side.attr == "name" for side in sides):
                yield "M1", answer.line_of(node)
    if look.test == "test-same-variable-twins" and (line := answer.line(r"\.(run|eval|numpy)\(")):
        yield "M18", line


def _remembered(answer: _Answer, look: Look) -> _Found:
    """Tell what somebody thinks that a graph forgets."""
    if look.test == "test-predict-reruns-del":
        runs = answer.assigned("after_three_runs")
        before = len(runs.elts) if isinstance(runs, ast.List) else 3
        if look.said and look.said.count(":0") < before:
            yield "M16", answer.line(r"after_del")
    if look.test == "test-fresh-graph" and re.match(r"\[\[[^\]]*\],\s+\[[^\]]*_1:0", look.said):
        deleted = answer.line(r"^\s*del\b")
        yield ("M16", deleted) if deleted else ("M15", answer.line(r"build\(\)"))


def _jumps(answer: _Answer, look: Look) -> _Found:
    """An op that goes back to its scope; in an answer that mixes up ops and variables it means less."""
    if look.test == "test-predict-jump-op" and look.said in ("'foo/add:0'", "'bar/baz/add:0'"):
        mixed = answer.line(r"bar/baz/foo/w") and not answer.line(r"bar/baz/foo['\"]")
        if not mixed:
            yield "M11", look.said


def _op_scopes(answer: _Answer, look: Look) -> _Found:
    line = answer.line(r"variable_scope\(|name_scope\(\w+\.name")
    if look.test == "test-same-op-scope" and line and "original_name_scope" not in answer.source:
        yield "M11", line


def _scopes(answer: _Answer, look: Look) -> _Found:
    """Scopes that are not what somebody takes them for."""
    if line := answer.line(r"default_name\s*="):
        yield "M21", line
    silent = look.test.endswith("-strict") and look.said.startswith("['nothing'")
    if silent and (line := answer.line("AUTO_REUSE")) and not answer.line(r"tf\.Variable\("):
        yield "M8", line
    for node in answer.nodes:
        if isinstance(node, ast.With) and "variable_scope(" in ast.unparse(node.items[0].context_expr):
            calls = [n for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
            for call in calls:
                if isinstance(call.func, ast.Attribute) and call.func.attr == "minimize":
                    yield "M17", answer.line_of(call)


def _what_is_drawn(answer: _Answer, look: Look) -> _Found:
    for drawn in look.graphs:
        yield from _twins(answer, drawn)
        yield from _neighbours(drawn)
        yield from _too_much(answer, drawn)
        yield from _name_scopes(answer, drawn)


def _twins(answer: _Answer, drawn: Drawn) -> _Found:
    """Look at outputs that should share and read variables of their own."""
    variables = {variable.name: variable for variable in drawn.facts.own}
    reads = {output.label: set(output.reads) for output in drawn.facts.outputs if not output.trains}
    for group in drawn.meant:
        sets = [reads[label] for label in group if label in reads]
        apart = sorted({name for names in sets for name in names if not all(name in other for other in sets)})
        copies = [name for name in apart if variables[name].copies]
        for name in copies or apart:
            yield from _twin(answer, drawn, variables[name], apart)


def _twin(answer: _Answer, drawn: Drawn, variable: Variable, apart: list[str]) -> _Found:
    origin = drawn.facts.origin(variable.name)
    if origin is None or answer.line(r"default_name\s*="):
        return
    scope, _, tail = variable.name.partition("/")
    if variable.copies:
        yield "M18", origin.line
    elif origin.maker == "Variable":
        yield "M2" if scope and tail and not answer.line(r"name_scope\(") else "M1", origin.line
    elif "/" in tail and any(name != variable.name and name.endswith(f"/{tail}") for name in apart):
        yield "M12", answer.line(rf"variable_scope\(['\"]{re.escape(scope)}") or origin.line


def _neighbours(drawn: Drawn) -> _Found:
    """Look at a tf.Variable that nothing reads beside a variable from get_variable of its name."""
    used = {name for output in drawn.facts.outputs for name in output.reads}
    beside = [(re.sub(r"_\d+$", "", name), drawn.facts.origin(name)) for name in sorted(used)]
    got = {stem: origin for stem, origin in reversed(beside) if origin is not None and origin.maker == "get_variable"}
    for variable in drawn.facts.own:
        origin = drawn.facts.origin(variable.name)
        if origin is not None and origin.maker == "Variable" and variable.name not in used and variable.name in got:
            yield "M3", got[variable.name].line


def _too_much(answer: _Answer, drawn: Drawn) -> _Found:
    """Look at outputs that should be separate and share."""
    reads = {output.label: set(output.reads) for output in drawn.facts.outputs}
    unions = [set().union(*(reads.get(label, set()) for label in group)) for group in drawn.meant]
    if sum(map(len, unions)) > len(set().union(*unions)) and (line := answer.line("AUTO_REUSE")):
        yield "M8", line


def _name_scopes(answer: _Answer, drawn: Drawn) -> _Found:
    made = [drawn.facts.origin(variable.name) for variable in drawn.facts.own]
    if any(origin is not None and origin.maker == "get_variable" for origin in made):
        line = answer.line(r"name_scope\(")
        if line and not answer.line(r"(?<!get_)variable_scope\((?!tf\.get_variable_scope)"):
            yield "M9", line


_RULES: tuple[_Rule, ...] = (
    _what_is_said,
    _what_is_raised,
    _same_variable,
    _remembered,
    _jumps,
    _op_scopes,
    _scopes,
    _what_is_drawn,
)
