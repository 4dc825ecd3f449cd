"""What a second run does to a real gradebook, and what it must leave alone."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nbconvert.filters import markdown2html
from nbgrader.api import Gradebook as NbGraderGradebook
from sqlalchemy import text

from autograder.course.assignment import Assignment
from autograder.course.folders import CONFIG_FILE, Course
from autograder.errors import GradebookError
from autograder.grading.checks import Finding, Outcome
from autograder.grading.result import Result
from autograder.grading.verdict import GRADED, Kind, NotebookVerdict, State, decide_cell
from autograder.records.gradebook import Gradebook
from autograder.records.store import Stored
from tests.small_course import NAME, edit


def result_of(
    assignment: Assignment, state: State, *, holds: bool = True, finding: Finding | None = None, student: str = "ada"
) -> Result:
    """Make the result of a student whose notebooks all ended in one state."""
    outcome = Finding("assert", Outcome.HOLDS) if holds else Finding("assert", Outcome.FAILS, "double(2) is not 4")
    outcome = finding or outcome
    verdicts = tuple(
        NotebookVerdict(
            master.name,
            state,
            master.max_points,
            tuple(decide_cell(str(cell.grade_id), cell.points, (outcome,)) for cell in master.graded),
        )
        for master in assignment.notebooks
    )
    return Result(student, NAME, verdicts, {})


def write(course: Course, state: State, *, timestamp: str | None = None, **more: Any) -> None:
    """Put such a result into the course's gradebook."""
    assignment = course.assignment(NAME)
    result = replace(result_of(assignment, state, **more), timestamp=timestamp)
    stored = Stored(result, course.root / "executed")
    stored.folder.mkdir(exist_ok=True)
    for path in stored.notebooks.values():
        path.write_text(str(state), encoding="utf-8")
    with Gradebook(course, assignment) as book:
        book.write(stored)


def in_database(course: Course) -> NbGraderGradebook:
    """Open the course's database as any nbgrader tool does."""
    return NbGraderGradebook(course.db_url, course.directory.course_id)


CRASHED = State(Kind.CRASH, "kernel", "the kernel died")


def test_a_later_crash_clears_the_older_score_and_asks_for_review(small: Course) -> None:
    write(small, GRADED)
    with in_database(small) as book:
        assert book.find_submission(NAME, "ada").score == 6
    write(small, CRASHED)
    with in_database(small) as book:
        submission = book.find_submission(NAME, "ada")
        assert (submission.score, submission.needs_manual_grade) == (0, True)


def test_what_a_reviewer_gave_is_never_touched(small: Course) -> None:
    write(small, CRASHED)
    with in_database(small) as book:
        book.find_grade("test-double-assert", "01_double", NAME, "ada").manual_score = 1.5
        book.find_comment("double", "01_double", NAME, "ada").manual_comment = "nearly"
        book.db.commit()
    for state in (GRADED, CRASHED):
        write(small, state)
        with in_database(small) as book:
            grade = book.find_grade("test-double-assert", "01_double", NAME, "ada")
            assert (grade.manual_score, grade.score, grade.needs_manual_grade) == (1.5, 1.5, True)
            assert book.find_comment("double", "01_double", NAME, "ada").comment == "nearly"


def test_a_better_run_takes_the_flag_and_the_comment_away(small: Course) -> None:
    write(small, GRADED, holds=False)
    with in_database(small) as book:
        assert book.find_comment("double", "01_double", NAME, "ada").auto_comment == "double(2) is not 4"
    write(small, GRADED)
    with in_database(small) as book:
        submission = book.find_submission(NAME, "ada")
        assert (submission.score, submission.needs_manual_grade) == (6, False)
        assert book.find_comment("double", "01_double", NAME, "ada").auto_comment is None


def test_a_comment_goes_to_the_exercise_whose_test_failed(small: Course) -> None:
    write(small, GRADED, holds=False)
    with in_database(small) as book:
        names = {comment.name for comment in book.find_submission_notebook("01_double", NAME, "ada").comments}
    assert names == {"double"}


def test_an_older_autograded_notebook_is_replaced(small: Course) -> None:
    path = small.autograded("ada", NAME) / "01_double.ipynb"
    write(small, CRASHED)
    assert path.read_text(encoding="utf-8") == "CRASH(kernel)"
    write(small, GRADED)
    assert path.read_text(encoding="utf-8") == "GRADED"


def test_other_exercises_than_the_gradebook_knows_are_refused_with_the_way_out(small: Course) -> None:
    write(small, GRADED)
    edit(small.source(NAME) / "01_double.ipynb", lambda cells: cells.pop(3))
    with pytest.raises(GradebookError, match="move the file away"):
        write(small, GRADED)
    with in_database(small) as book:
        assert book.find_submission(NAME, "ada").score == 6


def test_nbgrader_can_export_what_was_written(small: Course, tmp_path: Path) -> None:
    write(small, GRADED)
    with in_database(small) as book:
        assert book.average_assignment_score(NAME) == 6
        assert [student.id for student in book.students] == ["ada"]


def test_an_older_submission_gets_the_rows_of_a_notebook_that_came_later(small: Course) -> None:
    write(small, GRADED)
    path = small.source(NAME) / "02_triple.ipynb"
    path.with_name("03_other.ipynb").write_text(
        path.read_text(encoding="utf-8").replace("triple", "other"), encoding="utf-8"
    )
    write(small, GRADED)
    with in_database(small) as book:
        assert book.find_submission(NAME, "ada").score == 9
        assert {comment.name for comment in book.find_submission_notebook("03_other", NAME, "ada").comments} == {
            "other"
        }


