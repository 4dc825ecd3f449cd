"""
Time what this project promises, each figure beside its baseline, measured in the same run on the same submissions.

`python -m tests.bench [ROUNDS] [--json FILE]`. The baseline is `nbgrader autograde` with compiled bytecode, the
course's quiet environment and a kernel that imports TensorFlow itself. Rounds alternate between the two; figures are
medians, with the least and the most beside them. Processor seconds are those of the whole machine while a command
ran, so nothing else should be running: the title says what else was.
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from nbformat.v4 import new_code_cell, new_notebook
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from traitlets.config import Config

from autograder.course.folders import CONFIG_FILE, Course
from autograder.course.master import Master
from autograder.grading.checks import EvidenceCheck, Shown
from autograder.grading.own_solution import NAME as OWN_SOLUTION
from autograder.grading.processes import local_processes
from autograder.kernels.configuration import runner_of
from autograder.kernels.run import Runner
from autograder.probes import fresh_ending
from autograder.report.class_report import class_report
from autograder.session import Session, run_session
from autograder.submissions.folder import students
from sharing_variables.graph.evidence import GRAPH
from sharing_variables.graph.reader import parse
from tests.classroom.students import Student, classroom, hand_in
from tests.conftest import ASSIGNMENT, KERNEL_NAME, copy_course, graded_by_nbgrader, runner
from tests.local_cluster import local_cluster
from tests.operations import tables

BIN = Path(sys.executable).parent
BASELINE_STUDENTS = 2
STEADY_STUDENTS = 24
CLASS_OF_30 = 30
STORED = ((100, "", "2"), (1000, "", "10"), (3000, "120", ""))
"""Students, and within how many seconds they are drawn from stored results, and again with nothing changed."""
PANDAS_BASELINE = 4
PANDAS_NAME = "rain"
"""The assignment of the course that `autograder new` makes."""


@dataclass(frozen=True)
class Figure:
    """One row of the table: what, the baseline's figure, ours, and how they compare."""

    what: str
    baseline: str
    ours: str
    ratio: str
    target: str


@dataclass(frozen=True)
class Cost:
    """What a command took: wall seconds, processor seconds of the machine, and the most memory in use meanwhile."""

    wall: float
    cpu: float
    peak_bytes: int


WALL: Callable[[Cost], float] = attrgetter("wall")
CPU: Callable[[Cost], float] = attrgetter("cpu")


class Bench:
    """Courses to measure on, and what measures."""

    def __init__(self, scratch: Path, rounds: int, progress: Progress) -> None:
        self.rounds = rounds
        self.progress = progress
        self.course = copy_course(scratch / "course")
        self.assignment = self.course.assignment(ASSIGNMENT)
        self.class_of_12 = classroom(self.assignment)
        self.runner = runner()
        self.baseline = 0.0
        """Seconds that nbgrader takes for a notebook."""

    @property
    def per_student(self) -> int:
        """Notebooks of each student."""
        return len(self.assignment.notebooks)

    def with_students(self, folder: Path, number: int, config: str = "") -> Course:
        """Copy the course and have so many students hand in; they take the twelve's answers in turn."""
        course = copy_course(folder)
        with (course.root / CONFIG_FILE).open("a", encoding="utf-8") as file:
            file.write(config)
        for place in range(number):
            like = self.class_of_12[place % len(self.class_of_12)]
            hand_in(course, self.assignment, Student(f"{like.name}-{place:03}", like.answers))
        return course

    def step(self, what: str) -> None:
        """Say what is being measured."""
        self.progress.update(self.progress.task_ids[0], advance=1, description=what)


def measured(course: Course, *command: str | Path) -> Cost:
    """Run a command in the course's folder."""
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with _most_memory() as most:
        before, started = _busy_seconds(), time.monotonic()
        done = subprocess.run([str(p) for p in command], cwd=course.root, env=environment, capture_output=True)
        wall, cpu = time.monotonic() - started, _busy_seconds() - before
    if done.returncode:
        raise RuntimeError(f"{command[0]} exited with {done.returncode}: {done.stderr.decode()[-2000:]}")
    return Cost(wall, cpu, most())


