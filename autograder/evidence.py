"""
A graph from a student's kernel, judged outside of it: bytes to facts, under caps, and facts against facts.

The bytes are those of a ``MetaGraphDef``, which TensorFlow's own security notes call a program. It is parsed with
TensorBoard's protocol buffers and never imported, and no session sees it.
"""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from google.protobuf.message import DecodeError
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorboard.compat.proto.variable_pb2 import VariableDef

from autograder.facts import Facts, FactsError, Variable, facts_of

MAX_BYTES = 4 * 2**20
MAX_NODES = 20_000
MAX_EDGES = 100_000
MAX_NAME = 1_000
MAX_VARIABLES = 2_000
MAX_OUTPUTS = 100
MAX_FUNCTIONS = 200
MAX_TOLD = 2**20
"""Letters of all names in the facts."""
MAX_GRAPHS = 20
"""Graphs of a cell that are looked at, the last ones."""

_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")
"""TensorFlow's rule for names of operations, from `tensorflow.python.framework.ops`."""

_RUNS_CODE = re.compile(r"(Eager)?PyFunc|PyFuncStateless|(Read|Write)File|.*RemoteCall|XlaLaunch|LoadLibrary")
"""Operations that do more than a graph says: they run Python, or touch files."""


class EvidenceError(Exception):
    """The bytes are not a graph that can be judged; the message says why, in words for the student."""


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


@lru_cache(maxsize=16)
def parse(encoded: str) -> Facts:
    """
    Reduce the text of a display bundle to facts.

    Parameters
    ----------
    encoded : str
        A ``MetaGraphDef`` in base64.

    Raises
    ------
    EvidenceError
        When it is empty, broken, too big, or says something that no graph of TensorFlow's says.
    """
    if len(encoded) > MAX_BYTES * 4 // 3 + 4:
        raise EvidenceError(f"the graph is bigger than {MAX_BYTES // 2**20} MiB")
    try:
        meta = MetaGraphDef.FromString(base64.b64decode(encoded, validate=True))
        _hold_caps(meta)
        facts = facts_of(meta, VariableDef)
    except (binascii.Error, DecodeError, UnicodeError, ValueError):
        raise EvidenceError("it is no graph, or only a part of one") from None
    except FactsError as error:
        raise EvidenceError(str(error)) from None
    if sum(len(name) for names in _told(facts) for name in names) > MAX_TOLD:
        raise EvidenceError("its outputs read more than can be written down")
    return facts


def _told(facts: Facts) -> Iterable[tuple[str, ...]]:
    """Give all lists of names that go into a result: each output may name each variable once more."""
    yield from (variable.copies for variable in facts.variables)
    for output in facts.outputs:
        yield from (output.reads, output.feeds, output.trains)


def difference(shown: Facts, expected: Facts, terms: Terms) -> str:
    """Say how a graph differs from the reference in what counts; empty when it does not."""
    for what, one, other in _compared(shown, expected, terms):
        if one != other:
            return what
    return ""


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
    return f"{label} is {tensor[:100]}, and should be {wanted}"


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


def _hold_caps(meta: Any) -> None:
    graph = meta.graph_def
    if len(graph.node) > MAX_NODES:
        raise EvidenceError(f"the graph has more than {MAX_NODES} operations")
    if len(graph.library.function) > MAX_FUNCTIONS:
        raise EvidenceError(f"the graph has more than {MAX_FUNCTIONS} functions")
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    if len(nodes) > MAX_NODES or sum(len(node.input) for node in nodes) > MAX_EDGES:
        raise EvidenceError("the graph has too many operations, or too many edges between them")
    for node in nodes:
        if len(node.name) > MAX_NAME or not _NAME.fullmatch(node.name):
            raise EvidenceError("one of its operations has a name that TensorFlow does not give")
    kinds = {node.op for node in nodes}
    called = {function.signature.name for function in graph.library.function}
    odd = sorted(kinds - known_operations() - called)
    if odd:
        raise EvidenceError(f"TensorFlow has no operation '{odd[0][:80]}'")
    doing_more = sorted(kind for kind in kinds if _RUNS_CODE.fullmatch(kind))
    if doing_more:
        raise EvidenceError(f"the operation '{doing_more[0]}' does more than a graph can show")
    if sum(node.op in ("Variable", "VariableV2", "VarHandleOp") for node in nodes) > MAX_VARIABLES:
        raise EvidenceError(f"the graph has more than {MAX_VARIABLES} variables")
    outputs = [collection.node_list.value for collection in meta.collection_def.values()]
    if any(len(names) > MAX_OUTPUTS for names in outputs):
        raise EvidenceError(f"more than {MAX_OUTPUTS} outputs are shown")
    if any(len(name) > MAX_NAME or not name.isprintable() for names in outputs for name in names):
        raise EvidenceError("one of its outputs has a name that cannot be read")


@lru_cache(maxsize=1)
def known_operations() -> frozenset[str]:
    """List the operations that TensorFlow has: the file beside this module, written by its test's own command."""
    return frozenset(files("autograder").joinpath("operations.txt").read_text(encoding="utf-8").split())
