"""
What exists: a course folder, its assignments, and their master notebooks.

A course is any folder with an ``nbgrader_config.py``. Paths, folder names and the gradebook's address are
nbgrader's own (`nbgrader.coursedir.CourseDirectory`), so every stock nbgrader command sees the same course.
The master notebooks in the source directory are the only source of tests, points, tags and reference outputs.
"""

import ast
import re
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearHiddenTests
from traitlets.config.loader import Config, PyFileConfigLoader

from autograder.errors import CourseError
from autograder.names import syntax_tree

CONFIG_FILE = "nbgrader_config.py"
SANITIZE_FILE = "sanitize.cfg"
"""Beside the assignments in the source directory: nbval's patterns for what differs from run to run."""

HIDDEN_OUTPUT = "hidden"
"""In the metadata of a stored output: a hidden part of the test has a share in it."""

OUTPUT_TAG = "nbval-check-output"
"""nbval's own tag: the outputs of such a cell are compared with the stored ones."""


DEMONSTRATION_TAG = "demonstration"
"""Our own: what such a cell prints is its whole point, and nothing that it does matters to any other cell."""


@dataclass(frozen=True)
class MasterCell:
    """
    One cell of a master notebook with what nbgrader's metadata says about it.

    Attributes
    ----------
    grade_id : str or None
        nbgrader's name of the cell; None for a cell that nbgrader does not know.
    points : float
        What a graded cell is worth; 0 for every other cell.
    graded, solution, locked : bool
        nbgrader's roles. A solution cell belongs to the student, graded and locked cells to the course.
    visible : str or None
        The text of a test without its hidden part, which nbgrader's ``ClearHiddenTests`` takes out of the release;
        None where nothing is hidden.
    """

    node: NotebookNode
    grade_id: str | None
    points: float
    graded: bool
    solution: bool
    locked: bool
    visible: str | None = None

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
    def hidden_part_shows(self) -> bool:
        """Whether something of what the cell stores is not shown by its visible part alone."""
        marks = (output.get("metadata", {}).get(HIDDEN_OUTPUT, True) for output in self.reference)
        return self.has_hidden_part and any(marks)

    @property
    def released(self) -> str:
        """The cell's text as students get a test."""
        return self.source if self.visible is None else self.visible

    @property
    def looks_at(self) -> str:
        """What a test says that it looks at: the docstring of its visible text, else its name."""
        tree = syntax_tree(self.released)
        return (tree and ast.get_docstring(tree)) or str(self.grade_id)

    @property
    def by_hand(self) -> bool:
        """Whether nbgrader expects a person to grade the cell."""
        return bool(self.node.metadata.get("nbgrader", {}).get("task")) or (
            self.graded and (self.solution or not self.is_code)
        )

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


@dataclass(frozen=True)
class Master:
    """One master notebook: its name without the suffix, and its cells in order."""

    name: str
    notebook: NotebookNode
    cells: tuple[MasterCell, ...]

    @property
    def graded(self) -> tuple[MasterCell, ...]:
        """The cells that carry points, in order."""
        return tuple(cell for cell in self.cells if cell.graded)

    @property
    def solutions(self) -> tuple[MasterCell, ...]:
        """The cells that a student fills in, in order."""
        return tuple(cell for cell in self.cells if cell.solution)

    @property
    def max_points(self) -> float:
        """What a submission without a mistake gets."""
        return sum(cell.points for cell in self.graded)

    def heading(self, cell: MasterCell | None = None) -> str:
        """Find the heading above a cell, or the notebook's own; its name where there is none."""
        end = self.cells.index(cell) if cell else None
        texts = [other.source for other in self.cells[:end] if not other.is_code]
        headings = [str(heading) for text in texts for heading in re.findall(r"^#+ +(.+)$", text, re.MULTILINE)]
        return (headings[-1 if cell else 0] if headings else self.name).replace("`", "")


@dataclass(frozen=True)
class Assignment:
    """An assignment: its name, its master notebooks in order, and nbval's sanitize patterns for it."""

    name: str
    notebooks: tuple[Master, ...]
    sanitize: str

    @property
    def max_points(self) -> float:
        """What a submission without a mistake gets."""
        return sum(master.max_points for master in self.notebooks)


