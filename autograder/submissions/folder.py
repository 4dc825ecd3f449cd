"""
A student's folder: which file in it is which notebook, when it came in, and what else lies there.

The folder decides, not the file's name alone: see `autograder.submissions.recognition`. What is missing is told with
the names of what lies there instead.
"""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.errors import RejectedError
from autograder.hints import FILE as HINTS_FILE
from autograder.known_tests import FILE as TESTS_FILE
from autograder.layers import layer
from autograder.submissions.reading import MAX_BYTES, SECRET_FILE, TIMESTAMP_FILE, Submission, read_file
from autograder.submissions.recognition import Masters, looks_like_a_notebook, notebook_stem
from autograder.submissions.times import ZoneError, course_zone, to_utc
from autograder.text import MOST_NAMED, counted, is_plain_name, plain, readable

MOST_BESIDE, MOST_BESIDE_BYTES = 50, 16 * 2**20
"""Most files of a student's own that lie beside a notebook, and most bytes of all of them."""

_OF_THE_COURSE = frozenset({TIMESTAMP_FILE, SECRET_FILE, HINTS_FILE, TESTS_FILE})
"""Files that mean something to nbgrader or the grader: a student's own would say what is not so."""

_MOST_LOOKED_AT = 20
"""Most files of other names in which a notebook's cells are looked for."""


def handed_in(course: Course, assignment: Assignment, student: str, *, with_files: bool | None = None) -> Submission:
    """
    Read what a student has handed in for an assignment, as it lies in the course now.

    Parameters
    ----------
    with_files : bool, optional
        Whether to grade with the student's own files; None for what ``c.Grading.with_files`` says.
    """
    return read_submission(
        course.submitted(student, assignment.name),
        student,
        assignment.name,
        cells_of(assignment),
        zone=course_zone(course.config),
        with_files=with_students_files(course) if with_files is None else with_files,
        released=dict(course.released(assignment.name)),
    )


def with_students_files(course: Course) -> bool:
    """Tell whether the course grades with the files that students bring along."""
    return bool(course.config.get("Grading", {}).get("with_files", False))


def cells_of(assignment: Assignment) -> dict[str, list[str]]:
    """Give nbgrader's names of the cells of each master notebook, by the notebook's name."""
    return {
        master.name: [cell.grade_id for cell in master.cells if cell.grade_id is not None]
        for master in assignment.notebooks
    }


def students(submissions: Path, assignment: str) -> list[str]:
    """
    List the students with a folder for an assignment, in order of name.

    A folder that is a link, or that may not be entered, counts: it is a submission that `read_submission` will
    reject.
    """
    if not submissions.is_dir():
        return []
    with os.scandir(submissions) as entries:
        names = [entry.name for entry in entries if not entry.name.startswith(".") and _is_text(entry.name)]
    return sorted(name for name in names if _may_exist(submissions / name / assignment))


def misplaced(submissions: Path, below: str, others: Collection[str]) -> list[str]:
    """
    List the students who have no folder for an assignment, but something that may have been meant for it.

    That is a folder which is no other assignment's either, or a notebook beside the folders.

    Parameters
    ----------
    others : collection of str
        The names of the course's assignments.
    """
    if not submissions.is_dir() or Path(below).name != below:
        return []
    with os.scandir(submissions) as entries:
        names = [
            entry.name
            for entry in entries
            if not entry.name.startswith(".") and _is_text(entry.name) and entry.is_dir(follow_symlinks=False)
        ]
    return sorted(
        name for name in names if not _may_exist(submissions / name / below) and _has_more(submissions / name, others)
    )


def who_handed_in(course: Course, assignment: str) -> list[str]:
    """List the students who have handed in anything for an assignment, wherever they have put it."""
    place, below = course.students(assignment), course.below(assignment)
    return sorted([*students(place, below), *misplaced(place, below, course.assignments())])


