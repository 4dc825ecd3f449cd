"""
Master notebooks in the gradebook, as `nbgrader generate_assignment` records them.

They follow the course's masters: points, kinds, texts, and which cells there are. What a reviewer gave is carried
over wherever a cell of its name still is in its notebook; other cells, notebooks and assignments are left alone.
nbgrader's own step refuses all this once something was handed in.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from nbgrader.api import Assignment as AssignmentRow
from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    SourceCell,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.preprocessors import ClearOutput, ClearSolutions, ComputeChecksums, LockCells
from nbgrader.utils import is_locked
from traitlets.config import Config

from autograder.course.assignment import Assignment
from autograder.course.master import Master
from autograder.errors import GradebookError
from autograder.records.standing import is_by_reviewer
from autograder.text import cut, plain

_STEPS = (LockCells, ClearSolutions, ClearOutput, ComputeChecksums)
"""nbgrader's own steps that a master goes through before its generate_assignment records it, in their order."""

_COLUMNS: dict[Any, tuple[str, ...]] = {
    GradeCell: ("max_score", "cell_type"),
    SolutionCell: (),
    TaskCell: ("max_score", "cell_type"),
    SourceCell: ("cell_type", "locked", "source", "checksum"),
}
"""nbgrader's kinds of rows about a master's cells, and what stands in them."""

_GRADED, _COMMENTED = (GradeCell, TaskCell), (SolutionCell, TaskCell)
"""The kinds of which each submission has a row with a grade, and one with a comment."""

_Cells = dict[tuple[Any, str], tuple[Any, ...]]
"""The rows of a notebook, by kind and name: what stands in them."""


@dataclass(frozen=True)
class Masters:
    """
    The masters of an assignment as a gradebook must hold them.

    Attributes
    ----------
    kernelspecs : dict of str to str
        By notebook.
    cells : dict of str to dict
        By notebook, all rows about its cells.
    """

    assignment: str
    kernelspecs: dict[str, str]
    cells: dict[str, _Cells]


def masters_of(assignment: Assignment, config: Config) -> Masters:
    """Draw from the masters what must be in the gradebook."""
    prepared = {master.name: _prepared(master, config) for master in assignment.notebooks}
    kernelspecs = {name: json.dumps(notebook.metadata.get("kernelspec", {})) for name, notebook in prepared.items()}
    cells = {master.name: dict(_rows(master, prepared[master.name])) for master in assignment.notebooks}
    return Masters(assignment.name, kernelspecs, cells)


def in_step(book: Gradebook, masters: Masters) -> bool:
    """Tell whether the gradebook holds just these masters."""
    rows = book.db.query(Notebook).join(AssignmentRow).filter(AssignmentRow.name == masters.assignment)
    held = {str(row.name): row for row in rows}
    return {name: row.kernelspec for name, row in held.items()} == masters.kernelspecs and all(
        _held(book, row) == masters.cells[name] for name, row in held.items()
    )


def record_masters(book: Gradebook, masters: Masters) -> list[str]:
    """
    Have the gradebook hold these masters, or leave it as it was.

    Returns
    -------
    list of str
        A line for each score or comment of a reviewer whose cell is no more.

    Raises
    ------
    GradebookError
        When reviewers gave points in a notebook that has no master any more.
    """
    assignment = book.update_or_create_assignment(masters.assignment)
    rows = {str(row.name): row for row in assignment.notebooks}
    for name in sorted(rows.keys() - masters.cells.keys()):
        _forget(book, rows[name], masters.assignment)
    lost: list[str] = []
    for name, cells in masters.cells.items():
        row = rows.get(name) or Notebook(name=name, assignment=assignment)
        row.kernelspec = masters.kernelspecs[name]
        book.db.add(row)
        book.db.flush()
        lost += _follow(book, row, cells)
    book.db.commit()
    book.db.expire_all()
    return lost


def complete(book: Gradebook, submitted: SubmittedNotebook) -> None:
    """Give a submitted notebook the rows that nbgrader expects for each cell of its master."""
    grades = {grade.cell_id for grade in submitted.grades}
    comments = {comment.cell_id for comment in submitted.comments}
    for cell in _cells_of(book, submitted.notebook):
        if isinstance(cell, _GRADED) and cell.id not in grades:
            book.db.add(Grade(cell_id=cell.id, notebook=submitted))
        if isinstance(cell, _COMMENTED) and cell.id not in comments:
            book.db.add(Comment(cell_id=cell.id, notebook=submitted))


