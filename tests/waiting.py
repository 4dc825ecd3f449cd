"""Wait for an event, and not for a time: a busy machine is only slower."""

import asyncio
import time
from collections.abc import Callable

_LOOK = 0.02
_GIVE_UP = 180
"""Seconds after which something has certainly gone wrong."""


def eventually(is_so: Callable[[], object]) -> None:
    """
    Wait until something is so.

    Raises
    ------
    TimeoutError
        When it never is.
    """
    deadline = time.monotonic() + _GIVE_UP
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(_LOOK)


async def eventually_async(is_so: Callable[[], object]) -> None:
    """Wait in the same way, and let other coroutines run."""
    await asyncio.to_thread(eventually, is_so)
