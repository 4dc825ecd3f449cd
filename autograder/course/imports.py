"""Which packages the notebooks of an assignment import: read from their text, so that they can be imported once."""

import ast
import sys
from collections.abc import Iterable, Iterator

from autograder.course.assignment import Assignment, DataFile
from autograder.course.dataflow import syntax_tree

_NOT_WORTH_IT = frozenset({*sys.stdlib_module_names, "autograder"})
"""Python's own modules take no time, and every kernel has this package."""


def imports_of(assignment: Assignment, data: Iterable[DataFile] = ()) -> tuple[str, ...]:
    """
    Name the modules that the masters import, and the released modules beside them; sorted, without Python's own.

    Of ``from package import name`` both ``package`` and ``package.name`` are named, for the name may be a module.

    Parameters
    ----------
    data : iterable of DataFile
        What is released beside the notebooks. A module there is each kernel's own, whatever else has its name.
    """
    beside = list(data)
    sources = [cell.source for master in assignment.notebooks for cell in master.cells if cell.is_code]
    sources += [_text(file) for file in beside if file.name.endswith(".py")]
    own = {file.name.partition("/")[0].partition(".")[0] for file in beside}
    found = {name for source in sources for name in _imported(source)}
    return tuple(sorted(name for name in found if name.partition(".")[0] not in own | _NOT_WORTH_IT))


def _imported(source: str) -> Iterator[str]:
    tree = syntax_tree(source)
    for node in () if tree is None else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*")


def _text(file: DataFile) -> str:
    try:
        return file.path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