def grading(bench: Bench, scratch: Path) -> Iterator[Figure]:
    """Hold steady grading, in the jail and without, against nbgrader's autograde, and against the floor."""
    stock = bench.with_students(scratch / "stock", BASELINE_STUDENTS, "\nc.WarmProvisioner.warm = False\n")
    ours = bench.with_students(scratch / "ours", STEADY_STUDENTS)
    graded_by_nbgrader(stock)
    measured(stock, BIN / "nbgrader", "generate_assignment", ASSIGNMENT, "--force")
    baseline, jailed, free = [], [], []
    with _leased(bench.runner), _leased(runner(jailed=False)):
        for _ in range(bench.rounds):
            bench.step("nbgrader autograde")
            baseline.append(measured(stock, BIN / "nbgrader", "autograde", ASSIGNMENT, "--force"))
            bench.step("autograder grade")
            jailed.append(measured(ours, BIN / "autograder", "grade", ASSIGNMENT, "--again"))
            bench.step("autograder grade --no-jail")
            free.append(measured(ours, BIN / "autograder", "grade", ASSIGNMENT, "--again", "--no-jail"))
    theirs = bench.baseline = _median(baseline, WALL) / (BASELINE_STUDENTS * bench.per_student)
    notebooks = STEADY_STUDENTS * bench.per_student
    wall = _median(jailed, WALL) / notebooks
    yield Figure(
        f"notebooks a minute, steady ({notebooks} notebooks)",
        _spread([60 * BASELINE_STUDENTS * bench.per_student / cost.wall for cost in baseline], 1),
        _spread([60 * notebooks / cost.wall for cost in jailed]),
        f"{theirs / wall:.1f} times",
        "25 times",
    )
    bench.step("the floor")
    command = [sys.executable, "-m", "tests.floor", str(ours.root), ASSIGNMENT]
    said = subprocess.run(command, capture_output=True, check=True).stdout
    floor = statistics.mean(json.loads(said.splitlines()[-1]))
    cpu = _median(jailed, CPU) / notebooks
    yield Figure(
        "CPU seconds a notebook",
        f"{floor:.2f} (floor)",
        _spread([cost.cpu / notebooks for cost in jailed], 2),
        f"{cpu / floor:.2f} times",
        "1.25 times",
    )
    yield Figure(
        "jail on, against off, wall seconds a notebook",
        f"{_median(free, WALL) / notebooks:.2f} (off)",
        f"{wall:.2f}",
        f"{100 * (wall * notebooks / _median(free, WALL) - 1):+.0f} %",
        "5 %",
    )
    yield Figure(
        "peak memory, MB",
        f"{_peak(baseline):.0f}",
        f"{_peak(jailed):.0f}",
        f"{_peak(jailed) / _peak(baseline):.1f}",
        "",
    )


def class_of_30(bench: Bench, scratch: Path) -> Iterator[Figure]:
    """Grade a class from a cold start to the report, then a larger one in which nothing has changed."""
    bench.step("a class of 30, cold")
    course = bench.with_students(scratch / "thirty", CLASS_OF_30)
    cold = measured(course, BIN / "autograder", "grade", ASSIGNMENT)
    theirs = bench.baseline * CLASS_OF_30 * bench.per_student
    yield Figure(
        f"{CLASS_OF_30} students, cold start to report, s",
        f"{theirs:.0f}",
        f"{cold.wall:.1f}",
        f"{theirs / cold.wall:.1f} times",
        "20 times",
    )
    bench.step("feedback pages and class report")
    there = measured(course, BIN / "autograder", "grade", ASSIGNMENT).wall
    shutil.rmtree(course.feedback("anybody", ASSIGNMENT).parents[1])
    pages = measured(course, BIN / "autograder", "grade", ASSIGNMENT).wall - there
    drawn = pages + _report(course)
    share = f"{100 * drawn / cold.wall:.0f} %"
    yield Figure("feedback pages and class report, s", f"{cold.wall:.1f} (batch)", f"{drawn:.1f}", share, "10 %")
    for students_, drawn_target, target in STORED:
        bench.step(f"{students_} stored students")
        larger = _stored(course, scratch / f"stored-{students_}", students_)
        first = measured(larger, BIN / "autograder", "grade", ASSIGNMENT)
        yield Figure(f"{students_} students drawn from stored results, s", "", f"{first.wall:.1f}", "", drawn_target)
        yield Figure(f"{students_} students drawn, peak memory, MB", "", f"{first.peak_bytes / 2**20:.0f}", "", "500")
        again = statistics.median(
            measured(larger, BIN / "autograder", "grade", ASSIGNMENT).wall for _ in range(min(3, bench.rounds))
        )
        yield Figure(f"{students_} students again, nothing changed, s", "grades all", f"{again:.1f}", "", target)
        shutil.rmtree(larger.root)


