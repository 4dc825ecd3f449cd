"""What a cell takes and leaves is read from its text; where that cannot be told, it takes everything."""

import pytest

from autograder.course.dataflow import LONGEST_CELL, binds, reads, syntax_tree


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = b", {"b"}),
        ("a = 1\nprint(a)", {"print"}),
        ("def f(x):\n    return x + y", {"y"}),
        ("def f():\n    y = 1\n    return y", set()),
        ("class C(Base):\n    def m(self):\n        return z", {"Base", "z"}),
        ("[v for v in vs if v in ws]", {"vs", "ws"}),
        ("[[a for a in b] for b in c]", {"c"}),
        ("[v for v in vs]\nprint(v)", {"vs", "v", "print"}),
        ("v = 1\n[v for v in vs]", {"vs"}),
        ("{k: (lambda: k + late) for k in v}", {"v", "late"}),
        ("def f():\n    return {k for k in v}", {"v"}),
        ("[(w := x) for x in xs]\nprint(w)", {"xs", "print"}),
        ("lambda: late", {"late"}),
        ("with a as b:\n    b.c = d", {"a", "d"}),
        ("import os as o\no.path", set()),
        ("def f():\n    global g\n    g = 1\n\nprint(g)", {"print"}),
        ("x += 1", set()),
        ("if here:\n    del gone", {"here", "gone"}),
        ("def f():\n    x = 1\n    del x", set()),
        ("%time a = b", None),
        ("exec('a')", None),
        ("get_ipython().user_ns['a']", None),
        ("a = (", None),
        ("a = '\0'", None),
        ("!ls\n" * 600, None),
        ("a\n" * LONGEST_CELL, None),
        ("a" + "()" * 900, {"a"}),
    ],
)
def test_what_a_cell_takes(source: str, names: set[str] | None) -> None:
    assert reads(source) == names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = b = 1", {"a", "b"}),
        ("with x() as y:\n    z = y", {"y", "z"}),
        ("for i in range(3):\n    pass", {"i"}),
        ("import numpy as np, os.path\nfrom a import b as c", {"np", "os", "c"}),
        ("def f():\n    inner = 1", {"f"}),
        ("(w := 1)", {"w"}),
        ("[v for v in vs]", set()),
        ("[(w := v) for v in vs]", {"w"}),
        ("def f():\n    (w := 1)", {"f"}),
        ("print(1)", set()),
        ("%matplotlib inline\na = 1", {"a"}),
    ],
)
def test_what_a_cell_leaves(source: str, names: set[str]) -> None:
    assert binds(source) == names


def test_magics_are_python_to_ipython_and_nonsense_is_not() -> None:
    assert syntax_tree("%time 1 + 1") is not None
    assert syntax_tree("1 +") is None


def test_deep_nesting_is_no_harm() -> None:
    assert reads("-" * 5_000 + "a") in (None, {"a"})
