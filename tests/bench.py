"""
Time `autograder grade` and `nbgrader autograde` on the same notebooks, in turns, and print the ratios.

`python -m tests.bench [ROUNDS]`. Both run on this machine, with compiled bytecode and the course's quiet kernel; each
round grades the same students' notebooks with one and then with the other. The figures are medians of the rounds.
"""

import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograder.course import Course
from tests.classroom.students import classroom, hand_in
from tests.conftest import ASSIGNMENT, copy_course

STUDENTS = 4
BIN = Path(sys.executable).parent
COMMANDS = {
    "nbgrader autograde": (BIN / "nbgrader", "autograde", ASSIGNMENT, "--force"),
    "autograder grade": (BIN / "autograder", "grade", ASSIGNMENT),
}


@dataclass(frozen=True)
class Cost:
    """What one notebook cost in one round: wall seconds, and processor seconds of all processes."""

    wall: float
    cpu: float


def measure(course: Course, command: Sequence[str | Path], notebooks: int) -> Cost:
    """Run a command in the course's folder and divide its cost by the number of notebooks."""
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([str(part) for part in command], cwd=course.root, env=environment, capture_output=True)
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{command[0]} exited with {done.returncode}: {done.stderr.decode()[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall / notebooks, cpu / notebooks)


def main(rounds: int) -> int:
    """Measure in turns and print the table."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        course = copy_course(Path(scratch) / "course")
        assignment = course.assignment(ASSIGNMENT)
        for student in classroom(assignment)[:STUDENTS]:
            hand_in(course, assignment, student)
        notebooks = STUDENTS * len(assignment.notebooks)
        measure(course, (BIN / "nbgrader", "generate_assignment", ASSIGNMENT, "--force"), 1)
        turns = [name for _ in range(rounds) for name in COMMANDS]
        costs: dict[str, list[Cost]] = {name: [] for name in COMMANDS}
        for name in track(turns, description="in turns", console=console, transient=True):
            costs[name].append(measure(course, COMMANDS[name], notebooks))
    wall = {name: statistics.median(cost.wall for cost in costs[name]) for name in COMMANDS}
    cpu = {name: statistics.median(cost.cpu for cost in costs[name]) for name in COMMANDS}
    baseline = next(iter(COMMANDS))
    table = Table(title=f"{notebooks} notebooks, {rounds} rounds, {os.cpu_count()} cores, {platform.platform()}")
    for heading in ("per notebook", "s wall", "s CPU", "a minute", "times as fast"):
        table.add_column(heading, justify="left" if heading == "per notebook" else "right")
    for name in COMMANDS:
        ratio = wall[baseline] / wall[name]
        table.add_row(name, f"{wall[name]:.2f}", f"{cpu[name]:.2f}", f"{60 / wall[name]:.1f}", f"{ratio:.1f}")
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