def _stored(graded: Course, folder: Path, number: int) -> Course:
    """Give a course in which so many students have results that nobody has drawn: those of a graded class in turn."""
    course = copy_course(folder)
    like = sorted(students(graded.submissions, ASSIGNMENT))
    for place in range(number):
        name, one = f"s{place:05}", like[place % len(like)]
        shutil.copytree(graded.submitted(one, ASSIGNMENT), course.submitted(name, ASSIGNMENT))
        kept = course.root / ".autograder" / ASSIGNMENT / name
        shutil.copytree(graded.root / ".autograder" / ASSIGNMENT / one, kept)
        for path in kept.glob("*/result.json"):
            path.write_text(json.dumps(json.loads(path.read_text()) | {"student": name}))
    own = graded.root / ".autograder" / ASSIGNMENT / OWN_SOLUTION
    shutil.copytree(own, course.root / ".autograder" / ASSIGNMENT / OWN_SOLUTION)
    return course


def on_a_cluster(bench: Bench, scratch: Path) -> Iterator[Figure]:
    """
    Hold what a submission costs the coordinator on a cluster of this machine against what it costs it at home.

    Submissions of one short notebook: what a coordinator does while it waits for others must not count.
    """
    course = _in_pandas(scratch / "clustered", CLASS_OF_30)
    costs = {}
    with local_cluster(scratch) as address:
        for what, options in (("home", []), ("cluster", ["--cluster", address])):
            bench.step(f"the coordinator, {what}")
            costs[what] = _own_seconds(course, options) / CLASS_OF_30
    yield Figure(
        "CPU of the coordinator a submission of one notebook, ms",
        f"{1000 * costs['home']:.0f} (at home)",
        f"{1000 * costs['cluster']:.0f} (cluster)",
        f"{costs['cluster'] / costs['home']:.1f} times",
        "19",
    )


def _own_seconds(course: Course, options: list[str]) -> float:
    """Grade anew, then do nothing anew, and give the difference: what the command itself took for the submissions."""
    seconds = []
    for more in (["--again", *options], options):
        command = [sys.executable, "-m", "tests.own_time", "grade", PANDAS_NAME, *more]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
        done = subprocess.run(command, cwd=course.root, env=environment, check=True, capture_output=True, text=True)
        seconds.append(float(done.stdout.splitlines()[-1]))
    return seconds[0] - seconds[1]


def another_subject(bench: Bench, scratch: Path) -> Iterator[Figure]:
    """Grade a class of the course that `autograder new` makes, in pandas, from a cold start to the report."""
    bench.step("a course in pandas")
    stock = _in_pandas(scratch / "pandas-stock", PANDAS_BASELINE, "\nc.WarmProvisioner.warm = False\n")
    ours = _in_pandas(scratch / "pandas-ours", CLASS_OF_30)
    graded_by_nbgrader(stock)
    measured(stock, BIN / "nbgrader", "generate_assignment", PANDAS_NAME, "--force")
    times: dict[str, list[float]] = {"theirs": [], "class": [], "one": [], "their one": []}
    for _ in range(bench.rounds):
        for what, course, command in (
            ("theirs", stock, ["nbgrader", "autograde", PANDAS_NAME, "--force"]),
            ("class", ours, ["autograder", "grade", PANDAS_NAME, "--again"]),
            ("their one", stock, ["nbgrader", "autograde", PANDAS_NAME, "--force", "--student=s00"]),
            ("one", ours, ["autograder", "grade", PANDAS_NAME, "--again", "--student=s00"]),
        ):
            bench.step(f"{command[0]}, pandas")
            times[what].append(measured(course, BIN / command[0], *command[1:]).wall)
    theirs, class_, their_one, one = (
        statistics.median(times[what]) for what in ("theirs", "class", "their one", "one")
    )
    # What the command itself takes is theirs once, too.
    theirs = their_one + (theirs - their_one) * (CLASS_OF_30 - 1) / (PANDAS_BASELINE - 1)
    yield Figure(
        f"{CLASS_OF_30} students in pandas, cold start to report, s",
        f"{theirs:.1f}",
        f"{class_:.1f}",
        f"{theirs / class_:.1f} times",
        "10 times",
    )
    yield Figure("one student in pandas, s", f"{their_one:.1f}", f"{one:.1f}", f"{their_one / one:.1f} times", "1")


