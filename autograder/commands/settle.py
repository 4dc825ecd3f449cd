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
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--zero", action="store_true", help="give 0 points by hand to each cell that has none by hand")
    how.add_argument("--full", action="store_true", help="give all points by hand to each cell that has none by hand")
    how.add_argument(
        "--points",
        nargs="+",
        type=_points,
        metavar="CELL=POINTS",
        help="give points by hand to these cells, whatever they have, e.g. test-predict=0.5; needs --notebook",
    )
    parser.add_argument(
        "--comment", metavar="TEXT", help=f"what the student reads (default, with --zero: {_COMMENT})"
    )


def _points(text: str) -> tuple[str, float]:
    cell, _, points = text.rpartition("=")
    if not cell:
        raise argparse.ArgumentTypeError(f"{text}: is not CELL=POINTS, like test-predict=0.5")
    return cell, float(points)


def run(options: argparse.Namespace, console: Console) -> int:
    """Give points by hand, as a reviewer would cell by cell in formgrader."""
    course = course_of(options)
    with only_grader(course), Gradebook(course, course.assignment(options.assignment), alone=True) as gradebook:
        folder = course.submitted(options.student, options.assignment)
        if not folder.exists():
            return _begin_nothing(gradebook, folder, options.student, console)
        result = _result(course, gradebook, options.student)
        if options.points:
            notebook = _named(result, options.notebook)
            gradebook.give_points(result, notebook, dict(options.points), options.comment)
            given = ", ".join(f"{cell} {points:g}" for cell, points in options.points)
            console.print(f"{plain(result.student)}, {notebook}: by hand {given}")
        else:
            share, comment = (1.0, options.comment) if options.full else (0.0, options.comment or _COMMENT)
            what = "all" if options.full else "0"
            for notebook in _notebooks(result, options.notebook):
                count = gradebook.give_the_rest(result, notebook, share, comment)
                said = ", with a comment" if comment else ""
                console.print(f"{plain(result.student)}, {notebook}: {what} points by hand for {count} cells{said}")
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
    if states[_named(result, wanted)].is_graded:
        raise GradebookError(
            f"{result.student}, {wanted}: has been graded; change its points with --points, or in formgrader"
        )
    return [wanted]


def _named(result: Result, wanted: str | None) -> str:
    names = [verdict.name for verdict in result.verdicts]
    if wanted not in names:
        what = f"{wanted}: no such notebook in {result.assignment}" if wanted else "--points needs --notebook"
        raise GradebookError(f"{what}; name one of: {', '.join(names)}")
    return str(wanted)
