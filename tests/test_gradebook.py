"""What a second run does to a real gradebook, and what it must leave alone."""

import re
import shutil
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nbconvert.filters import markdown2html
from nbgrader.api import Gradebook as NbGraderGradebook
from nbgrader.preprocessors import SaveCells
from sqlalchemy import create_engine, text

from autograder.course.assignment import Assignment
from autograder.course.folders import CONFIG_FILE, Course
from autograder.errors import GradebookBusyError, GradebookError
from autograder.grading.checks import Finding, Outcome
from autograder.grading.result import Result
from autograder.grading.verdict import GRADED, Kind, NotebookVerdict, State, decide_cell
from autograder.records.gradebook import Gradebook
from autograder.records.masters import _STEPS, in_step, masters_of
from autograder.records.store import Stored
from autograder.submissions.roster import read_roster
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


def write(course: Course, state: State, *, timestamp: str | None = None, **more: Any) -> list[str]:
    """Put such a result into the course's gradebook, and give what of reviewers went."""
    assignment = course.assignment(NAME)
    result = replace(result_of(assignment, state, **more), timestamp=timestamp)
    stored = Stored(result, course.root / "executed")
    stored.folder.mkdir(exist_ok=True)
    for path in stored.notebooks.values():
        path.write_text(str(state), encoding="utf-8")
    with Gradebook(course, assignment) as book:
        book.write(stored)
    return book.lost


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


def test_recorded_masters_are_in_step_with_themselves_and_with_nbgraders_own(small: Course) -> None:
    write(small, GRADED)
    assignment = small.assignment(NAME)
    with in_database(small) as book:
        assert in_step(book, masters_of(assignment, small.config))
        for master in assignment.notebooks:
            about = {"notebook": master.name, "assignment": NAME, "db_url": small.db_url}
            notebook: Any = deepcopy(master.notebook)
            resources: dict[str, Any] = {"nbgrader": about}
            for step in (*_STEPS, SaveCells):
                notebook, resources = step(config=small.config).preprocess(notebook, resources)
        book.db.expire_all()
        assert in_step(book, masters_of(assignment, small.config))


def settle_by_hand(course: Course, cell: str, notebook: str = "01_double", assignment: str = NAME) -> None:
    """Give a score and a comment as formgrader does."""
    with in_database(course) as book:
        book.find_grade(cell, notebook, assignment, "ada").manual_score = 1.5
        book.find_comment(notebook.partition("_")[2], notebook, assignment, "ada").manual_comment = "nearly"
        book.db.commit()


def by_hand(course: Course, assignment: str = NAME) -> set[tuple[str, str, object]]:
    """List what reviewers have given and written in an assignment."""
    with in_database(course) as book:
        submitted = book.find_submission(assignment, "ada").notebooks
        scores = {(one.name, grade.name, grade.manual_score) for one in submitted for grade in one.grades}
        texts = {(one.name, text.name, text.manual_comment) for one in submitted for text in one.comments}
    return {one for one in scores | texts if one[2] is not None}


GIVEN = {("01_double", "test-double-assert", 1.5), ("01_double", "double", "nearly")}


def change_points(cells: Any) -> None:
    cells[4]["metadata"]["nbgrader"]["points"] = 8


def take_a_test_away(cells: Any) -> None:
    cells.pop(4)


def rename_a_test(cells: Any) -> None:
    cells[4]["metadata"]["nbgrader"]["grade_id"] = "test-double-renamed"


def split_a_test(cells: Any) -> None:
    cells.append(deepcopy(cells[4]))
    cells[-1]["metadata"]["nbgrader"]["grade_id"] = cells[-1]["id"] = "test-double-other"


def have_it_graded_by_hand(cells: Any) -> None:
    cells[4]["metadata"]["nbgrader"] |= {"solution": True, "locked": False}


def change_a_text(cells: Any) -> None:
    cells[1]["source"] = "import math, cmath"


CHANGES = {
    change_points: (13, {"double", "test-double-assert", "test-double-shown"}),
    take_a_test_away: (5, {"double", "test-double-assert"}),
    rename_a_test: (6, {"double", "test-double-assert", "test-double-renamed"}),
    split_a_test: (7, {"double", "test-double-assert", "test-double-shown", "test-double-other"}),
    have_it_graded_by_hand: (6, {"double", "test-double-assert", "test-double-shown"}),
    change_a_text: (6, {"double", "test-double-assert", "test-double-shown"}),
}
"""By change of a master: the maximum of the assignment after it, and the cells that a submission has rows for."""


