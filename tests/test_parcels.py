"""What travels between machines: it comes out as it went in, or not at all."""

import pickle
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.cluster import parcels
from autograder.cluster.fitness import CODE, differences
from autograder.cluster.unpickling import UnpicklingRefusedError, refused_unpickling
from autograder.course.assignment import Assignment, DataFile
from autograder.course.folders import Course
from autograder.errors import ParcelError, RejectedError
from autograder.grading.own_solution import own_solution
from autograder.grading.processes import local_processes
from autograder.grading.result import Result
from autograder.grading.submission import grade
from autograder.hints import Hint
from autograder.kernels.piped_runner import PipedRunner
from autograder.submissions.reading import Submission
from tests.conftest import ASSIGNMENT, ROOT
from tests.small_course import NAME

MOST = 2**30


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return Course(ROOT).assignment(ASSIGNMENT)


@pytest.fixture
def graded(small: Course) -> tuple[Submission, Assignment, Result]:
    assignment = small.assignment(NAME)
    submission = own_solution(assignment)
    return submission, assignment, grade(submission, assignment, PipedRunner())


def test_a_course_comes_out_as_it_went_in(assignment: Assignment, tmp_path: Path) -> None:
    (tmp_path / "rain.csv").write_bytes(b"1,2\n")
    data = (DataFile("data/rain.csv", tmp_path / "rain.csv", "its digest"),)
    runner = PipedRunner(subject=assignment.subject.name, preload=("numpy",), data=data, imports=("pandas",))
    there, how = parcels.open_course(parcels.pack_course(assignment, runner), tmp_path, MOST)
    assert (there.name, there.sanitize, there.catalogue) == (
        assignment.name,
        assignment.sanitize,
        dict(assignment.catalogue),
    )
    assert there.subject is assignment.subject
    for one, other in zip(there.notebooks, assignment.notebooks, strict=True):
        assert (one.name, one.notebook) == (other.name, other.notebook)
        assert [vars(cell) for cell in one.cells] == [vars(cell) for cell in other.cells]
        assert all(cell.node is node for cell, node in zip(one.cells, one.notebook.cells, strict=True))
    assert repr(how) == repr(runner)
    assert how.imports == runner.imports
    assert [file.path.read_bytes() for file in how.data] == [b"1,2\n"]
    assert how.data[0].path != data[0].path


def test_a_submission_comes_out_as_it_went_in(graded: tuple[Submission, Assignment, Result]) -> None:
    _, _, result = graded
    submission = Submission(
        "ada",
        NAME,
        {"01_double": b"\x00\xff", "02_triple": RejectedError("missing", "02_triple.ipynb: is missing")},
        "2026-01-01 00:00:00 UTC",
        ("a note",),
        "a secret that no worker needs",
        {"own.py": b"x = 1"},
    )
    course, names, there, earlier = parcels.open_job(
        parcels.pack_job("digest", ["01_double"], submission, result), MOST
    )
    assert (course, names, earlier) == ("digest", ["01_double"], result)
    assert there.secret is None
    refused, other = there.files.pop("02_triple"), submission.files.pop("02_triple")
    assert vars(refused) == vars(other)
    assert there == replace(submission, secret=None)


def test_a_result_comes_out_as_it_went_in(graded: tuple[Submission, Assignment, Result]) -> None:
    submission, assignment, result = graded
    parcel = parcels.opened(parcels.pack_result(result), "result", most=MOST)
    assert parcels.open_result(parcel, submission, assignment) == result


def _verdict(result: Result, **changes: Any) -> Result:
    first, *others = result.verdicts
    return replace(result, verdicts=(replace(first, **changes), *others))


def _cell(result: Result, **changes: Any) -> Result:
    first, *others = result.verdicts[0].cells
    return _verdict(result, cells=(replace(first, **changes), *others))