class Course:
    """
    A course folder as nbgrader sees it.

    Parameters
    ----------
    root : Path
        The folder that holds ``nbgrader_config.py``.

    Raises
    ------
    CourseError
        When there is no such file, or it cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        if not (self.root / CONFIG_FILE).is_file():
            raise CourseError(
                f"{self.root}: no {CONFIG_FILE} there, so this is not a course; "
                "run the command in the course's folder, or name it with --course"
            )
        try:
            self.config: Config = PyFileConfigLoader(CONFIG_FILE, path=str(self.root)).load_config()
            self.config.CourseDirectory.root = str(self.root)
            self.directory = CourseDirectory(config=self.config)
        except Exception as error:
            raise CourseError(f"{self.root / CONFIG_FILE}: cannot be read ({error}); mend the file") from error

    @property
    def db_url(self) -> str:
        """The gradebook's address, as nbgrader is given it."""
        return str(self.directory.db_url)

    def source(self, assignment: str) -> Path:
        """The folder of an assignment's master notebooks."""
        return self._path(self.directory.source_directory, ".", assignment)

    def release(self, assignment: str) -> Path:
        """The folder of an assignment's student version."""
        return self._path(self.directory.release_directory, ".", assignment)

    def submitted(self, student: str, assignment: str) -> Path:
        """The folder of what a student handed in."""
        return self._path(self.directory.submitted_directory, student, assignment)

    def autograded(self, student: str, assignment: str) -> Path:
        """The folder of a student's executed notebooks."""
        return self._path(self.directory.autograded_directory, student, assignment)

    def feedback(self, student: str, assignment: str) -> Path:
        """The folder of a student's feedback pages."""
        return self._path(self.directory.feedback_directory, student, assignment)

    @property
    def submissions(self) -> Path:
        """The folder that holds one folder for each student."""
        return self.root / str(self.directory.submitted_directory)

    @property
    def reports(self) -> Path:
        """The folder of what a batch writes for the instructor."""
        return self.root / "reports"

    def assignment(self, name: str) -> Assignment:
        """
        Read an assignment's master notebooks.

        Raises
        ------
        CourseError
            When there is no such assignment, or a master cannot be used for grading.
        """
        folder = self.source(name)
        paths = sorted(folder.glob("*.ipynb"))
        if not paths:
            raise CourseError(f"{folder}: no master notebooks there; name one of: {', '.join(self._assignments())}")
        sanitize = folder.parent / SANITIZE_FILE
        return Assignment(
            name=name,
            notebooks=tuple(read_master(path, self.config) for path in paths),
            sanitize=sanitize.read_text(encoding="utf-8") if sanitize.is_file() else "",
        )

    def _assignments(self) -> list[str]:
        folder = self.root / str(self.directory.source_directory)
        return sorted(path.name for path in folder.glob("*") if any(path.glob("*.ipynb"))) or ["(none found)"]

    def _path(self, kind: str, student: str, assignment: str) -> Path:
        return Path(self.directory.format_path(kind, student, assignment))


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
        When the file is no notebook of format 4.5, two cells have one name, a cell wants grading by hand, a hidden
        part has no end, or a test cell is not Python.
    """
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook, version=4, version_minor=5)
    except Exception as error:
        why = str(error).splitlines()[0]
        raise CourseError(f"{path}: not a readable notebook ({why}); open it in JupyterLab and save it") from error
    try:
        hidden = ClearHiddenTests(config=config)
        cells = tuple(_master_cell(node, hidden) for node in notebook.cells)
    except RuntimeError as error:
        raise CourseError(f"{path}: {error}; mend the delimiters of the hidden tests") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CourseError(
            f"{path}: nbgrader's metadata of a cell make no sense ({error!r}); set the cell's role again"
        ) from error
    names = [cell.grade_id for cell in cells if cell.grade_id is not None]
    for name in sorted({name for name in names if names.count(name) > 1}):
        raise CourseError(f"{path}: two cells are named '{name}'; give one of them another grade_id")
    for cell in cells:
        if cell.by_hand:
            raise CourseError(
                f"{path}: '{cell.grade_id}' wants a person to grade it; "
                "make it a solution cell with a separate test cell"
            )
        if cell.graded and cell.tree is None:
            raise CourseError(f"{path}: '{cell.grade_id}' is not Python; mend the test cell")
    return Master(name=path.stem, notebook=notebook, cells=cells)


def is_test_of(test: str, solution: str) -> bool:
    """Tell whether a test cell is about a solution cell: ``test-predict`` and ``test-predict-two`` are about one."""
    return test == f"test-{solution}" or test.startswith(f"test-{solution}-")


def _master_cell(node: NotebookNode, hidden: ClearHiddenTests) -> MasterCell:
    meta = node.metadata.get("nbgrader", {})
    graded, solution = bool(meta.get("grade")), bool(meta.get("solution"))
    locked = bool(meta.get("locked"))
    known = graded or solution or locked
    return MasterCell(
        node=node,
        grade_id=str(meta["grade_id"]) if known else None,
        points=float(meta.get("points", 0)) if graded else 0.0,
        graded=graded,
        solution=solution,
        locked=locked,
        visible=_visible(node, hidden) if graded else None,
    )


def _visible(node: NotebookNode, hidden: ClearHiddenTests) -> str | None:
    cleared, _ = hidden.preprocess_cell(deepcopy(node), {}, 0)
    return None if cleared.source == node.source else str(cleared.source)
