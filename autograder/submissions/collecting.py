"""Which of several files of a student counts, and how it comes into the folder of submissions."""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.errors import RejectedError
from autograder.files import replace_file, sync_folder, temporary_prefix
from autograder.submissions.layouts import CollectedFile, parsed_time
from autograder.submissions.reading import MAX_BYTES, MOST_NAMED, TIMESTAMP_FILE, read_file, read_timestamp
from autograder.submissions.roster import Roster
from autograder.text import is_plain_name

MAX_FILES, MAX_STUDENT_BYTES = 100, 256 * 2**20
"""Most notebooks of one student, and most bytes of all of them."""


def sort_by_student(
    items: Iterable[CollectedFile], roster: Roster, present: Iterable[str]
) -> Iterator[list[CollectedFile] | str]:
    """
    Give for each student the notebooks that count, and a line for each that cannot be decided.

    Parameters
    ----------
    present : iterable of str
        The names of the students' folders that are there already.
    """
    by_student: dict[str, list[CollectedFile]] = defaultdict(list)
    for item in items:
        student = roster.find(item.called, item.lms_id) or item.called
        by_student[student].append(replace(item, student=student))
    spelled: dict[str, set[str]] = defaultdict(set)
    for name in (*by_student, *present, *roster.ids):
        spelled[name.casefold()].add(name)
    for student, handed_in in sorted(by_student.items()):
        others = spelled[student.casefold()] - {student}
        numbers = {number for item in handed_in for number in (item.lms_id, item.person) if number}
        if not is_plain_name(student):
            paths = ", ".join(item.file.path for item in handed_in[:MOST_NAMED])
            yield f"{student}: characters that are in no name ({paths}); rename them, or import a roster"
        elif others and student not in roster.ids:
            yield f"{student}: differs only in case from {', '.join(sorted(others))}; rename one, or import a roster"
        elif len(numbers) > 1:
            yield (
                f"{student}: {len(numbers)} students with the numbers {', '.join(sorted(numbers))} have this name; "
                "import a roster with lms_user_id, or put the files into folders of the submissions yourself"
            )
        elif len(handed_in) > MAX_FILES or sum(item.file.size for item in handed_in) > MAX_STUDENT_BYTES:
            yield (
                f"{student}: more than {MAX_FILES} notebooks or {MAX_STUDENT_BYTES} bytes; "
                "put those that count into a folder of the submissions yourself"
            )
        else:
            yield from _latest_of(student, handed_in)


def _latest_of(student: str, handed_in: list[CollectedFile]) -> Iterator[list[CollectedFile] | str]:
    by_notebook: dict[str, list[CollectedFile]] = defaultdict(list)
    for item in handed_in:
        by_notebook[item.notebook].append(item)
    kept = []
    for notebook, items in sorted(by_notebook.items()):
        last = [item for item in items if _when(item) == max(map(_when, items))]
        try:
            if len(last) > 1 and len({item.file.read() for item in last}) > 1:
                paths = ", ".join(item.file.path for item in last)
                yield f"{student}: {notebook} is there {len(last)} times ({paths}), and no name shows which is last"
                continue
        except RejectedError as rejected:
            yield rejected.message
            continue
        kept.append(last[0])
    if kept:
        yield kept


@dataclass(frozen=True)
class Written:
    """
    What has become of a student's notebooks.

    Attributes
    ----------
    count : int
        How many are new in the student's folder.
    notes : tuple of str
        What was replaced, or was older than what is there: nobody needs to do anything.
    problems : tuple of str
        What somebody must settle.
    """

    count: int = 0
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def write_submission(
    course: Course, assignment: Assignment, items: list[CollectedFile], *, overwrite: bool
) -> Written:
    """
    Bring one student's notebooks into the folder of submissions: a new folder whole, an older one file by file.

    Parameters
    ----------
    overwrite : bool
        Whether what is there gives way also where no timestamp shows which is newer.
    """
    folder = course.submitted(items[0].student, assignment.name)
    for path in (folder.parent, folder):
        if path.is_symlink():
            return Written(problems=(f"{path}: a link, which is not followed; put the folder itself there",))
    try:
        if folder.exists():
            return _update(folder, items, overwrite=overwrite)
        return _make(folder, items)
    except OSError as error:
        return Written(problems=(f"{folder}: {error.strerror}; see that it can be written",))


def _make(folder: Path, items: list[CollectedFile]) -> Written:
    files, problems = _read_all(items)
    if not files:
        return Written(problems=problems)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=temporary_prefix(folder.name), dir=folder.parent) as fresh:
        new = Path(fresh) / folder.name
        new.mkdir()
        for item, data in files:
            replace_file(new / f"{item.notebook}.ipynb", data)
        if times := [item.time for item, _ in files if item.time]:
            replace_file(new / TIMESTAMP_FILE, _written(max(times)))
        sync_folder(new)
        new.rename(folder)
    sync_folder(folder.parent)
    return Written(len(files), problems=problems)


def _update(folder: Path, items: list[CollectedFile], *, overwrite: bool) -> Written:
    files, unread = _read_all(items)
    problems = list(unread)
    before = _time_of(folder)
    notes, times, written = [], [], 0
    for item, data in files:
        path = folder / f"{item.notebook}.ipynb"
        try:
            there = read_file(path, MAX_BYTES) if path.exists() or path.is_symlink() else None
        except RejectedError as rejected:
            problems.append(f"{folder}: {rejected.message}")
            continue
        newer = None if item.time is None or before is None or item.time == before else item.time > before
        if there is not None and there != data:
            if newer is False and not overwrite:
                notes.append(f"{path}: kept; {item.file.path} is older")
                continue
            if newer is None and not overwrite:
                problems.append(
                    f"{path}: kept; {item.file.path} differs, and no time shows which is newer: --overwrite takes it"
                )
                continue
            notes.append(f"{path}: replaced by {item.file.path}")
        if there != data:
            replace_file(path, data)
            written += 1
        times += [item.time] if item.time else []
    # Last: whoever is stopped before begins anew with the same outcome.
    if times and (before is None or max(times) > before):
        replace_file(folder / TIMESTAMP_FILE, _written(max(times)))
    sync_folder(folder)
    return Written(written, tuple(notes), tuple(problems))


def _read_all(items: list[CollectedFile]) -> tuple[list[tuple[CollectedFile, bytes]], tuple[str, ...]]:
    files, problems = [], []
    for item in items:
        try:
            files.append((item, item.file.read()))
        except RejectedError as rejected:
            problems.append(f"{item.file.path}: {rejected.message.removeprefix(f'{item.file.path}: ')}")
    return files, tuple(problems)


def _time_of(folder: Path) -> datetime | None:
    text, _ = read_timestamp(folder)
    return None if text is None else parsed_time(text)


def _written(time: datetime) -> str:
    """Write a time as nbgrader's exchange does."""
    return f"{time:%Y-%m-%d %H:%M:%S.%f} UTC"


def _when(item: CollectedFile) -> tuple[datetime, tuple[int, int]]:
    return item.time or datetime.min, item.order
