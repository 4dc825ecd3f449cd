"""
Hostile and broken submissions: a part of the corpus in `tests/hostile/`, graded as one class.

Of each group there are those that are quick and that nothing else among the tests covers. The whole corpus, with more
than one seed, is `make test-hostile`; without each layer, and by nbgrader, `make hostile-tables`.
"""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.layers import LAYERS
from tests.hostile.cases import GROUPS, all_cases
from tests.hostile.layers import GUARDS, marked, without
from tests.hostile.run import Observed, Seen, Task, damage, failures, in_a_room, name_in_class
from tests.hostile.tables import BEGIN, END, PAGE, Shown, Without, merged, on_page, write_tables
from tests.hostile.unlayered import REPLACED

CASES = all_cases()
SEED = 7

HERE = (
    *("C02-truncated", "C04-bom", "C06-deep", "C12-fifo", "C16-copied-test", "C17-zip", "C19-two", "C25-big"),
    *("F01-skip-tag", "F08-always-equal", "F17-early-exit", "F21-forged-reply", "F23-canned-graph", "F27-dup-pass"),
    *(
        "F30-stale-keep",
        "F37-own-show-sharing",
        "F60-second-kernel",
        "I01-html",
        "I02-markdown-cells",
        "I03-name-newline",
        "I06-paths",
    ),
    *("I07-escapes", "R01-loop", "R08-stdout", "R09-big-error", "R14-stdin", "R27-many-cells", "S01-solution-path"),
    *(
        "S04-home",
        "S05-proc",
        "S07-side-files",
        "S09-link-out",
        "S10-exfil-encoded",
        "S14-network",
        "S23-gradebook-write",
    ),
    *("X01-kill-all", "X07-zygote", "X12-process-name"),
)


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Observed:
    """Grade the class."""
    return in_a_room(Task(HERE, SEED, str(tmp_path_factory.mktemp("hostile"))))


@pytest.mark.parametrize("name", HERE)
def test_a_case_gets_its_verdict_and_gives_nothing_away(observed: Observed, name: str) -> None:
    assert failures(CASES[name], observed, SEED) == []


def test_nobody_else_notices(observed: Observed) -> None:
    assert damage(observed) == []


@pytest.mark.parametrize("wrong", ["state", "points", "book", "leak", "markup", "missing"])
def test_a_case_that_goes_wrong_is_noticed(observed: Observed, wrong: str) -> None:
    case = CASES["F01-skip-tag"]
    seen = observed.students[name_in_class(case, SEED)]
    spoilt = {
        "state": replace(seen, states=seen.states | {case.notebook: "CRASH(kernel)"}),
        "points": replace(seen, points=seen.points | {case.notebook: 3.0}),
        "book": replace(seen, book=seen.book | {case.notebook: 3.0}),
        "leak": replace(seen, leaks=["the secret 'hidden' stands in a page"]),
        "markup": replace(seen, markup=["<script> in a page"]),
        "missing": Seen(),
    }
    others = observed.students | {name_in_class(case, SEED): spoilt[wrong]}
    assert failures(case, Observed(students=others), SEED) != []


def test_a_neighbour_who_comes_to_harm_is_noticed(observed: Observed) -> None:
    case = CASES["X12-process-name"]
    neighbour = f"{name_in_class(case, SEED)}-beside"
    assert failures(case, observed, SEED) == []
    crashed = replace(observed.students[neighbour], points=dict.fromkeys(observed.students[neighbour].points))
    for harmed in (Seen(), crashed):
        assert failures(case, Observed(students=observed.students | {neighbour: harmed}), SEED) != []


def test_what_an_accomplice_gets_out_is_noticed(observed: Observed) -> None:
    case = CASES["S36-accomplice"]
    others = {f"{name_in_class(case, SEED)}-partner": Seen(leaks=["the secret 'hidden' stands in a page"])}
    assert any("of its accomplice" in line for line in failures(case, Observed(students=others), SEED))


def test_every_part_of_every_layer_can_be_taken_off() -> None:
    assert {layer: set(functions) for layer, functions in REPLACED.items()} == marked()
    assert list(LAYERS) == list(REPLACED) == list(GUARDS)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_copy_without_a_layer_is_whole(layer: str, tmp_path: Path) -> None:
    folder = without(layer, tmp_path / "package")
    command = (
        "import autograder.commands.grade, autograder.zygote.server, autograder.layers; print(autograder.layers.OFF)"
    )
    done = subprocess.run(
        [sys.executable, "-c", command],
        env={"PYTHONPATH": str(folder)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == layer


def test_each_group_has_cases_and_each_case_a_group() -> None:
    assert {case.group for case in CASES.values()} == GROUPS.keys()
    assert {CASES[name].group for name in HERE} == GROUPS.keys()


def test_what_stands_on_the_page_is_read_back_and_only_what_was_tried_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        f"{PAGE.read_text(encoding='utf-8').partition('<!-- tables')[0]}{BEGIN}\n{END}\n", encoding="utf-8"
    )
    names = list(CASES)
    layers = {layer: Without((), harm=False, ended=True) for layer in LAYERS}
    layers["rebuild"] = Without((names[0], names[1]), harm=True, ended=True)
    layers["limits"] = Without((names[2],), harm=False, ended=False)
    before = Shown((), layers, (names[0], names[3]))
    write_tables(CASES, before, page)
    assert on_page(page) == before
    now = Shown((), {"rebuild": Without((names[4],), harm=False, ended=True)}, (names[1],))
    after = merged(before, now, names[1:5], CASES)
    assert after.layers["rebuild"] == Without((names[0], names[4]), harm=True, ended=True)
    assert after.nbgrader == (names[0], names[1])


def test_the_tables_of_the_page_are_about_these_cases_and_layers() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| ([FSRCIX]\d\d-[\w-]+) \|", page, flags=re.MULTILINE)) == sorted(CASES)
    assert [layer for layer in LAYERS if f"\n| {layer} |" not in page] == []
