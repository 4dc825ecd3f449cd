"""
otter-grader's format for assignments (version 1 and later), read: blocks between raw cells, and what cells mark.

A question begins with a raw cell ``# BEGIN QUESTION`` and its settings, and ends with ``# END QUESTION``; in it are a
prompt, a solution and tests, marked in the same way. Where an editor has no raw cells, a block of code whose language
is ``otter`` stands for one. The rules are those of "Notebook Format" in otter-grader's documentation.
"""

import ast
import doctest
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_raw_cell

from autograder.course.dataflow import syntax_tree
from autograder.errors import CourseError

_BOUNDARY = re.compile(r"#\s+(BEGIN|END)\s+(QUESTION|PROMPT|SOLUTION|TESTS)\b", re.IGNORECASE)
_CONFIG = re.compile(r"#\s+ASSIGNMENT\s+CONFIG\b", re.IGNORECASE)
_OLD = re.compile(
    r"(?s)(<!--\s*|```\s*)BEGIN (QUESTION|ASSIGN)|#\s*ASSIGN\s*:|^\s*#\s*BEGIN QUESTION\s*$.*^manual:", re.M
)
_IGNORED = re.compile(r"\s*(#|<!--)\s*IGNORE\b", re.IGNORECASE)
_FENCED = re.compile(r"(?m)^```otter[ \t]*\n(.*?)^```[ \t]*\n?", re.DOTALL)
_TEST_CONFIG = re.compile(
    r"""\A\s*(?:\w+\s*=\s*)?(?:\"{3}|'{3})\s*\#\s*BEGIN\s*TEST\s*CONFIG[^\n]*\n(.*?)(?:\"{3}|'{3});?\s*\#\s*END\s*TEST\s*CONFIG[^\n]*\n?""",
    re.DOTALL | re.IGNORECASE,
)
_HIDDEN = re.compile(r"\A\s*#.*\bhidden\b.*\n?", re.IGNORECASE)


@dataclass
class Example:
    """A piece of a test, and what it must show; None where nothing is compared."""

    source: str
    expected: str | None


@dataclass
class TestCase:
    """A test of a question: its pieces, or the name and the parameters of a function that is called."""

    examples: list[Example]
    hidden: bool = False
    points: float | None = None
    failure_message: str = ""
    success_message: str = ""


@dataclass
class Question:
    """A question: its settings, and the cells of its parts."""

    name: str
    settings: dict[str, Any]
    text: list[NotebookNode] = field(default_factory=list)
    prompt: list[NotebookNode] = field(default_factory=list)
    solution: list[NotebookNode] = field(default_factory=list)
    tests: list[TestCase] = field(default_factory=list)

    @property
    def is_manual(self) -> bool:
        """Whether a person grades it."""
        return bool(self.settings.get("manual", False))

    def points(self) -> list[float]:
        """
        Share the question's points out to its tests, by otter's rules.

        Raises
        ------
        ValueError
            When the points contradict each other.
        """
        given, total = [test.points for test in self.tests], self.settings.get("points")
        if isinstance(total, dict):
            total = total.get("each", 1) * len(self.tests)
        if isinstance(total, list):
            if len(total) != len(self.tests):
                raise ValueError(f"{len(total)} points for {len(self.tests)} tests")
            given, total = [None if one is None else float(one) for one in total], None
        said, open_ones = sum(one for one in given if one is not None), given.count(None)
        if total is not None and said > float(total):
            raise ValueError("its tests have more points than it has")
        if total is not None:
            each = (float(total) - said) / open_ones if open_ones else 0.0
        else:
            each = 1 / open_ones if open_ones and not said else 0.0
        return [each if one is None else one for one in given]


