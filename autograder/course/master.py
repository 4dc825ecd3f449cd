"""A master notebook and its cells: the only source of tests, points, tags and reference outputs."""

import ast
import json
import re
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
from traitlets.config.loader import Config

from autograder.course.dataflow import syntax_tree
from autograder.course.ownership import owner_of
from autograder.course.roles import refuse_unusable
from autograder.errors import CourseError

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")

_MADE_UP = re.compile(r"^cell[-_ ]|^((test|ex|q)[-_ ]?)?[0-9a-f-]*\d[0-9a-f-]*$", re.IGNORECASE)
"""Names of cells that a program has made: digits, alone or behind a word that says nothing."""

_NO_TITLE = re.compile(
    r"YOUR (CODE|ANSWER) HERE|(BEGIN|END) |-\*-|coding[:=]|(noqa|type: ignore|pylint|pragma)\b", re.I
)
"""How comments begin that say nothing about a test."""

_FENCED = re.compile(r"^(`{3,}|~{3,}).*?(^\1|\Z)", re.MULTILINE | re.DOTALL)

OUTPUT_TAG = "nbval-check-output"
"""nbval's own tag: the outputs of such a cell are compared with the stored ones."""

DEMONSTRATION_TAG = "demonstration"
"""Our own tag: what such a cell prints is its whole point, and nothing that it does matters to any other cell."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MasterCell:
    """
    One cell of a master notebook with what nbgrader's metadata says about it.

    Nothing changes it once it has been read: what is found out about it is found out once.

    Attributes
    ----------
    grade_id : str or None
        nbgrader's name of the cell; None for a cell that nbgrader does not know.
    points : float
        What a graded cell or a task is worth; 0 for every other cell.
    graded, solution, locked : bool
        nbgrader's roles. A solution cell belongs to the student, graded and locked cells to the course.
    visible : str or None
        The text of a test without its hidden part, which nbgrader's ``ClearHiddenTests`` takes out of the release;
        None where nothing is hidden.
    task : bool
        nbgrader's fourth role: a text that asks for work in new cells.
    blank : str or None
        The text of an answer as students get it, if a person grades it or it is a text; None for every other cell.
    """

    node: NotebookNode
    grade_id: str | None
    points: float
    graded: bool
    solution: bool
    locked: bool
    visible: str | None = None
    task: bool = False
    blank: str | None = None

    @property
    def source(self) -> str:
        """The cell's text, tests and solutions included."""
        return str(self.node.source)

    @property
    def is_code(self) -> bool:
        """Whether the cell runs."""
        return bool(self.node.cell_type == "code")

    @property
    def has_hidden_part(self) -> bool:
        """Whether students get only a part of the cell."""
        return self.visible is not None

    @property
    def released(self) -> str:
        """The cell's text as students get a test."""
        return self.source if self.visible is None else self.visible

    @property
    def pictures_of_the_release(self) -> dict[str, dict[str, str]]:
        """What was pasted into an answer by hand, and stays in the text that students get."""
        attachments = dict(self.node.get("attachments", {}))
        return {name: dict(given) for name, given in attachments.items() if name in (self.blank or "")}

    @property
    def looks_at(self) -> str:
        """What a test says that it looks at: its docstring, else its first comment; empty where it says nothing."""
        tree = syntax_tree(self.released)
        return (tree and ast.get_docstring(tree)) or _first_comment(self.released)

    @property
    def first_claim(self) -> str:
        """The first thing that the visible text of a test claims, as it stands there; empty for none."""
        tree = syntax_tree(self.released)
        nodes = [] if tree is None else list(ast.walk(tree))
        lines = sorted(node.lineno for node in nodes if isinstance(node, ast.Assert))
        return self.released.splitlines()[lines[0] - 1].strip() if lines else ""

    @property
    def by_hand(self) -> bool:
        """Whether nbgrader expects a reviewer to grade the cell by hand."""
        return self.task or (self.graded and (self.solution or not self.is_code))

    @property
    def tree(self) -> ast.Module | None:
        """The cell's syntax tree, IPython's magics included; None for text and for what is not Python."""
        return syntax_tree(self.source) if self.is_code else None

    @property
    def is_anchor(self) -> bool:
        """Whether the cell has a fixed place of its own: nbgrader knows it by name."""
        return self.grade_id is not None

    @property
    def tags(self) -> list[str]:
        """The cell's tags: nbval's, nbclient's and our own."""
        return list(self.node.metadata.get("tags", []))

    @property
    def compares_output(self) -> bool:
        """Whether nbval's tag asks for a comparison with the stored outputs."""
        return OUTPUT_TAG in self.tags

    @property
    def is_demonstration(self) -> bool:
        """Whether grading can do without the cell, as long as the student has left it as it is."""
        return self.is_code and not self.is_anchor and DEMONSTRATION_TAG in self.tags

    @property
    def reference(self) -> list[NotebookNode]:
        """The outputs that the master stores for this cell."""
        return list(self.node.get("outputs", []))


