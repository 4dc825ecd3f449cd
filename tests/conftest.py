"""What most tests need: the course as it is, and a copy of it to hand in to and grade."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from autograder.course.assignment import Assignment
from autograder.course.folders import CONFIG_FILE, Course
from autograder.kernels.nbclient_runner import NbclientRunner
from autograder.kernels.piped_runner import PipedRunner
from autograder.zygote.limits import Limits

ROOT = Path(__file__).parents[1]
ASSIGNMENT = "sharing_variables"
KERNEL_NAME = "tf1-graphs"
"""The kernelspec of this course's notebooks."""

# `pytest tests/test_fuzz.py --hypothesis-profile long` looks for new cases; what is found goes into tests/hostile/.
settings.register_profile(
    "quick",
    max_examples=45,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile(
    "long", settings.get_profile("quick"), max_examples=2_000, derandomize=False, print_blob=True
)
settings.load_profile("quick")


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    """Read the real assignment once."""
    return Course(ROOT).assignment(ASSIGNMENT)


@pytest.fixture(scope="session")
def warm() -> Iterator[None]:
    """Keep the warm process from one test to the next: each batch would let it go."""
    lease = runner().lease()
    yield
    lease.close()


def runner(limits: Limits | None = None, *, jailed: bool = True, **more: Any) -> PipedRunner | NbclientRunner:
    """Give the runner of this course: kernels that have TensorFlow, in a jail where nothing else is asked for."""
    return (PipedRunner if jailed else NbclientRunner)(limits or Limits(), jailed, ASSIGNMENT, **more)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """Copy the course, without submissions and without a gradebook."""
    return copy_course(tmp_path / "course")


@pytest.fixture
def small(tmp_path: Path) -> Course:
    """Make an empty course of two tiny notebooks."""
    from tests.small_course import small_course

    return small_course(tmp_path / "small")


def graded_by_nbgrader(course: Course) -> None:
    """Have nbgrader's commands do nbgrader's own steps in a copy of the course: what is compared with."""
    with (course.root / CONFIG_FILE).open("a", encoding="utf-8") as file:
        file.write("\nfor section in ('Autograde', 'GenerateFeedback'):\n    c.pop(section, None)\n")


def copy_course(folder: Path) -> Course:
    """Copy what makes the course into another folder."""
    folder.mkdir()
    shutil.copy(ROOT / CONFIG_FILE, folder)
    for name in ("solutions", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    return Course(folder)
