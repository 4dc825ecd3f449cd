"""
Where a student's pages lie in what an LMS takes back, and how a pack is written.

Sources of the rules. Moodle, ``mod/assign/feedback/file/importziplib.php``, ``is_valid_filename_for_import``: a
folder is called ``fullname_participant_plugintype_plugin``; its name is split at underscores; the participant has the
number that this assignment gives. Canvas LMS, ``app/models/assignment.rb``, ``generate_comments_from_files``: a file
is called as it was downloaded, ``name_user_attachment_...``, and goes to the submission that has the attachment.
"""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.errors import ExportError
from autograder.files import file_name, replace_file
from autograder.records.standing import Student
from autograder.submissions.roster import PARTICIPANT
from autograder.text import plain

_MOODLE = re.compile(r"(?:^|/)([^/_]*_\d+_assign(?:submission|feedback)_[a-z]+)(?=_|/|$)")
_CANVAS = re.compile(r"_\d+_\d+_")
_NOT_IN_A_NAME = re.compile(r'[/\\:*?"<>|]')

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file: the same pages make the same pack."""


@dataclass(frozen=True)
class Pack:
    """
    How a program takes pages back.

    Attributes
    ----------
    places : callable
        Gives the paths of a student's pages in the pack, from the student, the pages' file names and, by notebook,
        the paths of what was handed in, where a download tells them. Raises ExportError where it cannot be told.
    needs_download : bool
        Whether nothing can be told without the download.
    has_overview : bool
        Whether the page over all notebooks has a place there, from which its links lead to the others.
    """

    places: Callable[[Student, list[str], Mapping[str, str]], dict[str, str]]
    needs_download: bool = False
    has_overview: bool = True


def _in_a_folder(student: Student, pages: list[str], _: Mapping[str, str]) -> dict[str, str]:
    name = ", ".join(filter(None, (student.last_name, student.first_name)))
    called = f"{name} ({student.id})" if name else student.id
    folder = file_name(_NOT_IN_A_NAME.sub(" ", plain(called)), "")
    return {page: f"{folder}/{page}" for page in pages}


def _for_moodle(student: Student, pages: list[str], origins: Mapping[str, str]) -> dict[str, str]:
    came = next(filter(None, map(_MOODLE.search, origins.values())), None)
    participant = PARTICIPANT.fullmatch(student.lms_user_id.strip())
    if came is not None:
        folder = came[1]
    elif participant is not None and participant[1]:
        name = " ".join(filter(None, (student.first_name, student.last_name))) or student.id
        # Moodle looks for the number behind the first underscore.
        called = _NOT_IN_A_NAME.sub(" ", plain(name)).replace("_", " ")
        folder = f"{called}_{participant[1]}_assignsubmission_file"
    else:
        raise ExportError(
            "Moodle's number of this participant is not known; name the download with --from, or read the "
            "assignment's grading worksheet with `autograder roster`"
        )
    return {page: f"{folder}/{page}" for page in pages}


def _for_canvas(_: Student, pages: list[str], origins: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for page in pages:
        path = PurePosixPath(origins.get(Path(page).stem, ""))
        # Of a zip file that somebody handed in Canvas knows the name, and of what is in it nothing.
        part = next((part for part in path.parts if _CANVAS.search(part)), None)
        if part is not None:
            stem = part.partition(".")[0]
            found[page] = f"{stem}{Path(page).suffix}" if part == path.name else f"{stem}-{page}"
    if not found:
        raise ExportError("the download has no file of this student's, under whose name Canvas would take a page")
    return found


PACKS: dict[str, Pack] = {
    "folder": Pack(_in_a_folder),
    "moodle": Pack(_for_moodle),
    "canvas": Pack(_for_canvas, needs_download=True, has_overview=False),
}
"""By name."""


def write_zip(place: Path, files: Mapping[str, bytes]) -> None:
    """
    Write files into a zip file, as a whole or not at all.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in sorted(files.items()):
            pack.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    replace_file(place, whole.getvalue())


def write_folder(place: Path, files: Mapping[str, bytes]) -> None:
    """
    Write files into a new folder.

    Raises
    ------
    OSError
        When it cannot be written, or is there.
    """
    place.mkdir(parents=True)
    for name, content in files.items():
        path = place / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
