"""For authors: release, reference outputs, rules."""

import argparse

from rich.console import Console

from autograder.commands.terminal import DONE, WANTS_A_PERSON, progress_bar
from autograder.course import Course
from autograder.kernels.running import kernels_of
from autograder.lint import lint, lint_release
from autograder.release import out_of_step, release, store_reference


def release_command(options: argparse.Namespace, console: Console) -> int:
    """Write the student version, or say how it differs from what the masters give."""
    course = Course(options.course)
    course.assignment(options.assignment)
    if not options.check:
        console.print(f"released {release(course, options.assignment)}")
        return DONE
    differences = out_of_step(course, options.assignment)
    for difference in differences:
        console.print(difference)
    if differences:
        console.print(f"out of step: run `autograder release {options.assignment}` and commit what it writes")
        return WANTS_A_PERSON
    console.print(f"{course.release(options.assignment)} is what its masters give")
    return DONE


def reference_command(options: argparse.Namespace, console: Console) -> int:
    """Run the masters, which are the instructor's own and need no jail, and store their outputs."""
    course = Course(options.course)
    total = len(course.assignment(options.assignment).notebooks)
    with progress_bar(console) as progress:
        task = progress.add_task("running the masters", total=total, states="")
        for path in store_reference(
            course, options.assignment, kernels_of(course.config, jailed=False, data=course.data(options.assignment))
        ):
            progress.console.print(f"stored {path}")
            progress.advance(task)
    return DONE


def lint_command(options: argparse.Namespace, console: Console) -> int:
    """Hold masters and release against the rules."""
    course = Course(options.course)
    problems = lint(course.assignment(options.assignment))
    problems += lint_release(sorted(course.release(options.assignment).glob("*.ipynb")))
    for problem in problems:
        console.print(str(problem))
    if problems:
        return WANTS_A_PERSON
    console.print("all notebooks keep the rules")
    return DONE
