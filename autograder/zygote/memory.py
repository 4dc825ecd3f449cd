"""How much memory jailed kernels take, measured from outside."""

import os
from collections.abc import Iterable
from pathlib import Path


def memory_beyond(kernels: list[int]) -> list[int]:
    """
    Measure jailed kernels from outside: bytes of each one's processes beyond what the calling process holds.

    The calling process is the one that the kernels were forked from; what they share with it costs nothing.
    """
    seen = {int(entry.name): process_status(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    shared = seen.get(os.getpid(), {}).get("RssAnon", 0)
    return [
        sum(
            max(0, seen[pid].get("RssAnon", 0) - shared) + seen[pid].get("RssShmem", 0)
            for pid in _family(kernel, seen)
        )
        for kernel in kernels
    ]


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
        if name in (b"PPid", b"RssAnon", b"RssShmem", b"VmData"):
            number, _, unit = value.strip().partition(b" ")
            found[name.decode()] = int(number) * (1024 if unit == b"kB" else 1)
    return found
