"""
Keep noise away from students: TensorFlow's talk about itself, and tracebacks that say less than their last line.

The kernelspec loads this module as an IPython extension before any notebook code runs.

TensorFlow's C++ log is silenced by the kernelspec's environment variables; what is left is the deprecation notice
that ``tf.disable_v2_behavior()`` logs about itself. It is the only record dropped here: warnings about a student's
own code still show.

A test that fails, and a stub that has not been filled in, have one thing to say: their message. They are still
errors, with the same name and message in the execute reply; only the frames around them are not shown.
"""

import linecache
import logging
import textwrap
import traceback
from types import TracebackType

from IPython.core.interactiveshell import InteractiveShell

NOTICE = "non-resource variables are not supported in the long term"
"""What the notice ends with (tensorflow/python/ops/resource_variables_toggle.py)."""

TEST_FUNCTION = "_check"
"""What the function of a test cell is called: an assertion made in it speaks to the student."""

WIDTH = 100
"""Columns of a message, which fit into a browser window of 1200 pixels."""


def is_about_the_student(record: logging.LogRecord) -> bool:
    """Tell whether a record of TensorFlow's Python log is worth a student's attention."""
    return NOTICE not in record.getMessage()


def show_briefly(
    shell: InteractiveShell,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> list[str]:
    """Show what a failed test or an empty stub says, and nothing else; show any other error as IPython does."""
    where = traceback.extract_tb(trace)[-1]
    if kind is AssertionError and where.name == TEST_FUNCTION and str(error):
        looks_at = linecache.getline(where.filename, 1).strip().strip('"')
        # JupyterLab breaks long lines of an error anywhere, also inside words.
        said = [part for line in str(error).splitlines() for part in textwrap.wrap(line, WIDTH) or [""]]
        lines = [f"\x1b[1mNot yet.\x1b[0m {looks_at}", *said]
    elif kind is NotImplementedError and str(error):
        lines = [f"\x1b[1mNot yet.\x1b[0m {error}"]
    else:
        lines = list(shell.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset))
    shell._showtraceback(kind, error, lines)
    return lines


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Install the filter on TensorFlow's logger, the same object before and after the import, and the short form."""
    logging.getLogger("tensorflow").addFilter(is_about_the_student)
    shell.set_custom_exc((AssertionError, NotImplementedError), show_briefly)  # type: ignore[no-untyped-call]
