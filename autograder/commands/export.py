"""For instructors: scores on their way to another program."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from autograder.commands.options import add_assignment, course_of
from autograder.commands.terminal import DONE, NEEDS_REVIEW, progress_bar
from autograder.course.folders import Course
from autograder.errors import ExportError
from autograder.exports.canvas import canvas
from autograder.exports.exercises import exercises
from autograder.exports.gradescope import gradescope
from autograder.exports.junit import junit
from autograder.exports.marks import Collected, Mark, collect
from autograder.exports.moodle import left_out, moodle, strangers_among
from autograder.files import file_name, replace_file
from autograder.submissions.folder import who_handed_in
from autograder.text import named, plain

_FORMATS: dict[str, tuple[Callable[[Sequence[Mark], str], str], str]] = {
    "canvas": (canvas, "csv"),
    "moodle": (moodle, "csv"),
    "gradescope": (gradescope, "json"),
    "junit": (junit, "xml"),
    "exercises": (exercises, "csv"),
}
"""By name: what writes it, and the ending of such a file."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `autograder export`."""
    add_assignment(parser)
    parser.add_argument("--to", required=True, choices=tuple(_FORMATS))
    parser.add_argument("--student", metavar="S", help="export only this student's submission")
    parser.add_argument("--column", metavar="NAME", help="the assignment's name over there (default: its own)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to (default: a file in reports/)")


def run(options: argparse.Namespace, console: Console) -> int:
    """Write the scores of a class, or of one student, as another program reads them."""
    course = course_of(options)
    found = _collect(course, options, console)
    for line in found.missing:
        console.print(plain(line))
    if not found.marks:
        raise ExportError(f"{options.assignment}: nothing to export; grade the submissions first")
    write, ending = _FORMATS[options.to]
    text = write(found.marks, options.column or options.assignment)
    place = options.output or course.reports / _name(options, ending)
    _write(place, text, is_ours=options.output is None)
    return _report(found, options, place, console)


def _collect(course: Course, options: argparse.Namespace, console: Console) -> Collected:
    assignment = course.assignment(options.assignment)
    names = who_handed_in(course, options.assignment)
    wanted = [name for name in names if options.student in (None, name)]
    if not wanted:
        raise ExportError(
            f"{course.submitted(options.student or 'STUDENT', options.assignment)}: no submission there; "
            "collect and grade the submissions first"
        )
    with progress_bar(console) as progress:
        task = progress.add_task("reading scores", total=len(wanted), states="")
        is_whole = options.student is None
        return collect(course, assignment, wanted, lambda: progress.advance(task), is_whole=is_whole)


def _name(options: argparse.Namespace, ending: str) -> str:
    # The file of one student must not take the place of the class's.
    scope = "" if options.student is None else f"-{options.student}"
    return file_name(f"{options.assignment}{scope}-{options.to}", f".{ending}")


def _write(place: Path, text: str, *, is_ours: bool) -> None:
    try:
        if is_ours:
            place.parent.mkdir(exist_ok=True)
        replace_file(place, text)
    except OSError as error:
        raise ExportError(f"{place}: {error.strerror}; name another file with --output") from None


def _report(found: Collected, options: argparse.Namespace, place: Path, console: Console) -> int:
    unsettled = [line for mark in found.marks if mark.student.id not in found.absent for line in _unsettled(mark)]
    unsettled += [
        f"{mark.student.called}: no score, because nothing was handed in"
        for mark in found.marks
        if mark.student.id in found.absent
    ]
    strangers = strangers_among(found.marks) if options.to == "moodle" else []
    unsettled += [
        f"{student.id}: no row, because no roster has named them, and Moodle ends an import at somebody it does not "
        "know; import a roster that has this id (`autograder roster`), or collect again"
        for student in strangers
    ]
    for line in unsettled:
        console.print(plain(line))
    for heading, who in left_out(found.marks).items() if options.to == "moodle" else ():
        console.print(f"no column {heading!r}: the roster has none, or not one of their own, for {plain(named(who))}")
    if found.unjailed:
        console.print(f"{found.unjailed} of {len(found.marks) - len(found.absent)} were graded WITHOUT A JAIL")
    handed_in = {mark.student.id for mark in found.marks} - set(found.absent)
    count = len(handed_in - {student.id for student in strangers})
    console.print(f"written: {place}, {count} of {len(handed_in) + len(found.missing)} submissions")
    return NEEDS_REVIEW if found.missing or unsettled else DONE


def _unsettled(mark: Mark) -> list[str]:
    if mark.score is None:
        parts = [f"{book.name} {book.state}" for book in mark.notebooks if book.score is None]
        parts += [f"{answer} waits for a reviewer" for answer in mark.waiting]
        why = f"it needs review ({', '.join(parts)})"
        return [f"{mark.student.called}: no score, because {why}; see nbgrader's formgrader"]
    if mark.is_flagged:
        return [f"{mark.student.called}: a manual score is older than the last grading; look again in formgrader"]
    return []
