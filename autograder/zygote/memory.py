"""How much memory jailed kernels take, measured from outside."""

import functools
import os
from collections.abc import Iterable
from pathlib import Path

_PIPE_BYTES = 2**16
"""What a pipe holds that nobody reads."""

_FREE_FILES = 128
"""Places for open files of a process that are not counted: a kernel has this many when it starts."""


def memory_beyond(kernels: list[int]) -> list[int]:
    """
    Measure jailed kernels from outside: bytes of each one's processes beyond what the calling process holds.

    The calling process is the one that the kernels were forked from; what they share with it costs nothing. Counted
    is also what the system holds for a process: its page tables, and what its pipes and sockets could hold, each
    taken for full, because nobody can see how full it is. Each kernel must have a network namespace of its own.
    """
    seen = {int(entry.name): process_status(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    own = seen.get(os.getpid(), {})
    return [sum(_held(seen[pid], own) for pid in _family(kernel, seen)) + _of_sockets(kernel) for kernel in kernels]


def _held(status: dict[str, int], own: dict[str, int]) -> int:
    beyond = sum(max(0, status.get(name, 0) - own.get(name, 0)) for name in ("RssAnon", "VmSwap", "VmPTE"))
    pipes = _PIPE_BYTES * max(0, status.get("FDSize", 0) - _FREE_FILES)
    return beyond + status.get("RssShmem", 0) + pipes


def _of_sockets(kernel: int) -> int:
    """Take all sockets of a kernel's network namespace for full: bytes."""
    try:
        used = Path(f"/proc/{kernel}/net/sockstat").read_bytes().split(maxsplit=3)[2]
    except (OSError, IndexError):
        # It has ended.
        return 0
    return int(used) * _socket_bytes()


@functools.cache
def _socket_bytes() -> int:
    """Bytes that wait in a socket before its writer must; nobody in the jail may change that for one."""
    return int(Path("/proc/sys/net/core/wmem_default").read_bytes())


def _family(kernel: int, seen: dict[int, dict[str, int]]) -> Iterable[int]:
    members = {kernel} & set(seen)
    while True:
        more = {pid for pid, status in seen.items() if status.get("PPid") in members} - members
        if not more:
            return members
        members |= more


def process_status(pid: str) -> dict[str, int]:
    """Read ``PPid`` and the sizes of a process's memory, in bytes, from /proc; empty when it has ended."""
    try:
        # Bytes: a process gives itself a name, which need not be text. Of line ends the system escapes only this one.
        lines = Path("/proc", pid, "status").read_bytes().split(b"\n")
    except OSError:
        return {}
    found = {}
    for line in lines:
        name, _, value = line.partition(b":")
        if name in (b"PPid", b"FDSize", b"RssAnon", b"RssShmem", b"VmData", b"VmPTE", b"VmSwap"):
            number, _, unit = value.strip().partition(b" ")
            found[name.decode()] = int(number) * (1024 if unit == b"kB" else 1)
    return found
