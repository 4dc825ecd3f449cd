"""
Master + student's text: the notebook that runs.

Nothing is sanitized, because nothing of the submission is kept but source strings: of its solution cells by
grade_id, of its plain code cells in their place. Tags, metadata, outputs, points and the kernelspec are the
master's, so whatever a submission did to them has no effect.

"In their place" means after the named cell that they follow in the submission. A second cell with the name of a
solution cell (JupyterLab makes one when a cell is split or copied) runs as a plain cell there, so that the
notebook does what Run All did at the student's desk. A second copy of a graded or locked cell is left out.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course import Master, MasterCell
from autograder.intake import SubmittedNotebook

_START = ""
"""The place of plain cells before the first named one."""


@dataclass(frozen=True)
class Rebuilt:
    """
    A notebook that is ready to run.

    Attributes
    ----------
    notebook : NotebookNode
        Fresh cells with the master's metadata and without tags: no tag of nbclient or nbval can skip one.
    notes : tuple of str
        What a person should know: which cells were copied, moved or missing.
    """

    notebook: NotebookNode
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Parts:
    """The submission's text sorted by the master's names: answers, and plain code after each name."""

    answers: dict[str, str]
    plain: dict[str, list[str]]
    copied: list[str]
    order: list[str]


def rebuild(master: Master, submitted: SubmittedNotebook) -> Rebuilt:
    """Build the notebook that is run for a submission from the master and the submission's source strings."""
    parts = _sort_out(master, submitted)
    plain = (
        new_code_cell(source, id=f"student-{number}")
        for number, source in enumerate((s for sources in parts.plain.values() for s in sources), start=1)
    )
    after = {name: [next(plain) for _ in sources] for name, sources in parts.plain.items()}
    cells = after.get(_START, [])
    for cell in master.cells:
        if cell.is_anchor:
            cells += [_run_cell(cell, parts.answers), *after.get(str(cell.grade_id), [])]
        elif not cell.is_code:
            cells.append(new_markdown_cell(cell.source, id=cell.node.id))
    notebook = new_notebook(cells=cells, metadata=dict(master.notebook.metadata))
    return Rebuilt(notebook, tuple(_notes(master, parts)))


def unanswered(master: Master) -> Rebuilt:
    """Build the notebook of a student from whom nothing can be read: the master without any answer."""
    return rebuild(master, SubmittedNotebook(cells=()))


def _sort_out(master: Master, submitted: SubmittedNotebook) -> _Parts:
    known = {str(cell.grade_id): cell for cell in master.cells if cell.is_anchor}
    parts = _Parts({}, defaultdict(list), [], [])
    place = _START
    for cell in submitted.cells:
        name = cell.grade_id if cell.grade_id in known else None
        if name is None or (name in parts.order and known[name].solution):
            if name is not None:
                parts.copied.append(name)
            if cell.is_code and cell.source.strip():
                parts.plain[place].append(cell.source)
        elif name in parts.order:
            parts.copied.append(name)
        else:
            parts.order.append(name)
            place = name
            if known[name].solution:
                parts.answers[name] = cell.source
    return parts


def _run_cell(cell: MasterCell, answers: dict[str, str]) -> NotebookNode:
    source = cell.source
    if cell.solution:
        source = answers.get(str(cell.grade_id), f"# The submission has no cell named '{cell.grade_id}'.")
    make = new_code_cell if cell.is_code else new_markdown_cell
    return make(source, id=cell.node.id, metadata={"nbgrader": dict(cell.node.metadata.nbgrader)})


def _notes(master: Master, parts: _Parts) -> Iterable[str]:
    names = [str(cell.grade_id) for cell in master.cells if cell.is_anchor]
    for name in dict.fromkeys(parts.copied):
        yield f"'{name}' is there more than once: a copied answer runs in its place, a copied test does not"
    for cell in master.cells:
        if (cell.solution or cell.graded) and cell.grade_id not in parts.order:
            what = "there was no answer to run" if cell.solution else "the course's own was run"
            yield f"'{cell.grade_id}' is missing from the submission: {what}"
    expected = [name for name in names if name in parts.order]
    if parts.order != expected:
        moved = next(name for name, other in zip(parts.order, expected, strict=True) if name != other)
        yield f"'{moved}' and perhaps others were moved: the course's order was run"