@dataclass
class Assignment:
    """An assignment: its settings, plain cells and questions in order, and what was left out, in lines."""

    settings: dict[str, Any] = field(default_factory=dict)
    parts: list[NotebookNode | Question] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read_otter(notebook: NotebookNode, folder: Path) -> Assignment:
    """
    Read an assignment.

    Parameters
    ----------
    folder : Path
        Where the notebook lies, and perhaps a file with its settings.

    Raises
    ------
    CourseError
        When it is in another language, in the format before version 1, has no question, or its blocks are not nested
        as they should be.
    """
    language = str(notebook.metadata.get("kernelspec", {}).get("language", "python")).lower()
    if language not in ("python", "ipython", ""):
        raise CourseError(f"a notebook in {language}; only Python is graded")
    found = Assignment()
    question: Question | None = None
    block = ""
    for number, cell in enumerate(_unfenced(notebook.cells), start=1):
        source = str(cell.source)
        if _IGNORED.match(source.partition("\n")[0]):
            continue
        if cell.cell_type == "raw" and _CONFIG.match(source):
            settings = _settings(source, number)
            found.settings |= _settings_of(settings.pop("config_file", None), folder) | settings
            continue
        boundary = _BOUNDARY.match(source) if cell.cell_type == "raw" else None
        if boundary is None:
            _keep(cell, question, block, found, number)
            continue
        what, kind = boundary[1].upper(), boundary[2].upper()
        if (what, kind) == ("BEGIN", "QUESTION") and question is None:
            settings = _settings(source, number)
            if "name" not in settings:
                raise CourseError(f"cell {number}: a question without a name; give it one")
            question = Question(str(settings["name"]), settings)
        elif (what, kind) == ("END", "QUESTION") and question is not None and not block:
            found.parts.append(question)
            question = None
        elif what == "BEGIN" and question is not None and not block and kind != "QUESTION":
            block = kind
        elif what == "END" and block == kind:
            block = ""
        else:
            raise CourseError(f"cell {number}: {boundary[0]!r} does not belong there; mend the blocks around it")
    if question is not None:
        raise CourseError(f"the question {question.name!r} has no end; add a raw cell '# END QUESTION'")
    if not any(isinstance(part, Question) for part in found.parts):
        if any(_OLD.search(cell.source) for cell in notebook.cells):
            raise CourseError("in the format before otter 3 (questions in comments); bring it to version 1 first")
        raise CourseError("no raw cell begins a question, so this is no assignment of otter's")
    return found


def without_ignored(source: str, where: str) -> str:
    """Take out the lines that otter leaves out everywhere."""
    kept, ignoring = [], False
    for line in source.split("\n"):
        if re.match(r"\s*#\s*BEGIN\s*IGNORE", line, re.IGNORECASE):
            ignoring = True
        elif line.rstrip().endswith("# END IGNORE"):
            ignoring = False
        elif not ignoring and not line.rstrip().endswith("# IGNORE"):
            kept.append(line)
    if ignoring:
        raise CourseError(f"{where}: '# BEGIN IGNORE' has no end; add '# END IGNORE'")
    return "\n".join(kept)


def _unfenced(cells: list[NotebookNode]) -> Iterator[NotebookNode]:
    for cell in cells:
        if cell.cell_type != "markdown" or not _FENCED.search(cell.source):
            yield cell
            continue
        for place, text in enumerate(_FENCED.split(cell.source)):
            if text.strip():
                yield new_raw_cell(text.strip()) if place % 2 else new_markdown_cell(text.strip())


def _settings(source: str, number: int) -> dict[str, Any]:
    try:
        settings = yaml.safe_load(source)
    except yaml.YAMLError as error:
        raise CourseError(f"cell {number}: {' '.join(str(error).split())}; mend the settings") from None
    if not isinstance(settings, dict | None):
        raise CourseError(f"cell {number}: {source.splitlines()[0]!r} has no settings, but a text; mend them")
    return settings or {}


