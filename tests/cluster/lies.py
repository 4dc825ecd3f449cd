"""
A worker that somebody has taken over: `python -m tests.cluster.lies LIE SCHEDULER OPTIONS`.

It says the truth about itself, and lies about submissions. Where it gets somebody to run its code, the file of the
variable OWNED says what the process was called.
"""

import os
import pickle
import sys
import threading
from collections.abc import Callable
from typing import Any

from distributed import get_worker
from distributed.cli.dask_worker import main

from autograder.cluster import parcels, site

HONEST = site.grade_job


def _who_unpickles() -> tuple[Callable[..., Any], tuple[Any, ...]]:
    return os.system, (f"tr '\\0' ' ' < /proc/$PPID/cmdline >> {os.environ['OWNED']}",)


class Owned:
    """Unpickling it runs code."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _who_unpickles()


class OwnedError(Exception):
    """An exception that is unpickled by running code."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _who_unpickles()


def _changed(job: bytes, **other: Any) -> bytes:
    parcel = parcels.opened(HONEST(job), "result", most=2**31)
    return parcels.packed("result", {**parcel.head, "result": {**parcel.head["result"], **other}}, parcel.parts)


def another_student(job: bytes) -> bytes:
    """Grade one student, and say that it was another."""
    return _changed(job, student="eve")


def more_points(job: bytes) -> bytes:
    """Give more points than there are."""
    parcel = parcels.opened(HONEST(job), "result", most=2**31)
    verdicts = parcel.head["result"]["verdicts"]
    verdicts[0]["cells"][0]["points"] = 1000.0
    return parcels.packed("result", parcel.head, parcel.parts)


def too_big(job: bytes) -> bytes:
    """Send far more than any notebook has."""
    return bytes(200 * 2**20)


def sizes(job: bytes) -> bytes:
    """Say that parts are longer than they are."""
    honest = bytearray(HONEST(job))
    honest[24:32] = (2**62).to_bytes(8, "little")
    return bytes(honest)


def code_in_an_answer(job: bytes) -> Any:
    """Answer with an object whose unpickling runs code."""
    return Owned()


def code_in_an_exception(job: bytes) -> Any:
    """Raise one."""
    raise OwnedError


def code_in_a_warning(job: bytes) -> Any:
    """Send one as a warning, which Dask's client unpickles, and say the truth for the rest."""
    get_worker().log_event("warn", {"message": pickle.dumps(Owned()), "category": pickle.dumps(Owned())})
    return HONEST(job)


def silence(job: bytes) -> Any:
    """Take it, and never answer."""
    threading.Event().wait()


LIES = {
    lie.__name__: lie
    for lie in (
        another_student,
        more_points,
        too_big,
        sizes,
        code_in_an_answer,
        code_in_an_exception,
        code_in_a_warning,
    )
}

TRUE_ANSWERS = ("code_in_a_warning",)
"""Of these, who answers truly all the same."""

if __name__ == "__main__":
    site.grade_job = {**LIES, "silence": silence}[sys.argv[1]]
    main.main([*sys.argv[2:], "--no-nanny", "--memory-limit", "0"])
