"""
Evidence is text, so how values are written must not depend on what an answer prefers.

``%precision``, ``%pprint`` and formatters of a student's own hold until the end of the cell that asks for them.
"""

from IPython.core.formatters import PlainTextFormatter
from IPython.core.interactiveshell import InteractiveShell


def write_as_usual(shell: InteractiveShell) -> None:
    """Let every cell begin with IPython's own way of writing values."""

    def begin(*_: object) -> None:
        formatter = shell.display_formatter
        formatter.formatters["text/plain"] = PlainTextFormatter(parent=formatter)

    shell.events.register("pre_run_cell", begin)
