"""Rosters come into nbgrader's gradebook as programs write them, whole or, where anything is in doubt, not at all."""

import unicodedata
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.cli import main
from autograder.commands.terminal import DONE, NOTHING_DONE
from autograder.course.folders import Course

Rows = dict[str, tuple[str | None, str | None, str | None, str | None]]

CLASS: Rows = {
    "ada": ("Ada", "Lovelace", "ada@x.edu", "101"),
    "bj\u00f6rn": ("Bj\u00f6rn", "M\u00fcller", "b@x.edu", "102"),
}

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,HW 1 (4711),Current Score\r\n"
    ",,,,,Manual Posting,\r\n    Points Possible,,,,,10,(read only)\r\n"
    '"Lovelace, Ada",101,S1,ada,CS 1,7,70\r\n"M\u00fcller, Bj\u00f6rn",102.0,S2,bj\u00f6rn,CS 1,,\r\n'
    '"Student, Test",999,,,CS 1,,\r\n'
)
MOODLE = (
    "Vorname;Nachname;Anmeldename;E-Mail-Adresse;ID-Nummer\n"
    "Ada;Lovelace;ada;ada@x.edu;101\nBj\u00f6rn;M\u00fcller;bj\u00f6rn;b@x.edu;102\n"
)
BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\n'
    '"Lovelace"\t"Ada"\t"ada"\t"101"\t""\n"M\u00fcller"\t"Bj\u00f6rn"\t"bj\u00f6rn"\t"102"\t""\n'
)
BRIGHTSPACE = (
    "OrgDefinedId,Username,Last Name,First Name,Email,End-of-Line Indicator\n"
    "#101,#ada,Lovelace,Ada,ada@x.edu,#\n#102,#bj\u00f6rn,M\u00fcller,Bj\u00f6rn,b@x.edu,#\n"
)
NBGRADER = (
    "id,first_name,last_name,email,lms_user_id\n"
    "ada,Ada,Lovelace,ada@x.edu,101\nbj\u00f6rn,Bj\u00f6rn,M\u00fcller,b@x.edu,102\n"
)
NO_EMAIL: Rows = {student: (*row[:2], None, row[3]) for student, row in CLASS.items()}

FILES: dict[str, tuple[bytes, Rows]] = {
    "nbgrader": (NBGRADER.encode(), CLASS),
    "Excel, UTF-8 with a mark and a line for itself": (
        ("\ufeffsep=;\r\n" + NBGRADER.replace(",", ";").replace("\n", "\r\n")).encode(),
        CLASS,
    ),
    "Excel, Latin-1": (NBGRADER.replace(",", ";").encode("cp1252"), CLASS),
    "Excel, decomposed, blanks, formulas and numbers with a point": (
        unicodedata.normalize("NFD", NBGRADER)
        .replace("101", "101.0")
        .replace("102", '"=""102"""')
        .replace("Ada,", " Ada  ,")
        .encode(),
        CLASS,
    ),
    "Moodle, with the people who teach": (
        MOODLE.replace("\n", ";\n")
        .replace("Nummer;", "Nummer;Rollen")
        .replace(";101;", ";101;Teilnehmer/in")
        .replace(";102;", ';102;"Tutor, Teilnehmer/in"')
        .replace("\nAda", "\nEmmy;Noether;;e@x.edu;;Dozent\nAda")
        .encode(),
        CLASS,
    ),
    "Canvas": (CANVAS.encode("utf-8-sig"), NO_EMAIL),
    "Moodle, German": (MOODLE.encode("utf-8-sig"), CLASS),
    "Blackboard": (BLACKBOARD.encode("utf-16"), NO_EMAIL),
    "Brightspace": (BRIGHTSPACE.encode(), CLASS),
}


def enrolled(course: Course) -> Rows:
    """Read the students from nbgrader's gradebook."""
    with Gradebook(course.db_url, course.directory.course_id) as book:
        return {one.id: (one.first_name, one.last_name, one.email, one.lms_user_id) for one in book.students}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "roster.csv"


def empty(course: Course) -> None:
    """Take everybody out of the gradebook: making a new one takes seconds."""
    with Gradebook(course.db_url, course.directory.course_id) as book:
        for student in [one.id for one in book.students]:
            book.remove_student(student)


