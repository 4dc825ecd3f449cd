"""
Whose a file of a download is: the roster decides, and what it cannot decide is nobody's.

A file goes to a student only if its name can be read in one way, or the roster knows the people of exactly one of the
ways. Two names that a download tells apart never become one student: not by upper and lower case, not by signs that
a comparison leaves out, not by a name that two students of the roster share.
"""

import re
from dataclasses import dataclass

from autograder.errors import RejectedError
from autograder.submissions.names import Claim, CollectedFile
from autograder.submissions.roster import Roster

_GROUP = re.compile(r"\b(group|gruppe|groupe|grupo|gruppo|groep|team|equipo|\u00e9quipe)\b", re.IGNORECASE)
"""Words in the names of groups."""

_BETWEEN = (re.compile(r"[,;&+]|\b(?:and|und|et|y|e)\b"), re.compile(r"[-_]"), re.compile(r"\s+"))
"""What stands between the members in a group's name: the first of these that divides it into known students."""

_MOST_MEMBERS = 20


@dataclass(frozen=True)
class Owners:
    """
    Who handed a file in.

    Attributes
    ----------
    students : tuple of str
        Their ids, or what the download calls them.
    key : str
        By what the download tells them from everybody else.
    note : str
        What somebody should know about them.
    """

    students: tuple[str, ...]
    key: str
    note: str = ""


def owners_of(item: CollectedFile, roster: Roster) -> Owners:
    """
    Find out who handed a file in.

    Raises
    ------
    RejectedError
        When nobody can tell.
    """
    fits = {
        tuple(sorted({one for claim in people for one in _found(claim, roster)})): people
        for people in item.readings
        if people and all(_is_known(claim, item, roster) for claim in people)
    }
    if len(fits) == 1:
        ((students, people),) = fits.items()
        return Owners(students, _key(people), _about(item, people, students, roster))
    if item.is_split or fits:
        ways = " or ".join(" and ".join(claim.called for claim in people) for people in item.readings)
        raise RejectedError(
            "owner",
            f"{item.file.path}: the name can be read in more than one way (as {ways}), and "
            f"{'several are' if fits else 'none is'} in the roster; import one that has the right student "
            "(`autograder roster`), or put the file into that student's folder yourself",
        )
    (people,) = item.readings
    if not people:
        raise RejectedError("owner", f"{item.file.path}: the export does not say who handed it in; look there")
    return _unknown(item, people, roster)


def _unknown(item: CollectedFile, people: tuple[Claim, ...], roster: Roster) -> Owners:
    """Decide about people of whom the roster does not know each: the download's own names may do."""
    students: list[str] = []
    for claim in people:
        found = _found(claim, roster)
        if len(found) > 1:
            number = f", in the column lms_user_id as {claim.person!r}" if claim.person else ""
            raise RejectedError(
                "owner",
                f"{item.file.path}: {claim.called} may be {' or '.join(sorted(found))}; tell them apart in the "
                f"roster{number}, or put the file into the right folder yourself",
            )
        if found:
            students += found
            continue
        if claim.is_hidden:
            raise RejectedError(
                "owner",
                f"{item.file.path}: the LMS hides whose it is; reveal the names and download again, or import a "
                f"roster with {claim.called!r} as lms_user_id",
            )
        members = _members(claim.called, roster)
        if members:
            note = f"{claim.called}: handed in by a group, and collected for each of {', '.join(members)}"
            return Owners(tuple(members), _key(people), note)
        if _GROUP.search(claim.called):
            raise RejectedError(
                "owner",
                f"{item.file.path}: {claim.called} is a group, and the roster does not tell who is in it; put a copy "
                "into the folder of each member",
            )
        students.append(claim.called)
    return Owners(tuple(students), _key(people))


def _key(people: tuple[Claim, ...]) -> str:
    """Write what a download tells people apart by: its own number, or name and number."""
    return " and ".join(
        claim.lms_id or (f"{claim.called} ({claim.person})" if claim.person else claim.called) for claim in people
    )


def _about(item: CollectedFile, people: tuple[Claim, ...], students: tuple[str, ...], roster: Roster) -> str:
    """Say what a group's file leaves open: an LMS may name only one of its members."""
    if len(students) > 1:
        return f"{item.file.path}: handed in together by {', '.join(students)}"
    if item.team:
        return f"{item.team}: only {students[0]} is named; put a copy into the folder of each other member"
    if not people[0].is_hidden and (said := _of_somebody_else(people[0], students[0], roster)):
        who = roster.called(students[0])
        return f"{said}: is {who} by its number; if it is a group, put a copy into the folder of each other member"
    return ""


def _of_somebody_else(claim: Claim, student: str, roster: Roster) -> str:
    """Give the name under which a student's number came, where it is another one than the student's."""
    is_own = claim.is_id or claim.name or student not in roster.names
    return "" if is_own or student in roster.find(claim.called) else claim.called


def _is_known(claim: Claim, item: CollectedFile, roster: Roster) -> bool:
    """Tell whether the roster knows who is meant; of a name with several readings all parts must fit."""
    found = _found(claim, roster)
    if len(found) != 1:
        return False
    (student,) = found
    has_other_name = item.is_split and claim.name and student in roster.names
    return (
        not has_other_name
        or bool(claim.lms_id and roster.find("", claim.lms_id))
        or student in roster.find(claim.name)
    )


def _found(claim: Claim, roster: Roster) -> frozenset[str]:
    found = roster.find(claim.called, claim.lms_id, email=claim.email, is_id=claim.is_id or claim.is_hidden)
    if not found and claim.name and not claim.is_id:
        found = roster.find(claim.name)
    # A number of this assignment only tells students of one name apart: a group may have the same.
    numbered = roster.find("", claim.person) & found if len(found) > 1 and claim.person else found
    return numbered or found


def _members(name: str, roster: Roster) -> list[str]:
    """Find the students whose ids or names a group's name consists of; nobody where one of them is not known."""
    for between in _BETWEEN:
        pieces = [piece.strip() for piece in between.split(name) if piece.strip()]
        found = [roster.find(piece) for piece in pieces[:_MOST_MEMBERS]]
        if len(found) > 1 and len(found) == len(pieces) and all(len(one) == 1 for one in found):
            return sorted({student for one in found for student in one})
    return []
