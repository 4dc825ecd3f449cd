"""What people read says everything, and says it safely: no formula, no markup, no control character."""

import csv
import io
import re
from dataclasses import replace

import pytest
from nbformat.v4 import new_notebook
from rich.console import Console

from autograder.course.assignment import Assignment
from autograder.course.master import Master
from autograder.grading.result import Result
from autograder.grading.verdict import GRADED, CellVerdict, Kind, NotebookVerdict, State
from autograder.hints import Hint, Misconception, Reread
from autograder.report.csv_table import COLUMNS, csv_safe, csv_table
from autograder.report.terminal_table import print_table
from autograder.text import plain

NOTEBOOKS = tuple(Master(name, new_notebook(), ()) for name in ("01_first", "02_second"))
CATALOGUE = {
    name: Misconception(
        id=name,
        belief=f"{name} is believed.",
        truth=f"{name} is not true.",
        reread=Reread(notebook="01_first", heading=f"What is true of {name}"),
    )
    for name in ("M1", "M4")
}
ASSIGNMENT = Assignment("small", NOTEBOOKS, catalogue=CATALOGUE)
EMPTY = State(Kind.REJECTED, "empty", "01_first.ipynb: the file is empty")


def verdict(name: str, points: float = 2, state: State = GRADED, *notes: str) -> NotebookVerdict:
    """Make the verdict on a notebook of three points."""
    return NotebookVerdict(name, state, 3, (CellVerdict("test-double", points, 3, ()),), notes, 1.26)


def result(
    student: str = "ada", first: State = GRADED, *, notes: tuple[str, ...] = (), noted: tuple[str, ...] = ()
) -> Result:
    """Make a result of 2 + 0.5 points; `noted` is about the first notebook."""
    verdicts = (verdict("01_first", 2, first, *noted), verdict("02_second", 0.5))
    return Result(student, "small", verdicts, {}, notes=notes)


def rows(text: str) -> list[dict[str, str]]:
    """Read CSV text as a spreadsheet does."""
    header, *body = csv.reader(io.StringIO(text, newline=""))
    assert header == list(COLUMNS)
    return [dict(zip(header, row, strict=True)) for row in body]


