"""IPython's lines in a cell are read as IPython reads them, in one pass, and never by IPython."""

import ast
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from autograder.course.assignment import Assignment
from autograder.course.dataflow import syntax_tree
from autograder.course.magics import without_magics
from autograder.submissions.reading import parse_notebook
from tests.conftest import ASSIGNMENT, ROOT, copy_course
from tests.honest.students import hand_in, make_class
from tests.honest.styles import STYLES

_IPYTHON = TransformerManager()  # type: ignore[no-untyped-call]  # IPython leaves it untyped


class _Bare(ast.NodeTransformer):
    """Writes what IPython makes of its own lines as they are written here."""

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        return ast.Pass() if _is_a_magic(node.value) else node

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        return ast.Assign(node.targets, ast.Constant(None), lineno=node.lineno) if _is_a_magic(node.value) else node


def _is_a_magic(node: ast.expr) -> bool:
    return ast.unparse(node).startswith("get_ipython().") and isinstance(node, ast.Call)


def by_ipython(source: str) -> str | None:
    try:
        return ast.unparse(_Bare().visit(ast.parse(_IPYTHON.transform_cell(source))))
    except SyntaxError:
        return None


def read_here(source: str) -> str | None:
    tree = syntax_tree(source)
    return None if tree is None else ast.unparse(_Bare().visit(tree))


def test_honest_notebooks_are_read_as_ipython_reads_them(assignment: Assignment, tmp_path: Path) -> None:
    course = copy_course(tmp_path / "course")
    sources = set[str]()
    for student in make_class(assignment, STYLES, 7, meets=1, at_a_time=2):
        hand_in(course, assignment, student, 7)
    for path in course.submissions.glob(f"*/{ASSIGNMENT}/*.ipynb"):
        sources |= {cell.source for cell in parse_notebook(path.read_bytes(), path.name).cells if cell.is_code}
    assert sum(without_magics(source) != source for source in sources) > 20
    assert {source for source in sources if read_here(source) != by_ipython(source)} == set()


PIECES = (
    *("a = 1", "def f(x):\n    return x", "%time a", "!ls -la", "b = !ls", "c = %who_ls", "f?", "f.x??", "?f"),
    *('if a:\n    %time a\n    !echo "it\'s ("', "a = (1\n  % 2)", "a = '''\n%no magic\n!ls?\n'''", "a = [\n!= 2]"),
    *('a = """\n%no\n"" "\n"""', "print('a?')", "a = 1 \\\n  % 2", "!echo a \\\n  b", "a != 1", "a %= 2", "s = '?'"),
    *("a # why?", "a = {1: '!',\n%time: 2}", "x, y = !ls", "a == !ls", "'it\\'s' # (", "%time f(x=1)"),
    *("def g():\n    '''Says\n    %this?'''\n    %pwd\n    return 1", "a = b'''\\'''\n%x''' ", "@f\ndef h(): 0"),
    "%%time\na = 1",
)


def cells() -> Iterator[str]:
    dice = random.Random(7)
    yield from PIECES
    for _ in range(600):
        yield "\n".join(dice.choices(PIECES, k=dice.randint(2, 4)))


def test_cells_made_of_pieces_are_read_as_ipython_reads_them() -> None:
    odd = [source for source in cells() if read_here(source) != by_ipython(source)]
    assert odd == []


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("if x:\n    %time 1\n    !ls", "if x:\n    pass\n    pass"),
        ("%%bash\nls", "pass"),
        (",f a b\n;f a b\n/f a", "pass\npass\npass"),
        ("  %time 1\n  a = 1", "pass\na = 1"),
        ("x = !ls \\\n  -l\ny", "x = None\n\ny"),
        ("a = '''\n%b\n'''", "a = '''\n%b\n'''"),
    ],
)
def test_lines_keep_their_numbers_and_their_indentation(source: str, written: str) -> None:
    assert without_magics(source) == written


@pytest.mark.parametrize("line", ["%time 1", "!ls", "?a", "a?", "x = %a", "x = !a", '"', "'''", "(", "a\\", "=" * 99])
def test_thousands_of_lines_are_no_deeper_than_one(line: str) -> None:
    assert without_magics(f"{line}\n" * 20_000).count("\n") == 20_000


def test_no_module_outside_of_kernels_names_ipythons_transformers() -> None:
    outside = [path for path in (ROOT / "autograder").rglob("*.py") if "inside" not in path.parts]
    outside += (ROOT / "sharing_variables").rglob("*.py")
    named = [path for path in outside if re.search(r"import.*[Tt]ransform|transform_cell", path.read_text("utf-8"))]
    # A master's tests have to run: that is a course's text.
    assert [path.name for path in named] == ["hidden_parts.py"]