LIES: dict[str, Callable[[Result], Result]] = {
    "another student": lambda result: replace(result, student="eve"),
    "another time": lambda result: replace(result, timestamp="2020-01-01 00:00:00 UTC"),
    "another assignment": lambda result: replace(result, assignment="other"),
    "a notebook less": lambda result: replace(result, verdicts=result.verdicts[1:]),
    "notebooks in another order": lambda result: replace(result, verdicts=result.verdicts[::-1]),
    "more points than there are": lambda result: _cell(result, points=1000.0),
    "points that are no number": lambda result: _cell(result, points=float("nan")),
    "a test worth more": lambda result: _cell(result, max_points=1000.0, points=1000.0),
    "a test that there is not": lambda result: _cell(result, grade_id="bonus"),
    "a test less": lambda result: _verdict(result, cells=result.verdicts[0].cells[1:]),
    "a test twice": lambda result: _verdict(result, cells=(result.verdicts[0].cells[0], *result.verdicts[0].cells)),
    "a time that is no number": lambda result: _verdict(result, seconds=float("nan")),
    "an endless time": lambda result: _verdict(result, seconds=float("inf")),
    "an idea of its own": lambda result: _verdict(result, hints=(Hint("double", "M99", "x"),)),
    "a notebook worth more": lambda result: _verdict(result, max_points=1000.0),
    "a penalty": lambda result: _verdict(result, penalty=1.0),
    "no text of a notebook": lambda result: replace(result, executed={}),
    "a text that is no notebook": lambda result: replace(result, executed=dict.fromkeys(result.executed, '{"a": 1}')),
    "a text that is no JSON": lambda result: replace(result, executed=dict.fromkeys(result.executed, "<script>")),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_result_that_cannot_be_is_refused(graded: tuple[Submission, Assignment, Result], lie: str) -> None:
    submission, assignment, result = graded
    parcel = parcels.opened(parcels.pack_result(LIES[lie](result)), "result", most=MOST)
    with pytest.raises(ParcelError):
        parcels.open_result(parcel, submission, assignment)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ParcelError):
        parcels.opened(data, "result", most=MOST)


@given(st.data())
def test_a_parcel_that_is_damaged_is_refused_or_says_something_else(data: st.DataObject) -> None:
    whole = parcels.packed("result", {"a": [1, 2, 3]}, [b"one", b"", b"three"])
    place, byte = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    damaged = whole[:place] + bytes([byte]) + whole[place + 1 :]
    try:
        found = parcels.opened(damaged, "result", most=MOST)
    except ParcelError:
        return
    assert len(found.parts) == 3
    with pytest.raises(ParcelError):
        parcels.opened(whole[: data.draw(st.integers(0, len(whole) - 1))], "result", most=MOST)


@pytest.mark.parametrize(
    "odd",
    [
        "text",
        None,
        parcels.packed("job", {}),
        parcels.packed("result", {}, [bytes(100)] * 3),
        parcels._FIXED.pack(b"AGRADER1", b"result  ", 2**62, 0),
        parcels._FIXED.pack(b"AGRADER1", b"result  ", 2, 2**62) + b"{}",
        parcels._FIXED.pack(b"AGRADER1", b"result  ", 2, 0) + b"[]",
        parcels._FIXED.pack(b"AGRADER1", b"result  ", 90_000, 0) + b"[" * 90_000,
    ],
)
def test_sizes_and_kinds_are_looked_at_first(odd: object) -> None:
    with pytest.raises(ParcelError):
        parcels.opened(odd, "result", most=200 if isinstance(odd, bytes) and len(odd) < 1000 else MOST)


def test_no_pickle_that_names_anything_is_opened_while_a_cluster_is_used() -> None:
    evil, plain = pickle.dumps(Path("/")), pickle.dumps({"a": [1, "b"]})
    with refused_unpickling():
        assert pickle.loads(plain) == {"a": [1, "b"]}
        with pytest.raises(UnpicklingRefusedError):
            pickle.loads(evil)
        with local_processes(1)() as own:
            # Processes of this machine answer in plain data; what else they might say is refused, too.
            assert own.submit(len, "four").result() == 4
            with pytest.raises(BrokenExecutor):
                own.submit(Path, "/").result()
    assert pickle.loads(evil) == Path("/")


def test_what_differs_is_said_with_what_judges_first() -> None:
    ours = {"Python": "3.11.7", CODE: "a", "numpy": "2.4", "rich": "14"}
    theirs = {"Python": "3.11.7", CODE: "b", "numpy": "2.3", "more": "1"}
    assert differences(ours, theirs) == [
        f"{CODE} is another one",
        "more 1 there, none here",
        "numpy 2.3 there, 2.4 here",
        "rich none there, 14 here",
    ]
    assert not differences(ours, dict(ours))
