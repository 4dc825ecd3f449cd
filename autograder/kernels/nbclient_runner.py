"""
The runner that nbclient does the work of: a notebook in a kernel of its own, and how each cell ended.

Whether a cell succeeded is read from its execute reply, never from its outputs: what a
cell wrote to stderr, or displayed as if it were an error, changes nothing. What comes out of the kernel is counted
while it arrives, so that no submission can fill the grader's memory.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.kernels.cell_time import CellTime
from autograder.kernels.kernelspec import kernel_name
from autograder.kernels.metering import Meter, MeteredManager
from autograder.kernels.provisioner import AUTOGRADING, WarmProvisioner
from autograder.kernels.run import Ended, Reply, Run
from autograder.kernels.source import KernelSource
from autograder.kernels.zygote_client import Exit
from autograder.probes import DESK, PROBE_VARIABLE
from autograder.zygote.data_files import copy_data, write_data

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
"""The only variables of the instructor's environment that a kernel without a jail sees."""

_NEVER = 10**6
"""Seconds that nothing takes."""

_FOR_GRADING = [
    "--HistoryManager.enabled=False",
    # Where somebody works, sources in colour are worth a tenth of a second for each error. Here they are not.
    "--InteractiveShell.xmode=Plain",
]
"""Options of ipykernel."""


@dataclass(frozen=True)
class NbclientRunner(KernelSource):
    """
    Runs notebooks through nbclient; see `autograder.kernels.run.Runner`.

    Attributes
    ----------
    warm : bool
        Whether kernels are forked; a jailed one always is.
    """

    warm: bool = True

    def run(self, notebook: NotebookNode, ending: str = DESK) -> Run:
        """
        Run a notebook, see `autograder.kernels.run.Runner.run`.

        Raises
        ------
        autograder.errors.NoZygoteError
            When the kernel must be jailed and cannot be.
        """
        with ExitStack() as opened:
            # In a thread, because nbclient would take over a main thread's signals.
            thread = opened.enter_context(ThreadPoolExecutor(1))
            # A jailed kernel sees nothing of it. In /tmp, because paths of sockets must be short.
            scratch = (
                "/" if self.jailed else opened.enter_context(TemporaryDirectory(prefix="autograder-", dir="/tmp"))
            )
            if not self.jailed:
                copy_data(self.data_paths, Path(scratch))
                write_data(self.own, Path(scratch))
            return thread.submit(asyncio.run, self._run(notebook, Path(scratch), ending)).result()

    async def _run(self, notebook: NotebookNode, scratch: Path, ending: str) -> Run:
        client = _Client(
            notebook,
            Meter(self.limits),
            CellTime(self.limits),
            kernel_name=kernel_name(self.subject),
            config=self._config(scratch),
            resources={"metadata": {"path": str(scratch)}},
        )
        ended, why = Ended.COMPLETE, ""
        async with asyncio.timeout(None) as clock:
            watching = asyncio.create_task(client.watch(clock))
            try:
                environment = _environment(scratch) | {PROBE_VARIABLE: ending, **AUTOGRADING}
                await client.async_execute(env=environment, stdout=DEVNULL, stderr=DEVNULL)
            except (DeadKernelError, asyncio.CancelledError):
                # nbclient takes a cancelled wait for a dead kernel.
                ended = client.overdue or Ended.DEAD_KERNEL
            except Exception as error:
                if not client.running:
                    raise
                # Of the grader's own: told as an end, because it must be known how far the notebook came.
                ended, why = Ended.LOST, f"{type(error).__name__}: {' '.join(str(error).split())}"
            finally:
                watching.cancel()
        done = Run(notebook, ended, client.replies, client.running, why=why)
        return self.concluded(done, client.exit, client.meter)

    def _config(self, scratch: Path | None = None) -> Config:
        config = Config()
        config.WarmProvisioner.jailed = self.jailed
        config.WarmProvisioner.warm = self.warm
        if self.jailed:
            config.WarmProvisioner.limits = asdict(self.limits)
            config.WarmProvisioner.data = self.data_paths
            config.WarmProvisioner.own = dict(self.own)
        elif scratch is not None:
            # Sockets that are files: nothing listens on the network. A jailed kernel has such ones anyway.
            config.KernelManager.transport = "ipc"
            config.KernelManager.ip = str(scratch / "kernel")
            config.KernelManager.connection_file = str(scratch / "kernel.json")
        if self.preload is not None:
            config.WarmProvisioner.preload = list(self.preload)
        config.WarmProvisioner.imports = list(self.imports)
        return config


class _Client(NotebookClient):
    """nbclient's, without what a submission could misuse."""

    def __init__(self, notebook: NotebookNode, meter: Meter, time: CellTime, **traits: Any) -> None:
        super().__init__(
            notebook,
            kernel_manager_class=MeteredManager,
            allow_errors=True,
            store_widget_state=False,
            # `watch` knows when something has had its time.
            timeout=None,
            raise_on_iopub_timeout=True,
            iopub_timeout=_NEVER,
            shutdown_kernel="immediate",
            extra_arguments=_FOR_GRADING,
            on_cell_execute=self._start,
            on_cell_executed=self._note,
            **traits,
        )
        self.meter = meter
        self.overdue: Ended | None = None
        self._time = time
        self.replies: dict[str, Reply] = {}
        self.running = ""
        self._manager: MeteredManager | None = None

    @property
    def exit(self) -> Exit | None:
        """How a warm kernel has ended."""
        return None if self._provisioner is None else self._provisioner.exit

    @property
    def _provisioner(self) -> WarmProvisioner | None:
        provisioner = self._manager and self._manager.provisioner
        return provisioner if isinstance(provisioner, WarmProvisioner) else None

    def create_kernel_manager(self) -> MeteredManager:
        """Make the manager that counts."""
        manager = super().create_kernel_manager()
        assert isinstance(manager, MeteredManager)
        manager.meter = self.meter
        self._manager = manager
        return manager

    async def watch(self, clock: asyncio.Timeout) -> None:
        """See that no cell takes longer than it may, nor the notebook, and end the run by its clock."""
        while self.overdue is None:
            await asyncio.sleep(self._time.next_look)
            self.overdue = self._time.over
        clock.reschedule(asyncio.get_running_loop().time())

    def _start(self, cell: NotebookNode, **_: Any) -> None:
        if not self.running:
            self._know_the_process()
        self.running = cell.id
        self._time.begin()

    def _know_the_process(self) -> None:
        """Find the kernel's process by the other end of a channel, and put it where it is limited."""
        assert self.kc is not None and self._manager is not None
        self._time.pid = self.kc.iopub_channel.pid
        if self._provisioner is not None:
            self._provisioner.put_into_group(self._time.pid)

    def _note(self, cell: NotebookNode, execute_reply: dict[str, Any], **_: Any) -> None:
        self._time.end()
        content = execute_reply["content"]
        ok = content.get("status") == "ok"
        words = (str(content.get("ename", "")), str(content.get("evalue", "")))
        self.replies[cell.id] = Reply(ok, *words, "\n".join(map(str, content.get("traceback", ()))))

    def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
        """Leave the outputs of earlier cells as they are."""

    def clear_output(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Keep what was shown: an answer that clears its progress would take a test's evidence along."""

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Ignore widgets, whose state would be kept without bound."""


def _environment(scratch: Path) -> dict[str, str]:
    """Give the environment of a kernel without a jail."""
    home = str(scratch)
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {"HOME": home, "TMPDIR": home, "IPYTHONDIR": home, "JUPYTER_RUNTIME_DIR": home}
