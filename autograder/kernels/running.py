"""
Run a notebook in a kernel of its own and say how each cell ended.

nbclient does the work. Whether a cell succeeded is read from its execute reply, never from its outputs: what a
cell wrote to stderr, or displayed as if it were an error, changes nothing.
"""

import asyncio
import os
import tempfile
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.kernels.limits import Limits

KERNEL_NAME = "tf1-graphs"
"""The course's own kernelspec, installed with the package."""

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""The only variables of the instructor's environment that a grading kernel sees."""


class Ended(Enum):
    """How the run of a whole notebook ended."""

    COMPLETE = "complete"
    CELL_TIMEOUT = "cell timeout"
    NOTEBOOK_TIMEOUT = "notebook timeout"
    DEAD_KERNEL = "dead kernel"


@dataclass(frozen=True)
class Reply:
    """
    How one cell ended, from its execute reply.

    Attributes
    ----------
    ok : bool
        Whether the cell ran to its end without an exception.
    error : str
        Name of the exception, e.g. ``"AssertionError"``; empty when `ok`.
    message : str
        What the exception says.
    """

    ok: bool
    error: str = ""
    message: str = ""


@dataclass(frozen=True)
class Run:
    """
    A notebook that has been run.

    Attributes
    ----------
    notebook : NotebookNode
        The notebook with the outputs of all cells that ran.
    ended : Ended
        How the run ended.
    replies : dict of str to Reply
        By cell id; a cell that did not run to an end has no entry.
    stopped_at : str
        Id of the cell that was running when the run was cut short; empty for a complete run.
    """

    notebook: NotebookNode
    ended: Ended
    replies: dict[str, Reply] = field(default_factory=dict)
    stopped_at: str = ""


def run(notebook: NotebookNode, limits: Limits) -> Run:
    """
    Run a notebook from top to bottom in a fresh kernel, whatever its cells raise.

    The kernel starts in an empty folder, which is also its home, with an environment of its own.
    """
    with tempfile.TemporaryDirectory(prefix="autograder-") as scratch:
        done = asyncio.run(_run(notebook, limits, Path(scratch)))
    _join_streams(notebook)
    return done


async def _run(notebook: NotebookNode, limits: Limits, scratch: Path) -> Run:
    replies: dict[str, Reply] = {}
    running = ""

    def start(cell: NotebookNode, **_: Any) -> None:
        nonlocal running
        running = cell.id

    def note(cell: NotebookNode, execute_reply: dict[str, Any], **_: Any) -> None:
        content = execute_reply["content"]
        ok = content.get("status") == "ok"
        replies[cell.id] = Reply(ok, str(content.get("ename", "")), str(content.get("evalue", "")))

    client = NotebookClient(
        notebook,
        kernel_name=KERNEL_NAME,
        kernel_manager_class=AsyncKernelManager,
        config=_connection(scratch),
        resources={"metadata": {"path": str(scratch)}},
        timeout=limits.cell_seconds,
        allow_errors=True,
        store_widget_state=False,
        on_cell_execute=start,
        on_cell_executed=note,
    )
    async with asyncio.timeout(limits.notebook_seconds) as clock:
        try:
            await client.async_execute(env=_environment(scratch), stdout=DEVNULL, stderr=DEVNULL)
        except CellTimeoutError:
            return Run(notebook, Ended.CELL_TIMEOUT, replies, running)
        except (DeadKernelError, asyncio.CancelledError):
            # nbclient takes a cancelled wait for a dead kernel.
            ended = Ended.NOTEBOOK_TIMEOUT if clock.expired() else Ended.DEAD_KERNEL
            return Run(notebook, ended, replies, running)
    return Run(notebook, Ended.COMPLETE, replies)


def _join_streams(notebook: NotebookNode) -> None:
    """
    Make one text of each stream of a cell, however it was chunked on its way.

    nbclient's own `coalesce_streams` takes time in the square of a line's length, and no timeout ends it.
    """
    for cell in notebook.cells:
        pieces: dict[str, list[str]] = {}
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                pieces.setdefault(output.name, []).append(output.text)
        kept = []
        for output in cell.get("outputs", []):
            if output.output_type != "stream":
                kept.append(output)
            elif output.name in pieces:
                output.text = "".join(pieces.pop(output.name))
                kept.append(output)
        if "outputs" in cell:
            cell.outputs = kept


def _connection(scratch: Path) -> Config:
    """Connect through sockets that are files: nothing listens on the network. The path must be absolute and short."""
    config = Config()
    config.KernelManager.transport = "ipc"
    config.KernelManager.ip = str(scratch / "kernel")
    config.KernelManager.connection_file = str(scratch / "kernel.json")
    return config


def _environment(scratch: Path) -> dict[str, str]:
    home = str(scratch)
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {"HOME": home, "TMPDIR": home, "IPYTHONDIR": home, "JUPYTER_RUNTIME_DIR": home}
