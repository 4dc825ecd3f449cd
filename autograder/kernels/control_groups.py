"""
A control group for each jailed kernel: memory, processes and a share of the processors that the system itself holds.

The interface is that of Linux's control groups of version 2 (Documentation/admin-guide/cgroup-v2.rst). All of this is
done from outside of the jail, where no kernel can undo it. Whoever grades may make groups

- as root, where no systemd runs: below the group that the grader is in;
- where systemd runs, as root or as a user who has logged in: in a scope that systemd delegates to the warm process;
- in a container, below its own group, where that holds no processes itself.

Elsewhere there are none, and `autograder.zygote.memory` and rlimits are all that there is: `autograder doctor` and
`autograder grade` say so.
"""

import contextlib
import errno
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import NoZygoteError
from autograder.zygote.limits import Limits

_NEEDED = ("memory", "pids")
_WANTED = ("cpu", *_NEEDED)

_SYSTEMD = Path("/run/systemd/system")
"""Is there where systemd runs, see sd_booted(3)."""

_MOVES = 100
"""How often processes that fork while they are moved are looked for again."""


class NoGroupsError(Exception):
    """There can be no control groups; the message says why."""


def mounted() -> Path:
    """
    Find where control groups of version 2 are.

    Raises
    ------
    NoGroupsError
        When they are nowhere, or without what is needed.
    """
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        place, _, kind = line.partition(" - ")
        if kind.split()[0] == "cgroup2":
            folder = Path(place.split()[4])
            _see_that_all_are_there(folder)
            return folder
    raise NoGroupsError("this system has no control groups of version 2")


def _see_that_all_are_there(folder: Path) -> None:
    missing = set(_NEEDED) - set(_read(folder / "cgroup.controllers").split())
    if missing:
        raise NoGroupsError(f"the control groups in {folder} hold no {' and no '.join(sorted(missing))}")


def below_own(name: str) -> Path:
    """
    Make a group for kernels' groups below the one that this process is in.

    Raises
    ------
    NoGroupsError
        When that cannot be.
    """
    mount = mounted()
    own = next(line[3:] for line in _read(Path("/proc/self/cgroup")).splitlines() if line.startswith("0::"))
    parent = mount / own.lstrip("/")
    return settle(parent, name)


def settle(parent: Path, name: str) -> Path:
    """
    Make a group for kernels' groups below another one.

    Raises
    ------
    NoGroupsError
        When that cannot be.
    """
    base = parent / name
    try:
        _hand_down(parent)
        base.mkdir()
        _hand_down(base)
    except OSError as error:
        with contextlib.suppress(OSError):
            base.rmdir()
        raise NoGroupsError(f"{error.filename or parent}: {error.strerror}") from None
    return base


def _hand_down(folder: Path) -> None:
    """Let groups below have what this one has."""
    _see_that_all_are_there(folder)
    there = _read(folder / "cgroup.controllers").split()
    _write(folder / "cgroup.subtree_control", " ".join(f"+{name}" for name in _WANTED if name in there))


def systemd_runs() -> bool:
    """Tell whether systemd is who makes groups here: then nobody else may, outside of what it delegates."""
    return _SYSTEMD.exists() and shutil.which("systemd-run") is not None


def in_scope(unit: str) -> list[str]:
    """Begin a command line that runs in a scope of systemd."""
    who = [] if os.getuid() == 0 else ["--user"]
    properties = ["--property=Delegate=cpu memory pids", "--property=CollectMode=inactive-or-failed"]
    return ["systemd-run", *who, "--scope", "--quiet", f"--unit={unit}", *properties, "--"]


def of_scope(unit: str) -> Path:
    """
    Make a group for kernels' groups in a scope of systemd, whose own processes move down for it.

    Raises
    ------
    NoGroupsError
        When that cannot be.
    """
    who = [] if os.getuid() == 0 else ["--user"]
    asked = ["systemctl", *who, "show", "--property=ControlGroup", "--value", f"{unit}.scope"]
    path = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    if not path:
        raise NoGroupsError("systemd delegates no control group to this user")
    scope = mounted() / path.lstrip("/")
    try:
        move_down(scope, scope / "zygote")
    except OSError as error:
        raise NoGroupsError(f"{scope}: {error.strerror}") from None
    return settle(scope, "kernels")


