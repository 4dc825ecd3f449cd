"""Hidden tests of bare asserts are judged in their place, by a second kernel of which nobody sees anything."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.course.assignment import Assignment
from autograder.course.master import OUTPUT_TAG
from autograder.grading.hidden_parts import OUTPUT_MARK, place_of
from autograder.grading.result import Result
from autograder.grading.submission import grade
from autograder.grading.verdict import NotebookVerdict
from autograder.kernels.nbclient_runner import NbclientRunner
from autograder.kernels.run import Run
from autograder.probes import DESK
from tests.conftest import ASSIGNMENT
from tests.foreign_course import NOTEBOOK, PS, answer, foreign_course, handed_in, test

pytestmark = pytest.mark.usefixtures("warm")

SECRET = "a canary that sings"

MAKES = "numbers = [1, 2, 3]"
CHANGES = "numbers.append(4)"
TELLS = "from math import isclose\nassert isclose(0.1 + 0.2, 0.3) and len(numbers) == 3, 'a canary that sings'"
ASKS = "display(sum(numbers))\nassert sum(numbers) == 10"


@dataclass(frozen=True)
class Watched(NbclientRunner):
    """The real runner, which remembers what it has run."""

    runs: list[Run] = field(default_factory=list, repr=False)

    def run(self, notebook: NotebookNode, ending: str = DESK) -> Run:
        """Run a notebook."""
        self.runs.append(super().run(notebook, ending))
        return self.runs[-1]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """Make an assignment with hidden parts of both sorts."""
    shows = test("check-shown", "display(len(numbers))", ASKS, tags=[OUTPUT_TAG])
    shows.outputs = [
        new_output("display_data", {"text/plain": text}, metadata={OUTPUT_MARK: hidden})
        for text, hidden in (("4", False), ("10", True))
    ]
    cells = [
        answer("make", MAKES),
        test("check-list", "assert numbers == [1, 2, 3]", TELLS, 2),
        answer("change", CHANGES),
        test("check-changed", "assert numbers[-1] == 4"),
        test("check-close", "assert numbers", "assert isclose(len(numbers), 4)"),
        test("check-parts", "assert numbers", "len(numbers) / 8"),
        shows,
        answer("last", "del numbers"),
    ]
    return foreign_course(tmp_path_factory.mktemp("both") / "course", cells).assignment(PS)


def graded(assignment: Assignment, **answers: str) -> tuple[NotebookVerdict, str, list[Run]]:
    """Grade a submission; give the verdict, the notebook as people get it, and the runs."""
    runner = Watched(subject=ASSIGNMENT)
    result: Result = grade(handed_in(assignment, answers), assignment, runner)
    return result.verdicts[0], result.executed[NOTEBOOK], runner.runs


def given(verdict: NotebookVerdict) -> dict[str, float]:
    """Give the points of each test."""
    return {cell.grade_id: cell.points for cell in verdict.cells}


FULL = {"check-list": 2, "check-changed": 1, "check-close": 1, "check-parts": 0.5, "check-shown": 1}
EARLY = {"check-changed", "check-shown"}
"""The tests of the first kernel."""


def test_a_right_answer_has_all_points_whatever_later_cells_do(both: Assignment) -> None:
    verdict, text, (first, second) = graded(both)
    assert (str(verdict.state), given(verdict)) == ("GRADED", FULL)
    # What people see was shown before anything hidden of these tests was told, and the second kernel ends with them.
    told = [cell for cell in first.notebook.cells if cell.source.find("HIDDEN") >= 0]
    assert [place_of(cell.id) for cell in told] == ["check-shown"]
    assert place_of(second.notebook.cells[-1].id) == "check-parts"
    assert "HIDDEN" not in text


def test_one_kernel_is_enough_where_no_test_of_bare_asserts_hides_anything(tmp_path: Path) -> None:
    cells = [answer("make", MAKES), test("check", "assert numbers == [1, 2, 3]")]
    verdict, _, runs = graded(foreign_course(tmp_path / "course", cells).assignment(PS))
    assert (len(runs), verdict.points) == (1, 1)


def test_what_a_master_stores_of_bare_asserts_counts_for_nothing(tmp_path: Path) -> None:
    checks = [test(name, "print(numbers)\nassert numbers", TELLS) for name in ("prints", "raises", "shows")]
    checks[0].outputs = [new_output("stream", text="[1, 2]")]
    checks[1].outputs = [new_output("error", ename="NameError", evalue="no numbers", traceback=[])]
    checks[2].outputs = [new_output("execute_result", {"text/plain": "3"}, execution_count=1)]
    assignment = foreign_course(tmp_path / "course", [answer("make", MAKES), *checks]).assignment(PS)
    verdict, text, _ = graded(assignment)
    assert (str(verdict.state), given(verdict)) == ("GRADED", {"prints": 1, "raises": 1, "shows": 1})
    verdict, _, _ = graded(assignment, make="numbers = [1, 2, 3, 4]")
    assert (str(verdict.state), verdict.points) == ("GRADED", 0)
    assert SECRET not in text


LIST = """
class List(list):
    def __len__(self):
        if {word!r} in In[-1]: {does}
        return super().__len__()

numbers = List([1, 2, 3])
"""
"""An answer that does something else where the test of which this is a word asks for its length."""


@pytest.mark.parametrize(
    ("made", "state", "kernels", "lost"),
    [
        # The kernel is told, and dies: nothing runs again, and what is still to come is lost.
        (LIST.format(word="sings", does="__import__('os')._exit(0)"), "CRASH(kernel)", 2, {*FULL} - EARLY),
        (LIST.format(word="sings", does="raise SystemExit"), "GRADED", 2, {"check-list"}),
        # What a second kernel says reaches nobody.
        (LIST.format(word="sings", does="print(In); raise ValueError(In)"), "GRADED", 2, {"check-list"}),
        # The first kernel dies before anything is told: it may have been killed, and runs again; no other follows.
        ("__import__('os')._exit(1)", "CRASH(kernel)", 2, {*FULL}),
        # It dies of what it is told: nothing follows.
        (LIST.format(word="sum(", does="__import__('os')._exit(0)"), "CRASH(kernel)", 1, {*FULL} - {"check-changed"}),
    ],
    ids=["dies", "exits", "says it", "dies at once", "dies of evidence"],
)
def test_what_goes_wrong_in_a_kernel_costs_what_is_still_to_come(
    both: Assignment, made: str, state: str, kernels: int, lost: set[str]
) -> None:
    verdict, text, runs = graded(both, make=made)
    assert (str(verdict.state), len(runs)) == (state, kernels)
    assert {name for name, points in given(verdict).items() if not points} == lost
    assert SECRET not in text + "".join(cell.message for cell in verdict.cells)
