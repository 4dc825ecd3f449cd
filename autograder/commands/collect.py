"""For instructors: from what an LMS hands out to the folder of submissions."""

import argparse
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
from autograder.submissions.collecting import sort_by_student, write_submission
from autograder.submissions.download import Download, File
from autograder.submissions.layouts import CollectedFile, Names
from autograder.submissions.roster import Roster, read_roster
from autograder.text import counted, plain


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
    """Bring the notebooks of a download into the students' folders, and print what could not be."""
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
            files = _files(download, report, progress)
            names = _names(course, assignment, options, files)
            how = f", named as {names.layout} names them" if names.layout else ""
            _write(
                course, assignment, _collected(names, files, assignment, report), options.overwrite, report, progress
            )
    finally:
        for line in report.notes:
            console.print(plain(line))
        for line in report.problems:
            console.print(f"not collected: {plain(line)}")
    what = f"{counted(report.count, 'new notebook')} of {counted(len(report.students), 'student')}"
    console.print(f"{what} from {options.download}{how}")
    return not report.problems


def _files(download: Download, report: _Report, progress: Progress) -> list[File]:
    task = progress.add_task("reading names", total=None, states="")
    files, others = [], 0
    for found in download.files():
        progress.advance(task)
        if isinstance(found, RejectedError):
            report.problems.append(found.message)
        elif found.name.lower().endswith(".ipynb"):
            files.append(found)
        else:
            others += 1
    progress.remove_task(task)
    if others:
        verb = "that is no notebook was" if others == 1 else "that are not notebooks were"
        report.notes.append(f"{counted(others, 'file')} {verb} left alone")
    if not files:
        raise DownloadError(f"{download.place}: no notebook there that can be read; name what the LMS has given you")
    return files


def _names(course: Course, assignment: Assignment, options: argparse.Namespace, files: list[File]) -> Names:
    """Take the pattern of the command, of nbgrader's own collector, or what fits."""
    pattern = options.pattern or course.config.get("FileNameCollectorPlugin", {}).get("named_regexp") or None
    return Names(pattern, files, [master.name for master in assignment.notebooks])


def _collected(names: Names, files: list[File], assignment: Assignment, report: _Report) -> list[CollectedFile]:
    collected, masters = [], {master.name for master in assignment.notebooks}
    for file in files:
        try:
            collected.append(names.collected(file))
        except RejectedError as rejected:
            report.problems.append(rejected.message)
            continue
        if collected[-1].notebook not in masters:
            report.notes.append(
                f"{file.path}: no notebook of {assignment.name} has this name; rename it if it counts"
            )
    return collected


def _write(
    course: Course,
    assignment: Assignment,
    collected: list[CollectedFile],
    overwrite: bool,
    report: _Report,
    progress: Progress,
) -> None:
    roster = read_roster(course)
    handed_in = list(sort_by_student(collected, roster, _present(course.students(assignment.name))))
    task = progress.add_task(f"collecting {assignment.name}", total=len(handed_in), states="")
    for one in progress.track(handed_in, task_id=task):
        if isinstance(one, str):
            report.problems.append(one)
            continue
        written = write_submission(course, assignment, one, overwrite=overwrite)
        report.notes += written.notes
        report.problems += written.problems
        report.students.add(one[0].student)
        report.count += written.count
    _compare(report, roster)


def _compare(report: _Report, roster: Roster) -> None:
    if roster.ids and (unknown := sorted(report.students - roster.ids)):
        report.notes.append(f"not in the gradebook's roster: {', '.join(unknown)}")


def _present(submissions: Path) -> list[str]:
    return [path.name for path in submissions.iterdir()] if submissions.is_dir() else []