def _in_pandas(folder: Path, number: int, config: str = "") -> Course:
    """Make the course, and have so many students hand in its solution."""
    for command in (["new", folder], ["reference", PANDAS_NAME], ["release", PANDAS_NAME]):
        where = folder.parent if command[0] == "new" else folder
        subprocess.run([BIN / "autograder", *command], cwd=where, check=True, capture_output=True)
    with (folder / CONFIG_FILE).open("a", encoding="utf-8") as file:
        file.write(config)
    course = Course(folder)
    for place in range(number):
        shutil.copytree(course.source(PANDAS_NAME), course.submitted(f"s{place:02}", PANDAS_NAME))
    return course


def _report(course: Course) -> float:
    """Time the class report of a course that has been graded."""
    assignment, names = course.assignment(ASSIGNMENT), tuple(students(course.submissions, ASSIGNMENT))
    kernels = runner_of(course.config, course.subject, jailed=True)
    stored = run_session(
        Session(course, assignment, names, kernels, local_processes(1), lambda: 1), threading.Event(), lambda _: None
    )
    started = time.monotonic()
    class_report(course, assignment, stored.stored)
    return time.monotonic() - started


def kernels(bench: Bench, scratch: Path) -> Iterator[Figure]:
    """Hold the start of a warm kernel against that of a cold one, and weigh one more."""
    times: dict[str, list[float]] = {"cold": [], "warm": []}
    bench.step("the first warm kernel")
    # The zygote of this very environment lingers from here on.
    asyncio.run(_ready(warm=True))
    for _ in range(bench.rounds):
        for kind in times:
            bench.step(f"a {kind} kernel")
            times[kind].append(asyncio.run(_ready(kind == "warm")))
    cold, warm = (statistics.median(times[kind]) for kind in ("cold", "warm"))
    yield Figure(
        "kernel ready, TensorFlow imported, s", f"{cold:.2f}", f"{warm:.2f}", f"{cold / warm:.1f} times", "10 times"
    )
    bench.step("one more kernel")
    private = {"cold": _private_bytes(bench, warm=False), "warm": _private_bytes(bench, warm=True)}
    baseline, ours = private["cold"] / 2**20, private["warm"] / 2**20
    yield Figure(
        "private memory of one more kernel, MB", f"{baseline:.0f}", f"{ours:.0f}", f"{ours / baseline:.2f}", "50"
    )


def evidence(bench: Bench, scratch: Path) -> Iterator[Figure]:
    """Judge every graph of the masters, and report the slowest cell."""
    bench.step("evidence")
    milliseconds = [max(_judged(bench, master)) for master in bench.assignment.notebooks]
    yield Figure("the graphs of a cell, judged, ms (slowest cell)", "", f"{max(milliseconds):.1f}", "", "10")


def _judged(bench: Bench, master: Master) -> Iterator[float]:
    ending = fresh_ending()
    done = bench.runner.run(deepcopy(master.notebook), ending)
    outputs = {cell.id: cell.get("outputs", []) for cell in done.notebook.cells}
    check = EvidenceCheck(GRAPH)
    for cell in filter(check.asked, master.graded):
        shown = Shown(done.replies[cell.node.id], outputs[cell.node.id], ending)
        times = []
        for _ in range(bench.rounds):
            parse.cache_clear()
            started = time.perf_counter()
            check.look(cell, shown, bench.assignment)
            times.append(1000 * (time.perf_counter() - started))
        yield statistics.median(times)