def test_a_roster_is_read_as_each_program_writes_it(
    small: Course, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["roster", str(file), "--course", str(small.root)]
    for program, (data, rows) in FILES.items():
        file.write_bytes(data)
        assert main([*arguments, "--dry-run"]) == DONE
        assert enrolled(small) == {}
        assert main(arguments) == DONE
        assert enrolled(small) == rows, program
        assert "2 new students, 0 changed, 0 as they were" in capsys.readouterr().out
        assert main(arguments) == DONE
        assert "0 new students, 0 changed, 2 as they were" in capsys.readouterr().out
        empty(small)


def test_what_a_roster_changes_is_shown_and_what_it_does_not_say_stays(
    small: Course, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["roster", str(file), "--course", str(small.root)]
    file.write_text(NBGRADER + "grace,Grace,Hopper,,\n", encoding="utf-8")
    main(arguments)
    # Moodle's grading worksheet knows no user names: whose an address is, is known from before.
    file.write_text("Identifier,Full name,Email address\nParticipant 7,Ada King,ada@x.edu\n", encoding="utf-8")
    capsys.readouterr()
    assert main(arguments) == DONE
    said = capsys.readouterr().out
    assert enrolled(small)["ada"] == ("Ada", "King", "ada@x.edu", "Participant 7")
    assert len(enrolled(small)) == 3
    for words in (
        "lms_user_id: 101 -> Participant 7",
        "left as they are: bj\u00f6rn, grace",
        "divided before their last",
    ):
        assert words in said


def test_whoever_teaches_is_left_out_by_name(small: Course, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("id,name,Role\nada,A L,Student\nemmy,E N,Teacher\nalan,A T,Student\n", encoding="utf-8")
    assert main(["roster", str(file), "--course", str(small.root)]) == DONE
    assert "left out, because their role is not Student: E N (Teacher)" in capsys.readouterr().out
    assert sorted(enrolled(small)) == ["ada", "alan"]
    file.write_text("id,name,Role\nada,A L,Student\nemmy,E N,Teacher\n", encoding="utf-8")
    assert main(["roster", str(file), "--course", str(small.root)]) == NOTHING_DONE
    assert "no role is held by more than half" in capsys.readouterr().out


DOUBTS = {
    "one id twice": (NBGRADER + "ada,A,L,,\n", "lines 2, 4: id ada is there 2 times"),
    "ids that a file system takes for one": (NBGRADER + "ADA,A,L,,\n", "id ada is there 2 times"),
    "one number twice": (NBGRADER + "x,X,Y,,101\n", "lms_user_id 101 is there 2 times"),
    "no id": (NBGRADER + ",X,Y,,\n", "line 4: no id (X Y)"),
    "a rounded number": (
        "id,lms_user_id\nada,1.23E+11\n",
        "line 2: 1.23E+11 is a number that a spreadsheet has rounded",
    ),
    "a name without quotes": (NBGRADER + "x,Y, Z,A,b,c,d\n", "line 4: more cells than there are headings"),
    "a heading twice": ("id,email,e-mail\nada,a,b\n", "two columns are called 'email'"),
    "a path": ("id\na/b\n", "'a/b' cannot be the name of a student's folder"),
    "what pages would run": ("id,first_name\nada,<b>\n", "a name with signs that are in no name"),
    "no heading": ("Ada,Lovelace\nAlan,Turing\n", "no heading is known"),
    "no heading of an id": ("first_name,last_name\nAda,Lovelace\n", "no heading says where the students' ids are"),
    "a workbook": ("PK\x03\x04", "an Excel workbook; save it as CSV"),
    "nothing": ("\n", "empty"),
    "somebody else": (
        "id,first_name,last_name\nzoe,Bob,Ross\n",
        "zoe is Zoe Zuse in the gradebook, and Bob Ross in the",
    ),
    "another case": ("id\nZOE\n", "ZOE differs only in case from zoe in the gradebook"),
    "somebody else's number": ("id,lms_user_id\nnew,900\n", "lms_user_id 900 is zoe's in the gradebook"),
}


def test_a_doubt_is_told_and_changes_nothing(small: Course, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["roster", str(file), "--course", str(small.root)]
    file.write_text("id,first_name,last_name,lms_user_id\nzoe,Zoe,Zuse,900\n", encoding="utf-8")
    assert main(arguments) == DONE
    for what, (text, says) in DOUBTS.items():
        capsys.readouterr()
        file.write_text(text, encoding="utf-8")
        assert main(arguments) == NOTHING_DONE, what
        said = capsys.readouterr()
        assert says in said.out + said.err
    assert enrolled(small) == {"zoe": ("Zoe", "Zuse", None, "900")}
