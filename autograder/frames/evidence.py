"""Tables as a kind of evidence, see `autograder.subject.EvidenceKind`; `show_frame` shows them."""

from collections.abc import Collection, Sequence

from autograder.frames.comparison import TAGS, Terms, difference, terms_of, unlike
from autograder.frames.display import EXPECTED_TYPE, FRAME_TYPE
from autograder.frames.facts import from_text, to_text
from autograder.frames.picture import STYLE, table


class FrameEvidence:
    """
    Tables and arrays, in any course. Their facts are written by `autograder.frames.facts.to_text`.

    What counts is said by a cell's tags, see `autograder.frames.comparison`.
    """

    name = "frame"
    mime_type = FRAME_TYPE
    reference_type = EXPECTED_TYPE
    tags = TAGS
    most = 20
    style = STYLE

    def asked(self, tags: Collection[str]) -> bool:
        """One of the tags says whether columns or values count."""
        return terms_of(tags) is not None

    def read(self, shown: str) -> str:
        """
        Read the facts of a table under caps, outside of the student's process.

        Raises
        ------
        EvidenceError
            When they are too big, no facts, or say what no table says.
        """
        return to_text(from_text(shown))

    def reference(self, shown: str) -> str:
        """Give the facts as they are."""
        return self.read(shown)

    def belongs(self, facts: str, expected: Sequence[str]) -> bool:
        """Any table may be the test's own: of several, the last ones are."""
        return True

    def agrees(self, facts: str, expected: str, tags: Collection[str]) -> bool:
        """Compare what counts."""
        return not self.difference(facts, expected, tags)

    def difference(self, facts: str, expected: str, tags: Collection[str]) -> str:
        """Name the first columns, rows or values that differ."""
        return difference(from_text(facts), from_text(expected), terms_of(tags) or Terms())

    def meant(self, expected: str) -> str:
        """No rule for hints asks for more than the facts."""
        return ""

    def at_desk(self, shown: str) -> tuple[str, str]:
        """Read what this kernel itself has shown."""
        return self.read(shown), ""

    def drawn(self, facts: str, expected: str) -> tuple[str, str] | None:
        """Write both tables, and mark the values that differ."""
        shown, wanted = from_text(facts), from_text(expected)
        if shown == wanted:
            return None
        marked = unlike(shown, wanted) if shown.columns == wanted.columns else set()
        return table(wanted, marked), table(shown, marked)


FRAME = FrameEvidence()