def table(*results: Result, width: int = 300, assignment: Assignment = ASSIGNMENT) -> str:
    """Print the table as on a wide terminal without colours."""
    console = Console(file=io.StringIO(), width=width)
    print_table(list(results), assignment, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def colourful(*results: Result) -> str:
    """Print the table as on a terminal with colours and links."""
    console = Console(file=io.StringIO(), width=300, force_terminal=True, color_system="truecolor")
    print_table(list(results), ASSIGNMENT, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_csv_has_a_row_for_each_notebook_of_each_student() -> None:
    assert rows(csv_table([result("ada"), result("grace")], {"ada": "Ada Lovelace"})) == [
        {
            "student": student,
            "name": {"ada": "Ada Lovelace"}.get(student, ""),
            "notebook": notebook,
            "state": "GRADED",
            "points": points,
            "max_points": "3",
            "seconds": "1.3",
            "reason": "",
            "misconceptions": "",
            "notes": "",
            "penalty": "",
        }
        for student in ("ada", "grace")
        for notebook, points in (("01_first", "2"), ("02_second", "0.5"))
    ]


def test_the_csv_of_nobody_is_its_header() -> None:
    assert rows(csv_table([])) == []
    assert len(csv_table([]).splitlines()) == 1


@pytest.mark.parametrize("kind", [kind for kind in Kind if not State(kind).is_graded])
def test_what_needs_review_has_no_points_but_a_reason(kind: Kind) -> None:
    first, second = rows(csv_table([result(first=State(kind, "word", "look at it"))]))
    assert (first["state"], first["points"], first["reason"]) == (f"{kind.value}(word)", "", "look at it")
    assert (second["state"], second["points"], second["reason"]) == ("GRADED", "0.5", "")


def test_an_answer_that_is_worth_nothing_has_zero_points() -> None:
    nothing = Result("ada", "small", (verdict("01_first", 0),), {})
    assert rows(csv_table([nothing]))[0]["points"] == "0"


def test_notes_of_the_folder_and_of_the_notebook_stand_together() -> None:
    first, second = rows(csv_table([result(notes=("an extra file",), noted=("a copied cell", "a moved cell"))]))
    assert first["notes"] == "an extra file; a copied cell; a moved cell"
    assert second["notes"] == "an extra file"


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    "\n=1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x")',
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_field_of_the_csv_is_a_formula(formula: str) -> None:
    told = rows(
        csv_table([result(formula, State(Kind.CRASH, "kernel", formula), notes=(formula,), noted=(formula,))])
    )
    assert [row["student"] for row in told] == [f"'{formula}"] * 2
    assert told[0]["reason"] == f"'{formula}"
    assert told[0]["notes"] == f"'{formula}; {formula}"


@pytest.mark.parametrize("text", ["", "ada", "1+1", "a=b", "'", " =1", "ada@example.org"])
def test_text_that_is_no_formula_stays_as_it_is(text: str) -> None:
    assert csv_safe(text) == text


AWKWARD = [
    "a,b",
    'a"b',
    '"',
    "a\nb",
    "a;b",
    "a\\b",
    "'a'",
    "Zoë Ł",
    " a ",
    "a\rb",
]


@pytest.mark.parametrize("text", AWKWARD)
def test_the_csv_parses_back_to_the_same_rows(text: str) -> None:
    told = rows(csv_table([result(text, State(Kind.CRASH, "kernel", text), notes=(text,)), result("grace")]))
    assert [(row["student"], row["notebook"]) for row in told] == [
        (text, "01_first"),
        (text, "02_second"),
        ("grace", "01_first"),
        ("grace", "02_second"),
    ]
    assert (told[0]["reason"], told[0]["notes"], told[1]["notes"]) == (text, text, text)


def test_the_table_has_a_row_for_each_student() -> None:
    printed = table(result("ada"), result("grace"))
    assert [re.findall(r"[\w.]+", line) for line in printed.splitlines() if "ada" in line or "grace" in line] == [
        ["ada", "GRADED", "2", "GRADED", "0.5", "2.5"],
        ["grace", "GRADED", "2", "GRADED", "0.5", "2.5"],
    ]
    assert "review" not in printed
    assert "Noted" not in printed


def test_the_table_shows_a_state_in_place_of_points_and_says_below_what_needs_review() -> None:
    printed = table(result("ada", EMPTY), result("grace"))
    (row,) = [line for line in printed.splitlines() if "│ada" in line]
    assert re.findall(r"[\w.()?]+", row) == ["ada", "REJECTED(empty)", "GRADED", "0.5", "?"]
    assert "1 needs review" in printed
    assert "2 need review" in table(result("ada", EMPTY), result("grace", EMPTY))
    assert "  ada: REJECTED(empty) 01_first.ipynb: the file is empty\n" in printed


def test_the_table_says_below_what_was_noted() -> None:
    printed = table(result("ada", notes=("an extra file",), noted=("a copied cell",)))
    assert "  ada: an extra file\n  ada: 01_first: a copied cell\n" in printed


def test_csv_and_table_count_the_misconceptions_of_the_class() -> None:
    hints = {
        "ada": (Hint("one", "M1", "a line"), Hint("two", "M4", "a line")),
        "grace": (Hint("one", "M4", "a line"), Hint("two", "M4", "another")),
    }
    results = [
        replace(result(student), verdicts=(replace(verdict("01_first"), hints=found),))
        for student, found in hints.items()
    ]
    assert [row["misconceptions"] for row in rows(csv_table(results))] == ["M1 M4", "M4"]
    counted = [line.split()[:2] for line in table(*results).splitlines() if re.match(r" +\d+ M\d+ ", line)]
    assert counted == [["2", "M4"], ["1", "M1"]]
    assert "M4 is believed. See “What is true of M4” in 01_first." in table(*results)
    assert "Misconceptions" not in table(result("ada"))


MARKUP = [
    "[bold red]x[/bold red]",
    "[/bold]",
    "[link=https://example.org]x[/link]",
    "[@click=quit]x",
    "[]",
    "[",
    "]",
    r"\[bold]",
    "[[bold]]",
    ":skull:",
]


@pytest.mark.parametrize("text", MARKUP)
def test_markup_in_a_name_or_a_note_is_shown_as_it_is(text: str) -> None:
    printed = table(result(text, State(Kind.CRASH, "kernel", text), notes=(text,), noted=(text,)))
    assert f"│{text} " in printed
    assert f"  {text}: CRASH(kernel) {text}\n" in printed
    assert f"  {text}: {text}\n  {text}: 01_first: {text}\n" in printed


def test_markup_over_two_notes_hides_nothing() -> None:
    notes = table(
        result("ada", notes=("extra a[b",)), result("grace", notes=("kept",)), result("zoe", notes=("c]d",))
    )
    assert "  ada: extra a[b\n  grace: kept\n  zoe: c]d\n" in notes


CONTROL = {
    "colour": "\x1b[31m",
    "clear the screen": "\x1b[2J\x1b[H",
    "set the title": "\x1b]0;title\x07",
    "one-byte escape": "\x9b31m",
    "start of the line": "ada\rGRADED 10",
    "new line": "ada\ngrace",
    "backspace": "a\x08b",
    "bell": "\x07",
    "delete": "\x7f",
    "tab": "a\tb",
    "written backwards": "\u202ebypni.x",
    "isolated": "\u2067x\u2069",
}


@pytest.mark.parametrize("text", CONTROL.values(), ids=CONTROL)
def test_control_characters_never_reach_the_terminal(text: str) -> None:
    printed = table(result(text, State(Kind.CRASH, "kernel", text), notes=(text,), noted=(text,)))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", printed)
    assert "\N{REPLACEMENT CHARACTER}" in plain(text)


@pytest.mark.parametrize("text", CONTROL.values(), ids=CONTROL)
def test_control_characters_change_no_line_of_the_table(text: str) -> None:
    clean = table(result("name", EMPTY, notes=("note",)))
    printed = table(result(text, EMPTY, notes=(text,)))
    assert len(printed.splitlines()) == len(clean.splitlines())


def test_a_link_in_a_name_is_no_link_on_a_terminal() -> None:
    assert "\x1b]8;" not in colourful(result("[link=https://example.org]x[/link]"))


NO_TEXT = "\udcff"
"""How Python names a file whose name is the byte FF."""


def test_a_name_that_is_not_utf_8_can_be_written_to_the_csv() -> None:
    assert csv_table([result("ada", notes=(f"{NO_TEXT}.ipynb",))]).encode()


def test_a_name_that_is_not_utf_8_can_be_printed() -> None:
    assert table(result("ada", notes=(f"{NO_TEXT}.ipynb",))).encode()


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\x7f", "\x9b", "\u2028", "\u2029", "\u202e", "\u2066", "\0"])
def test_no_cell_of_the_csv_holds_a_control_character(sign: str) -> None:
    told = csv_table([result(f"a{sign}", State(Kind.CRASH, "kernel", sign), notes=(sign,), noted=(sign,))])
    assert sign not in told
    assert csv_safe(f"a{sign}\nb\tc") == "a\ufffd\nb\tc"


LONG = (
    State(Kind.REJECTED, "not-a-notebook", "it is none"),
    State(Kind.LIMIT, "grader-time", "it took too long"),
    State(Kind.TIMEOUT, "notebook", "it took too long"),
    GRADED,
)


@pytest.mark.parametrize("width", [60, 80, 100, 300])
@pytest.mark.parametrize("count", [1, 4, 9])
def test_a_narrow_terminal_cuts_no_state_no_name_and_no_points(width: int, count: int) -> None:
    names = [f"{number:02}_a_rather_long_name_of_a_notebook" for number in range(count)]
    assignment = Assignment("small", tuple(Master(name, new_notebook(), ()) for name in names))
    states = [LONG[number % len(LONG)] for number in range(count)]
    verdicts = tuple(verdict(name, 2, state) for name, state in zip(names, states, strict=True))
    shown = table(Result("ada.lovelace", "small", verdicts, {}), width=width, assignment=assignment)
    lines = shown[: shown.find("review (")].splitlines()
    assert max(map(len, lines)) <= max(width, 90)
    for state in states:
        assert f"{state}" in shown
    assert any("ada.lovelace" in line for line in lines)
    assert "…" not in shown
