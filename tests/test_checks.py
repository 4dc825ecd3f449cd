"""What a cell shows is held against the master's: what must be there counts, and what may be there does not."""

import re
from dataclasses import replace

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

from autograder.course.assignment import Assignment
from autograder.course.master import OUTPUT_TAG, MasterCell
from autograder.grading.checks import (
    AssertCheck,
    Finding,
    Outcome,
    Shown,
    evidence_checks,
    judge,
    output_difference,
)
from autograder.grading.verdict import decide_cell
from autograder.kernels.run import Reply
from autograder.subject import PLAIN, find_subject
from sharing_variables.display import GRAPH_TYPE
from sharing_variables.graph.comparison import NAMES_TAG
from sharing_variables.graph.evidence import GRAPH
from sharing_variables.graph.facts import from_text, to_text
from sharing_variables.graph.reader import parse
from tests.test_evidence import encoded, graph

SUBJECT = find_subject("sharing_variables")
ASSERT = "assert double(2) == 4"
ANSI = re.compile(r"\x1b\[[0-9;]*m")

RAN = Reply(ok=True)
RAISED = Reply(ok=False, error="AssertionError", message="double(2) is not 4")


def display(text: str, **more: str) -> NotebookNode:
    """Make what display() shows; keywords are further MIME types, with ``_`` for the slash."""
    rich = {kind.replace("_", "/"): value for kind, value in more.items()}
    return new_output("display_data", {"text/plain": text} | rich)


def printed(text: str, name: str = "stdout") -> NotebookNode:
    """Make what print() shows."""
    return new_output("stream", name=name, text=text)


def error(name: str = "NameError") -> NotebookNode:
    """Make what an exception shows, or what a student displays as if it were one."""
    return new_output("error", ename=name, evalue="no", traceback=["no"])


def cell(*reference: NotebookNode, source: str = ASSERT, tagged: bool = True) -> MasterCell:
    """Make a graded cell with stored outputs."""
    node = new_code_cell(source, metadata={"tags": [OUTPUT_TAG] if tagged else []}, outputs=list(reference))
    return graded(node)


def graded(node: NotebookNode) -> MasterCell:
    """Make a test cell of one point."""
    return MasterCell(node=node, grade_id="test-double", points=1.0, graded=True, solution=False, locked=True)


def found(
    master: MasterCell, *outputs: NotebookNode, reply: Reply | None = RAN, sanitize: str = ""
) -> dict[str, Finding]:
    """Judge what was shown, and sort the findings by the name of the check."""
    findings = judge(master, Shown(reply, list(outputs)), Assignment("small", (), sanitize, subject=SUBJECT))
    return {finding.check: finding for finding in findings}


def evidence(master: MasterCell, *outputs: NotebookNode, reply: Reply | None = RAN, sanitize: str = "") -> Outcome:
    """Say what the check of the outputs found."""
    return found(master, *outputs, reply=reply, sanitize=sanitize)["output"].outcome


def value(text: str) -> NotebookNode:
    """Make what the last expression of a cell shows."""
    return new_output("execute_result", {"text/plain": text}, execution_count=1)


@pytest.mark.parametrize(
    ("outputs", "points"),
    [
        ([value("0.25")], 0.25),
        ([value("1")], 1),
        ([value("0")], 0),
        ([value("[0.25]")], 1),
        ([value("'text'")], 1),
        ([display("0.25")], 1),
        ([value("0.25"), value("1")], 0.25),
        ([value("2")], 0),
        ([value("-1")], 0),
        ([value("nan")], 0),
        ([value("inf")], 0),
    ],
)
def test_a_bare_test_that_ends_in_a_number_gives_that_many_points(outputs: list[NotebookNode], points: float) -> None:
    bare = cell(tagged=False)
    assert decide_cell("test-double", 1.0, tuple(found(bare, *outputs).values())).points == points
    assert decide_cell("test-double", 1.0, tuple(found(bare, *outputs, reply=RAISED).values())).points == 0


