"""For authors: rules for notebooks."""

import argparse

from rich.console import Console

from autograder.authoring.lint import lint, lint_known_tests, lint_release, sizes_of
from autograder.commands.options import add_assignment as add_options
from autograder.commands.options import course_of
from autograder.commands.terminal import DONE, NEEDS_REVIEW

__all__ = ["add_options", "run"]


def run(options: argparse.Namespace, console: Console) -> int:
    """Hold masters and release against the rules."""
    course = course_of(options)
    assignment = course.assignment(options.assignment)
    problems = lint(assignment, sizes_of(course.config))
    problems += lint_known_tests(assignment, course.source(assignment.name))
    problems += lint_release(sorted(course.release(options.assignment).glob("*.ipynb")))
    for problem in problems:
        console.print(str(problem))
    if problems:
        return NEEDS_REVIEW
    console.print("all notebooks keep the rules")
    return DONE
