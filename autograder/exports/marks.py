"""
What is exported: for each student the score that formgrader shows, and what the feedback page says about each test.

Drawn from stored results and from nbgrader's gradebook; nothing is graded here. A score is there only when every
test of the submission has one, from the grader or from a person.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from autograder.course import Assignment, Course, Master, MasterCell
from autograder.gradebook import Gradebook, Standing, Student
from autograder.grading import Result
from autograder.harmless import plain, plain_lines
from autograder.intake import read_submission
from autograder.kernels.running import kernels_of
from autograder.report.feedback import PARTLY, given_by_person
from autograder.results import Results
from autograder.verdict import NotebookVerdict


@dataclass(frozen=True)
class MarkedTest:
    """
    A test cell.

    Attributes
    ----------
    looks_at : str
        What it says that it looks at, in one line.
    score : float or None
        A person's or else the grader's; None where there is neither.
    told : str
        Why it has not all of its points, in the words of the feedback page; empty when it has.
    """

    name: str
    looks_at: str
    score: float | None
    max_score: float
    has_hidden_part: bool
    told: str

    @property
    def passed(self) -> bool:
        """Whether it has all of its points."""
        return not self.told


@dataclass(frozen=True)
class MarkedNotebook:
    """
    A notebook.

    Attributes
    ----------
    told : str
        Its state in the words of the feedback page, or empty when it is GRADED.
    seconds : float
        Wall time of the run.
    """

    name: str
    state: str
    told: str
    tests: tuple[MarkedTest, ...]
    seconds: float

    @property
    def score(self) -> float | None:
        """The sum of its tests' scores, or None when one has none."""
        return _sum(test.score for test in self.tests)

    @property
    def max_score(self) -> float:
        """What it is worth."""
        return sum(test.max_score for test in self.tests)


@dataclass(frozen=True)
class Mark:
    """
    A submission.

    Attributes
    ----------
    score : float or None
        nbgrader's sum less its penalty for being late; None while a test has no score.
    penalty : float
        What was taken off for that.
    is_flagged : bool
        Whether formgrader asks a person to look.
    """

    student: Student
    score: float | None
    max_score: float
    penalty: float
    notebooks: tuple[MarkedNotebook, ...]
    is_flagged: bool

    @property
    def seconds(self) -> float:
        """Wall time of all runs."""
        return sum(notebook.seconds for notebook in self.notebooks)


@dataclass(frozen=True)
class Collected:
    """
    The marks of an assignment.

    Attributes
    ----------
    missing : tuple of str
        Submissions without a mark: one line each that says why.
    unjailed : int
        How many results were made without a jail.
    absent : tuple of str
        Students of nbgrader's roster who have handed in nothing.
    """

    marks: tuple[Mark, ...]
    missing: tuple[str, ...]
    unjailed: int
    absent: tuple[str, ...]


def collect(course: Course, assignment: Assignment, students: list[str], progress: Callable[[], None]) -> Collected:
    """
    Read the marks of submissions as they lie in the course now.

    Parameters
    ----------
    progress : callable
        Called after each student.

    Raises
    ------
    GradebookError
        When the gradebook cannot be read.
    """
    data = course.data(assignment.name)
    kernels = [kernels_of(course.config, jailed=jailed, data=data) for jailed in (True, False)]
    stores = [Results(course, assignment, one) for one in kernels]
    names = [master.name for master in assignment.notebooks]
    marks, missing, unjailed = [], [], 0
    with Gradebook(course, assignment) as gradebook:
        for student in students:
            submission = read_submission(course.submitted(student, assignment.name), student, assignment.name, names)
            found = [store.find(submission) for store in stores]
            result = next(filter(None, found), None)
            standing = gradebook.standing(result) if result else None
            if result is None:
                missing.append(f"{student}: what lies there has not been graded; run `autograder grade`")
            elif standing is None:
                missing.append(f"{student}: the gradebook does not hold the stored result; run `autograder grade`")
            else:
                marks.append(marked(assignment, result, standing))
                unjailed += result is not found[0]
            progress()
        absent = tuple(student for student in gradebook.roster() if student not in students)
    return Collected(tuple(marks), tuple(missing), unjailed, absent)


def marked(assignment: Assignment, result: Result, standing: Standing) -> Mark:
    """Put together what a result and the gradebook say about one submission."""
    is_whole = _sum(standing.scores.values()) is not None
    pairs = zip(assignment.notebooks, result.verdicts, strict=True)
    return Mark(
        replace(
            standing.student,
            first_name=_one_line(standing.student.first_name),
            last_name=_one_line(standing.student.last_name),
        ),
        # As nbgrader's own export has it: a penalty never takes more than there is.
        max(0.0, standing.points - standing.penalty) if is_whole else None,
        standing.max_points,
        standing.penalty,
        tuple(_notebook(master, verdict, standing) for master, verdict in pairs),
        standing.is_flagged,
    )


def _notebook(master: Master, verdict: NotebookVerdict, standing: Standing) -> MarkedNotebook:
    told = "" if verdict.state.is_graded else plain(verdict.state.told)
    tests = tuple(_test(master, cell, verdict, standing) for cell in master.graded)
    return MarkedNotebook(master.name, plain(str(verdict.state)), told, tests, verdict.seconds)


def _test(master: Master, cell: MasterCell, verdict: NotebookVerdict, standing: Standing) -> MarkedTest:
    place = (master.name, str(cell.grade_id))
    score = standing.scores[place]
    if place in standing.by_hand:
        is_all = score is not None and score >= cell.points
        told = "" if is_all else given_by_person(score or 0.0, cell.points)
    elif score is None:
        told = plain(verdict.state.told)
    else:
        told = _lost(master, cell, verdict)
    return MarkedTest(place[1], _one_line(cell.looks_at), score, cell.points, cell.has_hidden_part, told)


def _lost(master: Master, cell: MasterCell, verdict: NotebookVerdict) -> str:
    """Say what the feedback page says about a test that the grader gave no points for."""
    (found,) = (one for one in verdict.cells if one.grade_id == cell.grade_id)
    if found.points or not (found.message or found.max_points):
        return ""
    answer = master.answer_to(cell)
    ideas = {h.id: h.misconception for h in verdict.hints if answer is not None and h.exercise == answer.grade_id}
    lines = [
        found.message,
        PARTLY if cell.has_hidden_part else "",
        *(f"Perhaps you believe: {i.belief} In truth: {i.truth} Reread: {i.where}" for i in ideas.values()),
    ]
    return plain_lines("\n".join(filter(None, lines))) or "It showed nothing that could be judged."


def _one_line(text: str) -> str:
    return plain(" ".join(text.split()))


def _sum(scores: Iterable[float | None]) -> float | None:
    given = list(scores)
    return None if None in given else sum(score or 0.0 for score in given)
