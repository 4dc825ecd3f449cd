"""
The names of a download: whose each file is, which notebook it is, and when it came in.

Only the outermost name that an LMS gives is believed: what lies below it was named by the student, who could write
another one's name there. A name that can be read in more than one way gives all of its readings:
`autograder.submissions.owners` has the roster decide.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from autograder.errors import DownloadError, RejectedError
from autograder.submissions.download import File
from autograder.submissions.gradescope_export import read_export
from autograder.submissions.layouts import BRIGHTSPACE_TIMES, IN_FOLDERS, LAYOUTS, SPLIT_AT, SUBMISSIONS
from autograder.submissions.recognition import Masters, looks_like_a_notebook, notebook_stem
from autograder.submissions.roster import PARTICIPANT
from autograder.submissions.times import to_utc

_TEAM = re.compile(r"\w+ \d+")
"""ILIAS's folder for a team, in any language."""

_Readings = tuple[tuple["Claim", ...], ...]
_Groups = dict[str, str | None]


@dataclass(frozen=True)
class Claim:
    """
    What a download says about one person.

    Attributes
    ----------
    called : str
        A name, or a user name.
    lms_id : str or None
        The LMS's own number of the student, which a roster may hold.
    person : str or None
        Another number, for students of one name.
    name : str
        The full name, where `called` is something else.
    is_id : bool
        Whether `called` is a user name.
    is_hidden : bool
        Whether the LMS hides the name: only a roster can say whose the file is.
    """

    called: str
    lms_id: str | None = None
    person: str | None = None
    email: str | None = None
    name: str = ""
    is_id: bool = False
    is_hidden: bool = False


@dataclass(frozen=True)
class CollectedFile:
    """
    A file that somebody handed in.

    Attributes
    ----------
    readings : tuple of tuple of Claim
        In each way in which the name can be read, the people who handed the file in together.
    is_split : bool
        Whether the name alone can be read in more than one way.
    name : str
        What the file is called in the student's folder: a notebook as its master is. Empty where it cannot be taken.
    time : datetime or None
        When it was handed in, in UTC and without a zone as nbgrader keeps it.
    order : tuple of int
        Numbers in the name that grow from one upload to the next.
    is_own : bool
        Whether the LMS has written it, about a submission.
    team : str
        The team's name where the LMS names only the member who uploaded it.
    note : str
        What somebody should know about it.
    """

    file: File
    readings: _Readings
    is_split: bool
    name: str
    time: datetime | None
    order: tuple[int, int]
    is_own: bool = False
    team: str = ""
    note: str = ""
    student: str = ""

    @property
    def is_notebook(self) -> bool:
        """Whether it counts as a notebook."""
        return self.name.endswith(".ipynb")