def test_a_database_that_somebody_else_is_writing_to_is_said(small: Course) -> None:
    write(small, GRADED)
    with in_database(small) as book:
        book.db.execute(text("BEGIN IMMEDIATE"))
        with pytest.raises(GradebookError, match="another program may be writing"):
            write(small, CRASHED)
        book.db.rollback()
    write(small, CRASHED)
    with in_database(small) as book:
        assert book.find_submission(NAME, "ada").needs_manual_grade


def test_a_score_that_another_tool_has_changed_is_set_right(small: Course) -> None:
    write(small, GRADED)
    with in_database(small) as book:
        book.find_grade("test-double-assert", "01_double", NAME, "ada").auto_score = 0
        book.db.commit()
    write(small, GRADED)
    with in_database(small) as book:
        assert book.find_submission(NAME, "ada").score == 6


def all_is_lost_when_late(course: Course, plugin: str = "") -> Course:
    """Configure a penalty, and a due date at noon."""
    with (course.root / CONFIG_FILE).open("a", encoding="utf-8") as config:
        config.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n' + plugin)
    course = Course(course.root)
    write(course, GRADED)
    due(course, "2026-11-24 12:00:00 UTC")
    return course


def due(course: Course, when: str) -> None:
    """Set the due date as `nbgrader db assignment add` does."""
    with in_database(course) as book:
        book.update_or_create_assignment(NAME, duedate=when)


def score_and_penalty(course: Course) -> tuple[float, float]:
    with in_database(course) as book:
        submission = book.find_submission(NAME, "ada")
        return submission.score, submission.late_submission_penalty


def test_a_penalty_follows_the_time_and_the_due_date_also_where_nothing_is_graded_anew(small: Course) -> None:
    course = all_is_lost_when_late(small)
    write(course, GRADED, timestamp="2026-11-24 11:00:00 UTC")
    assert score_and_penalty(course) == (6, 0)
    write(course, GRADED, timestamp="2026-11-24 13:00:00 UTC")
    assert score_and_penalty(course) == (6, 6)
    due(course, "2026-11-24 14:00:00 UTC")
    write(course, GRADED, timestamp="2026-11-24 13:00:00 UTC")
    assert score_and_penalty(course) == (6, 0)
    due(course, "2026-11-24 12:00:00 UTC")
    write(course, GRADED, timestamp="2026-11-24 13:00:00 UTC")
    assert score_and_penalty(course) == (6, 6)


def test_an_extension_counts(small: Course) -> None:
    course = all_is_lost_when_late(small)
    with in_database(course) as book:
        book.grant_extension(NAME, "ada", hours=2)
    write(course, GRADED, timestamp="2026-11-24 13:00:00 UTC")
    assert score_and_penalty(course) == (6, 0)


def test_what_a_reviewer_gave_since_is_part_of_the_score_that_a_penalty_is_for(small: Course) -> None:
    course = all_is_lost_when_late(small)
    write(course, CRASHED, timestamp="2026-11-24 13:00:00 UTC")
    assert score_and_penalty(course) == (0, 0)
    with in_database(course) as book:
        book.find_grade("test-double-assert", "01_double", NAME, "ada").manual_score = 1.5
        book.db.commit()
    write(course, CRASHED, timestamp="2026-11-24 13:00:00 UTC")
    assert score_and_penalty(course) == (1.5, 1.5)


def test_a_plugin_that_cannot_be_used_is_said_for_the_late_ones(small: Course) -> None:
    course = all_is_lost_when_late(small, 'c.AssignLatePenalties.plugin_class = "nowhere.Plugin"\n')
    write(course, GRADED, timestamp="2026-11-24 11:00:00 UTC")
    with pytest.raises(GradebookError, match="mend the plugin"):
        write(course, GRADED, timestamp="2026-11-24 13:00:00 UTC")


EVIL = "<img src=x onerror=alert(1)> [a](javascript:alert(1)) [b] [c] [d]: x \x1b[2J \u202e"


def test_a_comment_is_text_on_nbgraders_pages_of_feedback_and_in_formgrader(small: Course) -> None:
    finding = Finding("assert", Outcome.FAILS, EVIL)
    write(small, GRADED, finding=finding)
    with in_database(small) as book:
        comment = book.find_comment("double", "01_double", NAME, "ada").comment
    page = markdown2html(comment)
    assert not re.search("<(?!/?p>)|href|\x1b|\u202e", page)
    assert "onerror" in page and "javascript:" in page
    # As it came, it would be a tag and a link.
    assert "<img" in markdown2html(EVIL) and "href" in markdown2html(EVIL)


@pytest.mark.parametrize("name", ["<b>", 'a"b', "a&b", "a\\b", "a\nb", "a`b", "a\x1bb", "a\u202eb", "", " "])
def test_a_name_that_pages_would_run_does_not_get_in(name: str, small: Course) -> None:
    write(small, GRADED)
    with pytest.raises(GradebookError, match="rename the folder"):
        write(small, GRADED, student=name)
    with in_database(small) as book:
        assert [student.id for student in book.students] == ["ada"]
