"""What holds for the packages as a whole: data flows one way, every module says what it is, importing is light."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from autograder.course.folders import Course
from tests.conftest import ASSIGNMENT, ROOT

FLOW = (
    "autograder.layers",
    "autograder.errors",
    "autograder.files",
    "autograder.deadline",
    "autograder.text",
    "autograder.probes",
    "autograder.known_tests",
    "autograder.points",
    "autograder.predictions",
    "autograder.hints",
    "autograder.frames.facts",
    "autograder.frames.comparison",
    "autograder.frames.picture",
    "autograder.frames.display",
    "autograder.frames.evidence",
    "autograder.course.magics",
    "autograder.course.dataflow",
    "autograder.course.ownership",
    "autograder.course.roles",
    "autograder.course.master",
    "autograder.subject",
    "autograder.course.assignment",
    "autograder.course.imports",
    "autograder.course.settings",
    "autograder.course.steps",
    "autograder.course.database",
    "autograder.course.schema",
    "autograder.course.folders",
    "autograder.course.desk",
    "autograder.submissions.reading",
    "autograder.submissions.times",
    "autograder.submissions.roster",
    "autograder.submissions.roster_file",
    "autograder.submissions.recognition",
    "autograder.submissions.folder",
    "autograder.submissions.download",
    "autograder.submissions.layouts",
    "autograder.submissions.gradescope_export",
    "autograder.submissions.names",
    "autograder.submissions.owners",
    "autograder.submissions.collecting",
    "autograder.inside.namespaces",
    "autograder.inside.cell_isolation",
    "autograder.inside.own_names",
    "autograder.inside.live_hints",
    "autograder.inside.tracebacks",
    "autograder.inside.joining",
    "autograder.inside.extension",
    "autograder.inside.framing",
    "autograder.inside.piped_kernel",
    "autograder.zygote.limits",
    "autograder.zygote.data_files",
    "autograder.zygote.protocol",
    "autograder.zygote.bubblewrap",
    "autograder.zygote.seccomp",
    "autograder.zygote.memory",
    "autograder.zygote.preload",
    "autograder.zygote.jail",
    "autograder.zygote.server",
    "autograder.kernels.run",
    "autograder.kernels.messages",
    "autograder.kernels.kernelspec",
    "autograder.kernels.control_groups",
    "autograder.kernels.zygote_client",
    "autograder.kernels.provisioner",
    "autograder.kernels.wire",
    "autograder.kernels.cell_time",
    "autograder.kernels.metering",
    "autograder.kernels.comparison",
    "autograder.kernels.source",
    "autograder.kernels.nbclient_runner",
    "autograder.kernels.piped_runner",
    "autograder.kernels.configuration",
    "autograder.grading.html_tables",
    "autograder.grading.sanitize",
    "autograder.grading.nbval_comparison",
    "autograder.grading.checks",
    "autograder.grading.verdict",
    "autograder.grading.result",
    "autograder.grading.hidden_parts",
    "autograder.grading.prose",
    "autograder.grading.rebuild",
    "autograder.grading.explain",
    "autograder.grading.submission",
    "autograder.grading.worker",
    "autograder.grading.processes",
    "autograder.grading.batch",
    "autograder.grading.own_solution",
    "autograder.records.store",
    "autograder.records.standing",
    "autograder.records.absent",
    "autograder.records.settled",
    "autograder.records.queries",
    "autograder.records.masters",
    "autograder.records.scores",
    "autograder.records.penalties",
    "autograder.records.autograded",
    "autograder.records.gradebook",
    "autograder.records.enrolment",
    "autograder.report.terminal_table",
    "autograder.report.csv_table",
    "autograder.report.templates",
    "autograder.report.feedback",
    "autograder.report.alike",
    "autograder.report.drawing",
    "autograder.report.statistics",
    "autograder.report.examples",
    "autograder.report.charts",
    "autograder.report.class_report",
    "autograder.exports.marks",
    "autograder.exports.canvas",
    "autograder.exports.moodle",
    "autograder.exports.gradescope",
    "autograder.exports.junit",
    "autograder.exports.exercises",
    "autograder.returning.overview",
    "autograder.returning.packs",
    "autograder.returning.pdf",
    "autograder.authoring.release",
    "autograder.authoring.exchange",
    "autograder.authoring.reference",
    "autograder.authoring.lint",
    "autograder.authoring.ids",
    "autograder.authoring.new_course",
    "autograder.authoring.otter_format",
    "autograder.authoring.otter_import",
    "autograder.authoring.answers",
    "autograder.authoring.answer_check",
    "autograder.session",
    "autograder.doctor",
    "autograder.cluster.parcels",
    "autograder.cluster.unpickling",
    "autograder.cluster.fitness",
    "autograder.cluster.site",
    "autograder.cluster.coordinator",
    "autograder.commands.terminal",
    "autograder.commands.options",
    "autograder.cluster.worker",
    "autograder.commands.ids",
    "autograder.commands.answers",
    "autograder.commands.new",
    "autograder.commands.import_",
    "autograder.commands.release",
    "autograder.commands.reference",
    "autograder.commands.lint",
    "autograder.commands.roster",
    "autograder.commands.collect",
    "autograder.commands.grade",
    "autograder.commands.settle",
    "autograder.commands.export",
    "autograder.commands.feedback",
    "autograder.commands.desk",
    "autograder.commands.runners",
    "autograder.commands.doctor",
    "autograder.commands.worker",
    "autograder.commands.formgrader",
    "autograder.formgrader",
    "autograder.cli",
    "autograder.__main__",
    "sharing_variables.graph.facts",
    "sharing_variables.graph.caption",
    "sharing_variables.graph.picture",
    "sharing_variables.graph.comparison",
    "sharing_variables.graph.reader",
    "sharing_variables.display",
    "sharing_variables.eager",
    "sharing_variables.sessions",
    "sharing_variables.graph.evidence",
    "sharing_variables.scopes",
    "sharing_variables.ideas",
    "sharing_variables.lint",
    "sharing_variables.tensorflow_settings",
    "sharing_variables.subject",
)
"""A module may import what stands before it. A new module gets its place here, and nothing else changes."""

FOR_NOTEBOOKS = {
    "autograder": [
        "autograder.frames.display",
        "autograder.points",
        "autograder.predictions",
        "autograder.probes",
    ],
    "sharing_variables": [
        "autograder.inside.joining",
        "sharing_variables.display",
        "sharing_variables.eager",
        "sharing_variables.sessions",
    ],
}
"""What the packages themselves import: that which notebooks call, and what a late kernel is joined by."""

HEAVY = (
    "distributed",
    "nbformat",
    "nbgrader",
    "tensorflow",
    "tensorboard",
    "google.protobuf",
    "pygraphviz",
    "pygal",
    "rich",
    "yaml",
)

OF_THE_SUBJECT = re.compile(
    r"sharing_variables|tensorflow|tensorboard|show_sharing|\bmetagraph|get_variable|\bM\d+\b",
    re.IGNORECASE,
)
"""The subject, what it is about, and its misconceptions, by name."""

MAY_BE_NAMED = ("e.g. sharing_variables", '"sharing_variables"', "sharing_variables = ", "sharing-variables")
"""Examples in help and docstrings, and the name of the distribution."""


TEST_CELLS = [
    str(cell.grade_id) for master in Course(ROOT).assignment(ASSIGNMENT).notebooks for cell in master.graded
]


def modules() -> dict[str, ast.Module]:
    """Parse every module of both packages, by its name; a package by its folder's name."""
    trees = {}
    for package in FOR_NOTEBOOKS:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            trees[".".join(part for part in parts if part != "__init__")] = ast.parse(
                path.read_text(encoding="utf-8")
            )
    return trees


