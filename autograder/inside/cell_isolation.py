"""
Keeps what one cell asks of its kernel from the tests behind it.

Evidence is text, so how values are written must not depend on what an answer prefers: ``%precision``, ``%pprint`` and
formatters of a student's own hold until the end of the cell that asks for them. And whoever leaves ``exit()`` in a
notebook means the end of a cell, not of the grading.
"""

from typing import Any

from IPython.core.formatters import PlainTextFormatter
from IPython.core.interactiveshell import InteractiveShell


def isolate_cells(shell: InteractiveShell) -> None:
    """Let every cell begin with IPython's own way of writing values, and let no cell ask for the kernel's end."""

    def begin(*_: object) -> None:
        formatter: Any = shell.display_formatter
        formatter.formatters["text/plain"] = PlainTextFormatter(parent=formatter)

    shell.events.register("pre_run_cell", begin)
    shell.ask_exit = lambda: None  # type: ignore[attr-defined]  # ipykernel's shell has it
