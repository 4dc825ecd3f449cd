"""A course on another subject, without TensorFlow: built from docs/authoring.md, worked at a desk, and graded."""

import asyncio
import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
NAME, NOTEBOOK = "joins", "01_joins"
KERNEL = "autograder"
BELIEF = "A join keeps every row of the left table."

RIGHT = {
    "predict-rows": "rows = 3",
    "with-names": 'def with_names(orders, customers):\n    return orders.merge(customers, on="customer", how="left")',
}
WRONG = {
    "predict-rows": "rows = 4",
    "with-names": 'def with_names(orders, customers):\n    return orders.merge(customers, on="customer")',
}

_ROLES: dict[str, dict[str, bool]] = {
    "Read-only": {"locked": True},
    "Autograded answer": {"solution": True},
    "Autograder tests": {"grade": True, "locked": True},
}


def block(file: str) -> str:
    """Find the text of a file on the page."""
    found = re.search(rf"^`{re.escape(file)}`:\n\n```\w+\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None, file
    return found[1]


def cells() -> list[nbformat.NotebookNode]:
    """Read the cells of the master from the page."""
    pattern = r"^- `([\w-]+)`, \*([\w -]+)\*(?:, (\d+) points?)?(?:, tagged `([\w-]+)`)?:\n\n  ```\w+\n(.*?)^  ```"
    made = []
    for name, role, points, tag, indented in re.findall(pattern, PAGE, re.DOTALL | re.MULTILINE):
        source = re.sub(r"^  ", "", indented, flags=re.MULTILINE).rstrip("\n")
        if role == "Markdown":
            made.append(new_markdown_cell(source, id=name))
            continue
        meta: dict[str, Any] = {
            "grade": False,
            "solution": False,
            "locked": False,
            "task": False,
            "schema_version": 3,
        }
        meta |= {"grade_id": name, **_ROLES[role]} | ({"points": int(points)} if points else {})
        made.append(new_code_cell(source, id=name, metadata={"nbgrader": meta, "tags": [tag] if tag else []}))
    return made


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
    wanted.write_text("\n".join(without({"tensorflow-cpu", "tensorboard"})), encoding="utf-8")
    variables = {**os.environ, "VIRTUAL_ENV": str(place)}
    for command in (
        ["venv", "--quiet", "--no-config", "--python", sys.executable, str(place)],
        ["pip", "install", "--quiet", "--no-config", "--no-deps", "-r", str(wanted)],
        ["pip", "install", "--quiet", "--no-config", "--no-deps", "--no-build-isolation", str(ROOT)],
    ):
        subprocess.run([*uv, *command], check=True, env=variables, capture_output=True)
    return place


@pytest.fixture(scope="module")
def course(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the course, as the page says."""
    root = tmp_path_factory.mktemp("tables")
    source = root / "source" / NAME
    source.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(block("nbgrader_config.py"), encoding="utf-8")
    (source / "hints.yml").write_text(block(f"source/{NAME}/hints.yml"), encoding="utf-8")
    kernelspec = {"name": KERNEL, "display_name": "Python (autograder)", "language": "python"}
    nbformat.write(new_notebook(cells=cells(), metadata={"kernelspec": kernelspec}), source / f"{NOTEBOOK}.ipynb")
    for command in ("reference", "release"):
        done = autograder(environment, root, command, NAME)
        assert done.returncode == 0, done.stderr
    return root


def autograder(environment: Path, course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(python(environment)), "-m", "autograder", *arguments]
    return subprocess.run(command, cwd=course, capture_output=True, text=True, check=False)


def filled_in(course: Path, answers: dict[str, str]) -> str:
    notebook = json.loads((course / "release" / NAME / f"{NOTEBOOK}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = answers.get(cell["id"], cell["source"])
    return json.dumps(notebook)


def test_the_environment_has_no_tensorflow(environment: Path) -> None:
    found = "import importlib.util as u; print([n for n in ('tensorflow', 'tensorboard', 'keras') if u.find_spec(n)])"
    done = subprocess.run([python(environment), "-c", found], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_release_has_the_hints_and_no_solution(course: Path) -> None:
    release = course / "release" / NAME
    assert (release / "hints.yml").read_text(encoding="utf-8") == block(f"source/{NAME}/hints.yml")
    text = (release / f"{NOTEBOOK}.ipynb").read_text(encoding="utf-8")
    assert 'how=\\"left\\"' not in text and "edsger" not in text


def test_a_failed_test_at_a_desk_names_the_idea(course: Path, environment: Path) -> None:
    command = [str(python(environment)), "-m", "tests.test_other_subject", str(course / "release" / NAME)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    shown = json.loads(done.stdout)
    assert shown["wrong"] != shown["right"] == ["", ""]
    for message in shown["wrong"]:
        words = " ".join(message.split())
        assert words.startswith("Not yet. Looks at")
        assert f"Perhaps you believe: {BELIEF}" in words and "Reread: “Which rows stay?” in 01_joins" in words


def test_the_class_is_graded_and_reported(course: Path, environment: Path) -> None:
    for student, answers in (("ada", RIGHT), ("alan", WRONG)):
        folder = course / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / f"{NOTEBOOK}.ipynb").write_text(filled_in(course, answers), encoding="utf-8")
    done = autograder(environment, course, "grade", NAME)
    assert done.returncode == 0, done.stderr
    assert f"1 all-rows-stay {BELIEF}" in " ".join(done.stdout.split())
    with (course / "reports" / f"{NAME}.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {name: (row["state"], row["points"]) for name, row in rows.items()} == {
        "ada": ("GRADED", "2"),
        "alan": ("GRADED", "0"),
    }
    assert rows["alan"]["misconceptions"] == "all-rows-stay" and not rows["ada"]["misconceptions"]
    assert BELIEF in (course / "reports" / f"{NAME}.html").read_text(encoding="utf-8")
    pages = {name: (course / "feedback" / name / NAME / f"{NOTEBOOK}.html").read_text("utf-8") for name in rows}
    assert BELIEF in pages["alan"] and BELIEF not in pages["ada"]


async def _worked(release: Path) -> dict[str, list[str]]:
    """Work the released notebook in its own kernel, and give what the tests show of errors."""
    from tests.desk_client import executed, started

    notebook = nbformat.read(release / f"{NOTEBOOK}.ipynb", as_version=4)
    sources = {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "code"}
    shown: dict[str, list[str]] = {}
    async with started(KERNEL, cwd=str(release)) as (_, client):
        await executed(client, "setup-tables", sources["setup-tables"])
        for kind, answers in (("wrong", WRONG), ("right", RIGHT)):
            shown[kind] = []
            for name, source in answers.items():
                await executed(client, name, source)
                (test,) = (test for test in sources if test.startswith(f"test-{name}"))
                shown[kind].append(await executed(client, test, sources[test]))
    return shown


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_worked(Path(sys.argv[1])))))