@pytest.mark.parametrize(("number", "points"), [("0.25", 0.25), ("0.333333", 0.33), ("0.99999", 0.99), ("1", 1)])
def test_the_number_of_a_test_with_a_hidden_part_has_no_room_for_its_text(number: str, points: float) -> None:
    bare = replace(cell(tagged=False), visible="double(1)")
    assert decide_cell("test-double", 1.0, tuple(found(bare, value(number)).values())).points == points


def test_a_number_says_nothing_about_the_points_of_a_test_with_evidence() -> None:
    shows = cell(value("0.25"))
    assert decide_cell("test-double", 1.0, tuple(found(shows, value("0.25")).values())).points == 1


@pytest.mark.parametrize(
    ("source", "tagged", "checks"),
    [
        (ASSERT, False, ["assert"]),
        ("double(2)", False, ["assert"]),
        ("# nothing", False, ["assert"]),
        (ASSERT, True, ["assert", "output"]),
        ("def _check():\n    assert True\n    return 1\n\n\ndisplay(_check())", True, ["assert", "output"]),
        ("display(double(2))", True, ["output"]),
        ("def _check():\n    check_prediction(doubled, 4, 'Twice 2 is 4.')", True, ["assert", "output"]),
        (
            "%matplotlib inline\nassert True\ndisplay(1)",
            True,
            ["assert", "output"],
        ),
    ],
)
def test_a_cell_asks_for_the_checks_that_it_can_answer(source: str, tagged: bool, checks: list[str]) -> None:
    assert list(found(cell(source=source, tagged=tagged))) == checks


QUADRATIC = "regex: array\\(\\[[^\\]]*\\], dtype=float32\\)\nreplace: VALUES"


def test_far_more_than_is_expected_is_not_compared() -> None:
    """The pattern takes time in the square of such a text: hours."""
    finding = found(cell(display("4")), display("array([" * 100_000), sanitize=QUADRATIC)["output"]
    assert (finding.outcome, finding.message) == (
        Outcome.FAILS,
        "Far more is shown than is expected: 700000 characters.",
    )


def test_not_everything_that_an_answer_shows_is_searched_for_evidence() -> None:
    master = cell(display("4"), display("6"))
    assert evidence(master, display("4"), *[display("5" * 19_000)] * 4, display("6")) is Outcome.HOLDS
    assert evidence(master, display("4"), *[display("5" * 19_000)] * 6, display("6")) is Outcome.FAILS


def test_all_that_is_expected_is_looked_at() -> None:
    long = [display("4" * 60_000), display("5" * 60_000)]
    assert evidence(cell(*long), *long) is Outcome.HOLDS


def test_a_long_text_is_compared_with_a_long_one() -> None:
    long = "4" * 30_000
    assert evidence(cell(display(long)), display(long)) is Outcome.HOLDS
    assert evidence(cell(display(long)), display(f"{long}5")) is Outcome.FAILS


def test_every_kind_of_check_has_a_name_of_its_own() -> None:
    checks = [AssertCheck(alone=True), *evidence_checks(SUBJECT)]
    assert sorted({check.name for check in checks}) == sorted(check.name for check in checks)
    assert [check.name for check in checks][:2] == ["assert", "output"]
    assert {"graph", "frame"} <= {check.name for check in checks}


def test_a_course_without_a_subject_asks_for_no_graph() -> None:
    node = new_code_cell("display(double(2))", metadata={"tags": [NAMES_TAG]})
    for subject, asked in ((SUBJECT, "graph"), (PLAIN, "assert")):
        (finding,) = judge(graded(node), Shown(RAN, []), Assignment("small", (), subject=subject))
        assert finding.check == asked


IN_PIECES = {
    "two pieces": [printed("a 1\n"), printed("b 1\n")],
    "two pieces of a line": [printed("a "), printed("1\nb 1\n")],
    "another stream between them": [printed("a 1\n"), printed("w\n", "stderr"), printed("b 1\n")],
    "evidence between them": [printed("a 1\n"), display("x"), printed("b 1\n")],
}


