"""The course's hints fire for what shows a misconception, stay silent for what does not, and bear every answer."""

from dataclasses import replace
from fnmatch import fnmatchcase
from time import process_time

import pytest

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.grading.checks import plain_text
from autograder.hints import LONGEST_ANSWER, Evidence, Look, find_hints, pattern
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
    "a second time": (f"{OPENED}    r2 = build(y)", EXISTS, {"M4": "r2 = build(y)"}),
    "a second time in one line": (
        'with tf.variable_scope("a"):\n    return [build(x) for x in xs]',
        EXISTS,
        {"M4": "return [build(x) for x in xs]"},
    ),
    "a name scope for two layers": (
        'with tf.name_scope("a"):\n    conv_relu(x)\nwith tf.name_scope("b"):\n    conv_relu(x)',
        EXISTS,
        {"M9": 'with tf.name_scope("a"):'},
    ),
    "reuse after all calls": (f"{OPENED}    r2 = build(y)\n    scope.reuse_variables()", EXISTS, {}),
    "reuse for a name, in a loop": (
        'for x in xs:\n    with tf.variable_scope("a") as scope:\n        build(x)\n        scope.reuse_variables()',
        EXISTS,
        {"M7": "scope.reuse_variables()"},
    ),
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
    "reuse before anything, in the second of two functions": (
        'def f(x):\n    return tf.get_variable("W")\n'
        'def g(x):\n    with tf.variable_scope("a", reuse=True):\n        my_op(x)',
        MISSING,
        {"M5": 'with tf.variable_scope("a", reuse=True):'},
    ),
    "reuse_variables before anything": (
        'def my_op(x):\n    tf.get_variable_scope().reuse_variables()\n    W = tf.get_variable("W")',
        MISSING,
        {"M5": "tf.get_variable_scope().reuse_variables()"},
    ),
    "an object that reuses before anything": (
        "def f(scope):\n    scope.reuse_variables()\n    with tf.variable_scope(scope):\n        build(x)",
        MISSING,
        {"M5": "scope.reuse_variables()"},
    ),
    "reuse in a helper that is written first": (
        'def f():\n    def again(x):\n        with tf.variable_scope("b", reuse=True):\n            build(x)\n'
        "    build(x)\n    again(x)",
        MISSING,
        {},
    ),
    "reuse of another scope": (
        f'{OPENED}    with tf.variable_scope("a", reuse=True):\n        build(y)',
        MISSING,
        {},
    ),
    "reuse=False inside": (
        'with tf.variable_scope("", reuse=True):\n    with tf.variable_scope("a", reuse=False):\n        build(x)',
        MISSING,
        {"M6": 'with tf.variable_scope("a", reuse=False):'},
    ),
    "asks for a tf.Variable": (
        'W = tf.Variable(0.0, name="W")\nW = tf.get_variable("W")',
        MISSING,
        {"M3": 'W = tf.get_variable("W")'},
    ),
    "asks for a tf.Variable, twice": (
        'def f(x):\n    tf.Variable(0.0, name="W")\ndef g(x):\n    W = tf.get_variable(name="W")',
        EXISTS,
        {"M3": 'W = tf.get_variable(name="W")'},
    ),
    "asks for another name": ('b = tf.Variable(0.0, name="b")\nW = tf.get_variable("W")', MISSING, {}),
    "only tf.Variable": ('W = tf.Variable(0.0, name="W")', MISSING, {"M2": 'W = tf.Variable(0.0, name="W")'}),
    "Adam inside": (
        f"{OPENED}    scope.reuse_variables()\n    opt = tf.train.AdamOptimizer()\n    opt.minimize(loss)",
        NO_SLOT,
        {"M17": "opt.minimize(loss)"},
    ),
    "Adam inside, reuse unknown": (
        'with tf.variable_scope("a", reuse=again):\n    opt.apply_gradients(pairs)',
        NO_SLOT,
        {"M17": "opt.apply_gradients(pairs)"},
    ),
    "Adam where all reuses": (
        "tf.get_variable_scope().reuse_variables()\nopt.minimize(loss)",
        NO_SLOT,
        {"M17": "opt.minimize(loss)"},
    ),
    "Adam in a helper": (
        "def step(x):\n    def train(x):\n        return opt.minimize(x)\n"
        '    with tf.variable_scope("a", reuse=again):\n        return train(x)',
        NO_SLOT,
        {"M17": "return opt.minimize(x)"},
    ),
    "Adam where a name scope has made all reuse": (
        'with tf.name_scope("a"):\n    tf.get_variable_scope().reuse_variables()\nopt.minimize(loss)',
        NO_SLOT,
        {"M9": 'with tf.name_scope("a"):'},
    ),
    "Adam in reuse=False": (
        f"{OPENED}    scope.reuse_variables()\n"
        '    with tf.variable_scope("b", reuse=False):\n        step = opt.minimize(x)',
        NO_SLOT,
        {"M6": 'with tf.variable_scope("b", reuse=False):', "M17": "step = opt.minimize(x)"},
    ),
    "Adam inside, reuse=False before": (
        'with tf.variable_scope("a", reuse=False):\n    build(x)\n'
        'with tf.variable_scope("a", reuse=True):\n    opt.minimize(x)',
        NO_SLOT,
        {"M17": "opt.minimize(x)"},
    ),
    "another optimizer inside": (
        'with tf.variable_scope("a", reuse=True):\n    opt.minimize(x)',
        "",
        {"M17": "opt.minimize(x)"},
    ),
    "an optimizer in a scope that does not reuse": (f"{OPENED}    opt.minimize(x)", "", {}),
    "another shape": ("scope.reuse_variables()", OTHER_SHAPE, {"M14": "scope.reuse_variables()"}),
    "another shape, where any scope will do": (
        'with tf.variable_scope("a", reuse=tf.AUTO_REUSE): ...',
        OTHER_SHAPE,
        {"M8": 'with tf.variable_scope("a", reuse=tf.AUTO_REUSE): ...'},
    ),
    "another shape that the answer did not reuse": ("W = tf.get_variable('W', shape[::-1])", OTHER_SHAPE, {}),
    "an argument of a notebook's function": (
        "tower(x, reuse=True)",
        NO_ARGUMENT.replace("get_variable", "tower"),
        {"M22": "tower(x, reuse=True)"},
    ),
    "an argument of a caller's function": ("build(x, reuse=True)", NO_ARGUMENT.replace("get_variable", "build"), {}),
    "an argument": ('tf.get_variable("W", reuse=True)', NO_ARGUMENT, {"M22": 'tf.get_variable("W", reuse=True)'}),
    "Adam inside, beside a step of its own": (
        'step = tf.Variable(0)\nwith tf.variable_scope("a", reuse=True):\n    opt.minimize(x, step)',
        NO_SLOT,
        {"M17": "opt.minimize(x, step)"},
    ),
    "a name scope inside a scope": (
        'with tf.variable_scope("a"), tf.name_scope("b"):\n    tf.get_variable("W")',
        EXISTS,
        {},
    ),
    "a condition that is wrong": ('with tf.variable_scope("a", reuse=n > 1):\n    build(x)', EXISTS, {}),
    "reuse=False for all": (
        'for x in xs:\n    with tf.variable_scope("a", reuse=False):\n        build(x)',
        EXISTS,
        {"M4": "build(x)"},
    ),
    "a template": ("f = tf.make_template('a', build)", EXISTS, {}),
    "reuse before anything, and a counter": (
        'step = tf.Variable(0, trainable=False)\nwith tf.variable_scope("a", reuse=True):\n    build(x)',
        MISSING,
        {"M5": 'with tf.variable_scope("a", reuse=True):'},
    ),
    "no reuse, and a counter": (
        f"step = tf.Variable(0, trainable=False)\n{OPENED}    r2 = build(y)",
        EXISTS,
        {"M4": "r2 = build(y)"},
    ),
    "reuse for another call": (
        f'{OPENED}    build(y)\nwith tf.variable_scope("a", reuse=True): build(z)',
        EXISTS,
        {},
    ),
    "something else": ("r1 = build(x)", "TypeError: build() takes 0 positional arguments", {}),
    "nothing but a comment on it": (
        f"{OPENED}    # scope.reuse_variables() is not needed\n    r2 = build(y)",
        EXISTS,
        {"M4": "r2 = build(y)"},
    ),
    "nothing but a word on it": (
        f'"""Use reuse_variables()."""\n{OPENED}    r2 = build(y)  # not reuse_variables()',
        EXISTS,
        {"M4": "r2 = build(y)  # not reuse_variables()"},
    ),
    "in a comment": ("# tf.Variable would be wrong\nr1 = build(x)", MISSING, {}),
}


