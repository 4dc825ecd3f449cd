"""The course's hints fire for what shows a misconception, stay silent for what does not, and bear every answer."""

import pytest

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.grading.checks import plain_text
from autograder.hints import LONGEST_ANSWER, Evidence, Look, find_hints
from sharing_variables.graph.facts import Facts, Origin, Output, Variable, to_text
from sharing_variables.ideas import RULES
from tests.conftest import ASSIGNMENT, ROOT

CATALOGUE = Course(ROOT).assignment(ASSIGNMENT).catalogue
EXISTS = "ValueError: Variable a/W already exists, disallowed. Did you mean to set reuse=True?"
MISSING = "ValueError: Variable a/W does not exist, or was not created with tf.get_variable()."
NO_SLOT = "ValueError: Variable a/a/W/Adam/ does not exist, or was not created with tf.get_variable()."
OTHER_SHAPE = "ValueError: Trying to share variable a/W, but specified shape (2,) and found shape (3,)."
NO_ARGUMENT = "TypeError: get_variable() got an unexpected keyword argument 'reuse'"

OPENED = 'with tf.variable_scope("a") as scope:\n    r1 = build(x)\n'


def found(answer: str, *looks: Look) -> dict[str, str]:
    """Give the lines that show each misconception, by its id."""
    return {hint.id: hint.line for hint in find_hints("exercise", answer, looks, CATALOGUE, RULES)}


RAISED = {
    "a second time": (f"{OPENED}    r2 = build(y)", EXISTS, {"M4": 'with tf.variable_scope("a") as scope:'}),
    "reuse for a name": (
        f'{OPENED}    scope.reuse_variables()\nwith tf.variable_scope("a"):\n    r2 = build(y)',
        EXISTS,
        {"M7": "scope.reuse_variables()"},
    ),
    "reuse before anything": (
        'with tf.variable_scope("a", reuse=True):\n    build(x)',
        MISSING,
        {"M5": 'with tf.variable_scope("a", reuse=True):'},
    ),
    "asks for a tf.Variable": (
        'W = tf.Variable(0.0, name="W")\nW = tf.get_variable("W")',
        MISSING,
        {"M3": 'W = tf.Variable(0.0, name="W")'},
    ),
    "only tf.Variable": ('W = tf.Variable(0.0, name="W")', MISSING, {"M2": 'W = tf.Variable(0.0, name="W")'}),
    "a name and no object": (
        'def f(x):\n    return x, "a"',
        MISSING,
        {"M12": 'return x, "a"'},
    ),
    "Adam inside": (
        "opt = tf.train.AdamOptimizer()\nopt.minimize(loss)",
        NO_SLOT,
        {"M17": "opt.minimize(loss)"},
    ),
    "Adam in reuse=False": (
        'with tf.variable_scope("b", reuse=False):\n    step = opt.minimize(loss)',
        NO_SLOT,
        {"M6": 'with tf.variable_scope("b", reuse=False):', "M17": "step = opt.minimize(loss)"},
    ),
    "another shape": ("scope.reuse_variables()", OTHER_SHAPE, {"M14": "scope.reuse_variables()"}),
    "an argument": ('tf.get_variable("W", reuse=True)', NO_ARGUMENT, {"M22": 'tf.get_variable("W", reuse=True)'}),
    "something else": ("r1 = build(x)", "TypeError: build() takes 0 positional arguments", {}),
    "nothing but a comment on it": (
        f"{OPENED}    # scope.reuse_variables() is not needed\n    r2 = build(y)",
        EXISTS,
        {"M4": 'with tf.variable_scope("a") as scope:'},
    ),
    "in a comment": ("# tf.Variable would be wrong\nr1 = build(x)", MISSING, {}),
}


@pytest.mark.parametrize(("answer", "error", "expected"), RAISED.values(), ids=RAISED)
def test_what_is_raised_names_the_idea_and_the_line(answer: str, error: str, expected: dict[str, str]) -> None:
    assert found(answer, Look("test-exercise", raised=error)) == expected


SAME = {
    "names": ("return u.op.name == v.op.name", {"M1"}),
    "equality": ("return u == v", {"M19"}),
    "a set": ("return len({u, v}) == 1", {"M19"}),
    "membership": ("return v in [u]", {"M19"}),
    "identity": ("return u is v", set()),
    "counting": ("return len(tf.global_variables()) == 1", set()),
}


@pytest.mark.parametrize(("body", "expected"), SAME.values(), ids=SAME)
def test_a_comparison_says_what_sharing_is_taken_for(body: str, expected: set[str]) -> None:
    answer = f"def same_variable(u, v):\n    {body}"
    assert set(found(answer, Look("test-same-variable-equality"))) == expected


STRICT = Look("test-get-my-op-strict", showed="['nothing', 1]")


def test_auto_reuse_is_to_blame_only_for_what_obeys_it() -> None:
    scope = 'with tf.variable_scope("a", reuse=tf.AUTO_REUSE):\n    '
    assert set(found(f'{scope}W = tf.get_variable("W")', STRICT)) == {"M8"}
    assert set(found(f'{scope}W = tf.Variable(0.0, name="W")', STRICT)) == set()
    assert set(found('W = tf.get_variable("W")', STRICT)) == set()


def variable(name: str, *copies: str) -> Variable:
    return Variable(name, (2,), "float32", trainable=True, kind="ref", copies=copies)