async def _ready(warm: bool) -> float:
    """Start a kernel as any client does and wait until it has imported TensorFlow."""
    started = time.monotonic()
    manager = AsyncKernelManager(kernel_name=KERNEL_NAME, config=Config({"WarmProvisioner": {"warm": warm}}))
    await manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    await client.execute_interactive("import tensorflow.compat.v1", output_hook=lambda _: None, timeout=60)
    seconds = time.monotonic() - started
    client.stop_channels()
    await manager.shutdown_kernel(now=True)
    return seconds


def _private_bytes(bench: Bench, *, warm: bool) -> int:
    """Run the first master and ask its kernel at the end what it shares with nobody."""
    ask = (
        "import re\n"
        "shares = re.findall(r'Private_\\w+: *(\\d+)', open('/proc/self/smaps_rollup').read())\n"
        "print(1024 * sum(map(int, shares)))"
    )
    sources = [cell.source for cell in bench.assignment.notebooks[0].cells if cell.is_code]
    notebook = new_notebook(cells=[new_code_cell(source) for source in (*sources, ask)])
    (runner() if warm else runner(jailed=False, warm=False)).run(notebook)
    return int(notebook.cells[-1].outputs[0].text)


@contextmanager
def _leased(kernels: Runner) -> Iterator[None]:
    lease = kernels.lease()
    yield
    lease.close()


@contextmanager
def _most_memory() -> Iterator[Callable[[], int]]:
    """Look every tenth of a second how much more memory is in use than at the beginning."""
    start = low = _available()
    ended = threading.Event()

    def look() -> None:
        nonlocal low
        while not ended.wait(0.1):
            low = min(low, _available())

    watcher = threading.Thread(target=look)
    watcher.start()
    yield lambda: start - low
    ended.set()
    watcher.join()


def _available() -> int:
    line = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable"))
    return int(line.split()[1]) * 1024


def _busy_seconds() -> float:
    """Processor seconds of the whole machine that were not idle."""
    user, nice, system, _, _, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _median(costs: Sequence[Cost], what: Callable[[Cost], float]) -> float:
    return statistics.median(map(what, costs))


def _spread(figures: Sequence[float], digits: int = 0) -> str:
    """Write a median, with the least and the most in brackets."""
    middle, least, most = statistics.median(figures), min(figures), max(figures)
    return f"{middle:.{digits}f} ({least:.{digits}f} to {most:.{digits}f})"


def _peak(costs: Sequence[Cost]) -> float:
    return max(cost.peak_bytes for cost in costs) / 2**20


def main() -> int:
    """Measure everything and print the table."""
    parser = argparse.ArgumentParser(description="Time what this project promises, beside its baselines.")
    parser.add_argument("rounds", type=int, nargs="?", default=5)
    parser.add_argument("--json", type=Path, help="write the figures into this file, too")
    options = parser.parse_args()
    console = Console()
    figures: list[Figure] = []
    scratch, load = Path(tempfile.mkdtemp(prefix="bench-")), os.getloadavg()[0]
    try:
        with Progress(console=console, transient=True) as progress:
            progress.add_task("setting up", total=9 * options.rounds + 8)
            bench = Bench(scratch, options.rounds, progress)
            for part in (kernels, evidence, grading, class_of_30, another_subject, on_a_cluster):
                figures += part(bench, scratch)
    finally:
        shutil.rmtree(scratch)
    machine = f"{os.cpu_count()} cores, {platform.platform()}, {options.rounds} rounds, load before: {load:.1f}"
    table = Table(title=machine, title_justify="left")
    for heading in ("what", "baseline", "ours", "ratio", "target"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for figure in figures:
        table.add_row(figure.what, figure.baseline, figure.ours, figure.ratio, figure.target)
    console.print(table, *tables(10))
    if options.json:
        text = json.dumps({"machine": machine, "figures": [asdict(figure) for figure in figures]}, indent=2)
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
