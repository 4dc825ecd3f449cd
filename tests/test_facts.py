"""Facts follow a variable through whatever TensorFlow puts between it and an output."""

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow.compat.v1 as tf
from tensorflow.core.framework.variable_pb2 import VariableDef
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef

from sharing_variables.graph.facts import (
    LABELS,
    TENSORS,
    TRAINABLE,
    Facts,
    FactsError,
    Output,
    Variable,
    facts_of,
    from_text,
    groups_of,
    keeps,
    partition,
    to_text,
)

Outputs = dict[str, Any]


def meta_of(build: Callable[[], Outputs], *, resource: bool = False, control_flow_v2: bool = False) -> MetaGraphDef:
    """Describe a graph as `show_sharing` does. No session is opened."""
    with tf.Graph().as_default() as graph, tf.variable_scope("", use_resource=resource):
        (tf.enable_control_flow_v2 if control_flow_v2 else tf.disable_control_flow_v2)()
        outputs = build()
        trained = [v.to_proto().SerializeToString() for v in graph.get_collection(TRAINABLE)]
    meta = MetaGraphDef(graph_def=graph.as_graph_def())
    meta.collection_def[TRAINABLE].bytes_list.value.extend(trained)
    meta.collection_def[LABELS].node_list.value.extend(outputs)
    meta.collection_def[TENSORS].node_list.value.extend(output.name for output in outputs.values())
    return meta


def facts(build: Callable[[], Outputs], **kinds: bool) -> Facts:
    return facts_of(meta_of(build, **kinds), VariableDef)


def get(name: str, shape: tuple[int, ...] = (), **more: Any) -> Any:
    return tf.get_variable(name, shape, initializer=tf.zeros_initializer(), **more)


def reads(build: Callable[[], Any], **kinds: bool) -> tuple[str, ...]:
    return facts(lambda: {"r": build()}, **kinds).outputs[0].reads


def inner_scope() -> Any:
    with tf.variable_scope("a"):
        return get("W") + get("b")


def branches() -> Any:
    w, b, _ = get("W"), get("b"), get("other")
    return tf.cond(tf.placeholder(tf.bool, ()), lambda: w * 2.0, lambda: b + 1.0)


def loop() -> Any:
    w = get("W")
    return tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * w), [0, 1.0])[1]


def gradient() -> Any:
    w, b = get("W"), get("b")
    return tf.gradients(w * w * b, w)[0]


def assigned() -> Any:
    w, b = get("W"), get("b")
    with tf.control_dependencies([tf.assign(w, b)]):
        return tf.identity(tf.constant(1.0))


def only_waits() -> Any:
    w = get("W")
    with tf.control_dependencies([tf.identity(w)]):
        return tf.constant(1.0) + get("b")


THROUGH = {
    "a sum": (inner_scope, ("a/W", "a/b")),
    "an identity": (lambda: tf.identity(tf.identity(get("W"))), ("W",)),
    "both branches": (branches, ("W", "b")),
    "a loop": (loop, ("W",)),
    "a gradient": (gradient, ("W", "b")),
    "an assign that is waited for": (assigned, ("W", "b")),
    "no order alone": (only_waits, ("b",)),
    "nothing": (lambda: tf.constant(1.0), ()),
    "a stop of gradients": (lambda: tf.stop_gradient(get("W")), ("W",)),
    "a slice and a gather": (lambda: tf.gather(get("W", (3, 2))[1:], 0), ("W",)),
}


@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
@pytest.mark.parametrize(("build", "expected"), THROUGH.values(), ids=THROUGH)
def test_an_output_reads_what_it_depends_on(
    build: Callable[[], Any], expected: tuple[str, ...], resource: bool
) -> None:
    assert reads(build, resource=resource) == expected


@pytest.mark.parametrize("build", [branches, loop], ids=["cond", "while"])
def test_functions_of_newer_control_flow_are_followed(build: Callable[[], Any]) -> None:
    expected = reads(build, resource=True)
    assert reads(build, resource=True, control_flow_v2=True) == expected


@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
def test_a_variable_is_described(resource: bool) -> None:
    def build() -> Outputs:
        get("W", (2, 3))
        return {"n": get("n", dtype=tf.int32, trainable=False)}

    kind = "resource" if resource else "ref"
    assert facts(build, resource=resource).variables == (
        Variable("W", (2, 3), "float32", trainable=True, kind=kind),
        Variable("n", (), "int32", trainable=False, kind=kind),
    )


def test_what_is_not_shared_has_two_names() -> None:
    def build() -> Outputs:
        return {f"r{place}": tf.Variable(0.0, name="W") + 1.0 for place in (1, 2)}

    assert groups_of(facts(build)) == {("W",): ["r1"], ("W_1",): ["r2"]}


def test_a_copy_knows_its_original() -> None:
    def build() -> Outputs:
        w = tf.Variable(0.0, name="W")
        return {"r": tf.Variable(w.initialized_value(), name="copy")}

    assert [variable.copies for variable in facts(build).variables] == [(), ("W",)]


OPTIMIZERS = {
    "momentum": (lambda: tf.train.MomentumOptimizer(0.1, 0.9), 1),
    "adam": (lambda: tf.train.AdamOptimizer(0.1), 4),
    "plain": (lambda: tf.train.GradientDescentOptimizer(0.1), 0),
}


