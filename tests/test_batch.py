"""As many results come out as submissions went in, also when the grading process itself dies."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.batch import grade_all, local_processes
from autograder.course import Assignment, Course
from autograder.grading import Result
from autograder.intake import Submission, read_submission
from autograder.kernels.limits import Limits
from tests.small_course import NAME, RIGHT, hand_in, small_course

KILLS_THE_GRADER = """
import os, signal
def double(x):
    os.kill(os.getppid(), signal.SIGKILL)
    return 2 * x
"""


@pytest.fixture
def small(tmp_path: Path) -> Course:
    """Make an empty small course."""
    return small_course(tmp_path / "course")


Class = dict[str, dict[str, str]]


def grade_class(course: Course, answers: Class, limits: Limits, workers: int) -> dict[str, Result]:
    assignment: Assignment = course.assignment(NAME)
    names = [master.name for master in assignment.notebooks]
    submissions: list[Submission] = []
    for student, sources in answers.items():
        submissions.append(read_submission(hand_in(course, student, sources), student, NAME, names))
    return {r.student: r for r in grade_all(submissions, assignment, limits, local_processes(workers))}


def test_only_the_submission_that_kills_the_grader_is_a_crash(small: Course) -> None:
    answers = {"killer": {"double": KILLS_THE_GRADER}, "ada": RIGHT, "alan": RIGHT, "grace": RIGHT}
    results = grade_class(small, answers, Limits(), workers=2)
    assert str(results["killer"].state) == "CRASH(grader)"
    assert {name: results[name].points for name in ("ada", "alan", "grace")} == {"ada": 6, "alan": 6, "grace": 6}


def test_an_endless_loop_is_a_timeout_and_the_next_notebook_is_graded(small: Course) -> None:
    loop = {"double": "def double(x):\n    while True:\n        pass", "triple": RIGHT["triple"]}
    results = grade_class(small, {"loop": loop, "ada": RIGHT}, Limits(cell_seconds=3), workers=2)
    assert [str(verdict.state) for verdict in results["loop"].verdicts] == ["TIMEOUT(cell)", "GRADED"]
    assert [verdict.points for verdict in results["loop"].verdicts] == [None, 3]
    assert "test-double-assert" in results["loop"].verdicts[0].state.message
    assert results["ada"].points == 6


def test_one_worker_and_two_give_the_same_results(small: Course, tmp_path: Path) -> None:
    answers = {"ada": RIGHT, "alan": {}, "grace": {"double": RIGHT["double"]}}
    one = grade_class(small, answers, Limits(), workers=1)
    two = grade_class(small_course(tmp_path / "again"), answers, Limits(), workers=2)

    def told(results: dict[str, Result]) -> dict[str, list[tuple[str, float | None]]]:
        return {name: [(str(v.state), v.points) for v in result.verdicts] for name, result in sorted(results.items())}

    assert told(one) == told(two)


def test_a_run_leaves_no_process_and_no_folder_behind(small: Course, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(scratch))
        grade_class(small, {"ada": RIGHT}, Limits(), workers=1)
    assert list(scratch.iterdir()) == []
    assert [line for line in _processes() if str(scratch) in line] == []


def test_workers_and_kernels_end_when_the_batch_is_killed(small: Course, tmp_path: Path) -> None:
    hand_in(small, "ada", {"double": "import time\ntime.sleep(25)"})
    command = [sys.executable, "-m", "autograder.cli", "grade", NAME, "--course", str(small.root)]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    batch = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"TMPDIR": str(scratch)})
    assert _appears(lambda: [line for line in _processes() if str(scratch) in line])
    batch.kill()
    batch.wait()
    assert _appears(lambda: not [line for line in _processes() if str(scratch) in line])


def _appears(what: Callable[[], object]) -> bool:
    """Wait until something is there; half a minute is for ever."""
    for _ in range(300):
        if what():
            return True
        time.sleep(0.1)
    return False


def _processes() -> list[str]:
    """List the command lines of all processes; a kernel's names its connection file."""
    lines = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                lines.append((folder / "cmdline").read_text())
    return lines
