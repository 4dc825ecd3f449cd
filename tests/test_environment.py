"""The lock, pyproject.toml and environment.yml describe one environment; README and docs name what is there."""

import json
import re
import subprocess
import sys
import tomllib
from datetime import date
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder import __version__
from autograder.cli import COMMANDS
from autograder.course.assignment import Assignment
from autograder.kernels.kernelspec import kernelspec
from autograder.subject import PLAIN
from sharing_variables.subject import SUBJECT
from tests.conftest import KERNEL_NAME, ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def locked() -> dict[str, str]:
    """Read the versions of all packages that the lock has for this system and this Python."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    found = [Requirement(line.partition("#")[0]) for line in lines]
    here = [one for one in found if one.marker is None or one.marker.evaluate()]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in here}


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [
        Requirement(line) for line in [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    ]


def test_every_line_of_the_lock_is_one_pinned_package_and_holds_no_address() -> None:
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(
            r"[a-z0-9._-]+==[a-z0-9.+!]+( ; [a-zA-Z0-9_.<>=!()' ]+)? +# via [a-z0-9.(),_ -]+", line
        ), line


def test_every_declared_package_is_locked_at_an_allowed_version() -> None:
    versions = locked()
    for requirement in declared():
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


def test_every_declared_package_says_who_needs_it() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    explained = re.findall(r'^    "(.+)", +# \W?\w', text, flags=re.MULTILINE)
    assert {str(Requirement(text)) for text in explained} >= {str(requirement) for requirement in declared()}


def test_this_environment_is_the_locked_one() -> None:
    listed = subprocess.run([sys.executable, "-m", "pip", "list", "--format=json"], capture_output=True, check=True)
    installed = {canonicalize_name(item["name"]): item["version"] for item in json.loads(listed.stdout)}
    assert {name: version for name, version in installed.items() if name in locked()} == locked()


def test_conda_users_get_python_and_pip_from_conda_forge_and_the_rest_from_the_lock() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert environment["name"] == project["name"]
    assert environment["channels"] == ["conda-forge"]
    assert environment["dependencies"] == ["python=3.11", "pip", {"pip": ["-r requirements.lock", "-e ."]}]
    assert project["requires-python"].startswith(">=3.11,")


def test_kernels_for_a_desk_are_installed_as_they_are_graded_with_and_move_with_the_environment() -> None:
    for name, subject in ((KERNEL_NAME, SUBJECT), ("autograder", PLAIN)):
        spec = json.loads((Path(sys.prefix) / "share/jupyter/kernels" / name / "kernel.json").read_text("utf-8"))
        assert spec["argv"][0] == "python"
        graded = kernelspec(subject)
        assert spec["env"] == graded.env
        assert spec["argv"][1:] == graded.argv[1:]
        assert spec["metadata"]["kernel_provisioner"] == graded.metadata["kernel_provisioner"]


def test_all_targets_have_a_line_of_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)[0].split()
    shown = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    assert {line.split()[0] for line in shown.splitlines() if re.match(r"[a-z-]+ +\S", line)} >= set(phony)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_targets_commands_and_files_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    assert set(re.findall(r"`autograder ([a-z]+)", text)) <= set(COMMANDS)
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / link).exists(), link
    for path in re.findall(r"`((?:autograder|sharing_variables|tests|docs|solutions|notebooks)/[\w./-]*)`", text):
        assert (ROOT / path).exists(), path


def test_the_readmes_table_counts_what_is_there(assignment: Assignment) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    row = r"\(notebooks/sharing_variables/(\w+)\.ipynb\) \|.*\| (\d+) \| (\d+) \|$"
    rows = re.findall(row, text, re.MULTILINE)
    counted = [
        (
            master.name,
            str(sum(len(re.findall(r"^### Exercise", cell.source, re.MULTILINE)) for cell in master.cells)),
            f"{master.max_points:g}",
        )
        for master in assignment.notebooks
    ]
    assert rows == counted


def test_a_heading_says_what_its_tests_are_worth(assignment: Assignment) -> None:
    for master in assignment.notebooks:
        text = "\n".join(cell.source for cell in master.cells)
        said = re.findall(r"^### Exercise .*\((\d+) points?\)$", text, re.MULTILINE)
        worth_of = [sum(test.points for test in master.tests_of(str(cell.grade_id))) for cell in master.solutions]
        assert [float(points) for points in said] == worth_of, master.name


def test_the_version_is_that_of_the_newest_section_of_the_changelog_and_of_the_citation() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    sections = re.findall(r"^## (\S+) \((.+)\)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    days = [date.fromisoformat(day) for _, day in sections]
    assert sections[0][0] == project["version"] == citation["version"] == __version__
    assert citation["date-released"] == days[0] and days == sorted(days, reverse=True)
