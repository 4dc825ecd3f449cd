"""For instructors: from what an LMS hands out to the folder of submissions."""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from autograder.commands.options import add_assignment, add_collecting, course_of
from autograder.commands.terminal import DONE, NEEDS_REVIEW, progress_bar
from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.errors import DownloadError, RejectedError
from autograder.records.store import only_grader
from autograder.submissions.collecting import rename_submission, sort_by_student, write_submission
from autograder.submissions.download import Download, File, UnreadableFileError
from autograder.submissions.folder import cells_of
from autograder.submissions.names import CollectedFile, Names
from autograder.submissions.recognition import Masters, notebook_stem
from autograder.submissions.roster import Roster, read_roster
from autograder.submissions.times import course_zone, zone_named
from autograder.text import counted, named, plain


@dataclass
class _Report:
    """What is printed at the end."""

    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    students: set[str] = field(default_factory=set)
    count: int = 0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `autograder collect`."""
    add_assignment(parser)
    parser.add_argument("download", type=Path, help="the folder or zip file that the LMS gave you")
    add_collecting(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Bring the files of a download into the students' folders, and print what could not be."""
    course = course_of(options)
    return DONE if collect(course, course.assignment(options.assignment), options, console) else NEEDS_REVIEW


def collect(course: Course, assignment: Assignment, options: argparse.Namespace, console: Console) -> bool:
    """
    Collect, and tell whether nothing is left to settle.

    Raises
    ------
    DownloadError
        When nothing of the download can be read, or nothing tells how its files are named.
    """
    report, how = _Report(), ""
    try:
        with only_grader(course), Download(options.download) as download, progress_bar(console) as progress:
            files, unread = _files(download, report, progress)
            names = _names(course, assignment, options, files)
            how = f", named as {names.layout} names them" if names.layout else ""
            items = [*_collected(names, files, report), *_unreadable(names, unread)]
            _write(course, assignment, items, options.overwrite, report, progress)
            if names.has_bare_times and course_zone(course.config) is None and not options.timezone:
                report.notes.append(
                    "the times in this download name no time zone and were taken for UTC; if they are local, say "
                    "which zone with --timezone, or with c.Exchange.timezone"
                )
    finally:
        for line in report.notes:
            console.print(plain(line))
        for line in report.problems:
            console.print(f"not collected: {plain(line)}")
    what = f"{counted(report.count, 'new notebook')} of {counted(len(report.students), 'student')}"
    console.print(f"{what} from {options.download}{how}")
    return not report.problems


def handed_in_as(
    course: Course, assignment: Assignment, options: argparse.Namespace, console: Console
) -> tuple[dict[str, dict[str, str]], list[str]]:
    """
    Tell under which path in a download each student's notebooks came, by student and notebook; nothing is written.

    What cannot be told, and why, is a line each.

    Raises
    ------
    DownloadError
        When nothing of the download can be read, or nothing tells how its files are named.
    """
    report = _Report()
    with Download(options.download) as download, progress_bar(console) as progress:
        files, _ = _files(download, report, progress)
        items = _collected(_names(course, assignment, options, files), files, report)
        # Only what lies below a name of the download is read; whose folder has which name is settled by now.
        found = sort_by_student(items, read_roster(course), ())
        origins = {
            one[0].student: {item.name.removesuffix(".ipynb"): item.file.path for item in one if item.is_notebook}
            for one in found.by_student
        }
        return origins, [*report.problems, *found.problems]


def _files(download: Download, report: _Report, progress: Progress) -> tuple[list[File], list[UnreadableFileError]]:
    task = progress.add_task("reading names", total=None, states="")
    files, unread = [], []
    for found in download.files():
        progress.advance(task)
        if isinstance(found, UnreadableFileError):
            report.problems.append(found.message)
            unread.append(found)
        else:
            files.append(found)
    progress.remove_task(task)
    if not files:
        raise DownloadError(f"{download.place}: no file there that can be read; name what the LMS has given you")
    return files, unread


def _names(course: Course, assignment: Assignment, options: argparse.Namespace, files: list[File]) -> Names:
    """Take the pattern of the command, of nbgrader's own collector, or what fits."""
    pattern = options.pattern or course.config.get("FileNameCollectorPlugin", {}).get("named_regexp") or None
    zone = zone_named(options.timezone, "--timezone") if options.timezone else course_zone(course.config)
    place = options.download.resolve().name.removesuffix(".zip")
    try:
        return Names(pattern, files, Masters(cells_of(assignment)), place=place, zone=zone)
    except DownloadError:
        if any(notebook_stem(file.path) is not None for file in files):
            raise
        raise DownloadError(
            f"{options.download}: no notebook there that can be read; name what the LMS has given you"
        ) from None


def _collected(names: Names, files: list[File], report: _Report) -> list[CollectedFile]:
    collected, nobodys = [], []
    for file in files:
        try:
            collected.append(names.collected(file))
        except RejectedError as rejected:
            if notebook_stem(file.path) is None and names.owner(file.path) is None:
                nobodys.append(file.path)
                continue
            report.problems.append(rejected.message)
            collected += _unreadable(names, [UnreadableFileError(rejected.reason, rejected.message, file.path)])
            continue
        if collected[-1].note:
            report.notes.append(collected[-1].note)
    if nobodys:
        verb = "belongs" if len(nobodys) == 1 else "belong"
        report.notes.append(f"{counted(len(nobodys), 'file')} {verb} to no student: {named(nobodys)}")
    return collected


def _unreadable(names: Names, unread: Iterable[UnreadableFileError]) -> list[CollectedFile]:
    """Find whose the files are that cannot be read: they have handed in something."""
    believed = [one.path for one in unread if one.reason not in ("name", "encoding")]
    return [item for item in map(names.unreadable, believed) if item is not None]


def _write(
    course: Course,
    assignment: Assignment,
    collected: Sequence[CollectedFile],
    overwrite: bool,
    report: _Report,
    progress: Progress,
) -> None:
    roster = read_roster(course)
    if not roster.ids:
        report.notes.append(
            "the roster is empty, and students are called what the download calls them: `autograder roster` first"
        )
    found = sort_by_student(collected, roster, _present(course.students(assignment.name)))
    report.notes += found.notes
    report.problems += found.problems
    for old, student in found.renamed.items():
        moved = rename_submission(course, assignment, old, student)
        report.notes += moved.notes
        report.problems += moved.problems
    task = progress.add_task(f"collecting {assignment.name}", total=len(found.by_student), states="")
    for one in progress.track(found.by_student, task_id=task):
        written = write_submission(course, assignment, one, overwrite=overwrite)
        report.notes += written.notes
        report.problems += written.problems
        if not any(item.is_notebook for item in one):
            report.problems.append(_without_a_notebook(one, roster))
        report.students.add(one[0].student)
        report.count += written.count
    if roster.ids and (unknown := sorted(report.students - roster.ids)):
        report.notes.append(f"not in the gradebook's roster: {', '.join(unknown)}")


def _without_a_notebook(items: list[CollectedFile], roster: Roster) -> str:
    """Name what a student handed in who has handed in no notebook."""
    names = [item.name or item.file.path for item in items]
    return (
        f"{roster.called(items[0].student)}: no notebook, only {named(names)}; ask for the "
        "notebook: until then, it is graded as missing"
    )


def _present(submissions: Path) -> list[str]:
    return [path.name for path in submissions.iterdir()] if submissions.is_dir() else []
