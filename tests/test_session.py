"""Nothing is lost and nothing is done twice, however a session ends."""

import errno
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import text

from autograder.cli import main
from autograder.commands.terminal import DONE, NEEDS_REVIEW, NOTHING_DONE, STOPPED
from autograder.course.folders import CONFIG_FILE, Course
from autograder.errors import CourseError
from autograder.grading.processes import local_processes
from autograder.grading.result import Result
from autograder.grading.verdict import Kind
from autograder.records.store import ResultStore, only_grader
from autograder.session import Session, SessionReport, run_session
from autograder.submissions.folder import read_submission, students
from autograder.zygote.limits import Limits
from tests.conftest import runner
from tests.small_course import NAME, RIGHT, WRONG, edit, hand_in

pytestmark = pytest.mark.usefixtures("warm")

CLASS = {"ada": RIGHT, "alan": WRONG, "grace": {"double": RIGHT["double"]}}
POINTS = {"ada": 6, "alan": 0, "grace": 3}


def session_of(course: Course, *, again: bool = False, limits: Limits | None = None) -> Session:
    names = tuple(students(course.submissions, NAME))
    return Session(course, course.assignment(NAME), names, runner(limits), local_processes(2), lambda: 2, again=again)


def held(session: Session) -> SessionReport:
    return run_session(session, threading.Event(), lambda _: None)


def points(outcome: SessionReport) -> dict[str, float | None]:
    return {result.student: result.points for result in outcome.results}


@pytest.fixture
def handed_in(small: Course) -> Course:
    """Have the class hand in."""
    for student, answers in CLASS.items():
        hand_in(small, student, answers)
    return small


def test_a_second_session_grades_nobody_and_tells_the_same(handed_in: Course) -> None:
    first, second = held(session_of(handed_in)), held(session_of(handed_in))
    assert (first.kept, second.kept) == (0, 3)
    assert points(first) == points(second) == POINTS
    assert first.results == second.results


def test_a_page_that_cannot_be_written_is_said_and_the_others_are_there(handed_in: Course) -> None:
    handed_in.feedback("ada", NAME).parent.parent.mkdir(exist_ok=True)
    handed_in.feedback("ada", NAME).parent.write_text("in the way", encoding="utf-8")
    outcome = held(session_of(handed_in))
    assert points(outcome) == POINTS
    (problem,) = outcome.problems
    assert problem.startswith("ada: ") and "feedback" in problem
    assert (handed_in.feedback("alan", NAME) / "01_double.html").is_file()


def test_feedback_comes_back_the_same(handed_in: Course) -> None:
    held(session_of(handed_in))
    page = handed_in.feedback("alan", NAME) / "01_double.html"
    before = page.read_bytes()
    shutil.rmtree(page.parents[2])
    assert held(session_of(handed_in)).kept == 3
    assert page.read_bytes() == before
    assert b"double(2) is not 4" in before


def test_feedback_says_what_a_reviewer_has_given_since(handed_in: Course) -> None:
    held(session_of(handed_in))
    folder = handed_in.feedback("alan", NAME)
    before = {path.name: path.read_bytes() for path in folder.glob("*.html")}
    with Gradebook(handed_in.db_url, handed_in.directory.course_id) as book:
        book.find_grade("test-double-assert", "01_double", NAME, "alan").manual_score = 1.25
        book.find_comment("double", "01_double", NAME, "alan").manual_comment = "a word by hand"
        book.db.commit()
    assert held(session_of(handed_in)).kept == len(CLASS)
    changed = [path for path in folder.glob("*.html") if path.read_bytes() != before[path.name]]
    assert [path.name for path in changed] == ["01_double.html"]
    text = changed[0].read_text(encoding="utf-8")
    assert "Your instructor gave 1.25 of 2 points." in text and "a word by hand" in text
    times = changed[0].stat().st_mtime_ns
    held(session_of(handed_in))
    assert changed[0].stat().st_mtime_ns == times


def test_only_what_has_changed_is_graded_again(handed_in: Course) -> None:
    held(session_of(handed_in))
    shutil.rmtree(handed_in.submitted("alan", NAME))
    hand_in(handed_in, "alan", RIGHT)
    outcome = held(session_of(handed_in))
    assert outcome.kept == 2
    assert points(outcome) == POINTS | {"alan": 6}


def test_what_the_result_depends_on_makes_a_new_one(handed_in: Course) -> None:
    held(session_of(handed_in))
    assert held(session_of(handed_in, limits=Limits(cell_seconds=29))).kept == 0
    edit(
        handed_in.source(NAME) / "01_double.ipynb",
        lambda cells: cells[3].update(source=["# mended\n", *cells[3]["source"]]),
    )
    assert held(session_of(handed_in)).kept == 0


