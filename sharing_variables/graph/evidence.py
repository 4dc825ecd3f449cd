"""Graphs as a kind of evidence, see `autograder.subject.EvidenceKind`; `show_sharing` shows them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache

from sharing_variables.display import FACTS_TYPE, GRAPH_TYPE, read_graph
from sharing_variables.graph import reader
from sharing_variables.graph.comparison import TAGS, Terms, difference, explanation, terms_of
from sharing_variables.graph.facts import Facts, from_text, groups_of, to_text
from sharing_variables.graph.picture import STYLE, figure


class GraphEvidence:
    """
    Serialized graphs. Their facts are written by `sharing_variables.graph.facts.to_text`.

    What counts is said by a cell's tags, see `sharing_variables.graph.comparison.Terms`. Of the graphs that a cell
    shows those that have the reference's outputs may be the test's own: a student's own pictures cost nothing.
    """

    name = "graph"
    mime_type = GRAPH_TYPE
    reference_type = FACTS_TYPE
    tags = TAGS
    most = 20
    style = STYLE

    def asked(self, tags: Collection[str]) -> bool:
        """One of the tags says whether names count."""
        return terms_of(tags) is not None

    def read(self, shown: str) -> str:
        """
        Parse a graph under caps, outside of the student's process.

        Raises
        ------
        EvidenceError
            When it is empty, broken, too big, or says something that no graph of TensorFlow's says.
        """
        return to_text(reader.parse(shown))

    def reference(self, shown: str) -> str:
        """Write the facts without origins, which are a student's affair."""
        return to_text(_bare(reader.parse(shown)))

    def belongs(self, facts: str, expected: Sequence[str]) -> bool:
        """Tell whether a graph has the outputs of one that is expected."""
        return _labels(facts) in map(_labels, expected)

    def agrees(self, facts: str, expected: str, tags: Collection[str]) -> bool:
        """Compare what counts."""
        return not difference(from_text(facts), from_text(expected), _terms(tags))

    def difference(self, facts: str, expected: str, tags: Collection[str]) -> str:
        """Say what differs, and both captions where these do."""
        return explanation(from_text(facts), from_text(expected), _terms(tags))

    def meant(self, expected: str) -> str:
        """Say which outputs share in the reference, as `sharing_variables.graph.facts.partition` reads it."""
        return " | ".join(" ".join(labels) for labels in groups_of(from_text(expected)).values())

    def at_desk(self, shown: str) -> tuple[str, str]:
        """Read what this kernel itself has shown, with TensorFlow's own protocol buffers."""
        facts, meant = read_graph(shown)
        return to_text(facts), meant

    def drawn(self, facts: str, expected: str) -> tuple[str, str] | None:
        """Draw both graphs."""
        shown, wanted = _bare(from_text(facts)), from_text(expected)
        return None if shown == wanted else (_figure(wanted), _figure(shown))


GRAPH = GraphEvidence()


def _terms(tags: Collection[str]) -> Terms:
    return terms_of(tags) or Terms()


def _labels(facts: str) -> tuple[str, ...]:
    return tuple(output.label for output in from_text(facts).outputs)


def _bare(facts: Facts) -> Facts:
    return replace(facts, origins=())


@lru_cache(maxsize=512)
def _figure(facts: Facts) -> str:
    return figure(facts, styled=False)
