"""
Gradescope's "Export submissions": a folder for each submission, and one file that says whose they are.

`submission_metadata.yml` has, by the name of the folder, ``:submitters:`` with ``:name:``, ``:sid:`` and ``:email:``
of everybody in the group, and ``:created_at:``. Source: exports as their users' scripts read them; Gradescope's help,
"Exporting submissions", names the file.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from autograder.errors import DownloadError, RejectedError
from autograder.submissions.download import File

METADATA_FILE = "submission_metadata.yml"

_MOST_BYTES = 16 * 2**20
"""Largest such file that is read: it holds the outputs of autograders, too."""


@dataclass(frozen=True)
class Submitter:
    """One of those who handed a submission in."""

    name: str
    sid: str
    email: str


@dataclass(frozen=True)
class Handed:
    """A submission: who handed it in, and when."""

    people: tuple[Submitter, ...]
    time: str


def read_export(files: Iterable[File]) -> dict[str, Handed] | None:
    """
    Read whose the folders of an export are; None where a download is none.

    Raises
    ------
    DownloadError
        When the file that says so cannot be read.
    """
    found = min(
        (file for file in files if file.name == METADATA_FILE), key=lambda file: file.path.count("/"), default=None
    )
    # A student's own file of that name lies deeper.
    if found is None or found.path.count("/") > 1:
        return None
    import yaml

    try:
        if found.size > _MOST_BYTES:
            raise DownloadError(f"{found.path}: more than {_MOST_BYTES} bytes; export fewer submissions at a time")
        # As text: a number with a zero in front is somebody's.
        loaded = yaml.load(found.read(), getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except RejectedError as rejected:
        raise DownloadError(rejected.message) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = str(error).splitlines()[0]
        raise DownloadError(f"{found.path}: cannot be read ({why}); export the submissions again") from None
    return {str(name): _handed(about) for name, about in (loaded if isinstance(loaded, dict) else {}).items()}


def _handed(about: Any) -> Handed:
    given = about if isinstance(about, dict) else {}
    people = given.get(":submitters")
    submitters = [one for one in people if isinstance(one, dict)] if isinstance(people, list) else []
    return Handed(
        tuple(Submitter(*(_text(one, key) for key in (":name", ":sid", ":email"))) for one in submitters),
        _text(given, ":created_at"),
    )


def _text(about: dict[Any, Any], key: str) -> str:
    value = about.get(key)
    return value.strip() if isinstance(value, str) and value.strip() != "null" else ""
