"""
What a graph says about sharing, in words: a caption, and a form for terminals and screen readers.

Everything is made from `Facts`. Names in them are a student's: control characters are replaced, long names cut.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from html import escape

from sharing_variables.graph.facts import Facts, Output, Variable, keeps

NOT_AS_MEANT = "Not as meant"
"""How the caption begins where outputs do not share as they are meant to."""

_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}
_COUNTERS = re.compile(r"(?:\d++_)*+")
"""What TensorFlow appends to a name that is taken, or to a scope, read from its end: there it is found at once."""


def caption(facts: Facts, groups: tuple[frozenset[str], ...] = ()) -> str:
    """
    Say in a sentence or two which outputs share which variables.

    Parameters
    ----------
    groups : tuple of frozenset of str
        Outputs that are meant to share, as `sharing_variables.graph.facts.partition` reads them; where they do
        not, the caption begins with that.
    """
    sentences = [_unlike(facts, groups)] if groups else []
    if not facts.own:
        sentences.append("The graph has no variables.")
    elif not facts.outputs:
        sentences.append(f"The graph holds {_some(variable.name for variable in facts.own)}.")
    else:
        uses = Uses(facts)
        plain = [output for output in facts.outputs if not output.trains]
        if not any(sentences):
            sentences.append(_sentence([_sharing(facts, plain), _reading_nothing(plain)]))
        training = [_training(facts, output) for output in facts.outputs if output.trains]
        sentences.append(_sentence([f"Nothing reads {_some(uses.unread)}" if uses.unread else "", *training]))
    return " ".join(filter(None, sentences))


def text(facts: Facts, groups: tuple[frozenset[str], ...] = ()) -> str:
    """Write the caption, and a line for each variable: for terminals and for screen readers."""
    lines = lines_of(facts)
    return "\n".join([caption(facts, groups), *([""] if lines else []), *lines])


class Uses:
    """By variable, which outputs use it, and how."""

    def __init__(self, facts: Facts) -> None:
        self.steps = {output.label for output in facts.outputs if output.trains}
        self.edges: dict[str, list[tuple[str, bool]]] = defaultdict(list)
        """Labels of outputs, and whether they train the variable."""
        for output in facts.outputs:
            trained = set(output.trains)
            for name in trained.union(output.reads):
                self.edges[name].append((output.label, name in trained))
        own = [variable.name for variable in facts.own] if facts.outputs else []
        self.unread = dict.fromkeys(name for name in own if name not in self.edges)

    def readers(self, name: str) -> list[str]:
        """Name the outputs that read a variable: training touches every one, which is not what sharing means."""
        return [label for label, _ in self.edges.get(name, []) if label not in self.steps]


def _unlike(facts: Facts, groups: tuple[frozenset[str], ...]) -> str:
    """Say how outputs do not share as they are meant to; empty when they do."""
    outputs = {output.label: output for output in facts.outputs}
    absent = sorted(set().union(*groups) - outputs.keys())
    if absent:
        return f"{NOT_AS_MEANT}: there is no output {_some(absent)}."
    if keeps(facts, groups):
        return ""
    ordered = [[output for output in facts.outputs if output.label in group] for group in groups]
    wrong = [_unlike_within(facts, group) for group in ordered]
    for i, group in enumerate(ordered):
        for other in ordered[i + 1 :]:
            both = {name for output in group for name in output.reads} & {n for o in other for n in o.reads}
            if both:
                wrong.append(
                    f"{_labels(group)} should share nothing with {_labels(other)}, and {_share(facts, both)}"
                )
    return f"{NOT_AS_MEANT}: {'; '.join(filter(None, wrong))}."


def _unlike_within(facts: Facts, group: list[Output]) -> str:
    if len({output.reads for output in group}) == 1:
        return "" if group[0].reads else f"{_labels(group)} should read variables, and {_reads(group)} none"
    together = _together(facts, group)
    return f"{_labels(group)} should share, " + (f"and {together}" if together else f"but {_in_parts(facts, group)}")


def _sharing(facts: Facts, outputs: list[Output]) -> str:
    """Say what outputs read and share, without the full stop; empty when they read nothing."""
    readers = [output for output in outputs if output.reads]
    if len(readers) < 2:
        return "".join(_each(facts, readers, [set(output.reads) for output in readers]))
    together = _together(facts, readers)
    return f"{_labels(readers)} {together}" if together else _in_parts(facts, readers)


def _together(facts: Facts, outputs: list[Output]) -> str:
    """Say what several outputs share as one; empty where only some of them share something."""
    reads = [set(output.reads) for output in outputs]
    common = set.intersection(*reads)
    apart = [names - common for names in reads]
    if sum(map(len, apart)) != len(set().union(*apart)):
        return ""
    if not any(apart):
        return _share(facts, common)
    twins = _twins(facts, apart)
    if not common:
        return f"share nothing: {twins or '; '.join(_each(facts, outputs, apart))}"
    if twins:
        return f"share only {_some(_ordered(facts, common))}: {twins}"
    return "; ".join([_share(facts, common), *(f"{clause}, alone" for clause in _each(facts, outputs, apart))])


def _in_parts(facts: Facts, outputs: list[Output]) -> str:
    reads = [(output.label, set(output.reads)) for output in outputs]
    parts: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for variable in facts.own:
        parts[tuple(label for label, names in reads if variable.name in names)].append(variable.name)
    parts.pop((), None)
    ordered = sorted(parts.items(), key=lambda part: -len(part[0]))
    clauses = [
        f"{_some(labels)} share {_some(names)}" if len(labels) > 1 else f"{labels[0]} reads {_some(names)}, alone"
        for labels, names in ordered
    ]
    more = sum(len(names) for _, names in ordered[3:])
    return "; ".join(clauses[:3] + ([f"and so on for {more} more"] if more else []))


def _twins(facts: Facts, apart: list[set[str]]) -> str:
    """Say which variables look alike and are not one: shape, dtype, and the name but for TensorFlow's counters."""
    alike: dict[tuple[object, ...], list[list[str]]] = defaultdict(lambda: [[] for _ in apart])
    for variable in facts.own:
        for place, names in enumerate(apart):
            if variable.name in names:
                stem = _stem(variable.name)
                alike[stem, variable.shape, variable.dtype][place].append(variable.name)
    even = [names for names in alike.values() if len(set(map(len, names))) == 1]
    twins = [_some(twin) for names in even for twin in zip(*names, strict=True)]
    if not twins:
        return ""
    number = _NUMBERS.get(len(apart), str(len(apart)))
    others = [f"and so are {twin}" for twin in (twins[1:] if len(twins) < 4 else twins[1:2])]
    return ", ".join([f"{twins[0]} are {number} variables", *others, *(["and so on"] if len(twins) > 3 else [])])


