"""What the hidden part of a test holds, and whether a text gives it away: feedback must not."""

import ast
import re
from functools import cached_property

from nbgrader.preprocessors import ClearHiddenTests

from autograder.names import syntax_tree

_BEGIN = str(ClearHiddenTests.begin_test_delimeter.default_value)
_END = str(ClearHiddenTests.end_test_delimeter.default_value)

SHORTEST = 4
"""Letters of a string that say something: a hidden test's scope is called ``pair``, and ``x`` is everybody's."""


class HiddenPart:
    """
    The parts of a test cell's source that nbgrader takes out of the release.

    Parameters
    ----------
    source : str
        The master cell's source.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines: dict[int, str] = {}
        self._visible: dict[int, str] = {}
        inside = False
        for number, line in enumerate(source.splitlines(), start=1):
            if _BEGIN in line or _END in line:
                inside = _BEGIN in line
            else:
                (self._lines if inside else self._visible)[number] = line

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._lines)

    def gives_away(self, text: str) -> bool:
        """Tell whether a text holds a line of the hidden part, or a string that only the hidden part has."""
        return any(piece in text for piece in self._pieces)

    def is_told_by_the_visible(self, message: str) -> bool:
        """Tell whether a message is that of an assert that students can read."""
        return any(re.fullmatch(pattern, message, re.DOTALL) for pattern in self._told)

    @cached_property
    def _pieces(self) -> frozenset[str]:
        strings: dict[bool, set[str]] = {True: set(), False: set()}
        for node in self._nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                strings[node.lineno in self._lines].add(node.value)
        hidden = {line.strip() for line in self._lines.values()} | strings[True]
        known = "\n".join([*self._visible.values(), *strings[False]])
        return frozenset(piece for piece in hidden if len(piece.strip()) >= SHORTEST and piece not in known)

    @cached_property
    def _told(self) -> frozenset[str]:
        asserts = (node for node in self._nodes if isinstance(node, ast.Assert) and node.lineno in self._visible)
        return frozenset(_pattern(node.msg) for node in asserts if node.msg is not None)

    @cached_property
    def _nodes(self) -> list[ast.AST]:
        tree = syntax_tree(self._source)
        return list(ast.walk(tree)) if tree else []


def _pattern(message: ast.expr) -> str:
    """Write the messages that an expression can give as a regular expression."""
    if isinstance(message, ast.Constant):
        return re.escape(str(message.value))
    if isinstance(message, ast.JoinedStr):
        return "".join(_pattern(part) if isinstance(part, ast.Constant) else ".*" for part in message.values)
    return "(?!)"
