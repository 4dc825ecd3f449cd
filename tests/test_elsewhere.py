"""Students on other systems and in other front ends: what they need is there, and what is not costs little."""

import asyncio
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from tests.classroom.students import answers, released
from tests.conftest import ROOT
from tests.desk_client import executed, shown_by, started
from tests.test_desk import named

LINUX = ("fcntl", "resource", "pwd", "grp", "termios", "pty", "tty", "pyseccomp")
"""Modules that Windows does not have, or that are not installed there."""

GRADERS = ("nbgrader", "nbformat", "nbclient", "nbval", "rich", "pygal", "jinja2", "tensorboard")
"""What only [grade] brings, or students need not have."""

DESK = """
import asyncio, subprocess, tempfile, jupyter_client.provisioning.local_provisioner, IPython
import sys
for name in {blocked!r}:
    sys.modules[name] = None
import autograder, sharing_variables, autograder.kernels.provisioner, autograder.inside.extension
from autograder.kernels.zygote_client import has_what_it_takes
"""


def run(script: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("blocked", [LINUX, GRADERS], ids=["without Linux's", "without the grader's"])
def test_a_students_kernel_needs_none_of_these(blocked: tuple[str, ...]) -> None:
    done = run(DESK.format(blocked=blocked))
    assert done.returncode == 0, done.stderr


def test_on_other_systems_kernels_are_plain() -> None:
    script = "sys.platform = 'win32'\nassert not has_what_it_takes()"
    done = run(DESK.format(blocked=LINUX) + script)
    assert done.returncode == 0, done.stderr


def test_without_graphviz_a_picture_is_lines() -> None:
    script = """
import sys
sys.modules["pygraphviz"] = None
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
from sharing_variables.display import _bundle, _described
with tf.Graph().as_default() as graph:
    outputs = {"r<1>": tf.identity(tf.get_variable("W", [1])) }
    bundle = _bundle(*_described(graph, outputs), ())
print(bundle["text/html"])
"""
    done = run(script)
    assert done.returncode == 0, done.stderr
    assert "<figure" in done.stdout and "<pre>" in done.stdout and "<svg" not in done.stdout
    assert "W" in done.stdout and "r&lt;1&gt;" in done.stdout and "r<1>" not in done.stdout


def test_the_command_line_says_what_to_install() -> None:
    script = """
import sys
sys.modules["nbgrader"] = None
sys.argv = ["autograder", "grade", "x"]
from autograder.__main__ import run
sys.exit(run())
"""
    done = run(script)
    assert (done.returncode, done.stderr) == (
        2,
        "autograder: nbgrader is not installed; pip install 'sharing-variables[grade]'\n",
    )


def test_a_student_installs_nothing_of_the_graders() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {line.split(";")[0].split("<")[0].strip() for line in project["dependencies"]}
    assert not names & {*GRADERS, "jupyterlab", "notebook", "pytest"}
    assert {"tensorflow-cpu", "tensorflow"} <= names


@pytest.mark.parametrize("cell_id", [None, "vscode-notebook-cell:/n.ipynb#W1sZmlsZQ%3D%3D"], ids=["Colab", "VS Code"])
def test_any_front_ends_own_kernel_gives_pictures_short_errors_and_hints(
    assignment: Assignment, cell_id: str | None
) -> None:
    master = next(master for master in assignment.notebooks if master.name == "01_failed_share")
    cells = {c.id: c.source for c in nbformat.read(released(Course(ROOT), assignment, master), as_version=4).cells}
    wrong = next(
        answer for answer in answers(assignment, master)["fresh-graph"] if "test-fresh-graph" in answer.loses
    )

    async def story() -> None:
        folder = str(Course(ROOT).release(assignment.name))
        async with started("python3", cwd=folder) as (_, client):
            for name in cells:
                if name.startswith(("setup-", "define-")):
                    await executed(client, cell_id, cells[name])
            await executed(client, cell_id, wrong.source)
            shown, _ = await shown_by(client, cell_id, cells["test-fresh-graph"])
            assert "Traceback" not in shown
            assert named(shown, assignment.catalogue) == set(wrong.misconceptions) & {"M15", "M16"}

    asyncio.run(story())


def test_the_first_cell_says_what_to_install(assignment: Assignment) -> None:
    for master in assignment.notebooks:
        first = Path(released(Course(ROOT), assignment, master)).read_text(encoding="utf-8")
        cell = nbformat.reads(first, as_version=4).cells[0]
        assert "%pip install sharing-variables" in cell.source
