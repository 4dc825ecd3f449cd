"""
What a graph says about sharing: its variables, and which of them each named output depends on.

The facts are read from a ``MetaGraphDef``, by its fields alone, so that TensorFlow's protocol buffers serve in a
student's kernel and TensorBoard's where grading must not import TensorFlow. Nothing of the graph is ever run.

Variables are nodes of the graph, whatever the collections say; from the collections comes only which of them are
trained. What an output reads is found by walking its inputs backwards, through control flow, gradients, identities
and assigns. A control edge counts where it leads to something that writes a variable.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any

TRAINABLE = "trainable_variables"
"""TensorFlow's collection of what training changes."""

LABELS, TENSORS, ORIGINS, MEANT = "sharing/labels", "sharing/tensors", "sharing/origins", "sharing/meant"
"""Our collections: how outputs are called, which tensors they are, where variables come from, what is meant."""

MOST_STEPS = 200_000
"""How many nodes may be looked at to find what each output reads: an exercise's graph needs a few thousand."""

QUOTED = 100
"""Characters of a name in a message: a name of a thousand is not worth reading."""

_LINE = 200
"""Characters of a line of a notebook that is quoted: longer ones do not fit into a message."""

_REF = frozenset({"VariableV2", "Variable"})
_RESOURCE = frozenset({"VarHandleOp"})
_VARIABLES = _REF | _RESOURCE
_PASSES_ON = frozenset({"Identity", "ReadVariableOp", "RefIdentity", "Enter", "RefEnter", "Switch", "RefSwitch"})
"""What hands a variable on as it is."""

_TRAINS = re.compile(r"(Resource)?(Sparse)?Apply[A-Z]")
_WRITES = re.compile(r"(Resource)?(Sparse)?Apply[A-Z]|Assign|(Resource)?Scatter|CountUpTo")
_TYPES = {
    1: "float32",
    2: "float64",
    3: "int32",
    4: "uint8",
    6: "int8",
    7: "string",
    8: "complex64",
    9: "int64",
    10: "bool",
    14: "bfloat16",
    19: "float16",
}
"""TensorFlow's numbers of types, from types.proto. A reference to a type is the same number plus 100."""


class FactsError(Exception):
    """The graph says nothing that could be relied on; the message says why, for the student."""


@dataclass(frozen=True)
class Variable:
    """
    A variable of a graph.

    Attributes
    ----------
    name : str
        Name of its node, without ``:0``.
    shape : tuple of int or None
        Sizes, -1 for one that is open; None when even their number is.
    dtype : str
        E.g. ``"float32"``, without ``_ref``.
    kind : str
        ``"ref"`` or ``"resource"``.
    copies : tuple of str
        Variables from whose values it is initialized.
    slot : bool
        Whether an optimizer keeps it for a variable that it trains, and no output but a training step reads it.
    """

    name: str
    shape: tuple[int, ...] | None
    dtype: str
    trainable: bool
    kind: str
    copies: tuple[str, ...] = ()
    slot: bool = False


@dataclass(frozen=True)
class Output:
    """
    A named output.

    Attributes
    ----------
    label : str
        What `show_sharing` calls it.
    tensor : str
        Its name in the graph; without ``:0`` for an operation.
    reads : tuple of str
        The variables that it depends on, in order of name; for a training step, optimizers' slots left out.
    feeds : tuple of str
        The placeholders that it depends on.
    trains : tuple of str
        The variables that it trains, for a training step.
    """

    label: str
    tensor: str
    reads: tuple[str, ...]
    feeds: tuple[str, ...] = ()
    trains: tuple[str, ...] = ()


@dataclass(frozen=True)
class Origin:
    """
    Where a variable was made. A hint for people: it is the kernel's word, and nothing is graded by it.

    Attributes
    ----------
    maker : str
        ``"Variable"`` or ``"get_variable"``.
    line : str
        The line of the notebook that made it.
    """

    maker: str
    line: str


@dataclass(frozen=True)
class Facts:
    """What a graph says about sharing: variables in the order in which they were made, outputs as they were named."""

    variables: tuple[Variable, ...]
    outputs: tuple[Output, ...]
    origins: tuple[tuple[str, Origin], ...] = ()

    @property
    def own(self) -> tuple[Variable, ...]:
        """The variables that the code asked for: an optimizer's slots are not among them."""
        return tuple(variable for variable in self.variables if not variable.slot)

    def readers(self, name: str) -> tuple[str, ...]:
        """Name the outputs that read a variable; a training step touches all, which is not what sharing means."""
        return tuple(self._readers.get(name, ()))

    @cached_property
    def _readers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for output in self.outputs:
            for name in () if output.trains else output.reads:
                found[name].append(output.label)
        return found

    def origin(self, name: str) -> Origin | None:
        """Find where a variable was made, if the kernel said so."""
        return self._origins.get(name)

    @cached_property
    def _origins(self) -> dict[str, Origin]:
        return dict(self.origins)


