"""
Master + student's text: the notebook that runs.

Nothing of the submission is kept but source strings, of its solution cells by grade_id, of its plain code cells in
their place; and, of its texts, pictures that are drawn anew. Tags, metadata, outputs, points and the kernelspec are
the master's, so whatever a submission did to them has no effect.

"In their place" means after the named cell that they follow in the submission, and before the one that they precede
where named cells were moved; what follows all of them runs last. A second cell with the name of a solution cell
(JupyterLab makes one when a cell is split or copied) runs as a plain cell there, so that the notebook does what Run
All did at the student's desk. A second copy of a graded or locked cell is left out.

`autograder.grading.hidden_parts` decides where hidden parts of tests run.

A demonstration that the student has left as it was, and of which nothing that runs takes a name, is shown and not
run: that is about a third of the time.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from urllib.parse import unquote

from nbformat import NotebookNode, from_dict

from autograder.course.dataflow import binds, reads
from autograder.course.master import Master, MasterCell
from autograder.errors import RejectedError
from autograder.grading.hidden_parts import at_the_end, in_its_place, told_first, told_in_place
from autograder.grading.prose import Prose, keep_written, pictures_of
from autograder.grading.sanitize import PICTURES, Pictures, in_its_stead
from autograder.subject import PLAIN, Subject
from autograder.submissions.reading import SubmittedCell, SubmittedNotebook

MOST_READ = 200_000
"""Characters of a notebook's code that are read for names; of what is beyond, anything may be needed."""

Attachments = dict[str, dict[str, str]]
"""Files that were pasted into a text: by name, and of each its content by MIME type."""

STUDENTS_CELL = "student-"
"""How the ids begin of the cells that a student has put between the course's."""

_START = ""
"""The place of plain cells before the first named one."""

WAITS = "needs manual grading"
"""How the note begins that names answers for a reviewer."""


@dataclass(frozen=True)
class Rebuilt:
    """
    A notebook that is ready to run.

    Attributes
    ----------
    notebook : NotebookNode
        Fresh cells with the master's metadata and without tags of the submission: none of nbclient's or nbval's can
        skip a cell.
    told : NotebookNode or None
        The same for a second kernel, see `autograder.grading.hidden_parts`; None where one is enough.
    notes : tuple of str
        What an instructor should know: which cells were copied, moved or missing, and which need manual grading.
    blank : tuple of str
        The manually graded answers that are as they were released.
    """

    notebook: NotebookNode
    told: NotebookNode | None
    notes: tuple[str, ...]
    blank: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Parts:
    """The submission's text sorted by the master's names: answers, and plain cells after each name."""

    answers: dict[str, str]
    plain: dict[str, list[SubmittedCell]]
    copied: list[str]
    order: list[str]
    pictures: dict[str, Attachments]
    """What was pasted into answers."""


def rebuild(master: Master, submitted: SubmittedNotebook, subject: Subject = PLAIN) -> Rebuilt:
    """
    Build the notebook that is run for a submission from the master and the submission's source strings.

    Raises
    ------
    RejectedError
        With the reason ``no-answers``, when not one cell bears the name of an answer or a test of the master's: it is
        another notebook, or its metadata are lost.
    """
    parts = _sort_out(master, submitted)
    if not master.is_for_reading and not any(
        (cell.solution or cell.graded or cell.task) and cell.grade_id in parts.order for cell in master.cells
    ):
        raise RejectedError(
            "no-answers",
            f"{master.name}.ipynb: no cell of it belongs to this notebook; see whether it is another one, or ask the "
            "student to put the answers into the released notebook",
        )
    return _build(master, parts, subject)


def unanswered(master: Master) -> Rebuilt:
    """Build the notebook of a student from whom nothing can be read: the master without any answer."""
    return _build(master, _sort_out(master, SubmittedNotebook(cells=())), PLAIN)


