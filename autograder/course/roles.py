"""
What nbgrader's metadata of a master must say: a master that cannot be graded is refused before anybody is.

Each cell that nbgrader knows has a name of its own, and what is graded has points; nbgrader's format is one that the
nbgrader here knows; a test runs what it claims. Where one of these does not hold, every student would get the same
points whatever the answer is, or none.
"""

import ast
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.nbgraderformat import SCHEMA_VERSION

from autograder.course.dataflow import syntax_tree
from autograder.errors import CourseError

_TOOLBAR = "in nbgrader's Create Assignment toolbar"

_RUNNERS = re.compile(
    r"\bipytest\b|\bpytest\.main\b|%%?\w*pytest|\bunittest\.(main|TextTestRunner)\b|\bTestLoader\b"
    r"|\b(globals|locals|vars|dir)\("
)
"""What may call functions that nothing names."""

_KERNELS = {"ir": "R", "julia": "Julia", "octave": "Octave", "matlab": "MATLAB", "sos": "SoS", "xcpp": "C++"}
"""How names of kernels begin whose language is another one, where a notebook does not say its own."""

_AUTOTEST = re.compile(r"^\s*###\s*(HASHED\s+)?AUTOTEST\b", re.MULTILINE)


def refuse_unusable(path: Path, notebook: NotebookNode) -> None:
    """
    Refuse a master that cannot be graded.

    Parameters
    ----------
    path : Path
        The master's file, for messages.
    notebook : NotebookNode
        Its contents.

    Raises
    ------
    CourseError
        When it is in another language than Python; when a cell's metadata are of a newer nbgrader, a cell that
        nbgrader knows has no name or another one's, or a graded one no points; when a test is not Python, is still to
        be written by nbgrader, or defines functions of pytest's that nothing calls.
    """
    language = _language(notebook)
    if language.lower() not in ("python", "ipython"):
        raise CourseError(f"{path}: a notebook in {language}; only Python is graded")
    for why in _reasons(notebook):
        raise CourseError(f"{path}: {why}")


def _language(notebook: NotebookNode) -> str:
    """Name the language of a notebook: as its kernel's or its own metadata say, else as its kernel is called."""
    spec, info = notebook.metadata.get("kernelspec", {}), notebook.metadata.get("language_info", {})
    kernel = str(spec.get("name", "")).lower()
    usual = next((language for name, language in _KERNELS.items() if kernel.startswith(name)), "python")
    return str(spec.get("language") or info.get("name") or usual)


def _reasons(notebook: NotebookNode) -> Iterator[str]:
    names: set[str] = set()
    for number, cell in enumerate(notebook.cells, start=1):
        meta = cell.metadata.get("nbgrader", {})
        schema = meta.get("schema_version", 0)
        if isinstance(schema, int) and schema > SCHEMA_VERSION:
            yield (
                f"{_called(number, cell)} was made by a newer nbgrader (format {schema}, where the one that is "
                f"installed knows {SCHEMA_VERSION}); update nbgrader"
            )
        if not any(meta.get(role) for role in ("grade", "solution", "locked", "task")):
            continue
        name = str(meta.get("grade_id") or "").strip()
        if not name:
            yield f"{_called(number, cell)} has no name; give it an ID {_TOOLBAR}"
        if name in names:
            yield f"two cells are named '{name}'; give one of them another grade_id"
        names.add(name)
        if (meta.get("grade") or meta.get("task")) and not _is_worth_something(meta.get("points")):
            yield f"'{name}' has no points that are a number of 0 or more; give it some {_TOOLBAR}"
        if meta.get("grade") and _AUTOTEST.search(cell.source):
            yield (
                f"'{name}' leaves its tests to nbgrader's AUTOTEST; "
                "put the notebook from nbgrader's source_with_tests in its place"
            )
        if meta.get("grade") and not meta.get("solution") and cell.cell_type == "code":
            tree = syntax_tree(cell.source)
            if tree is None:
                yield f"'{name}' is not Python; mend the test cell"
            for function in _uncalled(tree, notebook):
                yield (
                    f"'{name}' defines {function}, and nothing calls it, so that everybody passes; "
                    "call it at the end of the cell"
                )


def _called(number: int, cell: NotebookNode) -> str:
    """Say which cell it is: by its name, else by its place and how it begins."""
    name = str(cell.metadata.get("nbgrader", {}).get("grade_id") or "").strip()
    first = next(iter(cell.source.strip().splitlines()), "")[:60]
    return f"'{name}'" if name else f"cell {number} ({first!r})"


def _is_worth_something(points: Any) -> bool:
    try:
        return math.isfinite(float(points)) and float(points) >= 0
    except (TypeError, ValueError):
        return False


def _uncalled(test: ast.Module | None, notebook: NotebookNode) -> Iterator[str]:
    """Name the functions and classes of a test that are written for pytest, and that no code of the master names."""
    defined: list[Any] = list(filter(_is_for_pytest, test.body if test else []))
    if not defined:
        return
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    if any(map(_RUNNERS.search, sources)):
        return
    named = set().union(*(_named(source) for source in sources))
    for node in defined:
        if node.name not in named:
            yield f"{node.name}()" if not isinstance(node, ast.ClassDef) else f"the class {node.name}"


def _is_for_pytest(node: ast.stmt) -> bool:
    """Tell whether pytest would find it; what has another decorator than pytest's may be called by that."""
    if isinstance(node, ast.ClassDef):
        return node.name.startswith("Test") and any(map(_is_for_pytest, node.body))
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith("test"):
        return False
    return all(ast.unparse(decorator).startswith("pytest.") for decorator in node.decorator_list)


def _named(source: str) -> set[str]:
    """Gather what a cell names: variables, attributes, and texts, by which something may be found."""
    found: set[str] = set()
    for node in ast.walk(syntax_tree(source) or ast.Module([], [])):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found
