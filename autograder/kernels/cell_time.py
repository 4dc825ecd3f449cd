"""
How long a cell and a notebook have taken: the time in which their kernel could go on.

While a kernel waits for a processor that others have, its time stands still, so that nobody is late for a
neighbour's sake; and so it does while the grader waits for one, for whose next request the kernel waits. Linux counts
that wait for each thread (/proc/PID/schedstat, Documentation/scheduler/sched-stats).
A kernel whose own processes are in each other's way would gain time by it, so that there is an end by the clock, too.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.kernels.run import Ended
from autograder.zygote.limits import Limits

_CELL_FACTOR, _NOTEBOOK_FACTOR = 10, 3
"""How many times its limit something may take by the clock."""

_SHORTEST_LOOK = 0.05
"""Seconds between two looks at a kernel that waits more than it runs."""

_READ_AT_MOST = 500
"""Threads of a kernel; it may not have many more."""

_LINE_BYTES = 200

_OWN_THREAD = "/proc/thread-self"
"""The thread of the grader that asks this: it runs the notebook, too."""


@dataclass
class CellTime:
    """
    The time of one notebook's run.

    Attributes
    ----------
    pid : int
        The kernel's process, as this process knows it; 0 as long as that is unknown, and then the clock decides.
    """

    limits: Limits
    pid: int = 0
    _notebook: "_Since | None" = None
    _cell: "_Since | None" = None

    def begin(self) -> None:
        """Note that a cell begins; the first one begins the notebook."""
        self._cell = _Since(self.pid)
        self._notebook = self._notebook or self._cell

    def end(self) -> None:
        """Note that the cell has ended."""
        self._cell = None

    @property
    def over(self) -> Ended | None:
        """What has had its time: the cell, the notebook, or neither."""
        if self._cell is not None and self._cell.left(self.limits.cell_seconds, _CELL_FACTOR) <= 0:
            return Ended.CELL_TIMEOUT
        if self._notebook is not None and self._notebook.left(self.limits.notebook_seconds, _NOTEBOOK_FACTOR) <= 0:
            return Ended.NOTEBOOK_TIMEOUT
        return None

    @property
    def next_look(self) -> float:
        """Seconds for which nothing can be over."""
        left = float(min(self.limits.cell_seconds, self.limits.notebook_seconds))
        if self._cell is not None:
            left = self._cell.left(self.limits.cell_seconds, _CELL_FACTOR)
        if self._notebook is not None:
            left = min(left, self._notebook.left(self.limits.notebook_seconds, _NOTEBOOK_FACTOR))
        return max(_SHORTEST_LOOK, left)


class _Since:
    """A stretch of time that has begun."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began = time.monotonic()
        self._waited = _waited(_OWN_THREAD) + (_waited(f"/proc/{pid}") if pid else 0.0)

    def left(self, limit: int, factor: int) -> float:
        """Give what is left of a limit in seconds; no more than is left by the clock of so many times the limit."""
        took = time.monotonic() - self._began
        if not self._pid or took < limit:
            return limit - took
        waited = min(took, _longest_wait(self._pid) + _waited(_OWN_THREAD) - self._waited)
        return min(limit - took + max(0.0, waited), limit * factor - took)


def _longest_wait(kernel: int) -> float:
    """Give the longest time that a thread of a kernel's processes has waited for a processor, in seconds."""
    return max((_waited(str(thread)) for thread in _threads(kernel)), default=0.0)


def _threads(kernel: int) -> Iterator[Path]:
    """List the threads of a kernel's processes, its own first."""
    processes, read = [kernel], 0
    while processes and read < _READ_AT_MOST:
        try:
            threads = list(Path("/proc", str(processes.pop(0)), "task").iterdir())
            for thread in threads:
                yield thread
                read += 1
                processes += map(int, thread.joinpath("children").read_bytes().split())
        except OSError:
            # It has ended, or this Linux does not list children.
            continue


def _waited(process: str) -> float:
    """Read how long a thread, or the main thread of a process, has waited for a processor, in seconds."""
    try:
        file = os.open(f"{process}/schedstat", os.O_RDONLY)
        try:
            return int(os.read(file, _LINE_BYTES).split()[1]) / 1e9
        finally:
            os.close(file)
    except (OSError, IndexError):
        # It has ended, or this Linux does not count that.
        return 0.0