@pytest.mark.parametrize(("answer", "error", "expected"), RAISED.values(), ids=RAISED)
def test_what_is_raised_names_the_idea_and_the_line(answer: str, error: str, expected: dict[str, str]) -> None:
    assert found(answer, Look("test-call-twice-shares", raised=error)) == expected


def test_a_name_scope_beside_what_was_made_twice_is_no_idea_where_the_towers_are_another_s() -> None:
    answer = 'with tf.name_scope("loss"):\n    loss = contrastive_loss(*towers(a, b))'
    assert list(found(answer, Look("test-two-towers-shares", raised=EXISTS))) == ["M9"]
    assert found(answer, Look("test-build-training-learns", raised=EXISTS)) == {}


APART = ["conv-relu-names", "get-my-op-shares", "layer-class-separate", "make-and-use-result"]


@pytest.mark.parametrize("test", APART)
def test_a_name_that_is_taken_is_no_idea_where_nothing_should_be_shared(test: str) -> None:
    answer = 'W = tf.get_variable("W")\nb = tf.get_variable("W")'
    assert found(answer, Look(f"test-{test}", raised=EXISTS)) == {}
    assert found(answer, Look("test-layer-class-shares", raised=EXISTS)) == {"M4": 'W = tf.get_variable("W")'}


