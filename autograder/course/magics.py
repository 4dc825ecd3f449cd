"""
IPython's own lines in a cell, read without IPython.

IPython reads a cell once more for each magic in it, and runs into Python's limit of recursion after some hundreds.
That is for kernels, whose time is limited; outside of them a cell is read here, in one pass over its text.
"""

import re

_ESCAPES = ("%", "!", "?", ",", ";", "/")
"""What a line of IPython's begins with (`IPython.core.inputtransformer2`): none of them begins a line of Python."""

_CELL_MAGIC = re.compile(r"%%\w")
_ASSIGNED = re.compile(r"([^=#'\"]*[^=#'\"!<>])=\s*+[%!]")
"""A value that a magic or a command gives."""

# Possessive, and with an optional end: one pass over a line, whatever it is.
_QUOTE_OR_BRACKET = re.compile(
    r"\"{3}|'{3}|\"(?:[^\"\\]|\\.)*+\"?|'(?:[^'\\]|\\.)*+'?|#.*|[(\[{]|[)\]}]",
)
_ENDS = {
    '"""': re.compile(r"(?:[^\"\\]|\\.|\"(?!\"\"))*+\"{3}"),
    "'''": re.compile(r"(?:[^'\\]|\\.|'(?!''))*+'{3}"),
}


def without_magics(source: str) -> str:
    """
    Write a cell with ``pass`` where IPython has a line of its own, so that Python can read the rest.

    A line that begins with ``%``, ``!``, ``?``, ``,``, ``;`` or ``/``, or ends with ``?``, gives way with its
    indentation. Of ``x = %magic`` and ``x = !command`` the name stays, and gets None. A cell that begins with
    ``%%magic`` is none of Python's as a whole. Lines keep their numbers.
    """
    lines = _dedented(source.split("\n"))
    first = next((line for line in lines if line.strip()), "")
    if _CELL_MAGIC.match(first):
        return "pass"
    written, at, inside = [], 0, _Inside()
    while at < len(lines):
        replaced = None if inside.a_statement else _replaced(lines[at])
        if replaced is None:
            starts = not inside.a_statement
            asks = inside.after(lines[at])
            written.append(_pass(lines[at]) if starts and asks and not inside.a_statement else lines[at])
        else:
            written.append(replaced)
            while lines[at].endswith("\\") and at + 1 < len(lines):
                written.append("")
                at += 1
        at += 1
    return "\n".join(written)


class _Inside:
    """Of what is open at the beginning of a line: brackets, a text over several lines, a statement that goes on."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""
        self._goes_on = False

    @property
    def a_statement(self) -> bool:
        """Whether the line continues what stands above it."""
        return bool(self._depth or self._quote or self._goes_on)

    def after(self, line: str) -> bool:
        """Go over a line, and tell whether its code ends with a question mark."""
        at, end = 0, len(line)
        while at < end:
            if self._quote:
                closed = _ENDS[self._quote].match(line, at)
                if closed is None:
                    break
                self._quote, at = "", closed.end()
                continue
            found = _QUOTE_OR_BRACKET.search(line, at)
            if found is None:
                break
            at = found.end()
            if found[0] in _ENDS:
                self._quote = found[0]
            elif found[0][0] == "#":
                end = found.start()
            elif found[0] in "([{":
                self._depth += 1
            elif found[0] in ")]}":
                self._depth = max(0, self._depth - 1)
        self._goes_on = not self._quote and end == len(line) and line.endswith("\\")
        return not self._quote and line[:end].rstrip().endswith("?")


def _replaced(line: str) -> str | None:
    """Write what stands for a line of IPython's; None for one of Python's."""
    if line.lstrip().startswith(_ESCAPES):
        return _pass(line)
    assigned = _ASSIGNED.match(line)
    return None if assigned is None else f"{assigned[1]}= None"


def _pass(line: str) -> str:
    return f"{line[: len(line) - len(line.lstrip())]}pass"


def _dedented(lines: list[str]) -> list[str]:
    """Take off what the first line of code is indented by, as IPython does for a cell that was pasted."""
    first = next((line for line in lines if line.strip()), "")
    space = first[: len(first) - len(first.lstrip())]
    return [line.removeprefix(space) for line in lines]