def move_down(folder: Path, below: Path) -> None:
    """Move the processes of a group into one below it, because only groups without processes can be divided."""
    below.mkdir(exist_ok=True)
    for _ in range(_MOVES):
        pids = _read(folder / "cgroup.procs").split()
        if not pids:
            return
        for pid in pids:
            # It may have ended.
            with contextlib.suppress(ProcessLookupError):
                _write(below / "cgroup.procs", pid)


@dataclass(frozen=True)
class KernelGroup:
    """
    The group of one kernel.

    Attributes
    ----------
    folder : Path
        Where the system shows it.
    """

    folder: Path

    @classmethod
    def make(cls, base: Path, name: str, limits: Limits) -> "KernelGroup":
        """
        Make a group with a kernel's limits, and nobody in it yet.

        What a kernel has written is in memory, too, and has a limit of its own. Each group's share of the processors
        is the same, however many processes it has.

        Raises
        ------
        OSError
            When the system does not let us.
        """
        group = cls(base / name)
        group.folder.mkdir()
        try:
            group.write(limits)
        except OSError:
            group.close()
            raise
        return group

    def write(self, limits: Limits) -> None:
        """
        Write the limits.

        Raises
        ------
        OSError
            When the system does not let us.
        """
        # Memory that is swapped out would not be counted; a system without swap has no such file.
        with contextlib.suppress(FileNotFoundError):
            _write(self.folder / "memory.swap.max", "0")
        _write(self.folder / "memory.max", str(limits.memory_bytes + limits.scratch_bytes))
        _write(self.folder / "memory.oom.group", "1")
        _write(self.folder / "pids.max", str(limits.processes))

    def take(self, pid: int) -> None:
        """
        Put a kernel into it, before it has run anything of a student's.

        Parameters
        ----------
        pid : int
            The kernel's process, as this process knows it; 0 where it does not.

        Raises
        ------
        NoZygoteError
            When it cannot be put there.
        """
        try:
            if pid <= 0:
                raise ProcessLookupError(errno.ESRCH, "the kernel's process cannot be seen from here")
            _write(self.folder / "cgroup.procs", str(pid))
        except OSError as error:
            raise NoZygoteError(f"{self.folder}: no control group for a kernel: {error.strerror}") from error

    @property
    def limit(self) -> str:
        """Which limit the system has held against it, e.g. ``"memory"``; empty when none."""
        if _count(self.folder / "memory.events", "oom_kill"):
            return "memory"
        return "processes" if _count(self.folder / "pids.events", "max") else ""

    def close(self) -> None:
        """End what is still in it, and remove it; what still ends is removed with the warm process."""
        with contextlib.suppress(OSError):
            _write(self.folder / "cgroup.kill", "1")
        with contextlib.suppress(OSError):
            self.folder.rmdir()


def new_group(groups: str, name: str, limits: Limits) -> KernelGroup | None:
    """
    Make the group of a kernel; None where there are no groups.

    Parameters
    ----------
    groups : str
        See `autograder.kernels.run.Lease.groups`.

    Raises
    ------
    NoZygoteError
        When the system does not let us.
    """
    if not groups.startswith("/"):
        return None
    try:
        return KernelGroup.make(Path(groups), name, limits)
    except OSError as error:
        raise NoZygoteError(f"{groups}: no control group for a kernel: {error.strerror}") from error


def _count(file: Path, event: str) -> int:
    for line in _read(file).splitlines():
        name, _, count = line.partition(" ")
        if name == event:
            return int(count)
    return 0


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""


def _write(file: Path, text: str) -> None:
    # Not created where it is missing: then it is no file of a control group.
    descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