SAME = {
    "names": ("return u.op.name == v.op.name", set()),
    "names, in local variables": ("a = u.name\n    b = v.name\n    return a == b", set()),
    "membership of names": ("return u.name in [v.name]", set()),
    "equality": ("return u == v", {"M19"}),
    "inequality": ("return not v != u", {"M19"}),
    "equality in numbers": ("same = u == v\n    return bool(same.numpy().all())", {"M19"}),
    "equality in words": ('"""Return u == v."""\n    return u is v', set()),
    "equality of values": ("return tf.reduce_all(tf.equal(u, v))", {"M18"}),
    "equality of first values": ("return u.initial_value == v.initial_value", {"M18"}),
    "equality of values that were run": ("a, b = sess.run([u, v])\n    return (a == b).all()", {"M18"}),
    "equality after a write": ("sess.run(u.assign(v + 1))\n    return sess.run(u) == sess.run(v)", set()),
    "a set": ("return len({u, v}) == 1", {"M19"}),
    "equality of lists": ("return [u] == [v]", {"M19"}),
    "equality by its method": ("return u.__eq__(v)", {"M19"}),
    "equality of names in a list": ("return [u.name] == [v.name]", set()),
    "membership": ("return v in [u]", {"M19"}),
    "identity": ("return u is v", set()),
    "counting": ("return len(tf.global_variables()) == 1", set()),
}


@pytest.mark.parametrize(("body", "expected"), SAME.values(), ids=SAME)
def test_a_comparison_says_what_sharing_is_taken_for(body: str, expected: set[str]) -> None:
    answer = f"def same_variable(u, v):\n    {body}"
    assert set(found(answer, Look("test-same-variable-equality"))) == expected


DEF = "def names_after(calls):\n"
FRESH = f"{DEF}    with tf.Graph().as_default():\n        my_op(x)\n        return names()"
WRITES = "def proves_sharing(sess, u, v):\n    sess.run(u.assign(tf.ones_like(u)))\n"
READS = "def proves_sharing(sess, u, v):\n    return np.array_equal(sess.run(u), sess.run(v))"
NESTS = "jumps = {'scope': 'foo', 'variable': 'bar/baz/foo/w:0', 'op': 'bar/baz/foo/add:0'}"
BOTH, ONE_ROW = "[[False, True], [True, True]]", "[[True, True], [True, True]]"
SET = "['W:0', 'b:0']"
THREE = "after_three_runs = ['v:0', 'v_1:0', 'v_2:0']\n"

