"""
From otter-grader's format to an nbgrader master.

Each test case becomes a graded cell with its points, a hidden one within nbgrader's delimiters; where a question
gives all or nothing, all of its tests are one cell. Solutions stand between nbgrader's delimiters, and what otter
would have shown in their place stands above them as a comment. What cannot be carried over is told in a line each.
"""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.authoring.otter_format import Assignment, Example, Question, TestCase, read_otter
from autograder.course.folders import Course
from autograder.errors import CourseError
from autograder.text import counted

_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"
_HIDDEN_BEGIN, _HIDDEN_END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"

_MEANT = {
    *("name", "files", "student_files", "seed", "tests", "requirements", "show_question_points", "generate"),
    *("solutions_pdf", "template_pdf", "export_cell", "init_cell", "check_all_cell", "suppress_no_tests_warning"),
}
"""Settings that are carried over, or have a line of their own, or are about what only otter makes."""

_ONLY_OTTER = re.compile(
    r"^\s*(import otter\b|from otter\b|\w+\s*=\s*otter\.Notebook\b|grader\.(check|check_all|export)\b).*$"
)
_PROMPT = re.compile(r"""\s*(\"{3}|'{3})\s*#\s*BEGIN PROMPT""")
_MARK = re.compile(r"\s*#\s*(SOLUTION NO PROMPT|SOLUTION|SEED)$")
_ASSIGNED = re.compile(r"(\s*[\w.\[\]'\", ]+?\s*=)(?!=).*#\s*SOLUTION\s*$")

_HELPER = '''
import contextlib
import io


@contextlib.contextmanager
def showing(expected, why=""):
    """Compare what a test shows with what its author saw, as a doctest does."""

    def show(value):
        if value is not None:
            is_scalar = getattr(value, "shape", None) == ()
            print(repr(value.item() if is_scalar else value))

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        yield show
    found = printed.getvalue().strip()
    assert found.split() == expected.split(), why or f"Expected is {expected}, shown is {found or 'nothing'}."
'''.strip()


