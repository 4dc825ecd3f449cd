"""
Rules for misconceptions that only a graph shows: who shares what, and where each variable was made.

The ids and the words are those of the assignment's hints.yml, where all other rules stand, too.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autograder.hints import Answer, HintRule, Look
from sharing_variables.graph.facts import Facts, Variable, from_text, partition

_Found = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Drawn:
    """A graph that a test drew, and which of its outputs are meant to share (`graph.facts.partition`)."""

    facts: Facts
    meant: tuple[frozenset[str], ...]


def _of_each_graph(rule: Callable[[Answer, Drawn], _Found]) -> HintRule:
    def of_each_graph(answer: Answer, look: Look) -> _Found:
        for shown in look.evidence:
            if shown.kind == "graph":
                yield from rule(answer, Drawn(from_text(shown.facts), partition(shown.meant)))

    return of_each_graph


def _twins(answer: Answer, drawn: Drawn) -> _Found:
    """Look at outputs that should share and read variables of their own."""
    variables = {variable.name: variable for variable in drawn.facts.own}
    reads = {output.label: set(output.reads) for output in drawn.facts.outputs if not output.trains}
    for group in drawn.meant:
        sets = [reads[label] for label in group if label in reads]
        apart = sorted({name for names in sets for name in names if not all(name in other for other in sets)})
        copies = [name for name in apart if variables[name].copies]
        for name in copies or apart:
            yield from _twin(answer, drawn, variables[name], apart)


def _twin(answer: Answer, drawn: Drawn, variable: Variable, apart: list[str]) -> _Found:
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


def _neighbours(answer: Answer, drawn: Drawn) -> _Found:
    """Look at a tf.Variable that nothing reads beside a variable from get_variable of its name."""
    used = {name for output in drawn.facts.outputs for name in output.reads}
    beside = [(re.sub(r"_\d+$", "", name), drawn.facts.origin(name)) for name in sorted(used)]
    got = {stem: origin for stem, origin in reversed(beside) if origin is not None and origin.maker == "get_variable"}
    for variable in drawn.facts.own:
        origin = drawn.facts.origin(variable.name)
        if origin is not None and origin.maker == "Variable" and variable.name not in used and variable.name in got:
            yield "M3", got[variable.name].line


def _too_much(answer: Answer, drawn: Drawn) -> _Found:
    """Look at outputs that should be separate and share."""
    reads = {output.label: set(output.reads) for output in drawn.facts.outputs}
    unions = [set().union(*(reads.get(label, set()) for label in group)) for group in drawn.meant]
    if sum(map(len, unions)) > len(set().union(*unions)) and (line := answer.line("AUTO_REUSE")):
        yield "M8", line


def _name_scopes(answer: Answer, drawn: Drawn) -> _Found:
    made = [drawn.facts.origin(variable.name) for variable in drawn.facts.own]
    if any(origin is not None and origin.maker == "get_variable" for origin in made):
        line = answer.line(r"name_scope\(")
        if line and not answer.line(r"(?<!get_)variable_scope\((?!tf\.get_variable_scope)"):
            yield "M9", line


RULES: tuple[HintRule, ...] = tuple(map(_of_each_graph, (_twins, _neighbours, _too_much, _name_scopes)))
