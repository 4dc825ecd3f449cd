"""
Keep noise away from students: TensorFlow's talk about itself, and tracebacks that say less than their last line.

The kernelspec loads this module as an IPython extension before any notebook code runs.

TensorFlow's C++ log is silenced by the kernelspec's environment variables; what is left is the deprecation notice
that ``tf.disable_v2_behavior()`` logs about itself. It is the only record dropped here: warnings about a student's
own code still show.

What is raised in a test cell itself, and by a stub that has not been filled in, has one thing to say: its message.
(What a library has not implemented is another matter.)
Where TensorFlow raises, its own frames below the student's line are left out. All of these are still errors, with
the same name and message in the execute reply; only what is shown of them is shorter.
"""

import contextlib
import linecache
import logging
import textwrap
import traceback
from functools import partial
from types import FrameType, TracebackType

from IPython.core.interactiveshell import InteractiveShell

from autograder.kernels.desk import Desk
from autograder.kernels.manners import keep_going
from autograder.kernels.places import Places
from autograder.misconceptions import Hint
from autograder.probes import is_grading

NOTICE = "non-resource variables are not supported in the long term"
"""What the notice ends with (tensorflow/python/ops/resource_variables_toggle.py)."""

TEST_FUNCTION = "_check"
"""What the function of a test cell is called: what is raised in it, or in its helpers, speaks to the student."""

HELPERS = "sharing_variables.predictions"
"""The module of the helpers that test cells share: what is raised in it, called by a test, does so, too."""

WIDTH = 100
"""Columns of a message, which fit into a browser window of 1200 pixels."""


def is_about_the_student(record: logging.LogRecord) -> bool:
    """Tell whether a record of TensorFlow's Python log is worth a student's attention."""
    return NOTICE not in record.getMessage()


def show_briefly(
    desk: Desk | None,
    shell: InteractiveShell,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> list[str]:
    """Show an error as briefly as it can be told, with hints at a desk, and return the lines."""
    frame, _ = list(traceback.walk_tb(trace))[-1]
    if (test := _test_that_raised(trace)) is not None:
        looks_at = linecache.getline(test.f_code.co_filename, 1).strip().strip('"')
        lines = [f"\x1b[1mNot yet.\x1b[0m {looks_at}", *_wrapped(_in_a_test(kind, error))]
    elif kind is NotImplementedError and str(error) and frame.f_globals is shell.user_module.__dict__:
        lines = [f"\x1b[1mNot yet.\x1b[0m {error}"]
    else:
        _leave_out_tensorflow(trace)
        lines = list(shell.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset))
    lines += [line for hint in _hints(desk, kind, error) for line in _told(hint)]
    shell._showtraceback(kind, error, lines)
    # IPython keeps what was shown in its history, and asks the error first before it formats all of it again.
    with contextlib.suppress(AttributeError, TypeError):
        error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]
    return lines


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Install the filter on TensorFlow's logger, the same object before and after the import, and the short form."""
    logging.getLogger("tensorflow").addFilter(is_about_the_student)
    desk = None
    if is_grading():
        Places(shell)
        keep_going(shell)
    else:
        desk = Desk(shell)
    shell.set_custom_exc((Exception,), partial(show_briefly, desk))  # type: ignore[no-untyped-call]


def _test_that_raised(trace: TracebackType) -> FrameType | None:
    """Find the test that raised, by itself or in a helper that it called; None where other code did."""
    frames = [frame for frame, _ in traceback.walk_tb(trace)]
    while len(frames) > 1 and frames[-1].f_globals.get("__name__") == HELPERS:
        frames.pop()
    return frames[-1] if frames[-1].f_code.co_qualname.partition(".")[0] == TEST_FUNCTION else None


def _in_a_test(kind: type[BaseException], error: BaseException) -> str:
    """Put in words what a test cell raises when it looks at an answer."""
    if isinstance(error, NameError):
        return f"There is no '{error.name}' yet: answer the exercise above, run its cell, then run this one again."
    if kind is AssertionError and str(error):
        return str(error)
    return f"The test cannot use this answer ({kind.__name__}: {error}). Does it have the form that is asked for?"


def _hints(desk: Desk | None, kind: type[BaseException], error: BaseException) -> tuple[Hint, ...]:
    # A hint is an extra: where a rule stumbles over an odd answer, the message must still be shown.
    with contextlib.suppress(Exception):
        return desk.hints(kind, error) if desk else ()
    return ()


def _told(hint: Hint) -> list[str]:
    """Put a hint in words: the line that shows it, what is believed, what is true, where to reread."""
    said = [("What your answer says", hint.line)] if hint.line else []
    said += [("Perhaps you believe", hint.misconception.belief), ("In truth", hint.misconception.truth)]
    said += [("Reread", hint.misconception.where)]
    lines = [""]
    for what, words in said:
        first, *others = _wrapped(f"{what}: {words}")
        lines += [first.replace(f"{what}:", f"\x1b[1m{what}:\x1b[0m"), *others]
    return lines


def _wrapped(message: str) -> list[str]:
    """Break lines between words: JupyterLab breaks the long lines of an error anywhere."""
    return [part for line in message.splitlines() for part in textwrap.wrap(line, WIDTH) or [""]]


def _leave_out_tensorflow(trace: TracebackType) -> None:
    """Cut a traceback behind the last frame that is not TensorFlow's."""
    last, frame = trace, trace.tb_next
    while frame is not None:
        if "/tensorflow/python/" not in frame.tb_frame.f_code.co_filename:
            last = frame
        frame = frame.tb_next
    last.tb_next = None