class Names:
    """
    How the files of a download are named.

    Parameters
    ----------
    pattern : str or None
        A regular expression, or the name of one in `LAYOUTS`; None to find out.
    files : sequence of File
        What to find it out from.
    place : str
        The name of the download itself.
    zone : ZoneInfo, optional
        The time zone of times without one.

    Attributes
    ----------
    has_bare_times : bool
        Whether a time without a zone was read.

    Raises
    ------
    DownloadError
        When the pattern is none, or lacks a group, or no known layout fits.
    """

    def __init__(
        self,
        pattern: str | None,
        files: Sequence[File],
        masters: Masters,
        *,
        place: str = "",
        zone: ZoneInfo | None = None,
    ) -> None:
        self._masters, self._zone = masters, zone
        self._own = None if pattern is None or pattern in LAYOUTS else _compiled(pattern)
        self._export = read_export(files) if self._own is None and pattern in (None, "gradescope") else None
        self._slug = place.removesuffix(SUBMISSIONS) if place.endswith(SUBMISSIONS) else ""
        self.layout = "" if self._own else pattern or ("gradescope" if self._export else self._best_layout(files))
        self._titles = self._common_titles(files)
        self.has_bare_times = False

    def collected(self, file: File) -> CollectedFile:
        """
        Read from a file's name whose it is.

        Raises
        ------
        RejectedError
            When the name does not say so, or says it in a way that cannot be used, or the file cannot be read where
            only its cells say which notebook it is.
        """
        found = self.owner(file.path)
        if found is None:
            raise RejectedError(
                "name", f"{file.path}: its name does not show whose it is; rename it, or give --pattern"
            )
        people, groups = found
        given = unicodedata.normalize("NFC", str(groups.get("file_id") or "")).rpartition("/")[2]
        if self._own and notebook_stem(given) is None and notebook_stem(file.name) is not None:
            given += ".ipynb"
        is_own = bool(groups.get("own"))
        name, number, note = self._file_name(file.name if is_own else given, file)
        for text in (*(claim.called for reading in people for claim in reading), name):
            if not _is_file_name(text):
                raise RejectedError(
                    "name", f"{file.path}: {text!r} cannot be the name of a file or folder; rename it"
                )
        time, about = self._time(groups.get("timestamp") or "", file.path)
        if time is None and (groups.get("late") or groups.get("late_")):
            about = f"{file.path}: late, and the LMS does not say by how much; no penalty comes of it here"
        return CollectedFile(
            file,
            people,
            self._is_split(file.path, groups),
            name,
            time,
            (int(groups.get("upload") or 0), number),
            is_own,
            str(groups.get("team") or ""),
            "; ".join(filter(None, (note, about))),
        )

    def unreadable(self, path: str) -> CollectedFile | None:
        """Read whose a file is that cannot be taken; None where its name does not say so."""
        found = self.owner(path)
        if found is None:
            return None
        file = File(path, 0, bytes)
        return CollectedFile(file, found[0], self._is_split(path, found[1]), "", None, (0, 0))

    def owner(self, path: str) -> tuple[_Readings, _Groups] | None:
        """Read whose a path is: all readings, and what else the name says; None where it says nothing."""
        groups = self._match(path)
        if groups is None:
            return None
        if self.layout == "gradescope":
            return self._of_export(str(groups["student_id"]), groups)
        if groups.get("hidden"):
            hidden = str(groups["hidden"])
            return ((Claim(hidden, hidden, is_hidden=True),),), groups
        called = unicodedata.normalize("NFC", str(groups["student_id"] or "")).strip()
        if not called:
            return None
        readings = tuple((claim,) for claim in self._claims(called, groups, path))
        return (readings, groups) if readings else None

    def _claims(self, called: str, groups: _Groups, path: str) -> Iterator[Claim]:
        lms_id, person = groups.get("lms_user_id"), groups.get("person")
        if self.layout in SPLIT_AT:
            ways = self._splits(called, path)
            for title, user in [way for way in ways if way[0] in self._titles] or ways:
                # ILIAS writes the name before the user name.
                name = title.replace("_", " ") if self.layout == "ilias" else ""
                yield Claim(user, lms_id, person, name=name, is_id=True)
            return
        if self.layout == "moodle" and person:
            # A participant's number, of this assignment: no other number of the student.
            person = f"Participant {person}"
            if PARTICIPANT.fullmatch(called):
                yield Claim(person, person, is_hidden=True)
                return
        yield Claim(called, lms_id, person, is_id=self._own is not None)

    def _splits(self, called: str, path: str) -> list[tuple[str, str]]:
        """Give all ways in which a name can be an assignment's, or a person's, and a user name."""
        sign, least = SPLIT_AT[self.layout]
        if self.layout == "github" and (slug := self._slug_of(path)) and called.startswith(f"{slug}-"):
            return [(slug, called.removeprefix(f"{slug}-"))]
        pieces = called.split(sign)
        ways = [(sign.join(pieces[:at]), sign.join(pieces[at:])) for at in range(least, len(pieces))]
        return [(title, user) for title, user in ways if title and user]

    def _slug_of(self, path: str) -> str:
        above = next((part for part in path.split("/")[:-1] if part.endswith(SUBMISSIONS)), "")
        return above.removesuffix(SUBMISSIONS) or self._slug

    def _is_split(self, path: str, groups: _Groups) -> bool:
        return self.layout in SPLIT_AT and len(self._splits(str(groups["student_id"]), path)) > 1

    def _common_titles(self, files: Iterable[File]) -> frozenset[str]:
        """Find what may be the assignment's name in all names of a download: it is the same one everywhere."""
        if self.layout not in ("blackboard", "github"):
            return frozenset()
        common: frozenset[str] | None = None
        for file in files:
            if groups := self._match(file.path):
                titles = frozenset(title for title, _ in self._splits(str(groups["student_id"]), file.path))
                common = titles if common is None else common & titles
        return common or frozenset()

    def _of_export(self, folder: str, groups: _Groups) -> tuple[_Readings, _Groups] | None:
        handed = (self._export or {}).get(folder)
        if handed is None:
            return None
        people = tuple(
            Claim(one.sid or one.email or one.name, one.sid, None, one.email, one.name) for one in handed.people
        )
        return (people,), groups | {"timestamp": handed.time}

    def _match(self, path: str) -> _Groups | None:
        if self._own:
            found = self._own.match(path)
            return found.groupdict() if found else None
        below, part = path, ""
        while below:
            above = part
            part, _, below = below.partition("/")
            if self._export is not None:
                if below and part in self._export:
                    return {"student_id": part, "file_id": below.rpartition("/")[2]}
                continue
            if not below and self.layout in IN_FOLDERS:
                return None
            if self.layout == "github" and part.endswith(SUBMISSIONS):
                continue
            if found := LAYOUTS[self.layout].fullmatch(part):
                groups: _Groups = found.groupdict()
                if self.layout == "ilias":
                    groups["team"] = above if _TEAM.fullmatch(above) else None
                return groups if not below else groups | {"file_id": below.rpartition("/")[2]}
        return None

    def _file_name(self, given: str, file: File) -> tuple[str, int, str]:
        """Give the name of a file in the student's folder, the number of an upload, and a note."""
        stem = notebook_stem(given)
        if stem is None:
            return given, 0, ""
        is_plain = given.lower().endswith(".ipynb")
        named = self._masters.named(stem)
        if named and is_plain:
            return f"{named[0]}.ipynb", named[1], ""
        data = file.read()
        held = self._masters.held_by(data)
        if len(held) != 1 and named and looks_like_a_notebook(data):
            held = frozenset([named[0]])
        if len(held) == 1 and looks_like_a_notebook(data):
            (master,) = held
            return (
                f"{master}.ipynb",
                named[1] if named else 0,
                f"{file.path}: is {master} by its cells, and was taken as {master}.ipynb",
            )
        note = f"{file.path}: no notebook of the assignment has this name, or these cells; rename it if it counts"
        return f"{stem}.ipynb" if is_plain else given, 0, note if is_plain else ""

    def _time(self, text: str, path: str) -> tuple[datetime | None, str]:
        if not text:
            return None, ""
        if self.layout == "brightspace":
            return self._brightspace_time(text, path)
        try:
            self.has_bare_times |= self.layout == "blackboard"
            return to_utc(text, self._zone), ""
        except ValueError as error:
            raise RejectedError("name", f"{path}: {text!r} {error}; rename it, or give another --pattern") from None

    def _brightspace_time(self, text: str, path: str) -> tuple[datetime | None, str]:
        """Read a time that is written for people, in the words of the site's language."""
        for form in BRIGHTSPACE_TIMES:
            try:
                local = datetime.strptime(" ".join(text.split()), form)
            except ValueError:
                continue
            self.has_bare_times = True
            return to_utc(local.isoformat(sep=" "), self._zone), ""
        return None, f"{path}: {text!r} is a time that cannot be read; nobody is late by it"

    def _best_layout(self, files: Sequence[File]) -> str:
        fits = {name: self._fits(name, expression, files) for name, expression in LAYOUTS.items()}
        best = max(fits, key=fits.__getitem__)
        if not fits[best]:
            raise DownloadError(
                f"no file is named as {', '.join(LAYOUTS)} name them; say with --pattern how they are named, "
                "e.g. '(?P<student_id>[^/]+)/(?P<file_id>.+)'"
            )
        return best

    def _fits(self, name: str, expression: re.Pattern[str], files: Sequence[File]) -> int:
        if name == "gradescope":
            return 0  # Without its metadata nothing says whose a submission is.
        paths = [file.path.split("/") for file in files]
        if name == "github":
            return self._fits_github(paths)
        ends = -1 if name in IN_FOLDERS else None
        return sum(any(expression.fullmatch(part) for part in parts[:ends]) for parts in paths)

    def _fits_github(self, paths: list[list[str]]) -> int:
        """Count repositories: below a folder for submissions, or several whose names begin alike."""
        below = [parts for parts in paths if any(part.endswith(SUBMISSIONS) for part in parts[:-1])]
        if self._slug or below:
            return len(below) or sum(len(parts) > 1 for parts in paths)
        tops = {parts[0] for parts in paths if len(parts) > 1}
        titles = [{top[:at] for at, sign in enumerate(top) if sign == "-"} for top in tops]
        return len(paths) if len(tops) > 1 and set.intersection(*titles) else 0


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise DownloadError(f"--pattern {pattern}: {error}; see Python's re module") from None
    missing = {"student_id", "file_id"} - set(expression.groupindex)
    if missing:
        raise DownloadError(
            f"--pattern {pattern}: no group {', '.join(f'(?P<{name}>...)' for name in sorted(missing))}; "
            f"give both, or one of {', '.join(LAYOUTS)}"
        )
    return expression


def _is_file_name(name: str) -> bool:
    return (
        bool(name)
        and name.isprintable()
        and not name.startswith(".")
        and not set(name) & set("/\\")
        and len(name.encode()) <= 200
    )
