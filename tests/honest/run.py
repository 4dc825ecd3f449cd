"""Grade a class of honest students, with the jail on, and hold what comes out against the labels."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.ownership import is_test_of
from autograder.grading.processes import local_processes
from autograder.grading.result import Result
from autograder.grading.verdict import NotebookVerdict
from autograder.session import Session, run_session
from autograder.submissions.folder import students as folders
from autograder.zygote.limits import Limits
from tests.conftest import ASSIGNMENT, copy_course, runner
from tests.honest.students import Student, Work, hand_in

IN_FLIGHT = 3


def grade_class(
    students: list[Student], seed: int, folder: Path, progress: Callable[[Result], None]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Hand in to a copy of the course in a new folder, grade it, and yield what is wrong and the styles behind it."""
    course = copy_course(folder)
    assignment = course.assignment(ASSIGNMENT)
    for student in students:
        hand_in(course, assignment, student, seed)
    outcome = run_session(_session(course, assignment), threading.Event(), progress)
    results = {result.student: result for result in outcome.results}
    for student in students:
        for verdict in results[student.name].verdicts if student.name in results else ():
            work = student.works[verdict.name]
            for line in surprises(work, verdict):
                yield work.styles, f"{verdict.name}: {line}"
        if student.name not in results:
            yield (), f"{student.name} has handed in, and has no result"
    for problem in outcome.problems:
        yield (), problem


def surprises(work: Work, verdict: NotebookVerdict) -> Iterator[str]:
    """Hold a notebook against its labels, and yield a line for each difference."""
    if not verdict.state.is_graded:
        yield f"{verdict.state}: {verdict.state.message}"
    lost = {cell.grade_id: cell.message for cell in verdict.cells if not cell.points}
    for exercise, answer in work.answers.items():
        where = f"{exercise} ({'right' if answer.is_right else 'wrong'}: {answer.why})"
        for name in sorted(answer.loses - lost.keys()):
            yield f"{where} keeps {name}, and should lose it"
        for name in sorted(lost.keys() - answer.loses):
            if is_test_of(name, exercise):
                yield f"{where} loses {name}, and should keep it: {' '.join(lost[name].split())[:300]}"
        # A wrong answer that stands elsewhere than in its cell may get another hint than the label's.
        hinted = [hint.id for hint in verdict.hints if hint.exercise == exercise]
        if hinted and answer.is_right:
            yield f"{where} is told {' '.join(hinted)}"


def _session(course: Course, assignment: Assignment) -> Session:
    # Other work wants a core, too: no limit of time may be what decides.
    kernels = runner(Limits(cell_seconds=300, notebook_seconds=900))
    names = tuple(folders(course.submissions, assignment.name))
    return Session(course, assignment, names, kernels, local_processes(IN_FLIGHT), lambda: IN_FLIGHT)
