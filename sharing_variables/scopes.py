"""
In which variable scopes an answer asks for its variables, and builds its optimizer: read from its source alone.

A rule that needs no more than a word of the source stands in the assignment's hints.yml. What is asked for first, and
what stands around it, only the syntax tree says.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

ASKS = frozenset({"get_variable", "build", "tower", "my_op", "conv_relu", "my_image_filter"})
"""What asks for variables: TensorFlow's function, and the functions of the notebooks that call it."""

TRAINS = frozenset({"minimize", "apply_gradients"})
"""What makes variables for training."""


@dataclass(frozen=True)
class Use:
    """
    A place in a function that asks for variables, or trains them.

    Attributes
    ----------
    name : str
        What is called, of `ASKS` or `TRAINS`.
    line : int
        Where.
    inside : bool
        Whether a scope is open there.
    reused : int
        The line that has declared reuse for it; 0 where none has for certain.
    refused : int
        The line with ``reuse=False``, inside a scope that reuses; 0 where there is none.
    nested : bool
        Whether it is in a function inside the function, which may be called later.
    """

    name: str
    line: int
    inside: bool
    reused: int
    refused: int
    nested: bool


def uses(tree: ast.Module) -> Iterator[list[Use]]:
    """Follow each function and method, and what is outside of all: give what each uses, in the order of the lines."""
    outside = _Follower()
    for statement in tree.body:
        for function in _functions(statement):
            follower = _Follower()
            for inner in function.body:
                follower.visit(inner)
            yield follower.found
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            outside.visit(statement)
    yield outside.found


def _functions(statement: ast.stmt) -> list[ast.FunctionDef]:
    inner = statement.body if isinstance(statement, ast.ClassDef) else [statement]
    return [one for one in inner if isinstance(one, ast.FunctionDef)]


@dataclass
class _Scope:
    """A scope that is open, or all around."""

    line: int = 0
    names: set[str] = field(default_factory=set)
    written: object = None
    marked: int = 0


class _Follower(ast.NodeVisitor):
    """Walks through one function in the order of its lines, and knows which scopes are open."""

    def __init__(self) -> None:
        self.found: list[Use] = []
        self._open = [_Scope()]
        self._marks: dict[str, int] = {}
        self._depth = 0

    def visit_With(self, node: ast.With) -> None:
        opened = 0
        for item in node.items:
            self.visit(item.context_expr)
            call = item.context_expr
            if isinstance(call, ast.Call) and _name(call.func) == "variable_scope":
                self._open.append(self._scope(call, item.optional_vars))
                opened += 1
        for statement in node.body:
            self.visit(statement)
        for scope in self._open[len(self._open) - opened :]:
            self._marks |= dict.fromkeys(scope.names, scope.marked)
        del self._open[len(self._open) - opened :]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inner(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._inner(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        name = _name(node.func)
        if name == "reuse_variables" and isinstance(node.func, ast.Attribute):
            self._mark(node.func.value, node.lineno)
        elif name in TRAINS:
            self._use(name, node.lineno)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.generic_visit(node)
        if node.attr == "get_variable":
            self._use(node.attr, node.lineno)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in ASKS and isinstance(node.ctx, ast.Load):
            self._use(node.id, node.lineno)

    def _inner(self, node: ast.FunctionDef | ast.Lambda) -> None:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    def _scope(self, call: ast.Call, target: ast.expr | None) -> _Scope:
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        first = call.args[0] if call.args else given.get("name_or_scope")
        reuse = given.get("reuse")
        return _Scope(
            call.lineno,
            {target.id} if isinstance(target, ast.Name) else set(),
            reuse.value if isinstance(reuse, ast.Constant) else None,
            self._marks.get(first.id, 0) if isinstance(first, ast.Name) else 0,
        )

    def _mark(self, scope: ast.expr, line: int) -> None:
        if not isinstance(scope, ast.Name):
            self._open[-1].marked = line
            return
        for one in self._open:
            if scope.id in one.names:
                one.marked = line
                return
        self._marks[scope.id] = line

    def _use(self, name: str, line: int) -> None:
        reused = refused = 0
        for scope in self._open:
            if scope.written is False and reused:
                refused = scope.line
            if scope.marked or scope.written is True:
                reused = scope.marked or scope.line
        self.found.append(Use(name, line, len(self._open) > 1, reused, refused, self._depth > 0))


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
