"""
`python -m tests.classroom demo` builds the class in demo/ and grades it as an instructor would.

It exits with 1 when a label does not hold. `autograder answers check` is the tool for whoever writes answers.
"""

import csv
import io
import shutil
import sys
from pathlib import Path

from rich.console import Console

from autograder.cli import main as autograder
from autograder.course.assignment import Assignment
from autograder.course.folders import CONFIG_FILE, Course
from tests.classroom.students import Student, classroom, hand_in

ROOT = Path(__file__).parents[2]
ASSIGNMENT = "sharing_variables"


def demo(course: Course, assignment: Assignment, console: Console) -> int:
    """Build a class in demo/, grade it with the command line, and hold the CSV's points against the labels."""
    folder = course.root / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(course.root / CONFIG_FILE, folder)
    for name in (course.directory.source_directory, course.directory.release_directory):
        shutil.copytree(course.root / name, folder / name)
    playground = Course(folder)
    students = classroom(assignment)
    for student in students:
        hand_in(playground, assignment, student)
    console.print(f"{len(students)} students have handed in: demo/submitted/")
    code = autograder(["grade", assignment.name, "--course", str(folder)])
    written = (playground.reports / f"{assignment.name}.csv").read_text(encoding="utf-8")
    code = code or _say(off_label(written, students, assignment), console)
    report = playground.reports.relative_to(course.root) / f"{assignment.name}.html"
    console.print(f"Open {report} in a browser: the class report links to every student's page.")
    return code


def off_label(written: str, students: list[Student], assignment: Assignment) -> list[str]:
    """Hold the rows of a CSV against the labels: a line for each row that is not expected, or not there."""
    expected = {
        (student.name, master.name, "GRADED", f"{student.points(master.name):g}")
        for student in students
        for master in assignment.notebooks
    }
    rows = csv.DictReader(io.StringIO(written))
    found = {(row["student"], row["notebook"], row["state"], row["points"]) for row in rows}
    return [f"not as labelled: {', '.join(row)}" for row in sorted(expected ^ found)]


def _say(lines: list[str], console: Console) -> int:
    for line in lines:
        console.print(line, markup=False, highlight=False)
    console.print(f"{len(lines)} surprises" if lines else "every state and every point is as labelled")
    return 1 if lines else 0


def main(arguments: list[str]) -> int:
    """Run the command."""
    console = Console(soft_wrap=True)
    course = Course(ROOT)
    assignment = course.assignment(ASSIGNMENT)
    match arguments:
        case ["demo"]:
            return demo(course, assignment, console)
    console.print(__doc__ or "", markup=False)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
