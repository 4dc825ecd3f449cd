"""
Probe names: the same at every desk, fresh at each grading, so that a stored graph is worth nothing.

A test names its placeholders, and scopes, through `probe`. At a desk ``probe("x")`` is ``x_probe``; at a grading the
grader draws another ending, hands it to the kernel in an environment variable, and holds what is shown against the
reference with the same ending.
"""

import os
import secrets

PROBE_VARIABLE = "AUTOGRADER_PROBE"
"""The environment variable that holds the ending."""

DESK = "probe"
"""The ending where nobody grades; the references in the masters have it, too."""


def probe(name: str) -> str:
    """Name something in a test's graph: a fixed name at a desk, a fresh one at each grading."""
    return f"{name}_{_ending()}"


def fresh_ending() -> str:
    """Draw an ending that nobody can know before the grading."""
    return secrets.token_hex(4)


def with_ending(reference: str, ending: str) -> str:
    """Write a reference as it must look at a grading with this ending."""
    return reference.replace(f"_{DESK}", f"_{ending}")


def as_in_this_run(reference: str) -> str:
    """Write a reference as it must look in this kernel."""
    return with_ending(reference, _ending())


def at_a_desk(text: str, ending: str) -> str:
    """Write what a kernel said at a grading with this ending as it would be said at a desk."""
    return text.replace(f"_{ending}", f"_{DESK}")


def is_grading() -> bool:
    """Tell whether a grading reads what is shown, and not a student at a desk."""
    return _ending() != DESK


def _ending() -> str:
    """Give the ending in this kernel."""
    return os.environ.get(PROBE_VARIABLE, DESK)
