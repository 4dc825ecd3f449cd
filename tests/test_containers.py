"""What a container takes away, taken away here: the doctor names it, and grading goes on where it can."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.commands.terminal import DONE, NEEDS_REVIEW
from autograder.course.folders import Course
from tests.small_course import small_course

AUTOGRADER = Path(sys.executable).with_name("autograder")

OWN_MEETING_PLACE = (
    'mkdir -p -m 700 "/tmp/autograder-$(id -u)" && mount -t tmpfs -o mode=700 none "/tmp/autograder-$(id -u)"'
)
"""Nobody who grades outside is met there."""

NO_CONTROL_GROUPS = "mount -t tmpfs none /sys/fs/cgroup"
MASKED = "mount --bind /dev/null /proc/keys"
IN_PODMAN = "mount -t tmpfs none /run && touch /run/.containerenv"
IN_KUBERNETES = "export KUBERNETES_SERVICE_HOST=10.0.0.1"

SOMEBODY = 100_000
"""A user of the host, and root of a namespace."""

BE_ROOT_OF_ONE = """
import ctypes, os, sys
assert ctypes.CDLL(None).unshare(0x10000000) == 0
print("alone", flush=True)
sys.stdin.readline()
os.setgroups([])
os.setresgid(0, 0, 0)
os.setresuid(0, 0, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def said_by(course: Course, before: str = "") -> str:
    return f"exec {before} {AUTOGRADER} doctor --course {course.root}"


def doctor(course: Course, *taken: str, before: str = "") -> tuple[int, str]:
    """Run the doctor as root of a user namespace with a single user, and mounts of its own."""
    steps = " && ".join([OWN_MEETING_PLACE, *taken, said_by(course, before)])
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", steps]
    done = subprocess.run(command, capture_output=True, text=True)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def test_memory_is_told_where_no_control_group_has_a_number(small: Course) -> None:
    _, said = doctor(small, NO_CONTROL_GROUPS)
    assert "ok    memory: " in said


@pytest.mark.skipif(
    os.getuid() != 0 or not all(folder.stat().st_mode & 0o001 for folder in Path(sys.executable).resolve().parents),
    reason="needs root, and an interpreter that others may run",
)
def test_root_of_a_single_user_can_grade() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        course = small_course(Path(folder) / "small")
        for path in (Path(folder), *Path(folder).rglob("*")):
            os.chown(path, SOMEBODY, SOMEBODY)
        command = ["unshare", "--mount", "sh", "-c", f"{OWN_MEETING_PLACE} && {said_by(course)}"]
        with subprocess.Popen(
            [sys.executable, "-c", BE_ROOT_OF_ONE, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=os.environ | {"HOME": folder},
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "alone\n"
            for kind in ("uid_map", "gid_map"):
                Path("/proc", str(process.pid), kind).write_text(f"0 {SOMEBODY} 1", encoding="utf-8")
            said, _ = process.communicate("\n")
    assert process.returncode == DONE, said
    assert "a jailed kernel: ran a cell: complete" in said


@pytest.mark.parametrize(
    ("place", "advice"),
    [(IN_PODMAN, "add --security-opt unmask=ALL"), (IN_KUBERNETES, "set procMount: Unmasked, with hostUsers: false")],
)
def test_a_masked_proc_is_named_with_what_helps_in_this_place(small: Course, place: str, advice: str) -> None:
    code, said = doctor(small, MASKED, place)
    assert code == NEEDS_REVIEW
    (line,) = (line for line in said.splitlines() if line.startswith("MEND  /proc"))
    assert "/proc/keys" in line
    assert advice in line


def test_namespaces_that_are_refused_are_not_called_allowed(small: Course) -> None:
    code, said = doctor(small, "echo 0 > /proc/sys/user/max_user_namespaces")
    assert code == NEEDS_REVIEW
    assert "MEND  user namespaces: switched off" in said


def test_root_without_its_powers_is_told_to_be_another_user(small: Course) -> None:
    code, said = doctor(small, before="setpriv --bounding-set=-all --inh-caps=-all")
    assert code == NEEDS_REVIEW
    assert "MEND  system: this is root without CAP_CHOWN" in said
    assert "MEND  a jailed kernel: this is root without" in said
    assert "podman" not in said