@dataclass(frozen=True, eq=False)
class Master:
    """One master notebook: its name without the suffix, and its cells in order. Nothing changes it."""

    name: str
    notebook: NotebookNode
    cells: tuple[MasterCell, ...]

    @cached_property
    def graded(self) -> tuple[MasterCell, ...]:
        """The cells that carry automatic points, in order."""
        return tuple(cell for cell in self.cells if cell.graded and not cell.by_hand)

    @cached_property
    def by_hand(self) -> tuple[MasterCell, ...]:
        """The cells that a reviewer grades by hand, in order."""
        return tuple(cell for cell in self.cells if cell.by_hand)

    @cached_property
    def solutions(self) -> tuple[MasterCell, ...]:
        """The cells that a student fills in, in order."""
        return tuple(cell for cell in self.cells if cell.solution)

    @property
    def is_for_reading(self) -> bool:
        """Whether nothing of it is answered or graded: a lesson beside the notebooks that are."""
        return not any(cell.solution or cell.graded or cell.task for cell in self.cells)

    @property
    def max_points(self) -> float:
        """The automatic points of a submission without a mistake."""
        return sum(cell.points for cell in self.graded)

    def heading(self, cell: MasterCell | None = None) -> str:
        """Find the heading above a cell, or the notebook's own; its name where there is none."""
        end = self.cells.index(cell) if cell else None
        # As students read it: no delimiter of a solution, and no comment in a block of code, is a heading.
        texts = [
            _FENCED.sub("", other.source if other.blank is None else other.blank)
            for other in self.cells[:end]
            if not other.is_code
        ]
        headings = [str(heading) for text in texts for heading in re.findall(r"^#+ +(.+)$", text, re.MULTILINE)]
        return (headings[-1 if cell else 0] if headings else self.name).replace("`", "")

    @cached_property
    def titles(self) -> dict[str, str]:
        """
        Say for each test, by its name, what people read of it.

        It is what the test says that it looks at, else its name if a person has given it one, else its first visible
        claim, else the heading above it. Titles that are alike are numbered.
        """
        tests = [(str(cell.grade_id), cell) for cell in self.cells if cell.graded and not cell.by_hand]
        said = [
            (name, cell.looks_at or _words_of(name) or cell.first_claim or self.heading(cell)) for name, cell in tests
        ]
        return _told_apart(said)

    @cached_property
    def exercises(self) -> dict[str, str]:
        """Give the headings of everything that points are given or written for, by name of the cell, told apart."""
        cells = [
            cell
            for cell in self.cells
            if cell.solution or cell.task or (cell.graded and (cell.by_hand or self.answer_to(cell) is None))
        ]
        return _told_apart([(str(cell.grade_id), self.heading(cell)) for cell in cells])

    def answer_to(self, test: MasterCell) -> MasterCell | None:
        """
        Find the answer that a test is about: the one that it is named after.

        Where names say nothing, as in courses that do not know this rule, it is the one above the test; None where
        there is none.
        """
        above = None
        for cell in self.cells:
            if cell is test:
                break
            if cell.solution:
                # A test below an answer that somebody grades by hand is not about one further above.
                above = None if cell.by_hand else cell
        answers = {str(cell.grade_id): cell for cell in self.solutions if not cell.by_hand}
        return answers.get(owner_of(str(test.grade_id), answers) or "", above)

    def tests_of(self, solution: str) -> tuple[MasterCell, ...]:
        """Find the tests of an answer, by its name."""
        return tuple(test for test, owner in self._owners if owner == solution)

    @property
    def asked(self) -> tuple[MasterCell, ...]:
        """The cells that begin an exercise, in the notebook's order: answers, tasks, and tests that are nobody's."""
        return tuple(cell for cell in self.cells if cell.is_anchor and cell.grade_id in self.exercises)

    def scored_by(self, asked: MasterCell) -> tuple[MasterCell, ...]:
        """Find the cells whose points are those of an exercise: its own, where it has any, or its tests'."""
        is_its_own = asked.by_hand or asked.graded
        return (asked,) if is_its_own else self.tests_of(str(asked.grade_id))

    @cached_property
    def _owners(self) -> list[tuple[MasterCell, str | None]]:
        """Pair each test with the name of the answer that it is about."""
        owners = ((test, self.answer_to(test)) for test in self.graded)
        return [(test, owner.grade_id) for test, owner in owners if owner is not None]


