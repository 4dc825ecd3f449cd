"""
Copies of the packages with one layer taken off: what a case is worth shows where it gets through one of them.

The functions of a layer are marked in the code (`autograder.layers`). In a copy that module is another one,
`tests.hostile.unlayered`, which replaces the functions of one layer. The copy comes before the real one on the path.
"""

import ast
import shutil
from pathlib import Path

import autograder
from autograder.subject import code_folders

GUARDS = {
    "rebuild": "FC",
    "evidence": "F",
    "hidden tests last": "FS",
    "evidence before asserts": "F",
    "reading (links, sizes, depth)": "CS",
    "messages": "FCI",
    "jail: file system": "S",
    "jail: network": "SX",
    "jail: terminals": "SX",
    "jail: process namespaces": "SX",
    "jail: system calls": "SRX",
    "limits": "R",
    "output caps": "R",
    "escaping": "I",
}
"""The groups of cases that a layer is there for: these are graded without it."""

_UNLAYERED = Path(__file__).with_name("unlayered.py")


def without(layer: str, folder: Path) -> Path:
    """Copy the packages into a folder with one layer off, and return the folder, for the path."""
    shutil.rmtree(folder, ignore_errors=True)
    for package in code_folders():
        shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    text = _UNLAYERED.read_text(encoding="utf-8")
    (folder / "autograder" / "layers.py").write_text(text.replace('OFF = ""', f"OFF = {layer!r}"), encoding="utf-8")
    return folder


def marked() -> dict[str, set[str]]:
    """Read from the code which functions are marked, by layer."""
    found: dict[str, set[str]] = {}
    for path in Path(autograder.__file__).parent.rglob("*.py"):
        for name, node in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "layer":
                    found.setdefault(ast.literal_eval(mark.args[0]), set()).add(name)
    return found


def _functions(tree: ast.Module) -> list[tuple[str, ast.FunctionDef]]:
    """List functions and methods, by their qualified names."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return [(node.name, node) for node in tree.body if isinstance(node, ast.FunctionDef)] + [
        (f"{one.name}.{node.name}", node) for one in classes for node in one.body if isinstance(node, ast.FunctionDef)
    ]
