"""
What is exported: for each student the score that formgrader shows, and what the feedback page says about each test.

Drawn from stored results and from nbgrader's gradebook; nothing is graded here. A score is there only when every
test of the submission has one, from the grader or from a reviewer.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.master import Master, MasterCell
from autograder.grading.hidden_parts import PARTLY
from autograder.grading.result import Result
from autograder.grading.verdict import NotebookVerdict
from autograder.hints import worded
from autograder.records.absent import no_standing, nothing_from
from autograder.records.gradebook import Gradebook
from autograder.records.standing import Standing, Student
from autograder.records.store import Stored, find_in, stores_of
from autograder.report.feedback import given_by_hand
from autograder.text import plain, plain_lines


@dataclass(frozen=True)
class MarkedTest:
    """
    A test cell.

    Attributes
    ----------
    looks_at : str
        What it says that it looks at, in one line.
    score : float or None
        A reviewer's or else the grader's; None where there is neither.
    reason : str
        Why it has not all of its points, in the words of the feedback page; empty when it has.
    """

    name: str
    looks_at: str
    score: float | None
    max_score: float
    has_hidden_part: bool
    reason: str

    @property
    def passed(self) -> bool:
        """Whether it has all of its points."""
        return not self.reason


@dataclass(frozen=True)
class MarkedExercise:
    """
    An exercise: its tests together, or an answer that a person grades.

    Attributes
    ----------
    score : float or None
        None where one of its tests has none.
    """

    heading: str
    score: float | None
    max_score: float


@dataclass(frozen=True)
class MarkedNotebook:
    """
    A notebook.

    Attributes
    ----------
    title : str
        The heading that it begins with.
    reread : tuple of str
        Where the course says what answers that lost points have not understood.
    reason : str
        Its state in the words of the feedback page, or empty when it is GRADED.
    seconds : float
        Wall time of the run.
    """

    name: str
    title: str
    state: str
    reason: str
    tests: tuple[MarkedTest, ...]
    exercises: tuple[MarkedExercise, ...]
    reread: tuple[str, ...]
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
        Whether formgrader says that it needs manual grading.
    waiting : tuple of str
        The answers that a reviewer is still to grade, each as ``notebook: cell``.
    """

    student: Student
    score: float | None
    max_score: float
    penalty: float
    notebooks: tuple[MarkedNotebook, ...]
    is_flagged: bool
    waiting: tuple[str, ...] = ()

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
        Students of nbgrader's roster who have handed in nothing: their marks, the last ones, have no score.
    """

    marks: tuple[Mark, ...]
    missing: tuple[str, ...]
    unjailed: int
    absent: tuple[str, ...]


def collect(
    course: Course,
    assignment: Assignment,
    students: list[str],
    progress: Callable[[], None],
    *,
    is_whole: bool = True,
    look: Callable[[Stored, Standing], None] = lambda *_: None,
) -> Collected:
    """
    Read the marks of submissions as they lie in the course now.

    Parameters
    ----------
    is_whole : bool
        Whether these are all who have handed in anything: then the roster tells who has not.
    progress : callable
        Called after each student.
    look : callable
        Called with each result that has a mark, and with what stands in the gradebook about it.

    Raises
    ------
    GradebookError
        When the gradebook cannot be read.
    """
    stores = stores_of(course, assignment)
    marks, missing, unjailed = [], [], 0
    with Gradebook(course, assignment) as gradebook:
        for student in students:
            found = find_in(stores, course, assignment, student)
            stored = next(filter(None, found), None)
            standing = gradebook.standing(stored.result) if stored else None
            if not gradebook.takes(student):
                missing.append(
                    f"{plain(student)}: nbgrader's pages cannot bear this name; rename the folder and grade"
                )
            elif stored is None:
                missing.append(f"{student}: what lies there has not been graded; run `autograder grade`")
            elif standing is None:
                missing.append(f"{student}: the gradebook does not hold the stored result; run `autograder grade`")
            else:
                look(stored, standing)
                marks.append(marked(assignment, stored.result, standing))
                unjailed += stored is not found[0]
            progress()
        known = set(students)
        absent = [one for one in gradebook.roster() if one.id not in known] if is_whole else []
    marks += [
        marked(assignment, nothing_from(one.id, assignment), no_standing(one, assignment)) for one in absent if marks
    ]
    return Collected(tuple(marks), tuple(missing), unjailed, tuple(one.id for one in absent))


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
        tuple(_notebook(assignment, master, verdict, standing) for master, verdict in pairs),
        standing.is_flagged,
        tuple(
            plain(f"{master.name}: {cell.grade_id}")
            for master in assignment.notebooks
            for cell in master.by_hand
            if standing.scores.get((master.name, str(cell.grade_id))) is None
        ),
    )


def _notebook(assignment: Assignment, master: Master, verdict: NotebookVerdict, standing: Standing) -> MarkedNotebook:
    reason = "" if verdict.state.is_graded else plain(verdict.state.for_student)
    tests = tuple(_test(assignment, master, cell, verdict, standing) for cell in master.graded)
    exercises = tuple(_exercises(master, standing))
    return MarkedNotebook(
        master.name,
        _one_line(master.heading()),
        plain(str(verdict.state)),
        reason,
        tests,
        exercises,
        tuple(_reread(assignment, master, verdict, standing)),
        verdict.seconds,
    )


def _exercises(master: Master, standing: Standing) -> Iterator[MarkedExercise]:
    """Put the tests of each exercise together, in the order of the notebook."""
    for cell in master.asked:
        cells = master.scored_by(cell)
        score = _sum(standing.scores.get((master.name, str(one.grade_id))) for one in cells)
        heading = _one_line(master.exercises[str(cell.grade_id)])
        yield MarkedExercise(heading, score, sum(one.points for one in cells))


def _reread(assignment: Assignment, master: Master, verdict: NotebookVerdict, standing: Standing) -> Iterator[str]:
    asked = {str(cell.grade_id): cell for cell in master.asked}
    for hint in verdict.hints:
        scored = master.scored_by(asked[hint.exercise]) if hint.exercise in asked else ()
        scores = [standing.scores.get((master.name, str(cell.grade_id))) for cell in scored]
        if any((score or 0.0) < cell.points for score, cell in zip(scores, scored, strict=True)):
            yield _one_line(str(assignment.catalogue[hint.id].reread))


def _test(
    assignment: Assignment, master: Master, cell: MasterCell, verdict: NotebookVerdict, standing: Standing
) -> MarkedTest:
    place = (master.name, str(cell.grade_id))
    score = standing.scores[place]
    if place in standing.by_hand:
        is_all = score is not None and score >= cell.points
        reason = "" if is_all else given_by_hand(score or 0.0, cell.points)
    elif score is None:
        reason = plain(verdict.state.for_student)
    else:
        reason = _lost(assignment, master, cell, verdict)
    return MarkedTest(
        place[1], _one_line(master.titles[str(cell.grade_id)]), score, cell.points, cell.has_hidden_part, reason
    )


def _lost(assignment: Assignment, master: Master, cell: MasterCell, verdict: NotebookVerdict) -> str:
    """Write what the feedback page says about a test that lost points; empty where it has all of them."""
    (found,) = (one for one in verdict.cells if one.grade_id == cell.grade_id)
    if found.points >= found.max_points and (found.max_points or not found.message):
        return ""
    answer = master.answer_to(cell)
    ideas = dict.fromkeys(h.id for h in verdict.hints if answer is not None and h.exercise == answer.grade_id)
    hints = (worded(assignment.catalogue[idea]) for idea in ideas)
    lines = [
        found.message,
        PARTLY if cell.has_hidden_part else "",
        *(" ".join(f"{heading}: {words}" for heading, words in hint) for hint in hints),
    ]
    return plain_lines("\n".join(filter(None, lines))) or "It showed nothing that could be judged."


def _one_line(text: str) -> str:
    return plain(" ".join(text.split()))


def _sum(scores: Iterable[float | None]) -> float | None:
    given = list(scores)
    return None if None in given else sum(score or 0.0 for score in given)
