"""
The command line: `autograder release | reference | lint | grade`.

Exit codes: 0 all is well; 1 the command finished, and something wants a person; 2 nothing was done.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from autograder import __version__
from autograder.errors import AutograderError, CourseError

DONE, WANTS_A_PERSON, NOTHING_DONE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    console = Console(soft_wrap=True)
    try:
        return int(options.command(options, console))
    except AutograderError as error:
        Console(stderr=True, soft_wrap=True).print(f"autograder: {error}", markup=False, highlight=False)
        return NOTHING_DONE
    except KeyboardInterrupt:
        Console(stderr=True).print(
            "autograder: stopped; what is in the gradebook is whole. The same command grades all again"
        )
        return NOTHING_DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description="Release, check and grade an nbgrader course.")
    parser.add_argument("--version", action="version", version=f"autograder {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, command, summary in (
        ("release", _release, "write the student version from the masters"),
        ("reference", _reference, "run the masters and store the outputs that submissions are compared with"),
        ("lint", _lint, "hold the masters against the rules for notebooks"),
        ("grade", _grade, "grade what was submitted"),
    ):
        sub = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
        sub.add_argument("assignment", help="name of the assignment, e.g. sharing_variables")
        sub.add_argument("--course", type=Path, default=Path(), help="folder of the course (default: this one)")
        sub.set_defaults(command=command)
        if name == "release":
            sub.add_argument(
                "--check", action="store_true", help="write nothing; fail when the release is out of step"
            )
        if name == "grade":
            sub.add_argument("--student", metavar="S", help="grade only this student's submission")
            sub.add_argument(
                "--workers",
                type=_positive,
                default=os.cpu_count() or 1,
                help="notebooks at a time (default: all cores)",
            )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _release(options: argparse.Namespace, console: Console) -> int:
    from autograder.course import Course
    from autograder.release import out_of_step, release

    course = Course(options.course)
    course.assignment(options.assignment)
    if not options.check:
        console.print(f"released {release(course, options.assignment)}")
        return DONE
    differences = out_of_step(course, options.assignment)
    for difference in differences:
        console.print(difference, markup=False, highlight=False)
    if differences:
        console.print(f"out of step: run `autograder release {options.assignment}` and commit what it writes")
        return WANTS_A_PERSON
    console.print(f"{course.release(options.assignment)} is what its masters give")
    return DONE


def _reference(options: argparse.Namespace, console: Console) -> int:
    from autograder.course import Course
    from autograder.kernels.limits import Limits
    from autograder.release import store_reference

    course = Course(options.course)
    total = len(course.assignment(options.assignment).notebooks)
    with _progress(console) as progress:
        task = progress.add_task("running the masters", total=total)
        for path in store_reference(course, options.assignment, Limits()):
            progress.console.print(f"stored {path}")
            progress.advance(task)
    return DONE


def _lint(options: argparse.Namespace, console: Console) -> int:
    from autograder.course import Course
    from autograder.lint import lint, lint_release

    course = Course(options.course)
    problems = lint(course.assignment(options.assignment))
    problems += lint_release(sorted(course.release(options.assignment).glob("*.ipynb")))
    for problem in problems:
        console.print(str(problem), markup=False, highlight=False)
    if problems:
        return WANTS_A_PERSON
    console.print("all notebooks keep the rules")
    return DONE


def _grade(options: argparse.Namespace, console: Console) -> int:
    from autograder.batch import grade_all, local_processes
    from autograder.course import Course
    from autograder.gradebook import Gradebook, replace_file
    from autograder.intake import read_submission, strays, students
    from autograder.kernels.limits import Limits
    from autograder.report.sheet import sheet
    from autograder.report.table import plain, print_table

    course = Course(options.course)
    assignment = course.assignment(options.assignment)
    names = students(course.submissions, assignment.name)
    if options.student is not None:
        names = [name for name in names if name == options.student]
    if not names:
        raise CourseError(
            f"{course.submitted(options.student or 'STUDENT', assignment.name)}: no submission there; "
            "collect the submissions, or put each student's notebooks in such a folder"
        )
    for stray in strays(course.submissions):
        console.print(Text(f"{plain(stray)} in {course.submissions} is not a student's folder and was left alone"))
    notebooks = [master.name for master in assignment.notebooks]
    submissions = [
        read_submission(course.submitted(name, assignment.name), name, assignment.name, notebooks) for name in names
    ]
    results = []
    signal.signal(signal.SIGINT, _say_and_stop)
    with Gradebook(course, assignment) as gradebook, _progress(console) as progress:
        task = progress.add_task(f"grading {assignment.name}", total=len(submissions))
        for result in grade_all(submissions, assignment, Limits(), local_processes(options.workers)):
            gradebook.write(result)
            results.append(result)
            progress.advance(task)
    results.sort(key=lambda result: result.student)
    print_table(results, assignment, console)
    course.reports.mkdir(exist_ok=True)
    # The sheet of one student must not take the place of the class's.
    scope = "" if options.student is None else f"-{options.student}"
    report = course.reports / f"{assignment.name}{scope}.csv"
    replace_file(report, sheet(results))
    console.print(f"\nwritten: {report}, {course.db_url}, {course.autograded('*', assignment.name)}", highlight=False)
    return DONE if all(result.state.is_graded for result in results) else WANTS_A_PERSON


def _say_and_stop(*_: object) -> None:
    """Answer Ctrl-C at once, before what is running is waited for."""
    print("\nautograder: stopping as soon as the submissions that are being graded are done", file=sys.stderr)
    raise KeyboardInterrupt


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


if __name__ == "__main__":
    sys.exit(main())
