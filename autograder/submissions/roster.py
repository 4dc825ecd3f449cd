"""Who is in the class, as nbgrader's gradebook has it: `autograder roster` puts it there."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook, Student
from sqlalchemy.engine import make_url

from autograder.course.database import DATABASE_ERRORS, in_a_line
from autograder.course.folders import Course
from autograder.course.schema import refuse_outdated
from autograder.errors import GradebookError
from autograder.text import plain

PARTICIPANT = re.compile(
    r"(?:particip|teilnehm|deelnem|partecip|uczestni|deltag|\u0443\u0447\u0430\u0441\u0442\u043d)[^\d]{0,40}(\d{0,12})",
    re.IGNORECASE,
)
"""What Moodle calls a student whose name it hides (``Participant 123``), in the languages of most of its sites."""


@dataclass(frozen=True)
class Roster:
    """
    The students' ids, and which other names stand for them.

    Attributes
    ----------
    ids : frozenset of str
        nbgrader's ids.
    by_lms_id, by_email : dict of str to frozenset of str
        By the column ``lms_user_id``, and by e-mail address: all students who have it.
    by_id : dict of str to frozenset of str
        By id, upper and lower case alike.
    by_name : dict of str to frozenset of str
        By full name, first or last name first, letters and digits only.
    names : dict of str to str
        First and last name by id, of those whose name is known.
    """

    ids: frozenset[str] = frozenset()
    by_lms_id: dict[str, frozenset[str]] = field(default_factory=dict)
    by_email: dict[str, frozenset[str]] = field(default_factory=dict)
    by_id: dict[str, frozenset[str]] = field(default_factory=dict)
    by_name: dict[str, frozenset[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def find(
        self, said: str, lms_id: str | None = None, *, email: str | None = None, is_id: bool = False
    ) -> frozenset[str]:
        """
        Find the students whom a download may mean; more than one where it cannot be told.

        Parameters
        ----------
        said : str
            What the download calls the student.
        lms_id : str, optional
            The LMS's own number. It decides, and so does the address.
        is_id : bool
            Whether the download gives user names, so that an id decides, too.
        """
        for known, key in ((self.by_lms_id, lms_key(lms_id or "")), (self.by_email, (email or "").casefold())):
            if key in known:
                return known[key]
        exact = frozenset([said]) & self.ids
        if exact and is_id:
            return exact
        nobody: frozenset[str] = frozenset()
        return exact | self.by_id.get(folded(said), nobody) | self.by_name.get(letters(said), nobody)

    def called(self, student: str) -> str:
        """Write a student's id, with the name behind it where it is known."""
        return f"{student} ({self.names[student]})" if student in self.names else student


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
    except DATABASE_ERRORS as error:
        raise GradebookError(in_a_line(error, course.db_url, "see that it can be read")) from error


def roster_of(students: Iterable[Student]) -> Roster:
    """Make the roster of these rows."""
    rows = list(students)
    return Roster(
        frozenset(str(row.id) for row in rows),
        _index(rows, lambda row: {lms_key(str(row.lms_user_id or ""))}),
        _index(rows, lambda row: {str(row.email or "").casefold()}),
        _index(rows, lambda row: {folded(str(row.id))}),
        _index(rows, _both_ways),
        {str(row.id): name for row in rows if (name := _full_name(row))},
    )


def lms_key(number: str) -> str:
    """Write the LMS's number of a student so that two spellings of it are equal."""
    hidden = PARTICIPANT.fullmatch(number.strip())
    return f"participant {hidden[1]}" if hidden and hidden[1] else number.strip().casefold()


def letters(name: str) -> str:
    """Reduce a name to its letters and digits, in one case: two names that are equal then may be one."""
    return "".join(character for character in folded(name) if character.isalnum())


def folded(name: str) -> str:
    """Write a name so that two spellings of it are equal that a file system may take for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _index(rows: list[Student], keys: Callable[[Student], set[str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for key in keys(row) - {""}:
            found[key].add(str(row.id))
    return {key: frozenset(ids) for key, ids in found.items()}


def _both_ways(row: Student) -> set[str]:
    first, last = row.first_name or "", row.last_name or ""
    return {letters(first + last), letters(last + first)} if first and last else set()


def _full_name(row: Student) -> str:
    return plain(" ".join(f"{row.first_name or ''} {row.last_name or ''}".split()))
