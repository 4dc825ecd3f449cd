"""The course's own solution is graded before a batch: what it loses is no student's fault."""

import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from autograder.cli import main
from autograder.grading.own_solution import own_solution
from autograder.grading.submission import crashed
from autograder.records.store import ResultStore
from tests.conftest import runner
from tests.foreign_course import PS, answer, foreign_course, hand_in, test

MISSING = "a_package_that_is_not_here"
CELLS = [
    new_code_cell(f"import {MISSING} as package", id="imports"),
    answer("name", "name = package.__name__"),
    test("check-name", f"assert name == '{MISSING}'", points=5),
    answer("text", "text = open('data/text.txt').read()"),
    test("check-text", "assert text == 'hello'", "assert len(text) == 5", points=2),
]
LOSS = f"the course's own solution loses 'check-name' in p.ipynb: ModuleNotFoundError: No module named '{MISSING}'"


def test_what_it_loses_stops_the_batch_unless_it_is_to_go_on_anyway(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    course = foreign_course(tmp_path / "course", CELLS)
    # No release is there: then data are those beside the master.
    data = course.source(PS) / "data"
    data.mkdir()
    (data / "text.txt").write_text("hello", encoding="utf-8")
    (data / "text.pyc").write_text("ignored", encoding="utf-8")
    assert [name for name, _ in course.released(PS)] == ["data/text.txt"]
    hand_in(course, "ada")
    command = ["grade", PS, "--course", str(course.root), "--workers", "1"]
    assert main(command) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"autograder: {LOSS}; ") and "check-text" not in said and "--anyway" in said
    assert not course.reports.exists()
    assert main([*command, "--anyway"]) == 1
    assert f"graded anyway: {LOSS}" in capsys.readouterr().out
    assert "Graded anyway" in (course.reports / f"{PS}.html").read_text(encoding="utf-8")
    assert '"ada","","p","GRADED","2","7",' in (course.reports / f"{PS}.csv").read_text(encoding="utf-8")
    # Nothing is new: what is known of it is said again.
    assert main(command) == 1
    assert f"graded anyway: {LOSS}" in capsys.readouterr().out


def test_a_package_that_comes_or_changes_is_a_new_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = foreign_course(tmp_path / "course", CELLS)
    assignment = course.assignment(PS)
    own = own_solution(assignment)
    result = crashed(own, assignment, "it was not run")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    package = tmp_path / f"{MISSING}.py"
    for text in (None, "", "version = 2"):
        if text is not None:
            package.write_text(text, encoding="utf-8")
        store = ResultStore(course, assignment, runner())
        assert store.find(own) is None
        store.store(own, result)
        assert ResultStore(course, assignment, runner()).find(own) is not None
