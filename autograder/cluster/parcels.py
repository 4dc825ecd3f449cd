"""
What a coordinator and its workers send each other: bytes of a format of our own, never a pickled object.

A parcel is a head, which is JSON, and parts, which are bytes; sizes stand in front. Nothing of a parcel is believed:
sizes are held against what has arrived before anything is read, and whoever opens one says what it must be.

    magic, 8 bytes | kind, 8 bytes | length of the head, 8 bytes | number of parts, 8 bytes | length of each, 8 bytes
    head | part | part | ...

A course travels once to each worker, and what follows names it by its digest.
"""

import hashlib
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import cattrs
import nbformat

from autograder.course.assignment import Assignment, DataFile
from autograder.course.master import Master, MasterCell
from autograder.errors import ParcelError, RejectedError
from autograder.grading.result import Result, as_data, from_data
from autograder.hints import read_catalogue
from autograder.kernels.configuration import RUNNERS
from autograder.kernels.nbclient_runner import NbclientRunner
from autograder.kernels.piped_runner import PipedRunner
from autograder.kernels.source import KernelSource
from autograder.subject import find_subject
from autograder.submissions.reading import Submission
from autograder.zygote.limits import Limits

_MAGIC = b"AGRADER1"
_FIXED = struct.Struct("<8s8sQQ")
_LENGTH = struct.Struct("<Q")

MOST_PARTS = 10_000
"""Files of a submission, or notebooks and files of a course."""

MOST_HEAD_BYTES = 64 * 2**20

_CELL_FIELDS = tuple(field.name for field in fields(MasterCell) if field.name != "node")

_BRIEF = cattrs.Converter(omit_if_default=True)

ClusterRunner = PipedRunner | NbclientRunner


@dataclass(frozen=True)
class Parcel:
    """What has been opened: its kind, what its head says, and its parts in order."""

    kind: str
    head: dict[str, Any]
    parts: tuple[bytes, ...]


