"""
No pickle that comes from elsewhere builds anything in the coordinator.

Dask unpickles what workers send in many places: results, exceptions, warnings, events. Python's audit hooks see all
of them: whatever unpickles anything but numbers, texts and lists of these has to find a class or function first
(``pickle.find_class`` in docs.python.org/3/library/audit_events). While a cluster is used, that raises.

One class may be named: the envelope in which processes of a `ProcessPoolExecutor`, of which this machine has some of
its own, send their answers. It holds four fields and does nothing, whoever makes one.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ENVELOPE = ("concurrent.futures.process", "_ResultItem")


class UnpicklingRefusedError(RuntimeError):
    """Somebody's pickle names a class or a function, and none is wanted from anybody."""


class _Guard:
    """The hook, which cannot be taken away again, and how many use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._installed = False
        self._users = 0

    @contextmanager
    def up(self) -> Iterator[None]:
        """Refuse, in all threads of this process, for as long as this is entered."""
        with self._lock:
            if not self._installed:
                sys.addaudithook(self._look)
                self._installed = True
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "pickle.find_class" and self._users and arguments != _ENVELOPE:
            raise UnpicklingRefusedError(f"a pickle names {arguments[0]}.{arguments[1]}")


refused_unpickling = _Guard().up
"""A context in which nothing is unpickled but plain data."""
