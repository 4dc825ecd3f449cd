"""Who is in the class, as nbgrader's gradebook has it: `nbgrader db student import` puts it there."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook, Student
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from autograder.course.folders import Course
from autograder.course.schema import refuse_outdated
from autograder.errors import GradebookError


@dataclass(frozen=True)
class Roster:
    """
    The students' ids, and which other names stand for them.

    Attributes
    ----------
    ids : frozenset of str
        nbgrader's ids.
    by_lms_id : dict of str to str
        By the column ``lms_user_id``.
    by_name : dict of str to str
        By full name, first or last name first, letters and digits only; without names that two students share.
    """

    ids: frozenset[str] = frozenset()
    by_lms_id: dict[str | None, str] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)

    def find(self, said: str, lms_id: str | None = None) -> str | None:
        """Find the id of the student whom a download calls by a name, and perhaps by the LMS's own number."""
        if lms_id in self.by_lms_id:
            return self.by_lms_id[lms_id]
        return said if said in self.ids else self.by_name.get(_letters(said))


def read_roster(course: Course) -> Roster:
    """
    Read the students of the gradebook; nobody where there is no gradebook yet.

    Raises
    ------
    GradebookError
        When it cannot be read.
    """
    file = make_url(course.db_url)
    if file.drivername == "sqlite" and not Path(str(file.database)).is_file():
        return Roster()
    try:
        refuse_outdated(course.db_url, course.root)
        with Gradebook(course.db_url, course.directory.course_id) as book:
            return roster_of(book.students)
    except (SQLAlchemyError, OSError) as error:
        what = (str(error).splitlines() or [type(error).__name__])[0]
        raise GradebookError(f"{course.db_url}: {what}; see that it can be read") from error


def roster_of(students: Iterable[Student]) -> Roster:
    """Make the roster of these rows."""
    rows = list(students)
    names = [(key, str(row.id)) for row in rows for key in _keys(row)]
    shared = {key for key, count in Counter(key for key, _ in set(names)).items() if count > 1}
    return Roster(
        frozenset(str(row.id) for row in rows),
        {str(row.lms_user_id): str(row.id) for row in rows if row.lms_user_id},
        {key: student for key, student in names if key not in shared},
    )


def _keys(row: Student) -> set[str]:
    first, last = row.first_name or "", row.last_name or ""
    return {_letters(first + last), _letters(last + first)} if first and last else set()


def _letters(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
