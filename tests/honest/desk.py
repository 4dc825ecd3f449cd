"""A notebook on a student's desk, and what can be done to it there."""

import ast
import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Cell = dict[str, Any]


@dataclass
class Desk:
    """
    A released notebook with answers, as JSON.

    Attributes
    ----------
    notebook : dict
        Its content; sources are single strings.
    released : dict of str to str
        The text that each named cell had before the student began.
    dice : random.Random
        What decides where nothing else does.
    """

    notebook: dict[str, Any]
    released: dict[str, str]
    dice: random.Random

    @property
    def cells(self) -> list[Cell]:
        """All cells, in order; the list may be changed."""
        cells: list[Cell] = self.notebook["cells"]
        return cells

    @property
    def answers(self) -> list[Cell]:
        """The cells that hold answers."""
        return [cell for cell in self.cells if role(cell, "solution")]

    @property
    def tests(self) -> list[Cell]:
        """The cells that carry points."""
        return [cell for cell in self.cells if role(cell, "grade")]

    @property
    def plain(self) -> list[Cell]:
        """The code cells that nbgrader does not know: demonstrations, and what was added."""
        return [cell for cell in self.cells if cell["cell_type"] == "code" and not name_of(cell)]

    @property
    def texts(self) -> list[Cell]:
        """The cells that hold text."""
        return [cell for cell in self.cells if cell["cell_type"] == "markdown"]

    @property
    def code(self) -> list[Cell]:
        """All code cells."""
        return [cell for cell in self.cells if cell["cell_type"] == "code"]

    @property
    def setup(self) -> Cell:
        """The cell that imports what the notebook needs."""
        return next(cell for cell in self.code if role(cell, "locked"))

    def place(self, cell: Cell) -> int:
        """Find where a cell stands: this one, and not one that looks the same."""
        return next(number for number, other in enumerate(self.cells) if other is cell)

    def add_above(self, cell: Cell, *sources: str) -> None:
        """Put plain code cells directly above a cell."""
        self.cells[self.place(cell) : self.place(cell)] = map(plain_cell, sources)

    def add_below(self, cell: Cell, *sources: str) -> None:
        """Put plain code cells directly below a cell."""
        self.cells[self.place(cell) + 1 : self.place(cell) + 1] = map(plain_cell, sources)

    def add_on_top(self, *sources: str) -> None:
        """Put plain code cells below the imports."""
        self.add_below(self.setup, *sources)

    def scatter(self, *sources: str) -> None:
        """Put plain code cells somewhere below the imports, in this order, the last one at the end."""
        first = self.place(self.setup) + 1
        places = sorted(self.dice.randint(first, len(self.cells)) for _ in sources[1:])
        for place, source in reversed(list(zip([*places, len(self.cells)], sources, strict=True))):
            self.cells.insert(place, plain_cell(source))

    def rewrite(self, change: Callable[[str], str]) -> None:
        """Write every answer in another way."""
        for cell in self.answers:
            cell["source"] = change(cell["source"])


Change = Callable[[Desk], None]


def role(cell: Cell, what: str) -> bool:
    """Tell whether nbgrader says this of a cell."""
    return bool(cell["metadata"].get("nbgrader", {}).get(what))


def name_of(cell: Cell) -> str:
    """Give the name that nbgrader knows a cell by; empty for a plain one."""
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def plain_cell(source: str) -> Cell:
    """Make a code cell as an editor does."""
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}


def text_cell(source: str) -> Cell:
    """Make a text cell as an editor does."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def copy_of(cell: Cell) -> Cell:
    """Copy a cell with everything that it has."""
    return deepcopy(cell)


def tree(source: str) -> ast.Module:
    """Parse an answer; a magic counts as nothing done."""
    return ast.parse("\n".join("pass" if line.startswith(("%", "!")) else line for line in source.split("\n")))


def functions(source: str) -> list[ast.FunctionDef]:
    """Find the functions that an answer defines, in order."""
    return [node for node in tree(source).body if isinstance(node, ast.FunctionDef)]


def names(source: str) -> list[str]:
    """List what an answer leaves behind at its top: functions, classes, predictions."""
    return list(dict.fromkeys(_bound(tree(source))))


def inside(source: str, statement: str) -> str:
    """Begin every function of an answer with a statement, below its docstring."""
    lines = source.split("\n")
    for function in reversed(functions(source)):
        first = function.body[0]
        if ast.get_docstring(function) is not None and len(function.body) > 1:
            first = function.body[1]
        if first.lineno > function.lineno:
            indent = lines[first.lineno - 1][: first.col_offset]
            lines[first.lineno - 1 : first.lineno - 1] = [indent + line for line in statement.split("\n")]
    return "\n".join(lines)


def decorated(source: str, decorator: str) -> str:
    """Put a decorator on every function of an answer."""
    lines = source.split("\n")
    for function in reversed(functions(source)):
        first = min([function.lineno, *(d.lineno for d in function.decorator_list)])
        lines.insert(first - 1, f"@{decorator}")
    return "\n".join(lines)


def indented(source: str, head: str, tail: str = "") -> str:
    """Put a whole answer below a line that wants a block."""
    block = "\n".join(f"    {line}" if line.strip() else line for line in source.split("\n"))
    return f"{head}\n{block}\n{tail}".rstrip("\n")


def text_of(notebook: dict[str, Any], **how: Any) -> str:
    """Write a notebook as JupyterLab does, or otherwise."""
    usual: dict[str, Any] = {"indent": 1, "ensure_ascii": False}
    return json.dumps(notebook, **usual | how) + "\n"


def _bound(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name))
