"""
Errors as short as they can be told: tracebacks that say less than their last line are noise to a student.

What is raised in a test cell itself, and by a stub that has not been filled in, has one thing to say: its message.
(What a library has not implemented is another matter.) Where a library of the subject raises, its own frames below
the student's line are left out. All of these are still errors, with the same name and message in the execute reply;
only what is shown of them is shorter.
"""

import contextlib
import textwrap
import traceback
from types import FrameType, TracebackType

from IPython.core.interactiveshell import InteractiveShell

from autograder.expected import is_test, title_of
from autograder.inside.live_hints import LiveHints
from autograder.subject import KernelSettings

_HELPERS = ("autograder.predictions",)
"""Modules of helpers that tests call, beside the subject's: what is raised in one speaks to the student, too."""

WIDTH = 100
"""Columns of a message, which fit into a browser window of 1200 pixels."""


def show_briefly(
    live: LiveHints | None,
    settings: KernelSettings,
    shell: InteractiveShell,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> list[str]:
    """Show an error as briefly as it can be told, with hints at a desk, and return the lines."""
    frame, _ = list(traceback.walk_tb(trace))[-1]
    if (test := _test_that_raised(trace, settings)) is not None:
        lines = [f"\x1b[1mNot yet.\x1b[0m {title_of(test)}", *_wrapped(_in_a_test(kind, error))]
    elif kind is NotImplementedError and str(error) and frame.f_globals is shell.user_module.__dict__:
        lines = [f"\x1b[1mNot yet.\x1b[0m {error}"]
    elif isinstance(error, SyntaxError) and not _ran(trace, shell):
        # Nothing was called: the line and the caret are all that there is to show.
        lines = list(shell.SyntaxTB.structured_traceback(kind, error))
    else:
        _leave_out(settings.library_folders, trace)
        lines = list(shell.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset))
    lines += _hints(live, kind, error)
    shell._showtraceback(kind, error, lines)
    # IPython keeps what was shown in its history, and asks the error first before it formats all of it again.
    with contextlib.suppress(AttributeError, TypeError):
        error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]
    return lines


def _ran(trace: TracebackType, shell: InteractiveShell) -> bool:
    """Say whether code of a cell was running."""
    return any(frame.f_globals is shell.user_module.__dict__ for frame, _ in traceback.walk_tb(trace))


def _test_that_raised(trace: TracebackType, settings: KernelSettings) -> FrameType | None:
    """Find the test that raised, by itself or in a helper that it called; None where other code did."""
    frames = [frame for frame, _ in traceback.walk_tb(trace)]
    while len(frames) > 1 and frames[-1].f_globals.get("__name__") in (*_HELPERS, *settings.helpers):
        frames.pop()
    return frames[-1] if is_test(frames[-1]) else None


def _in_a_test(kind: type[BaseException], error: BaseException) -> str:
    """Put in words what a test cell raises when it looks at an answer."""
    if isinstance(error, NameError):
        return f"There is no '{error.name}' yet: answer the exercise above, run its cell, then run this one again."
    if kind is AssertionError and str(error):
        return str(error)
    return f"The test cannot use this answer ({kind.__name__}: {error}). Does it have the form that is asked for?"


def _hints(live: LiveHints | None, kind: type[BaseException], error: BaseException) -> list[str]:
    # A hint is an extra: where a rule stumbles over an odd answer, the message must still be shown.
    with contextlib.suppress(Exception):
        return [line for parts in (live.about(kind, error) if live else ()) for line in _lines(parts)]
    return []


def _lines(parts: list[tuple[str, str]]) -> list[str]:
    lines = [""]
    for heading, words in parts:
        first, *others = _wrapped(f"{heading}: {words}")
        lines += [first.replace(f"{heading}:", f"\x1b[1m{heading}:\x1b[0m"), *others]
    return lines


def _wrapped(message: str) -> list[str]:
    """Break lines between words: JupyterLab breaks the long lines of an error anywhere."""
    return [part for line in message.splitlines() for part in textwrap.wrap(line, WIDTH) or [""]]


def _leave_out(library_folders: tuple[str, ...], trace: TracebackType) -> None:
    """Cut a traceback behind the last frame that is not a library's."""
    last, frame = trace, trace.tb_next
    while frame is not None:
        if not any(folder in frame.tb_frame.f_code.co_filename for folder in library_folders):
            last = frame
        frame = frame.tb_next
    last.tb_next = None
