"""An end to work on what a student has written: so many seconds of processor time, and then it is over."""

import multiprocessing
import signal
import threading
import time
from types import TracebackType

_AGAIN = 0.1
"""Of the seconds, until the end is told once more: a guard may have taken the first one for something else."""

_GRACE = 2.0
"""How many times the seconds a worker process may take before the system ends it."""

ENDED_BY = signal.SIGVTALRM
"""The signal that ends a worker process which does not listen: it is in C code that knows no signals."""


class OutOfTimeError(BaseException):
    """
    The processor time is used up.

    It is none of the exceptions that a guard around a single answer catches: such a guard would begin the next one.
    """


class Deadline:
    """
    So much processor time of this process for all that is done in its ``with`` blocks, which may be several.

    The time of a busy machine's other programs does not count. Python looks for signals between its own steps and
    within regular expressions; a worker process (`autograder.grading.batch`) that does neither is ended by the system
    after twice the time. Only the main thread can be interrupted: in another one nothing is.

    Parameters
    ----------
    seconds : float
        Of all blocks together.

    Raises
    ------
    OutOfTimeError
        In the block that uses up the time, and at the beginning of every later one.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = self._left = float(seconds)
        self._began = 0.0
        self._is_open = False
        self._before: signal._HANDLER = None

    def __enter__(self) -> "Deadline":
        """Begin to count."""
        if self._left <= 0:
            raise OutOfTimeError
        if threading.current_thread() is threading.main_thread():
            self._is_open = True
            self._before = signal.signal(signal.SIGPROF, self._end)
            signal.setitimer(signal.ITIMER_PROF, self._left, self._seconds * _AGAIN)
            if multiprocessing.parent_process() is not None:
                signal.signal(ENDED_BY, signal.SIG_DFL)
                signal.setitimer(signal.ITIMER_VIRTUAL, self._left + self._seconds * (_GRACE - 1))
        self._began = time.process_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop counting."""
        was_open, self._is_open = self._is_open, False
        self._left -= time.process_time() - self._began
        if isinstance(value, OutOfTimeError):
            self._left = 0.0
        if was_open:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, self._before)

    def _end(self, *_: object) -> None:
        # One that comes while the block is being left is too late.
        if self._is_open:
            raise OutOfTimeError
