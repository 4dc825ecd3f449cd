"""Whose a test is: the answer that it is named after. Grading, pages and a student's kernel ask here."""

from collections.abc import Iterable


def is_test_of(test: str, answer: str) -> bool:
    """Tell whether a test is about an answer: ``test-predict`` and ``test-predict-two`` are about ``predict``."""
    return test == f"test-{answer}" or test.startswith(f"test-{answer}-")


def owner_of(test: str, answers: Iterable[str]) -> str | None:
    """Find the answer that a test is named after, the longest name first; None where it is named after none."""
    return max((answer for answer in answers if is_test_of(test, answer)), key=len, default=None)
