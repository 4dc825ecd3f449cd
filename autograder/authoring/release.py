"""The student version and the stored outputs, both made from the master notebooks."""

import filecmp
import re
import shutil
import tempfile
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.utils import capture_log, compute_checksum

from autograder.course.folders import Course
from autograder.course.master import with_ids
from autograder.errors import CourseError


def release(course: Course, assignment: str, *, overwrite: bool = False) -> Path:
    """
    Write the student version with nbgrader's generate_assignment, and return its folder.

    Parameters
    ----------
    overwrite : bool
        Whether an older one goes even where somebody has worked in it.

    Raises
    ------
    CourseError
        When nbgrader cannot make it, or somebody has worked in the one that is there; nothing is left half-written.
    """
    kept = course.release(assignment)
    if not overwrite and (worked := sorted(path for path in kept.glob("*.ipynb") if is_worked_in(path))):
        raise CourseError(
            f"{', '.join(map(str, worked))}: somebody has worked in this release; "
            "move what is to be kept elsewhere, and release with --overwrite"
        )
    kept.parent.mkdir(parents=True, exist_ok=True)
    # nbgrader removes a release before it makes a new one, and would leave nothing where it fails.
    with tempfile.TemporaryDirectory(prefix=".release-", dir=kept.parent) as scratch:
        _generate(course, assignment, Path(scratch))
        if kept.exists():
            kept.rename(Path(scratch) / ".old")
        (Path(scratch) / assignment).rename(kept)
    return kept


def is_worked_in(path: Path) -> bool:
    """
    Tell whether a released notebook is no longer as it was released.

    It has outputs then, or a cell whose text is not that of the checksum that nbgrader writes into each release; one
    that cannot be read counts, too.
    """
    try:
        cells = nbformat.read(path, as_version=4).cells
        return any(_is_changed(cell) for cell in cells)
    except Exception:
        return True


def _is_changed(cell: NotebookNode) -> bool:
    checksum = cell.metadata.get("nbgrader", {}).get("checksum")
    has_run = bool(cell.get("outputs") or cell.get("execution_count"))
    return has_run or (checksum is not None and compute_checksum(cell) != checksum)


def out_of_step(course: Course, assignment: str) -> list[str]:
    """
    List how the student version differs, byte for byte, from what the masters give; empty when it does not.

    Raises
    ------
    CourseError
        When nbgrader cannot make the version to compare with.
    """
    with tempfile.TemporaryDirectory(prefix="autograder-release-") as scratch:
        _generate(course, assignment, Path(scratch))
        fresh, kept = Path(scratch) / assignment, course.release(assignment)
        new, old = _files(fresh), _files(kept)
        return [
            *(f"{kept / name}: missing" for name in sorted(new - old)),
            *(f"{kept / name}: no master gives this file" for name in sorted(old - new)),
            *(
                f"{kept / name}: not what its master gives"
                for name in sorted(new & old)
                if not filecmp.cmp(fresh / name, kept / name, shallow=False)
            ),
        ]


def _generate(course: Course, assignment: str, into: Path) -> None:
    config = deepcopy(course.config)
    config.CourseDirectory.assignment_id = assignment
    config.SaveCells.enabled = False  # with no_database, what nbgrader's --no-db sets
    config.CourseDirectory.release_directory = str(into)
    # However the course lays out its folders, these two are laid out as nbgrader does by itself.
    masters = into / ".masters"
    _lay_out(course.source(assignment), masters / assignment)
    config.CourseDirectory.source_directory = str(masters)
    config.CourseDirectory.directory_structure = type(course.directory).directory_structure.default_value
    directory = type(course.directory)(config=config)
    outcome = capture_log(GenerateAssignment(coursedir=directory, config=config, no_database=True, force=True))
    if not outcome["success"]:
        raise CourseError(f"{course.source(assignment)}: nbgrader cannot make a release ({_reason(outcome['log'])})")


def _lay_out(source: Path, folder: Path) -> None:
    """Show nbgrader a folder of masters in which all cells have ids: it would give others at random, each time."""
    shutil.copytree(source, folder, copy_function=lambda file, link: Path(link).symlink_to(file))
    for path in folder.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        if with_ids(text) != text:
            path.unlink()
            path.write_text(with_ids(text), encoding="utf-8")


def _reason(log: str) -> str:
    """Find the line of nbgrader's log that names the exception."""
    named = [line for line in log.splitlines() if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return named[0] if named else "see `nbgrader generate_assignment`"


def _files(folder: Path) -> set[Path]:
    return {
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    }