def _build(master: Master, parts: _Parts, subject: Subject) -> Rebuilt:
    idle, texts = _idle(master, parts), _Texts()
    plain = (
        _plain_cell(f"{STUDENTS_CELL}{number}", cell, idle, texts)
        for number, cell in enumerate((cell for cells in parts.plain.values() for cell in cells), start=1)
    )
    after = {name: [next(plain) for _ in cells] for name, cells in parts.plain.items()}
    cells = [_code_cell(name, source, {}) for name, source in told_first(master, subject)]
    cells += after.get(_START, [])
    for cell in master.cells:
        if cell.is_anchor:
            cells += [_run_cell(cell, parts, texts, subject), *after.get(str(cell.grade_id), [])]
        elif not cell.is_code:
            cells.append(texts.of_the_course(cell, {}))
    cells += [_code_cell(name, source, {}) for name, source in at_the_end(master, subject)]
    notebook = from_dict(
        {"cells": cells, "metadata": dict(master.notebook.metadata), "nbformat": 4, "nbformat_minor": 5}
    )
    blank = tuple(
        str(cell.grade_id)
        for cell in master.by_hand
        if cell.solution and parts.answers.get(str(cell.grade_id)) == cell.blank
    )
    return Rebuilt(notebook, told_in_place(master, notebook, subject), tuple(_notes(master, parts, blank)), blank)


def _sort_out(master: Master, submitted: SubmittedNotebook) -> _Parts:
    known = {str(cell.grade_id): cell for cell in master.cells if cell.is_anchor}
    position = {name: number for number, name in enumerate((_START, *known))}
    # Where a reviewer grades by hand, what students wrote beside their code is a part of the answer.
    texts = {cell.source for cell in master.cells} if master.by_hand else None
    parts = _Parts({}, defaultdict(list), [], [], {})
    for cell, place in zip(submitted.cells, _places(submitted, position), strict=True):
        name = cell.grade_id if cell.grade_id in known else None
        if name is None or (name in parts.order and known[name].solution):
            where = place
            if name is not None:
                parts.copied.append(name)
                # Never before the first: at the desk it had the last word.
                where = max(place, name, key=position.__getitem__)
            if cell.source.strip() and (cell.is_code or (texts is not None and cell.source not in texts)):
                parts.plain[where].append(cell)
        elif name in parts.order:
            parts.copied.append(name)
        else:
            parts.order.append(name)
            if known[name].solution:
                parts.answers[name] = cell.source
                parts.pictures[name] = cell.attachments
    return parts


def _places(submitted: SubmittedNotebook, position: dict[str, int]) -> list[str]:
    """Say for each cell of a submission behind which named cell it has its place, by the places of these."""
    names, firsts, seen = list(position), list[str](), {None, _START}
    for cell in submitted.cells:
        firsts.append(str(cell.grade_id) if cell.grade_id in position.keys() - seen else "")
        seen.add(cell.grade_id)
    above = list(accumulate(firsts, lambda last, name: name or last, initial=_START))[:-1]
    below = list(accumulate(reversed(firsts), lambda last, name: name or last, initial=""))[-2::-1]
    last = max(map(position.__getitem__, firsts), default=0)
    return [
        names[min(position[follows], position[precedes] - 1) if precedes else last]
        for follows, precedes in zip(above, below, strict=True)
    ]


def _idle(master: Master, parts: _Parts) -> set[str]:
    """Find the demonstrations without which everything else runs just the same."""
    idle = {cell.source for cell in master.cells if cell.is_demonstration}
    plain = {cell.source for cells in parts.plain.values() for cell in cells if cell.is_code}
    running = [cell.source for cell in master.cells if cell.is_anchor and cell.is_code and not cell.solution]
    running += [*parts.answers.values(), *(plain - idle)]
    shared, left = set().union(*map(binds, idle)), MOST_READ
    while running and idle:
        source = running.pop()
        left -= len(source)
        taken = reads(source) if left >= 0 else None
        needed = {source for source in idle if taken is None or taken & (binds(source) | _changes(source, shared))}
        idle -= needed
        running += needed
    return idle


def _changes(demonstration: str, shared: set[str]) -> set[str]:
    """Name what a demonstration takes from others and may change: a graph that it goes on with, say."""
    taken = reads(demonstration)
    return shared if taken is None else taken & shared