def _has_more(folder: Path, others: Collection[str]) -> bool:
    return any(
        entry not in others and ((folder / entry).is_dir() or notebook_stem(entry) is not None)
        for entry in _entries(folder)
    )


def strays(submissions: Path) -> list[str]:
    """List what lies among the students' folders and is none: files to unpack, for instance."""
    if not submissions.is_dir():
        return []
    with os.scandir(submissions) as entries:
        return sorted(
            readable(entry.name) for entry in entries if not entry.name.startswith(".") and not entry.is_dir()
        )


def out_of_reach(submissions: Path, assignment: str) -> list[str]:
    """List the folders with a submission whose names begin with a dot or are not UTF-8: these are not graded."""
    if not submissions.is_dir():
        return []
    with os.scandir(submissions) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(".") or not _is_text(entry.name)]
    return sorted(readable(name) for name in names if _may_exist(submissions / name / assignment))


def read_submission(
    folder: Path,
    student: str,
    assignment: str,
    cells: Mapping[str, Collection[str]] | Iterable[str],
    *,
    zone: ZoneInfo | None = None,
    with_files: bool = False,
    released: Mapping[str, Path] | None = None,
) -> Submission:
    """
    Read a student's folder.

    Parameters
    ----------
    folder : Path
        Where the student's notebooks lie.
    cells : mapping of str to collection of str, or iterable of str
        By the name of each master notebook, without suffix, nbgrader's names of its cells; or the names alone.
    zone : ZoneInfo, optional
        The time zone of times without one.
    with_files : bool
        Whether the notebooks are graded with the student's own files beside them.
    released : mapping of str to Path, optional
        The released files, which no file of a student's takes the place of: where they are, by their paths.
    """
    masters = Masters(cells if isinstance(cells, Mapping) else dict.fromkeys(cells, ()))
    try:
        _refuse_odd_names(student)
        present = _list(folder)
    except RejectedError as rejected:
        return Submission(student, assignment, dict.fromkeys(masters.names, rejected))
    look = _Look(folder, present, masters)
    files = {name: look.find(name) for name in masters.names}
    timestamp, notes = read_timestamp(folder, zone)
    beside: dict[str, bytes] = {}
    about: list[str] = []
    if any(isinstance(file, bytes) for file in files.values()):
        beside, about = _files_beside(folder, present, released or {}, wanted=with_files)
    notes = [*look.notes, *look.others(), *about, *notes]
    return Submission(student, assignment, files, timestamp, tuple(notes), _read_secret(folder, present), beside)


def _files_beside(
    folder: Path, present: list[str], released: Mapping[str, Path], *, wanted: bool
) -> tuple[dict[str, bytes], list[str]]:
    """
    Read a student's own files, which lie beside the notebooks; without the wish to do so, only name them.

    Only regular files with plain names count, and only as many, and as large ones, as fit. A released file of the
    same name stays, and a copy of one is nothing to speak of.
    """
    names = [name for name in present if _is_beside(name) and (folder / name).is_file()]
    taken = {path.partition("/")[0] for path in released}
    own = [name for name in names if name not in taken]
    changed = [name for name in names if name in taken and not _is_copy(folder / name, released.get(name))]
    notes = []
    if changed:
        notes.append(f"{_listed(changed)}: the released file of that name was used, and not the student's")
    if not wanted:
        return {}, [*notes, *([f"{_listed(own)}: beside the notebooks, and not used for grading"] if own else [])]
    beside: dict[str, bytes] = {}
    left_out = [name for name in own if not is_plain_name(name)]
    size = 0
    for name in own:
        if name in left_out:
            continue
        try:
            content = read_file(folder / name, MOST_BESIDE_BYTES)
        except RejectedError as rejected:
            notes.append(f"{rejected.message}: left out of grading")
            continue
        if len(beside) == MOST_BESIDE or size + len(content) > MOST_BESIDE_BYTES:
            left_out.append(name)
            continue
        beside[name] = content
        size += len(content)
    if left_out:
        most = f"more than {MOST_BESIDE} files or {MOST_BESIDE_BYTES} bytes, or odd names"
        notes.append(f"{_listed(left_out)}: left out of grading ({most})")
    if beside:
        notes.append(f"graded with the student's own {_listed(list(beside))}")
    return beside, notes


