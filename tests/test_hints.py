"""Misconceptions as data: what a file may say, when a rule fires, which line it quotes, how a hint is worded."""

import ast

import pytest

from autograder.course.assignment import Assignment
from autograder.errors import CourseError
from autograder.hints import Answer, Hint, Look, find_hints, read_catalogue, worded

ENTRY = """
- id: A1
  belief: All is one.
  truth: It is not.
  reread: {notebook: 01_first, heading: One and many}
"""
TEST = "test-one"


def entry(*signs: str) -> str:
    """Write a file with one entry that has these signs, each in YAML's flow style."""
    return ENTRY + ("  signs:\n" + "".join(f"    - {sign}\n" for sign in signs) if signs else "")


def lines(text: str, answer: str, *looks: Look) -> dict[str, str]:
    """Give the lines that show each misconception, by its id."""
    return {hint.id: hint.line for hint in find_hints("one", answer, looks, read_catalogue(text, "hints.yml"))}


ANSWER = "# share\ndef one(x):\n    y = share(x)\n    return [\n        y,\n    ]"

FIRES = {
    "the whole display": ("{showed: '\\[1, 2\\]'}", Look(TEST, showed="[1,\n 2]"), "[1, 2]"),
    "what was raised": ("{raised: 'Error: no'}", Look(TEST, raised="ValueError: no, never"), ""),
    "the source": ("{source: 'share'}", Look(TEST), "y = share(x)"),
    "several sources, the first is quoted": ("{source: ['return', 'share']}", Look(TEST), "return ["),
    "a pattern across lines, its last line is quoted": ("{source: 'return \\[\\n.*y'}", Look(TEST), "y,"),
    "a line that is quoted": ("{showed: '1', quote: 'return'}", Look(TEST, showed="1"), "return ["),
    "a quote that is not there": ("{showed: '1', quote: 'nowhere'}", Look(TEST, showed="1"), ""),
    "one of its tests": ("{test: [test-two, test-on*], source: x}", Look(TEST), "def one(x):"),
    "nothing that keeps it silent": (
        "{source: share, unless: {source: [a_b, c_d], raised: no}}",
        Look(TEST),
        "y = share(x)",
    ),
}

SILENT = {
    "a part of the display": ("{showed: '1'}", Look(TEST, showed="[1, 2]")),
    "another exception": ("{raised: TypeError}", Look(TEST, raised="ValueError: no")),
    "one source of two": ("{source: [share, nowhere]}", Look(TEST)),
    "a comment": ("{source: '# share'}", Look(TEST)),
    "another test": ("{test: test-two, source: share}", Look(TEST)),
    "one thing that keeps it silent": ("{source: share, unless: {source: [a_b, return], raised: no}}", Look(TEST)),
    "an exception that keeps it silent": ("{source: share, unless: {raised: no}}", Look(TEST, raised="no")),
    "one sign of two": ("{source: share, raised: no}", Look(TEST)),
}


@pytest.mark.parametrize(("sign", "look", "line"), FIRES.values(), ids=FIRES)
def test_a_rule_fires_and_quotes(sign: str, look: Look, line: str) -> None:
    assert lines(entry(sign), ANSWER, look) == {"A1": line}


@pytest.mark.parametrize(("sign", "look"), SILENT.values(), ids=SILENT)
def test_a_rule_stays_silent(sign: str, look: Look) -> None:
    assert lines(entry(sign), ANSWER, look) == {}


def test_any_sign_is_enough_and_the_first_is_quoted() -> None:
    assert lines(entry("{source: nowhere}", "{source: return}", "{source: share}"), ANSWER, Look(TEST)) == {
        "A1": "return ["
    }


def test_the_ends_of_a_pattern_are_those_of_a_line() -> None:
    assert Answer(ANSWER).line(r"^    y = .*$") == "y = share(x)"