def packed(kind: str, head: Mapping[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """Make a parcel; a kind has up to eight characters of ASCII."""
    text = json.dumps(head, separators=(",", ":")).encode()
    lengths = b"".join(_LENGTH.pack(len(part)) for part in parts)
    return b"".join((_FIXED.pack(_MAGIC, kind.encode().ljust(8), len(text), len(parts)), lengths, text, *parts))


def opened(parcel: object, *kinds: str, most: int) -> Parcel:
    """
    Open what somebody has sent.

    Parameters
    ----------
    kinds : str
        What it may be.
    most : int
        Bytes that it may have.

    Raises
    ------
    ParcelError
        When it is not such a parcel.
    """
    if not isinstance(parcel, bytes):
        raise ParcelError(f"it is no bytes but {type(parcel).__name__}")
    if len(parcel) > most:
        raise ParcelError(f"it has {len(parcel)} bytes, where {most} are the most")
    if len(parcel) < _FIXED.size:
        raise ParcelError("it is cut off")
    magic, name, head, number = _FIXED.unpack_from(parcel)
    kind = name.decode("ascii", "replace").rstrip()
    if magic != _MAGIC or kind not in kinds:
        raise ParcelError(f"it is {kind!r}, where {' or '.join(kinds)} was asked for")
    if head > MOST_HEAD_BYTES or number > MOST_PARTS:
        raise ParcelError("its head is too long, or it has too many parts")
    begin = _FIXED.size + number * _LENGTH.size
    if begin + head > len(parcel):
        raise ParcelError("it is cut off")
    lengths = [length for (length,) in _LENGTH.iter_unpack(parcel[_FIXED.size : begin])]
    if begin + head + sum(lengths) != len(parcel):
        raise ParcelError("its parts are not as long as it says")
    try:
        said = json.loads(parcel[begin : begin + head])
    except (ValueError, RecursionError) as error:
        raise ParcelError(f"its head is no JSON ({type(error).__name__})") from None
    if not isinstance(said, dict):
        raise ParcelError("its head is no object")
    parts, place = [], begin + head
    for length in lengths:
        parts.append(parcel[place : place + length])
        place += length
    return Parcel(kind, said, tuple(parts))


def digest(parcel: bytes) -> str:
    """Name a parcel by its contents."""
    return hashlib.sha256(parcel).hexdigest()


def pack_course(assignment: Assignment, runner: KernelSource) -> bytes:
    """Make a parcel of all that a worker must know of an assignment, hidden tests and released files included."""
    kind = next(name for name, made in RUNNERS.items() if made is type(runner))
    head = {
        "assignment": assignment.name,
        "sanitize": assignment.sanitize,
        "catalogue": _BRIEF.unstructure(list(assignment.catalogue.values())),
        "subject": assignment.subject.name,
        "masters": [
            {
                "name": master.name,
                "cells": [{name: getattr(cell, name) for name in _CELL_FIELDS} for cell in master.cells],
            }
            for master in assignment.notebooks
        ],
        "runner": {
            "kind": kind,
            "limits": cattrs.unstructure(runner.limits),
            "subject": runner.subject,
            "preload": runner.preload,
            "imports": runner.imports,
        },
        "data": [[file.name, file.digest] for file in runner.data],
    }
    notebooks = [json.dumps(master.notebook).encode() for master in assignment.notebooks]
    return packed("course", head, [*notebooks, *(file.path.read_bytes() for file in runner.data)])


def open_course(parcel: bytes, folder: Path, most: int) -> tuple[Assignment, ClusterRunner]:
    """
    Give the assignment and the runner of a coordinator.

    Parameters
    ----------
    folder : Path
        Where released files are put.
    most : int
        Bytes that the parcel may have.

    Raises
    ------
    ParcelError
        When it is no course.
    """
    course = opened(parcel, "course", most=most)
    head, count = course.head, len(course.head["masters"])
    masters = []
    for said, part in zip(head["masters"], course.parts[:count], strict=True):
        notebook = nbformat.from_dict(json.loads(part))
        cells = tuple(
            MasterCell(node=node, **about) for node, about in zip(notebook.cells, said["cells"], strict=True)
        )
        masters.append(Master(said["name"], notebook, cells))
    subject = find_subject(head["subject"])
    assignment = Assignment(
        head["assignment"],
        tuple(masters),
        head["sanitize"],
        read_catalogue(json.dumps(head["catalogue"]), "the coordinator's hints"),
        subject,
    )
    how = head["runner"]
    runner = RUNNERS[how["kind"]](
        cattrs.structure(how["limits"], Limits),
        True,
        how["subject"],
        None if how["preload"] is None else tuple(how["preload"]),
        data=tuple(_laid_down(folder, head["data"], course.parts[count:])),
        imports=tuple(how["imports"]),
    )
    return assignment, runner


def _laid_down(folder: Path, names: list[list[str]], contents: Sequence[bytes]) -> list[DataFile]:
    files = []
    for number, ((name, its_digest), content) in enumerate(zip(names, contents, strict=True)):
        path = folder / str(number)
        path.write_bytes(content)
        files.append(DataFile(name, path, its_digest))
    return files


def pack_job(course: str, notebooks: list[str], submission: Submission, earlier: Result | None) -> bytes:
    """Make a parcel of a submission that is to be graded, of which notebooks, and of the course with this digest."""
    files, parts = [], list[bytes]()
    for name, content in submission.files.items():
        if isinstance(content, RejectedError):
            files.append([name, content.reason, content.message])
        else:
            files.append([name])
            parts.append(content)
    parts += submission.beside.values()
    executed = [] if earlier is None else list(earlier.executed)
    head = {
        "course": course,
        "notebooks": notebooks,
        "student": submission.student,
        "assignment": submission.assignment,
        "timestamp": submission.timestamp,
        "notes": submission.notes,
        "files": files,
        "beside": list(submission.beside),
        "earlier": None if earlier is None else as_data(earlier),
        "executed": executed,
    }
    parts += [] if earlier is None else [earlier.executed[name].encode() for name in executed]
    return packed("job", head, parts)


def open_job(parcel: bytes, most: int) -> tuple[str, list[str], Submission, Result | None]:
    """
    Give the digest of the course, which notebooks are graded, the submission, and what came of it before.

    Raises
    ------
    ParcelError
        When it is no job.
    """
    job = opened(parcel, "job", most=most)
    head, parts = job.head, iter(job.parts)
    files: dict[str, bytes | RejectedError] = {}
    for name, *rejected in head["files"]:
        files[name] = RejectedError(*rejected) if rejected else next(parts)
    beside = {name: next(parts) for name in head["beside"]}
    submission = Submission(
        head["student"], head["assignment"], files, head["timestamp"], tuple(head["notes"]), None, beside
    )
    earlier = None
    if head["earlier"] is not None:
        executed = {name: next(parts).decode() for name in head["executed"]}
        earlier = replace(from_data(head["earlier"]), executed=executed)
    return head["course"], head["notebooks"], submission, earlier


def pack_result(result: Result) -> bytes:
    """Make a parcel of what came of a submission."""
    names = list(result.executed)
    head = {"result": as_data(result), "executed": names}
    return packed("result", head, [result.executed[name].encode() for name in names])


def open_result(parcel: Parcel, submission: Submission, assignment: Assignment) -> Result:
    """
    Give what a worker says came of a submission, held against what it was asked.

    A worker that lies can give this submission other points than it has earned. It can give nobody else any, no more
    than there are, and no notebook that is none.

    Raises
    ------
    ParcelError
        When it is about something else, or is not what grading makes.
    """
    head = parcel.head
    try:
        result = from_data(head["result"])
        executed = dict(zip(head["executed"], (part.decode() for part in parcel.parts), strict=True))
        notebooks = {name: json.loads(text) for name, text in executed.items()}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ParcelError(f"it is no result ({type(error).__name__})") from None
    asked = (submission.student, submission.assignment, submission.timestamp, submission.notes)
    if (result.student, result.assignment, result.timestamp, result.notes) != asked:
        raise ParcelError("it is about another submission")
    masters = {master.name: master for master in assignment.notebooks}
    if [verdict.name for verdict in result.verdicts] != list(masters) or list(executed) != list(masters):
        raise ParcelError("it is about other notebooks")
    for verdict in result.verdicts:
        worth = {str(cell.grade_id): cell.points for cell in masters[verdict.name].graded}
        # By name and in order: a test that stands there twice would count twice.
        names = [cell.grade_id for cell in verdict.cells]
        if not 0 <= verdict.seconds < math.inf:
            raise ParcelError("its time is none")
        if not {hint.id for hint in verdict.hints} <= assignment.catalogue.keys():
            raise ParcelError("it names ideas that the course does not know")
        if verdict.penalty:
            raise ParcelError("it takes points off for being late")
        if verdict.max_points != masters[verdict.name].max_points or (names and names != list(worth)):
            raise ParcelError("its tests are not the master's")
        if any(
            not 0 <= cell.points <= worth[name] or cell.max_points != worth[name]
            for name, cell in zip(names, verdict.cells, strict=True)
        ):
            raise ParcelError("it gives points that there are not")
    for notebook in notebooks.values():
        try:
            nbformat.validate(notebook, version=4)
        except Exception as error:
            raise ParcelError(f"what it says was run is no notebook ({type(error).__name__})") from None
    return replace(result, executed=executed)
