"""The student version and the stored outputs, both made from the master notebooks."""

import filecmp
import re
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from itertools import takewhile
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.utils import capture_log

from autograder.checks import output_difference
from autograder.course import HIDDEN_OUTPUT, OUTPUT_TAG, Course, Master
from autograder.errors import CourseError
from autograder.evidence import parse, terms_of
from autograder.facts import to_text
from autograder.kernels.running import Ended, Kernels
from autograder.sharing import FACTS_TYPE, GRAPH_TYPE


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


def store_reference(course: Course, assignment: str, kernels: Kernels) -> Iterator[Path]:
    """
    Run each master and store the outputs of its tagged cells in it; yield each file as it is done.

    All other outputs are removed, and stored ones are kept while they differ only in what the sanitize patterns
    take away, so that a master changes only when its meaning does.

    Raises
    ------
    CourseError
        When a master does not run to its end, or one of its graded cells raises.
    """
    whole = course.assignment(assignment)
    for master in whole.notebooks:
        path = course.source(assignment) / f"{master.name}.ipynb"
        notebook = deepcopy(master.notebook)
        done = kernels.run(deepcopy(notebook))
        if done.ended is not Ended.COMPLETE:
            raise CourseError(
                f"{path}: {done.ended.value} in cell '{done.stopped_at}'; the master must run to its end"
            )
        for cell in master.graded:
            reply = done.replies[cell.node.id]
            if not reply.ok:
                raise CourseError(
                    f"{path}: '{cell.grade_id}' raises {reply.error}: {reply.message}; mend the solution"
                )
        shown = {cell.id: cell.get("outputs", []) for cell in done.notebook.cells}
        alone = _visible_outputs(master, kernels)
        for number, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1):
            tags = cell.metadata.get("tags", [])
            graph = terms_of(tags) is not None
            tagged = OUTPUT_TAG in tags or graph
            # nbval takes outputs without a count for those of a cell that was never run.
            cell.execution_count = number if tagged else None
            fresh = [_lasting(output, graph=graph) for output in shown[cell.id]] if tagged else []
            if cell.id in alone:
                _mark_hidden(fresh, [_lasting(output, graph=graph) for output in alone[cell.id]])
            if _marks(fresh) != _marks(cell.outputs) or _differ(fresh, cell.outputs, whole.sanitize):
                cell.outputs = fresh
        nbformat.write(notebook, path)
        yield path


def _visible_outputs(master: Master, kernels: Kernels) -> dict[str, list[nbformat.NotebookNode]]:
    """Run a master as students know its tests, and give the outputs of those that have a hidden part."""
    parts = {cell.node.id: cell.released for cell in master.graded if cell.has_hidden_part}
    notebook = deepcopy(master.notebook)
    for cell in notebook.cells:
        cell.source = parts.get(cell.id, cell.source)
    ran = kernels.run(notebook).notebook.cells if parts else []
    return {cell.id: cell.get("outputs", []) for cell in ran if cell.id in parts}


def _mark_hidden(outputs: list[nbformat.NotebookNode], visible: list[nbformat.NotebookNode]) -> None:
    """Mark the outputs of a test from the first on that its visible part alone does not give."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(outputs, visible, strict=False))
    known = len(list(same))
    for number, output in enumerate(outputs):
        if "metadata" in output:  # a stream has none, and counts as hidden
            output.metadata[HIDDEN_OUTPUT] = number >= known


def _marks(outputs: list[nbformat.NotebookNode]) -> list[object]:
    return [output.get("metadata") for output in outputs]


def _differ(fresh: list[nbformat.NotebookNode], stored: list[nbformat.NotebookNode], patterns: str) -> bool:
    """Tell whether two outputs differ; a comparison looks only at the kinds that its reference has."""
    return bool(output_difference(fresh, stored, patterns) or output_difference(stored, fresh, patterns))


def _lasting(output: nbformat.NotebookNode, *, graph: bool) -> nbformat.NotebookNode:
    """Drop what counts runs; of a picture keep its words, and its facts where a graph is held against them."""
    if GRAPH_TYPE in output.get("data", {}):
        encoded = output.data[GRAPH_TYPE]
        output.data = {"text/plain": output.data["text/plain"]}
        if graph:
            output.data[FACTS_TYPE] = to_text(parse(encoded))
    if "execution_count" in output:
        output.execution_count = None
    return output


def _generate(course: Course, assignment: str, into: Path) -> None:
    config = deepcopy(course.config)
    config.CourseDirectory.assignment_id = assignment
    config.SaveCells.enabled = False  # with no_database, what nbgrader's --no-db sets
    config.CourseDirectory.release_directory = str(into)
    config.CourseDirectory.source_directory = str(course.source(assignment).parent)
    directory = type(course.directory)(config=config)
    outcome = capture_log(GenerateAssignment(coursedir=directory, config=config, no_database=True, force=True))
    if not outcome["success"]:
        raise CourseError(f"{course.source(assignment)}: nbgrader cannot make a release ({_reason(outcome['log'])})")


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
