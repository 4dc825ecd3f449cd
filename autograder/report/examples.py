"""
Answers that show a misconception, to put before a class: short, and nobody's.

An answer is written anew from its syntax tree, so comments and docstrings are gone; text with blanks in it becomes
``'...'`` unless it stands in the course's own notebooks. An answer that still holds a word of anybody's student id is
not used, but for words of the course. What cannot be parsed is not, either.
"""

import ast
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from autograder.course.assignment import Assignment
from autograder.course.dataflow import syntax_tree
from autograder.deadline import Deadline, OutOfTimeError
from autograder.records.store import Stored
from autograder.report.statistics import Idea, Seen

MOST = 2
"""Examples of one misconception."""

_LOOKED_AT = 6
"""Kinds of answer, and answers of one kind, that are read to find the shortest."""

_LINES, _WIDTH = 14, 200
_LONGEST_ANSWER = 8_000
"""Characters of an answer that is read at all."""

_SECONDS = 2.0
"""Processor time for one answer."""

_PROSE = 2
"""Words of a text that names no variable."""

_WORD, _PART = 2, 4
"""Letters of a word, and of a part of one, that might be somebody's name."""


@dataclass(frozen=True)
class Example:
    """
    A piece of code.

    Attributes
    ----------
    alike : int
        How many students' answers to this exercise show the misconception in the same way.
    lines : tuple of (bool, str)
        Each with whether it is the one that shows the misconception.
    """

    notebook: str
    exercise: str
    alike: int
    lines: tuple[tuple[bool, str], ...]


class Examples:
    """
    Finds examples in the answers of a class.

    Parameters
    ----------
    stored : iterable of Stored
        The whole class: nobody's id may appear.
    """

    def __init__(self, assignment: Assignment, stored: Iterable[Stored]) -> None:
        self._stored = {one.result.student: one for one in stored}
        self._cells = {
            (master.name, str(cell.grade_id)): cell.node.id
            for master in assignment.notebooks
            for cell in master.solutions
        }
        self._course = "\n".join(cell.source for master in assignment.notebooks for cell in master.cells)
        ids = _words(self._stored)
        self._names = ids - _words([self._course])
        course = _folded(self._course)
        self._parts = [name for name in self._names if len(name) >= _PART and name not in course]
        self._sources = lru_cache(maxsize=64)(_sources)
        self._unread: dict[str, set[tuple[str, str, str]]] = defaultdict(set)

    def of(self, idea: Idea) -> tuple[Example, ...]:
        """Find the shortest answers of the most frequent kinds."""
        found: dict[str, Example] = {}
        for alike in _kinds(idea)[:_LOOKED_AT]:
            if len(found) == MOST:
                break
            codes = [code for seen in alike[:_LOOKED_AT] if (code := self._read(seen)) and code not in found]
            if codes:
                code, seen = min(codes, key=lambda code: (len(code), code)), alike[0]
                lines = _shortened(code, _bare(seen.hint.line))
                found[code] = Example(seen.notebook, seen.hint.exercise, len(alike), lines)
        return tuple(found.values())

    def unread(self, idea: Idea) -> int:
        """Count the answers that could not be read when examples of an idea were looked for."""
        return len(self._unread[idea.misconception.id])

    def _read(self, seen: Seen) -> str:
        """Give an answer as `_code` does: whatever is odd about one, it costs the page that answer alone."""
        try:
            with Deadline(_SECONDS):
                return self._code(seen)
        except (Exception, OutOfTimeError):
            self._unread[seen.hint.id].add((seen.result.student, seen.notebook, seen.hint.exercise))
            return ""

    def _code(self, seen: Seen) -> str:
        """Give an answer without anything that says whose it is; empty where that cannot be had."""
        sources = self._sources(self._stored[seen.result.student].notebooks[seen.notebook])
        code = _anonymous(sources.get(self._cells[seen.notebook, seen.hint.exercise], ""), self._course)
        return "" if self._is_somebodys(code) else code

    def _is_somebodys(self, code: str) -> bool:
        text = _folded(code)
        return bool(_words([code]) & self._names) or any(part in text for part in self._parts)


def _kinds(idea: Idea) -> list[list[Seen]]:
    """Sort answers into kinds: first the most frequent kind of each exercise, the others after them."""
    kinds: dict[tuple[str, str, str], list[Seen]] = {}
    for seen in idea.seen:
        kinds.setdefault((seen.notebook, seen.hint.exercise, _bare(seen.hint.line)), []).append(seen)
    frequent = sorted(kinds.items(), key=lambda kind: -len(kind[1]))
    before: Counter[tuple[str, str]] = Counter()
    ranked = []
    for (notebook, exercise, _), alike in frequent:
        ranked.append((before[notebook, exercise], alike))
        before[notebook, exercise] += 1
    return [alike for _, alike in sorted(ranked, key=lambda one: one[0])]


def _sources(path: Path) -> dict[str, str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return {cell["id"]: "".join(cell["source"]) for cell in cells}


def _anonymous(source: str, course: str) -> str:
    tree = syntax_tree(source) if len(source) <= _LONGEST_ANSWER else None
    if tree is None or all(isinstance(statement, ast.Pass) for statement in tree.body):
        return ""
    return ast.unparse(_WithoutProse(course).visit(tree))


class _WithoutProse(ast.NodeTransformer):
    """Takes away docstrings, and what other text says if the course does not say it."""

    def __init__(self, course: str) -> None:
        self._course = course

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Keep what does something."""
        super().generic_visit(node)
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [one for one in body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
            node.body = kept or [ast.Pass()] * (not isinstance(node, ast.Module))  # type: ignore[attr-defined]  # seen to be there
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Keep what might name a variable."""
        text = node.value
        prose = isinstance(text, str) and len(text.split()) >= _PROSE and text not in self._course
        return ast.Constant("...") if prose or isinstance(text, bytes) else node


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in re.findall(r"[^\W_]+", _folded(text)) if len(word) >= _WORD}


def _folded(text: str) -> str:
    """Write text as names compare: Python reads its own in the same normal form."""
    return unicodedata.normalize("NFKC", text).casefold()


def _bare(line: str) -> str:
    """Write a line as it compares: without blanks, with one kind of quotes."""
    return re.sub(r"\s", "", line).replace('"', "'")


def _shortened(code: str, line: str) -> tuple[tuple[bool, str], ...]:
    """Keep the lines around the one that matters."""
    lines = [
        (_bare(text) == line, text if len(text) <= _WIDTH else f"{text[:_WIDTH]} ...") for text in code.split("\n")
    ]
    marked = next((place for place, (mark, _) in enumerate(lines) if mark), 0)
    start = max(0, min(marked - _LINES // 2, len(lines) - _LINES))
    kept = lines[start : start + _LINES]
    above = [(False, "...")] if start else []
    return (*above, *kept, *([(False, "...")] if start + _LINES < len(lines) else []))
