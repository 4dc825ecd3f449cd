"""
A kernel's control group, as far as this machine has control groups.

Where memory cannot be limited by them, which is so where version 1 holds it, files stand in for those of the system;
processes are moved and ended in real groups wherever root may make some.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.kernels import control_groups
from autograder.kernels.control_groups import KernelGroup, NoGroupsError
from autograder.kernels.run import held_by
from autograder.zygote.limits import Limits
from tests.waiting import eventually

LIMITS = Limits(memory_bytes=1000, scratch_bytes=24, processes=7)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Make what a group looks like, below which others can be made."""
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids hugetlb\n")
    (tmp_path / "cgroup.subtree_control").write_text("")
    return tmp_path


@pytest.fixture
def real() -> Iterator[Path]:
    """Make a real group, whatever it can hold."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    folder = next((Path(line[1]) for line in mounts if line[2] == "cgroup2"), None)
    own = None if folder is None else folder / f"autograder-test-{id(mounts)}"
    try:
        if own is None:
            raise OSError
        own.mkdir()
    except OSError:
        pytest.skip("no group can be made here")
    yield own
    for below in (*own.glob("*/"), own):
        below.rmdir()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(10**6)"]) as process:
        yield process
        process.kill()


def test_limits_are_written_where_the_system_reads_them(files: Path) -> None:
    folder = files / "k1"
    folder.mkdir()
    names = ("memory.max", "memory.swap.max", "memory.oom.group", "pids.max")
    for name in names:
        (folder / name).write_text("")
    KernelGroup(folder).write(LIMITS)
    assert [(folder / name).read_text() for name in names] == ["1024", "0", "1", "7"]


def test_a_system_without_swap_limits_the_rest(files: Path) -> None:
    for name in ("memory.max", "memory.oom.group", "pids.max"):
        (files / name).write_text("")
    KernelGroup(files).write(LIMITS)
    assert (files / "pids.max").read_text() == "7" and not (files / "memory.swap.max").exists()


def test_a_group_that_cannot_be_limited_is_no_group(files: Path) -> None:
    with pytest.raises(FileNotFoundError):
        KernelGroup.make(files, "k1", LIMITS)


EVENTS = {
    "nothing": ("low 0\nmax 3\noom 0\noom_kill 0\noom_group_kill 0\n", "max 0\n", ""),
    "killed for memory": ("oom 1\noom_kill 1\n", "max 4\n", "memory"),
    "refused processes": ("oom_kill 0\n", "max 1\n", "processes"),
    "gone": ("", "", ""),
}


@pytest.mark.parametrize(("memory", "pids", "limit"), EVENTS.values(), ids=EVENTS)
def test_what_the_system_has_done_names_the_limit(files: Path, memory: str, pids: str, limit: str) -> None:
    (files / "memory.events").write_text(memory)
    (files / "pids.events").write_text(pids)
    assert KernelGroup(files).limit == limit


def test_without_memory_and_processes_there_are_no_groups(files: Path) -> None:
    (files / "cgroup.controllers").write_text("cpu hugetlb\n")
    with pytest.raises(NoGroupsError, match="hold no memory and no pids"):
        control_groups.settle(files, "base")
    assert not (files / "base").exists()


def test_a_kernel_is_put_into_its_group_and_ends_with_it(real: Path, sleeper: subprocess.Popen[bytes]) -> None:
    (real / "k1").mkdir()
    group = KernelGroup(real / "k1")
    group.take(sleeper.pid)
    assert Path(f"/proc/{sleeper.pid}/cgroup").read_text().rstrip().endswith(f"{real.name}/k1")
    group.close()
    assert sleeper.wait() == -9

    def is_gone() -> bool:
        group.close()
        return not group.folder.exists()

    eventually(is_gone)


def test_processes_move_down_so_that_their_group_can_be_divided(real: Path, sleeper: subprocess.Popen[bytes]) -> None:
    KernelGroup(real).take(sleeper.pid)
    control_groups.move_down(real, real / "zygote")
    assert (real / "cgroup.procs").read_text() == ""
    assert (real / "zygote" / "cgroup.procs").read_text().split() == [str(sleeper.pid)]
    sleeper.kill()
    sleeper.wait()


def test_a_real_group_without_memory_is_refused(real: Path) -> None:
    if "memory" in (real / "cgroup.controllers").read_text():
        pytest.skip("groups hold memory here")
    with pytest.raises(NoGroupsError, match="hold no memory"):
        control_groups.settle(real, "base")


def test_what_holds_kernels_is_said_in_a_line() -> None:
    assert held_by("/sys/fs/cgroup/x").startswith("each kernel has one below /sys/fs/cgroup/x")
    assert held_by("-systemd delegates none to this user").startswith("none (systemd delegates none to this user): ")