WORDS = [
    '"""A module: share."""',
    "def one(x):  # share",
    '    """',
    "    share",
    '    """',
    "    y = f(",
    '        "share x",',
    "        'ü',  # share",
    "    )",
    "    # share",
    "    return y",
]


def test_comments_and_docstrings_are_said_and_not_done() -> None:
    answer = Answer("\n".join(WORDS))
    assert answer.line("share") == '"share x",'
    assert answer.line(r"share.*\n.*ü") == "'ü',  # share"
    assert answer.lines == [line for line in WORDS if line != "    # share"]
    assert [answer.numbered(number) for number in (0, 1, 10, 11)] == ["", WORDS[0], "return y", ""]


@pytest.mark.parametrize("rest", ["", "%time x\n", "f(", "'''", "  x", "\0", "x = '", "\f\u2028y"])
def test_what_stands_before_something_that_is_no_python_is_read_all_the_same(rest: str) -> None:
    answer = Answer(f"x = 1  # share\n{rest}")
    assert answer.line("share") == ""
    assert answer.line("x = 1$") == "x = 1  # share"


def test_a_tree_counts_the_lines_that_may_be_quoted() -> None:
    answer = Answer("# one\ndef f():\n    'two'\n    # three\n    return 4")
    found = [node for node in ast.walk(answer.tree) if isinstance(node, ast.Return)]
    assert [answer.numbered(node.lineno) for node in found] == ["return 4"]
    assert Answer("def f(:").tree.body == []


def test_a_subject_s_own_rule_finds_what_the_file_names_and_nothing_else() -> None:
    def rule(answer: Answer, look: Look):  # type: ignore[no-untyped-def]
        yield "A1", "  a line "
        yield "B1", "not in the file"

    found = find_hints("one", ANSWER, [Look(TEST)], read_catalogue(entry(), "hints.yml"), [rule])
    assert found == (Hint("one", "A1", "a line"),)


BROKEN = {
    "no YAML": ("- id: [", "not YAML"),
    "no list": ("id: A1", "docs/authoring.md"),
    "a field that is missing": (ENTRY.replace("  truth: It is not.\n", ""), "truth"),
    "a field that is not known": (ENTRY + "  source: x\n", "source"),
    "a sign that is not known": (entry("{shown: x}"), "shown"),
    "a place without a heading": (ENTRY.replace(", heading: One and many", ""), "heading"),
    "a list for a text": (ENTRY.replace("All is one.", "[All, is, one]"), "belief"),
    "a pattern that is none": (entry("{source: '('}"), "A1: '('"),
    "a pattern that is none, where it keeps silent": (entry("{source: x, unless: {raised: '['}}"), "A1: '['"),
    "an id that is there twice": (ENTRY + ENTRY, "two entries have the id A1"),
}


@pytest.mark.parametrize(("text", "says"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(CourseError) as refused:
        read_catalogue(text, "course/hints.yml")
    message = str(refused.value)
    assert message.startswith("course/hints.yml: ") and says in message and "\n" not in message


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_a_file_may_be_empty(text: str) -> None:
    assert read_catalogue(text, "hints.yml") == {}


def test_numbers_and_words_of_yaml_are_text() -> None:
    entry = ENTRY.replace("A1", "1").replace("All is one.", "no")
    assert read_catalogue(entry, "hints.yml")["1"].belief == "no"


def test_a_hint_is_worded_in_one_way() -> None:
    misconception = read_catalogue(ENTRY, "hints.yml")["A1"]
    parts = [
        ("Perhaps you believe", "All is one."),
        ("In truth", "It is not."),
        ("Reread", "“One and many” in 01_first"),
    ]
    assert worded(misconception) == parts
    assert worded(misconception, "y = 1") == [("What your answer says", "y = 1"), *parts]


def test_this_course_s_catalogue_has_22_in_order(assignment: Assignment) -> None:
    assert list(assignment.catalogue) == [f"M{number}" for number in range(1, 23)]
    assert len({entry.belief for entry in assignment.catalogue.values()}) == 22
