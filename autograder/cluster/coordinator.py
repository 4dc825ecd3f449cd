"""
The coordinator's side: submissions go to workers of a Dask cluster; what comes back is held against what was asked.

The coordinator itself says which worker gets which submission, because not every worker may have any: each one is
asked first who it is, and whoever is of another version or has no jail is sent away by name. Each worker has as many
submissions as it grades at a time, and one that waits. What a worker had that has gone, or has not been heard of for
a while, another one gets. Workers that come later are found.

Nothing that a worker sends is unpickled, or even deserialized by Dask: the client's connections leave all of it as
bytes (``deserialize=False`` in `distributed.comm.core.connect`), of which `autograder.cluster.parcels` makes sense.
"""

import asyncio
import contextlib
import logging
import os
import re
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgpack
from distributed import Client, Security
from distributed.protocol.serialize import Serialized
from distributed.versions import VersionMismatchWarning

from autograder.cluster import parcels, site
from autograder.cluster.fitness import differences, versions
from autograder.cluster.unpickling import refused_unpickling
from autograder.course.assignment import Assignment
from autograder.errors import ClusterError, KernelError, LostWorkerError, ParcelError
from autograder.grading.result import Result
from autograder.grading.submission import grade
from autograder.kernels.source import KernelSource
from autograder.submissions.reading import Submission
from autograder.text import counted, plain

CONNECT_SECONDS = 30.0
"""Until a scheduler has answered."""

GONE_SECONDS = float(os.environ.get("AUTOGRADER_GONE_SECONDS", "60"))
"""Until a scheduler that does not answer any more is gone for good."""

SILENT_SECONDS = 30.0
"""Until what a worker had is taken away, of which the scheduler has heard nothing; it says something every second."""

_LOOK_SECONDS, _ROLL_SECONDS = 0.1, 1.0
_TRY_SECONDS = 5.0
_ASK_SECONDS = 120.0
"""Until a worker has said who it is, or has learnt a course: it tries a jail, and imports what notebooks import."""

_MOST_SLOTS = 256
"""Submissions that one worker grades at a time, whatever it says of itself."""

_TRIES = 3
"""Workers that may go with the same submission: then it is the submission's doing, or everybody goes."""

_MOST_CARD_BYTES = 2**20
_MOST_BYTES_A_NOTEBOOK = 64 * 2**20
_MOST_DIFFERENCES = 3

_LOOPBACK = re.compile(r"(127(\.\d+){3}|localhost|\[::1\]):\d+")


@dataclass
class _Job:
    """A submission that somebody waits for."""

    submission: Submission
    assignment: Assignment
    parcel: bytes
    answer: "Future[Result]"
    tries: int = 0


@dataclass
class _Worker:
    """
    A worker, as far as it is known.

    Attributes
    ----------
    slots : int
        Submissions that it grades at a time.
    fit : bool or None
        Whether it may grade; None until it has said who it is.
    knows : bool
        Whether it has the course.
    jobs : dict
        What it has to grade, by Dask's future.
    heard : float
        When it was last given something while it had nothing, or has answered.
    """

    address: str
    slots: int
    host: str = ""
    fit: bool | None = None
    knows: bool = False
    jobs: dict[Any, _Job] = field(default_factory=dict)
    heard: float = 0.0
    asked: asyncio.Task[None] | None = None


# What Dask has to say about its connections is said in a line here, or is nobody's business.
for name in [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]:
    logging.getLogger(name).setLevel(logging.CRITICAL)