def facts_of(meta: Any, variable_def: Any) -> Facts:
    """
    Reduce a graph to its facts.

    Parameters
    ----------
    meta : MetaGraphDef
        With `LABELS` and `TENSORS` among its collections.
    variable_def : type
        The message class ``VariableDef`` that goes with it.

    Raises
    ------
    FactsError
        When the graph contradicts itself, or hides what it reads, or is too entangled to be followed.
    """
    graph = _Graph(meta.graph_def)
    trainable = {
        variable_def.FromString(text).variable_name.removesuffix(":0")
        for text in meta.collection_def[TRAINABLE].bytes_list.value
    }
    labels = list(meta.collection_def[LABELS].node_list.value)
    tensors = list(meta.collection_def[TENSORS].node_list.value)
    if len(labels) != len(tensors) or len(set(labels)) != len(labels):
        raise FactsError("the named outputs do not fit together")
    outputs = tuple(graph.output(label, tensor) for label, tensor in zip(labels, tensors, strict=True))
    taken = {name for output in outputs if not output.trains for name in output.reads}
    variables = tuple(graph.variable(name, name in trainable, name in taken) for name in graph.variables)
    origins = dict(_origins(meta.collection_def[ORIGINS].bytes_list.value))
    return Facts(variables, outputs, tuple((name, origins[name]) for name in graph.variables if name in origins))


def to_text(facts: Facts) -> str:
    """
    Write facts as JSON, with a line for each variable and output so that they can be read as a diff.

    Origins, which a master does not store, stand behind these.
    """
    parts = [f'"{name}": [\n{_lines(getattr(facts, name))}]' for name in ("variables", "outputs")]
    if facts.origins:
        origins = [[name, origin.maker, origin.line] for name, origin in facts.origins]
        parts.append(f'"origins": {json.dumps(origins)}')
    return "{" + ",\n".join(parts) + "}"


@lru_cache(maxsize=512)
def from_text(text: str) -> Facts:
    """
    Read what `to_text` has written.

    Raises
    ------
    ValueError
        When it is something else.
    """
    read = json.loads(text)
    variables = tuple(Variable(**_immutable(variable)) for variable in read["variables"])
    outputs = tuple(Output(**_immutable(output)) for output in read["outputs"])
    origins = tuple((name, Origin(maker, line)) for name, maker, line in read.get("origins", []))
    return Facts(variables, outputs, origins)


