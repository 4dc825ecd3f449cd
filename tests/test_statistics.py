"""The class is counted as the CSV counts it, and what needs review counts nowhere else."""

from dataclasses import replace

import pytest

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.grading.result import Result
from autograder.grading.verdict import GRADED, CellVerdict, Kind, NotebookVerdict, State
from autograder.hints import Hint
from autograder.report.statistics import MARKED, ExerciseStatistics, Loss, Statistics, ideas_of, statistics
from tests.small_course import NAME

TESTS = {
    "01_double": ("test-double-assert", "test-double-shown"),
    "02_triple": ("test-triple-assert", "test-triple-shown"),
}
EMPTY = State(Kind.REJECTED, "empty", "the file is empty; ask for another one")
REVIEW = State(Kind.REVIEW, "", "asserts and evidence disagree; look")


def verdict(notebook: str, lost: str = "", state: State = GRADED, seconds: float = 1) -> NotebookVerdict:
    """Give the points of all tests but these, two and one."""
    names = TESTS[notebook]
    cells = [
        CellVerdict(n, 0 if n.rpartition("-")[2] in lost.split() else p, p, ())
        for n, p in zip(names, (2, 1), strict=True)
    ]
    return NotebookVerdict(notebook, state, 3, tuple(cells), (), seconds)


def result(student: str, first: str = "", second: str = "", state: State = GRADED, seconds: float = 1) -> Result:
    """Lose these tests of both notebooks; the state is that of the first."""
    return Result(student, NAME, (verdict("01_double", first, state, seconds), verdict("02_triple", second)), {})


@pytest.fixture
def tiny(small: Course) -> Assignment:
    return small.assignment(NAME)


def counts(exercise: ExerciseStatistics) -> tuple[list[str], ...]:
    groups = (exercise.passed, exercise.partly, exercise.lost, exercise.waiting)
    return tuple([one.student for one in group] for group in groups)


def test_every_student_is_in_one_place_of_an_exercise(tiny: Assignment) -> None:
    found = statistics(
        [result("a"), result("b", "shown"), result("c", "assert shown"), result("d", state=REVIEW)], tiny
    )
    double, triple = found.exercises
    assert counts(double) == (["a"], ["b"], ["c"], ["d"])
    assert double.counted == 3
    assert counts(triple) == (["a", "b", "c", "d"], [], [], [])


def test_tests_are_told_where_they_say_more_than_the_exercise(tiny: Assignment) -> None:
    double, triple = statistics([result("a", "shown", "assert shown"), result("b", "assert shown")], tiny).exercises
    assert double.tests == (Loss("test-double-assert", 1), Loss("test-double-shown", 2))
    assert triple.tests == ()


def test_tests_with_names_of_their_own_belong_to_the_answer_above(tiny: Assignment) -> None:
    first = tiny.notebooks[0]
    cells = tuple(replace(c, grade_id=str(c.grade_id).replace("test-double", "correct")) for c in first.cells)
    names = [str(cell.grade_id) for cell in cells if cell.graded]
    lost = NotebookVerdict("01_double", GRADED, 3, tuple(CellVerdict(name, 0, 1, ()) for name in names))
    assert names == ["correct-assert", "correct-shown"]
    foreign = replace(tiny, notebooks=(replace(first, cells=cells),))
    (exercise,) = statistics([Result("a", NAME, (lost,), {})], foreign).exercises
    assert (exercise.name, counts(exercise)) == ("double", ([], [], ["a"], []))


def test_a_right_class_has_no_weakest_exercise_and_a_wrong_one_few(assignment: Assignment, tiny: Assignment) -> None:
    assert not any(one.is_weak for one in statistics([result("a")], tiny).exercises)
    double, triple = statistics([result("a", "shown"), result("b")], tiny).exercises
    assert (double.is_weak, triple.is_weak) == (True, False)
    cells = {
        m.name: tuple(CellVerdict(str(c.grade_id), 0, c.points, ()) for c in m.graded) for m in assignment.notebooks
    }
    nothing = tuple(NotebookVerdict(m.name, GRADED, m.max_points, cells[m.name]) for m in assignment.notebooks)
    exercises = statistics([Result("a", assignment.name, nothing, {})], assignment).exercises
    assert len(exercises) == sum(len(master.solutions) for master in assignment.notebooks)
    assert sum(one.is_weak for one in exercises) == MARKED


def test_states_are_counted_and_what_needs_review_stands_first(tiny: Assignment) -> None:
    found = statistics(
        [result("a"), result("b", state=EMPTY), result("c", state=REVIEW), result("d", state=EMPTY)], tiny
    )
    assert [(one.state, one.notebooks, one.students) for one in found.states] == [
        ("REVIEW", 1, 1),
        ("REJECTED(empty)", 2, 2),
        ("GRADED", 5, 4),
    ]
    assert [(one.result.student, str(one.state)) for one in found.needs_review] == [
        ("c", "REVIEW"),
        ("b", "REJECTED(empty)"),
        ("d", "REJECTED(empty)"),
    ]
    assert found.waiting == 3


def test_one_reason_for_all_notebooks_of_a_student_is_told_once(tiny: Assignment) -> None:
    gone = Result("a", NAME, tuple(NotebookVerdict(name, EMPTY, 3) for name in TESTS), {})
    (one,) = statistics([gone], tiny).needs_review
    assert [verdict.name for verdict in one.verdicts] == list(TESTS)


def test_totals_are_those_of_whom_nobody_need_look_at(tiny: Assignment) -> None:
    found = statistics([result("a"), result("b", "shown"), result("c", "assert"), result("d", state=REVIEW)], tiny)
    assert (found.totals, found.median, found.perfect) == ((4, 5, 6), 5, 1)


def hinted(student: str, *ids: str) -> Result:
    whole = result(student)
    hints = tuple(Hint("double", name, "line") for name in ids)
    return replace(whole, verdicts=(replace(whole.verdicts[0], hints=hints), whole.verdicts[1]))


def ideas(found: Statistics) -> list[tuple[str, int]]:
    return [(idea.misconception.id, idea.students) for idea in found.ideas]


def test_ideas_are_ranked_by_students_and_not_by_answers(assignment: Assignment, tiny: Assignment) -> None:
    hinting = replace(tiny, catalogue=assignment.catalogue)
    found = statistics([hinted("a", "M4", "M4", "M4", "M1"), hinted("b", "M9"), hinted("c", "M9")], hinting)
    assert ideas(found) == [("M9", 2), ("M1", 1), ("M4", 1)]
    assert ideas_of(hinted("a", "M9", "M4", "M9"), hinting.catalogue) == ["M4", "M9"]


def test_time_is_that_of_what_ran(tiny: Assignment) -> None:
    gone = Result("z", NAME, tuple(NotebookVerdict(name, EMPTY, 3) for name in TESTS), {})
    double, triple = statistics(
        [result("a", seconds=2), result("b", seconds=9), result("c", seconds=3), gone], tiny
    ).times
    assert (double.seconds, double.median, double.slowest.student) == ((2, 3, 9), 3, "b")
    assert triple.seconds == (1, 1, 1)
    assert statistics([gone], tiny).times == ()


def test_nobody_is_a_class_too(tiny: Assignment) -> None:
    found = statistics([], tiny)
    assert (found.states, found.needs_review, found.ideas, found.totals, found.times) == ((), (), (), (), ())
    assert [one.counted for one in found.exercises] == [0, 0]
