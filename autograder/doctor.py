"""Whether this machine can grade safely, found out by trying, and what to do where it cannot."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook

from autograder.course.folders import Course
from autograder.course.imports import imports_of
from autograder.course.steps import lacking
from autograder.errors import AutograderError, CourseError, JailError
from autograder.kernels.configuration import runner_of
from autograder.kernels.nbclient_runner import NbclientRunner
from autograder.kernels.piped_runner import PipedRunner
from autograder.kernels.run import Ended, held_by
from autograder.kernels.zygote_client import Connection
from autograder.zygote.bubblewrap import JAIL_UID, bubblewrap, drops_to_another_user, exposing
from autograder.zygote.seccomp import system_call_filter

_KERNEL_BYTES = 200 * 2**20
"""What a kernel and its worker take while they run an honest notebook."""

_ZYGOTE_BYTES = 700 * 2**20
_FREE_BYTES = 2**30


@dataclass(frozen=True)
class Diagnosis:
    """
    One thing that was looked at.

    Attributes
    ----------
    what : str
        What was looked at.
    is_fine : bool
        Whether grading can go on.
    detail : str
        One line: what was found, and what to do where it is not fine.
    stops_grading : bool
        Whether `autograder grade` is not to be relied on while it is not fine.
    """

    what: str
    is_fine: bool
    detail: str
    stops_grading: bool = True


def diagnose(course: Course, workers: int) -> list[Diagnosis]:
    """Look at everything that grading needs, the likeliest trouble first; the last one is a jailed kernel itself."""
    looks: tuple[Callable[[], Diagnosis], ...] = (
        _system,
        _bubblewrap,
        _namespaces,
        _proc,
        _app_armor,
        _system_calls,
        lambda: _memory(workers),
        lambda: _space(course.root),
        lambda: _space(Path("/tmp")),
        lambda: _hidden(course.root),
        lambda: _buttons(course),
    )
    return [*(look() for look in looks), *_kernel(course)]


@dataclass(frozen=True)
class _Place:
    """
    What this process runs in, and how whoever starts it lets it make a jail; see docs/containers.md.

    Attributes
    ----------
    namespaces : str
        What to do where no user namespace can be made.
    proc : str
        What to do where parts of /proc are masked.
    """

    name: str
    namespaces: str
    proc: str


_MACHINE = _Place(
    "this machine",
    "see sysctl user.max_user_namespaces and kernel.unprivileged_userns_clone, and what restricts this session",
    "unmount what covers parts of /proc, or start this command where nothing does",
)

_PODMAN = _Place(
    "podman", "start the container without a --security-opt seccomp of your own", "add --security-opt unmask=ALL"
)

_DOCKER = _Place(
    "Docker",
    "add --security-opt seccomp=unconfined --security-opt apparmor=unconfined",
    "add --security-opt systempaths=unconfined",
)

_KUBERNETES = _Place(
    "Kubernetes",
    "set hostUsers: false and seccompProfile: {type: Unconfined}",
    "set procMount: Unmasked, with hostUsers: false",
)


def _place() -> _Place:
    """Tell by what each leaves behind in its containers."""
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return _KUBERNETES
    if Path("/run/.containerenv").exists():
        return _PODMAN
    return _DOCKER if Path("/.dockerenv").exists() else _MACHINE


def _system() -> Diagnosis:
    if sys.platform != "linux":
        return Diagnosis("system", False, f"{sys.platform}: the jail needs Linux; grade there, or with --no-jail")
    if shutil.which("setsid") is None:
        return Diagnosis("system", False, "no setsid; install the package `util-linux`")
    try:
        who = f"root, student code runs as user {JAIL_UID}" if drops_to_another_user() else f"user {os.getuid()}"
    except JailError as error:
        return Diagnosis("system", False, str(error))
    return Diagnosis("system", True, f"Linux {os.uname().release}, {who}")


def _bubblewrap() -> Diagnosis:
    try:
        path = bubblewrap()
        found = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    except (JailError, OSError, subprocess.CalledProcessError) as error:
        return Diagnosis("bubblewrap", False, str(error))
    return Diagnosis("bubblewrap", True, f"{found}, {path}")


def _namespaces() -> Diagnosis:
    for name, advice in (
        ("/proc/sys/user/max_user_namespaces", "sysctl -w user.max_user_namespaces=10000"),
        ("/proc/sys/kernel/unprivileged_userns_clone", "sysctl -w kernel.unprivileged_userns_clone=1"),
    ):
        if _content(name) == "0":
            return Diagnosis("user namespaces", False, f"switched off; as root of the host: {advice}")
    refused = _refused("true")
    if refused and _system().is_fine:
        return Diagnosis("user namespaces", False, f"{_place().name} refuses them ({refused}); {_place().namespaces}")
    return Diagnosis("user namespaces", not refused, refused or "one could be made")


def _proc() -> Diagnosis:
    """Each kernel mounts a /proc of its own, which Linux allows only where the one that it sees is whole."""
    refused = _refused("--pid", "--fork", "--mount-proc", "true")
    masked = sorted({line.split()[4] for line in _content("/proc/self/mountinfo").splitlines()})
    names = ", ".join(name for name in masked if name.startswith("/proc/"))
    if refused and names and _system().is_fine:
        why = f"a kernel can have none of its own, because of this one {names} are masked; {_place().proc}"
        return Diagnosis("/proc", False, why)
    return Diagnosis("/proc", not refused, refused or "one of its own could be mounted")


def _refused(*what: str) -> str:
    """Try to make namespaces with the program `unshare`; say how the system refuses, and nothing where it grants."""
    try:
        done = subprocess.run(["unshare", "--user", "--map-root-user", *what], capture_output=True, text=True)
    except OSError as error:
        return f"unshare: {error.strerror}"
    said = done.stderr.strip().splitlines() or [f"unshare exits with {done.returncode}"]
    return said[-1] if done.returncode else ""


def _app_armor() -> Diagnosis:
    if _content("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") != "1" or os.getuid() == 0:
        return Diagnosis("AppArmor", True, "does not stand in the way")
    if bubblewrap() == "/usr/bin/bwrap":
        return Diagnosis("AppArmor", True, "restricts user namespaces, and has a profile for /usr/bin/bwrap")
    return Diagnosis(
        "AppArmor", False, "lets only /usr/bin/bwrap make user namespaces; install the package `bubblewrap`"
    )


def _system_calls() -> Diagnosis:
    try:
        system_call_filter()
    except JailError as error:
        return Diagnosis("seccomp", False, str(error))
    return Diagnosis("seccomp", True, "libseccomp is there")


def _memory(workers: int) -> Diagnosis:
    """Hold what the machine, or the control group that this process is in, has left against what grading takes."""
    left = min([os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), *_of_control_group()])
    wanted = _ZYGOTE_BYTES + workers * _KERNEL_BYTES
    left_over = f"{left / 2**30:.1f} GiB left, {workers} kernels at a time need {wanted / 2**30:.1f}"
    return Diagnosis(
        "memory", left > wanted, left_over if left > wanted else f"{left_over}; grade with fewer --workers"
    )


def _of_control_group() -> list[int]:
    """Read the limit of the control group, of version 2 and of version 1; ``max`` and the like do not count."""
    files = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
    return [int(text) for text in map(_content, files) if text.isdigit()]


def _space(folder: Path) -> Diagnosis:
    left = shutil.disk_usage(folder).free
    left_over = f"{left / 2**30:.1f} GiB left"
    if not os.access(folder, os.W_OK):
        return Diagnosis(f"disk at {folder}", False, "cannot be written; change its mode or owner")
    return Diagnosis(
        f"disk at {folder}", left > _FREE_BYTES, left_over if left > _FREE_BYTES else f"{left_over}; make room"
    )


def _hidden(root: Path) -> Diagnosis:
    """The course must not lie in what every jail shows."""
    shown = exposing(root)
    if shown is not None:
        return Diagnosis("course", False, f"lies in {shown}, which student code can read; move it elsewhere")
    return Diagnosis("course", True, f"{root} is not among what student code can read")


def _buttons(course: Course) -> Diagnosis:
    """What formgrader's buttons and nbgrader's own commands run must be in the jail, too."""
    if any(lacking(course.config)):
        why = "formgrader's Autograde runs student code with your rights, and Generate Feedback shows hidden tests"
        return Diagnosis("formgrader", False, f"{why}; run `autograder formgrader`", stops_grading=False)
    return Diagnosis("formgrader", True, "its buttons grade in the jail")


def try_kernel(runner: PipedRunner | NbclientRunner) -> tuple[Connection, bool, str]:
    """
    Run a cell in a kernel; give what it came from, whether the cell ran, and how the notebook ended.

    Raises
    ------
    AutograderError
        When there can be no such kernel.
    """
    notebook = new_notebook(cells=[new_code_cell("assert 1 + 1 == 2", id="sum")])
    lease = runner.lease()
    try:
        done = runner.run(notebook)
    finally:
        lease.close()
    return lease, done.ended is Ended.COMPLETE and done.replies["sum"].ok, done.ended.value


def _kernel(course: Course) -> list[Diagnosis]:
    """Try the real thing."""
    try:
        lease, is_fine, ended = try_kernel(
            runner_of(course.config, course.subject, jailed=True, imports=_imports(course))
        )
    except AutograderError as error:
        return [Diagnosis("a jailed kernel", False, str(error))]
    return [
        Diagnosis("control groups", True, held_by(lease.groups)),
        _preloaded(lease),
        Diagnosis("a jailed kernel", is_fine, f"ran a cell: {ended}"),
    ]


def _imports(course: Course) -> tuple[str, ...]:
    """Name what the masters of all assignments import; those that cannot be read are named when they are graded."""
    found: set[str] = set()
    for name in course.assignments():
        with contextlib.suppress(CourseError):
            found |= set(imports_of(course.assignment(name), course.data(name)))
    return tuple(sorted(found))


def _preloaded(lease: Connection) -> Diagnosis:
    """Say what is imported once for all kernels, and what each imports by itself: for how long grading takes."""
    missing = [name for name, why in lease.left_out.items() if why.startswith(ModuleNotFoundError.__name__)]
    said = f"imported once for all notebooks: {', '.join(lease.preloaded) or 'nothing'}"
    if lease.left_out:
        said += f"; left to each: {', '.join(f'{name} ({why})' for name, why in lease.left_out.items())}"
    if missing:
        said += f"; install what is missing into {sys.prefix}"
    return Diagnosis("packages", not missing, said)


def _content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
