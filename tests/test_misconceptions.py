"""The catalogue has every misconception once, and sends students to headings that exist."""

from autograder.course.assignment import Assignment
from autograder.course.master import Master
from autograder.hints import CATALOGUE, Hint


def headings(master: Master) -> set[str]:
    """Find the headings of a notebook, as they are read."""
    lines = (line for cell in master.cells if not cell.is_code for line in cell.source.splitlines())
    return {line.lstrip("#").strip().replace("`", "") for line in lines if line.startswith("#")}


def test_the_catalogue_has_22_in_order() -> None:
    assert list(CATALOGUE) == [f"M{number}" for number in range(1, 23)]
    assert all(name == misconception.id for name, misconception in CATALOGUE.items())


def test_no_two_say_the_same() -> None:
    assert len({misconception.belief for misconception in CATALOGUE.values()}) == len(CATALOGUE)


def test_every_one_sends_students_to_a_heading_that_exists(assignment: Assignment) -> None:
    known = {master.name: headings(master) for master in assignment.notebooks}
    lost = [m.where for m in CATALOGUE.values() if m.section not in known.get(m.notebook, set())]
    assert lost == []


def test_beliefs_and_truths_are_sentences() -> None:
    said = [words for m in CATALOGUE.values() for words in (m.belief, m.truth)]
    assert [words for words in said if not words.endswith(".") or len(words) > 200] == []


def test_a_hint_finds_its_misconception() -> None:
    assert Hint("predict", "M1", "a line").misconception is CATALOGUE["M1"]
