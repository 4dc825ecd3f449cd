"""A course of one's own, without TensorFlow: made as docs/new-course.md says, worked at a desk, and graded."""

import asyncio
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.authoring.answers import answers_to
from autograder.cli import main
from autograder.commands.terminal import NOTHING_DONE
from autograder.course.folders import Course
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "new-course.md").read_text(encoding="utf-8")
COURSE, NAME, NOTEBOOK = "statistics", "rain", "01_means"
KERNEL = "autograder"
BELIEF = "A value that is missing counts as zero in a mean."
BELIEVES = "missing-is-zero"

# What is compiled is kept from one command to the next, as with everybody else.
VARIABLES = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def commands() -> list[str]:
    """List what the page tells to run once everything is installed, line by line."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]


def python(environment: Path) -> Path:
    return environment / "bin" / "python"


def without(packages: set[str]) -> list[str]:
    """Take packages, and what only they need, out of the lock."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    needed_by = {line.split("==")[0]: set(line.partition("# via ")[2].split(", ")) for line in lines}
    while more := {name for name, others in needed_by.items() if others and others <= packages} - packages:
        packages = packages | more
    return [line.partition("#")[0].strip() for line in lines if line.split("==")[0] not in packages]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment with everything but TensorFlow and what it needs."""
    folder = tmp_path_factory.mktemp("environment")
    place = folder / ".venv"
    uv = [str(Path(sys.executable).with_name("uv"))]
    wanted = folder / "requirements.txt"
    wanted.write_text(
        "\n".join(without({"tensorflow-cpu", "tensorflow", "tensorboard", "pygraphviz"})), encoding="utf-8"
    )
    variables = {**os.environ, "VIRTUAL_ENV": str(place)}
    for command in (
        ["venv", "--quiet", "--no-config", "--python", sys.executable, str(place)],
        ["pip", "install", "--quiet", "--no-config", "--no-deps", "-r", str(wanted)],
        ["pip", "install", "--quiet", "--no-config", "--no-deps", "--no-build-isolation", str(ROOT)],
    ):
        subprocess.run([*uv, *command], check=True, env=variables, capture_output=True)
    return place


@pytest.fixture(scope="module")
def ran(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Run every command of the page; give the course, and what each printed."""
    here, printed = tmp_path_factory.mktemp("mine"), {}
    variables = VARIABLES | {"PATH": f"{environment / 'bin'}:{os.environ['PATH']}"}
    for line in commands():
        if line.startswith("cd "):
            here /= line.removeprefix("cd ")
            continue
        done = subprocess.run(line, shell=True, cwd=here, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        printed[line] = done.stdout
    return here, printed


@pytest.fixture(scope="module")
def course(ran: tuple[Path, dict[str, str]]) -> Path:
    return ran[0]


def autograder(environment: Path, course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(python(environment)), "-m", "autograder", *arguments]
    return subprocess.run(command, cwd=course, env=VARIABLES, capture_output=True, text=True, check=False)


def labelled(course: Path) -> dict[str, dict[str, str]]:
    """Take the first right answer to each exercise, and the one that shows the misconception."""
    own = Course(course)
    assignment = own.assignment(NAME)
    (master,) = assignment.notebooks
    given = answers_to(course / "answers", assignment, master)
    return {
        "right": {name: choices[0].source for name, choices in given.items()},
        "wrong": {
            name: next(one.source for one in choices if BELIEVES in one.misconceptions)
            for name, choices in given.items()
        },
    }


def filled_in(course: Path, answers: dict[str, str]) -> str:
    notebook = json.loads((course / "release" / NAME / f"{NOTEBOOK}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = answers.get(cell["id"], cell["source"])
    return json.dumps(notebook)


def test_the_environment_has_no_tensorflow(environment: Path) -> None:
    names = ("tensorflow", "tensorboard", "keras", "pygraphviz")
    found = f"import importlib.util as u; print([n for n in {names} if u.find_spec(n)])"
    done = subprocess.run([python(environment), "-c", found], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_commands_of_the_page_do_what_it_says(ran: tuple[Path, dict[str, str]]) -> None:
    course, printed = ran
    assert course.name == COURSE
    assert "ok    packages: imported once for all notebooks: pandas\n" in printed["autograder doctor"]
    # What is written is what the commands would write.
    assert "what is stored is what they show" in printed[f"autograder reference {NAME}"]
    assert "12 labelled answers: each gets what its label says" in printed["autograder answers check"]
    graded = " ".join(re.sub("[│┃]", " ", printed[f"autograder grade {NAME}"]).split())
    assert "ada GRADED 5 5" in graded and "alan GRADED 0 0" in graded


def test_the_page_names_the_files_that_are_written(ran: tuple[Path, dict[str, str]]) -> None:
    written = re.findall(r"^written: statistics/(\S+)", ran[1][f"autograder new {COURSE}"], re.MULTILINE)
    named = re.findall(r"^\| `([\w/.]+)` \|", PAGE, re.MULTILINE)
    assert sorted({path if path in named else path.rpartition("/")[0] + "/" for path in written}) == sorted(named)


def test_nothing_is_written_into_a_folder_that_is_not_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for folder, why in ((tmp_path, "is not empty"), (tmp_path / "mine.txt", "is a file")):
        assert main(["new", str(folder)]) == NOTHING_DONE
        told = capsys.readouterr().err
        assert told.startswith(f"autograder: {folder}: {why}") and len(told.splitlines()) == 1
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert main(["new", str(tmp_path / "new")]) == NOTHING_DONE
    assert "run `pip install pandas`" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_release_has_the_hints_and_no_solution(course: Path) -> None:
    release = course / "release" / NAME
    assert (release / "hints.yml").read_bytes() == (course / "source" / NAME / "hints.yml").read_bytes()
    text = (release / f"{NOTEBOOK}.ipynb").read_text(encoding="utf-8")
    assert "groupby" not in text and "west" not in text
    assert sorted(path.name for path in release.iterdir()) == [f"{NOTEBOOK}.ipynb", "hints.yml", "tests.json"]


def test_labels_that_are_off_get_a_line_each(
    course: Path, environment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / COURSE
    shutil.copytree(course, own, ignore=shutil.ignore_patterns("submitted", "feedback", "autograded", ".autograder"))
    file = own / "answers" / NAME / NOTEBOOK / "predict-mean.py"
    file.write_text(
        "# %% right: is wrong\npredicted_mean = 3.0\n\n"
        "# %% wrong -, 0 points, loses test-predict-mean: is right\npredicted_mean = 4.0\n\n"
        "# %% wrong -, loses test-predict-mean: shows a belief\npredicted_mean = 3\n\n"
        "# %% right: is right\npredicted_mean = 4\n"
    )
    done = autograder(environment, own, "answers", "check", f"answers/{NAME}/{NOTEBOOK}/predict-mean.py")
    assert done.returncode == 1, done.stderr
    lines = done.stdout.strip().splitlines()
    assert sorted(line.replace(str(file), "FILE") for line in lines if str(file) in line) == [
        "FILE:1: right: is wrong: loses test-predict-mean, and should keep it (You predicted 3.0, and the answer is "
        "4.0. The missing value is left out: 12 mm on 3 days. Expected: 4.0 Shown: 3.0); "
        "is told missing-is-zero, and should be told nothing",
        "FILE:4: wrong -: is right: keeps test-predict-mean, and should lose it",
        "FILE:7: wrong -: shows a belief: is told missing-is-zero, and should be told nothing",
    ]
    assert lines[-1] == "3 of 4 labelled answers did not get what the label says"
    for label, why in (
        ("# %% correct: yes", "is no label"),
        ("# %% wrong M9, 0 points, loses test-predict-mean: no", "M9 is no entry of hints.yml"),
        ("# %% wrong -, 0 points, loses test-average-known: no", "test-average-known is no test of this exercise"),
        ("# %% wrong -, 1 point, loses test-predict-mean: no", "contradict each other"),
    ):
        file.write_text(f"{label}\npredicted_mean = 4\n")
        assert main(["answers", "check", "--course", str(own)]) == NOTHING_DONE
        told = capsys.readouterr().err
        assert told.startswith(f"autograder: {file}:1: ") and why in told and len(told.splitlines()) == 1


def test_a_failed_test_at_a_desk_names_the_idea(course: Path, environment: Path, tmp_path: Path) -> None:
    given = tmp_path / "answers.json"
    given.write_text(json.dumps(labelled(course)))
    command = [str(python(environment)), "-m", "tests.test_other_subject", str(course / "release" / NAME), str(given)]
    done = subprocess.run(command, cwd=ROOT, env=VARIABLES, capture_output=True, text=True, check=True)
    shown = json.loads(done.stdout)
    assert shown["right"] == ["", "", ""]
    for message in shown["wrong"]:
        words = " ".join(message.split())
        assert words.startswith("Not yet. Looks at")
        assert f"Perhaps you believe: {BELIEF}" in words and "Reread: “What is missing” in 01_means" in words


def test_the_class_is_graded_and_reported(course: Path, environment: Path) -> None:
    given = labelled(course)
    for student, kind in (("grace", "right"), ("john", "wrong")):
        folder = course / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / f"{NOTEBOOK}.ipynb").write_text(filled_in(course, given[kind]), encoding="utf-8")
    done = autograder(environment, course, "grade", NAME)
    assert done.returncode == 0, done.stderr
    assert f"1 {BELIEVES} {BELIEF}" in " ".join(done.stdout.split())
    with (course / "reports" / f"{NAME}.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {name: (row["state"], row["points"]) for name, row in rows.items()} == {
        "ada": ("GRADED", "5"),
        "alan": ("GRADED", "0"),
        "grace": ("GRADED", "5"),
        "john": ("GRADED", "0"),
    }
    assert {name for name, row in rows.items() if row["misconceptions"] == BELIEVES} == {"john"}
    assert BELIEF in (course / "reports" / f"{NAME}.html").read_text(encoding="utf-8")
    pages = {name: (course / "feedback" / name / NAME / f"{NOTEBOOK}.html").read_text("utf-8") for name in rows}
    assert [name for name in rows if BELIEF in pages[name]] == ["john"]


async def _worked(release: Path, answers: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """Work the released notebook in its own kernel, and give what the tests show of errors."""
    from tests.desk_client import executed, started

    notebook = nbformat.read(release / f"{NOTEBOOK}.ipynb", as_version=4)
    sources = {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "code"}
    shown: dict[str, list[str]] = {}
    async with started(KERNEL, cwd=str(release)) as (_, client):
        await executed(client, "imports", sources["imports"])
        for kind in ("wrong", "right"):
            shown[kind] = []
            for name, source in answers[kind].items():
                await executed(client, name, source)
                (test,) = (test for test in sources if test.startswith(f"test-{name}"))
                shown[kind].append(await executed(client, test, sources[test]))
    return shown


if __name__ == "__main__":
    answers = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    print(json.dumps(asyncio.run(_worked(Path(sys.argv[1]), answers))))
