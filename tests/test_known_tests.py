"""At a desk, showing evidence raises where the graph is not the one that the test expects."""

import asyncio
import json
from pathlib import Path

import pytest

from autograder.authoring.lint import lint_known_tests
from autograder.authoring.reference import known_text
from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.known_tests import FILE, Known, KnownTest, digest
from tests.conftest import ASSIGNMENT
from tests.desk_client import executed, shown_by, started
from tests.small_course import NAME

SETUP = """
import tensorflow.compat.v1 as tf
from sharing_variables import show_sharing
tf.disable_eager_execution()
"""
TWICE = '''"""Looks at: two results."""


def _check():
    def call(names):
        with tf.Graph().as_default():
            with tf.variable_scope("model", reuse=tf.AUTO_REUSE):
                show_sharing(**{name: answer() for name in names})

    call(["r1", "r2"])
    call(["r1"])


_check()'''
RIGHT = 'def answer():\n    return tf.get_variable("W", shape=[1]) * 2.0'
COPIES = 'def answer():\n    return tf.Variable([0.0], name="W") * 2.0'
ALONE = "def answer():\n    return tf.constant([0.0]) * 2.0"
"""Answers that share, that make a variable at each call, and that have none."""


@pytest.fixture(scope="module")
def facts() -> list[str]:
    """Give the facts of both graphs that the test expects."""
    import tensorflow.compat.v1 as tf

    from sharing_variables.display import _described
    from sharing_variables.graph.facts import to_text

    found = []
    for names in (["r1", "r2"], ["r1"]):
        with tf.Graph().as_default() as graph, tf.variable_scope("model", reuse=tf.AUTO_REUSE):
            outputs = {name: tf.get_variable("W", shape=[1]) * 2.0 for name in names}
            found.append(to_text(_described(graph, outputs)[1]))
    return found


@pytest.fixture
def folder(tmp_path: Path, facts: list[str]) -> Path:
    """Make a folder with what the test expects in it."""
    evidence = {"graph": {"tags": ["graph-check-names"], "facts": facts}}
    test = KnownTest(cell="test-n", notebook="n", exercise="Exercise 1", points=2, evidence=evidence)
    known = Known(tests={"Looks at: two results.": test}, names={digest(SETUP): ["tf", "show_sharing"]}, answers={})
    (tmp_path / FILE).write_text(json.dumps(known), encoding="utf-8")
    return tmp_path


def told(folder: Path, *cells: str) -> list[str]:
    """Run cells in a kernel in a folder, and give what each says of an error."""

    async def story() -> list[str]:
        async with started(cwd=str(folder)) as (_, client):
            await executed(client, "setup", SETUP)
            return [await executed(client, f"cell-{number}", source) for number, source in enumerate(cells)]

    return asyncio.run(story())


def test_a_test_raises_where_the_graph_is_not_the_expected_one(folder: Path) -> None:
    said = told(folder, RIGHT, TWICE, COPIES, TWICE, TWICE, ALONE, TWICE, RIGHT, TWICE)
    right, copies, again, alone, mended = said[1], *said[3:5], said[6], said[8]
    assert right == mended == ""
    for shown in (copies, again, alone):
        assert shown.startswith("Not yet. Looks at: two results.")
        assert "Expected: r1 and r2 share" in shown
    assert copies == again


def test_a_test_that_passes_says_so_and_the_points_so_far_can_be_counted(folder: Path) -> None:
    count = "from autograder import points_so_far\n\npoints_so_far()"

    async def story() -> list[str]:
        async with started(cwd=str(folder)) as (_, client):
            cells = (count, SETUP, RIGHT, TWICE, count, COPIES, TWICE, count)
            printed = [(await shown_by(client, f"cell-{n}", source))[1] for n, source in enumerate(cells)]
            # Programs that run a whole notebook send no ids.
            return [*printed, (await shown_by(client, "", RIGHT))[1] + (await shown_by(client, "", TWICE))[1]]

    before, _, _, passed, all_points, _, failed, none, without_id = asyncio.run(story())
    assert before == "No test has run in this kernel yet.\n"
    assert (passed, failed, without_id) == ("Passed: 2 points.\n", "", "")
    assert all_points == "2 of 2 points, by the tests that you can see.\n"
    assert none == "0 of 2 points, by the tests that you can see.\nStill open: Exercise 1\n"


def test_each_graph_of_a_test_is_held_against_its_own(folder: Path) -> None:
    once = TWICE.replace('call(["r1", "r2"])', "pass")
    more = TWICE.replace('call(["r1"])', 'call(["r1"])\n    call(["r1", "r2", "r3"])')
    assert "Expected: r1 and r2 share" in told(folder, RIGHT, once)[1]
    assert told(folder, RIGHT, more) == ["", ""]


def test_a_students_own_picture_is_nobodys_expectation(folder: Path) -> None:
    own = "with tf.Graph().as_default():\n    show_sharing(r1=answer(), r2=answer())"
    titled = f'"""Looks at: two results."""\n{own}'
    assert told(folder, COPIES, own, titled) == ["", "", ""]


def test_nothing_is_expected_without_the_file(tmp_path: Path) -> None:
    assert told(tmp_path, COPIES, TWICE) == ["", ""]


def test_what_is_expected_is_in_step_with_the_masters(course: Course, assignment: Assignment) -> None:
    assert lint_known_tests(assignment, course.source(ASSIGNMENT)) == []
    file = course.source(ASSIGNMENT) / FILE
    file.write_text(known_text(assignment).replace("graph", "other", 1), encoding="utf-8")
    (problem,) = lint_known_tests(assignment, course.source(ASSIGNMENT))
    assert str(problem) == "tests.json: not what the masters say of their tests; run `autograder reference`"
    file.unlink()
    assert lint_known_tests(assignment, course.source(ASSIGNMENT)) == [problem]


def test_a_course_whose_tests_have_no_titles_needs_no_file(small: Course) -> None:
    assert lint_known_tests(small.assignment(NAME), small.source(NAME)) == []
