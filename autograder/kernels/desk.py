"""
What a student's kernel remembers, so that a test that fails can say at once which idea was wrong.

The grader has the master to hold a graph against; at a desk the test itself says which outputs are meant to share.
The rules and the words are the same in both places.
"""

from typing import Any

from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell

from autograder.misconceptions import Hint
from autograder.sharing import GRAPH_TYPE, read_graph
from autograder.symptoms import Drawn, Look, hints


class Desk:
    """The cells that were run in a kernel, by the ids that JupyterLab gives them, and what the last one showed."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._sources: dict[str, str] = {}
        self._running = ""
        self._shown: list[dict[str, Any]] = []
        shell.events.register("pre_run_cell", self._begin)
        shell.display_pub.register_hook(self._see)  # type: ignore[attr-defined]  # it is ipykernel's

    def hints(self, kind: type[BaseException], error: BaseException) -> tuple[Hint, ...]:
        """Name the misconceptions behind an error in a test cell; none where its exercise was not run."""
        test = self._running
        exercise = max(
            (name for name in self._sources if f"{test}-".startswith(f"test-{name}-")), key=len, default=""
        )
        if not exercise:
            return ()
        said = [data.get("text/plain", "") for data in self._shown if GRAPH_TYPE not in data]
        drawn = [Drawn(*read_graph(data[GRAPH_TYPE])) for data in self._shown if GRAPH_TYPE in data]
        raised = "" if kind is AssertionError else f"{kind.__name__}: {error}"
        return hints(exercise, self._sources[exercise], [Look(test, "\n".join(said), raised, tuple(drawn))])

    def _begin(self, info: ExecutionInfo) -> None:
        self._running = str(info.cell_id or "")
        self._sources[self._running] = str(info.raw_cell)
        self._shown = []

    def _see(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["header"]["msg_type"] == "display_data":
            self._shown.append(message["content"]["data"])
        return message