@pytest.mark.parametrize("resource", [False, True], ids=["ref", "resource"])
@pytest.mark.parametrize(("optimizer", "slots"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_step_trains_and_its_slots_do_not_count(optimizer: Callable[[], Any], slots: int, resource: bool) -> None:
    def build() -> Outputs:
        loss = tf.square(get("W") - get("fixed", trainable=False))
        return {"loss": loss, "step": optimizer().minimize(loss)}

    found = facts(build, resource=resource)
    loss, step = found.outputs
    assert [variable.name for variable in found.own] == ["W", "fixed"]
    assert len(found.variables) - len(found.own) == slots
    assert (loss.reads, loss.trains) == (("W", "fixed"), ())
    assert (step.reads, step.trains) == (("W", "fixed"), ("W",))
    assert found.readers("W") == ("loss",)


def test_a_variable_that_is_named_like_a_slot_counts() -> None:
    assert [v.name for v in facts(lambda: {"r": get("W") + get("W/Adam")}).own] == ["W", "W/Adam"]


def test_what_others_than_a_step_read_is_no_slot() -> None:
    def build() -> Outputs:
        w, mine = get("W"), get("mine", trainable=False)
        zero = tf.zeros(w.shape)
        tf.raw_ops.ApplyMomentum(var=w._ref(), accum=mine._ref(), lr=0.0, grad=zero, momentum=0.0)
        return {"r": w + mine}

    found = facts(build)
    assert [variable.name for variable in found.own] == ["W", "mine"]
    assert found.outputs[0].reads == ("W", "mine")


def test_an_origin_that_nests_too_deep_is_left_out() -> None:
    def nest(meta: MetaGraphDef) -> None:
        meta.collection_def["sharing/origins"].bytes_list.value.append(b"[" * 200_000)

    assert facts_of(broken(nest), VariableDef).own


def test_an_output_knows_its_placeholders_and_its_tensor() -> None:
    def build() -> Outputs:
        return {"r": tf.add(tf.placeholder(tf.float32, (), name="x"), get("W"), name="sum")}

    assert facts(build).outputs == (Output("r", "sum:0", ("W",), ("x",)),)


def broken(change: Callable[[MetaGraphDef], Any]) -> MetaGraphDef:
    meta = meta_of(lambda: {"r": get("W") + 1.0}, resource=True)
    change(meta)
    return meta


def borrow(meta: MetaGraphDef) -> None:
    next(node for node in meta.graph_def.node if node.op == "VarHandleOp").attr["shared_name"].s = b"elsewhere"


def hide(meta: MetaGraphDef) -> None:
    meta.graph_def.library.function.add().node_def.add(name="W", op="VarHandleOp")


REFUSED = {
    "empty": (lambda meta: meta.graph_def.Clear(), "the graph is empty"),
    "a name twice": (lambda meta: meta.graph_def.node.add(name="W", op="NoOp"), "two of its nodes have one name"),
    "an input that is not there": (
        lambda meta: meta.graph_def.node[-1].input.append("nowhere"),
        "an input of one of its nodes does not exist",
    ),
    "an output that is not there": (
        lambda meta: meta.collection_def[TENSORS].node_list.value.__setitem__(0, "nowhere:0"),
        "there is no 'nowhere:0', which should be r",
    ),
    "a label without a tensor": (
        lambda meta: meta.collection_def[LABELS].node_list.value.append("s"),
        "the named outputs do not fit together",
    ),
    "a value under another name": (borrow, "'W' keeps its value under another name, 'elsewhere'"),
    "a variable in a function": (hide, "one of its functions holds a variable"),
}


@pytest.mark.parametrize(("change", "why"), REFUSED.values(), ids=REFUSED)
def test_a_graph_that_hides_something_is_refused(change: Callable[[MetaGraphDef], Any], why: str) -> None:
    with pytest.raises(FactsError) as caught:
        facts_of(broken(change), VariableDef)
    assert str(caught.value) == why


def test_facts_survive_being_written() -> None:
    found = facts(lambda: {"r": get("W", (2, 3)) @ get("b", (3, 1)), "s": get("c")})
    assert from_text(to_text(found)) == found
    assert len(to_text(found).splitlines()) > 5


KEPT = {
    "as meant": ("r1 r2 | s", {"r1": "W", "r2": "W", "s": "b"}, True),
    "one group": ("r1 r2", {"r1": "W", "r2": "W", "s": "W"}, True),
    "twins": ("r1 r2", {"r1": "W", "r2": "W_1"}, False),
    "only a part": ("r1 r2", {"r1": "W b", "r2": "W"}, False),
    "across": ("r1 | s", {"r1": "W b", "s": "b"}, False),
    "nothing read": ("r1 r2", {"r1": "", "r2": ""}, False),
}


@pytest.mark.parametrize(("meant", "outputs", "expected"), KEPT.values(), ids=KEPT)
def test_groups_share_within_and_not_across(meant: str, outputs: dict[str, str], expected: bool) -> None:
    shown = Facts((), tuple(Output(label, f"{label}:0", tuple(names.split())) for label, names in outputs.items()))
    assert keeps(shown, partition(meant)) is expected


def test_what_is_meant_is_read_as_groups() -> None:
    assert partition(" r1 r2 | other | ") == (frozenset({"r1", "r2"}), frozenset({"other"}))
    assert partition("") == ()
