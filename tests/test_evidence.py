"""A graph is judged by what it says, and refused, with a reason, where it says what no graph says."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorflow.core.framework.op_def_pb2 import OpList
from tensorflow.python.client import pywrap_tf_session

from autograder.subject import EvidenceError
from sharing_variables.graph.comparison import (
    EXTRA_TAG,
    NAMES_TAG,
    STRUCTURE_TAG,
    TENSORS_TAG,
    Terms,
    difference,
    terms_of,
)
from sharing_variables.graph.facts import LABELS, TENSORS, Facts, Output, Variable
from sharing_variables.graph.reader import known_operations, parse


def graph(*nodes: tuple[str, str, str], **outputs: str) -> MetaGraphDef:
    """Make a graph from names, operations and inputs."""
    meta = MetaGraphDef()
    for name, op, inputs in nodes:
        meta.graph_def.node.add(name=name, op=op, input=inputs.split())
    meta.collection_def[LABELS].node_list.value.extend(outputs)
    meta.collection_def[TENSORS].node_list.value.extend(outputs.values())
    return meta


def encoded(meta: MetaGraphDef) -> str:
    return base64.b64encode(meta.SerializeToString()).decode()


def small() -> MetaGraphDef:
    return graph(("W", "VariableV2", ""), ("read", "Identity", "W"), r="read:0")


def with_node(name: str = "more", op: str = "NoOp", times: int = 1) -> Callable[[MetaGraphDef], Any]:
    def change(meta: MetaGraphDef) -> None:
        for number in range(times):
            meta.graph_def.node.add(name=f"{name}{number or ''}", op=op)

    return change


def with_edges(meta: MetaGraphDef) -> None:
    for number in range(60):
        meta.graph_def.node.add(name=f"more{number}", op="NoOp", input=["W"] * 2_000)


def with_outputs(meta: MetaGraphDef) -> None:
    for collection, value in ((LABELS, "r{}"), (TENSORS, "read:0")):
        meta.collection_def[collection].node_list.value.extend(value.format(number) for number in range(101))


def with_output(label: str) -> Callable[[MetaGraphDef], Any]:
    def change(meta: MetaGraphDef) -> None:
        meta.collection_def[LABELS].node_list.value.append(label)
        meta.collection_def[TENSORS].node_list.value.append("read:0")

    return change


def entangled(meta: MetaGraphDef) -> None:
    """Let a thousand steps each take what a long chain hands on."""
    for number in range(1_000):
        meta.graph_def.node.add(name=f"c{number}", op="Identity", input=[f"c{number - 1}" if number else "W"])
        meta.graph_def.node.add(name=f"s{number}", op="ApplyAdam", input=["W", "c999"])


def talkative(meta: MetaGraphDef) -> None:
    """Let ninety outputs each read two hundred variables of long names."""
    names = [f"{'v' * 100}{number}" for number in range(200)]
    for name in names:
        meta.graph_def.node.add(name=name, op="VariableV2")
    meta.graph_def.node.add(name="all", op="AddN", input=names)
    meta.collection_def[LABELS].node_list.value.extend(f"r{number}" for number in range(90))
    meta.collection_def[TENSORS].node_list.value.extend(["all:0"] * 90)


def with_functions(meta: MetaGraphDef) -> None:
    for number in range(201):
        meta.graph_def.library.function.add().signature.name = f"f{number}"


def python_in_a_function(meta: MetaGraphDef) -> None:
    meta.graph_def.library.function.add().node_def.add(name="more", op="EagerPyFunc")


ODD = {
    "too many nodes": (with_node(times=20_001), "the graph has more than 20000 operations"),
    "too many edges": (with_edges, "the graph has too many operations, or too many edges between them"),
    "too many functions": (with_functions, "the graph has more than 200 functions"),
    "too many variables": (with_node(op="VarHandleOp", times=2_001), "the graph has more than 2000 variables"),
    "too many outputs": (with_outputs, "more than 100 outputs are shown"),
    "a long name": (with_node("x" * 1_001), "one of its operations has a name that TensorFlow does not give"),
    "a name with a line": (with_node("a\nb"), "one of its operations has a name that TensorFlow does not give"),
    "no name": (with_node(""), "one of its operations has a name that TensorFlow does not give"),
    "an invented operation": (with_node(op="ShareAll"), "TensorFlow has no operation 'ShareAll'"),
    "Python": (with_node(op="PyFunc"), "the operation 'PyFunc' does more than a graph can show"),
    "Python in a function": (python_in_a_function, "the operation 'EagerPyFunc' does more than a graph can show"),
    "a file": (with_node(op="ReadFile"), "the operation 'ReadFile' does more than a graph can show"),
    "a long label": (with_output("x" * 1_001), "one of its outputs has a name that cannot be read"),
    "a label with a line": (with_output("a\nb"), "one of its outputs has a name that cannot be read"),
    "what takes long to follow": (
        entangled,
        "it is too entangled: it would take too long to find what its outputs read",
    ),
    "what takes long to tell": (talkative, "its outputs read more than can be written down"),
    "a cycle without an end": (
        lambda meta: meta.graph_def.node.add(name="b", op="Identity", input=["nowhere"]),
        "an input of one of its nodes does not exist",
    ),
}


@pytest.mark.parametrize(("change", "why"), ODD.values(), ids=ODD)
def test_an_odd_graph_is_refused_with_a_reason(change: Callable[[MetaGraphDef], Any], why: str) -> None:
    meta = small()
    change(meta)
    with pytest.raises(EvidenceError) as caught:
        parse(encoded(meta))
    assert str(caught.value) == why


BROKEN = {
    "empty": ("", "the graph is empty"),
    "no base64": ("not a graph!", "it is no graph, or only a part of one"),
    "no graph": (base64.b64encode(b"\xff" * 100).decode(), "it is no graph, or only a part of one"),
    "truncated": (
        base64.b64encode(small().SerializeToString()[:-7]).decode(),
        "it is no graph, or only a part of one",
    ),
    "letters of another kind": ("ü" * 12, "it is no graph, or only a part of one"),
    "enormous": ("A" * 6_000_000, "the graph is bigger than 4 MiB"),
}


@pytest.mark.parametrize(("text", "why"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_graph_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        parse(text)
    assert str(caught.value) == why


def test_a_graph_with_a_cycle_comes_to_an_end() -> None:
    meta = graph(("a", "Merge", "b W"), ("b", "NextIteration", "a"), ("W", "VariableV2", ""), r="a:0")
    assert parse(encoded(meta)).outputs[0].reads == ("W",)


def test_a_whole_graph_is_read() -> None:
    (variable,) = parse(encoded(small())).variables
    assert (variable.name, variable.kind, variable.trainable) == ("W", "ref", False)


def test_the_list_of_operations_is_that_of_the_installed_tensorflow() -> None:
    registered = OpList.FromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    names = sorted(operation.name for operation in registered.op)
    assert sorted(known_operations()) == names, (
        "write these names into sharing_variables/graph/operations.txt, a line for each"
    )


NAMES, STRUCTURE = Terms(), Terms(names=False)
CALLED, EXTRA = Terms(tensors=True), Terms(extra=True)


def facts(names: str, trained: str = "", **reads: str) -> Facts:
    variables = tuple(
        Variable(name, (len(name),), "float32", trainable=name not in trained.split(), kind="ref")
        for name in names.split()
    )
    return Facts(variables, tuple(Output(label, f"{label}:0", tuple(read.split())) for label, read in reads.items()))


SHARED = facts("W b", r1="W b", r2="W b")
PAIR = facts("W V", r1="W", r2="V", r3="W")

JUDGED: dict[str, tuple[Facts, Facts, Terms, str]] = {
    "the same": (SHARED, SHARED, NAMES, ""),
    "made in another order": (facts("b W", r1="W b", r2="W b"), SHARED, NAMES, ""),
    "twins": (facts("W b X c", r1="W b", r2="X c"), SHARED, NAMES, "another number of variables"),
    "other names": (facts("X c", r1="X c", r2="X c"), SHARED, NAMES, "other variables"),
    "other names, structure": (facts("X c", r1="X c", r2="X c"), SHARED, STRUCTURE, ""),
    "other sizes, structure": (
        facts("XX c", r1="XX c", r2="XX c"),
        SHARED,
        STRUCTURE,
        "other variables, or shared otherwise",
    ),
    "not trained": (facts("W b", "b", r1="W b", r2="W b"), SHARED, NAMES, "other variables"),
    "a part is not read": (facts("W b", r1="W b", r2="W"), SHARED, NAMES, "the outputs read other variables"),
    "swapped": (facts("W V", r1="V", r2="W", r3="V"), PAIR, NAMES, "the outputs read other variables"),
    "swapped, structure": (facts("W V", r1="V", r2="W", r3="V"), PAIR, STRUCTURE, ""),
    "shared by others, structure": (
        facts("W V", r1="W", r2="W", r3="V"),
        PAIR,
        STRUCTURE,
        "other variables, or shared otherwise",
    ),
    "one more": (facts("W b more", r1="W b", r2="W b"), SHARED, NAMES, "another number of variables"),
    "one more, allowed": (facts("W b more", r1="W b", r2="W b"), SHARED, EXTRA, ""),
    "one more that is read": (
        facts("W b more", r1="W b more", r2="W b"),
        SHARED,
        EXTRA,
        "another number of variables",
    ),
    "other outputs": (facts("W b", r1="W b", s="W b"), SHARED, NAMES, "other outputs are shown"),
}


@pytest.mark.parametrize(("shown", "expected", "terms", "why"), JUDGED.values(), ids=JUDGED)
def test_the_terms_say_what_counts(shown: Facts, expected: Facts, terms: Terms, why: str) -> None:
    assert difference(shown, expected, terms) == why


def test_names_of_outputs_count_where_they_are_asked_for() -> None:
    other = Facts(SHARED.variables, (SHARED.outputs[0], Output("r2", "b/add:0", ("W", "b"))))
    assert difference(other, SHARED, NAMES) == ""
    assert difference(other, SHARED, CALLED) == "r2 is b/add:0, and should be r2:0"


def test_inputs_and_trained_variables_count() -> None:
    feeds = Facts(SHARED.variables, (Output("r", "r:0", ("W",), ("x",)),))
    stored = Facts(SHARED.variables, (Output("r", "r:0", ("W",), ()),))
    assert difference(stored, feeds, NAMES) == "the outputs depend on other inputs"
    steps = [Facts(SHARED.variables, (Output("s", "s", ("W", "b"), (), (name,)),)) for name in "Wb"]
    assert difference(steps[0], steps[1], NAMES) == "the outputs read other variables"


def test_an_optimizer_s_slots_do_not_count() -> None:
    slot = Variable("W/Adam", (1,), "float32", trainable=False, kind="ref", slot=True)
    assert difference(Facts((*SHARED.variables, slot), SHARED.outputs), SHARED, NAMES) == ""


@pytest.mark.parametrize(
    ("tags", "terms"),
    [
        (["nbval-check-output"], None),
        ([EXTRA_TAG], None),
        ([NAMES_TAG], NAMES),
        ([STRUCTURE_TAG, "x"], STRUCTURE),
        ([NAMES_TAG, TENSORS_TAG], CALLED),
        ([NAMES_TAG, EXTRA_TAG], EXTRA),
    ],
)
def test_a_cell_says_with_tags_what_counts(tags: list[str], terms: Terms | None) -> None:
    assert terms_of(tags) == terms


def test_a_step_that_trains_what_should_be_read_is_not_the_same() -> None:
    step = Facts(SHARED.variables, (Output("r", "r", ("W",), (), ("W",)),))
    read = Facts(SHARED.variables, (Output("r", "r", ("W",)),))
    assert difference(step, read, NAMES) == "the outputs read other variables"
