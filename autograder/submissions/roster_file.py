"""
Rosters as programs write them: Excel, Canvas, Moodle, Blackboard, Brightspace, and nbgrader's own.

What a file says is understood by the words of its headings, in whatever encoding and with whatever separator it
comes. Nothing is guessed: what could mean two things is a doubt, a line for each, and whoever reads the file then
changes nothing.

Sources: Canvas, `lib/gradebook_exporter.rb` (Student, ID, SIS User ID, SIS Login ID, Section, and a row of points);
Moodle, "Participants, Download table data as", "Grades, Export" and the grading worksheet (`Identifier`);
Blackboard's help, "Work Offline With Grade Data" (UTF-16, tabs); Brightspace's export of grades (`OrgDefinedId`,
values that begin with ``#``); nbgrader, `apps/dbapp.py` (id, first_name, last_name, email, lms_user_id).
"""

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import DownloadError, RejectedError
from autograder.submissions.reading import read_file
from autograder.submissions.roster import folded, letters, lms_key
from autograder.text import is_plain_name, named, plain

_MOST_BYTES, _MOST_ROWS = 16 * 2**20, 20_000

_LONGEST = 128
"""Characters of a column of nbgrader's table of students."""

_HEADINGS = {
    # In the order in which they are preferred; letters only.
    meaning: tuple(words.split())
    for meaning, words in {
        "id": "id username sisloginid loginid login userid netid githubusername userlogin benutzername anmeldename "
        "kennung nutzername nomdutilisateur identifiant nombredeusuario usuario nomeutente gebruikersnaam "
        "användarnamn brukernavn studentid sid studentnumber idnumber matrikelnummer idnummer sisuserid orgdefinedid "
        "numérodidentification númerodeid",
        "first_name": "firstname givenname forename first vorname prénom nombre nome voornaam förnamn fornavn",
        "last_name": "lastname surname familyname last nachname nomdefamille nom apellidos apellido cognome "
        "achternaam efternamn etternavn",
        "email": "email emailaddress mail emailadresse adressedecourriel direccióndecorreo indirizzoemail "
        "correoelectrónico epost emailadres",
        "lms_user_id": "lmsuserid identifier orgdefinedid studentid idnumber idnummer sisuserid",
        "name": "student fullname name studentname vollständigername nomcomplet nombrecompleto",
        "role": "role roles rolle rollen rôle rôles rol ruolo ruoli roll roller courserole",
    }.items()
}
"""
Words in headings, by what they mean. ``name`` is a full name, as "Last, First" or "First Last"; ``role`` is what
somebody is in the course, several with commas.
"""

_CANVAS = frozenset({"sisloginid", "sisuserid", "section"})

_NOBODY = re.compile(r"\s*(?:points possible|student, test|test student)\s*", re.IGNORECASE)
"""Canvas's rows that are no student's."""

_NUMBER = re.compile(r"(\d+)\.0+")
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
"""A long number as Excel shows and saves it: its end is lost."""


@dataclass(frozen=True)
class Row:
    """A student as a roster has them; what it does not say is empty."""

    line: int
    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def called(self) -> str:
        """Full name, or else id or address."""
        return plain(" ".join((self.first_name, self.last_name)).strip() or self.id or self.email)


@dataclass(frozen=True)
class RosterFile:
    """
    A roster that has been read.

    Attributes
    ----------
    columns : dict of str to str
        By what it means, the heading of the column that was taken.
    how : str
        Encoding and separator, in words.
    notes, doubts : tuple of str
        What was decided, and what a person must decide.
    """

    rows: tuple[Row, ...]
    columns: dict[str, str]
    how: str
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def read_roster_file(path: Path) -> RosterFile:
    """
    Read a roster.

    Raises
    ------
    DownloadError
        When the file cannot be read, or no heading says where the students' ids are.
    """
    try:
        data = read_file(path, _MOST_BYTES)
    except RejectedError as rejected:
        raise DownloadError(f"{path}: {rejected.message.partition(': ')[2]}") from None
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DownloadError(
            f"{path}: an Excel workbook; save it as CSV (File, Save As, CSV UTF-8), and give that file"
        )
    text, encoding = _decoded(data)
    if "\0" in text or not text.strip():
        raise DownloadError(f"{path}: {'empty' if not text.strip() else 'no text'}; export the roster as CSV again")
    separator, table = _table(text, path)
    number, headings = _heading_row(table, path)
    columns, doubts = _columns(headings)
    what = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}[separator]
    if "id" not in columns:
        said = ", ".join(plain(heading) for heading in headings if heading)
        raise DownloadError(
            f"{path}: no heading says where the students' ids are ({said}); name one of the columns 'id'"
        )
    rows, notes, more = _rows(table[number + 1 :], number + 2, headings, columns)
    found = {meaning: headings[at] for meaning, at in columns.items()}
    doubts += [*more, *_doubled(rows)]
    return RosterFile(tuple(rows), found, f"{encoding}, {what}", tuple(notes), tuple(doubts))