def drawn(meant: str, reads: dict[str, str], makers: dict[str, str], **copies: str) -> Look:
    """Draw outputs that read variables; `makers` says in which way each variable was made."""
    outputs = tuple(Output(label, f"{label}:0", tuple(names.split())) for label, names in reads.items())
    variables = tuple(variable(name, *copies.get(name, "").split()) for name in makers)
    origins = tuple((name, Origin(maker, f"make {name}")) for name, maker in makers.items())
    return Look("test-exercise", evidence=(Evidence("graph", to_text(Facts(variables, outputs, origins)), meant),))


TWO = {"r1": "W", "r2": "W_1"}
SCOPED = {"r1": "a/W", "r2": "a_1/W"}
NEW, GOT = "Variable", "get_variable"

GRAPHS = {
    "twins": ("r", drawn("r1 r2", TWO, {"W": NEW, "W_1": NEW}), {"M1": "make W"}),
    "twins in a scope": ("r", drawn("r1 r2", SCOPED, {"a/W": NEW, "a_1/W": NEW}), {"M2": "make a/W"}),
    "twins in a name scope": (
        'with tf.name_scope("a"): ...',
        drawn("r1 r2", SCOPED, {"a/W": NEW, "a_1/W": NEW}),
        {"M1": "make a/W"},
    ),
    "copies": ("r", drawn("r1 r2", TWO, {"W": NEW, "W_1": NEW}, W_1="W"), {"M18": "make W_1"}),
    "neighbours": (
        "r",
        drawn("r1 r2", {"r1": "W_1", "r2": "W_1"}, {"W": NEW, "W_1": GOT}),
        {"M3": "make W_1"},
    ),
    "below two scopes": (
        "with tf.variable_scope(side): ...",
        drawn("r1 r2", {"r1": "left/a/W", "r2": "right/a/W"}, {"left/a/W": GOT, "right/a/W": GOT}),
        {"M12": "make left/a/W"},
    ),
    "a default name": (
        'with tf.variable_scope(None, default_name="a"): ...',
        drawn("r1 r2", SCOPED, {"a/W": GOT, "a_1/W": GOT}),
        {"M21": 'with tf.variable_scope(None, default_name="a"): ...'},
    ),
    "too much": (
        'with tf.variable_scope("a", reuse=tf.AUTO_REUSE): ...',
        drawn("r1 | r2", {"r1": "a/W", "r2": "a/W"}, {"a/W": GOT}),
        {"M8": 'with tf.variable_scope("a", reuse=tf.AUTO_REUSE): ...'},
    ),
    "a name scope for get_variable": (
        'with tf.name_scope("a"): ...',
        drawn("r1 r2", {"r1": "W", "r2": "W"}, {"W": GOT}),
        {"M9": 'with tf.name_scope("a"): ...'},
    ),
    "as meant": ("r", drawn("r1 r2 | s", {"r1": "W", "r2": "W", "s": "W_1"}, {"W": NEW, "W_1": NEW}), {}),
    "nothing is meant": ("r", drawn("", TWO, {"W": NEW, "W_1": NEW}), {}),
    "a scope of both kinds": (
        'with tf.name_scope("a"), tf.variable_scope("a"): ...',
        drawn("r1 r2", {"r1": "a/W", "r2": "a/W"}, {"a/W": GOT}),
        {},
    ),
}


@pytest.mark.parametrize(("answer", "look", "expected"), GRAPHS.values(), ids=GRAPHS)
def test_a_graph_names_the_idea_and_the_line(answer: str, look: Look, expected: dict[str, str]) -> None:
    assert found(answer, look) == expected


ODD = ["", "def f(:", "\0", "(" * 5000, "raise NotImplementedError", "x = '" + "y" * 100_000, "# only a comment"]
ODD += ["x = " + "-" * 9_000 + "1", f"with f{'()' * 400}:\n    pass", f"with f:\n    s = {{g}}{'()' * 400}"]


@pytest.mark.parametrize("answer", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("test", ["test-same-variable-twins", "test-predict-reruns-del", "test-fresh-graph", "x"])
def test_an_odd_answer_is_borne(test: str, answer: str) -> None:
    assert found(answer, Look(test, showed="[1:0, 2:0, 3:0]", raised="ValueError: x")) == {}


def test_nothing_is_looked_for_in_an_answer_that_takes_too_long_to_read() -> None:
    answer = 'tf.get_variable("W", reuse=True)\n'
    assert list(found(answer, Look("x", raised=NO_ARGUMENT))) == ["M22"]
    assert found(answer + "#" * LONGEST_ANSWER, Look("x", raised=NO_ARGUMENT)) == {}


def test_hints_come_once_and_in_the_catalogue_s_order() -> None:
    twice = [Look("test-exercise", raised=error) for error in (NO_ARGUMENT, EXISTS, NO_ARGUMENT)]
    assert list(found('tf.get_variable("W", reuse=True)', *twice)) == ["M4", "M22"]


def test_every_pattern_for_a_display_belongs_to_a_test_and_spares_the_right_answer(assignment: Assignment) -> None:
    masters = {str(cell.grade_id): cell for master in assignment.notebooks for cell in master.graded}
    named = {rule.test for entry in CATALOGUE.values() for rule in entry.signs if rule.showed is not None}
    tests = {str(test) for test in named if "*" not in test}
    assert tests <= set(masters)
    for test in tests:
        right = plain_text(masters[test].reference)
        assert found("", Look(test, showed=right)) == {}, test


def test_every_idea_has_a_sign_or_a_rule_of_the_subject() -> None:
    assert [name for name, entry in CATALOGUE.items() if not entry.signs] == []
