"""Whatever a notebook calls `list`, `tf` or a function of the course: tests run with what they were written for."""

import json

import pytest

from autograder.grading.checks import in_words
from autograder.known_tests import Known, digest
from tests.test_running import ANSI, run_cells

SETUP = "import math as m\n\n\ndef course(x):\n    return m.floor(x) + len([x])"
TEST = '''"""Looks at: the answer."""


def _check():
    assert list(map(answer, range(3))) == [course(x) for x in range(3)], str(sorted(map(answer, range(3))))
    display(m.pi)


_check()'''
RIGHT = "def answer(x):\n    return x + 1"
NAMES = json.dumps(Known(tests={}, names={digest(SETUP): ["m", "course"]}, answers={}))
KNOWN = f"from autograder.known_tests import know\nknow({NAMES!r})"


def ends(*cells: str) -> tuple[bool, str]:
    """Run the course's cell, others, and the test: whether it passes, and what it shows last."""
    done = run_cells(KNOWN, SETUP, *cells, TEST)
    last = done.notebook.cells[-1]
    shown = ANSI.sub("", "\n".join(last.outputs[-1].get("traceback", [])))
    return done.replies[last.id].ok, shown


@pytest.mark.parametrize(
    "rebinds",
    [
        "list = [1]",
        "str = 'text'\nsorted = None",
        "len = 3",
        "display = print",
        "m = 5",
        "del m",
        "import cmath as m\nm.floor = None",
        "def course(x):\n    return 'mine'",
        "len, m, map, range = None, None, None, None",
    ],
)
def test_a_test_is_what_it_was_whatever_a_notebook_binds(rebinds: str) -> None:
    assert ends(RIGHT, rebinds) == (True, "")
    passed, shown = ends(RIGHT.replace("+ 1", "+ 2"), rebinds)
    assert (passed, "[2, 3, 4]" in shown) == (False, True)


def test_an_answer_keeps_seeing_what_its_notebook_has_bound() -> None:
    assert ends("len = 1", "def answer(x):\n    return x + len") == (True, "")


def test_an_answer_that_trips_over_a_name_of_python_s_own_is_told_which() -> None:
    passed, shown = ends("len = 1", "def answer(x):\n    return x + len([x])")
    assert not passed
    assert "Your notebook calls a int 'len'" in shown and "`del len` brings it back" in shown


def test_an_answer_that_trips_over_a_name_of_the_course_is_told_which_on_the_page_too() -> None:
    done = run_cells(KNOWN, SETUP, "m = None", "def answer(x):\n    return m.floor(x) + 1", TEST)
    words = in_words(done.replies[done.notebook.cells[-1].id])
    assert words.splitlines() == [
        "Your code raised AttributeError: 'NoneType' object has no attribute 'floor'",
        "It did so in the line: return m.floor(x) + 1",
        "Your notebook has changed 'm', which the course has bound: run the cell that does so again.",
    ]


def test_what_a_test_binds_itself_stays_its_own() -> None:
    own = "def _check():\n    len = 7\n    assert [len for len in (1, 2)] == [1, 2] and len == 7\n\n\n_check()"
    done = run_cells("len = None", own)
    assert done.replies["cell-1"].ok
