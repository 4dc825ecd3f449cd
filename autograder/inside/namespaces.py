"""
Hidden tests run last, each with the names that were there where it stands in the notebook.

A kernel is told nothing hidden before everything is shown that people will see of a run. What a later cell has bound
anew, the copy of an answer say, must not count for a test that stands before it: so the names are kept there, and
are back when the whole test runs.
"""

from typing import Any

from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell

from autograder.known_tests import BRING_BACK

KEEP = "# autograder: keep the names for "
"""How the last line begins of a test of which only the visible part is run."""


class KeptNamespaces:
    """What the names of a notebook stood for at the tests that will run again."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._kept: dict[str, dict[str, Any]] = {}
        shell.events.register("pre_run_cell", self._begin)

    def _begin(self, info: ExecutionInfo) -> None:
        last = str(info.raw_cell).rpartition("\n")[2]
        names: dict[str, Any] = self._shell.user_ns
        if last.startswith(KEEP):
            self._kept[last.removeprefix(KEEP)] = dict(names)
        elif last.startswith(BRING_BACK):
            before = self._kept.get(last.removeprefix(BRING_BACK), {})
            for name in names.keys() - before.keys() if before else ():
                del names[name]
            names.update(before)