SHOWN = {
    "one set": ("predict-names", "names = ['W:0', 'b:0']", "['W:0', 'b:0']", {"M1"}),
    "one set, listed twice": ("predict-names", "names *= 2", "['W:0', 'b:0', 'W:0', 'b:0']", {"M1"}),
    "one set, measured": ("predict-names", "my_op(x)", "['W:0', 'b:0']", set()),
    "repeats": ("name-the-calls-two", "['W:0']", "[['W:0', 'b:0'], ['W:0', 'b:0', 'W:0', 'b:0']]", {"M1"}),
    "counts from 1": ("name-the-calls-two", DEF, "[['W_1:0'], ['W_1:0', 'W_2:0']]", set()),
    "one call too many": ("name-the-calls-two", FRESH, "[['W:0', 'W_1:0'], ['W:0', 'W_1:0', 'W_2:0']]", set()),
    "one graph": ("name-the-calls-two", f"{DEF}    my_op(x)", "[['W:0'], ['W:0', 'W_1:0', 'W_2:0']]", {"M15"}),
    "equal counts": ("predict-filter-counts", "counts = (4, 4)", "[4, 4]", {"M1"}),
    "equal counts, measured": ("predict-filter-counts", "my_image_filter(x)", "[4, 4]", set()),
    "too many, measured": ("predict-filter-counts", "my_image_filter(x)", "[4, 12]", {"M15"}),
    "too many": ("predict-filter-counts", "counts = (4, 12)", "[4, 12]", set()),
    "one set of numbers": ("transfer-failed-share-numbers", "trained = (330, 330)", "[330, 330]", {"M1"}),
    "one set of numbers, measured": ("transfer-failed-share-numbers", "my_op(x)", "[330, 330]", set()),
    "numbers of three sets, twice": ("transfer-failed-share-numbers", "trained = (990, 990)", "[990, 990]", set()),
    "one set for two dictionaries": (
        "transfer-variables-dict-read",
        "read_by = ONE",
        f"[{SET}, {SET}, {SET}]",
        {"M1"},
    ),
    "one set, measured in a graph": ("transfer-variables-dict-read", "my_op(x, d)", f"[{SET}, {SET}, {SET}]", set()),
    "two sets": ("transfer-variables-dict-read", "read_by = TWO", f"[{SET}, ['W_1:0', 'b_1:0'], {SET}]", set()),
    "a graph that remembers": ("fresh-graph", "build()", "[['v:0'], ['v:0', 'v_1:0']]", {"M15"}),
    "a graph that remembers more": ("fresh-graph", "build()", "[['v_1:0'], ['v_1:0', 'v_2:0']]", {"M15"}),
    "two builds": ("fresh-graph", "build()", "[['v:0', 'v_1:0'], ['v:0', 'v_1:0']]", set()),
    "one less": ("predict-reruns-del", f"{THREE}after_del = ['v:0', 'v_1:0']", "['v:0', 'v_1:0']", {"M16"}),
    "no colon": ("predict-reruns-del", f"{THREE}after_del = ['v', 'v_1', 'v_2']", "['v', 'v_1', 'v_2']", set()),
    "nothing": ("predict-reruns-del", f"{THREE}after_del = 'nothing'", "'nothing'", {"M16"}),
    "None": ("predict-reruns-del", f"{THREE}after_del = None", "", {"M16"}),
    "as few as before": ("predict-reruns-del", "after_three_runs = ['v:0']\nafter_del = ['v:0']", "['v:0']", set()),
    "equal values": ("write-through-zeros", READS, "[True, True]", {"M18"}),
    "a write, read in u": ("write-through-zeros", f"{WRITES}    return sess.run(u) == 1", "[True, True]", set()),
    "v alone": ("write-through-zeros", READS.replace("run(u)", "run(v)"), "[True, True]", set()),
    "what was written": ("write-through-values", f"{WRITES}    return sess.run(v) == 1", BOTH, {"M18"}),
    "always True": ("write-through-values", f"{WRITES}    return sess.run(u) == 1", ONE_ROW, set()),
    "an error that any scope would hide": (
        "get-my-op-strict",
        "try: ...\nexcept ValueError:\n    with tf.variable_scope('a', reuse=tf.AUTO_REUSE):\n        build(x)",
        "['nothing', 1]",
        {"M8"},
    ),
    "declared in any scope": ("get-my-op-strict", "AUTO_REUSE; s.reuse_variables()", "['nothing', 1]", {"M8"}),
    "declared for what does not obey": (
        "get-my-op-strict",
        "tf.Variable(0.0); s.reuse_variables()",
        "['nothing', 1]",
        set(),
    ),
    "nothing declared": ("get-my-op-strict", "W = made['W']", "['nothing', 1]", set()),
    "two calls in order": ("name-the-calls-two", FRESH, "[['W:0', 'b:0'], ['W:0', 'b:0']]", set()),
    "a graph that is cleared": (
        "name-the-calls-two",
        f"{DEF}    tf.reset_default_graph()\n    my_op(x)",
        "[['W:0', 'W_1:0'], ['W:0', 'W_1:0', 'W_2:0']]",
        set(),
    ),
    "a graph that is not entered": (
        "fresh-graph",
        "    g = tf.Graph()\nbuild()",
        "[['v:0'], ['v:0', 'v_1:0']]",
        set(),
    ),
    "a collection that is cleared": ("fresh-graph", "variables.clear()\nbuild()", "[['v:0'], ['v_1:0']]", set()),
    "a name that is deleted": ("fresh-graph", "build()\ndel v", "[['v:0'], ['v_1:0']]", {"M16"}),
    "a name that is deleted in a graph that is not entered": (
        "fresh-graph",
        "    g = tf.Graph()\nbuild()\ndel v",
        "[['v:0'], ['v_1:0']]",
        set(),
    ),
    "as few, by another name": (
        "predict-reruns-del",
        "after_three_runs = three()\nafter_del = after_three_runs",
        "['v:0']",
        set(),
    ),
    "one of two": (
        "predict-reruns-del",
        "after_three_runs = ['v:0', 'v_1:0']\nafter_del = ['v:0']",
        "['v:0']",
        {"M16"},
    ),
    "two of two": (
        "predict-reruns-del",
        "after_three_runs = ['v:0', 'v_1:0']\nafter_del = ['v:0', 'v_1:0']",
        "['v:0', 'v_1:0']",
        set(),
    ),
    "values, and nothing to hold them against": (
        "write-through-zeros",
        "def proves_sharing(sess, u, v):\n    return bool(sess.run([u, v]))",
        "[True, True]",
        set(),
    ),
    "a new variable": (
        "write-through-zeros",
        "def proves_sharing(sess, u, v):\n    w = tf.Variable(sess.run(u))\n    return sess.run(w) == sess.run(v)",
        "[True, True]",
        set(),
    ),
    "u alone": ("write-through-zeros", READS.replace("run(v)", "run(u)"), "[True, True]", set()),
    "what nobody wrote": ("write-through-values", READS, BOTH, set()),
    "what was written, and not compared": ("write-through-values", f"{WRITES}    return sess.run(v)[0]", BOTH, set()),
    "a variable below, and ops that jump": (
        "predict-jump-variable",
        "jumps = {'variable': 'bar/baz/foo/w:0', 'op': 'foo/add:0'}",
        "['foo', 'bar/baz/foo/w:0']",
        set(),
    ),
    "what jumps for what stays": ("predict-jump-op", "jumps = {'variable': 'bar/baz/foo/w:0'}", "'foo/add:0'", set()),
    "no foo, and names": ("predict-captured", "names = []", "['v:0', 'w:0', 'v:0', 'w:0']", set()),
    "foo below foo": ("predict-captured", "names = []", "['foo/v:0', 'foo/foo/w:0']", set()),
    "another foo": ("predict-captured", "names = []", "['foo/v:0', 'foo_1/w:0']", {"M10"}),
    "another v": ("predict-jump-twice", "jumps = {}", "[['foo/add:0'], ['foo/v:0', 'foo/v_1:0']]", set()),
    "both ops in foo": ("predict-jump-twice", "jumps = {}", "[['foo/add:0', 'foo/add_1:0'], ['foo/v:0']]", {"M11"}),
    "ops backwards": ("predict-jump-twice", "jumps = {}", "[['foo_1/add:0', 'foo/add:0'], ['foo/v:0']]", set()),
    "an op that stays": ("predict-jump-op", "jumps = {}", "'bar/baz/add:0'", set()),
    "an op that goes back": ("predict-jump-op", "jumps = {}", "'foo/add:0'", {"M11"}),
    "a variable below": ("predict-jump-variable", NESTS, "['foo', 'bar/baz/foo/w:0']", {"M12"}),
    "repeats of a/w": ("predict-makers-scope", "makers = {}", "['a/w:0', 'a/w:0']", {"M2"}),
    "repeats of v": ("predict-makers-neighbours", "makers = {}", "['v:0', 'v:0']", {"M3"}),
    "repeats of d/v": ("predict-makers-library", "makers = {}", "['d/v:0', 'd/v:0']", {"M21"}),
    "True": ("eager-reuse", "eager_shares = True", "True", {"M20"}),
    "equal names": ("eager-reuse", "eager_shares = a.name == b.name", "True", set()),
    "equal numbers": ("eager-reuse", "eager_shares = a.numpy() == b.numpy()", "True", {"M19"}),
    "a scope's name": ("same-op-scope", "def add_in(s, x, y):\n    with tf.name_scope(s.name): ...", "", {"M11"}),
    "a scope": ("same-op-scope", "def add_in(s, x, y):\n    with tf.variable_scope(s, reuse=True): ...", "", {"M11"}),
    "the op scope that it had": (
        "same-op-scope",
        "def add_in(s, x, y):\n    with tf.variable_scope(s), tf.name_scope(s.original_name_scope): ...",
        "",
        set(),
    ),
    "a path in a scope": (
        "same-op-scope",
        "def add_in(s, x, y):\n    with tf.variable_scope(s), tf.name_scope(f'{s.name}/'): ...",
        "",
        set(),
    ),
    "a path": ("same-op-scope", "def add_in(s, x, y):\n    with tf.name_scope(s.name + '/'): ...", "", set()),
    "declared for later": ("get-my-op-strict", "s.reuse_variables()", "['nothing', 1]", {"M7"}),
    "an error after a declaration": (
        "get-my-op-strict",
        "try:\n    s.reuse_variables()\nexcept ValueError:\n    x = None",
        "['nothing', 1]",
        set(),
    ),
    "declared by the caller": ("call-twice-strict", "s.reuse_variables()", "['nothing', 1]", set()),
    "get or create": (
        "get-my-op-strict",
        "try: ...\nexcept ValueError:\n    return build(x)",
        "['nothing', 1]",
        {"M4"},
    ),
    "an error that is swallowed": (
        "my-op-strict",
        "try: build(x)\nexcept ValueError:\n    x = None",
        "['nothing', 1]",
        set(),
    ),
}