MODULES = modules()
PACKAGES = {name for name in MODULES if (ROOT / name.replace(".", "/")).is_dir()}


def imported(tree: ast.Module) -> Iterator[str]:
    """Name the modules of the packages that a module imports, at its top or inside of a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            candidates = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import of {node.module}: write it out"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            candidates = [name if name in MODULES else str(node.module) for name in whole]
        else:
            continue
        yield from (name for name in candidates if name.partition(".")[0] in FOR_NOTEBOOKS)


def test_the_flow_names_every_module_once() -> None:
    assert sorted(FLOW) == sorted(set(MODULES) - PACKAGES)


def test_the_page_has_a_line_for_each_module() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = []
    for table in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        folder = re.match(r"`([\w/]+)/`", table)
        names = re.findall(r"^\| `(\w+)` \| ", table, flags=re.MULTILINE)
        named += [f"{folder[1].replace('/', '.')}.{name}" for name in names] if folder else []
    assert sorted(named) == sorted(FLOW)


@pytest.mark.parametrize("module", FLOW)
def test_nothing_imports_upward(module: str) -> None:
    before = {*FLOW[: FLOW.index(module)], *FOR_NOTEBOOKS}
    assert set(imported(MODULES[module])) - before == set()


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name.startswith("autograder")))
def test_the_grader_knows_no_subject(module: str) -> None:
    path = ROOT / (module.replace(".", "/") + ("/__init__.py" if module in PACKAGES else ".py"))
    text = path.read_text(encoding="utf-8")
    assert [test for test in TEST_CELLS if test in text] == []
    lines = text.splitlines()
    named = [line for line in lines if OF_THE_SUBJECT.search(line) and not any(one in line for one in MAY_BE_NAMED)]
    assert named == []
    assert [name for name in imported(MODULES[module]) if not name.startswith("autograder")] == []


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_a_package_imports_nothing_of_its_own_but_what_notebooks_call(package: str) -> None:
    assert list(imported(MODULES[package])) == FOR_NOTEBOOKS.get(package, [])


@pytest.mark.parametrize("package", sorted(name for name in PACKAGES if "." in name))
def test_a_room_says_what_it_is_for_and_what_may_enter(package: str) -> None:
    says = ast.get_docstring(MODULES[package]) or ""
    assert len(says.splitlines()) in (3, 4) and "Enter here: " in says


def test_every_module_says_what_it_is() -> None:
    assert [name for name, tree in MODULES.items() if not ast.get_docstring(tree)] == []


@pytest.mark.parametrize("package", FOR_NOTEBOOKS)
def test_importing_a_package_is_light(package: str) -> None:
    code = f"import sys, {package}; print(*sorted(sys.modules.keys() & set({HEAVY})))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
