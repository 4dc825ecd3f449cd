"""
A graph from a student's kernel, read outside of it: bytes to facts, under caps.

The bytes are those of a ``MetaGraphDef``, which TensorFlow's own security notes call a program. It is parsed with
TensorBoard's protocol buffers and never imported, and no session sees it.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Any

from google.protobuf.message import DecodeError
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorboard.compat.proto.variable_pb2 import VariableDef

from autograder.subject import EvidenceError
from sharing_variables.graph.facts import QUOTED, Facts, FactsError, facts_of

MAX_BYTES = 4 * 2**20
MAX_NODES = 20_000
MAX_EDGES = 100_000
MAX_NAME = 1_000
MAX_VARIABLES = 2_000
MAX_OUTPUTS = 100
MAX_FUNCTIONS = 200
"""What an exercise's graph may have at most: a hundred times of what the largest one has."""

MAX_NAMES = 2**20
"""Letters of all names in the facts."""

_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")
"""TensorFlow's rule for names of operations, from `tensorflow.python.framework.ops`."""

_RUNS_CODE = re.compile(r"(Eager)?PyFunc|PyFuncStateless|(Read|Write)File|.*RemoteCall|XlaLaunch|LoadLibrary")
"""Operations that do more than a graph says: they run Python, or touch files."""


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
    if sum(len(name) for names in _name_lists(facts) for name in names) > MAX_NAMES:
        raise EvidenceError("its outputs read more than can be written down")
    return facts


def _name_lists(facts: Facts) -> Iterable[tuple[str, ...]]:
    """Give all lists of names that go into a result: each output may name each variable once more."""
    yield from (variable.copies for variable in facts.variables)
    for output in facts.outputs:
        yield from (output.reads, output.feeds, output.trains)


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
        raise EvidenceError(f"TensorFlow has no operation '{odd[0][:QUOTED]}'")
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
    return frozenset(files("sharing_variables.graph").joinpath("operations.txt").read_text(encoding="utf-8").split())