def import_otter(course: Course, path: Path, assignment: str) -> tuple[Path, list[str]]:
    """
    Write an nbgrader master from an assignment of otter's, with the files that it names; never over anything.

    Returns
    -------
    master : Path
    left_out : list of str
        A line for each thing that was not carried over as it was.

    Raises
    ------
    CourseError
        When the notebook cannot be read, or there is a master already.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise CourseError(f"{path}: not a readable notebook ({why}); open it in JupyterLab and save it") from None
    target = course.source(assignment) / f"{path.stem}.ipynb"
    if target.exists():
        raise CourseError(f"{target}: is there already, and is not written over; name another --assignment")
    try:
        read = read_otter(notebook, path.parent)
        cells = list(_cells(read))
    except (CourseError, ValueError) as error:
        raise CourseError(f"{path}: {error}") from None
    files = list(_files(read, path.parent))
    target.parent.mkdir(parents=True, exist_ok=True)
    for file in files:
        place = target.parent / file.relative_to(path.parent)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    master = new_notebook(cells=_named(cells), metadata={"kernelspec": kernel})
    nbformat.write(master, target)
    return target, read.left_out


def _cells(assignment: Assignment) -> Iterator[NotebookNode]:
    """Give the cells of the master, and note what is left out."""
    _note_settings(assignment)
    questions = [part for part in assignment.parts if isinstance(part, Question)]
    names = [question.name for question in questions]
    for name in sorted({name for name in names if names.count(name) > 1}):
        raise CourseError(f"two questions are named {name!r}; rename one of them")
    if any(
        example.expected is not None for question in questions for test in question.tests for example in test.examples
    ):
        yield _nbgrader(new_code_cell(_HELPER), "otter-showing", locked=True)
    for part in assignment.parts:
        if isinstance(part, Question):
            yield from _question(part, assignment.left_out)
        else:
            yield _plain(part, assignment.left_out)


def _question(question: Question, left_out: list[str]) -> Iterator[NotebookNode]:
    name = _slug(question.name)
    for number, cell in enumerate(question.text, start=1):
        if cell.cell_type == "code":
            yield _nbgrader(_plain(cell, left_out), f"{name}-given-{number}", locked=True)
        else:
            yield _plain(cell, left_out)
    for key in sorted(
        set(question.settings) - {"name", "points", "manual", "all_or_nothing", "check_cell", "export"}
    ):
        left_out.append(f"{question.name}: the setting '{key}' has no meaning here")
    if question.is_manual:
        yield from _by_hand(question, name, left_out)
    else:
        yield from _answers(question, name, left_out)
    if question.tests:
        yield from _tests(question, name, left_out)
    elif not question.is_manual:
        left_out.append(f"{question.name}: has no tests, so it has no points")


def _answers(question: Question, name: str, left_out: list[str]) -> Iterator[NotebookNode]:
    codes = [cell for cell in question.solution if cell.cell_type == "code"]
    prompts = [line for cell in question.prompt for line in str(cell.source).split("\n")]
    for cell in question.solution:
        if cell.cell_type != "code":
            left_out.append(f"{question.name}: a text in the solution of a question that tests grade: left out")
    for number, cell in enumerate(codes, start=1):
        source = _solution(str(cell.source), question.name, left_out)
        if number == 1 and prompts:
            source = "\n".join([*(f"# {line}".rstrip() for line in prompts), source])
        yield _nbgrader(new_code_cell(source), name if number == 1 else f"{name}-{number}", solution=True)


def _by_hand(question: Question, name: str, left_out: list[str]) -> Iterator[NotebookNode]:
    """Make manually graded answers; the first one has the points."""
    points = question.settings.get("points")
    if not isinstance(points, int | float):
        points = 1
        left_out.append(f"{question.name}: says no points for what a person grades; it is worth 1")
    if question.tests:
        left_out.append(f"{question.name}: is graded by a person and by tests; the tests have points of their own")
    prompt = "\n\n".join(str(cell.source) for cell in question.prompt)
    cells = question.solution or [new_markdown_cell("")]
    if len(cells) > 1:
        left_out.append(f"{question.name}: an answer in {len(cells)} cells; the first one has all points")
    for number, cell in enumerate(cells, start=1):
        worth = float(points) if number == 1 else 0.0
        if cell.cell_type == "code":
            made = new_code_cell(_solution(str(cell.source), question.name, left_out))
        else:
            text = "\n".join([_BEGIN, str(cell.source).strip(), _END])
            made = new_markdown_cell(f"{prompt}\n\n{text}" if prompt and number == 1 else text)
        yield _nbgrader(made, name if number == 1 else f"{name}-{number}", solution=True, points=worth)


def _tests(question: Question, name: str, left_out: list[str]) -> Iterator[NotebookNode]:
    worth = question.points()
    for number, test in enumerate(question.tests, start=1):
        if test.success_message:
            left_out.append(
                f"{question.name}, test {number}: its message on success: tests that pass say that anyway"
            )
    count = len(question.tests)
    if question.settings.get("all_or_nothing"):
        ordered = sorted(question.tests, key=lambda test: test.hidden)
        shown = [_code(test) for test in ordered if not test.hidden]
        hidden = [_code(test) for test in ordered if test.hidden]
        if hidden:
            hidden = [_HIDDEN_BEGIN, *hidden, _HIDDEN_END]
        title = f"# {question.name}: {counted(count, 'test')}, all or nothing"
        source = "\n".join([title, *shown, *hidden])
        yield _nbgrader(new_code_cell(source), f"test-{name}", locked=True, points=sum(worth))
        return
    for number, (test, points) in enumerate(zip(question.tests, worth, strict=True), start=1):
        code = "\n".join([_HIDDEN_BEGIN, _code(test), _HIDDEN_END]) if test.hidden else _code(test)
        title = f"# {question.name}: test {number} of {count}"
        yield _nbgrader(
            new_code_cell(f"{title}\n{code}"), f"test-{name}-{number}", locked=True, points=round(points, 6)
        )


def _code(test: TestCase) -> str:
    return "\n".join(_example(example, test.failure_message) for example in test.examples)


def _example(example: Example, why: str) -> str:
    """Write a piece of a test; what it shows is compared where something is expected."""
    if example.expected is None:
        return example.source
    tree = ast.parse(example.source)
    *before, last = tree.body
    if isinstance(last, ast.Expr):
        lines = [line for node in before for line in _text(example.source, node).split("\n")]
        value = _text(example.source, last.value)
        lines += f"show(({value}))".split("\n") if isinstance(last.value, ast.Tuple) else f"show({value})".split("\n")
    else:
        lines = [line for node in tree.body for line in _text(example.source, node).split("\n")]
    expected = re.sub(r"^np\.\w+\((.*)\)$", r"\1", example.expected.strip(), flags=re.DOTALL)
    given = repr(expected) + (f", {why!r}" if why else "")
    return "\n".join([f"with showing({given}) as show:", *(f"    {line}".rstrip() for line in lines)])


def _text(source: str, node: ast.AST) -> str:
    """Give the text of a part as it is written, unless it holds a string of several lines: it will be indented."""
    strings = (one for one in ast.walk(node) if isinstance(one, ast.Constant | ast.JoinedStr))
    as_it_is = all(one.lineno == one.end_lineno for one in strings)
    return (as_it_is and ast.get_source_segment(source, node)) or ast.unparse(node)


def _solution(source: str, question: str, left_out: list[str]) -> str:
    """Put what students do not get between nbgrader's delimiters, and what they get instead above, as a comment."""
    written: list[str] = []
    hidden: list[str] = []
    prompts: list[str] = []

    def close() -> None:
        while hidden and not hidden[-1].strip():
            hidden.pop()
        space = _indent(hidden[0]) if hidden else ""
        written.extend(f"{space}# {line.strip().removeprefix('#').strip()}" for line in prompts)
        written.extend([f"{space}{_BEGIN}", *hidden, f"{space}{_END}"] if hidden else [])
        hidden.clear()
        prompts.clear()

    for kind, line in _marked(source, question):
        if kind == "prompt":
            prompts.append(line)
            continue
        # A stub stands as deep as its first line: what is less deep has one of its own.
        if hidden and (kind == "given" or (line.strip() and len(_indent(line)) < len(_indent(hidden[0])))):
            close()
        if kind == "given":
            close()
            written.append(line)
            continue
        if kind == "seed":
            left_out.append(f"{question}: {line.strip()!r}: nbgrader seeds nothing between cells; do it in the test")
        if kind == "assigned" and (assigned := _ASSIGNED.match(line)):
            prompts.append(f"{assigned[1].strip()} ...")
        hidden.append(line if kind == "hidden" else _MARK.sub("", line))
    close()
    if not any(_BEGIN in line for line in written):
        left_out.append(f"{question}: a cell of the solution without marks: students get a stub in its place")
        return "\n".join([_BEGIN, *written, _END])
    return "\n".join(written)