@pytest.mark.parametrize(("test", "answer", "showed", "expected"), SHOWN.values(), ids=SHOWN)
def test_what_is_shown_names_what_was_believed(test: str, answer: str, showed: str, expected: set[str]) -> None:
    assert set(found(answer, Look(f"test-{test}", showed=showed))) == expected


QUOTED = {
    "the comparison": (
        "same-variable-twins",
        "sess.run(x)\nreturn np.array_equal(u, v)",
        "",
        "return np.array_equal(u, v)",
    ),
    "what is run, where no comparison is": (
        "same-variable-twins",
        "return same(u.numpy())",
        "",
        "return same(u.numpy())",
    ),
    "the build": ("fresh-graph", "x = 1\nbuild()", "[['v:0'], ['v_1:0']]", "build()"),
    "what stays": ("predict-reruns-del", f"{THREE}after_del = ['v:0']", "['v:0']", "after_del = ['v:0']"),
    "what stays of two": (
        "predict-reruns-del",
        "after_three_runs = ['v:0', 'v_1:0']\nafter_del = ['v:0']",
        "['v:0']",
        "after_del = ['v:0']",
    ),
    "the op of a scope that nests": (
        "predict-jump-op",
        "jumps = {\n'scope': 'bar/baz/foo',\n'variable': 'bar/baz/foo/w:0',\n'op': 'foo/add:0'}",
        "'foo/add:0'",
        "'op': 'foo/add:0'}",
    ),
    "the other way": (
        "get-my-op-strict",
        "try: ...\nexcept ValueError:\n    return build(x)",
        "['nothing', 1]",
        "except ValueError:",
    ),
}


