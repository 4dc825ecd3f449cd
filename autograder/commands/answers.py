"""For authors: labelled answers, right and wrong, held against what they get."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from autograder.authoring.answer_check import Trial, off_label, trials
from autograder.authoring.answers import Answer, answers_folder, answers_to
from autograder.commands.options import add_course, add_workers, course_of
from autograder.commands.terminal import DONE, NEEDS_REVIEW, progress_bar
from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.imports import imports_of
from autograder.errors import CourseError
from autograder.grading.batch import grade_all
from autograder.grading.processes import local_processes
from autograder.kernels.configuration import runner_of
from autograder.text import counted, plain


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `autograder answers`."""
    parser.add_argument(
        "action", choices=["check"], help="grade every labelled answer, and list each label that is off"
    )
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="a file of answers, or the folder of a notebook or an assignment (default: all of the course)",
    )
    add_course(parser)
    parser.add_argument("--no-jail", dest="jail", action="store_false", help="run the answers with all your rights")
    add_workers(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Grade the answers as submissions are, and print a line for each that does not get what its label says."""
    course = course_of(options)
    given = list(_given(course, options.file))
    if not given:
        place = options.file or answers_folder(course)
        raise CourseError(f"{place}: no labelled answers there; docs/new-course.md shows how to write some")
    off = [line for assignment, asked in given for line in _check(course, assignment, asked, options, console)]
    for line in off:
        console.print(plain(line))
    count = sum(len(trial.answers) for _, asked in given for trial in asked)
    if off:
        console.print(f"{len(off)} of {counted(count, 'labelled answer')} did not get what the label says")
        return NEEDS_REVIEW
    console.print(f"{counted(count, 'labelled answer')}: each gets what its label says")
    return DONE


def _given(course: Course, wanted: Path | None) -> Iterator[tuple[Assignment, list[Trial]]]:
    """List what is to be run for each assignment that has answers."""
    folder = answers_folder(course)
    for name in course.assignments():
        if not (folder / name).is_dir():
            continue
        assignment = course.assignment(name)
        asked = [
            trial
            for master in assignment.notebooks
            for trial in trials(
                master, _wanted(answers_to(folder, assignment, master), folder / name / master.name, wanted)
            )
        ]
        if asked:
            yield assignment, asked


def _wanted(answers: dict[str, list[Answer]], folder: Path, wanted: Path | None) -> dict[str, list[Answer]]:
    if wanted is None:
        return answers
    return {
        exercise: given
        for exercise, given in answers.items()
        if (folder / f"{exercise}.py").resolve().is_relative_to(wanted.resolve())
    }


def _check(
    course: Course, assignment: Assignment, asked: list[Trial], options: argparse.Namespace, console: Console
) -> list[str]:
    data = course.data(assignment.name)
    runner = runner_of(
        course.config, course.subject, jailed=options.jail, data=data, imports=imports_of(assignment, data)
    )
    by_name = {f"run-{number}": trial for number, trial in enumerate(asked)}
    submissions = [trial.submission(name, assignment) for name, trial in by_name.items()]
    off: dict[str, list[str]] = {}
    lease = runner.lease()
    try:
        with progress_bar(console) as progress:
            task = progress.add_task(f"grading answers to {assignment.name}", total=len(asked), states="")
            workers = local_processes(options.workers)
            for submission, result in grade_all(submissions, assignment, runner, workers, lambda: options.workers):
                trial = by_name[submission.student]
                (verdict,) = (verdict for verdict in result.verdicts if verdict.name == trial.master.name)
                off[submission.student] = list(off_label(trial, verdict))
                progress.advance(task)
    finally:
        lease.close()
    return [line for name in by_name for line in off.get(name, [])]