def _prepared(master: Master, config: Config) -> Any:
    notebook: Any = deepcopy(master.notebook)
    resources: dict[str, Any] = {}
    for step in _STEPS:
        notebook, resources = step(config=config).preprocess(notebook, resources)
    return notebook


def _rows(master: Master, prepared: Any) -> Iterator[tuple[tuple[Any, str], tuple[Any, ...]]]:
    for cell, node in zip(master.cells, prepared.cells, strict=True):
        if cell.grade_id is None:
            continue
        if cell.graded:
            yield (GradeCell, cell.grade_id), (cell.points, node.cell_type)
        if cell.solution:
            yield (SolutionCell, cell.grade_id), ()
        if cell.task:
            yield (TaskCell, cell.grade_id), (cell.points, node.cell_type)
        checksum = node.metadata.nbgrader.get("checksum")
        yield (SourceCell, cell.grade_id), (node.cell_type, is_locked(node), node.source, checksum)


def _cells_of(book: Gradebook, notebook: Notebook) -> list[Any]:
    """Read all rows about the cells of a master, each kind in one query."""
    return [row for kind in _COLUMNS for row in book.db.query(kind).filter(kind.notebook_id == notebook.id)]


def _held(book: Gradebook, notebook: Notebook) -> _Cells:
    return {(type(row), str(row.name)): _content(row) for row in _cells_of(book, notebook)}


def _content(row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in _COLUMNS[type(row)])


def _follow(book: Gradebook, notebook: Notebook, cells: _Cells) -> list[str]:
    """Bring the rows of one notebook in step, and say what of reviewers has gone with those that are no more."""
    held = {(type(row), str(row.name)): row for row in _cells_of(book, notebook)}
    for (kind, name), content in cells.items():
        row = held.get((kind, name)) or kind(name=name, notebook_id=notebook.id)
        for column, value in zip(_COLUMNS[kind], content, strict=True):
            setattr(row, column, value)
        book.db.add(row)
    book.db.flush()
    rows = ((type(row), str(row.name), row) for row in _cells_of(book, notebook))
    fresh = {(kind, name): row for kind, name, row in rows if (kind, name) in cells}
    lost: list[str] = []
    for place in held.keys() - cells.keys():
        lost += _carry_over(book, held[place], fresh)
        book.db.delete(held[place])
    book.db.flush()
    book.db.expire_all()
    for submitted in notebook.submissions:
        complete(book, submitted)
    return sorted(lost)


def _carry_over(book: Gradebook, stale: Any, fresh: dict[tuple[Any, str], Any]) -> Iterator[str]:
    """Take rows of submissions from a cell that is no more to the one of its name, if there is one of such a kind."""
    if isinstance(stale, SourceCell):
        return
    for kinds, rows in ((_GRADED, Grade), (_COMMENTED, Comment)):
        others = (fresh.get((kind, str(stale.name))) for kind in kinds if kind is not type(stale))
        heir = next(filter(None, others), None)
        for row in book.db.query(rows).filter(rows.cell_id == stale.id).all():
            if heir is not None and not _has_row(book, rows, heir, row):
                row.cell_id = heir.id
            else:
                yield from _what_goes(row)
                book.db.delete(row)
        book.db.flush()


def _has_row(book: Gradebook, rows: Any, cell: Any, row: Any) -> bool:
    found = book.db.query(rows).filter(rows.cell_id == cell.id, rows.notebook_id == row.notebook_id)
    return found.first() is not None


def _what_goes(row: Grade | Comment) -> Iterator[str]:
    where = f"{row.student.id}, {row.notebook.name}, {row.cell.name}"
    if isinstance(row, Grade) and is_by_reviewer(row):
        yield plain(f"{where}: {row.score:g} points by hand")
    if isinstance(row, Comment) and row.manual_comment:
        yield plain(f"{where}: the comment {cut(' '.join(row.manual_comment.split()))!r}")


def _forget(book: Gradebook, notebook: Notebook, assignment: str) -> None:
    """Remove a notebook that has no master, unless a person's work would go with it."""
    submitted = [row.id for row in notebook.submissions]
    rows = {kind: book.db.query(kind).filter(kind.notebook_id.in_(submitted)).all() for kind in (Grade, Comment)}
    if any(True for found in rows.values() for row in found for _ in _what_goes(row)):
        raise GradebookError(
            f"{assignment}: reviewers gave points or comments in {notebook.name}, which has no master any more; "
            "put the master back under this name, or take them back in formgrader, and grade again"
        )
    for found in (*rows.values(), list(notebook.submissions), _cells_of(book, notebook), [notebook]):
        for row in found:
            book.db.delete(row)
        book.db.flush()
    book.db.expire_all()