def _settings_of(name: object, folder: Path) -> dict[str, Any]:
    """Read the file to which an assignment's settings may refer."""
    if name is None:
        return {}
    try:
        settings = yaml.safe_load((folder / str(name)).read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CourseError(f"config_file: {name}: cannot be read ({' '.join(str(error).split())})") from None
    return settings if isinstance(settings, dict) else {}


def _keep(cell: NotebookNode, question: Question | None, block: str, found: Assignment, number: int) -> None:
    cell.source = without_ignored(str(cell.source), f"cell {number}")
    if question is None:
        found.parts.append(cell)
    elif block == "TESTS":
        if cell.cell_type != "code":
            found.left_out.append(f"{question.name}: a cell among the tests that is not code: left out")
        elif cell.source.strip():
            question.tests.append(_test(cell, question, found))
    else:
        {"PROMPT": question.prompt, "SOLUTION": question.solution}.get(block, question.text).append(cell)


def _test(cell: NotebookNode, question: Question, found: Assignment) -> TestCase:
    source = str(cell.source)
    settings: dict[str, Any] = {}
    if config := _TEST_CONFIG.match(source):
        settings, source = yaml.safe_load(config[1]) or {}, source[config.end() :]
    hidden = bool(settings.get("hidden", False))
    if not config and (marked := _HIDDEN.match(source)):
        hidden, source = True, source[marked.end() :]
    points = settings.get("points")
    where = f"{question.name}, test {len(question.tests) + 1}"
    return TestCase(
        _examples(source, cell, where, found),
        hidden,
        None if points is None else float(points),
        str(settings.get("failure_message") or ""),
        str(settings.get("success_message") or ""),
    )


def _examples(source: str, cell: NotebookNode, where: str, found: Assignment) -> list[Example]:
    """Read a test: with prompts like a doctest's, a function, or lines whose last one shows something."""
    if source.lstrip().startswith(">>>"):
        return [Example(one.source.rstrip("\n"), one.want) for one in doctest.DocTestParser().get_examples(source)]
    tree = syntax_tree(source)
    if tree is None:
        raise CourseError(f"{where}: is not Python; mend the test")
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    if _has_functions(found.settings) and (len(functions) != 1 or len(tree.body) > 2):
        raise CourseError(f"{where}: is more than a function and its call; mend the test")
    # A function alone would test nothing: that an author has forgotten to say which kind of test it is.
    if _has_functions(found.settings) or len(functions) == len(tree.body) == 1:
        text = ast.get_source_segment(source, functions[0]) or ast.unparse(functions[0])
        return [Example(f"{text}\n\n\n{_call(functions[0])}", None)]
    if not tree.body:
        return []
    if not _is_plain(source):
        found.left_out.append(f"{where}: has lines of IPython's; what it shows is not compared")
        return [Example(source.strip("\n"), None)]
    shown = "".join(_shown(output) for output in cell.outputs).strip("\n")
    last = tree.body[-1]
    if not isinstance(last, ast.Expr) and not shown:
        return [Example(source.strip("\n"), None)]
    if isinstance(last, ast.Expr) and not shown:
        if isinstance(last.value, ast.Compare | ast.BoolOp | ast.UnaryOp):
            found.left_out.append(f"{where}: no stored output; what its last line computes must be true")
            return [Example(source.strip("\n"), "True")]
        return [Example(source.strip("\n"), None)]
    return [Example(source.strip("\n"), shown)]


def _is_plain(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _has_functions(settings: dict[str, Any]) -> bool:
    tests = settings.get("tests")
    return isinstance(tests, dict) and tests.get("ok_format") is False


def _shown(output: NotebookNode) -> str:
    text = output.get("text") or output.get("data", {}).get("text/plain") or ""
    return "".join(text) if isinstance(text, list) else str(text)


def _call(function: ast.FunctionDef) -> str:
    """Call a test as otter does: with the names of its parameters, and all of them as ``env``."""
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
    given = (f"{name}=globals()" if name == "env" else f"{name}=globals().get({name!r})" for name in names)
    return f"{function.name}({', '.join(given)})"
