"""
Namespaces, limits and a filter of system calls for each kernel that the zygote forks.

Inside what bubblewrap shows (`autograder.zygote.bubblewrap`) each kernel enters user, mount, process, IPC, network
and host name namespaces of its own: it sees no process and no terminal but its own, writes only to a sized scratch
file system in memory, has the sockets that Jupyter needs and can make no others, has no capability and cannot get
one, and makes only the system calls that student code has a use for.

Limits on processes count per user namespace, so that kernels do not eat each other's share. They do not hold for
the superuser, which is why a jail that root starts runs as another user, `JAIL_UID`.
"""

import contextlib
import ctypes
import errno
import os
import resource
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from autograder.layers import layer
from autograder.zygote.bubblewrap import HOME, readable_inside
from autograder.zygote.memory import process_status
from autograder.zygote.protocol import DATA, Order
from autograder.zygote.seccomp import afterwards_filter, system_call_filter

_STACK_BYTES = 8 * 2**20
"""What the system sets aside for a thread."""

_TERMINALS = 32
"""Of one kernel. The system has 4,096 for all, so that nobody may have many."""

_SIGNALS = 1024
"""Signals and timers of one kernel that wait. The system counts them for all kernels of a user together."""

_WHY_CHARACTERS = 4000
"""Of why a kernel could not be jailed: they must fit into a pipe that nobody reads yet."""

_HOST = "jail"

_LIBC = ctypes.CDLL(None, use_errno=True)

_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000

_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000

_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT, _MS_BIND = 1, 2, 4, 8, 32, 4096

_MS_REC_PRIVATE = 16384 | (1 << 18)

_MNT_DETACH = 2

_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 4, 24, 36, 38, 47

_PR_CAP_AMBIENT_CLEAR_ALL = 4

_LAST_CAPABILITY = 40

_CAPABILITIES_V3 = 0x20080522


def become(uid: int) -> None:
    """
    Stop being root inside the jail.

    Bubblewrap covers parts of /proc from root; a kernel may mount a /proc of its own only while the one that it
    sees is whole (Linux, ``mount_too_revealing``). Another user could not write there anyway.
    """
    for name in ("sys", "sysrq-trigger", "irq", "bus"):
        _LIBC.umount2(f"/proc/{name}".encode(), _MNT_DETACH)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    # Or the files in /proc/self would still be root's, the map of user ids among them.
    _call("prctl", _PR_SET_DUMPABLE, 1, 0, 0, 0)


def fork_into_jail(
    order: Order, leave_behind: Callable[[], None], run: Callable[[Order, Callable[[], None]], None]
) -> int:
    """
    Fork a kernel into namespaces of its own and return its process id.

    Two forks: the first process makes the namespaces and stays outside of the new process namespace, the second one
    is the first process within. When the kernel's sockets are bound, the first makes their folder read-only, so that
    student code finds no place to write that is not sized, and ends.

    Parameters
    ----------
    leave_behind : callable
        Closes what only the zygote may use.
    run : callable
        Becomes the kernel; calls its second argument when the sockets are bound.
    """
    _call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    told, tell = os.pipe()
    first = os.fork()
    if first == 0:
        try:
            os.close(told)
            leave_behind()
            _outside(order, tell, run)
        except BaseException as error:
            os.write(tell, f"{type(error).__name__}: {error}"[:_WHY_CHARACTERS].encode())
        finally:
            os._exit(1)
    os.close(tell)
    with os.fdopen(told, "rb") as answer:
        said = answer.read().decode()
    if not said.isdigit():
        raise OSError(errno.EPERM, f"no jail for a kernel: {said or 'its process ended at once'}")
    return int(said)


def _outside(order: Order, tell: int, run: Callable[[Order, Callable[[], None]], None]) -> NoReturn:
    """Stay outside of the kernel's process namespace: make all its namespaces, fork it, close its socket folder."""
    _enter_namespaces()
    _mount_scratch(order)
    bound, binding = os.pipe()
    closed, closing = os.pipe()
    kernel = os.fork()
    if kernel == 0:
        for descriptor in (bound, closing, tell):
            os.close(descriptor)
        _be_the_kernel(order, run, binding, closed)
    os.write(tell, str(kernel).encode())
    os.close(tell)
    os.close(binding)
    if os.read(bound, 1):
        if not order.piped:
            _mount("none", order.folder, "", _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)
        os.write(closing, b"1")
    os._exit(0)