def _immutable(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def _lines(parts: Iterable[Variable | Output]) -> str:
    return ",\n".join(json.dumps(asdict(part)) for part in parts)


class _Graph:
    """A ``GraphDef`` with its edges at hand."""

    def __init__(self, graph_def: Any) -> None:
        self._steps = 0
        self._nodes: dict[str, Any] = {node.name: node for node in graph_def.node}
        if not self._nodes:
            raise FactsError("the graph is empty")
        if len(self._nodes) != len(graph_def.node):
            raise FactsError("two of its nodes have one name")
        self._inputs: dict[str, list[str]] = {}
        self._control: dict[str, list[str]] = {}
        for node in graph_def.node:
            self._inputs[node.name] = [_node(name) for name in node.input if not name.startswith("^")]
            self._control[node.name] = [name[1:] for name in node.input if name.startswith("^")]
        known = self._nodes.keys()
        if not all(known >= set(names) for edges in (self._inputs, self._control) for names in edges.values()):
            raise FactsError("an input of one of its nodes does not exist")
        self.variables = [node.name for node in graph_def.node if node.op in _VARIABLES]
        for name in self.variables:
            borrowed = self._nodes[name].attr["shared_name"].s.decode("utf-8", "replace")
            if borrowed not in ("", name):
                raise FactsError(f"'{name}' keeps its value under another name, {borrowed[:QUOTED]!r}")
        if any(node.op in _VARIABLES for function in graph_def.library.function for node in function.node_def):
            raise FactsError("one of its functions holds a variable")

    def variable(self, name: str, trainable: bool, read: bool) -> Variable:
        node = self._nodes[name]
        number = node.attr["dtype"].type
        shape = node.attr["shape"].shape
        sizes = None if shape.unknown_rank else tuple(size.size for size in shape.dim)
        dtype = _TYPES.get(number % 100, f"type {number}")
        kind = "ref" if node.op in _REF else "resource"
        copies = tuple(sorted(self._copied(name)))
        slot = name in self._slots and not (trainable or read)
        return Variable(name, sizes, dtype, trainable, kind, copies, slot)

    def output(self, label: str, tensor: str) -> Output:
        if _node(tensor) not in self._nodes:
            raise FactsError(f"there is no '{tensor}', which should be {label}")
        reached = self._upstream([_node(tensor)])
        variables = reached & set(self.variables)
        trained = {self._first(name) for name in reached if _TRAINS.match(self._nodes[name].op)} - {""}
        feeds = {name for name in reached if self._nodes[name].op.startswith("Placeholder")}
        return Output(
            label,
            tensor,
            # What only pretends to be an optimizer's is read by others than a training step.
            tuple(sorted(variables - self._slots if trained else variables)),
            tuple(sorted(feeds)),
            tuple(sorted(trained)),
        )

    @cached_property
    def _slots(self) -> frozenset[str]:
        """What training operations take beside the variable that they train, as it is."""
        steps = [name for name, node in self._nodes.items() if _TRAINS.match(node.op)]
        taken = {self._handed_on(name) for step in steps for name in self._inputs[step][1:]}
        return frozenset(taken - {""} - {self._first(step) for step in steps})

    @cached_property
    def _initial(self) -> dict[str, str]:
        """By variable, the operation that gives it its first value: the first that was made."""
        found: dict[str, str] = {}
        for name, node in self._nodes.items():
            if node.op in ("Assign", "AssignVariableOp") and self._inputs[name]:
                found.setdefault(self._inputs[name][0], name)
        return found

    def _copied(self, name: str) -> set[str]:
        inputs = self._inputs.get(self._initial.get(name, ""), [])
        return (self._upstream(inputs[1:]) & set(self.variables)) - {name}

    def _first(self, step: str) -> str:
        return self._handed_on(self._inputs[step][0]) if self._inputs[step] else ""

    def _handed_on(self, name: str) -> str:
        """Follow a variable that is handed on as it is, back to its node; empty when it is something computed."""
        seen: set[str] = set()
        while self._nodes[name].op in _PASSES_ON and self._inputs[name] and name not in seen:
            self._step()
            seen.add(name)
            name = self._inputs[name][0]
        return name if self._nodes[name].op in _VARIABLES else ""

    def _upstream(self, names: Iterable[str]) -> set[str]:
        todo, reached = list(names), set[str]()
        while todo:
            name = todo.pop()
            self._step()
            if name not in reached:
                reached.add(name)
                todo += self._inputs[name]
                todo += [other for other in self._control[name] if self._acts(other)]
        return reached

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise FactsError("it is too entangled: it would take too long to find what its outputs read")

    def _acts(self, name: str) -> bool:
        """Tell whether waiting for a node means more than order: it writes, or it stands for several that do."""
        op = self._nodes[name].op
        return op == "NoOp" or _WRITES.match(op) is not None


def _node(tensor: str) -> str:
    return tensor.partition(":")[0]


def _origins(lines: Iterable[bytes]) -> Iterator[tuple[str, Origin]]:
    for line in lines:
        try:
            name, maker, text = json.loads(line)
            yield str(name), Origin(str(maker), str(text)[:_LINE])
        except (ValueError, TypeError, RecursionError):
            continue


def partition(text: str) -> tuple[frozenset[str], ...]:
    """Read which outputs are meant to share: ``"r1 r2 | other"`` are two groups."""
    return tuple(frozenset(group.split()) for group in text.split("|") if group.split())


def groups_of(facts: Facts) -> dict[tuple[str, ...], list[str]]:
    """Sort the labels of outputs by what they read; an output that reads nothing is left out."""
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for output in facts.outputs:
        if output.reads:
            groups[output.reads].append(output.label)
    return dict(groups)


def keeps(facts: Facts, groups: tuple[frozenset[str], ...]) -> bool:
    """Tell whether outputs share as they are meant to: all within a group, nothing across."""
    reads = {output.label: set(output.reads) for output in facts.outputs}
    within = all(reads[label] == reads[min(group)] for group in groups for label in group)
    used = [reads[min(group)] for group in groups]
    return within and sum(map(len, used)) == len(set().union(*used)) and all(used)
