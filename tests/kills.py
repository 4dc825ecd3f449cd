"""
Kill a batch at random moments, again and again, and see that nothing is lost: `python -m tests.kills [KILLS] [SEED]`.

A small course of forty students is graded by the command line, which is killed with SIGKILL (not to be caught) after
a random while and started again. In the end there must be one result for each student, with the right points, the
gradebook must agree, and no process, socket, mount or folder may be left.
"""

import contextlib
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
        killed = 0
        for _ in track(range(kills), f"killing, seed {seed}", console=console, transient=True):
            with subprocess.Popen([*command, *_again(course.root, moments)], stdout=subprocess.DEVNULL) as batch:
                try:
                    batch.wait(moments.uniform(0.2, 9))
                except subprocess.TimeoutExpired:
                    batch.kill()
                    killed += 1
        done = subprocess.run(command, capture_output=True, text=True)
        results = list((course.root / ".autograder").glob("*/*/*/result.json"))
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
    for what, (is_so, should_be) in found.items():
        console.print(f"{'ok  ' if is_so == should_be else 'WRONG'} {what}: {is_so}")
    return int(any(is_so != should_be for is_so, should_be in found.values()))


def _again(root: Path, moments: random.Random) -> list[str]:
    """Once everything is graded, grade it anew: there would be nothing left to interrupt."""
    done = len(list((root / ".autograder").glob("*/*/*/result.json")))
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
