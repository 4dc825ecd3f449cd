"""The caption says in words what a graph shares, and no name in it can do harm."""

import subprocess
import sys

import pytest

from sharing_variables.graph.caption import caption, text
from sharing_variables.graph.facts import Facts, Output, Variable, partition
from tests.conftest import ROOT

EVIL = '<script>alert("1")</script>&amp;'


def variable(name: str, shape: tuple[int, ...] | None = (), trainable: bool = True, slot: bool = False) -> Variable:
    """Make a variable of floats."""
    return Variable(name, shape, "float32", trainable, "ref", (), slot)


def output(label: str, reads: str = "", trains: str = "") -> Output:
    """Make an output; variables are separated by blanks."""
    return Output(label, f"{label}:0", tuple(sorted(reads.split())), (), tuple(sorted(trains.split())))


def facts(names: str, *outputs: Output) -> Facts:
    """Make a graph of scalars, without an optimizer."""
    return Facts(tuple(variable(name) for name in names.split()), outputs)


SHARED = facts("W b", output("r1", "W b"), output("r2", "W b"))
FAILED = facts("W b W_1 b_1", output("r1", "W b"), output("r2", "W_1 b_1"))
UNUSED = facts("W output_scale", output("r1", "W"))
TRAINED = Facts(
    (
        variable("W", (2, 3)),
        variable("scale", None, trainable=False),
        variable("W/Adam", slot=True),
        variable("train/W/Adam_1", slot=True),
        variable("beta1_power", slot=True),
    ),
    (output("r1", "W scale"), output("r2", "W scale"), output("step", "W scale", trains="W")),
)
MANY = facts(" ".join(f"w{number}" for number in range(30)), output("r1", " ".join(f"w{n}" for n in range(30))))


@pytest.mark.parametrize(
    ("shown", "groups", "words"),
    [
        (SHARED, "", "r1 and r2 share W and b."),
        (SHARED, "r1 r2", "r1 and r2 share W and b."),
        (
            FAILED,
            "",
            "r1 and r2 share nothing: W and W_1 are two variables, and so are b and b_1.",
        ),
        (
            FAILED,
            "r1 r2",
            "Not as meant: r1 and r2 should share, and share nothing: W and W_1 are two variables, "
            "and so are b and b_1.",
        ),
        (
            facts(
                "W b W_1 b_1", output("r1", "W b"), output("r2", "W b"), output("r3", "W b"), output("o", "W_1 b_1")
            ),
            "r1 r2 r3 | o",
            "r1, r2 and r3 share W and b; o reads W_1 and b_1, alone.",
        ),
        (
            facts("W W_1", output("r1", "W"), output("r2", "W"), output("r3", "W_1")),
            "r1 r2 r3",
            "Not as meant: r1, r2 and r3 should share, but r1 and r2 share W; r3 reads W_1, alone.",
        ),
        (
            facts("W b b_1", output("r1", "W b"), output("r2", "W b_1")),
            "r1 r2",
            "Not as meant: r1 and r2 should share, and share only W: b and b_1 are two variables.",
        ),
        (
            facts("W", output("r1", "W"), output("r2", "W"), output("other", "W")),
            "r1 r2 | other",
            "Not as meant: r1 and r2 should share nothing with other, and share W.",
        ),
        (
            facts("W", output("r1"), output("r2")),
            "r1 r2",
            "Not as meant: r1 and r2 should read variables, and read none. Nothing reads W.",
        ),
        (SHARED, "r1 r3", "Not as meant: there is no output r3."),
        (facts("W b", output("r1", "W b")), "", "r1 reads W and b."),
        (facts("W V", output("h", "W"), output("loss", "W V")), "", "h and loss share W; loss reads V, alone."),
        (facts("W V", output("r1", "W"), output("r2", "V")), "", "r1 and r2 share nothing: r1 reads W; r2 reads V."),
        (facts("W", output("r1", "W"), output("r2")), "", "r1 reads W; r2 reads no variable."),
        (facts("W", output("r1")), "", "r1 reads no variable. Nothing reads W."),
        (UNUSED, "", "r1 reads W. Nothing reads output_scale."),
        (facts("W b", output("step", "W b", trains="W b")), "", "step trains W and b."),
        (
            TRAINED,
            "",
            "r1 and r2 share W and scale. step trains W, and leaves scale as it is.",
        ),
        (Facts((), ()), "", "The graph has no variables."),
        (facts("", output("r1")), "", "The graph has no variables."),
        (facts("W b"), "", "The graph holds W and b."),
        (facts("a b c d e f g h"), "", "The graph holds a, b and 6 more."),
    ],
)
def test_the_caption_says_it_in_words(shown: Facts, groups: str, words: str) -> None:
    assert caption(shown, partition(groups)) == words


@pytest.mark.parametrize(
    ("names", "others", "twins"),
    [
        ("W", "W_1", "W and W_1 are two variables"),
        ("W_1", "W_2", "W_1 and W_2 are two variables"),
        ("dense/W", "dense_1/W", "dense/W and dense_1/W are two variables"),
        ("l_1/W l_2/W", "l_1_1/W l_2_1/W", "l_1/W and l_1_1/W are two variables, and so are l_2/W and l_2_1/W"),
        ("a b c d", "a_1 b_1 c_1 d_1", "a and a_1 are two variables, and so are b and b_1, and so on"),
    ],
)
def test_names_that_differ_by_a_counter_are_told_as_twins(names: str, others: str, twins: str) -> None:
    shown = facts(f"{names} {others}", output("r1", names), output("r2", others))
    assert caption(shown) == f"r1 and r2 share nothing: {twins}."


@pytest.mark.parametrize("twin", [variable("W_1", (2,)), variable("W_x"), Variable("W_1", (), "int32", True, "ref")])
def test_what_only_looks_alike_is_no_twin(twin: Variable) -> None:
    shown = Facts((variable("W"), twin), (output("r1", "W"), output("r2", twin.name)))
    assert caption(shown) == f"r1 and r2 share nothing: r1 reads W; r2 reads {twin.name}."


def test_three_that_should_be_one_are_counted() -> None:
    shown = facts("W W_1 W_2", output("r1", "W"), output("r2", "W_1"), output("r3", "W_2"))
    assert caption(shown) == "r1, r2 and r3 share nothing: W, W_1 and W_2 are three variables."


def test_the_text_is_the_caption_and_aligned_lines() -> None:
    assert text(TRAINED).splitlines() == [
        "r1 and r2 share W and scale. step trains W, and leaves scale as it is.",
        "",
        "W      (2, 3) · float32     shared by r1 and r2; trained by step",
        "scale  any shape · float32  shared by r1 and r2; not trained",
        "The optimizer keeps 3 more: W/Adam, train/W/Adam_1 and beta1_power.",
    ]


def test_the_text_of_a_graph_without_variables_is_its_caption() -> None:
    assert text(facts("", output("r1"))) == "The graph has no variables."


def test_wide_letters_take_two_columns_of_the_text() -> None:
    lines = text(facts("重 W", output("r1", "W"))).splitlines()[2:]
    assert lines == ["重  () · float32  read by nothing", "W   () · float32  read by r1"]


def test_a_terminal_is_told_nothing_by_a_name() -> None:
    shown = facts("\x1b[31mW \u202eW", output("r1", "\x1b[31mW"))
    assert set(filter(lambda c: not c.isprintable(), text(shown))) == {"\n"}


def test_words_need_no_graphviz() -> None:
    words = "from sharing_variables.graph.caption import *; text(Facts((), ()))"
    code = f"import sys; {words}; print('pygraphviz' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
