"""
Errors as short as they can be told: tracebacks that say less than their last line are noise to a student.

What is raised in a test cell, by itself or in a library that it calls, and by a stub that has not been filled in, has
one thing to say: its message. (What a library has not implemented is another matter.) Where a library of the subject
raises below a student's line, its own frames are left out. All of these are still errors, with the same name and
message in the execute reply; only what is shown of them is shorter. Feedback pages repeat what is shown here.
"""

import ast
import contextlib
import linecache
import textwrap
import traceback
from collections.abc import Iterator
from types import FrameType, TracebackType

from IPython.core.interactiveshell import InteractiveShell

from autograder.inside.live_hints import LiveHints
from autograder.inside.own_names import OwnNames
from autograder.known_tests import NOT_YET, is_test, is_test_code, title_of
from autograder.subject import KernelSettings

_FORM = "Does it have the form that is asked for?"

WIDTH = 100
"""Columns of a message, which fit into a browser window of 1200 pixels."""


def show_briefly(
    live: LiveHints | None,
    names: OwnNames,
    settings: KernelSettings,
    shell: InteractiveShell,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> list[str]:
    """Show an error as briefly as it can be told, with hints at a desk, and return the lines."""
    frame, line = list(traceback.walk_tb(trace))[-1]
    own = [one for one, _ in traceback.walk_tb(trace) if one.f_globals is shell.user_module.__dict__]
    if own and is_test(own[-1]):
        # By itself, or in a helper or a library that it called.
        lines = [f"\x1b[1m{NOT_YET}\x1b[0m {title_of(own[-1])}", *_wrapped(_in_a_test(kind, error))]
    elif kind is NotImplementedError and str(error) and frame in own:
        lines = [f"\x1b[1m{NOT_YET}\x1b[0m {_of_a_stub(error, frame, line)}"]
    elif isinstance(error, SyntaxError) and not own:
        # Nothing was called: the line and the caret are all that there is to show.
        lines = list(shell.SyntaxTB.structured_traceback(kind, error))
    else:
        _leave_out(settings.library_folders, trace)
        lines = list(shell.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset))
    lines += [text for one in _advice(own, names) for text in ("", *_wrapped(one))]
    lines += _hints(live, kind, error)
    shell._showtraceback(kind, error, lines)
    # IPython keeps what was shown in its history, and asks the error first before it formats all of it again.
    with contextlib.suppress(AttributeError, TypeError):
        error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]
    return lines


def _in_a_test(kind: type[BaseException], error: BaseException) -> str:
    """Put in words what a test cell raises when it looks at an answer."""
    if isinstance(error, NameError):
        return f"There is no '{error.name}' yet: answer the exercise above, run its cell, then run this one again."
    if isinstance(error, AssertionError) and str(error):
        return str(error)
    why = "Does your function return its result?" if "NoneType" in str(error) else _FORM
    return f"The test cannot use this answer ({kind.__name__}: {error}). {why}"


def _of_a_stub(error: BaseException, frame: FrameType, line: int) -> str:
    """Say that an exercise is still to do; or, where code stands beside the line that raises, what is left to do."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError):
        source = "".join(linecache.getlines(frame.f_code.co_filename))
        for node in ast.walk(ast.parse(source)):
            block = getattr(node, "body", None)
            if isinstance(block, list) and any(isinstance(one, ast.Raise) and one.lineno == line for one in block):
                if not all(isinstance(one, ast.Raise | ast.Expr | ast.Pass) for one in block):
                    return f"Your answer is there: now remove the line that raises {type(error).__name__}."
                break
    return str(error)


def _advice(own: list[FrameType], names: OwnNames) -> Iterator[str]:
    """Tell which names the failing code of a notebook uses that are not what they were."""
    codes = [frame.f_code for frame in own if not is_test_code(frame.f_code)]
    yield from filter(None, map(names.advice, dict.fromkeys(name for code in codes for name in code.co_names)))


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
