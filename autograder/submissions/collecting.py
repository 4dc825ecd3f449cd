"""Which of several files of a student counts, and how it comes into the folder of submissions."""

import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.errors import RejectedError
from autograder.files import replace_file, sync_folder, temporary_prefix
from autograder.submissions.folder import read_timestamp
from autograder.submissions.names import CollectedFile
from autograder.submissions.owners import owners_of
from autograder.submissions.reading import MAX_BYTES, SECRET_FILE, TIMESTAMP_FILE, read_file
from autograder.submissions.roster import Roster, folded
from autograder.submissions.times import arrival, course_zone, written
from autograder.text import MOST_NAMED, counted, is_plain_name, named

MAX_FILES, MAX_STUDENT_BYTES = 100, 256 * 2**20
"""Most files of one student, and most bytes of all of them."""

_RESERVED = frozenset({TIMESTAMP_FILE, SECRET_FILE})
"""Names with which nbgrader's exchange says something about a submission: no student's file may do so."""


@dataclass
class Sorted:
    """
    What a download comes to.

    Attributes
    ----------
    by_student : list of list of CollectedFile
        For each student the files that count. One without any has handed in something that cannot be taken.
    renamed : dict of str to str
        By the name of a folder, the student of the roster for whom the download's name of it stands: it was
        collected before there was a roster.
    notes, problems : list of str
        What somebody should know, and what somebody must settle, a line for each.
    """

    by_student: list[list[CollectedFile]] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def sort_by_student(items: Iterable[CollectedFile], roster: Roster, present: Iterable[str]) -> Sorted:
    """
    Find for each student the files that count.

    Parameters
    ----------
    present : iterable of str
        The names of the students' folders that are there already.
    """
    found, present = Sorted(), frozenset(present)
    called: dict[str, set[str]] = defaultdict(set)
    by_student: dict[str, list[CollectedFile]] = defaultdict(list)
    keys: dict[str, set[str]] = defaultdict(set)
    for item in items:
        try:
            owners = owners_of(item, roster)
        except RejectedError as rejected:
            found.problems.append(rejected.message)
            continue
        found.notes += [owners.note] if owners.note else []
        for student in owners.students:
            by_student[student].append(replace(item, student=student))
            keys[student].add(owners.key)
        for name in _called(item) if len(owners.students) == 1 else ():
            called[name].update(owners.students)
    found.notes = list(dict.fromkeys(found.notes))
    _rename(found, called, present, roster)
    spelled: dict[str, set[str]] = defaultdict(set)
    for name in (*by_student, *present, *roster.ids):
        spelled[folded(name)].add(name)
    pages: list[str] = []
    for student, handed_in in sorted(by_student.items()):
        others = spelled[folded(student)] - {student}
        if problem := _problem(student, handed_in, keys[student], others, roster):
            found.problems.append(problem)
            continue
        counting = _that_count(handed_in)
        pages += [item.file.path for item in handed_in if item.is_own and item.name and item not in counting]
        latest, notes, problems = _latest_of(student, counting)
        found.notes += notes
        found.problems += problems
        if latest or not problems:
            found.by_student.append(latest or [replace(handed_in[0], name="")])
    if pages:
        what = f"{counted(len(pages), 'page')} that the LMS keeps beside notebooks"
        found.notes.append(f"{what}, not collected; read there what students wrote: {named(pages)}")
    return found


def _rename(found: Sorted, called: dict[str, set[str]], present: frozenset[str], roster: Roster) -> None:
    """Find the folders that bear a student's name as the download gives it, and not the roster's id."""
    for name, students in called.items():
        if name not in present or name in roster.names or name in students:
            continue
        who = sorted(students | roster.find(name) - {name})
        if len(who) > 1:
            what = f"whether it is {' or '.join(who)} nobody can tell; rename the folder yourself"
        elif name in roster.ids:
            what = (
                f"the roster calls this student {who[0]}; rename the folder yourself, and take {name!r} out of the "
                f"gradebook (`nbgrader db student remove {name} --force` deletes its scores, those by hand, too)"
            )
        else:
            found.renamed[name] = who[0]
            continue
        found.problems.append(f"{name}: collected under the name of a download, before the roster was read; {what}")


def _called(item: CollectedFile) -> list[str]:
    """Give the name of the one person who has handed a file in; nobody's where the name has more than one reading."""
    match item.readings:
        case [[person]]:
            return [person.called]
    return []


def _problem(
    student: str, handed_in: list[CollectedFile], keys: set[str], others: set[str], roster: Roster
) -> str | None:
    """Say why nothing can be collected under a name."""
    if not is_plain_name(student):
        paths = ", ".join(item.file.path for item in handed_in[:MOST_NAMED])
        return f"{student}: characters that are in no name ({paths}); rename them, or import a roster"
    if others and student not in roster.ids:
        return f"{student}: differs only in case from {', '.join(sorted(others))}; rename one, or import a roster"
    if len(keys) > 1:
        return (
            f"{student}: the download tells {' and '.join(sorted(keys))} apart, who would become one student; import "
            "a roster that tells them apart by lms_user_id, or put the files into folders of the submissions yourself"
        )
    if len(handed_in) > MAX_FILES or sum(item.file.size for item in handed_in) > MAX_STUDENT_BYTES:
        return (
            f"{student}: more than {MAX_FILES} files or {MAX_STUDENT_BYTES} bytes; "
            "put those that count into a folder of the submissions yourself"
        )
    return None


