"""
The same submissions under stock `nbgrader autograde`, with feedback as nbgrader makes it.

Each is graded by a command of its own, so that one that stops nbgrader does not hide the others. Student code runs as
whoever grades, with all that this user may do; here that is in a room whose disk is read-only.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from autograder.course.folders import Course
from autograder.zygote.bubblewrap import bubblewrap
from tests.conftest import graded_by_nbgrader
from tests.hostile.cases import Case
from tests.hostile.course import NAME
from tests.hostile.run import Observed, Seen, Task, main, name_in_class, run_in

SECONDS = 60
"""Longer than any limit of the course: who is not done by then hangs."""

RUNS = ("<script>document.title", "<img src=x onerror", "<svg onload", 'onload="document.title', "<iframe srcdoc")
"""What injected markup looks like where nothing has been done about it."""


def in_rooms_of_nbgrader(task: Task, rooms: int = 2) -> Observed:
    """Grade by nbgrader, a part of the cases in each of some rooms that do not know of each other."""
    parts = [replace(task, cases=task.cases[n::rooms], out=f"{task.out}-{n}") for n in range(rooms)]
    with ThreadPoolExecutor(rooms) as threads:
        seen = list(threads.map(_in_a_room_of_nbgrader, parts))
    return Observed(students={name: student for part in seen for name, student in part.students.items()})


def _in_a_room_of_nbgrader(task: Task) -> Observed:
    """Grade where the disk cannot be written to but for the course."""
    room = [bubblewrap(), "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--die-with-parent"]
    room += ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--tmpfs", "/tmp", "--tmpfs", "/run"]
    room += ["--perms", "0755", "--tmpfs", "/mnt", "--bind", task.out, task.out, "env", "ROOM=/mnt", "HOME=/tmp"]
    Path(task.out).mkdir(parents=True, exist_ok=True)
    return run_in(room, "tests.hostile.baseline", task)


def gets_right(case: Case, observed: Observed, seed: int) -> bool:
    """
    Tell whether a case is dealt with as it should be, whatever that is called.

    No points where there must be none is right, with or without a score; a secret that the case goes for must not
    stand in what was written, and markup must not be such in the page for the student.
    """
    seen = observed.students.get(name_in_class(case, seed), Seen())
    points = seen.book.get(case.notebook)
    right = not points if case.points is None else points == case.points
    leaked = any(f"the secret '{secret}'" in leak for secret in case.canaries for leak in seen.leaks)
    return right and not leaked and not any(line.startswith(RUNS) for line in seen.markup)


def _nbgrader(
    course: Course, students: Mapping[str, Case | None], environment: dict[str, str], observed: Observed
) -> None:
    nbgrader = str(Path(sys.executable).with_name("nbgrader"))
    graded_by_nbgrader(course)
    # Which writes the assignment into the gradebook.
    _run([nbgrader, "generate_assignment", NAME, "--force"], course.root, environment)
    for student, case in students.items():
        seen = observed.students.setdefault(student, Seen())
        if case is not None:
            # The other notebook says nothing about the case, and TensorFlow takes seconds to import.
            with contextlib.suppress(OSError):
                (course.submitted(student, NAME) / f"{case.other}.ipynb").unlink()
        commands: list[tuple[str, ...]] = [("autograde", "--create")]
        if case is not None and (case.canaries or case.group == "I"):
            # A page of its takes as long as grading, and says nothing about other cases.
            commands.append(("generate_feedback",))
        for command, *more in commands:
            line = [nbgrader, command, NAME, f"--student={student}", "--force", *more]
            seen.states[command] = _run(line, course.root, environment)
        for page in course.feedback(student, NAME).glob("*.html"):
            text = page.read_text(encoding="utf-8", errors="replace")
            seen.markup += [f"{sign} in {page.name}" for sign in RUNS if sign in text]


def _run(line: list[str], folder: Path, environment: dict[str, str]) -> str:
    # An attack that ends whatever it can reach must not end the room.
    alone = [bubblewrap(), "--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--die-with-parent"]
    with subprocess.Popen(
        [*alone, *line],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return "hangs"
    return "done" if process.returncode == 0 else said.decode("utf-8", "replace")[-300:]


if __name__ == "__main__":
    main(_nbgrader)
