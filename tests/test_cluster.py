"""Grading through a Dask scheduler on this machine: the same results as without one. `tests/cluster` has hosts."""

import csv
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.cluster import parcels, site
from autograder.cluster.fitness import differences, versions
from autograder.cluster.worker import work
from autograder.commands.options import IN_FLIGHT
from autograder.commands.terminal import DONE, NOTHING_DONE
from autograder.course.database import without_password
from autograder.course.folders import CONFIG_FILE, Course
from autograder.errors import ClusterError
from autograder.grading.own_solution import own_solution
from autograder.grading.submission import grade
from autograder.kernels.piped_runner import PipedRunner
from autograder.subject import PLAIN
from tests.local_cluster import local_cluster
from tests.small_course import NAME, RIGHT, WRONG, hand_in

BIN = Path(sys.executable).parent
MOST = 2**30


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a scheduler and a worker, and give the scheduler's address."""
    with local_cluster(tmp_path_factory.mktemp("cluster"), "--nthreads=2") as address:
        yield address


def the_class(course: Course) -> None:
    for number, answers in enumerate((RIGHT, WRONG, RIGHT)):
        hand_in(course, f"s{number}", answers)


def table(course: Course) -> list[dict[str, str]]:
    """Read the table of the class, without how long anything took."""
    with (course.reports / f"{NAME}.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row.pop("seconds")]


def test_a_scheduler_on_this_machine_gives_what_grading_without_one_gives(
    small: Course, scheduler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    the_class(small)
    assert main(["grade", NAME, "--course", str(small.root), "--cluster", scheduler]) == DONE
    found = table(small)
    assert main(["grade", NAME, "--course", str(small.root), "--again"]) == DONE
    assert table(small) == found
    assert "not used" not in capsys.readouterr().out


def test_the_course_may_name_the_scheduler(small: Course, scheduler: str) -> None:
    the_class(small)
    with (small.root / CONFIG_FILE).open("a", encoding="utf-8") as file:
        file.write(f"\nc.Grading.cluster = {scheduler!r}\n")
    assert main(["grade", NAME, "--course", str(small.root)]) == DONE


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:1", "no scheduler answers"),
        ("tls://127.0.0.1:1", "no scheduler answers"),
        ("tcp://192.0.2.1:8786", "start the scheduler with TLS"),
        ("tcp://127.0.0.1.example.org:8786", "start the scheduler with TLS"),
        ("192.0.2.1:8786", "is no address of a Dask scheduler"),
    ],
)
def test_a_scheduler_that_cannot_be_used_is_a_line(
    small: Course, address: str, why: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    the_class(small)
    monkeypatch.setattr("autograder.cluster.coordinator.CONNECT_SECONDS", 1.0)
    assert main(["grade", NAME, "--course", str(small.root), "--cluster", address]) == NOTHING_DONE
    said = capsys.readouterr().err
    assert why in said
    assert len(said.strip().splitlines()) == 1


def test_student_code_never_has_the_rights_of_whoever_lends_a_machine(
    small: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    the_class(small)
    command = ["grade", NAME, "--course", str(small.root), "--no-jail", "--cluster", "tcp://127.0.0.1:8786"]
    assert main(command) == NOTHING_DONE
    assert "--no-jail" in capsys.readouterr().err


def test_a_machine_without_a_jail_is_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.cluster.worker.why_no_jail", lambda: "bubblewrap is not installed")
    with pytest.raises(ClusterError, match=f"{re.escape(os.uname().nodename)}: .*bubblewrap"):
        work(["tcp://127.0.0.1:8786"])


@pytest.mark.parametrize(
    ("options", "threads"),
    [("--nthreads 0 --memory-limit auto", IN_FLIGHT), ("--nthreads=0 --memory-limit=1GB --nthreads 3", 3)],
)
def test_what_dask_ssh_writes_where_nobody_has_chosen_is_no_choice(options: str, threads: int) -> None:
    more = [*options.split(), "--host", "127.0.0.1", "--death-timeout", "1"]
    command = [sys.executable, "-m", "autograder.cluster.worker", "127.0.0.1:1", *more]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    assert re.search(rf"Threads: +{threads}\n", said)
    assert ("Memory:" in said) == ("auto" not in options)


def test_a_worker_says_who_it_is_learns_a_course_and_grades(small: Course) -> None:
    assignment, runner = small.assignment(NAME), PipedRunner()
    submission = own_solution(assignment)
    names = [master.name for master in assignment.notebooks]
    course = parcels.pack_course(assignment, runner)
    job = parcels.pack_job(parcels.digest(course), names, submission, None)
    card = parcels.opened(site.card("plain"), "card", most=MOST)
    assert card.head["no jail"] == ""
    assert not differences(versions(PLAIN), card.head["versions"])
    assert parcels.opened(site.grade_job(job), "unknown", most=MOST).head == {"course": parcels.digest(course)}
    try:
        assert parcels.opened(site.learn(course), "learnt", most=MOST)
        answer = parcels.opened(site.grade_job(job), "result", most=MOST)
    finally:
        site._SITE.close()
    found, expected = (
        replace(one, verdicts=tuple(replace(verdict, seconds=0.0) for verdict in one.verdicts))
        for one in (parcels.open_result(answer, submission, assignment), grade(submission, assignment, runner))
    )
    assert found == expected


@pytest.mark.parametrize(
    ("text", "url", "shown"),
    [
        ("u: postgresql://me:pw@h/d", "postgresql://me:pw@h/d", "u: postgresql://me:***@h/d"),
        ("failed for a b", "postgresql://me:a%20b@h/d", "failed for ***"),
        ("postgresql://me:p@w@h:x/d", "postgresql://me:p@w@h:x/d", "postgresql://me:***@h:x/d"),
        ("sqlite:////srv/g.db", "sqlite:////srv/g.db", "sqlite:////srv/g.db"),
    ],
)
def test_a_password_never_shows(text: str, url: str, shown: str) -> None:
    assert without_password(text, url) == shown