def _stem(name: str) -> str:
    """Leave out of a name what TensorFlow has counted."""
    return "/".join(_COUNTERS.sub("", part[::-1], count=1)[::-1] for part in name.split("/"))


def _each(facts: Facts, outputs: list[Output], names: list[set[str]]) -> list[str]:
    pairs = [(output.label, _ordered(facts, own)) for output, own in zip(outputs, names, strict=True) if own]
    return [f"{shortened(label, 40)} reads {_some(own)}" for label, own in pairs]


def _reading_nothing(outputs: list[Output]) -> str:
    idle = [output for output in outputs if not output.reads]
    return f"{_labels(idle)} {_reads(idle)} no variable" if idle else ""


def _training(facts: Facts, step: Output) -> str:
    kept = _ordered(facts, set(step.reads) - set(step.trains))
    trained = f"{shortened(step.label, 40)} trains {_some(_ordered(facts, set(step.trains)))}"
    return f"{trained}, and leaves {_some(kept)} as {'they are' if len(kept) > 1 else 'it is'}" if kept else trained


def lines_of(facts: Facts) -> list[str]:
    """Write an aligned line for each variable, and one for all that an optimizer keeps."""
    uses = Uses(facts)
    rows = [(shortened(v.name, 40), shortened(size_of(v), 40), "; ".join(_usage(v, uses))) for v in facts.own]
    first, second = (max((width_of(row[column]) for row in rows), default=0) for column in (0, 1))
    lines = [f"{_pad(name, first)}  {_pad(kind, second)}  {told}".rstrip() for name, kind, told in rows]
    slots = [variable.name for variable in facts.variables if variable.slot]
    return lines + ([f"The optimizer keeps {len(slots)} more: {_some(slots)}."] if slots else [])


def _usage(variable: Variable, uses: Uses) -> list[str]:
    """Say of a variable who uses it, and what else is worth knowing."""
    readers = uses.readers(variable.name)
    edges = uses.edges.get(variable.name, [])
    trained = [label for label, trains in edges if trains]
    told = [f"{'shared' if len(readers) > 1 else 'read'} by {_some(readers)}"] if readers else []
    told += [f"trained by {_some(trained)}"] if trained else []
    told += [f"read by {_some(label for label, _ in edges)}"] if edges and not told else []
    told += ["read by nothing"] if variable.name in uses.unread else []
    return told + ([] if variable.trainable else ["not trained"])


def size_of(variable: Variable) -> str:
    sizes = ["?" if size < 0 else str(size) for size in variable.shape or ()]
    shape = f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})" if variable.shape is not None else "any shape"
    return f"{shape} · {variable.dtype}"


def _share(facts: Facts, names: set[str]) -> str:
    return f"share {_some(_ordered(facts, names))}"


def _reads(outputs: list[Output]) -> str:
    return "reads" if len(outputs) == 1 else "read"


def _labels(outputs: list[Output]) -> str:
    return _some(output.label for output in outputs)


def _ordered(facts: Facts, names: set[str]) -> list[str]:
    return [variable.name for variable in facts.own if variable.name in names]


def _some(names: Iterable[str]) -> str:
    """List names, of many only the first."""
    names = list(names)
    short = [shortened(name, 40) for name in (names if len(names) < 5 else names[:2])]
    return _listed(short if len(names) < 5 else [*short, f"{len(names) - 2} more"])


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _sentence(clauses: list[str]) -> str:
    said = "; ".join(filter(None, clauses))
    return f"{said}." if said else ""


def shortened(name: str, limit: int) -> str:
    """Cut a name in its middle to so many cells of a terminal."""
    name = _clean(name)
    keep = limit // 2
    short = name
    while len(short) > limit or width_of(short) > limit:
        short = f"{name[:keep]}…{name[1 - keep :] if keep > 1 else ''}"
        keep -= 1
    return short


def _clean(words: str) -> str:
    """Replace what neither a terminal nor XML can bear: control characters, and what turns the line around."""
    if words.isprintable():
        return words
    return "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in words)


def width_of(words: str) -> int:
    if words.isascii():
        return len(words)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in words)


def _pad(words: str, cells: int) -> str:
    return words + " " * (cells - width_of(words))


def html_of(words: str) -> str:
    return escape(_clean(words))
