"""What holds for the package as a whole: data flows one way, every module says what it is, importing it is light."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "autograder"

FLOW = (
    "errors",
    "files",
    "names",
    "probes",
    "facts",
    "misconceptions",
    "symptoms",
    "caption",
    "picture",
    "sharing",
    "course",
    "intake",
    "download",
    "roster",
    "collection",
    "harmless",
    "kernels.places",
    "rebuild",
    "kernels.limits",
    "kernels.data",
    "kernels.messages",
    "kernels.order",
    "kernels.jail",
    "kernels.desk",
    "kernels.manners",
    "kernels.quiet",
    "kernels.small_graphs",
    "kernels.zygote",
    "kernels.warm",
    "kernels.provisioner",
    "kernels.running",
    "comparison",
    "evidence",
    "checks",
    "verdict",
    "grading",
    "batch",
    "results",
    "gradebook",
    "report.table",
    "report.sheet",
    "report.templates",
    "report.feedback",
    "report.summary",
    "report.examples",
    "report.charts",
    "report.overview",
    "exports.marks",
    "exports.canvas",
    "exports.moodle",
    "exports.gradescope",
    "exports.junit",
    "session",
    "release",
    "lint",
    "doctor",
    "commands.terminal",
    "commands.authoring",
    "commands.collect",
    "commands.grade",
    "commands.export",
    "commands.doctor",
    "cli",
)
"""A module may import what stands before it. A new module gets its place here, and nothing else changes."""

FOR_NOTEBOOKS = ["probes", "sharing"]
"""What the package itself offers: that which notebooks call."""

HEAVY = ("nbformat", "nbgrader", "tensorflow", "tensorboard", "google.protobuf", "pygraphviz", "pygal", "rich")


def module_names() -> dict[str, ast.Module]:
    """Parse every module of the package, by its name without ``autograder.``; a package by its folder's name."""
    trees = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        trees[name] = ast.parse(path.read_text(encoding="utf-8"))
    return trees


MODULES = module_names()
PACKAGES = {""} | {name.rpartition(".")[0] for name in MODULES}


def imported(tree: ast.Module) -> Iterator[str]:
    """Name the modules of the package that a module imports, at its top or inside of a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            candidates = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import of {node.module}: write it out"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            candidates = [name if name.removeprefix("autograder.") in MODULES else str(node.module) for name in whole]
        else:
            continue
        for candidate in candidates:
            if candidate == "autograder" or candidate.startswith("autograder."):
                yield candidate.removeprefix("autograder").removeprefix(".")


def test_the_flow_names_every_module_once() -> None:
    assert sorted(FLOW) == sorted(set(MODULES) - PACKAGES)


def test_the_page_has_a_line_for_each_module() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tables = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    named = []
    for table in tables:
        folder = re.match(r"`autograder/(\w+)/`", table)
        names = re.findall(r"^\| `(\w+)` \| \w|^\| `(\w+)` \| `", table, flags=re.MULTILINE)
        named += [f"{folder[1]}.{a or b}" if folder else a or b for a, b in names]
    assert sorted(named) == sorted(FLOW)


@pytest.mark.parametrize("module", FLOW)
def test_nothing_imports_upward(module: str) -> None:
    before = {*FLOW[: FLOW.index(module)], ""}
    assert set(imported(MODULES[module])) - before == set()


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_a_package_imports_nothing_of_its_own_but_what_notebooks_call(package: str) -> None:
    assert list(imported(MODULES[package])) == ([] if package else FOR_NOTEBOOKS)


def test_every_module_says_what_it_is() -> None:
    assert [name for name, tree in MODULES.items() if not ast.get_docstring(tree)] == []


def test_importing_the_package_is_light() -> None:
    code = f"import sys, autograder; print(*sorted(sys.modules.keys() & set({HEAVY})))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
