"""The outputs that masters store, with which those of submissions are compared."""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path

import nbformat

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.master import OUTPUT_TAG, Master
from autograder.errors import CourseError
from autograder.files import replace_file
from autograder.grading.checks import output_difference
from autograder.grading.hidden_parts import known_of, mark_outputs
from autograder.kernels.run import Ended, Runner
from autograder.known_tests import FILE as TESTS_FILE
from autograder.known_tests import Known, nothing_known
from autograder.subject import EvidenceKind, kinds_of


def store_reference(course: Course, assignment: str, runner: Runner) -> Iterator[Path]:
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
    kinds = kinds_of(whole.subject)
    for master in whole.notebooks:
        path = course.source(assignment) / f"{master.name}.ipynb"
        notebook = deepcopy(master.notebook)
        done = runner.run(deepcopy(notebook))
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
        alone = _visible_outputs(master, runner)
        for number, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1):
            tags = cell.metadata.get("tags", [])
            asked = [kind for kind in kinds_of(whole.subject) if kind.asked(tags)]
            tagged = OUTPUT_TAG in tags or bool(asked)
            # nbval takes outputs without a count for those of a cell that was never run.
            cell.execution_count = number if tagged else None
            fresh = [_lasting(output, kinds, asked) for output in shown[cell.id]] if tagged else []
            if cell.id in alone:
                mark_outputs(fresh, [_lasting(output, kinds, asked) for output in alone[cell.id]])
            if _marks(fresh) != _marks(cell.outputs) or _differ(fresh, cell.outputs, whole.sanitize):
                cell.outputs = fresh
        nbformat.write(notebook, path)
        yield path
    file, text = course.source(assignment) / TESTS_FILE, known_text(course.assignment(assignment))
    if text:
        replace_file(file, text)
        yield file


def known_text(assignment: Assignment) -> str:
    """
    Write what kernels at a desk may know of all tests (`autograder.known_tests`); empty where none says its title.

    Two tests that begin with the same line would expect the same: lint finds them.
    """
    whole = nothing_known()
    for master in assignment.notebooks:
        known = known_of(master, assignment.subject)
        whole = Known(
            tests=whole["tests"] | known["tests"],
            names=whole["names"] | known["names"],
            answers=whole["answers"] | known["answers"],
        )
    return json.dumps(whole, indent=1) + "\n" if whole["tests"] else ""


def _visible_outputs(master: Master, runner: Runner) -> dict[str, list[nbformat.NotebookNode]]:
    """Run a master as students know its tests, and give the outputs of those that have a hidden part."""
    parts = {cell.node.id: cell.released for cell in master.graded if cell.has_hidden_part}
    notebook = deepcopy(master.notebook)
    for cell in notebook.cells:
        cell.source = parts.get(cell.id, cell.source)
    ran = runner.run(notebook).notebook.cells if parts else []
    return {cell.id: cell.get("outputs", []) for cell in ran if cell.id in parts}


def _marks(outputs: list[nbformat.NotebookNode]) -> list[object]:
    return [output.get("metadata") for output in outputs]


def _differ(fresh: list[nbformat.NotebookNode], stored: list[nbformat.NotebookNode], patterns: str) -> bool:
    """Tell whether two outputs differ; a comparison looks only at the kinds that its reference has."""
    return bool(output_difference(fresh, stored, patterns) or output_difference(stored, fresh, patterns))


def _lasting(
    output: nbformat.NotebookNode, kinds: Sequence[EvidenceKind], asked: Sequence[EvidenceKind]
) -> nbformat.NotebookNode:
    """
    Drop what counts runs; of evidence keep its words, and its facts where these are held against a student's.

    Of what is shown as text and as HTML, like a DataFrame, the text stays, where it says more than the kind of it.
    """
    for kind in kinds:
        if kind.mime_type in output.get("data", {}):
            shown = output.data[kind.mime_type]
            output.data = {"text/plain": output.data["text/plain"]}
            if kind in asked:
                output.data[kind.reference_type] = kind.reference(shown)
            break
    data = output.get("data", {})
    if "text/html" in data and not data.get("text/plain", "<").startswith("<"):
        del data["text/html"]
    if "execution_count" in output:
        output.execution_count = None
    return output
