"""Students of the roster who have handed in nothing: results of which no gradebook has a row."""

from autograder.course.assignment import Assignment
from autograder.grading.result import Result
from autograder.grading.verdict import Kind, NotebookVerdict, State
from autograder.records.standing import Standing, Student

ABSENT = State(
    Kind.REJECTED,
    "absent",
    "nothing was handed in; the gradebook's roster has the student, and no submission: nbgrader counts it as 0",
)


def nothing_from(student: str, assignment: Assignment) -> Result:
    """Make the result of a student who is in the roster and has handed in nothing."""
    verdicts = tuple(NotebookVerdict(master.name, ABSENT, master.max_points) for master in assignment.notebooks)
    return Result(student, assignment.name, verdicts, {})


def is_absent(result: Result) -> bool:
    """Tell whether nothing was handed in at all."""
    return result.state.word == ABSENT.word


def no_standing(student: Student, assignment: Assignment) -> Standing:
    """Give what stands in the gradebook about such a student: no score of any cell."""
    cells = {
        (master.name, str(cell.grade_id)): cell.points
        for master in assignment.notebooks
        for cell in (*master.graded, *master.by_hand)
    }
    nothing: frozenset[tuple[str, str]] = frozenset()
    return Standing(
        student, dict.fromkeys(cells), nothing, nothing, {}, 0.0, sum(cells.values()), {}, is_flagged=False
    )
