"""What is hidden is known by its lines and its strings, and what students can read may be told."""

import pytest

from autograder.course import Assignment
from autograder.hidden import HiddenPart

SOURCE = '''"""Looks at: a name."""


def _check():
    shown = [name("plain")]
    assert shown[0] == "W", f"Expected W for plain, " f"yours: {shown[0]}"
    assert shown, "Nothing is shown."
    ### BEGIN HIDDEN TESTS
    shown.append(name("secret scope"))
    assert shown[1] == "W", f"Another scope: {shown[1]}"
    x = "plain"
    ### END HIDDEN TESTS
    display(shown)


_check()'''


@pytest.mark.parametrize(
    "text",
    [
        'I saw shown.append(name("secret scope")) there',
        "secret scope",
        "AssertionError: Another scope: W_1",
    ],
)
def test_lines_and_strings_of_the_hidden_part_give_it_away(text: str) -> None:
    assert HiddenPart(SOURCE).gives_away(text)


@pytest.mark.parametrize("text", ["", "plain", "Expected W for plain, yours: W_1", "display(shown)", "W"])
def test_what_students_can_read_gives_nothing_away(text: str) -> None:
    assert not HiddenPart(SOURCE).gives_away(text)


def test_a_test_without_hidden_part_gives_nothing_away() -> None:
    visible = HiddenPart(SOURCE.partition("    ### BEGIN")[0])
    assert HiddenPart(SOURCE) and not visible
    assert not visible.gives_away(SOURCE)


def test_magics_and_a_cell_that_is_hidden_whole_are_understood() -> None:
    whole = HiddenPart(
        "### BEGIN HIDDEN TESTS\n%matplotlib inline\nassert f(1) == 2, 'secret words'\n### END HIDDEN TESTS"
    )
    assert whole.gives_away("AssertionError: secret words") and whole.gives_away("%matplotlib inline")
    assert not whole.is_told_by_the_visible("secret words")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Expected W for plain, yours: ['a\nb']", True),
        ("Nothing is shown.", True),
        ("Another scope: W_1", False),
        ("Nothing is shown. secret", False),
        ("", False),
    ],
)
def test_only_messages_of_visible_asserts_are_told(message: str, told: bool) -> None:
    assert HiddenPart(SOURCE).is_told_by_the_visible(message) is told


def test_the_releases_give_nothing_away(assignment: Assignment) -> None:
    hidden = [HiddenPart(cell.source) for master in assignment.notebooks for cell in master.graded]
    assert sum(map(bool, hidden)) > 10
    for part in hidden:
        assert not part.gives_away("\n".join(part._visible.values()))