@pytest.mark.parametrize(("test", "answer", "showed", "line"), QUOTED.values(), ids=QUOTED)
def test_the_line_that_shows_the_belief_is_quoted(test: str, answer: str, showed: str, line: str) -> None:
    assert list(found(answer, Look(f"test-{test}", showed=showed)).values()) == [line]


def test_the_name_in_place_of_the_object_is_told_by_where_it_is_looked_for() -> None:
    answer = 'def siamese(left, right):\n    name = "tower"\n    return a, b, name'
    below = Look("test-two-towers-joins", raised=MISSING.replace("a/W", "query/tower/hidden/weights"))
    assert found(answer, below) == {"M12": "return a, b, name"}
    named = answer.replace("name =", 'with tf.name_scope("tower") as name: pass\n    x =')
    assert found(named, below) == {}
    assert found(answer, Look("test-two-towers-joins", raised=MISSING.replace("a/W", "tower/hidden/weights"))) == {}


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
    "twins without a name": (
        "r",
        drawn("r1 r2", {"r1": "Variable", "r2": "Variable_1"}, {"Variable": NEW, "Variable_1": NEW}),
        {},
    ),
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
        {},
    ),
    "below two scopes that reuse": (
        "with tf.variable_scope(side, reuse=tf.AUTO_REUSE): ...",
        drawn("r1 r2", {"r1": "left/W", "r2": "right/W"}, {"left/W": GOT, "right/W": GOT}),
        {"M8": "with tf.variable_scope(side, reuse=tf.AUTO_REUSE): ..."},
    ),
    "a default name": (
        'with tf.variable_scope(None, default_name="a"): ...',
        drawn("r1 r2", SCOPED, {"a/W": GOT, "a_1/W": GOT}),
        {},
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


IN_AN_OBJECT = ["test-layer-class-shares", "test-make-and-use-counts"]


@pytest.mark.parametrize("test", IN_AN_OBJECT)
def test_what_a_call_makes_in_place_of_its_object_s_variables_shows_no_idea_of_names(test: str) -> None:
    look = drawn("r1 r2", TWO, {"W": NEW, "W_1": NEW})
    assert set(found("r", look)) == {"M1"}
    assert found("r", replace(look, test=test)) == {}


@pytest.mark.parametrize("test", [*IN_AN_OBJECT, "test-get-my-op-shares"])
def test_a_name_scope_is_no_idea_where_no_scope_is_asked_for(test: str) -> None:
    look = drawn("r1 r2", {"r1": "W", "r2": "W"}, {"W": GOT})
    assert set(found('with tf.name_scope("a"): ...', look)) == {"M9"}
    assert found('with tf.name_scope("a"): ...', replace(look, test=test)) == {}


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
    twice = [Look("test-call-twice-shares", raised=error) for error in (NO_ARGUMENT, EXISTS, NO_ARGUMENT)]
    assert list(found('tf.get_variable("W", reuse=None)', *twice)) == ["M4", "M22"]


def test_every_rule_names_tests_that_there_are_and_spares_the_right_answer(assignment: Assignment) -> None:
    masters = {str(cell.grade_id): cell for master in assignment.notebooks for cell in master.graded}
    rules = [rule for entry in CATALOGUE.values() for rule in entry.signs]
    named = {name for rule in rules for name in ([rule.test] if isinstance(rule.test, str) else rule.test)}
    assert {name for name in named if not any(fnmatchcase(test, name) for test in masters)} == set()
    for test in named & set(masters):
        right = plain_text(masters[test].reference)
        assert found("", Look(test, showed=right)) == {}, test


def test_every_idea_has_a_sign_or_a_rule_of_the_subject() -> None:
    assert [name for name, entry in CATALOGUE.items() if not entry.signs] == ["M5", "M17"]


LONG = [
    "def f(u, v):\n",
    "same_variable(u, v):\n",
    "lambda u, v: u ",
    "tf.Variable(name='W') ",
    "reuse_variables(\nfor x in y: ",
]


@pytest.mark.parametrize("piece", LONG)
def test_no_pattern_takes_long_over_the_longest_answer(piece: str) -> None:
    """Time in the cube of a length is minutes."""
    source = (piece * LONGEST_ANSWER)[:LONGEST_ANSWER]
    patterns = {one for entry in CATALOGUE.values() for rule in entry.signs for one in rule.sources}
    for expression in patterns:
        began = process_time()
        pattern(expression).search(source)
        assert process_time() - began < 3, expression