def test_what_is_hidden_is_a_part_of_what_a_result_depends_on(handed_in: Course) -> None:
    held(session_of(handed_in))
    with (handed_in.root / CONFIG_FILE).open("a") as config:
        config.write('\nc.ClearHiddenTests.begin_test_delimeter = "BEGIN WHAT NOBODY HAS"\n')
        config.write('c.ClearHiddenTests.end_test_delimeter = "END WHAT NOBODY HAS"\n')
    assert held(session_of(Course(handed_in.root))).kept == 0


def test_so_is_the_version_of_whatever_is_installed(
    handed_in: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held(session_of(handed_in))
    monkeypatch.syspath_prepend(tmp_path / "site")
    for version in ("1.0", "1.1"):
        package = tmp_path / "site" / f"of_a_course-{version}.dist-info"
        package.mkdir(parents=True)
        (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: of-a-course\nVersion: {version}\n")
        assert held(session_of(handed_in)).kept == 0
    assert held(session_of(handed_in)).kept == len(CLASS)


def test_again_means_again(handed_in: Course) -> None:
    held(session_of(handed_in))
    outcome = held(session_of(handed_in, again=True))
    assert (outcome.kept, points(outcome)) == (0, POINTS)


def test_projections_that_are_gone_come_back_as_they_were(handed_in: Course) -> None:
    held(session_of(handed_in))
    folder = handed_in.root / "autograded"
    before = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.ipynb")}
    shutil.rmtree(folder)
    (handed_in.root / "gradebook.db").unlink()
    outcome = held(session_of(handed_in))
    assert outcome.kept == 3
    assert {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.ipynb")} == before
    assert len(before) == 6
    assert held(replace(session_of(handed_in), students=("ada",))).problems == ()


def test_half_a_result_is_no_result(handed_in: Course) -> None:
    session = session_of(handed_in)
    held(session)
    for path in (handed_in.root / ".autograder").rglob("result.json"):
        path.write_text(path.read_text()[:100])
    outcome = held(session)
    assert (outcome.kept, points(outcome)) == (0, POINTS)


def test_a_failure_of_the_grader_is_not_kept(handed_in: Course) -> None:
    session = session_of(handed_in)
    held(session)
    store = ResultStore(handed_in, session.assignment, session.runner)
    names = [master.name for master in session.assignment.notebooks]
    submission = read_submission(handed_in.submitted("ada", NAME), "ada", NAME, names)
    found = store.find(submission)
    assert found is not None
    first, *others = found.result.verdicts
    failed = replace(first, state=replace(first.state, kind=Kind.CRASH, word="grader"))
    store.store(submission, replace(found.result, verdicts=(failed, *others), executed=dict.fromkeys(names, "")))
    outcome = held(session)
    assert (outcome.kept, points(outcome)) == (2, POINTS)


class _NoWorkers(ThreadPoolExecutor):
    """An executor on a system that starts no process any more."""

    def submit(self, *_: object, **__: object) -> NoReturn:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")


def test_a_failure_of_the_grader_takes_no_result_away(handed_in: Course) -> None:
    held(session_of(handed_in))
    outcome = held(replace(session_of(handed_in, again=True), make_executor=_NoWorkers))
    assert points(outcome) == POINTS
    assert [line for line in outcome.problems if "CRASH(grader)" in line and "the earlier result stays" in line] == [
        *outcome.problems
    ]
    assert len(outcome.problems) == len(CLASS)
    assert held(session_of(handed_in)).kept == len(CLASS)


def test_a_worker_that_could_not_be_started_costs_nobody_anything(handed_in: Course) -> None:
    refusing: Iterator[Executor] = iter([_NoWorkers()])
    session = session_of(handed_in)

    def make_executor() -> Executor:
        return next(refusing, None) or session.make_executor()

    outcome = held(replace(session, make_executor=make_executor))
    assert (points(outcome), outcome.problems) == (POINTS, ())


@pytest.mark.parametrize("in_time", [True, False], ids=["mended meanwhile", "mended later"])
def test_a_result_that_cannot_be_kept_is_tried_again_at_the_end_and_said(handed_in: Course, in_time: bool) -> None:
    place = handed_in.root / ".autograder" / NAME / "ada"
    place.parent.mkdir(parents=True)
    place.write_text("in the way")

    def mend(result: Result) -> None:
        if in_time and result.student == "alan":
            place.unlink()

    outcome = run_session(session_of(handed_in), threading.Event(), mend)
    others = {"alan": 0, "grace": 3}
    if in_time:
        assert (points(outcome), outcome.problems) == (POINTS, ())
        return
    assert points(outcome) == others
    (problem,) = outcome.problems
    assert str(place) in problem and "the result is not kept" in problem
    place.unlink()
    outcome = held(session_of(handed_in))
    assert (outcome.kept, points(outcome), outcome.problems) == (2, POINTS, ())


@pytest.mark.parametrize("in_time", [True, False], ids=["unlocked meanwhile", "unlocked later"])
def test_a_locked_gradebook_loses_no_row(handed_in: Course, in_time: bool) -> None:
    held(replace(session_of(handed_in), students=()))
    with Gradebook(handed_in.db_url, handed_in.directory.course_id) as book:
        book.db.execute(text("BEGIN IMMEDIATE"))

        def unlock(_: Result) -> None:
            if in_time:
                book.db.rollback()

        outcome = run_session(session_of(handed_in), threading.Event(), unlock)
        assert points(outcome) == POINTS
        if not in_time:
            assert len(outcome.problems) == len(CLASS)
            assert [line for line in outcome.problems if "another program may be writing to it" not in line] == []
            book.db.rollback()
            outcome = held(session_of(handed_in))
            assert outcome.kept == len(CLASS)
        assert outcome.problems == ()
        scores = {one.student.id: one.score for one in book.assignment_submissions(NAME)}
    assert scores == POINTS
    assert all((handed_in.feedback(student, NAME) / "01_double.html").exists() for student in CLASS)


def test_results_are_for_the_instructor_alone(handed_in: Course) -> None:
    held(session_of(handed_in))
    assert (handed_in.root / ".autograder").stat().st_mode & 0o77 == 0


def test_a_second_grader_of_the_same_course_is_refused(handed_in: Course, capsys: pytest.CaptureFixture[str]) -> None:
    with only_grader(handed_in):
        with pytest.raises(CourseError, match="another grader is at work"), only_grader(handed_in):
            pass
        assert main(["grade", NAME, "--course", str(handed_in.root)]) == NOTHING_DONE
    assert "another grader" in capsys.readouterr().err
    assert main(["grade", NAME, "--course", str(handed_in.root)]) == DONE


def test_a_session_that_is_stopped_keeps_what_it_has(handed_in: Course) -> None:
    stop, seen = threading.Event(), list[str]()

    def note(result: Result) -> None:
        seen.append(result.student)
        stop.set()

    first = run_session(replace(session_of(handed_in), in_flight=lambda: 1), stop, note)
    assert len(first.results) == 1
    second = held(session_of(handed_in))
    assert (second.kept, points(second)) == (1, POINTS)


SLOW = {"double": "import time\ntime.sleep(0.5)\n" + RIGHT["double"], "triple": RIGHT["triple"]}


def grading(course: Course) -> "subprocess.Popen[bytes]":
    """Start the command line as a person does."""
    command = [sys.executable, "-m", "autograder.cli", "grade", NAME, "--course", str(course.root), "--workers", "2"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)


def test_ctrl_c_ends_in_order_and_the_same_command_goes_on(small: Course) -> None:
    for number in range(6):
        hand_in(small, f"student{number}", SLOW)
    with grading(small) as batch:
        _wait_for_results(small, 1)
        batch.send_signal(signal.SIGINT)
        printed = batch.communicate()[0].decode()
    assert batch.returncode == STOPPED
    assert "are left; the same command goes on with them" in printed
    stored = len(list((small.root / ".autograder" / NAME).glob("[!.]*/*/result.json")))
    assert 1 <= stored < 6
    outcome = held(session_of(small))
    assert outcome.kept == stored
    assert set(points(outcome).values()) == {6}


def test_a_batch_that_is_killed_again_and_again_loses_nothing(small: Course) -> None:
    """`make bench` has a hundred kills; here are three, at moments that differ from run to run."""
    names = [f"student{number}" for number in range(6)]
    for name in names:
        hand_in(small, name, SLOW)
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    for _ in range(3):
        with grading(small) as batch:
            time.sleep(moments.uniform(0.5, 5))
            batch.kill()
    outcome = held(session_of(small))
    assert points(outcome) == dict.fromkeys(names, 6), f"seed {seed}"
    assert outcome.problems == ()


def test_a_course_that_is_configured_is_graded_by_its_own_limits(small: Course) -> None:
    with (small.root / CONFIG_FILE).open("a") as config:
        config.write("\nc.Limits.output_bytes = 100_000\n")
    hand_in(small, "ada", {"double": "print('x' * 200_000)\n" + RIGHT["double"], "triple": RIGHT["triple"]})
    assert main(["grade", NAME, "--course", str(small.root)]) == NEEDS_REVIEW
    assert "LIMIT(output)" in (small.reports / f"{NAME}.csv").read_text()


def test_without_a_jail_must_be_typed_and_is_said(handed_in: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grade", NAME, "--course", str(handed_in.root), "--no-jail"]) == DONE
    assert "WITHOUT A JAIL" in capsys.readouterr().out


def _wait_for_results(course: Course, number: int) -> None:
    for _ in range(600):
        if len(list((course.root / ".autograder" / NAME).glob("[!.]*/*/result.json"))) >= number:
            return
        time.sleep(0.05)
    raise TimeoutError
