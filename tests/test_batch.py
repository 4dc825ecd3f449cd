"""As many results come out as submissions went in, also when the grading process itself dies."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import pytest
from nbformat import NotebookNode

from autograder.course.assignment import Assignment
from autograder.course.folders import CONFIG_FILE, SANITIZE_FILE, Course
from autograder.grading.batch import MakeExecutor, grade_all, local_processes
from autograder.grading.result import Result
from autograder.kernels.nbclient_runner import NbclientRunner
from autograder.kernels.run import Run
from autograder.probes import DESK
from autograder.submissions.reading import Submission, read_submission
from autograder.zygote.limits import Limits
from tests.conftest import runner
from tests.small_course import NAME, RIGHT, hand_in

pytestmark = pytest.mark.usefixtures("warm")

KILLS_THE_GRADER = """
import os, signal
def double(x):
    os.kill(os.getppid(), signal.SIGKILL)
    return 2 * x
"""

Class = dict[str, dict[str, str]]


def submissions_of(course: Course, answers: Class) -> tuple[list[Submission], Assignment]:
    assignment = course.assignment(NAME)
    names = [master.name for master in assignment.notebooks]
    handed_in = [
        read_submission(hand_in(course, student, sources), student, NAME, names)
        for student, sources in answers.items()
    ]
    return handed_in, assignment


def grade_class(course: Course, answers: Class, how: NbclientRunner, workers: int) -> dict[str, Result]:
    handed_in, assignment = submissions_of(course, answers)
    graded = grade_all(handed_in, assignment, how, local_processes(workers), workers)
    return {result.student: result for _, result in graded}


def test_only_the_submission_that_kills_its_worker_is_a_crash(small: Course) -> None:
    answers = {"killer": {"double": KILLS_THE_GRADER}, "ada": RIGHT, "alan": RIGHT, "grace": RIGHT}
    # A cold kernel's parent is the worker.
    results = grade_class(small, answers, runner(jailed=False, warm=False), workers=2)
    assert str(results["killer"].state) == "CRASH(grader)"
    assert {name: results[name].points for name in ("ada", "alan", "grace")} == {"ada": 6, "alan": 6, "grace": 6}


def test_in_the_jail_the_same_submission_kills_nobody(small: Course) -> None:
    results = grade_class(small, {"killer": {"double": KILLS_THE_GRADER}, "ada": RIGHT}, runner(), workers=2)
    assert (results["ada"].points, results["killer"].points) == (6, 3)


def test_a_worker_that_is_killed_from_outside_costs_nothing(small: Course) -> None:
    answers = dict.fromkeys(("ada", "alan", "grace", "john"), RIGHT)
    handed_in, assignment = submissions_of(small, answers)
    with _watched(local_processes(2)) as (make_executor, processes):
        graded = grade_all(handed_in, assignment, runner(), make_executor, 2)
        _, first = next(graded)
        os.kill(processes()[0], signal.SIGKILL)
        points = {result.student: result.points for _, result in graded} | {first.student: first.points}
    assert points == dict.fromkeys(answers, 6)


def test_once_stopped_nothing_new_is_begun_and_what_was_begun_is_finished(small: Course) -> None:
    answers = dict.fromkeys(("ada", "alan", "grace", "john", "radia"), RIGHT)
    handed_in, assignment = submissions_of(small, answers)
    stop = threading.Event()
    points = []
    for _, result in grade_all(handed_in, assignment, runner(), local_processes(2), 2, stop):
        stop.set()
        points.append(result.points)
    assert 1 <= len(points) <= 2
    assert set(points) == {6}


def test_an_endless_loop_is_a_timeout_and_the_next_notebook_is_graded(small: Course) -> None:
    loop = {"double": "def double(x):\n    while True:\n        pass", "triple": RIGHT["triple"]}
    results = grade_class(small, {"loop": loop, "ada": RIGHT}, runner(Limits(cell_seconds=5)), workers=2)
    assert [str(verdict.state) for verdict in results["loop"].verdicts] == ["TIMEOUT(cell)", "GRADED"]
    assert [verdict.points for verdict in results["loop"].verdicts] == [None, 3]
    assert "test-double-assert" in results["loop"].verdicts[0].state.message
    assert results["ada"].points == 6


ANSWERS: Class = {
    "ada": RIGHT,
    "alan": {},
    "grace": {"double": RIGHT["double"]},
    "john": {"double": "def double(x):\n    import os\n    os._exit(0)", "triple": RIGHT["triple"]},
}
GRADES = {
    "ada": [("GRADED", 3), ("GRADED", 3)],
    "alan": [("GRADED", 0), ("GRADED", 0)],
    "grace": [("GRADED", 3), ("GRADED", 0)],
    "john": [("CRASH(kernel)", None), ("GRADED", 3)],
}


@pytest.mark.parametrize(
    ("how", "workers"),
    [(runner(), 1), (runner(), 3), (runner(jailed=False), 2), (runner(jailed=False, warm=False), 2)],
    ids=["one worker", "three workers", "without a jail", "cold kernels"],
)
def test_the_grades_are_the_same_however_they_are_found(small: Course, how: NbclientRunner, workers: int) -> None:
    assert _told(grade_class(small, ANSWERS, how, workers)) == GRADES


@pytest.mark.parametrize("how", [runner(), runner(jailed=False)], ids=["in a jail", "without a jail"])
def test_a_run_leaves_no_process_and_no_folder_behind(
    how: NbclientRunner, small: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A warm process of its own, which no other test keeps alive; the module is in its command line.
    how = replace(how, preload=("email.message",))
    folder = how.zygote().folder
    before = set(Path("/tmp").glob("autograder-*")) | {folder.parent}
    lease = how.lease()
    assert _running("email.message")
    assert grade_class(small, {"ada": RIGHT}, how, workers=1)["ada"].points == 6
    lease.close()
    assert _appears(lambda: not _running("email.message") and not folder.exists())
    # Another test may be about its own meanwhile.
    assert _appears(lambda: set(Path("/tmp").glob("autograder-*")) <= before)


def test_workers_and_kernels_end_when_the_batch_is_killed(small: Course) -> None:
    with (small.root / CONFIG_FILE).open("a") as config:
        config.write('\nc.WarmProvisioner.preload = ["email.charset"]\n')
    for student in ("ada", "alan"):
        hand_in(small, student, {"double": "import time\ntime.sleep(25)"})
    command = [sys.executable, "-m", "autograder.cli", "grade", NAME, "--course", str(small.root)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as batch:
        # The shell, bubblewrap twice, the warm process, and one that has been forked from it.
        assert _appears(lambda: len(_running("-m autograder.zygote.server", "email.charset")) > 4)
        workers = _children(batch.pid)
        assert workers
        batch.kill()
    assert _appears(
        lambda: not _running("email.charset") and not any(Path(f"/proc/{pid}").exists() for pid in workers)
    )


FOR_EVER = """
class Number(int):
    def __repr__(self):
        return "z" * 64

