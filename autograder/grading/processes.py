"""The processes of this machine that grade. This module imports nothing large: who grades begins with it."""

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import forkserver
from multiprocessing.context import BaseContext

MakeExecutor = Callable[[], Executor]
"""Gives a fresh executor; called again when the last one broke."""


def local_processes(workers: int, begin: Callable[[], None] | None = None) -> MakeExecutor:
    """
    Give executors of `workers` processes on this machine, forked from one that has done the imports.

    Parameters
    ----------
    begin : callable, optional
        Called first in each of the processes.
    """
    context = _context()
    return lambda: ProcessPoolExecutor(workers, mp_context=context, initializer=_begin_work, initargs=(begin,))


def begin_imports() -> None:
    """Start the process that such processes are forked from: it imports while this one does."""
    _context()
    forkserver.ensure_running()


def _context() -> BaseContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.grading.worker"])
    return context


def _begin_work(begin: Callable[[], None] | None) -> None:
    """Keep Ctrl-C, which a terminal sends to a whole session, from running notebooks; end when the batch is gone."""
    os.setsid()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if begin is not None:
        begin()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
