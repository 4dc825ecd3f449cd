"""nbval's comparison of outputs, without the pytest session around it."""

from typing import Any

from nbformat import NotebookNode
from nbval.plugin import IPyNbCell, get_sanitize_patterns, nocolors

from autograder.grading.html_tables import seen_in
from autograder.text import cut

MOST_COMPARED = 20_000
"""Characters of outputs that are compared: a pattern of a course may take time in the square of their number."""


class Comparison:
    """
    The part of an nbval cell that compares outputs, without the pytest session around it.

    nbval's comparison is a method of its pytest item; the item's other duties (kernels, collection) are not
    wanted here, so the method is given just the attributes that it reads.
    """

    _ALWAYS_SKIPPED = (
        "metadata",
        "traceback",
        "output_type",
        "name",
        "execution_count",
        "image/png",
        "image/jpeg",
    )

    colors = nocolors
    sanitize = IPyNbCell.sanitize
    ihook: Any
    config = None

    def __init__(self, patterns: str, skipped: set[str]) -> None:
        self.sanitize_patterns = dict(get_sanitize_patterns(patterns))
        self.skip_compare = (*self._ALWAYS_SKIPPED, *skipped)
        self.comparison_traceback: list[str] = []
        # nbval reads its file's patterns and asks pytest's plugins for a nicer difference.
        self.parent = self.ihook = self

    def pytest_assertrepr_compare(self, **_: object) -> list[list[str]]:
        """Leave the wording of a difference to nbval."""
        return []

    def format_output_compare(self, key: str, left: object, right: object) -> None:
        """Say a difference in words that a student understands."""
        expected, shown = str(left), str(right)
        if key == "text/html":
            # Nobody reads style sheets and tags.
            expected, shown = seen_in(expected).text, seen_in(shown).text
            if expected == shown:
                shown = f"{shown}\n(the same text; its HTML differs)"
        self.comparison_traceback.append(f"Expected:\n{cut(expected)}\nShown:\n{cut(shown)}")

    def difference(self, outputs: list[NotebookNode], reference: list[NotebookNode]) -> str:
        """Compare, and put the difference in words."""
        if (length := self._length(outputs)) > max(MOST_COMPARED, 2 * self._length(reference)):
            return f"Far more is shown than is expected: {length} characters."
        if IPyNbCell.compare_outputs(self, outputs, reference):
            return ""
        return "\n".join(line for line in self.comparison_traceback if line) or "The outputs differ."

    def _length(self, outputs: list[NotebookNode]) -> int:
        """Count the characters of what is compared."""
        values = (part for output in outputs for part in (output | output.get("data", {})).items())
        return sum(len(str(value)) for name, value in values if name not in ("data", *self.skip_compare))
