"""Students in nbgrader's gradebook: what a roster changes there, and one write for all of it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from nbgrader.api import Gradebook
from nbgrader.api import Student as StudentRow

from autograder.course.database import DATABASE_ERRORS, in_a_line
from autograder.course.folders import Course
from autograder.course.schema import refuse_outdated
from autograder.errors import GradebookError
from autograder.records.gradebook import alembic_on_path
from autograder.submissions.roster import Roster, folded, letters, lms_key
from autograder.submissions.roster_file import Row

_COLUMNS = ("first_name", "last_name", "email", "lms_user_id")


@dataclass(frozen=True)
class Change:
    """What a roster does to one student: new, the old and new value of each column, or nothing."""

    row: Row
    is_new: bool
    columns: dict[str, tuple[str, str]]


def changes_of(
    rows: Iterable[Row], known: Roster, present: dict[str, dict[str, str]]
) -> tuple[list[Change], list[str]]:
    """
    Compare a roster with the gradebook; give what it changes, and a line for each doubt.

    Parameters
    ----------
    present : dict of str to dict of str to str
        The columns of the students in the gradebook, by id.
    """
    changes, doubts = [], []
    for given_row in rows:
        row = _by_address(given_row, known)
        alike = known.by_id.get(folded(row.id), frozenset()) - {row.id}
        if alike:
            doubts.append(
                f"line {row.line}: {row.id} differs only in case from {', '.join(sorted(alike))} in the gradebook"
            )
        before = present.get(row.id)
        given = {column: getattr(row, column) for column in _COLUMNS}
        if before is None:
            changes.append(Change(row, True, {column: ("", value) for column, value in given.items() if value}))
        else:
            differs = {
                column: (before[column], value)
                for column, value in given.items()
                if value and value != before[column]
            }
            changes.append(Change(row, False, differs))
            if _is_somebody_else(before, row):
                doubts.append(
                    f"line {row.line}: {row.id} is {before['first_name']} {before['last_name']} in the gradebook, "
                    f"and {row.first_name} {row.last_name} in the roster; correct the one that is wrong"
                )
        taken = known.by_lms_id.get(lms_key(row.lms_user_id), frozenset()) - {row.id} if row.lms_user_id else ()
        if taken:
            doubts.append(
                f"line {row.line}: lms_user_id {row.lms_user_id} is {', '.join(sorted(taken))}'s in the gradebook"
            )
    return changes, doubts


def _by_address(row: Row, known: Roster) -> Row:
    """Find whom a roster without user names means, which knows students by their addresses."""
    if row.id != row.email:
        return row
    found = known.find(f"{row.first_name}{row.last_name}", email=row.email)
    return replace(row, id=next(iter(found))) if len(found) == 1 and row.id not in known.ids else row


def _is_somebody_else(before: dict[str, str], row: Row) -> bool:
    """Tell whether neither name is as it was: a person may marry, or be spelled anew, but not both."""
    pairs = [(before["first_name"], row.first_name), (before["last_name"], row.last_name)]
    return all(old and new and letters(old) != letters(new) for old, new in pairs)


def present_students(course: Course) -> dict[str, dict[str, str]]:
    """
    Read the columns of the students in the gradebook, by id; this makes the gradebook where there is none.

    Raises
    ------
    GradebookError
        When it cannot be read.
    """
    with _explained(course), alembic_on_path(), Gradebook(course.db_url, course.directory.course_id) as book:
        return {
            str(row.id): {column: str(getattr(row, column) or "") for column in _COLUMNS} for row in book.students
        }


def enrol(course: Course, changes: Sequence[Change]) -> None:
    """
    Write all changes, or none.

    Raises
    ------
    GradebookError
        When the gradebook cannot be written; nothing of the roster is in it then.
    """
    with _explained(course), alembic_on_path(), Gradebook(course.db_url, course.directory.course_id) as book:
        rows = {str(row.id): row for row in book.students}
        for change in changes:
            if change.is_new:
                if book.authenticator:
                    book.authenticator.add_student_to_course(change.row.id, book.course_id)
                rows[change.row.id] = StudentRow(id=change.row.id)
                book.db.add(rows[change.row.id])
            for column, (_, value) in change.columns.items():
                setattr(rows[change.row.id], column, value)
        book.db.commit()


@contextmanager
def _explained(course: Course) -> Iterator[None]:
    """Turn what the database raises into one line."""
    try:
        refuse_outdated(course.db_url, course.root)
        yield
    except DATABASE_ERRORS as error:
        raise GradebookError(in_a_line(error, course.db_url, "see that it can be read and written")) from error
