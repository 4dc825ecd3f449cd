"""Ids of cells, which no menu of JupyterLab sets: of nbgrader's names, and of the words that a cell begins with."""

import json
import re
from pathlib import Path
from typing import Any

from autograder.authoring.lint import is_words
from autograder.course.folders import Course
from autograder.course.master import with_ids
from autograder.errors import CourseError
from autograder.files import replace_file

_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_NUMBERING = re.compile(r"^exercise [\d.]+: *|\s*\(\d+ points?\)$", re.IGNORECASE)
_DEFINED = re.compile(r"^(?:async +)?(?:def|class) +(\w+)", re.MULTILINE)

_MOST_WORDS = 5


def set_ids(course: Course, assignment: str) -> list[str]:
    """
    Set the ids of an assignment's masters, and give a line for each that has changed.

    A cell that nbgrader knows is called by its grade_id. Any other keeps an id that is made of words; else it is
    called after its heading, after what it defines, or after the cell above it.

    Raises
    ------
    CourseError
        When there is no such assignment, or a master cannot be read or written.
    """
    changes = []
    for master in course.assignment(assignment).notebooks:
        path = course.source(assignment) / f"{master.name}.ipynb"
        notebook = json.loads(with_ids(path.read_text(encoding="utf-8")))
        known = [cell.grade_id for cell in master.cells]
        fresh = _names(notebook["cells"], known)
        changed = [
            (cell["id"], name) for cell, name in zip(notebook["cells"], fresh, strict=True) if cell["id"] != name
        ]
        for cell, name in zip(notebook["cells"], fresh, strict=True):
            cell["id"] = name
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        if text != path.read_text(encoding="utf-8"):
            _write(path, text)
        changes += [f"{path}: {before} is now {after}" for before, after in changed]
    return changes


def _names(cells: list[dict[str, Any]], known: list[str | None]) -> list[str]:
    """Name each cell; what nbgrader knows comes first, then ids that are words already."""
    names: list[str] = [name or "" for name in known]
    for place, cell in enumerate(cells):
        if not names[place] and is_words(cell["id"]) and cell["id"] not in names:
            names[place] = cell["id"]
    for place, cell in enumerate(cells):
        if not names[place]:
            names[place] = _unused(_described(cell, names[place - 1] if place else "notebook"), names)
    return names


def _described(cell: dict[str, Any], above: str) -> str:
    text = "".join(cell["source"])
    if cell["cell_type"] == "code":
        defined = _DEFINED.search(text)
        return f"define-{_slug(defined[1])}" if defined else f"see-{above}"
    heading = _HEADING.search(text)
    return (heading and _slug(_NUMBERING.sub("", heading[1]))) or f"{above}-after"


def _slug(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower().replace("'", ""))[:_MOST_WORDS])


def _unused(name: str, names: list[str]) -> str:
    name = name[:56].strip("-")
    name = name if is_words(name) else f"cell-{name}".strip("-")
    return next(
        one for one in (name, *(f"{name}-{number}" for number in range(2, len(names) + 3))) if one not in names
    )


def _write(path: Path, text: str) -> None:
    try:
        replace_file(path, text)
    except OSError as error:
        raise CourseError(f"{path}: {error.strerror}; see that it can be written") from None
