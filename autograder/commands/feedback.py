"""For instructors: the pages of a class, packed as an LMS takes them back."""

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from autograder.commands.collect import handed_in_as
from autograder.commands.options import add_assignment, add_naming, course_of
from autograder.commands.terminal import DONE, NEEDS_REVIEW, progress_bar
from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.errors import ExportError, FeedbackError
from autograder.exports.marks import Collected, Mark, collect
from autograder.files import file_name
from autograder.records.standing import Standing
from autograder.records.store import Stored
from autograder.report.feedback import Feedback
from autograder.returning.overview import NAME as OVERVIEW
from autograder.returning.overview import overview
from autograder.returning.packs import PACKS, write_folder, write_zip
from autograder.returning.pdf import browser, pdf
from autograder.submissions.folder import who_handed_in
from autograder.text import counted, plain


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `autograder feedback`."""
    add_assignment(parser)
    parser.add_argument("--to", required=True, choices=tuple(PACKS))
    parser.add_argument(
        "--from",
        dest="download",
        type=Path,
        metavar="DOWNLOAD",
        help="what was collected: the LMS knows its files by their names (Canvas needs it)",
    )
    add_naming(parser)
    parser.add_argument("--student", metavar="S", help="pack only this student's pages")
    parser.add_argument("--pdf", action="store_true", help="pack the pages as PDF, made by Chromium")
    parser.add_argument("--output", type=Path, metavar="PLACE", help="where to (default: in reports/)")


def run(options: argparse.Namespace, console: Console) -> int:
    """Bring the pages up to date, pack them, and say whose are not there."""
    course = course_of(options)
    assignment = course.assignment(options.assignment)
    if PACKS[options.to].needs_download and options.download is None:
        raise ExportError(f"--to {options.to}: name the download that you collected with --from")
    if options.download is None and (options.pattern or options.timezone):
        raise ExportError("--pattern and --timezone say how a download is read; name it with --from")
    place = _place(course, options)
    printer = browser() if options.pdf else None
    origins, problems = handed_in_as(course, assignment, options, console) if options.download else ({}, [])
    names = [name for name in who_handed_in(course, assignment.name) if options.student in (None, name)]
    if not names:
        raise ExportError(f"{assignment.name}: no submission there; collect and grade the submissions first")
    with progress_bar(console) as progress:
        task = progress.add_task("reading pages", total=len(names))
        found, undrawn = _brought_up_to_date(course, assignment, names, problems, lambda: progress.advance(task))
        files: dict[str, bytes] = {}
        for mark in progress.track(found.marks, description="packing"):
            if mark.student.id in undrawn:
                continue
            try:
                files |= _packed(course, assignment, mark, origins, options.to, printer, files)
            except (ExportError, OSError) as error:
                problems.append(f"{mark.student.called}: not packed: {error}")
    for problem in problems:
        console.print(plain(problem))
    if not files:
        raise ExportError(f"{assignment.name}: nothing to pack")
    _write(place, options, files)
    if unsettled := sum(mark.score is None for mark in found.marks):
        console.print(f"{counted(unsettled, 'student')} without a total: a part waits for you, and the pages say so")
    console.print(f"written: {place}, {counted(len(files), 'page')} of {counted(len(names), 'student')}")
    return NEEDS_REVIEW if problems or unsettled else DONE


def _brought_up_to_date(
    course: Course, assignment: Assignment, names: list[str], problems: list[str], progress: Callable[[], None]
) -> tuple[Collected, set[str]]:
    """Read what each student has got, and draw the pages that say something else; tell whose cannot be drawn."""
    feedback, undrawn = Feedback(course, assignment), set[str]()

    def draw(stored: Stored, standing: Standing) -> None:
        try:
            feedback.write(stored, None, standing)
        except FeedbackError as error:
            problems.append(str(error))
            undrawn.add(stored.result.student)

    found = collect(course, assignment, names, progress, is_whole=False, look=draw)
    problems += found.missing
    return found, undrawn


def _packed(
    course: Course,
    assignment: Assignment,
    mark: Mark,
    origins: dict[str, dict[str, str]],
    to: str,
    printer: str | None,
    others: dict[str, bytes],
) -> dict[str, bytes]:
    """
    Give a student's pages by their places in the pack.

    Raises
    ------
    ExportError
        When a page has no place there, or another student's, or cannot be printed.
    """
    ending = ".html" if printer is None else ".pdf"
    folder = course.feedback(mark.student.id, assignment.name)
    pages = {
        notebook.name: (folder / f"{notebook.name}.html").read_text(encoding="utf-8") for notebook in mark.notebooks
    }
    if PACKS[to].has_overview:
        # A notebook may be called so, too.
        name = OVERVIEW if OVERVIEW not in pages else f"{OVERVIEW}-of-all"
        pages[name] = overview(mark, assignment.name, ending)
    origin = origins.get(mark.student.id, {})
    places = PACKS[to].places(mark.student, [name + ending for name in pages], origin)
    if taken := others.keys() & set(places.values()):
        raise ExportError(f"{min(taken)} is another student's already; see that the roster tells them apart")
    return {
        place: pages[Path(page).stem].encode() if printer is None else pdf(pages[Path(page).stem], printer)
        for page, place in places.items()
    }


def _place(course: Course, options: argparse.Namespace) -> Path:
    """
    Say where the pack is written.

    Raises
    ------
    ExportError
        When there is something that is not ours to replace.
    """
    scope = "" if options.student is None else f"-{options.student}"
    ending = "" if options.to == "folder" else ".zip"
    ours = course.reports / file_name(f"{options.assignment}{scope}-feedback-{options.to}", ending)
    place: Path = options.output or ours
    is_in_the_way = place.is_dir() if ending else place.exists() and place != ours
    if is_in_the_way:
        raise ExportError(f"{place}: is there already; name another place with --output")
    return place


def _write(place: Path, options: argparse.Namespace, files: dict[str, bytes]) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if options.to == "folder":
            if options.output is None:
                shutil.rmtree(place, ignore_errors=True)
            write_folder(place, files)
        else:
            write_zip(place, files)
    except OSError as error:
        raise ExportError(f"{place}: {error.strerror}; name another place with --output") from None