def _marked(source: str, question: str) -> Iterator[tuple[str, str]]:
    """Say of each line of a solution whether students get it, what they get for it, or nothing at all."""
    inside = prompting = False
    for line in source.split("\n"):
        end = line.rstrip()
        if prompting:
            prompting = not end.endswith("# END PROMPT")
            if prompting and line.strip():
                yield "prompt", line
        elif _PROMPT.match(line):
            prompting = True
        elif re.match(r"\s*# BEGIN SOLUTION( NO PROMPT)?$", end):
            inside = True
        elif end.endswith("# END SOLUTION"):
            inside = False
        elif inside:
            yield "hidden", line
        elif marked := _MARK.search(end):
            yield {"SEED": "seed", "SOLUTION": "assigned"}.get(marked[1], "unmarked"), end
        else:
            yield "given", line
    if inside or prompting:
        raise CourseError(f"{question}: a solution or a prompt has no end; mark it")


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _plain(cell: NotebookNode, left_out: list[str]) -> NotebookNode:
    """Take a cell as it is, without outputs and without what only otter's client understands."""
    if cell.cell_type != "code":
        made = new_markdown_cell(cell.source)
        if cell.get("attachments"):
            made.attachments = cell.attachments
        return made
    lines = []
    for line in str(cell.source).split("\n"):
        if _ONLY_OTTER.match(line):
            left_out.append(f"{line.strip()!r}: otter's client is not there")
        else:
            lines.append(line)
            if line.rstrip().endswith("# SEED"):
                left_out.append(f"{line.strip()!r}: nbgrader seeds nothing between cells; students get this line")
            if "BEGIN PLUGIN" in line:
                left_out.append(f"{line.strip()!r}: otter's plugins are not there")
    return new_code_cell("\n".join(lines), metadata={"tags": list(cell.metadata.get("tags", []))})


def _note_settings(assignment: Assignment) -> None:
    settings, left_out = assignment.settings, assignment.left_out
    if "seed" in settings:
        left_out.append("seed: nbgrader seeds nothing between cells, and students get the notebook's own value")
    if settings.get("strip_solutions_from_all_cells"):
        left_out.append("strip_solutions_from_all_cells: solutions outside of questions stay; move them into one")
        settings = {key: value for key, value in settings.items() if key != "strip_solutions_from_all_cells"}
    if "requirements" in settings:
        left_out.append(f"requirements: {settings['requirements']}: install them where `autograder` is installed")
    for key in sorted(set(settings) - _MEANT):
        left_out.append(f"{key}: this setting of the assignment has no meaning here")


def _files(assignment: Assignment, folder: Path) -> Iterator[Path]:
    """List the files that notebooks read: those that lie beside the notebook, or below."""
    lists = (assignment.settings.get(key) for key in ("files", "student_files"))
    names = [name for given in lists if isinstance(given, list) for name in given]
    for name in dict.fromkeys(names):
        path = (folder / str(name)).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.exists():
            assignment.left_out.append(f"files: {name}: is not beside the notebook, or not there; copy it yourself")
            continue
        inner = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (folder / file.relative_to(folder.resolve()) for file in inner if file.is_file())


def _nbgrader(
    cell: NotebookNode, name: str, *, locked: bool = False, solution: bool = False, points: float | None = None
) -> NotebookNode:
    """Give a cell its role; one with points is graded."""
    roles: dict[str, Any] = {"grade": points is not None, "solution": solution, "locked": locked, "task": False}
    worth = {} if points is None else {"points": int(points) if points == int(points) else points}
    cell.metadata["nbgrader"] = {**roles, **worth, "grade_id": name, "schema_version": 3}
    return cell


def _named(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Give each cell an id: the name that nbgrader knows, or its place."""
    for number, cell in enumerate(cells, start=1):
        cell.id = str(cell.metadata.get("nbgrader", {}).get("grade_id", f"cell-{number}"))[:64]
    return cells


def _slug(name: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", name.lower())) or "question"
