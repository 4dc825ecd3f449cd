"""For whoever sets up a machine: whether it can grade safely."""

import argparse

from rich.console import Console

from autograder.commands.terminal import DONE, WANTS_A_PERSON
from autograder.course import Course
from autograder.doctor import diagnose


def doctor_command(options: argparse.Namespace, console: Console) -> int:
    """Print a line for each thing that grading needs."""
    found = diagnose(Course(options.course), options.workers)
    for diagnosis in found:
        console.print(f"{'ok  ' if diagnosis.is_fine else 'MEND'}  {diagnosis.what}: {diagnosis.says}")
    return DONE if all(diagnosis.is_fine for diagnosis in found) else WANTS_A_PERSON