class Cluster:
    """
    Other machines that grade.

    Parameters
    ----------
    address : str
        Of a Dask scheduler; ``tls://``, unless it is on this machine.
    assignment : Assignment
        What is graded.
    runner : KernelSource
        Whose settings kernels get.
    say : callable
        Called with lines that an instructor should read, from another thread.
    """

    def __init__(
        self, address: str, assignment: Assignment, runner: KernelSource, say: Callable[[str], None]
    ) -> None:
        self._address, self._say = address, say
        self._course = parcels.pack_course(assignment, runner)
        self._name = parcels.digest(self._course)
        self._subject = assignment.subject
        self._versions = versions(assignment.subject)
        limits = runner.limits
        # A notebook may need a second kernel, and seconds of limits do not count what a kernel waits for a processor.
        self._patience = 2 * len(assignment.notebooks) * (2 * limits.notebook_seconds + limits.grader_seconds)
        self._client: Any = None
        self._workers: dict[str, _Worker] = {}
        self._waiting: deque[_Job] = deque()
        self._hearing: set[asyncio.Task[None]] = set()
        self._heard: dict[str, tuple[float, float]] = {}
        """By worker, when the scheduler last heard of it, by its clock, and when that was news here."""
        self._next_call = 0.0
        self._gone = ""

    def open(self) -> None:
        """
        Connect.

        Raises
        ------
        ClusterError
            When there is no scheduler, or the connection to it would not be encrypted.
        """
        scheme, _, place = self._address.partition("://")
        if scheme not in ("tls", "tcp") or not place:
            raise ClusterError(f"{self._address}: is no address of a Dask scheduler; give one like tls://host:8786")
        if scheme == "tcp" and not _LOOPBACK.fullmatch(place):
            raise ClusterError(
                f"{self._address}: submissions would travel unencrypted, and anybody could grade; start the "
                "scheduler with TLS, and give its address with tls://, see docs/clusters.md"
            )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._within(self._connect(CONNECT_SECONDS))
        except (OSError, ImportError, ValueError, TypeError) as error:
            self.close()
            why = " ".join(str(error).split()) or type(error).__name__
            raise ClusterError(
                f"{self._address}: no scheduler answers ({why}); see that it runs, and that your Dask configuration "
                "names the certificates that it wants"
            ) from None
        asyncio.run_coroutine_threadsafe(self._run(), self._loop)

    def close(self) -> None:
        """Let everything go."""
        with contextlib.suppress(Exception):
            self._within(self._disconnect())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def executor(self) -> "ClusterExecutor":
        """
        Give an executor of this cluster.

        Raises
        ------
        KernelError
            When its scheduler is gone for good.
        """
        if self._gone:
            raise KernelError(self._gone)
        return ClusterExecutor(self)

    def slots(self) -> int:
        """How many submissions may be on their way: what fit workers grade at a time, and one for each that waits."""
        return sum(worker.slots + 1 for worker in list(self._workers.values()) if worker.fit) or 1

    def where(self) -> str:
        """Say how many hosts grade."""
        hosts = len({worker.host for worker in list(self._workers.values()) if worker.fit})
        return counted(hosts, "host") if hosts else "no host yet"

    def give(self, submission: Submission, assignment: Assignment, earlier: Result | None) -> Future[Result]:
        """Have a submission graded by whoever has room, or the notebooks of it that an assignment has."""
        answer: Future[Result] = Future()
        names = [master.name for master in assignment.notebooks]
        job = _Job(submission, assignment, parcels.pack_job(self._name, names, submission, earlier), answer)
        self._loop.call_soon_threadsafe(self._put, job)
        return answer

    def _put(self, job: _Job, *, first: bool = False) -> None:
        """Have a job wait for a worker; where there will be none any more, nobody waits."""
        if self._gone:
            _fail(job, BrokenExecutor(self._gone))
        elif first:
            self._waiting.appendleft(job)
        else:
            self._waiting.append(job)

    def _within(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _connect(self, seconds: float) -> None:
        encrypted = self._address.startswith("tls")
        self._client = Client(  # type: ignore[no-untyped-call]  # Dask is untyped
            self._address,
            security=Security(require_encryption=encrypted),  # type: ignore[no-untyped-call]
            asynchronous=True,
            set_as_default=False,
            timeout=seconds,
            serializers=["msgpack"],
            deserializers=["msgpack"],
        )
        # Before its connections are made, which happens when it is awaited.
        self._client.rpc.deserialize = False
        self._client.connection_args = {**self._client.connection_args, "deserialize": False}
        self._client._stream_handlers["task-erred"] = self._client._state_handlers["erred"] = self._erred
        with warnings.catch_warnings():
            # Versions are compared here, with words of our own.
            warnings.simplefilter("ignore", VersionMismatchWarning)
            await self._client

    def _erred(self, key: str, **_: Any) -> None:
        """Note that a task has failed; what it has raised, which Dask would unpickle, nobody looks at."""
        state = self._client.futures.get(key)
        if state is not None:
            state.set_error(None, None)

    async def _disconnect(self) -> None:
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()
        if self._client is not None:
            await self._client.close(timeout=2)

    async def _run(self) -> None:
        while not self._gone:
            try:
                await self._look()
            except OSError:
                # Or the scheduler is only slow, and the next look will be answered.
                if self._client.status != "running":
                    await self._again()
            except Exception as error:
                self._say(f"{self._address}: {type(error).__name__}: {error}")
            await asyncio.sleep(_LOOK_SECONDS)

    async def _again(self) -> None:
        """Connect once more to a scheduler that has gone, which may be back, for a while."""
        self._take_all_back()
        self._say(f"{self._address}: the scheduler does not answer; waiting for it")
        until = time.monotonic() + GONE_SECONDS
        while (left := until - time.monotonic()) > 0:
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(self._client._close(fast=True), 1)
            try:
                await self._connect(min(left, _TRY_SECONDS))
            except OSError:
                continue
            return
        self._gone = f"{self._address}: the scheduler is gone; start it, and run the same command again"
        for job in self._waiting:
            _fail(job, BrokenExecutor(self._gone))
        self._waiting.clear()

    def _take_all_back(self) -> None:
        for worker in self._workers.values():
            self._take_back(worker)
        self._workers.clear()

    def _take_back(self, worker: _Worker, *, is_lost: bool = True) -> None:
        """Give what a worker had to others, first of all; so many may be lost with the same submission."""
        if worker.asked is not None:
            worker.asked.cancel()
        for future, job in worker.jobs.items():
            future.release()
            if is_lost:
                self._once_more(job)
            else:
                self._put(job, first=True)
        worker.jobs.clear()

    def _once_more(self, job: _Job) -> None:
        job.tries += 1
        if job.tries < _TRIES:
            self._put(job, first=True)
        else:
            _fail(job, LostWorkerError(f"{_TRIES} workers have gone while they graded {job.submission.student}"))

    async def _look(self) -> None:
        """See who is there, what is done, and who has room."""
        if self._client.status != "running":
            raise ConnectionError
        if time.monotonic() >= self._next_call:
            await self._call_the_roll()
            self._next_call = time.monotonic() + _ROLL_SECONDS
        for worker in self._workers.values():
            self._see(worker)

    async def _call_the_roll(self) -> None:
        """Find out which workers there are, and who has gone."""
        asked = self._client.scheduler.identity(n_workers=-1)
        known = (await asyncio.wait_for(asked, SILENT_SECONDS))["workers"]
        for address, about in known.items():
            if self._heard.get(address, (None, 0.0))[0] != about["last_seen"]:
                self._heard[address] = about["last_seen"], time.monotonic()
        since = time.monotonic() - SILENT_SECONDS
        alive = {address: about for address, about in known.items() if self._heard[address][1] > since}
        for address in self._workers.keys() - alive.keys():
            gone = self._workers.pop(address)
            if gone.fit:
                self._say(f"{plain(gone.host)}: the worker {address} has gone; others have what it had")
            self._take_back(gone)
        for address in alive.keys() - self._workers.keys():
            self._workers[address] = _Worker(address, min(int(alive[address]["nthreads"]), _MOST_SLOTS))

    def _see(self, worker: _Worker) -> None:
        for future, job in list(worker.jobs.items()):
            if future.status != "pending":
                worker.jobs.pop(future)
                worker.heard = time.monotonic()
                task = asyncio.ensure_future(self._hear_out(worker, job, future))
                self._hearing.add(task)
                task.add_done_callback(self._hearing.discard)
        if worker.jobs and worker.heard + self._patience < time.monotonic():
            why = f"it has not answered for {self._patience} s, which is longer than grading takes"
            # A submission that silences one worker after the other must not have them all.
            self._send_away(worker, why, is_lost=True)
        if worker.asked is not None:
            if not worker.asked.done():
                return
            worker.asked = None
        if worker.fit is None:
            worker.asked = asyncio.ensure_future(self._ask(worker))
        while worker.fit and self._waiting and len(worker.jobs) <= worker.slots:
            if not worker.knows:
                worker.asked = asyncio.ensure_future(self._teach(worker))
                return
            job = self._waiting.popleft()
            if job.answer.running() or job.answer.set_running_or_notify_cancel():
                if not worker.jobs:
                    worker.heard = time.monotonic()
                worker.jobs[self._order(worker, site.grade_job, job.parcel)] = job

    async def _hear_out(self, worker: _Worker, job: _Job, future: Any) -> None:
        """Hear what a worker says, if it can be fetched; else nobody knows what it was."""
        try:
            await asyncio.wait_for(self._hear(worker, job, future), SILENT_SECONDS)
        except (OSError, asyncio.CancelledError):
            # Dask cancels what it is asked for when its connection goes.
            self._once_more(job)

    async def _hear(self, worker: _Worker, job: _Job, future: Any) -> None:
        """Read what a worker says came of a submission."""
        if future.status in ("cancelled", "lost"):
            self._once_more(job)
            return
        most = _MOST_BYTES_A_NOTEBOOK * len(job.assignment.notebooks)
        try:
            answer = parcels.opened(await self._bytes_of(future), "result", "died", "failed", "unknown", most=most)
            if answer.kind == "result":
                job.answer.set_result(parcels.open_result(answer, job.submission, job.assignment))
                return
        except ParcelError as error:
            self._put(job, first=True)
            self._send_away(worker, f"its answer about {job.submission.student} is refused: {error}")
            return
        if answer.kind == "unknown":
            worker.knows = False
            self._put(job, first=True)
        elif answer.kind == "died":
            _fail(job, LostWorkerError("the grading process died"))
        else:
            _fail(job, ClusterError(plain(str(answer.head.get("why", "")))))

    async def _ask(self, worker: _Worker) -> None:
        """Ask a worker who it is."""
        card = await self._answer(worker, site.card, self._subject.name)
        if card is None or card.kind != "card":
            self._send_away(worker, "it does not say who it is; install the same autograder[cluster] there")
            return
        worker.host = plain(str(card.head.get("host", "")))[:200]
        unlike = differences(self._versions, _table(card.head.get("versions")))
        if unlike:
            more = f", and {len(unlike) - _MOST_DIFFERENCES} more" if len(unlike) > _MOST_DIFFERENCES else ""
            self._send_away(worker, f"{', '.join(unlike[:_MOST_DIFFERENCES])}{more}; install the same there")
        elif card.head.get("no jail") != "":
            self._send_away(worker, f"there is no jail: {card.head.get('no jail')}")
        else:
            worker.fit = True

    async def _teach(self, worker: _Worker) -> None:
        answer = await self._answer(worker, site.learn, self._course)
        if answer is not None and answer.kind == "learnt":
            worker.knows = True
        else:
            why = "" if answer is None else str(answer.head.get("why", ""))
            self._send_away(worker, f"it cannot take the course: {why}")

    async def _answer(
        self, worker: _Worker, function: Callable[..., bytes], *arguments: Any
    ) -> parcels.Parcel | None:
        future = self._order(worker, function, *arguments)
        until = time.monotonic() + _ASK_SECONDS
        while future.status == "pending" and time.monotonic() < until:
            await asyncio.sleep(_LOOK_SECONDS)
        try:
            return parcels.opened(await self._bytes_of(future), "card", "learnt", "failed", most=_MOST_CARD_BYTES)
        except (ParcelError, OSError):
            return None

    def _order(self, worker: _Worker, function: Callable[..., bytes], *arguments: Any) -> Any:
        """Have a worker, and nobody else, do something."""
        return self._client.submit(
            function, *arguments, workers=[worker.address], allow_other_workers=False, pure=False, retries=0
        )

    async def _bytes_of(self, future: Any) -> bytes:
        """
        Fetch what a worker has answered.

        Raises
        ------
        ParcelError
            When there is no answer, or it is anything but bytes.
        """
        if future.status != "finished":
            raise ParcelError("it has failed" if future.status == "error" else "it does not answer")
        try:
            (answer,) = await self._client._gather([future], errors="skip", direct=False) or (None,)
        except (ValueError, TypeError, KeyError) as error:
            raise ParcelError(f"it cannot be fetched ({type(error).__name__})") from None
        if isinstance(answer, Serialized) and answer.header.get("serializer") == "msgpack":
            with contextlib.suppress(ValueError, TypeError, msgpack.UnpackException):
                answer = msgpack.unpackb(b"".join(answer.frames), raw=False)
        if not isinstance(answer, bytes):
            raise ParcelError(f"it is no bytes but {type(answer).__name__}")
        return answer

    def _send_away(self, worker: _Worker, why: str, *, is_lost: bool = False) -> None:
        if worker.fit is not False:
            name = f"{worker.host} ({worker.address})" if worker.host else worker.address
            self._say(f"not used: {plain(name)}: {plain(why)}")
        worker.fit = False
        self._take_back(worker, is_lost=is_lost)


def _fail(job: _Job, error: Exception) -> None:
    if not job.answer.done():
        job.answer.set_exception(error)


def _table(found: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}


class ClusterExecutor(Executor):
    """Grades submissions on other machines. Closing it cancels what it was given and nobody has begun."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._given: list[Future[Any]] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Have `autograder.grading.submission.grade` called with these arguments, and nothing else."""
        if function is not grade or named:
            raise TypeError("only submissions are graded on a cluster")
        submission, assignment, _, *earlier = arguments
        future = self._cluster.give(submission, assignment, earlier[0] if earlier else None)
        self._given.append(future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Cancel what nobody has begun."""
        if cancel_futures:
            for future in self._given:
                future.cancel()


@contextmanager
def cluster(
    address: str, assignment: Assignment, runner: KernelSource, say: Callable[[str], None]
) -> Iterator[Cluster]:
    """
    Grade on the cluster of a Dask scheduler; see `Cluster`.

    Raises
    ------
    ClusterError
        When it cannot be reached, or only unencrypted.
    """
    with refused_unpickling():
        found = Cluster(address, assignment, runner, say)
        found.open()
        try:
            yield found
        finally:
            found.close()
