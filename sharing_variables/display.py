"""
What a notebook calls: `show_sharing` draws which outputs of a graph share which variables.

It runs in a student's kernel. At a desk it draws the picture, with a hint where the outputs do not share as they are
meant to. Whoever grades looks at the graph itself, which travels in the same display bundle.
"""

import base64
import json
import linecache
import sys
from collections.abc import Iterator
from typing import Any

from autograder.known_tests import Expected, differs, next_expected
from autograder.probes import as_in_this_run, is_grading
from sharing_variables.graph.facts import LABELS, MEANT, ORIGINS, TENSORS, TRAINABLE, Facts, facts_of, partition

GRAPH_TYPE = "application/vnd.tensorflow.metagraph"
"""MIME type of a serialized ``MetaGraphDef``, in base64."""

FACTS_TYPE = "application/vnd.autograder.facts"
"""MIME type of the facts that are expected of a graph, as `sharing_variables.graph.facts.to_text` writes them."""


def show_sharing(meant: str = "", /, **outputs: Any) -> None:
    """
    Draw which of the named outputs share which variables of their graph.

    Parameters
    ----------
    meant : str
        Which outputs are meant to share: in ``"r1 r2 | other"``, `r1` and `r2` share all of their variables, and
        `other` shares none with them. Left out, the picture only says what is there.
    **outputs : tf.Tensor, tf.Variable or tf.Operation
        What to draw, by the name to draw it under; all of one graph. Without any, the variables of the default
        graph are drawn.

    Raises
    ------
    TypeError
        When an output is none of these.
    ValueError
        When the outputs live in two graphs, or `meant` names an output that is not given.
    AssertionError
        When a test calls it, and the graph is not as the course's own, in what the test says that counts.
    """
    from IPython.display import display

    groups = partition(meant)
    unknown = sorted(set().union(*groups) - outputs.keys())
    if unknown:
        raise ValueError(f"'{unknown[0]}' is meant to share, and is not among the outputs")
    graph = _graph_of(outputs)
    meta, facts = _described(graph, outputs)
    meta.collection_def[MEANT].bytes_list.value.append(meant.encode())
    display(_bundle(meta, facts, groups), raw=True)  # type: ignore[no-untyped-call]  # IPython leaves it untyped
    expected = next_expected("graph", sys._getframe(1))
    if expected is not None:
        _compare(facts, expected)


def _compare(facts: Facts, expected: Expected) -> None:
    """Raise where a graph differs from the one that its test expects; at a desk, draw that one, too."""
    from sharing_variables.graph.caption import caption
    from sharing_variables.graph.comparison import difference, explanation, terms_of
    from sharing_variables.graph.facts import from_text
    from sharing_variables.graph.picture import figure

    wanted, terms = from_text(as_in_this_run(expected.facts)), terms_of(expected.tags)
    if terms is not None and difference(facts, wanted, terms):
        why = explanation(facts, wanted, terms)
        differs(why, expected.facts, FACTS_TYPE, lambda: (f"Expected: {caption(wanted)}", figure(wanted)))


def read_graph(encoded: str) -> tuple[Facts, str]:
    """Read what this kernel itself has shown: the facts, and which outputs are meant to share."""
    from tensorflow.core.framework.variable_pb2 import VariableDef
    from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef

    meta = MetaGraphDef.FromString(base64.b64decode(encoded))
    return facts_of(meta, VariableDef), b"".join(meta.collection_def[MEANT].bytes_list.value).decode()


def _bundle(meta: Any, facts: Facts, groups: tuple[frozenset[str], ...]) -> dict[str, str]:
    from sharing_variables.graph.caption import text
    from sharing_variables.graph.picture import figure

    bundle = {
        "text/plain": text(facts, groups),
        GRAPH_TYPE: base64.b64encode(meta.SerializeToString(deterministic=True)).decode(),
    }
    if not is_grading():
        bundle["text/html"] = figure(facts, groups)
    return bundle


def _graph_of(outputs: dict[str, Any]) -> Any:
    """Find the one graph that all outputs live in."""
    import tensorflow.compat.v1 as tf

    graphs: dict[Any, str] = {}
    for label, output in outputs.items():
        if not isinstance(output, tf.Tensor | tf.Variable | tf.Operation):
            kind = "None" if output is None else f"a {type(output).__name__}"
            raise TypeError(f"{label} is {kind}, not a tensor: does your function return its result?")
        graphs.setdefault(output.graph, label)
    if len(graphs) > 1:
        raise ValueError(f"{' and '.join(graphs.values())} live in two graphs, which can share nothing")
    return next(iter(graphs), None) or tf.get_default_graph()


def _described(graph: Any, outputs: dict[str, Any]) -> tuple[Any, Facts]:
    """Write the graph, its trainable variables and the outputs into one message, and read the facts from it."""
    from tensorflow.core.framework.variable_pb2 import VariableDef
    from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef

    meta = MetaGraphDef(graph_def=graph.as_graph_def())
    collections = meta.collection_def
    with graph.as_default():
        trained = [variable.to_proto().SerializeToString() for variable in graph.get_collection(TRAINABLE)]
    collections[TRAINABLE].bytes_list.value.extend(trained)
    collections[LABELS].node_list.value.extend(outputs)
    collections[TENSORS].node_list.value.extend(output.name for output in outputs.values())
    facts = facts_of(meta, VariableDef)
    made = [json.dumps(origin).encode() for origin in _origins(graph, facts)]
    collections[ORIGINS].bytes_list.value.extend(made)
    return meta, facts


def _origins(graph: Any, facts: Facts) -> Iterator[tuple[str, str, str]]:
    """Tell for each variable what made it, and in which line of the notebook."""
    for variable in facts.own:
        frames = list(graph.get_operation_by_name(variable.name).traceback)
        notebook = [number for number, frame in enumerate(frames) if "/tensorflow/" not in frame.filename]
        if notebook:
            frame, inner = frames[notebook[-1]], frames[notebook[-1] + 1 :]
            maker = "get_variable" if any(f.name == "get_variable" for f in inner) else "Variable"
            yield variable.name, maker, linecache.getline(frame.filename, frame.lineno).strip()
