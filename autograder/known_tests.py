"""
What a kernel knows of a course's tests, so that a student learns at the desk what grading would find.

`FILE` lies beside the masters and beside the released notebooks; at a grading the rebuilt notebook tells the same
(`know`). It says what each visible test expects of its evidence, what the test is worth, and which names the locked
cells bind. Whoever shows evidence asks `next_expected` what the test that called it expects, and raises where that
differs. Grading holds the same facts against each other outside of the kernel, so nothing depends on what student
code does to this module.
"""

import hashlib
import json
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import NoReturn, TypedDict

from autograder.probes import is_grading

FILE = "tests.json"
"""The name of the file, in the form of `Known`."""

TEST_FUNCTION = "_check"
"""What the function of a test cell is called: what is raised in it, or in its helpers, speaks to the student."""

BRING_BACK = "# autograder: bring back the names for "
"""How the last line begins of a test that runs once more, at the end, see `autograder.inside.namespaces`."""

NOT_YET = "Not yet."
"""How the message begins of a test that fails, and of a stub; grading reads it back."""

YOUR_NOTEBOOK = "Your notebook"
"""How the advice begins about names that a notebook has bound anew; grading reads it back, too."""


class KnownTest(TypedDict):
    """
    What is known of a test.

    Attributes
    ----------
    cell : str
        nbgrader's name of its cell.
    notebook, exercise : str
        Where it belongs: a notebook's name, and the heading above the answer.
    points : float
        What it is worth.
    evidence : dict
        By kind of evidence, the tags that say what counts, and the facts in order.
    """

    cell: str
    notebook: str
    exercise: str
    points: float
    evidence: dict[str, dict[str, list[str]]]


class Known(TypedDict):
    """
    What is known of a course's tests.

    Attributes
    ----------
    tests : dict of str to KnownTest
        By title.
    names : dict of str to list of str
        By `digest` of a locked cell's text, the names that the cell binds and no answer does.
    answers : dict of str to list of str
        By nbgrader's name of an answer, which of the names that it leaves behind its visible tests take.
    """

    tests: dict[str, KnownTest]
    names: dict[str, list[str]]
    answers: dict[str, list[str]]


@dataclass(frozen=True)
class Expected:
    """
    What a test expects where it shows evidence.

    Attributes
    ----------
    tags : tuple of str
        The test's tags about this kind of evidence.
    facts : str
        In the kind's own text form, with probe names as at a desk.
    """

    tags: tuple[str, ...]
    facts: str


class _Here:
    """What is known in this kernel."""

    known: Known | None = None
    run: FrameType | None = None
    """The cell that showed evidence last, as it ran."""
    count: int = 0
    """How often it has."""


def know(text: str) -> None:
    """Take what `FILE` holds from a text."""
    _Here.known = json.loads(text)


def nothing_known() -> Known:
    """Give what is known where nothing is."""
    return Known(tests={}, names={}, answers={})


def known() -> Known:
    """Give what is known here: what was told, else what the file in the working folder says, else nothing."""
    if _Here.known is None:
        file = Path.cwd() / FILE
        _Here.known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else nothing_known()
    return _Here.known


def course_names(source: str) -> list[str]:
    """Name what a cell binds for the course, and no answer does; nothing for a cell that is not the course's."""
    return known()["names"].get(digest(source), [])


def digest(source: str) -> str:
    """Write a cell's text in a few letters."""
    return hashlib.sha256(source.strip().encode("utf-8", "replace")).hexdigest()[:16]


def next_expected(kind: str, caller: FrameType) -> Expected | None:
    """
    Give what a test expects that shows evidence of a kind now; None where that is not known, as of hidden parts.

    Parameters
    ----------
    caller : frame
        Whoever shows it. Evidence that is not shown by a test's own function is nobody's expectation.
    """
    if not is_test(caller) or _runs_last(caller):
        return None
    run = _cell(caller)
    if _Here.run is not run:
        _Here.run, _Here.count = run, 0
    _Here.count += 1
    test = known()["tests"].get(title_of(caller))
    asked = test["evidence"].get(kind) if test else None
    if asked is None or _Here.count > len(asked["facts"]):
        return None
    return Expected(tuple(asked["tags"]), asked["facts"][_Here.count - 1])


def differs(why: str, facts: str, reference_type: str, shown: Callable[[], tuple[str, str]]) -> NoReturn:
    """
    Tell a test that its evidence is not as expected; at a desk, show what is expected, too.

    Parameters
    ----------
    why : str
        What differs, for the student.
    facts, reference_type : str
        What is expected, in the kind's own text form, and the MIME type of that.
    shown : callable
        Draws it, as text and as HTML.

    Raises
    ------
    AssertionError
        Always.
    """
    if not is_grading():
        from IPython.display import display

        words, drawn = shown()
        bundle = {"text/plain": words, "text/html": f"<h4>Expected</h4>{drawn}", reference_type: facts}
        display(bundle, raw=True)  # type: ignore[no-untyped-call]  # IPython leaves it untyped
    raise AssertionError(why)


def is_test(frame: FrameType) -> bool:
    """Tell whether the function of a test cell is running in a frame, or one that was written inside it."""
    return is_test_code(frame.f_code)


def is_test_code(code: CodeType) -> bool:
    """Tell whether code is the function of a test cell, or was written inside it."""
    return code.co_qualname.partition(".")[0] == TEST_FUNCTION


def title_of(frame: FrameType) -> str:
    """Read the title of the test cell in which a frame runs."""
    return title(linecache.getline(frame.f_code.co_filename, 1))


def _runs_last(frame: FrameType) -> bool:
    """Tell whether a frame runs in a test that runs once more, after its visible part has run in its place."""
    return "".join(linecache.getlines(frame.f_code.co_filename)[-1:]).startswith(BRING_BACK)


def title(source: str) -> str:
    """Give the title of a test: its first line, without the quotes, which says what the test looks at."""
    return source.partition("\n")[0].strip().strip('"').strip()


def _cell(frame: FrameType) -> FrameType:
    """Find the run of the cell that a frame is a part of: IPython's frame around all statements of a cell."""
    while frame.f_code.co_name != "run_ast_nodes" and frame.f_back is not None:
        frame = frame.f_back
    return frame