def _run_cell(cell: MasterCell, parts: _Parts, texts: "_Texts", subject: Subject) -> NotebookNode:
    source, metadata = in_its_place(cell, subject), {"nbgrader": dict(cell.node.metadata.nbgrader)}
    if cell.solution:
        source = parts.answers.get(str(cell.grade_id), f"# The submission has no cell named '{cell.grade_id}'.")
    if cell.is_code:
        return _code_cell(cell.node.id, source, metadata)
    if not cell.solution:
        return texts.of_the_course(cell, metadata)
    given = cell.pictures_of_the_release | parts.pictures.get(str(cell.grade_id), {})
    return texts.of_a_student(cell.node.id, source, metadata, given)


def _plain_cell(name: str, cell: SubmittedCell, idle: set[str], texts: "_Texts") -> NotebookNode:
    if not cell.is_code:
        return texts.of_a_student(name, cell.source, {}, cell.attachments)
    return _code_cell(name, cell.source, {"tags": ["skip-execution"]} if cell.source in idle else {})


class _Texts:
    """Makes the text cells of one notebook."""

    def __init__(self) -> None:
        self._prose, self._pictures = Prose(), Pictures()

    def of_the_course(self, cell: MasterCell, metadata: dict[str, Any]) -> NotebookNode:
        """Take a text of the master's as it is, with what was pasted into it."""
        made = _text_cell(cell.node.id, cell.source, metadata)
        return _with_attachments(made, dict(cell.node.get("attachments", {})), pictures_of(cell.source))

    def of_a_student(self, name: str, text: str, metadata: dict[str, Any], given: Attachments) -> NotebookNode:
        """Take a text that nothing runs of, and draw anew the pictures that it shows."""
        cell = _text_cell(name, self._prose.harmless(text), metadata)
        keep_written(cell, text)
        named = pictures_of(cell.source)
        return _with_attachments(cell, {shown: self._drawn(given, shown) for shown in named}, named)

    def _drawn(self, given: Attachments, shown: str) -> dict[str, str]:
        """Draw a picture anew; a text names it as it is, or as in an address."""
        content = given.get(shown) or given.get(unquote(shown)) or {}
        drawn = {kind: self._pictures.drawn(kind, content[kind]) for kind in PICTURES if kind in content}
        return {kind: picture for kind, picture in drawn.items() if picture}


def _with_attachments(cell: NotebookNode, pictures: Attachments, named: Iterable[str]) -> NotebookNode:
    """Put pictures into a cell. nbconvert, and so formgrader, ends at one that is named and not there."""
    found = {**pictures, **{name: {"image/png": in_its_stead(name)} for name in named if not pictures.get(name)}}
    if found:
        cell.attachments = from_dict(found)
    return cell


# nbformat's own makers hold each cell against a schema, which takes as long as everything else here.
def _code_cell(name: str, source: str, metadata: dict[str, Any]) -> NotebookNode:
    common = {"id": name, "metadata": metadata, "source": source}
    return from_dict({"cell_type": "code", "execution_count": None, "outputs": [], **common})


def _text_cell(name: str, source: str, metadata: dict[str, Any]) -> NotebookNode:
    return from_dict({"cell_type": "markdown", "id": name, "metadata": metadata, "source": source})


def _notes(master: Master, parts: _Parts, blank: tuple[str, ...]) -> Iterable[str]:
    names = [str(cell.grade_id) for cell in master.cells if cell.is_anchor]
    for name in dict.fromkeys(parts.copied):
        yield f"'{name}' is there more than once: a copied answer runs in its place, a copied test does not"
    for cell in master.cells:
        if (cell.solution or cell.graded) and cell.grade_id not in parts.order:
            what = "there was no answer to run" if cell.solution else "the course's own was run"
            yield f"'{cell.grade_id}' is missing from the submission: {what}"
    if waiting := [f"'{cell.grade_id}'" for cell in master.by_hand if cell.grade_id not in blank]:
        yield f"{WAITS}: {', '.join(waiting)}"
    expected = [name for name in names if name in parts.order]
    if parts.order != expected:
        moved = next(name for name, other in zip(parts.order, expected, strict=True) if name != other)
        yield f"'{moved}' and perhaps others were moved: the course's order was run"
