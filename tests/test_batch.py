"""As many results come out as submissions went in, also when the grading process itself dies."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import pytest
from nbformat import NotebookNode

from autograder.course.assignment import Assignment
from autograder.course.folders import CONFIG_FILE, SANITIZE_FILE, Course
from autograder.grading.batch import grade_all
from autograder.grading.processes import MakeExecutor, local_processes
from autograder.grading.result import Result
from autograder.grading.submission import grade
from autograder.kernels.piped_runner import PipedRunner
from autograder.kernels.run import Lease, Run, Runner
from autograder.probes import DESK
from autograder.submissions.folder import read_submission
from autograder.submissions.reading import Submission
from autograder.zygote.limits import Limits
from tests.conftest import runner
from tests.small_course import NAME, RIGHT, UNSEEN, hand_in
from tests.waiting import eventually

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


def grade_class(course: Course, answers: Class, how: Runner, workers: int) -> dict[str, Result]:
    handed_in, assignment = submissions_of(course, answers)
    graded = grade_all(handed_in, assignment, how, local_processes(workers), lambda: workers)
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
        graded = grade_all(handed_in, assignment, runner(), make_executor, lambda: 2)
        _, first = next(graded)
        os.kill(processes()[0], signal.SIGKILL)
        points = {result.student: result.points for _, result in graded} | {first.student: first.points}
    assert points == dict.fromkeys(answers, 6)


def test_once_stopped_nothing_new_is_begun_and_what_was_begun_is_finished(small: Course) -> None:
    answers = dict.fromkeys(("ada", "alan", "grace", "john", "radia"), RIGHT)
    handed_in, assignment = submissions_of(small, answers)
    stop = threading.Event()
    points = []
    for _, result in grade_all(handed_in, assignment, runner(), local_processes(2), lambda: 2, stop):
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
def test_the_grades_are_the_same_however_they_are_found(small: Course, how: Runner, workers: int) -> None:
    assert _told(grade_class(small, ANSWERS, how, workers)) == GRADES


@pytest.mark.parametrize("how", [runner(), runner(jailed=False)], ids=["in a jail", "without a jail"])
def test_a_run_leaves_no_process_and_no_folder_behind(
    how: PipedRunner, small: Course, monkeypatch: pytest.MonkeyPatch
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


class _Deaf(PipedRunner):
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


@pytest.mark.parametrize(
    "death", ["os._exit(1)", "ctypes.string_at(0)", "os.abort()", "os.execv('/bin/true', ['true'])"]
)
def test_a_kernel_that_dies_with_what_is_hidden_has_no_successor(small: Course, death: str) -> None:
    dies = f"import ctypes, os, signal\ndef double(x):\n    if x == {UNSEEN}:\n        {death}\n    return 2 * x"
    counted = _Counted()
    (submission,), assignment = submissions_of(small, {"mallory": RIGHT | {"double": dies}})
    result = grade(submission, assignment, counted)
    assert (counted.runs, str(result.verdicts[0].state)) == (1 + 1, "CRASH(kernel)")
    assert (result.verdicts[0].points, result.verdicts[0].earned) == (None, 2)
    assert "2 points were earned until then" in result.verdicts[0].state.message


def test_a_kernel_that_dies_before_is_run_again_once(small: Course) -> None:
    dies = "import os\nos._exit(1)\n" + RIGHT["double"]
    counted = _Counted()
    (submission,), assignment = submissions_of(small, {"mallory": RIGHT | {"double": dies}})
    result = grade(submission, assignment, counted)
    assert (counted.runs, [str(verdict.state) for verdict in result.verdicts]) == (2 + 1, ["CRASH(kernel)", "GRADED"])


WAITS = {"double": f"import time\ntime.sleep(4)\n{RIGHT['double']}", "triple": RIGHT["triple"]}


def test_a_kernel_that_is_killed_from_outside_costs_nothing(small: Course) -> None:
    handed_in, assignment = submissions_of(small, {"ada": WAITS})
    how = runner(preload=("email.policy",))
    with _meanwhile(lambda: _kill(_kernels_of("email.policy"))):
        points = [result.points for _, result in grade_all(handed_in, assignment, how, local_processes(1), lambda: 1)]
    assert points == [6]


def test_a_zygote_that_dies_costs_nobody_anything(small: Course) -> None:
    handed_in, assignment = submissions_of(small, {"ada": WAITS, "alan": WAITS, "grace": RIGHT})
    how = runner(preload=("email.iterators",))
    with _meanwhile(lambda: _kernels_of("email.iterators") and _kill(_processes("email.iterators"))):
        graded = grade_all(handed_in, assignment, how, local_processes(3), lambda: 3)
        points = {result.student: result.points for _, result in graded}
    assert points == {"ada": 6, "alan": 6, "grace": 6}


TOLD = f"if x == {UNSEEN}"


@pytest.mark.parametrize(
    ("waits", "whole", "again"),
    [("if True", False, True), (TOLD, False, False), (TOLD, True, True)],
    ids=["a kernel that knows nothing", "a kernel that was told", "the zygote"],
)
def test_what_an_outsider_has_ended_is_the_graders_and_is_run_again_where_no_student_could_have_done_it(
    small: Course, waits: str, whole: bool, again: bool
) -> None:
    # The kernel tells where it is by a child of its own.
    child = "__import__('subprocess').run(['sleep', '4321'])"
    waiting = f"def double(x):\n    {waits}:\n        {child}\n    return 2 * x"
    (submission,), assignment = submissions_of(small, {"ada": {"double": waiting, "triple": RIGHT["triple"]}})
    how = runner(preload=("email.encoders",))
    victims = _processes if whole else _kernels_of
    with _meanwhile(lambda: _running("sleep 4321") and _kill(victims("email.encoders"))):
        result = grade(submission, assignment, how)
    first, second = result.verdicts
    assert (str(first.state), first.may_run_again) == ("CRASH(grader)", again)
    assert first.earned == (2 if waits == TOLD else 0)
    why = "the warm process has gone" if whole else "something outside of its jail killed the kernel"
    assert why in first.state.message
    assert str(second.state) == "GRADED"
    assert not result.is_final
    # Later, what stands is not run again.
    counted = _Counted(Limits(cell_seconds=2))
    _, after = grade(submission, assignment, counted, result).verdicts
    assert (after, counted.runs) == (second, int(again))


class _Counted:
    """The real runner, which counts what it runs."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._runner = runner(limits)
        self.limits, self.jailed = self._runner.limits, self._runner.jailed
        self.runs = 0

    def run(self, notebook: NotebookNode, ending: str = DESK) -> Run:
        self.runs += 1
        return self._runner.run(notebook, ending)

    def beside(self, files: Mapping[str, bytes]) -> Runner:
        return self._runner.beside(files)

    def lease(self, *, stays: bool = False) -> Lease:
        return self._runner.lease(stays=stays)


@contextlib.contextmanager
def _meanwhile(is_done: Callable[[], object]) -> Iterator[None]:
    """Try something again and again, until it could be done."""
    thread = threading.Thread(target=eventually, args=(is_done,))
    thread.start()
    yield
    thread.join()


def _kill(pids: list[int]) -> bool:
    for pid in pids:
        # The first to go takes others along.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(pids)


def _processes(word: str) -> list[int]:
    """List the processes of the warm process that has imported a module."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if word in (folder / "cmdline").read_text() and "autograder.zygote" in (folder / "cmdline").read_text():
                found.append(int(folder.name))
    return found


def _kernels_of(word: str) -> list[int]:
    """List those of them that are the first in a process namespace of their own within that of the jail."""
    found = []
    for pid in _processes(word):
        with contextlib.suppress(OSError):
            names = re.findall(r"^NSpid:(.*)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[0].split()
            found += [pid] if len(names) > 2 and names[-1] == "1" else []
    return found


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