def _decoded(data: bytes) -> tuple[str, str]:
    for mark, encoding, name in (
        (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
        (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
        (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace"), name
    if data[1:2] == b"\0" or data[:1] == b"\0":
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace"), "UTF-16"
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), "Latin-1"


def _table(text: str, path: Path) -> tuple[str, list[list[str]]]:
    """Divide a text into cells, by the separator with which most headings are known."""
    said = re.match(r"sep=(.)\r?\n", text)
    text = text[said.end() :] if said else text
    separators = [said[1]] if said and said[1] in ",;\t|" else list(",;\t|")
    tables = {}
    for separator in separators:
        try:
            # A stray carriage return is a line's end for Excel, too.
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
            tables[separator] = [[_clean(cell) for cell in row] for row in reader]
        except csv.Error:
            continue
    if not tables:
        raise DownloadError(f"{path}: not rows of cells; export the roster as CSV again")
    best = max(tables, key=lambda separator: max(map(_known, tables[separator][:10]), default=0))
    if len(tables[best]) > _MOST_ROWS:
        raise DownloadError(f"{path}: more than {_MOST_ROWS} rows; give the roster of one course")
    return best, tables[best]


def _known(row: Iterable[str]) -> int:
    words = {word for known in _HEADINGS.values() for word in known}
    return sum(letters(cell) in words for cell in row)


def _heading_row(table: list[list[str]], path: Path) -> tuple[int, list[str]]:
    """Find the row of headings: the first of those near the top in which most are known."""
    most = max(map(_known, table[:10]), default=0)
    for number, row in enumerate(table[:10]):
        if most and _known(row) == most:
            return number, row
    raise DownloadError(
        f"{path}: no heading is known; name the columns id, first_name, last_name, email, lms_user_id"
    )


def _columns(headings: list[str]) -> tuple[dict[str, int], list[str]]:
    """Find which column means what; two of one heading are a doubt."""
    words = [letters(heading) for heading in headings]
    doubts = [
        f"two columns are called {plain(headings[words.index(word)])!r}; delete one"
        for word, count in Counter(filter(None, words)).items()
        if count > 1 and any(word in known for known in _HEADINGS.values())
    ]
    is_canvas = "student" in words and bool(_CANVAS & set(words))
    found: dict[str, int] = {}
    for meaning in ("id", "first_name", "last_name", "email", "name", "role"):
        known = [word for word in _HEADINGS[meaning] if word in words]
        if is_canvas and meaning == "id":
            # Canvas's ID is a number of its own; whoever signs in does so with another one.
            known = [word for word in ("sisloginid", "sisuserid", "id") if word in words]
        if known:
            found[meaning] = words.index(known[0])
    lms = ("id",) if is_canvas and "id" in words else _HEADINGS["lms_user_id"]
    at = [words.index(word) for word in lms if word in words and words.index(word) != found.get("id")]
    if at:
        found["lms_user_id"] = at[0]
    if "id" not in found and "email" in found:
        found["id"] = found["email"]
    if "first_name" in found and "last_name" in found:
        found.pop("name", None)
    return found, doubts


def _rows(
    table: list[list[str]], first: int, headings: list[str], columns: dict[str, int]
) -> tuple[list[Row], list[str], list[str]]:
    is_number = {
        meaning: all(re.fullmatch(r"\d+(?:\.0+)?|", _cell(row, at)) for row in table)
        for meaning, at in columns.items()
    }
    rows, doubts, others = [], [], []
    divided = 0
    roles = (
        [_roles(row[columns["role"]]) for row in table if _cell(row, columns["role"])] if "role" in columns else []
    )
    usual = _usual_role(roles)
    if roles and usual is None:
        doubts.append("no role is held by more than half, so who teaches is not clear; delete the column, or rows")
    for line, cells in enumerate(table, start=first):
        if not any(cells) or ("name" in columns and _NOBODY.fullmatch(_cell(cells, columns["name"]))):
            continue
        if len(cells) > len(headings) and any(cells[len(headings) :]):
            doubts.append(f"line {line}: more cells than there are headings; put quotes around names with a comma")
            continue
        given = {meaning: _cell(cells, at) for meaning, at in columns.items()}
        if not any(given.values()):
            # A line about columns, such as Canvas's on manual posting.
            continue
        for meaning in ("id", "lms_user_id"):
            if is_number.get(meaning):
                given[meaning] = _NUMBER.sub(r"\1", given[meaning])
            if _ROUNDED.fullmatch(given.get(meaning, "")):
                doubts.append(
                    f"line {line}: {given[meaning]} is a number that a spreadsheet has rounded; export anew"
                )
        if name := given.pop("name", ""):
            parts, is_sure = _divided(name)
            given |= parts
            divided += not is_sure
        role = given.pop("role", "")
        row = Row(line, **given)
        if usual is not None and role and usual not in _roles(role):
            others.append(f"{row.called} ({role})")
            continue
        rows.append(row)
        doubts += _odd(row)
    notes = [f"{divided} full names were divided before their last word"] if divided else []
    if others:
        notes.append(f"left out, because their role is not {usual}: {named(others)}")
    return rows, notes, doubts


def _usual_role(people: list[set[str]]) -> str | None:
    """Find the role that more than half of the people have, who are the students; None where there is none."""
    counts = Counter(role for roles in people for role in roles)
    return next((role for role, count in counts.most_common(1) if 2 * count > len(people)), None)


def _roles(cell: str) -> set[str]:
    return {role.strip() for role in cell.split(",")}


def _divided(name: str) -> tuple[dict[str, str], bool]:
    """Divide a full name, and tell whether a comma says where."""
    if "," in name:
        last, _, first = name.partition(",")
        return {"first_name": first.strip(), "last_name": last.strip()}, True
    first, _, last = name.rpartition(" ")
    return {"first_name": first.strip(), "last_name": last}, False


def _odd(row: Row) -> list[str]:
    """Say what no student may be called, or what does not fit into the gradebook."""
    if not row.id:
        return [
            f"line {row.line}: no id ({row.called}); write one, or take out the row of somebody who is no student"
        ]
    doubts = []
    if not is_plain_name(row.id) or row.id.startswith(".") or "/" in row.id:
        doubts.append(f"line {row.line}: {plain(row.id)!r} cannot be the name of a student's folder")
    if any(not is_plain_name(text) for text in (row.first_name, row.last_name) if text):
        doubts.append(f"line {row.line}: {row.id}: a name with signs that are in no name, and that pages may run")
    if any(len(text) > _LONGEST for text in (row.id, row.first_name, row.last_name, row.email, row.lms_user_id)):
        doubts.append(f"line {row.line}: {plain(row.id[:40])}: more than {_LONGEST} characters")
    return doubts


def _doubled(rows: list[Row]) -> list[str]:
    """Say which ids, numbers and addresses two students have: upper and lower case are one to a file system."""
    doubts = []
    for what, key in (
        ("id", lambda row: folded(row.id)),
        ("lms_user_id", lambda row: lms_key(row.lms_user_id)),
        ("e-mail address", lambda row: row.email.casefold()),
    ):
        lines: dict[str, list[Row]] = {}
        for row in rows:
            if key(row):
                lines.setdefault(key(row), []).append(row)
        doubts += [
            f"lines {', '.join(str(row.line) for row in same)}: {what} {plain(named)} is there {len(same)} times"
            for named, same in lines.items()
            if len(same) > 1
        ]
    return doubts


def _cell(row: list[str], at: int) -> str:
    return row[at] if at < len(row) else ""


def _clean(cell: str) -> str:
    """Write a cell without what programs put around it: blanks, ``="..."``, a quote or ``#`` in front."""
    text = " ".join(unicodedata.normalize("NFC", cell).split())
    if formula := re.fullmatch(r'="?(.*?)"?', text):
        text = formula[1]
    return text.removeprefix("'").removeprefix("#").strip()
