"""
Rules for misconceptions that only a graph shows, or the order and the nesting of scopes in an answer.

A graph says who shares what, and where each variable was made.

The ids and the words are those of the assignment's hints.yml, where all other rules stand, too.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autograder.hints import Answer, HintRule, Look
from sharing_variables.graph.facts import Facts, Variable, from_text, partition
from sharing_variables.scopes import TRAINS, uses

_Found = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Drawn:
    """A graph that a test drew, and which of its outputs are meant to share (`graph.facts.partition`)."""

    facts: Facts
    meant: tuple[frozenset[str], ...]
    test: str = ""

    @property
    def by_name(self) -> bool:
        """
        Whether a variable that is made again shows trust in its name.

        A call that replaces the variables of its object or dictionary shows a wrong place, and no idea of names.
        """
        return not self.test.startswith(("test-layer-class", "test-make-and-use"))

    @property
    def in_a_scope(self) -> bool:
        """Whether the exercise asks for variables in a scope, which a name scope does not give them."""
        return not self.test.startswith(("test-layer-class", "test-make-and-use", "test-two-layer", "test-get-my-op"))


def _of_each_graph(rule: Callable[[Answer, Drawn], _Found]) -> HintRule:
    def of_each_graph(answer: Answer, look: Look) -> _Found:
        for shown in look.evidence:
            if shown.kind == "graph":
                yield from rule(answer, Drawn(from_text(shown.facts), partition(shown.meant), look.test))

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
            yield from _twin(answer, drawn, variables[name])


def _twin(answer: Answer, drawn: Drawn, variable: Variable) -> _Found:
    origin = drawn.facts.origin(variable.name)
    if origin is None or answer.line(r"default_name\s*="):
        return
    scope, _, tail = variable.name.partition("/")
    if variable.copies:
        yield "M18", origin.line
    elif origin.maker == "Variable" and scope and tail and not answer.line(r"name_scope\("):
        yield "M2", origin.line
    elif origin.maker == "Variable" and drawn.by_name and not re.fullmatch(r"Variable(_\d+)?", variable.name):
        yield "M1", origin.line
    elif origin.maker == "get_variable" and (line := answer.line("AUTO_REUSE")):
        yield "M8", line


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
    if drawn.in_a_scope and any(origin is not None and origin.maker == "get_variable" for origin in made):
        line = answer.line(r"name_scope\(")
        if line and not answer.line(_OPENED):
            yield "M9", line


_OPENED = r"(?<!get_)variable_scope\((?!tf\.get_variable_scope)"
_SHAREABLE = r"tf\.Variable\((?!.*trainable\s*=\s*False)"
_MISSING = re.compile(r"Variable \S+ does not exist")
_SLOT = re.compile(r"Variable \S*/(Adam|Momentum|RMSProp|Adagrad|Adadelta|Ftrl)\S* does not exist")


def _asked_too_early(answer: Answer, look: Look) -> _Found:
    """Look at what was asked for in a scope that only finds, before anything was made."""
    if not _MISSING.search(look.raised) or _SLOT.search(look.raised) or answer.line(_SHAREABLE):
        return
    for found in uses(answer.tree):
        asked = [use for use in found if use.name not in TRAINS]
        if refused := [use for use in asked if use.refused]:
            yield "M6", answer.numbered(refused[0].refused)
        elif asked and asked[0].reused and (not asked[0].nested or all(use.reused for use in asked)):
            yield "M5", answer.numbered(asked[0].reused)


def _trained_inside(answer: Answer, look: Look) -> _Found:
    """Look at what was trained in a scope that only finds."""
    refuses_slots = _SLOT.search(look.raised) is not None
    named = answer.line(r"name_scope\(")
    for use in (use for found in uses(answer.tree) for use in found if use.name in TRAINS):
        inside = use.inside and (use.reused or refuses_slots)
        # After a name scope, which was taken for a scope that is closed again, all that follows reuses.
        all_around = (use.reused or use.nested) and refuses_slots and not named
        if inside or all_around:
            yield "M17", answer.numbered(use.line)
        if use.refused and refuses_slots:
            yield "M6", answer.numbered(use.refused)


RULES: tuple[HintRule, ...] = (
    *map(_of_each_graph, (_twins, _neighbours, _too_much, _name_scopes)),
    _asked_too_early,
    _trained_inside,
)