def _is_copy(own: Path, released: Path | None) -> bool:
    """Tell whether a student's file is a released one as it was."""
    try:
        return released is not None and read_file(own, MOST_BESIDE_BYTES) == released.read_bytes()
    except (RejectedError, OSError):
        return False


def _is_beside(name: str) -> bool:
    """Tell whether a file may be one that a notebook uses: none of nbgrader's, of the course's, or of an editor's."""
    return not name.startswith(".") and notebook_stem(name) is None and name.casefold() not in _OF_THE_COURSE


class _Look:
    """A look into one folder: each file is read once, and those of other names only where a notebook is missed."""

    def __init__(self, folder: Path, present: list[str], masters: Masters) -> None:
        self._folder, self._present, self._masters = folder, present, masters
        self._read: dict[str, bytes | RejectedError] = {}
        self._taken: set[str] = set()
        self.notes: list[str] = []

    def find(self, name: str) -> bytes | RejectedError:
        """Find the file that is a master's notebook."""
        file = f"{name}.ipynb"
        exact = self._content(file) if file in self._present else None
        if isinstance(exact, bytes) and self._masters.holds(exact, name):
            return self._take(name, file)
        ours = [other for other in self._candidates() if self._held_by(other) == {name}]
        named = [other for other in ours if self._is_called(other, name)]
        same = {self._content(other) for other in named or ours}
        if len(same) == 1:
            return self._take(name, (named or ours)[0])
        if same:
            return RejectedError(
                "ambiguous", f"{file}: {_listed(named or ours)} hold its cells; keep the one that counts"
            )
        if exact is not None:
            return self._take(name, file)
        alike = [other for other in self._candidates() if self._is_called(other, name) and self._may_be(other)]
        if len(alike) == 1:
            return self._take(name, alike[0])
        there = self._there()
        return RejectedError("missing", f"{file}: not in the submission{there or '; ask the student to hand it in'}")

    def others(self) -> list[str]:
        """Write a note for each notebook that was not graded."""
        extra = [file for file in self._present if file.lower().endswith(".ipynb") and file not in self._taken]
        notes = [f"{_listed([file])} is not a notebook of this assignment and was not graded" for file in extra]
        if len(extra) <= MOST_NAMED:
            return notes
        more = len(extra) - MOST_NAMED
        return [*notes[:MOST_NAMED], f"nor {'is' if more == 1 else 'are'} {counted(more, 'more file')}"]

    def _take(self, name: str, file: str) -> bytes | RejectedError:
        self._taken.add(file)
        if file != f"{name}.ipynb":
            why = "by its cells" if self._held_by(file) == {name} else "by its name"
            self.notes.append(f"{_listed([file])} is {name}.ipynb {why}, and was graded as such")
        return self._content(file)

    def _candidates(self) -> list[str]:
        """List the files that may be notebooks."""
        files = [file for file in self._present if notebook_stem(file) is not None and not file.startswith(".")]
        return files[:_MOST_LOOKED_AT]

    def _is_called(self, file: str, name: str) -> bool:
        stem = notebook_stem(file)
        return stem is not None and self._masters.spelled(stem) == name

    def _may_be(self, file: str) -> bool:
        """Tell whether a file of a master's name may be that master's, whatever it holds."""
        content = self._content(file)
        if file.lower().endswith(".ipynb"):
            return not self._held_by(file)
        return isinstance(content, bytes) and looks_like_a_notebook(content) and not self._held_by(file)

    def _held_by(self, file: str) -> frozenset[str]:
        content = self._content(file)
        is_one = isinstance(content, bytes) and (file.lower().endswith(".ipynb") or looks_like_a_notebook(content))
        return self._masters.held_by(content) if is_one and isinstance(content, bytes) else frozenset()

    def _content(self, file: str) -> bytes | RejectedError:
        if file not in self._read:
            try:
                self._read[file] = read_file(self._folder / file, MAX_BYTES)
            except RejectedError as rejected:
                self._read[file] = rejected
        return self._read[file]

    def _there(self) -> str:
        """Name what lies there and is no notebook that has been found."""
        skipped = {TIMESTAMP_FILE, SECRET_FILE, *self._taken, *(f"{name}.ipynb" for name in self._masters.names)}
        files = [_shown(self._folder, file) for file in self._present if file not in skipped]
        verb = "is" if len(files) == 1 else "are"
        may_count = any("(" in file or notebook_stem(file) is not None for file in files)
        what = "rename it if that is the one that counts" if may_count else "ask the student for the notebook"
        return f", though {_listed(files)} {verb}; {what}" if files else ""


