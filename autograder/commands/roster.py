"""For instructors: who is in the class, from a file of Excel or of the LMS."""

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.commands.options import add_course, course_of
from autograder.commands.terminal import DONE, NOTHING_DONE
from autograder.records.enrolment import Change, changes_of, enrol, present_students
from autograder.records.store import only_grader
from autograder.submissions.roster import read_roster
from autograder.submissions.roster_file import RosterFile, read_roster_file
from autograder.text import counted, plain

_MEANINGS = ("id", "first_name", "last_name", "name", "email", "lms_user_id")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `autograder roster`."""
    add_course(parser)
    parser.add_argument(
        "file", type=Path, help="a CSV of Excel, Canvas, Moodle, Blackboard, Brightspace, or with nbgrader's headings"
    )
    parser.add_argument("--dry-run", action="store_true", help="only show what was understood and what would change")


def run(options: argparse.Namespace, console: Console) -> int:
    """Read a roster into nbgrader's gradebook, unless anything about it is in doubt."""
    course = course_of(options)
    found = read_roster_file(options.file)
    with only_grader(course):
        present = present_students(course)
        changes, doubts = changes_of(found.rows, read_roster(course), present)
        _show(found, changes, console)
        missing = sorted(set(present) - {change.row.id for change in changes})
        if missing:
            console.print(plain(f"in the gradebook and not in this roster, left as they are: {', '.join(missing)}"))
        for note in found.notes:
            console.print(f"note: {plain(note)}")
        for doubt in (*found.doubts, *doubts):
            console.print(f"in doubt: {plain(doubt)}")
        if found.doubts or doubts or not found.rows:
            console.print("nothing was changed; settle that in the file, and run the same command again")
            return NOTHING_DONE
        if options.dry_run:
            console.print("nothing was changed (--dry-run)")
            return DONE
        enrol(course, changes)
    console.print(f"written: {course.database}")
    return DONE


def _show(found: RosterFile, changes: list[Change], console: Console) -> None:
    """Print what was understood: which column means what, and what becomes of each student."""
    meant = ", ".join(
        f"{meaning} from {found.columns[meaning]!r}" for meaning in _MEANINGS if meaning in found.columns
    )
    console.print(plain(f"{found.how}; {meant}"))
    table = Table(pad_edge=False, header_style="bold")
    for heading in ("id", "first name", "last name", "e-mail", "lms_user_id", "what"):
        table.add_column(heading, overflow="fold")
    for change in changes:
        row = change.row
        cells = (row.id, row.first_name, row.last_name, row.email, row.lms_user_id, _what(change))
        table.add_row(*(Text(plain(cell)) for cell in cells))
    console.print(table)
    for change in changes:
        for column, (old, value) in change.columns.items() if not change.is_new else ():
            console.print(plain(f"changed: {change.row.id}: {column}: {old or 'empty'} -> {value}"))
    new = sum(change.is_new for change in changes)
    changed = sum(bool(change.columns) and not change.is_new for change in changes)
    rest = len(changes) - new - changed
    console.print(f"{counted(new, 'new student')}, {changed} changed, {rest} as they were")


def _what(change: Change) -> str:
    if change.is_new:
        return "new"
    return "changed" if change.columns else "same"