def _enter_namespaces() -> None:
    """Leave the zygote's namespaces, as the same user."""
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", _namespaces() | _network())
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 (Path.write_text would truncate)
            file.write(text)
    # Docker and podman refuse it to everybody; then the name is their container's.
    with contextlib.suppress(PermissionError):
        socket.sethostname(_HOST)
    _mount("none", "/", "", _MS_REC_PRIVATE)
    _mount_own_terminals()
    _hide_shared_zeros()


@layer("jail: process namespaces")
def _namespaces() -> int:
    return _NEWNS | _NEWCGROUP | _NEWUTS | _NEWIPC | _NEWUSER | _NEWPID


@layer("jail: network")
def _network() -> int:
    """Give names of sockets that are no files, and their counts, to one kernel alone."""
    return _NEWNET


@layer("jail: terminals")
def _mount_own_terminals() -> None:
    """Mount terminals that no other kernel has; the shell of a cell runs in one."""
    options = f"newinstance,ptmxmode=0666,mode=0600,max={_TERMINALS}"
    _mount("devpts", "/dev/pts", "devpts", _MS_NOSUID | _MS_NOEXEC, options)


@layer("jail: system calls")
def _hide_shared_zeros() -> None:
    """Put the device that is never full in the place of the one whose mappings are memory that nobody counts."""
    _mount("/dev/full", "/dev/zero", "", _MS_BIND)


def _mount_scratch(order: Order) -> None:
    """
    Give the kernel one sized place to write to, for home, /tmp and /dev/shm, with the files that it may read.

    What lies in /tmp goes out of sight with it, all kernels' sockets among it. This kernel's own come back, and an
    environment that somebody keeps there.
    """
    own = [] if order.piped else [Path(order.folder)]
    kept = [*own, *(path for path in readable_inside() if path.is_relative_to("/tmp"))]
    opened = {path: os.open(path, os.O_PATH | os.O_DIRECTORY) for path in kept}
    size, files = order.limits["scratch_bytes"], order.limits["scratch_files"]
    _mount("tmpfs", HOME, "tmpfs", _MS_NOSUID | _MS_NODEV, f"size={size},nr_inodes={files},mode=700")
    # Copies, made before any code of a student runs: what a notebook does to them nobody else sees.
    shutil.copytree(Path(order.folder, DATA), HOME, dirs_exist_ok=True)
    for name, target in (("tmp", "/tmp"), ("shm", "/dev/shm")):
        part = Path(HOME, f".{name}")
        part.mkdir()
        _mount(str(part), target, "", _MS_BIND)
    for path, descriptor in opened.items():
        path.mkdir(parents=True)
        _mount(f"/proc/self/fd/{descriptor}", str(path), "", _MS_BIND)
        os.close(descriptor)


def _be_the_kernel(
    order: Order, run: Callable[[Order, Callable[[], None]], None], binding: int, closed: int
) -> NoReturn:
    """Be the first process of the kernel's namespaces. No student code runs before its sockets are closed in."""
    log = os.dup(2)

    def sockets_are_bound() -> None:
        os.close(log)
        os.write(binding, b"1")
        os.close(binding)
        if not os.read(closed, 1):
            os._exit(1)
        os.close(closed)
        afterwards_filter().load()

    try:
        _give_everything_up(order)
        run(order, sockets_are_bound)
    except Exception as error:
        with contextlib.suppress(OSError):
            os.write(log, f"a kernel did not start: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(1)


def _give_everything_up(order: Order) -> None:
    os.setsid()
    _mount_own_processes()
    os.chdir(HOME)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    os.close(nothing)
    _limit(order.limits)
    _drop_capabilities()
    _refuse_system_calls()


@layer("jail: process namespaces")
def _mount_own_processes() -> None:
    _mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)


@layer("jail: system calls")
def _refuse_system_calls() -> None:
    system_call_filter().load()


def _limit(limits: dict[str, int]) -> None:
    # Private writable memory, used or not: a second line, for what grows faster than anybody looks. It is counted
    # from what the process holds already, and leaves room for the stacks of threads.
    data = process_status("self").get("VmData", 0) + limits["memory_bytes"] + limits["processes"] * _STACK_BYTES
    for name, most in (
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_FSIZE, limits["scratch_bytes"]),
        (resource.RLIMIT_DATA, data),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_SIGPENDING, _SIGNALS),
    ):
        _, hard = resource.getrlimit(name)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(name, (most, most))


def _drop_capabilities() -> None:
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(_LAST_CAPABILITY + 1):
        _call("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    _call("mount", source.encode(), target.encode(), kind.encode(), flags, options.encode(), about=target)


def _call(name: str, *arguments: object, about: str = "") -> None:
    if getattr(_LIBC, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}", about or None)
