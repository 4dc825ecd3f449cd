"""What an answer asks for, and in which scopes: the order of the lines, and what is open around each."""

import ast

import pytest

from sharing_variables.scopes import uses

A = "with tf.variable_scope('a'):\n"
AS_S = "with tf.variable_scope('a') as s:\n"
REUSES = "with tf.variable_scope('a', reuse=True):\n"

READ = {
    "nothing": ("x = 1", []),
    "outside": ("build(x)", [("build", 0, 0)]),
    "a scope that reuses": (f"{REUSES}    tower(x)", [("tower", 1, 0)]),
    "two scopes in one line": (
        "with tf.variable_scope('a', reuse=True), tf.variable_scope('b', reuse=False):\n    build(x)",
        [("build", 1, 1)],
    ),
    "a scope that is closed": (f"{REUSES}    pass\nbuild(x)", [("build", 0, 0)]),
    "a condition": ("with tf.variable_scope('a', reuse=n > 0):\n    build(x)", [("build", 0, 0)]),
    "any reuse": ("with tf.variable_scope('a', reuse=tf.AUTO_REUSE):\n    build(x)", [("build", 0, 0)]),
    "a call half-way": (
        f"{AS_S}    build(x)\n    s.reuse_variables()\n    build(y)",
        [("build", 0, 0), ("build", 3, 0)],
    ),
    "a call on the scope that is open": (
        f"{A}    tf.get_variable_scope().reuse_variables()\n    tf.get_variable('v')\nbuild(x)",
        [("get_variable", 2, 0), ("build", 0, 0)],
    ),
    "a call on the scope around": (
        f"{AS_S}    with tf.variable_scope('b'):\n        s.reuse_variables()\n    build(x)",
        [("build", 3, 0)],
    ),
    "the object that was told": (
        f"{AS_S}    s.reuse_variables()\nwith tf.variable_scope(s):\n    build(x)",
        [("build", 2, 0)],
    ),
    "another object of the name": (f"{AS_S}    s.reuse_variables()\n{A}    build(x)", [("build", 0, 0)]),
    "reuse=False where nothing reuses": (
        "with tf.variable_scope('a', reuse=False):\n    build(x)",
        [("build", 0, 0)],
    ),
    "a function that is handed on": (f"{REUSES}    list(map(build, xs))", [("build", 1, 0)]),
    "training": (f"{REUSES}    opt.minimize(x)", [("minimize", 1, 0)]),
    "a method": (
        "class C:\n    def f(self):\n        with tf.variable_scope('a', reuse=True):\n            build(x)",
        [("build", 3, 0)],
    ),
}


@pytest.mark.parametrize(("source", "expected"), READ.values(), ids=READ)
def test_each_use_knows_what_reuses_and_what_does_not(source: str, expected: list[tuple[str, int, int]]) -> None:
    found = [use for function in uses(ast.parse(source)) for use in function]
    assert [(use.name, use.reused, use.refused) for use in found] == expected


def test_functions_are_followed_one_by_one() -> None:
    source = "def f(x):\n    tf.get_variable('v')\ndef g(x):\n    def h():\n        my_op(x)\n    my_op(x)\nmy_op(x)"
    found = [[(use.name, use.nested) for use in function] for function in uses(ast.parse(source))]
    assert found == [[("get_variable", False)], [("my_op", True), ("my_op", False)], [("my_op", False)]]


def test_a_use_knows_whether_a_scope_is_open() -> None:
    source = f"build(x)\n{A}    build(x)\nwith tf.name_scope('a'):\n    build(x)"
    assert [use.inside for function in uses(ast.parse(source)) for use in function] == [False, True, False]
