"""Facts held against facts: what counts is said by the tags of a test cell."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sharing_variables.graph.caption import caption
from sharing_variables.graph.facts import QUOTED, Facts, Variable


@dataclass(frozen=True)
class Terms:
    """
    What counts when a graph is held against the reference; a test cell says it with its tags.

    Attributes
    ----------
    names : bool
        Whether variables must be named as in the reference, or only be as many, as big and as shared.
    tensors : bool
        Whether the outputs' own names count, too.
    extra : bool
        Whether there may be variables that no output reads.
    """

    names: bool = True
    tensors: bool = False
    extra: bool = False


NAMES_TAG = "graph-check-names"

STRUCTURE_TAG = "graph-check-structure"

TENSORS_TAG = "graph-check-output-names"

EXTRA_TAG = "graph-allow-extra-variables"

TAGS = frozenset({NAMES_TAG, STRUCTURE_TAG, TENSORS_TAG, EXTRA_TAG})


def terms_of(tags: Iterable[str]) -> Terms | None:
    """Read a cell's tags; None for a cell that does not ask for its graph to be judged."""
    given = TAGS & set(tags)
    if not given & {NAMES_TAG, STRUCTURE_TAG}:
        return None
    return Terms(STRUCTURE_TAG not in given, TENSORS_TAG in given, EXTRA_TAG in given)


def difference(shown: Facts, expected: Facts, terms: Terms) -> str:
    """Say how a graph differs from the reference in what counts; empty when it does not."""
    for what, one, other in _compared(shown, expected, terms):
        if one != other:
            return what
    return ""


def explanation(shown: Facts, expected: Facts, terms: Terms) -> str:
    """Say in lines for the student how a graph differs, with both captions where these do."""
    lines = [f"In the graph, {difference(shown, expected, terms)}."]
    if caption(shown) != caption(expected):
        lines += [f"Expected: {caption(expected)}", f"Shown: {caption(shown)}"]
    return "\n".join(lines)


def _compared(shown: Facts, expected: Facts, terms: Terms) -> Iterable[tuple[str, object, object]]:
    shown, expected = _counted(shown, terms), _counted(expected, terms)
    # Read in this order, the first difference is the one that explains the others.
    yield "other outputs are shown", *_both(shown, expected, lambda facts: [output.label for output in facts.outputs])
    yield "another number of variables", *_both(shown, expected, lambda facts: len(facts.variables))
    if terms.names:
        yield "other variables", *_both(shown, expected, lambda facts: {v.name: _kind(v) for v in facts.variables})
        yield "the outputs read other variables", *_both(shown, expected, _reads)
    else:
        yield "other variables, or shared otherwise", *_both(shown, expected, _roles)
    yield "the outputs depend on other inputs", *_both(shown, expected, lambda f: [o.feeds for o in f.outputs])
    if terms.tensors:
        yield _renamed(shown, expected), *_both(shown, expected, lambda f: [o.tensor for o in f.outputs])


def _renamed(shown: Facts, expected: Facts) -> str:
    """Name the first output that is called otherwise; a name of a thousand letters is not worth reading."""
    pairs = zip(shown.outputs, expected.outputs, strict=False)
    other = ((one.label, one.tensor, master.tensor) for one, master in pairs if one.tensor != master.tensor)
    label, tensor, wanted = next(other, ("", "", ""))
    return f"{label} is {tensor[:QUOTED]}, and should be {wanted}"


def _both(shown: Facts, expected: Facts, view: Any) -> tuple[object, object]:
    return view(shown), view(expected)


def _counted(facts: Facts, terms: Terms) -> Facts:
    """Leave out what does not count: optimizers' slots, and variables that nobody reads where they are allowed."""
    kept = tuple(v for v in facts.own if not terms.extra or facts.readers(v.name))
    return replace(facts, variables=kept)


def _kind(variable: Variable) -> tuple[object, ...]:
    return variable.shape, variable.dtype, variable.trainable


def _reads(facts: Facts) -> list[tuple[object, ...]]:
    return [(bool(output.trains), output.trains or output.reads) for output in facts.outputs]


def _roles(facts: Facts) -> Counter[tuple[object, ...]]:
    """Count variables by what they are and who uses them, whatever they are called."""
    uses = [(set(() if output.trains else output.reads), set(output.trains)) for output in facts.outputs]
    return Counter(
        (*_kind(v), *((v.name in reads, v.name in trains) for reads, trains in uses)) for v in facts.variables
    )