@pytest.mark.parametrize("reference", IN_PIECES.values(), ids=IN_PIECES)
def test_a_stream_that_is_stored_in_pieces_is_that_of_the_run(reference: list[NotebookNode]) -> None:
    others = [output for output in reference if output.get("name") != "stdout"]
    assert evidence(cell(*reference), printed("a 1\nb 1\n"), *others) is Outcome.HOLDS
    assert evidence(cell(*reference), printed("a 1\nb 2\n"), *others) is Outcome.FAILS


def test_a_difference_of_tables_is_told_without_their_style() -> None:
    style = "<style scoped>td { color: red }</style>"
    tables = [f"<div>{style}<table class=x><tr><td>{value}</td></tr></table></div>" for value in (1, 2)]
    finding = found(cell(display("x", text_html=tables[0])), display("x", text_html=tables[1]))["output"]
    assert finding.message == "Expected:\n1\nShown:\n2"


def test_an_assert_holds_when_the_cell_ran_to_its_end() -> None:
    assert found(cell(tagged=False)) == {"assert": Finding("assert", Outcome.HOLDS)}


def test_an_assert_is_absent_when_the_cell_did_not_end() -> None:
    finding = found(cell(tagged=False), reply=None)["assert"]
    assert finding == Finding("assert", Outcome.ABSENT, "This cell did not run to its end.")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(False, "AssertionError", "double(2) is not 4"), "double(2) is not 4"),
        (Reply(False, "AssertionError", "first line\nsecond line"), "first line\nsecond line"),
        (Reply(False, "AssertionError", ""), "AssertionError"),
        (Reply(False, "AssertionError", " \n"), "AssertionError"),
        (Reply(False, "NameError", "name 'double' is not defined"), "NameError: name 'double' is not defined"),
        (Reply(False, "ValueError", "what matters\nthe graph, line by line"), "ValueError: what matters"),
        (Reply(False, "KeyboardInterrupt", ""), "KeyboardInterrupt"),
        (Reply(False, "TypeError", "\x1b[0;31mred\x1b[0m words"), "TypeError: red words"),
        (Reply(False, "TypeError", "no", "\x1b[1mNot yet.\x1b[0m It doubles.\nIs it\na number?"), "Is it a number?"),
        (Reply(False, "NotImplementedError", "x", "Not yet. This is still to do."), "This is still to do."),
        (
            Reply(
                False, "KeyError", "'b'", "Traceback:\n\n  Cell In[3], line 1\n    f()\n\n  File l.py:2\n    d[k]\n"
            ),
            "Your code raised KeyError: 'b'\nIt did so in the line: f()",
        ),
    ],
)
def test_an_assert_fails_in_words_that_a_student_understands(reply: Reply, words: str) -> None:
    finding = found(cell(tagged=False), reply=reply)["assert"]
    assert (finding.outcome, finding.message) == (Outcome.FAILS, words)
    first = next(iter(ANSI.sub("", reply.message).strip().splitlines()), "")
    own_words = reply.error == "AssertionError" and first
    assert finding.raised == ("" if own_words else f"{reply.error}: {first}".removesuffix(": "))


@pytest.mark.parametrize("output", [printed("warning", "stderr"), error(), printed("Traceback"), display("FAILED")])
def test_an_assert_is_read_from_the_reply_and_never_from_what_is_shown(output: NotebookNode) -> None:
    assert found(cell(tagged=False), output)["assert"].outcome is Outcome.HOLDS
    assert found(cell(tagged=False), output, reply=RAISED)["assert"].outcome is Outcome.FAILS