def _that_count(handed_in: list[CollectedFile]) -> list[CollectedFile]:
    """Take a student's notebooks and what lies beside them; of one without notebooks, whatever there is."""
    files = [item for item in handed_in if item.name and folded(item.name) not in _RESERVED]
    folders = {_folder(item) for item in files if item.is_notebook}
    others = [item for item in files if not item.is_own]
    if folders:
        return [item for item in others if item.is_notebook or _folder(item) in folders]
    return others or files


def _folder(item: CollectedFile) -> PurePosixPath:
    return PurePosixPath(item.file.path).parent


def _latest_of(student: str, handed_in: list[CollectedFile]) -> tuple[list[CollectedFile], list[str], list[str]]:
    """Keep the last upload of each file, and say which others there were, and where nothing tells which is last."""
    by_name: dict[str, list[CollectedFile]] = defaultdict(list)
    for item in handed_in:
        by_name[item.name].append(item)
    kept, notes, problems = [], [], []
    for name, items in sorted(by_name.items()):
        last = [item for item in items if _when(item) == max(map(_when, items))]
        try:
            if len(last) > 1 and len({item.file.read() for item in last}) > 1:
                paths = ", ".join(item.file.path for item in last)
                what = name.removesuffix(".ipynb")
                problems.append(
                    f"{student}: {what} is there {len(last)} times ({paths}), and no name shows which is last"
                )
                continue
        except RejectedError as rejected:
            problems.append(rejected.message)
            continue
        kept.append(last[0])
        if earlier := [item.file.path for item in items if item not in last]:
            notes.append(f"{student}: {last[0].file.path} is the last of {len(items)}, and not {', '.join(earlier)}")
    return kept, notes, problems


@dataclass(frozen=True)
class Written:
    """
    What has become of a student's files.

    Attributes
    ----------
    count : int
        How many notebooks are new in the student's folder.
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
    Bring one student's files into the folder of submissions: a new folder whole, an older one file by file.

    A student whose files cannot be taken gets the folder all the same: nobody who handed in anything is missing.

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
            return _update(folder, items, course_zone(course.config), overwrite=overwrite)
        return _make(folder, items)
    except OSError as error:
        return Written(problems=(f"{folder}: {error.strerror}; see that it can be written",))


def rename_submission(course: Course, assignment: Assignment, old: str, student: str) -> Written:
    """Give a student of the roster what was collected for them under the download's own name."""
    source, folder = course.submitted(old, assignment.name), course.submitted(student, assignment.name)
    if not source.is_dir() or source.is_symlink() or source.parent.is_symlink():
        return Written()
    if folder.exists() or folder.parent.is_symlink():
        problem = f"{source}: collected before the roster told that this is {student}, who is there, too; delete one"
        return Written(problems=(problem,))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        source.rename(folder)
        sync_folder(folder.parent)
        sync_folder(source.parent)
        if not any(source.parent.iterdir()):
            source.parent.rmdir()
    except OSError as error:
        return Written(problems=(f"{source}: {error.strerror}; move it to {folder} yourself",))
    return Written(notes=(f"{source}: is now {folder}, as the roster calls this student",))


def _make(folder: Path, items: list[CollectedFile]) -> Written:
    files, problems = _read_all(items)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=temporary_prefix(folder.name), dir=folder.parent) as fresh:
        new = Path(fresh) / folder.name
        new.mkdir()
        for item, data in files:
            replace_file(new / item.name, data)
        if times := [item.time for item in items if item.time]:
            replace_file(new / TIMESTAMP_FILE, written(max(times)))
        sync_folder(new)
        new.rename(folder)
    sync_folder(folder.parent)
    return Written(sum(item.is_notebook for item, _ in files), problems=problems)


def _update(folder: Path, items: list[CollectedFile], zone: ZoneInfo | None, *, overwrite: bool) -> Written:
    files, unread = _read_all(items)
    problems = list(unread)
    before = _time_of(folder, zone)
    notes, times, count = [], [], 0
    for item, data in files:
        path = folder / item.name
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
            count += item.is_notebook
        times += [item.time] if item.time else []
    # Last: whoever is stopped before begins anew with the same outcome.
    if times and (before is None or max(times) > before):
        replace_file(folder / TIMESTAMP_FILE, written(max(times)))
    sync_folder(folder)
    return Written(count, tuple(notes), tuple(problems))


def _read_all(items: list[CollectedFile]) -> tuple[list[tuple[CollectedFile, bytes]], tuple[str, ...]]:
    files, problems = [], []
    for item in items:
        if not item.name:
            continue
        try:
            data = item.file.read()
            if len(data) > MAX_BYTES:
                raise RejectedError("too-big", f"more than {MAX_BYTES} bytes; ask for what counts alone")
            files.append((item, data))
        except RejectedError as rejected:
            problems.append(f"{item.file.path}: {rejected.message.removeprefix(f'{item.file.path}: ')}")
    return files, tuple(problems)


def _time_of(folder: Path, zone: ZoneInfo | None) -> datetime | None:
    text, _ = read_timestamp(folder, zone)
    return None if text is None else arrival(text, zone)


def _when(item: CollectedFile) -> tuple[datetime, tuple[int, int]]:
    return item.time or datetime.min, item.order
