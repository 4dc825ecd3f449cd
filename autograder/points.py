"""
At a desk: a test that passes says so, and a student can count the points so far.

What a hidden part of a test finds is known only at grading, so both speak of what can be seen.
"""

from typing import ClassVar

from autograder.known_tests import known


class _Here:
    """What has happened in this kernel."""

    passed: ClassVar[set[str]] = set()
    """The titles of the tests that passed when they ran last."""
    notebook: str = ""
    """Where the test belongs that ran last."""


def note(title: str, *, passed: bool) -> str:
    """Note how a test has ended, and give a line about it; empty where it failed, and for what is no test."""
    test = known()["tests"].get(title)
    if test is None:
        return ""
    _Here.notebook = test["notebook"]
    if not passed:
        _Here.passed.discard(title)
        return ""
    _Here.passed.add(title)
    return f"Passed: {test['points']:g} {'point' if test['points'] == 1 else 'points'}."


def points_so_far() -> None:
    """Print how many points a notebook's tests give that have passed in this kernel, and which exercises are open."""
    tests = {title: test for title, test in known()["tests"].items() if test["notebook"] == _Here.notebook}
    if not tests:
        print("No test has run in this kernel yet.")
        return
    given = sum(test["points"] for title, test in tests.items() if title in _Here.passed)
    print(f"{given:g} of {sum(test['points'] for test in tests.values()):g} points, by the tests that you can see.")
    for exercise in dict.fromkeys(test["exercise"] for title, test in tests.items() if title not in _Here.passed):
        print(f"Still open: {exercise}")