def read_master(path: Path, config: Config | None = None) -> Master:
    """
    Read one master notebook.

    Parameters
    ----------
    config : Config, optional
        The course's, which may give hidden tests other delimiters than nbgrader's usual ones.

    Raises
    ------
    CourseError
        When the file is no notebook of format 4, a hidden part has no end, or it cannot be graded, see
        `autograder.course.roles`.
    """
    try:
        notebook = nbformat.reads(with_ids(path.read_text(encoding="utf-8")), as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook, version=4, version_minor=5)
    except Exception as error:
        why = str(error).splitlines()[0]
        raise CourseError(f"{path}: not a readable notebook ({why}); open it in JupyterLab and save it") from error
    try:
        refuse_unusable(path, notebook)
        hidden, solutions = ClearHiddenTests(config=config), ClearSolutions(config=config)
        cells = tuple(_master_cell(node, hidden, solutions) for node in notebook.cells)
    except RuntimeError as error:
        raise CourseError(f"{path}: {error}; mend the delimiters of hidden tests and solutions") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CourseError(
            f"{path}: nbgrader's metadata of a cell make no sense ({error!r}); set the cell's role again"
        ) from error
    return Master(name=path.stem, notebook=notebook, cells=cells)


def _words_of(name: str) -> str:
    """Give the name of a cell if it says something; nbgrader and JupyterLab call cells ``cell-1afe...``."""
    return "" if _MADE_UP.search(name) or not re.search("[A-Za-z]{3}", name) else name


def _first_comment(source: str) -> str:
    """Read the comment with which a cell begins; what nbgrader and programs write there is none."""
    said: list[str] = []
    for line in source.splitlines():
        text = line.strip()
        if not text.startswith("#"):
            if said or text:
                break
            continue
        words = text.strip("#").strip(" -=*")
        if text.startswith(("###", "#!", "# %%", "#%%")) or _NO_TITLE.match(words):
            if said:
                break
            continue
        said.append(words)
    return " ".join(filter(None, said))


def _told_apart(named: list[tuple[str, str]]) -> dict[str, str]:
    """Number the texts that are alike."""
    alike = Counter(text for _, text in named)
    seen: Counter[str] = Counter()
    told = {}
    for name, text in named:
        seen[text] += 1
        told[name] = f"{text} ({seen[text]})" if alike[text] > 1 else text
    return told


def with_ids(text: str) -> str:
    """
    Give each cell of a notebook's text an id of its own, which is the same each time; one that has some keeps them.

    Formats before 4.5 have no ids; in others one may be missing, doubled, or none that the format knows. nbformat
    would draw such ids at random. They are of nbgrader's names here, where these can be ids.

    Raises
    ------
    ValueError, TypeError, AttributeError
        When the text is no notebook.
    """
    notebook = json.loads(text)
    if notebook.get("nbformat") != 4:
        return text
    has_ids = notebook["nbformat_minor"] >= 5
    ids = [str(cell.get("id", "")) if has_ids else "" for cell in notebook["cells"]]
    taken: set[str] = set()
    for place, name in enumerate(ids):
        if not _ID.fullmatch(name) or name in taken:
            ids[place] = ""
        taken.add(name)
    if all(ids):
        return text
    for number, cell in enumerate(notebook["cells"], start=1):
        if not ids[number - 1]:
            name = str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))
            named = (name, f"cell-{number}", *(f"cell-{number}-{more}" for more in range(2, len(ids) + 3)))
            ids[number - 1] = next(one for one in named if _ID.fullmatch(one) and one not in taken)
            taken.add(ids[number - 1])
        cell["id"] = ids[number - 1]
    notebook["nbformat_minor"] = max(5, notebook["nbformat_minor"])
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _master_cell(node: NotebookNode, hidden: ClearHiddenTests, solutions: ClearSolutions) -> MasterCell:
    meta = node.metadata.get("nbgrader", {})
    graded, solution = bool(meta.get("grade")), bool(meta.get("solution"))
    locked = bool(meta.get("locked"))
    task = bool(meta.get("task"))
    known = graded or solution or locked or task
    return MasterCell(
        node=node,
        grade_id=str(meta["grade_id"]) if known else None,
        points=float(meta.get("points", 0)) if graded or task else 0.0,
        graded=graded,
        solution=solution,
        locked=locked,
        visible=_visible(node, hidden) if graded else None,
        task=task,
        blank=_blank(node, solutions) if solution and (graded or node.cell_type != "code") else None,
    )


def _visible(node: NotebookNode, hidden: ClearHiddenTests) -> str | None:
    cleared, _ = hidden.preprocess_cell(deepcopy(node), {}, 0)
    return None if cleared.source == node.source else str(cleared.source)


def _blank(node: NotebookNode, solutions: ClearSolutions) -> str:
    cleared, _ = solutions.preprocess_cell(deepcopy(node), {"language": "python"}, 0)
    return str(cleared.source)