@pytest.mark.parametrize(
    "outputs",
    [
        [display("4")],
        [printed("4\n")],
        [display("4"), display("6")],
        [display("4", text_html="<b>4</b>")],
        [display("4"), printed("done\n")],
        [new_output("execute_result", {"text/plain": "4"}, execution_count=3)],
    ],
)
def test_evidence_holds_when_it_is_the_stored_one(outputs: list[NotebookNode]) -> None:
    assert found(cell(*outputs), *outputs)["output"] == Finding("output", Outcome.HOLDS)


def test_other_evidence_fails_and_shows_both() -> None:
    finding = found(cell(display("['W:0']")), display("['W_1:0']"))["output"]
    assert finding == Finding("output", Outcome.FAILS, "Expected:\n['W:0']\nShown:\n['W_1:0']", shown="['W_1:0']")


NOISE: dict[str, list[NotebookNode]] = {
    "a warning on stderr": [printed("WARNING: deprecated\n", "stderr")],
    "a print": [printed("here\n")],
    "a display": [display("here")],
    "many displays": [display("here"), display("there"), display("4")],
    "the wrong answer first": [display("5")],
    "a picture": [new_output("display_data", {"image/png": "AAAA"})],
    "a shown exception": [error()],
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_what_is_shown_before_the_evidence_costs_nothing(noise: list[NotebookNode]) -> None:
    assert evidence(cell(display("4")), *noise, display("4")) is Outcome.HOLDS


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_what_is_shown_before_wrong_evidence_does_not_help(noise: list[NotebookNode]) -> None:
    assert evidence(cell(display("4")), *noise, display("7")) is Outcome.FAILS


@pytest.mark.parametrize("kind", ["a warning on stderr", "a print", "a picture", "a shown exception"])
def test_noise_of_another_kind_may_follow_the_evidence(kind: str) -> None:
    assert evidence(cell(display("4")), display("4"), *NOISE[kind]) is Outcome.HOLDS


def test_the_evidence_is_what_is_displayed_last() -> None:
    assert evidence(cell(display("4")), display("4"), display("5")) is Outcome.FAILS


def test_all_of_the_evidence_must_be_there_and_in_order() -> None:
    master = cell(display("4"), display("6"))
    assert evidence(master, display("4"), display("6")) is Outcome.HOLDS
    assert evidence(master, display("6"), display("4")) is Outcome.FAILS
    assert evidence(master, display("6")) is Outcome.FAILS
    assert evidence(master, display("0"), display("4"), display("6")) is Outcome.HOLDS


def test_printed_evidence_is_compared_and_other_prints_count() -> None:
    assert evidence(cell(printed("4\n")), printed("4\n")) is Outcome.HOLDS
    assert evidence(cell(printed("4\n")), printed("here\n4\n")) is Outcome.FAILS


def test_a_warning_after_printed_evidence_costs_nothing() -> None:
    assert evidence(cell(printed("4\n")), printed("4\n"), printed("warning\n", "stderr")) is Outcome.HOLDS


def test_a_shown_kind_that_the_master_does_not_store_is_not_looked_at() -> None:
    assert evidence(cell(display("4")), display("4", text_html="<b>5</b>", image_png="AAAA")) is Outcome.HOLDS


def test_a_kind_that_the_master_stores_must_be_shown() -> None:
    assert evidence(cell(display("4", text_html="<b>4</b>")), display("4")) is Outcome.FAILS


@pytest.mark.parametrize("outputs", [[], [printed("4\n")], [printed("4\n", "stderr")], [error()]])
def test_missing_evidence_is_absent(outputs: list[NotebookNode]) -> None:
    finding = found(cell(display("4")), *outputs)["output"]
    assert finding == Finding("output", Outcome.ABSENT, "This cell showed nothing.")


def test_evidence_that_is_missing_because_the_cell_raised_says_what_was_raised() -> None:
    findings = found(cell(display("4")), error("AssertionError"), reply=RAISED)
    assert {(finding.outcome, finding.message) for finding in findings.values()} == {
        (Outcome.FAILS, "double(2) is not 4"),
        (Outcome.ABSENT, "double(2) is not 4"),
    }


def test_evidence_of_a_cell_that_did_not_end_is_absent() -> None:
    assert evidence(cell(display("4")), reply=None) is Outcome.ABSENT


def test_without_a_stored_output_nothing_is_evidence() -> None:
    assert evidence(cell(), display("4"), printed("4\n")) is Outcome.ABSENT


def test_evidence_is_looked_at_though_the_cell_raised_after_it() -> None:
    findings = found(cell(display("4")), display("4"), error("AssertionError"), reply=RAISED)
    assert (findings["assert"].outcome, findings["output"].outcome) == (Outcome.FAILS, Outcome.HOLDS)


ADDRESS = "regex: 0x[0-9a-f]+\nreplace: ADDRESS\n"


def test_sanitize_patterns_take_away_what_means_nothing_on_both_sides() -> None:
    master = cell(display("<object at 0x7f01>"))
    assert evidence(master, display("<object at 0xbeef>"), sanitize=ADDRESS) is Outcome.HOLDS
    assert evidence(master, display("<object at 0xbeef>")) is Outcome.FAILS
    assert evidence(master, display("<subject at 0xbeef>"), sanitize=ADDRESS) is Outcome.FAILS


def test_sanitize_patterns_are_applied_in_their_order() -> None:
    chained = f"{ADDRESS}\nregex: at ADDRESS\nreplace: HERE\n"
    assert evidence(cell(display("at HERE")), display("at 0xbeef"), sanitize=chained) is Outcome.FAILS
    assert evidence(cell(display("HERE")), display("at 0xbeef"), sanitize=chained) is Outcome.HOLDS


def test_sanitize_patterns_hold_for_prints_too() -> None:
    assert evidence(cell(printed("0x01\n")), printed("0x02\n"), sanitize=ADDRESS) is Outcome.HOLDS


def test_counts_and_metadata_are_not_compared() -> None:
    stored = new_output("execute_result", {"text/plain": "4"}, execution_count=1)
    shown = new_output("execute_result", {"text/plain": "4"}, execution_count=9, metadata={"isolated": True})
    assert output_difference([shown], [stored], "") == ""


def test_outputs_that_are_not_there_are_a_difference() -> None:
    assert output_difference([], [display("4")], "")


def test_comparing_changes_neither_side() -> None:
    stored, shown = [display("0x01"), printed("a")], [display("0x02"), printed("b")]
    before = repr((stored, shown))
    output_difference(shown, stored, ADDRESS)
    assert repr((stored, shown)) == before


SHARES, TWINS, OTHER = (
    graph(*((name, "VariableV2", "") for name in "WV"), ("a", "Identity", "W"), ("b", "Identity", reads), **outputs)
    for reads, outputs in (("W", {"r1": "a", "r2": "b"}), ("V", {"r1": "a", "r2": "b"}), ("W", {"mine": "a"}))
)


def picture(meta: MetaGraphDef) -> NotebookNode:
    """Make what show_sharing shows."""
    return new_output("display_data", {"text/plain": "words", GRAPH_TYPE: encoded(meta)})


TWO = cell(display("[1]"), display("[2]"))
OWN = display("debug")
FIGURE = display("<Figure size 640x480 with 1 Axes>", image_png="AAAA")


@pytest.mark.parametrize(
    ("outputs", "outcome"),
    [
        ((OWN, display("[1]"), OWN, OWN, display("[2]")), Outcome.HOLDS),
        ((display("[1]"), display("[2]"), display("[1]"), display("[2]")), Outcome.HOLDS),
        ((display("[1]"), display("[2]"), OWN), Outcome.FAILS),
        ((display("[2]"), display("[1]")), Outcome.FAILS),
        ((OWN, display("[2]")), Outcome.FAILS),
        ((display("[2]"),), Outcome.FAILS),
        ((display("[1]"), display("[2]"), display("[3]")), Outcome.FAILS),
    ],
)
def test_what_an_answer_displays_before_the_test_s_last_output_does_not_matter(
    outputs: tuple[NotebookNode, ...], outcome: Outcome
) -> None:
    assert evidence(TWO, *outputs) is outcome


def test_a_picture_that_follows_the_evidence_does_not_matter() -> None:
    assert evidence(cell(display("[1]")), display("[1]"), FIGURE) is Outcome.HOLDS
    assert evidence(cell(display("[1]")), FIGURE) is Outcome.FAILS


def test_a_picture_counts_where_the_master_has_one() -> None:
    assert evidence(cell(FIGURE), display("[1]"), FIGURE) is Outcome.HOLDS
    assert evidence(cell(FIGURE), FIGURE, display("[1]", image_png="AAAA")) is Outcome.FAILS


def graphed(*outputs: NotebookNode, reply: Reply | None = RAN) -> Finding:
    """Judge pictures where two that share are expected."""
    facts = to_text(parse(encoded(SHARES)))
    reference = new_output("display_data", {"text/plain": "words", GRAPH.reference_type: facts})
    node = new_code_cell(ASSERT, metadata={"tags": [NAMES_TAG]}, outputs=[reference, reference])
    return found(graded(node), *outputs, reply=reply)["graph"]


def test_graphs_hold_where_all_of_them_share_as_the_master_s() -> None:
    assert graphed(picture(SHARES), picture(SHARES)).outcome is Outcome.HOLDS


def test_a_student_s_own_pictures_cost_nothing() -> None:
    assert graphed(picture(OTHER), picture(TWINS), picture(SHARES), picture(SHARES)).outcome is Outcome.HOLDS


def test_a_student_s_own_pictures_of_the_same_outputs_cost_nothing_between_the_test_s() -> None:
    assert graphed(picture(SHARES), picture(TWINS), picture(SHARES)).outcome is Outcome.HOLDS
    assert graphed(picture(TWINS), picture(SHARES), picture(TWINS), picture(SHARES)).outcome is Outcome.HOLDS


def test_the_last_graph_must_be_right_whatever_was_drawn_before() -> None:
    assert graphed(picture(SHARES), picture(SHARES), picture(TWINS)).outcome is Outcome.FAILS


@pytest.mark.parametrize("place", [0, 1])
def test_one_wrong_graph_fails_and_all_are_kept_to_be_drawn(place: int) -> None:
    shown = [picture(SHARES), picture(SHARES)]
    shown[place] = picture(TWINS)
    finding = graphed(*shown)
    assert finding.outcome is Outcome.FAILS
    assert "Expected: r1 and r2 share W. Nothing reads V.\nShown: r1 and r2 share nothing" in finding.message
    assert [len(from_text(facts).outputs) for facts in finding.evidence] == [2, 2]


ABSENT_GRAPHS = {
    "none": ((), RAN, "This cell showed no graph."),
    "another one": ((picture(OTHER),), RAN, "Another graph is shown than the test's."),
    "only the first": ((picture(SHARES),), RAN, "Not all graphs are shown."),
    "only the first, then it raised": ((picture(SHARES),), RAISED, "double(2) is not 4"),
    "raised before": ((), RAISED, "double(2) is not 4"),
}


@pytest.mark.parametrize(("outputs", "reply", "why"), ABSENT_GRAPHS.values(), ids=ABSENT_GRAPHS)
def test_a_graph_that_is_missing_is_absent_and_the_reason_is_said(
    outputs: tuple[NotebookNode, ...], reply: Reply, why: str
) -> None:
    finding = graphed(*outputs, reply=reply)
    assert (finding.outcome, finding.message) == (Outcome.ABSENT, why)


def test_a_graph_that_cannot_be_read_fails_with_the_reason() -> None:
    broken = new_output("display_data", {GRAPH_TYPE: "AAAA"})
    finding = graphed(picture(SHARES), picture(SHARES), broken)
    assert finding.outcome is Outcome.FAILS
    assert (
        finding.message == "The graph that this cell shows cannot be judged: it is no graph, or only a part of one."
    )
