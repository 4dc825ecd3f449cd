"""What most tests need: the course as it is, and a copy of it to hand in to and grade."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.course import CONFIG_FILE, Assignment, Course
from autograder.kernels.running import Kernels

ROOT = Path(__file__).parents[1]
ASSIGNMENT = "sharing_variables"


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    """Read the real assignment once."""
    return Course(ROOT).assignment(ASSIGNMENT)


@pytest.fixture(scope="session")
def warm() -> Iterator[None]:
    """Keep the warm process from one test to the next: each batch would let it go."""
    lease = Kernels().lease()
    yield
    lease.close()


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """Copy the course, without submissions and without a gradebook."""
    return copy_course(tmp_path / "course")


@pytest.fixture
def small(tmp_path: Path) -> Course:
    """Make an empty course of two tiny notebooks."""
    from tests.small_course import small_course

    return small_course(tmp_path / "small")


def copy_course(folder: Path) -> Course:
    """Copy what makes the course into another folder."""
    folder.mkdir()
    shutil.copy(ROOT / CONFIG_FILE, folder)
    for name in ("solutions", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    return Course(folder)
