"""Of a test with a hidden part, what was shown in its place does not run again, unless that could be told."""

import textwrap

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from autograder.course.master import OUTPUT_TAG, Master, MasterCell
from autograder.grading.hidden_parts import at_the_end
from autograder.subject import PLAIN

BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"

IN_A_FUNCTION = """
    '''Looks at: twice as much.'''
    import math
    def _check():
        def ask(*numbers):
            display([double(number) for number in numbers])
        ask(1, 2)
        ask(3)
        {hidden}
    _check()
"""
IN_THE_CELL = """
    def ask(*numbers):
        def one(number):
            return double(number)
        display([one(number) for number in numbers])
    ask(1,
        2)
    {hidden}
"""
HIDDEN = f"{BEGIN}\nask(100)\n{END}"

ONCE = {
    "in a function": (IN_A_FUNCTION, ["ask(1, 2)", "ask(3)"]),
    "in the cell": (IN_THE_CELL, ["ask(1,", "2)"]),
}
TWICE = {
    "a name that is bound": IN_THE_CELL.replace("def ask", "seen = []\n    def ask"),
    "a name further out": IN_A_FUNCTION.replace("import math", "seen = []"),
    "a name of another function": IN_A_FUNCTION.replace("display(", "global seen; seen = 1; display("),
    "a default that remembers": IN_THE_CELL.replace("(*numbers)", "(*numbers, seen=[])"),
    "a decorator": IN_THE_CELL.replace("def ask", "@cached\n    def ask"),
    "something that is returned": IN_THE_CELL.replace("display(", "return ("),
    "a call of something else": IN_THE_CELL.replace("ask(1,\n        2)", "ask(1, 2)\n    print(double(1))"),
    "a call with a result": IN_THE_CELL.replace("ask(1,\n        2)", "_ = ask(1, 2)"),
    "a call behind the hidden part": IN_THE_CELL + "    ask(4)\n",
    "the same call, hidden": IN_THE_CELL.replace("ask(1,\n        2)", "ask(100)"),
    "a call of another function": IN_A_FUNCTION.replace(
        "    _check()", "    def more(): display(1)\n    more(); _check()"
    ),
    "two on a line": IN_THE_CELL.replace("ask(1,\n        2)", "ask(1, 2); import os"),
    "no Python": IN_THE_CELL.replace("def ask", "for\n    def ask"),
}


def texts(form: str) -> tuple[str, str]:
    """Write a test with its hidden part, and without."""
    lines = textwrap.dedent(form).strip("\n").splitlines()
    whole, visible = list[str](), list[str]()
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        if line.strip() == "{hidden}":
            whole += [indent + hidden for hidden in HIDDEN.splitlines()]
        else:
            whole.append(line)
            visible.append(line)
    return "\n".join(whole), "\n".join(visible)


def runs_at_the_end(form: str) -> tuple[str, str]:
    """Give what runs at the end of a test of this form, and its whole text."""
    whole, visible = texts(form)
    node = new_code_cell(whole, id="test", metadata={"tags": [OUTPUT_TAG]})
    node.outputs = [new_output("display_data", {"text/plain": "1"})]
    cell = MasterCell(
        node=node, grade_id="test", points=1.0, graded=True, solution=False, locked=True, visible=visible
    )
    ((_, text),) = at_the_end(Master("01", new_notebook(), (cell,)), PLAIN)
    return text.rpartition("\n")[0], whole


@pytest.mark.parametrize("what", ONCE)
def test_what_was_shown_in_its_place_is_not_asked_again(what: str) -> None:
    form, gone = ONCE[what]
    text, whole = runs_at_the_end(form)
    left = [line.strip() for line in whole.splitlines() if line.strip() not in gone]
    assert [line.strip() for line in text.splitlines() if line.strip()] == left
    assert len(text.splitlines()) == len(whole.splitlines()), "errors name the lines of the test"


@pytest.mark.parametrize("what", TWICE)
def test_a_test_that_could_tell_runs_whole(what: str) -> None:
    text, whole = runs_at_the_end(TWICE[what])
    assert text == whole
