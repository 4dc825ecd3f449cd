"""
Tests with names of their own: what a student calls ``list``, ``str`` or ``tf`` is no matter of a test.

A test names Python's builtins, and what the course's locked cells bind. Where a notebook has bound such a name to
something else, or deleted it, the test gets the original under another name; the student's own functions keep seeing
what the student has bound. Nothing is changed where nothing was bound anew.
"""

import ast
import builtins
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

from autograder.known_tests import TEST_FUNCTION, YOUR_NOTEBOOK, course_names

_OWN = "_own_{}"
"""How the original of a name is called in a test."""

_NOTHING = object()


class OwnNames:
    """What the names of a notebook stood for when the course bound them."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._course: dict[str, Any] = {}
        self._in_tests = _InTests(self)
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._remember)

    def originals(self, names: set[str]) -> dict[str, Any]:
        """Give the originals that a test needs instead of these names; nothing where all are what they were."""
        functions = {name for name, value in self._course.items() if self._is_own(value)}
        used = names.union(*(_names_in(self._course[name].__code__) for name in functions & names))
        gone = {name for name in used & self._course.keys() if not self._is_bound(name)}
        hidden = {name for name in used if self.hides_builtin(name)}
        if not gone | hidden:
            return {}
        own = self._copies()
        needed = {name: own[name] for name in names & (gone | functions)}
        return needed | {name: getattr(builtins, name) for name in names & hidden}

    def hides_builtin(self, name: str) -> bool:
        """Tell whether the notebook has bound a builtin's name to something else."""
        names = self._shell.user_ns
        if name in self._course or name.startswith("_") or not hasattr(builtins, name) or name not in names:
            return False
        # IPython itself binds some, such as `open`.
        python, ipython = getattr(builtins, name), self._shell.user_ns_hidden.get(name, _NOTHING)
        return names[name] is not python and names[name] is not ipython

    def advice(self, name: str) -> str:
        """Say what to do about a name that is not what Python or the course has bound; empty where it is."""
        kind = type(self._shell.user_ns.get(name)).__name__
        if self.hides_builtin(name):
            return (
                f"{YOUR_NOTEBOOK} calls a {kind} '{name}', which is a word of Python's: `del {name}` brings it back."
            )
        if name in self._course and not self._is_bound(name):
            return (
                f"{YOUR_NOTEBOOK} has changed '{name}', which the course has bound: run the cell that does so again."
            )
        return ""

    def bind(self, name: str, value: Any) -> str:
        """Bind an original for a test, and give the name that it has there."""
        own = _OWN.format(name)
        self._shell.user_ns[own] = value
        return own

    def _begin(self, info: ExecutionInfo) -> None:
        """Look at a cell's syntax tree only where there is something to put into it, which is rare."""
        transformers = self._shell.ast_transformers
        if self._in_tests in transformers:
            transformers.remove(self._in_tests)
        if f"def {TEST_FUNCTION}(" in str(info.raw_cell) and self._is_any_bound_anew():
            transformers.insert(0, self._in_tests)

    def _is_any_bound_anew(self) -> bool:
        return not all(map(self._is_bound, self._course)) or any(map(self.hides_builtin, self._shell.user_ns))

    def _is_bound(self, name: str) -> bool:
        return name in self._shell.user_ns and self._shell.user_ns[name] is self._course[name]

    def _is_own(self, value: object) -> bool:
        """Tell whether the course has defined a function in the notebook."""
        return isinstance(value, FunctionType) and value.__globals__ is self._shell.user_ns

    def _copies(self) -> dict[str, Any]:
        """Give what the course has bound, with functions that see nothing else."""
        own: dict[str, Any] = {"__builtins__": builtins, "__name__": "__main__"} | self._course
        for name, value in self._course.items():
            if self._is_own(value):
                own[name] = FunctionType(value.__code__, own, name, value.__defaults__, value.__closure__)
                own[name].__kwdefaults__ = value.__kwdefaults__
        return own

    def _remember(self, result: ExecutionResult) -> None:
        names = self._shell.user_ns
        if result.info is not None and result.success:
            bound = course_names(str(result.info.raw_cell))
            self._course.update({name: names[name] for name in bound if name in names})


class _InTests(ast.NodeTransformer):
    """Puts the originals into the syntax tree of a test; every other cell stays as it is."""

    def __init__(self, names: OwnNames) -> None:
        self._names = names
        self._renamed: dict[str, str] = {}

    def visit_Module(self, tree: ast.Module) -> ast.Module:
        if any(isinstance(node, ast.FunctionDef) and node.name == TEST_FUNCTION for node in tree.body):
            taken = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - set(_bound(tree))
            originals = self._names.originals(taken)
            self._renamed = {name: self._names.bind(name, value) for name, value in originals.items()}
            if self._renamed:
                self.generic_visit(tree)
        return tree

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if isinstance(node.ctx, ast.Load) and node.id in self._renamed:
            return ast.copy_location(ast.Name(self._renamed[node.id], node.ctx), node)
        return node


def _names_in(code: CodeType) -> set[str]:
    """Name what code takes from others, and what the functions inside it do."""
    inner = (_names_in(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inner)


def _bound(tree: ast.Module) -> Iterator[str]:
    """Name what a test binds itself, in any of its scopes."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                yield name
            case ast.Import() | ast.ImportFrom():
                yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
