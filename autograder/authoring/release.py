"""The student version and the stored outputs, both made from the master notebooks."""

import filecmp
import re
import shutil
import tempfile
from copy import deepcopy
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.utils import capture_log

from autograder.course.folders import Course
from autograder.course.master import with_ids
from autograder.errors import CourseError


def release(course: Course, assignment: str) -> Path:
    """
    Write the student version with nbgrader's generate_assignment, and return its folder.

    Raises
    ------
    CourseError
        When nbgrader cannot make it; nothing is left half-written.
    """
    kept = course.release(assignment)
    kept.parent.mkdir(parents=True, exist_ok=True)
    # nbgrader removes a release before it makes a new one, and would leave nothing where it fails.
    with tempfile.TemporaryDirectory(prefix=".release-", dir=kept.parent) as scratch:
        _generate(course, assignment, Path(scratch))
        if kept.exists():
            kept.rename(Path(scratch) / ".old")
        (Path(scratch) / assignment).rename(kept)
    return kept


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
