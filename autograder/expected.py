"""
What a test expects of its evidence, known in the kernel: a student sees the difference that grading would find.

The evidence of the visible parts of a course's tests lies in `FILE`, beside the masters and beside the released
notebooks; at a grading the rebuilt notebook tells it (`expect`). Whoever shows evidence asks `next_expected` what the
test that called it expects, and raises where that differs. Grading holds the same facts against each other outside of
the kernel, so nothing depends on what student code does to this module.
"""

import json
import linecache
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

FILE = "evidence.json"
"""The name of the file: by test, by kind of evidence, the tags that say what counts, and the facts in order."""

NOTHING = "{}\n"
"""The text of a file where no test expects evidence: such a course needs none."""

TEST_FUNCTION = "_check"
"""What the function of a test cell is called: what is raised in it, or in its helpers, speaks to the student."""


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


class _Known:
    """What is known in this kernel."""

    tests: dict[str, dict[str, dict[str, list[str]]]] | None = None
    run: FrameType | None = None
    """The cell that showed evidence last, as it ran."""
    count: int = 0
    """How often it has."""


def expect(text: str) -> None:
    """Take what `FILE` holds from a text."""
    _Known.tests = json.loads(text)


def expect_from(folder: Path) -> None:
    """Take it from the file in a folder; nothing is expected where there is none."""
    file = folder / FILE
    expect(file.read_text(encoding="utf-8") if file.is_file() else NOTHING)


def next_expected(kind: str, caller: FrameType) -> Expected | None:
    """
    Give what a test expects that shows evidence of a kind now; None where that is not known.

    Parameters
    ----------
    caller : frame
        Whoever shows it. Evidence that is not shown by a test's own function is nobody's expectation.
    """
    if _Known.tests is None:
        expect_from(Path.cwd())
    if not is_test(caller):
        return None
    run = _cell(caller)
    if _Known.run is not run:
        _Known.run, _Known.count = run, 0
    _Known.count += 1
    asked = (_Known.tests or {}).get(title_of(caller), {}).get(kind)
    if asked is None or _Known.count > len(asked["facts"]):
        return None
    return Expected(tuple(asked["tags"]), asked["facts"][_Known.count - 1])


def is_test(frame: FrameType) -> bool:
    """Tell whether the function of a test cell is running in a frame, or one that was written inside it."""
    return frame.f_code.co_qualname.partition(".")[0] == TEST_FUNCTION


def title_of(frame: FrameType) -> str:
    """Read the title of the test cell in which a frame runs."""
    return title(linecache.getline(frame.f_code.co_filename, 1))


def title(source: str) -> str:
    """Give the title of a test: its first line, without the quotes, which says what the test looks at."""
    return source.partition("\n")[0].strip().strip('"').strip()


def _cell(frame: FrameType) -> FrameType:
    """Find the run of the cell that a frame is a part of: IPython's frame around all statements of a cell."""
    while frame.f_code.co_name != "run_ast_nodes" and frame.f_back is not None:
        frame = frame.f_back
    return frame
