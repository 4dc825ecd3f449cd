"""Which names a cell takes from other cells, and which it leaves behind: read from its text, not by running it."""

import ast
import symtable
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeVar

from autograder.course.magics import without_magics

_SEE_EVERYTHING = frozenset(
    [
        *("exec", "eval", "compile", "globals", "locals", "vars", "dir", "get_ipython", "__import__", "open"),
        *("inspect", "sys", "importlib", "pickle", "runpy", "__main__", "__builtins__", "In", "Out", "_ih", "_oh"),
        *("_", "__", "___", "_i", "_ii", "_iii"),
    ]
)
"""Names through which code can reach any other name."""


LONGEST_CELL = 10_000
"""Characters of a cell that is read for names: a syntax tree takes a thousand times the memory of its text."""

MOST_NAMES = 20_000
"""Names in all scopes of a cell: each scope within another one may hold all names of that one once more."""

_COMPREHENSIONS = 2 << 8
"""``DEF_COMP_ITER`` in CPython's ``pycore_symtable.h``; Python 3.14 has `symtable.Symbol.is_comp_iter` for it."""

_Read = TypeVar("_Read")


def syntax_tree(source: str) -> ast.Module | None:
    """Parse a cell, in which ``pass`` stands for IPython's lines; None for what is not Python."""
    return _python(source, ast.parse) or _python(source, lambda text: ast.parse(without_magics(text)))


@lru_cache(maxsize=512)
def binds(source: str) -> set[str]:
    """Name what a cell of a master leaves behind, IPython's magics included; nothing for what is not Python."""
    bound = _python(source, _bound)
    if bound is None:
        bound = _python(source, lambda text: _bound(without_magics(text)))
    return bound or set()


@lru_cache(maxsize=512)
def reads(source: str) -> set[str] | None:
    """Name what a cell takes from others; None where that cannot be told, as with magics."""
    if len(source) > LONGEST_CELL:
        return None
    table, tree = _python(source, _table), _python(source, ast.parse)
    if table is None or tree is None:
        return None
    own = _bound_in(table, tree)
    taken = {s.get_name() for s in _symbols(table) if s.is_referenced()}
    inner, names = list(table.get_children()), 0
    while inner:
        scope = inner.pop()
        names += len(scope.get_identifiers())
        if names > MOST_NAMES:
            return None
        taken |= {s.get_name() for s in _symbols(scope) if s.is_global() and s.is_referenced()}
        own |= {s.get_name() for s in _symbols(scope) if s.is_declared_global() and s.is_assigned()}
        inner += scope.get_children()
    # What is deleted must be there first, and symbol tables take it for the cell's own.
    deleted = {node.id for node in _outside_functions(tree) if isinstance(node, ast.Name) and _is_deleted(node)}
    return None if taken & _SEE_EVERYTHING else (taken - own) | deleted


def imported_by(source: str) -> set[str]:
    """Name the top-level packages that a cell of a master imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(syntax_tree(source) or ast.Module([], [])):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def _outside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    todo = [tree]
    while todo:
        for node in ast.iter_child_nodes(todo.pop()):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
                yield node
                todo.append(node)


def _is_deleted(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Del)


def _table(text: str) -> symtable.SymbolTable:
    return symtable.symtable(text, "cell", "exec")


def _python(source: str, read: Callable[[str], _Read]) -> _Read | None:
    try:
        return read(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _bound(text: str) -> set[str]:
    return _bound_in(_table(text), ast.parse(text))


def _bound_in(table: symtable.SymbolTable, tree: ast.Module) -> set[str]:
    """Name what a cell binds; what ``:=`` binds in a comprehension is its, too, though the table does not say so."""
    walrus = {node.target.id for node in _outside_functions(tree) if isinstance(node, ast.NamedExpr)}
    return walrus.union(symbol.get_name() for symbol in _symbols(table) if _is_bound(symbol))


def _symbols(table: symtable.SymbolTable) -> Iterator[symtable.Symbol]:
    """
    Give what a scope knows, without the variables of comprehensions.

    Since Python 3.12 a comprehension is a part of the scope around it (PEP 709), and its variable is listed there,
    unless the scope itself has one of that name.
    """
    for symbol in table.get_symbols():
        if not symbol._Symbol__flags & _COMPREHENSIONS:  # type: ignore[attr-defined]
            yield symbol


def _is_bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported()
