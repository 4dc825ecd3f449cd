"""
`python -m tests.classroom demo` builds the class in demo/ and grades it as an instructor would.

`python -m tests.classroom check [NOTEBOOK]` grades every labelled answer and says which label does not hold: a line
for what the label says, and one for what happened ("is told nothing" where no hint was given).
Both exit with 1 when a label does not hold.
"""

import csv
import io
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import track

from autograder.cli import main as autograder
from autograder.commands.options import IN_FLIGHT
from autograder.course.assignment import Assignment
from autograder.course.folders import CONFIG_FILE, Course
from autograder.errors import RejectedError
from autograder.grading.batch import grade_all, local_processes
from autograder.grading.result import Result
from autograder.kernels.configuration import runner_of
from autograder.submissions.reading import Submission
from tests.classroom.students import Student, classroom, filled_in, hand_in

ROOT = Path(__file__).parents[2]
ASSIGNMENT = "sharing_variables"


def surprises(students: list[Student], results: list[Result]) -> Iterator[str]:
    """Hold results against labels, cell by cell, and yield a line for each difference."""
    by_name = {result.student: result for result in results}
    for student in students:
        for verdict in (verdict for verdict in by_name[student.name].verdicts if verdict.name in student.answers):
            if not verdict.state.is_graded:
                yield f"{student.name}, {verdict.name}: {verdict.state} {verdict.state.message}"
            lost = {cell.grade_id: cell.message for cell in verdict.cells if not cell.points}
            hinted: dict[str, list[str]] = {exercise: [] for exercise in student.answers[verdict.name]}
            for hint in verdict.hints:
                hinted[hint.exercise].append(hint.id)
            for answer in student.answers[verdict.name].values():
                kind = "right" if answer.is_right else f"wrong {' '.join(answer.misconceptions)}"
                where = f"{verdict.name}, {answer.exercise}, {kind}: {answer.why}"
                for name in sorted(answer.loses - set(lost)):
                    yield f"{where}\n    keeps {name}, and should lose it"
                for name in sorted(set(lost) - answer.loses):
                    if name.startswith(f"test-{answer.exercise}"):
                        yield f"{where}\n    loses {name}, and should keep it: {lost[name]}"
                if sorted(hinted[answer.exercise]) != sorted(answer.misconceptions):
                    yield f"{where}\n    is told {' '.join(hinted[answer.exercise]) or 'nothing'}"


def submission_of(course: Course, assignment: Assignment, student: Student) -> Submission:
    """Make a student's submission in memory."""
    files = {master.name: filled_in(course, assignment, master, student).encode() for master in assignment.notebooks}
    return Submission(student.name, assignment.name, dict(files))


def check(course: Course, assignment: Assignment, console: Console) -> int:
    """Grade every labelled answer; print what differs from its label."""
    students = classroom(assignment)
    whole = course.assignment(assignment.name)
    absent: dict[str, bytes | RejectedError] = {
        master.name: RejectedError("missing", "not asked for") for master in whole.notebooks
    }
    given = [submission_of(course, assignment, student) for student in students]
    submissions = [replace(submission, files=absent | submission.files) for submission in given]
    runner = runner_of(course.config, course.subject, jailed=True)
    graded = grade_all(submissions, whole, runner, local_processes(IN_FLIGHT), IN_FLIGHT)
    done = track(graded, "grading every answer", total=len(submissions), console=console, transient=True)
    results = [result for _, result in done]
    count = sum(len(answers) for student in students for answers in student.answers.values())
    console.print(f"graded {count} labelled answers in {len(assignment.notebooks)} notebooks")
    return _say(list(surprises(students, results)), console)


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
    """Run one of the two commands."""
    console = Console(soft_wrap=True)
    course = Course(ROOT)
    assignment = course.assignment(ASSIGNMENT)
    match arguments:
        case ["demo"]:
            return demo(course, assignment, console)
        case ["check"]:
            return check(course, assignment, console)
        case ["check", notebook]:
            kept = tuple(master for master in assignment.notebooks if master.name == notebook)
            return check(course, replace(assignment, notebooks=kept), console)
    console.print(__doc__ or "", markup=False)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