def double(x):
    return Number(2 * x)
"""


def test_what_a_pattern_would_read_for_ever_is_a_limit_of_that_notebook_alone(small: Course) -> None:
    (small.root / "solutions" / SANITIZE_FILE).write_text("regex: (z+z+)+y\nreplace: Y\n", encoding="utf-8")
    how = replace(runner(), limits=replace(runner().limits, grader_seconds=1))
    results = grade_class(small, {"slow": RIGHT | {"double": FOR_EVER}, "ada": RIGHT, "alan": RIGHT}, how, workers=2)
    assert _told(results) == {
        "slow": [("LIMIT(grader-time)", None), ("GRADED", 3)],
        "ada": [("GRADED", 3), ("GRADED", 3)],
        "alan": [("GRADED", 3), ("GRADED", 3)],
    }
    assert "c.Limits.grader_seconds" in results["slow"].verdicts[0].state.message
    assert results["slow"].is_final


class _Endless(list[NotebookNode]):
    """Outputs that are read by code which listens to no signal."""

    def __iter__(self) -> Iterator[NotebookNode]:
        sum(range(10**13))
        return iter(())


class _Deaf(NbclientRunner):
    """Gives such outputs where an answer asks for them."""

    def run(self, notebook: NotebookNode, ending: str = DESK) -> Run:
        done = super().run(notebook, ending)
        for cell in done.notebook.cells:
            if "# deaf" in cell.source:
                cell["outputs"] = _Endless()
        return done


def test_a_worker_that_listens_to_nothing_is_ended_and_costs_only_its_own_submission(small: Course) -> None:
    usual = runner()
    how = _Deaf(replace(usual.limits, grader_seconds=1), usual.jailed, usual.subject)
    answers = {"deaf": {"double": RIGHT["double"] + "  # deaf"}, "ada": RIGHT, "alan": RIGHT, "grace": RIGHT}
    results = grade_class(small, answers, how, workers=2)
    assert str(results["deaf"].state) == "LIMIT(grader-time)"
    assert {name: results[name].points for name in ("ada", "alan", "grace")} == {"ada": 6, "alan": 6, "grace": 6}


@contextlib.contextmanager
def _watched(make_executor: MakeExecutor) -> Iterator[tuple[MakeExecutor, Callable[[], list[int]]]]:
    """Make executors as asked for, and name the processes of the last one."""
    made: list[Executor] = []

    def make() -> Executor:
        made.append(make_executor())
        return made[-1]

    yield make, lambda: list(vars(made[-1])["_processes"])


def _told(results: dict[str, Result]) -> dict[str, list[tuple[str, float | None]]]:
    return {name: [(str(v.state), v.points) for v in result.verdicts] for name, result in results.items()}


def _appears(what: Callable[[], object]) -> bool:
    """Wait until something is so; half a minute is for ever."""
    for _ in range(300):
        if what():
            return True
        time.sleep(0.1)
    return False


def _running(*words: str) -> list[str]:
    """List the command lines of processes that hold all of these words."""
    lines = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                lines.append((folder / "cmdline").read_text().replace("\0", " "))
    return [line for line in lines if all(word in line for word in words)]


def _children(pid: int) -> list[int]:
    """List the processes that a process has started, and those that they have."""
    found = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            found += [int(child), *_children(int(child))]
    return found
