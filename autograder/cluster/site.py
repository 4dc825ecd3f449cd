"""
The worker's side: what a coordinator asks for, in a process of Dask's.

Dask runs each task in a thread; submissions are graded in processes of this package, as at home, whose deadlines and
ends are their own. A coordinator is trusted: whoever may talk to a Dask worker may run anything on it.
"""

import atexit
import os
import socket
import threading
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder.cluster import parcels
from autograder.cluster.fitness import versions, why_no_jail
from autograder.cluster.parcels import ClusterRunner
from autograder.course.assignment import Assignment
from autograder.errors import KernelError
from autograder.grading.processes import local_processes
from autograder.grading.submission import grade
from autograder.kernels.run import Lease
from autograder.subject import find_subject

SLOTS_VARIABLE = "AUTOGRADER_SLOTS"
"""How many submissions a worker grades at a time; `autograder worker` sets it."""

_MOST_BYTES = 2**31

_MOST_COURSES = 4
"""Courses whose kernels are kept warm; whoever grades another one teaches it anew."""


@dataclass(frozen=True)
class _Known:
    assignment: Assignment
    runner: ClusterRunner
    lease: Lease
    folder: "TemporaryDirectory[str]"
    """Of released files."""

    def forget(self) -> None:
        """Let go what is kept for it."""
        self.lease.close()
        self.folder.cleanup()


class _Site:
    """What one worker has learnt, and the processes that it grades in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._courses: dict[str, _Known] = {}
        self._executor: Executor | None = None
        self._jail: str | None = None

    def card(self, subject: str) -> bytes:
        """Say who this is, what is installed here, and whether there is a jail."""
        with self._lock:
            if self._jail is None:
                self._jail = why_no_jail()
        head = {"host": socket.gethostname(), "versions": versions(find_subject(subject)), "no jail": self._jail}
        return parcels.packed("card", head)

    def learn(self, course: bytes) -> bytes:
        """Keep a course, and have its kernels warm, until others have come."""
        name = parcels.digest(course)
        with self._lock:
            if name not in self._courses:
                folder = TemporaryDirectory(prefix="autograder-course-")
                assignment, runner = parcels.open_course(course, Path(folder.name), _MOST_BYTES)
                try:
                    lease = runner.lease()
                except KernelError as error:
                    folder.cleanup()
                    return parcels.packed("failed", {"why": str(error)})
                self._courses[name] = _Known(assignment, runner, lease, folder)
                while len(self._courses) > _MOST_COURSES:
                    self._courses.pop(next(iter(self._courses))).forget()
        return parcels.packed("learnt", {"course": name})

    def grade(self, job: bytes) -> bytes:
        """Grade a submission; say what was in the way where that cannot be."""
        name, notebooks, submission, earlier = parcels.open_job(job, _MOST_BYTES)
        known = self._courses.get(name)
        if known is None:
            return parcels.packed("unknown", {"course": name})
        masters = tuple(master for master in known.assignment.notebooks if master.name in notebooks)
        assignment, executor = replace(known.assignment, notebooks=masters), self._processes()
        try:
            result = executor.submit(grade, submission, assignment, known.runner, earlier).result()
        except BrokenExecutor:
            with self._lock:
                if self._executor is executor:
                    self._executor = None
            return parcels.packed("died", {})
        except Exception as error:
            return parcels.packed("failed", {"why": f"the grader failed with {type(error).__name__}: {error}"[:500]})
        return parcels.pack_result(result)

    def close(self) -> None:
        """Let kernels and processes go."""
        for known in self._courses.values():
            known.forget()
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)

    def _processes(self) -> Executor:
        with self._lock:
            if self._executor is None:
                self._executor = local_processes(int(os.environ.get(SLOTS_VARIABLE, "1")))()
            return self._executor


_SITE = _Site()
atexit.register(_SITE.close)


def card(subject: str) -> bytes:
    """Answer a coordinator who has met this worker."""
    return _SITE.card(subject)


def learn(course: bytes) -> bytes:
    """Answer a coordinator who sends its course."""
    return _SITE.learn(course)


def grade_job(job: bytes) -> bytes:
    """Answer a coordinator who sends a submission."""
    return _SITE.grade(job)