def read_timestamp(folder: Path, zone: ZoneInfo | None = None) -> tuple[str | None, list[str]]:
    """Read when nbgrader says that a submission came in, as written there, and a note where it cannot be told."""
    if not os.path.lexists(folder / TIMESTAMP_FILE):
        return None, []
    try:
        text = read_file(folder / TIMESTAMP_FILE, 200).decode("ascii").strip()
        to_utc(text, zone)
    except ZoneError as error:
        return text, [f"{TIMESTAMP_FILE}: {text} {error}: no penalty for being late was set"]
    except (RejectedError, ValueError):
        return None, [f"{TIMESTAMP_FILE} cannot be read and was left out of account: nobody is late by it"]
    return text, []


def _listed(names: list[str]) -> str:
    """List file names in one line, of many only the first: any character but two may stand in one."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(plain(" ".join(readable(name).split())) for name in names[:MOST_NAMED]) + more


def _shown(folder: Path, name: str) -> str:
    """Write the name of an entry, a folder's with what lies in it."""
    if not (folder / name).is_dir() or (folder / name).is_symlink():
        return name
    try:
        inside = sorted(path.name for path in (folder / name).iterdir())
    except OSError:
        return f"{name}/"
    return f"{name}/ ({_listed(inside)})" if inside else f"{name}/ (empty)"


def _list(folder: Path) -> list[str]:
    """List a folder's entries, refusing links in place of the student's folders."""
    try:
        _refuse_links(folder)
        return sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        there = [_shown(folder.parent, name) for name in _entries(folder.parent)]
        what = (
            f", though {_listed(there)} {'is' if len(there) == 1 else 'are'}; rename what counts"
            if there
            else "; ask the student to hand in"
        )
        raise RejectedError(
            "missing", f"{folder.name}: no folder of this name in {folder.parent.name}{what}"
        ) from None
    except OSError as error:
        raise RejectedError("io", f"{folder}: {error.strerror}; see that it is a readable folder") from None


def _entries(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return []


@layer("escaping")
def _refuse_odd_names(student: str) -> None:
    """Refuse what cannot go into nbgrader's gradebook, whose pages write names as they are."""
    if not is_plain_name(student):
        why = "the name of the student's folder holds characters that are in no name, and that pages may run"
        raise RejectedError("name", f"{plain(student)}: {why}; rename the folder")


@layer("reading (links, sizes, depth)")
def _refuse_links(folder: Path) -> None:
    for path in (folder.parent, folder):
        if path.is_symlink():
            raise RejectedError("link", f"{path}: a link, which is not followed; put the folder itself there")


def _is_text(name: str) -> bool:
    return readable(name) == name


def _may_exist(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _read_secret(folder: Path, present: list[str]) -> str | None:
    if SECRET_FILE not in present:
        return None
    try:
        text = read_file(folder / SECRET_FILE, 200).decode("ascii")
    except (RejectedError, ValueError):
        return None
    return text if text.isalnum() else None
