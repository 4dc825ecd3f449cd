"""For instructors: from what an LMS hands out to the folder of submissions."""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from autograder.collection import Names, Piece, place, sort_out
from autograder.commands.terminal import DONE, WANTS_A_PERSON, progress_bar
from autograder.course import Assignment, Course
from autograder.download import Download, File
from autograder.errors import DownloadError, RejectedError
from autograder.harmless import plain
from autograder.results import only_grader
from autograder.roster import Roster, read_roster


@dataclass
class _Told:
    """What a person is told at the end."""

    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    students: set[str] = field(default_factory=set)
    written: int = 0


def collect_command(options: argparse.Namespace, console: Console) -> int:
    """Bring the notebooks of a download into the students' folders, and say what could not be."""
    course = Course(options.course)
    return DONE if collect(course, course.assignment(options.assignment), options, console) else WANTS_A_PERSON


def collect(course: Course, assignment: Assignment, options: argparse.Namespace, console: Console) -> bool:
    """
    Collect, and tell whether nothing is left for a person to settle.

    Raises
    ------
    DownloadError
        When nothing of the download can be read, or nothing says how its files are named.
    """
    told, how = _Told(), ""
    try:
        with only_grader(course), Download(options.download) as download, progress_bar(console) as progress:
            files = _files(download, told, progress)
            names = _names(course, assignment, options, files)
            how = f", named as {names.layout} names them" if names.layout else ""
            _place(course, assignment, _pieces(names, files, assignment, told), options.overwrite, told, progress)
    finally:
        for line in told.notes:
            console.print(plain(line))
        for line in told.problems:
            console.print(f"not collected: {plain(line)}")
    console.print(f"{told.written} new notebooks of {len(told.students)} students from {options.download}{how}")
    return not told.problems


def _files(download: Download, told: _Told, progress: Progress) -> list[File]:
    task = progress.add_task("reading names", total=None, states="")
    files, others = [], 0
    for found in download.files():
        progress.advance(task)
        if isinstance(found, RejectedError):
            told.problems.append(found.message)
        elif found.name.lower().endswith(".ipynb"):
            files.append(found)
        else:
            others += 1
    progress.remove_task(task)
    if others:
        told.notes.append(f"{others} files that are no notebooks were left alone")
    if not files:
        raise DownloadError(f"{download.place}: no notebook there that can be read; name what the LMS has given you")
    return files


def _names(course: Course, assignment: Assignment, options: argparse.Namespace, files: list[File]) -> Names:
    """Take the pattern of the command, of nbgrader's own collector, or what fits."""
    pattern = options.pattern or course.config.get("FileNameCollectorPlugin", {}).get("named_regexp") or None
    return Names(pattern, files, [master.name for master in assignment.notebooks])


def _pieces(names: Names, files: list[File], assignment: Assignment, told: _Told) -> list[Piece]:
    pieces, masters = [], {master.name for master in assignment.notebooks}
    for file in files:
        try:
            pieces.append(names.piece(file))
        except RejectedError as rejected:
            told.problems.append(rejected.message)
            continue
        if pieces[-1].notebook not in masters:
            told.notes.append(f"{file.path}: no notebook of {assignment.name} has this name; rename it if it counts")
    return pieces


def _place(
    course: Course, assignment: Assignment, pieces: list[Piece], overwrite: bool, told: _Told, progress: Progress
) -> None:
    roster = read_roster(course)
    handed_in = list(sort_out(pieces, roster, _present(course.submissions)))
    task = progress.add_task(f"collecting {assignment.name}", total=len(handed_in), states="")
    for one in progress.track(handed_in, task_id=task):
        if isinstance(one, str):
            told.problems.append(one)
            continue
        placed = place(course, assignment, one, overwrite=overwrite)
        told.notes += placed.notes
        told.problems += placed.problems
        told.students.add(one[0].student)
        told.written += placed.written
    _compare(told, roster)


def _compare(told: _Told, roster: Roster) -> None:
    if roster.ids and (unknown := sorted(told.students - roster.ids)):
        told.notes.append(f"not in the gradebook's roster: {', '.join(unknown)}")


def _present(submissions: Path) -> list[str]:
    return [path.name for path in submissions.iterdir()] if submissions.is_dir() else []
