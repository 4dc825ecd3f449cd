"""For instructors: an end to what no grader can decide."""

import argparse
from pathlib import Path

from rich.console import Console

from autograder.commands.options import add_assignment, course_of
from autograder.commands.terminal import DONE, NEEDS_REVIEW
from autograder.course.folders import Course
from autograder.errors import GradebookError
from autograder.grading.result import Result
from autograder.records.gradebook import Gradebook
from autograder.records.store import find_in, only_grader, stores_of
from autograder.text import plain

_COMMENT = "Nothing was handed in that can be graded."

_MISSING = "missing"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `autograder settle`."""
    add_assignment(parser)
    parser.add_argument("--student", metavar="S", required=True, help="whose submission")
    parser.add_argument(
        "--notebook",
        metavar="N",
        help="which notebook, without .ipynb (default: each that the student has not handed in)",
    )
    parser.add_argument(
        "--zero", action="store_true", required=True, help="give 0 points to each of its cells, by hand"
    )
    parser.add_argument(
        "--comment", metavar="TEXT", default=_COMMENT, help=f"what the student reads (default: {_COMMENT})"
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Give 0 by hand to notebooks that have no points, as a reviewer would cell by cell in formgrader."""
    course = course_of(options)
    with only_grader(course), Gradebook(course, course.assignment(options.assignment), alone=True) as gradebook:
        folder = course.submitted(options.student, options.assignment)
        if not folder.exists():
            return _begin_nothing(gradebook, folder, options.student, console)
        result = _result(course, gradebook, options.student)
        for notebook in _notebooks(result, options.notebook):
            count = gradebook.give_nothing(result, notebook, options.comment)
            console.print(f"{plain(result.student)}, {notebook}: 0 points by hand for {count} cells, with a comment")
    console.print(f"run `autograder grade {options.assignment}` to have it on the pages and in the reports")
    return DONE


def _begin_nothing(gradebook: Gradebook, folder: Path, student: str, console: Console) -> int:
    """Make an empty submission for a student who has handed in nothing: then there is something to settle."""
    if student not in {one.id for one in gradebook.roster()}:
        raise GradebookError(f"{student}: neither in the roster nor among those who have handed in; name one who is")
    folder.mkdir(parents=True)
    console.print(f"{plain(student)} has handed in nothing, and has an empty submission now: {plain(str(folder))}")
    console.print(
        f"run `autograder grade {gradebook.assignment.name} --student {plain(student)}`, and this command once more"
    )
    return NEEDS_REVIEW


def _result(course: Course, gradebook: Gradebook, student: str) -> Result:
    """Find the student's stored result, graded in a jail or without one."""
    assignment = gradebook.assignment
    found = next(filter(None, find_in(stores_of(course, assignment), course, assignment, student)), None)
    if found is not None:
        return found.result
    folder = course.submitted(student, assignment.name)
    raise GradebookError(
        f"{folder}: what lies there has not been graded; run `autograder grade {assignment.name}` first"
    )


def _notebooks(result: Result, wanted: str | None) -> list[str]:
    states = {verdict.name: verdict.state for verdict in result.verdicts}
    if wanted is None:
        missing = [name for name, state in states.items() if state.word == _MISSING]
        if not missing:
            raise GradebookError(
                f"{result.student}: every notebook was handed in; name the one that gets 0 with --notebook"
            )
        return missing
    if wanted not in states:
        raise GradebookError(f"{wanted}: no such notebook in {result.assignment}; name one of: {', '.join(states)}")
    if states[wanted].is_graded:
        raise GradebookError(f"{result.student}, {wanted}: has been graded; change its points in formgrader")
    return [wanted]
