"""
Kill a batch at random moments, again and again, and see that nothing is lost: `python -m tests.kills [KILLS] [SEED]`.

A small course of forty students is graded by the command line, which is killed with SIGKILL (not to be caught) after
a random while and started again. Where libfaketime is installed (Debian's package of that name), its clock jumps in
the middle of each run, by up to two days in either direction. In the end there must be one result for each student,
with the right points, the gradebook must agree, and no process, socket, mount or folder may be left.
"""

import contextlib
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from nbgrader.api import Gradebook
from rich.console import Console
from rich.progress import track

from autograder.course.folders import CONFIG_FILE
from tests.small_course import NAME, RIGHT, WRONG, hand_in, small_course
from tests.waiting import eventually

STUDENTS = 40
MARK = "email.base64mime"
"""A module that stands in the command lines of these warm processes, and of nobody else's on the same machine."""

FAKE_CLOCK = Path("/usr/lib", f"{os.uname().machine}-linux-gnu", "faketime", "libfaketimeMT.so.1")

JUMP_SECONDS = 2 * 24 * 3600

KINDS = ((RIGHT, 6.0), (WRONG, 0.0), ({"double": RIGHT["double"]}, 3.0))


def main(kills: int, seed: int) -> int:
    """Kill, finish, and look at what is there."""
    console = Console()
    moments = random.Random(seed)
    before = _mounts(), set(Path("/tmp").glob("autograder-*"))
    with tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        course = small_course(Path(scratch) / "course")
        with (course.root / CONFIG_FILE).open("a") as config:
            config.write(f'\nc.WarmProvisioner.preload = ["{MARK}"]\n')
        expected = {}
        for number in range(STUDENTS):
            answers, points = KINDS[number % len(KINDS)]
            hand_in(course, f"student{number:02}", answers)
            expected[f"student{number:02}"] = points
        command = [sys.executable, "-m", "autograder.cli", "grade", NAME, "--course", str(course.root)]
        killed, clock = 0, Path(scratch, "clock")
        for _ in track(range(kills), f"killing, seed {seed}", console=console, transient=True):
            line, first, second = (
                [*command, *_again(course.root, moments)],
                moments.uniform(0.1, 5),
                moments.uniform(0.1, 4),
            )
            with subprocess.Popen(line, stdout=subprocess.DEVNULL, env=_environment(clock)) as batch:
                try:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        batch.wait(first)
                    _jump(clock, moments)
                    batch.wait(second)
                except subprocess.TimeoutExpired:
                    batch.kill()
                    killed += 1
        done = subprocess.run(command, capture_output=True, text=True)
        results = list((course.root / ".autograder").glob("*/[!.]*/*/result.json"))
        with Gradebook(course.db_url, course.directory.course_id) as book:
            graded = {submission.student.id: submission.score for submission in book.assignment_submissions(NAME)}
        leftovers = list(course.root.rglob(".new-*"))
    # What a run has started ends with it, but not in the same moment.
    with contextlib.suppress(TimeoutError):
        eventually(lambda: not _processes(course.root))
    found = {
        "exit code of the last run": (done.returncode, 0),
        "results": (len(results), STUDENTS),
        "students with the right points in the gradebook": (
            sum(graded.get(student) == points for student, points in expected.items()),
            STUDENTS,
        ),
        "half-written results": (len(leftovers), 0),
        "processes left": (len(_processes(course.root)), 0),
        "mounts left": (len(_mounts() - before[0]), 0),
        "folders left": (len(set(Path("/tmp").glob("autograder-*")) - before[1]), 0),
    }
    console.print(f"{killed} kills, {kills - killed} runs that were quicker, seed {seed}")
    console.print("the clock jumped in each run" if FAKE_CLOCK.exists() else "the clock never jumped: no libfaketime")
    for what, (is_so, should_be) in found.items():
        console.print(f"{'ok  ' if is_so == should_be else 'WRONG'} {what}: {is_so}")
    return int(any(is_so != should_be for is_so, should_be in found.values()))


def _environment(clock: Path) -> dict[str, str]:
    """Give the environment of a run whose clock says what a file says, see libfaketime's README."""
    clock.write_text("+0")
    if not FAKE_CLOCK.exists():
        return dict(os.environ)
    told = {"FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return os.environ | told | {"LD_PRELOAD": str(FAKE_CLOCK)}


def _jump(clock: Path, moments: random.Random) -> None:
    new = clock.with_suffix(".new")
    new.write_text(f"{moments.randint(-JUMP_SECONDS, JUMP_SECONDS):+d}")
    new.rename(clock)


def _again(root: Path, moments: random.Random) -> list[str]:
    """Once everything is graded, grade it anew: there would be nothing left to interrupt."""
    done = len(list((root / ".autograder").glob("*/[!.]*/*/result.json")))
    return ["--again"] if done == STUDENTS and moments.random() < 0.9 else []


def _processes(root: Path) -> list[str]:
    lines = []
    for folder in Path("/proc").iterdir():
        try:
            lines.append((folder / "cmdline").read_text() if folder.name.isdigit() else "")
        except OSError:
            continue
    return [line for line in lines if MARK in line or ("autograder.cli" in line and str(root) in line)]


def _mounts() -> set[str]:
    return set(Path("/proc/self/mounts").read_text().splitlines())


if __name__ == "__main__":
    sys.exit(
        main(
            int(sys.argv[1]) if len(sys.argv) > 1 else 100,
            int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6),
        )
    )