@pytest.mark.parametrize("change", CHANGES)
def test_what_stands_of_a_master_follows_it_and_what_a_reviewer_gave_stays(change: Any, small: Course) -> None:
    write(small, GRADED)
    write(small, GRADED, student="alan")
    settle_by_hand(small, "test-double-assert")
    edit(small.source(NAME) / "01_double.ipynb", change)
    assert write(small, GRADED) == []
    assignment = small.assignment(NAME)
    most, cells = CHANGES[change]
    with in_database(small) as book:
        assert in_step(book, masters_of(assignment, small.config))
        for student in ("ada", "alan"):
            assert book.find_submission(NAME, student).max_score == most
            submitted = book.find_submission_notebook("01_double", NAME, student)
            assert {one.name for one in (*submitted.grades, *submitted.comments)} == cells
    assert by_hand(small) == GIVEN


def make_it_a_task(cells: Any) -> None:
    task = {"grade": False, "solution": False, "locked": True, "task": True}
    cells[3] |= {"cell_type": "markdown", "source": "Explain it."}
    cells[3].pop("outputs")
    cells[3].pop("execution_count")
    cells[3]["metadata"]["nbgrader"] |= task


def test_a_cell_of_another_kind_keeps_its_score(small: Course) -> None:
    write(small, GRADED)
    settle_by_hand(small, "test-double-assert")
    edit(small.source(NAME) / "01_double.ipynb", make_it_a_task)
    assert write(small, GRADED) == []
    assert by_hand(small) == GIVEN
    with in_database(small) as book:
        assert book.find_notebook("01_double", NAME).task_cells[0].max_score == 2


def test_what_a_reviewer_gave_a_cell_that_is_no_more_is_told(small: Course) -> None:
    write(small, GRADED)
    settle_by_hand(small, "test-double-shown")
    edit(small.source(NAME) / "01_double.ipynb", rename_a_test)
    assert write(small, GRADED) == ["ada, 01_double, test-double-shown: 1.5 points by hand"]
    assert by_hand(small) == {("01_double", "double", "nearly")}


def test_other_assignments_are_left_alone(small: Course) -> None:
    other = small.root / "solutions" / "other"
    shutil.copytree(small.source(NAME), other)
    write(small, GRADED)
    with Gradebook(small, replace(small.assignment("other"), name="other")) as book:
        result = replace(result_of(small.assignment(NAME), GRADED), assignment="other")
        book.write(Stored(result, small.root / "executed"))
    settle_by_hand(small, "test-double-shown", assignment="other")
    edit(small.source(NAME) / "01_double.ipynb", take_a_test_away)
    write(small, GRADED)
    assert by_hand(small, "other") == {("01_double", "test-double-shown", 1.5), ("01_double", "double", "nearly")}
    with in_database(small) as book:
        assert (book.find_submission("other", "ada").max_score, book.find_submission(NAME, "ada").max_score) == (6, 5)


def test_a_notebook_without_a_master_goes_unless_a_persons_work_would_go_with_it(small: Course) -> None:
    write(small, GRADED)
    master = small.source(NAME) / "02_triple.ipynb"
    kept = master.read_bytes()
    settle_by_hand(small, "test-triple-shown", "02_triple")
    before = by_hand(small)
    master.unlink()
    with pytest.raises(GradebookError, match="02_triple, which has no master any more; put the master back"):
        write(small, GRADED)
    assert by_hand(small) == before
    master.write_bytes(kept)
    with in_database(small) as book:
        book.find_grade("test-triple-shown", "02_triple", NAME, "ada").manual_score = None
        book.find_comment("triple", "02_triple", NAME, "ada").manual_comment = None
        book.db.commit()
    master.unlink()
    assert write(small, GRADED) == []
    with in_database(small) as book:
        assert [one.name for one in book.find_assignment(NAME).notebooks] == ["01_double"]
        assert book.find_submission(NAME, "ada").max_score == 3


def test_a_gradebook_of_an_older_nbgrader_is_told_with_nbgraders_own_way_out(small: Course) -> None:
    write(small, GRADED)
    settle_by_hand(small, "test-double-assert")
    with in_database(small) as book:
        book.db.execute(text("ALTER TABLE student DROP COLUMN lms_user_id"))
        book.db.commit()
    for refused in (lambda: write(small, GRADED), lambda: read_roster(small)):
        with pytest.raises(GradebookError, match=rf"older nbgrader.*`nbgrader db upgrade` in {small.root}") as error:
            refused()
        assert not isinstance(error.value, GradebookBusyError)
    with create_engine(small.db_url).begin() as tables:
        # What nbgrader's own command does about this column.
        tables.execute(text("ALTER TABLE student ADD COLUMN lms_user_id VARCHAR(128)"))
    write(small, GRADED)
    assert by_hand(small) == GIVEN


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
