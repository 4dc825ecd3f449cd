"""
Run a notebook in a kernel of its own and say how each cell ended.

nbclient does the work. Whether a cell succeeded is read from its execute reply, never from its outputs: what a
cell wrote to stderr, or displayed as if it were an error, changes nothing. What comes out of the kernel is counted
while it arrives, so that no submission can fill the grader's memory.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from typing import Any

import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets import default
from traitlets.config import Config

from autograder.course import DataFile
from autograder.errors import CourseError
from autograder.kernels.data import copy_data
from autograder.kernels.limits import Limits
from autograder.kernels.messages import ABOUT_NOTHING, sound
from autograder.kernels.provisioner import WarmProvisioner
from autograder.kernels.warm import Connection, Zygote
from autograder.probes import DESK, VARIABLE

KERNEL_NAME = "tf1-graphs"
"""The course's own kernelspec, installed with the package."""

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
"""The only variables of the instructor's environment that a kernel without a jail sees."""


class Ended(Enum):
    """How the run of a whole notebook ended."""

    COMPLETE = "complete"
    CELL_TIMEOUT = "cell timeout"
    NOTEBOOK_TIMEOUT = "notebook timeout"
    DEAD_KERNEL = "dead kernel"
    LIMIT = "limit"


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

    @property
    def refused(self) -> str:
        """The limit that the exception speaks of, e.g. ``"memory"``; empty for any other exception."""
        for limit, error, beginning in _REFUSALS:
            if self.error == error and self.message.startswith(beginning):
                return limit
        return ""


_FOR_GRADING = [
    "--HistoryManager.enabled=False",
    # Where somebody works, sources in colour are worth a tenth of a second for each error. Here they are not.
    "--InteractiveShell.xmode=Plain",
]
"""Options of ipykernel."""

_REFUSALS = (
    ("memory", "MemoryError", ""),
    ("memory", "ResourceExhaustedError", ""),
    ("memory", "OSError", "[Errno 12]"),
    ("disk", "OSError", "[Errno 28]"),
    ("disk", "OSError", "[Errno 27]"),
    ("processes", "BlockingIOError", "[Errno 11]"),
    ("processes", "RuntimeError", "can't start new thread"),
)
"""How Python and TensorFlow say that the system has refused them something: limit, exception, message."""


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
    limit : str
        Which limit was hit, e.g. ``"output"``; empty when none was.
    """

    notebook: NotebookNode
    ended: Ended
    replies: dict[str, Reply] = field(default_factory=dict)
    stopped_at: str = ""
    limit: str = ""


@dataclass(frozen=True)
class Kernels:
    """
    What kernels notebooks are run in.

    Attributes
    ----------
    limits : Limits
        What each notebook may use.
    jailed : bool
        Whether kernels are kept from the network, the disk and everybody else.
    preload : tuple of str
        What is imported before kernels are forked; empty for what `WarmProvisioner` says.
    warm : bool
        Whether kernels are forked; a jailed one always is.
    data : tuple of DataFile
        What a notebook finds in its folder.
    """

    limits: Limits = field(default_factory=Limits)
    jailed: bool = True
    preload: tuple[str, ...] = ()
    warm: bool = True
    data: tuple[DataFile, ...] = ()

    def run(self, notebook: NotebookNode, ending: str = DESK) -> Run:
        """
        Run a notebook from top to bottom in a fresh kernel, whatever its cells raise.

        The kernel starts in a folder of its own, which is also its home, with an environment of its own. In it are
        copies of `data`, and nothing else.

        Parameters
        ----------
        ending : str
            The ending of the names that `autograder.probe` gives.

        Raises
        ------
        autograder.kernels.warm.NoZygoteError
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
                copy_data(self._paths(), Path(scratch))
            done = thread.submit(asyncio.run, self._run(notebook, Path(scratch), ending)).result()
        _join_streams(notebook)
        return done

    def zygote(self) -> Zygote:
        """Name the warm process that these kernels come from."""
        spec = KernelSpecManager().get_kernel_spec(KERNEL_NAME)
        return WarmProvisioner(kernel_spec=spec, config=self._config()).zygote(dict(spec.env))

    def lease(self) -> Connection:
        """
        Start the warm process if need be, and keep it until the connection is closed.

        Raises
        ------
        KernelError
            When there can be none.
        """
        return asyncio.run(self.zygote().lease())

    async def _run(self, notebook: NotebookNode, scratch: Path, ending: str) -> Run:
        client = _Client(
            notebook,
            _Meter(self.limits),
            kernel_name=KERNEL_NAME,
            config=self._config(scratch),
            resources={"metadata": {"path": str(scratch)}},
            timeout=self.limits.cell_seconds,
        )
        ended = Ended.COMPLETE
        async with asyncio.timeout(self.limits.notebook_seconds) as clock:
            try:
                environment = _environment(scratch) | {VARIABLE: ending}
                await client.async_execute(env=environment, stdout=DEVNULL, stderr=DEVNULL)
            except CellTimeoutError as error:
                # The cell has ended, and its outputs never came: one was so big that the kernel was cut off.
                client.meter.is_over |= "IOPub" in str(error)
                ended = Ended.CELL_TIMEOUT
            except (DeadKernelError, asyncio.CancelledError):
                # nbclient takes a cancelled wait for a dead kernel.
                ended = Ended.NOTEBOOK_TIMEOUT if clock.expired() else Ended.DEAD_KERNEL
        limit = client.limit or next(filter(None, (reply.refused for reply in client.replies.values())), "")
        if limit:
            ended = Ended.LIMIT
        return Run(notebook, ended, client.replies, "" if ended is Ended.COMPLETE else client.running, limit)

    def _paths(self) -> dict[str, str]:
        return {file.name: str(file.path) for file in self.data}

    def _config(self, scratch: Path | None = None) -> Config:
        config = Config()
        config.WarmProvisioner.jailed = self.jailed
        config.WarmProvisioner.warm = self.warm
        if self.jailed:
            config.WarmProvisioner.limits = asdict(self.limits)
            config.WarmProvisioner.data = self._paths()
        elif scratch is not None:
            # Sockets that are files: nothing listens on the network. A jailed kernel has such ones anyway.
            config.KernelManager.transport = "ipc"
            config.KernelManager.ip = str(scratch / "kernel")
            config.KernelManager.connection_file = str(scratch / "kernel.json")
        if self.preload:
            config.WarmProvisioner.preload = list(self.preload)
        return config


def kernels_of(config: Config, *, jailed: bool, data: tuple[DataFile, ...] = ()) -> Kernels:
    """
    Read what a course's configuration says about kernels: ``c.Limits`` and ``c.WarmProvisioner.preload``.

    Where it sets no limit for a cell, nbgrader's ``c.Execute.timeout`` is taken.

    Raises
    ------
    CourseError
        When it names a limit that there is not, or gives one that is no positive number, or when the files for
        notebooks would fill half of what these may write.
    """
    given = dict(config.get("Limits", {}))
    for name, value in given.items():
        if name not in Limits.__dataclass_fields__ or not isinstance(value, int) or value <= 0:
            known = ", ".join(Limits.__dataclass_fields__)
            raise CourseError(f"c.Limits.{name} = {value!r}: give a positive whole number to one of {known}")
    timeout = config.get("Execute", {}).get("timeout", config.get("ExecutePreprocessor", {}).get("timeout"))
    if isinstance(timeout, int) and timeout > 0:
        given.setdefault("cell_seconds", timeout)
        given.setdefault("notebook_seconds", max(timeout, Limits().notebook_seconds))
    limits = Limits(**given)
    size = sum(file.path.stat().st_size for file in data)
    if size > limits.scratch_bytes // 2 or len(data) > limits.scratch_files // 2:
        raise CourseError(
            f"{data[0].path.parent}: {len(data)} files of {size} bytes for the notebooks are more than half of "
            "what a kernel may write; set c.Limits.scratch_bytes and scratch_files higher in nbgrader_config.py"
        )
    return Kernels(limits, jailed, tuple(config.get("WarmProvisioner", {}).get("preload", ())), data=data)


class _Meter:
    """Counts what comes out of a kernel."""

    def __init__(self, limits: Limits) -> None:
        self._bytes, self._messages = limits.output_bytes, limits.output_messages
        self.largest = limits.output_bytes
        self.is_over = False

    def count(self, size: int) -> None:
        """Take a message into account."""
        self._bytes -= size
        self._messages -= 1
        self.is_over = self._bytes < 0 or self._messages < 0


class _MeteredChannel(AsyncZMQSocketChannel):
    """A channel from the kernel; when too much has come it ends the kernel and falls silent."""

    manager: "_Manager"

    async def _recv(self, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]  # as its base class does
        parts = await self.socket.recv_multipart(**kwargs)
        self.manager.meter.count(sum(map(len, parts)))
        if self.manager.meter.is_over:
            if self.manager.provisioner is not None:
                await self.manager.provisioner.kill()
            await asyncio.Future()
        try:
            _, message = self.session.feed_identities(parts)
            return sound(self.session.deserialize(message))
        except Exception:
            # Not signed, sent twice, cut off, no JSON, too deep, or of a shape that jupyter_client never thought of.
            return dict(ABOUT_NOTHING)


class _MeteredClient(AsyncKernelClient):
    parent: "_Manager"

    def _context_default(self) -> zmq.asyncio.Context:
        context = super()._context_default()
        # Or one big message would be in memory before it could be counted; its sender is cut off instead.
        context.setsockopt(zmq.MAXMSGSIZE, self.parent.meter.largest)
        return context

    @property
    def iopub_channel(self) -> Any:
        if self._iopub_channel is None:
            self._iopub_channel = self._metered(self.connect_iopub())
        return self._iopub_channel

    @property
    def shell_channel(self) -> Any:
        if self._shell_channel is None:
            self._shell_channel = self._metered(self.connect_shell(identity=self.session.bsession))
        return self._shell_channel

    def _metered(self, socket: Any) -> _MeteredChannel:
        self.parent.monitors.append(socket.get_monitor_socket(zmq.EVENT_DISCONNECTED))
        channel = _MeteredChannel(socket, self.session, self.ioloop)
        channel.manager = self.parent
        return channel


class _Manager(AsyncKernelManager):
    meter: _Meter

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.monitors: list[zmq.asyncio.Socket] = []
        """Where ZeroMQ tells that a channel was closed."""

    @default("client_factory")
    def _metered(self) -> type[_MeteredClient]:
        return _MeteredClient


class _Client(NotebookClient):
    """nbclient's, without what a submission could misuse."""

    def __init__(self, notebook: NotebookNode, meter: _Meter, **traits: Any) -> None:
        super().__init__(
            notebook,
            kernel_manager_class=_Manager,
            allow_errors=True,
            store_widget_state=False,
            raise_on_iopub_timeout=True,
            iopub_timeout=10,
            shutdown_kernel="immediate",
            extra_arguments=_FOR_GRADING,
            on_cell_execute=self._start,
            on_cell_executed=self._note,
            **traits,
        )
        self.meter = meter
        self.replies: dict[str, Reply] = {}
        self.running = ""
        self._manager: _Manager | None = None

    @property
    def limit(self) -> str:
        """The limit that the kernel hit; empty when it hit none."""
        if self.meter.is_over:
            return "output"
        provisioner = self._manager and self._manager.provisioner
        return provisioner.ended_by_limit if isinstance(provisioner, WarmProvisioner) else ""

    def create_kernel_manager(self) -> _Manager:
        """Make the manager that counts."""
        manager = super().create_kernel_manager()
        assert isinstance(manager, _Manager)
        manager.meter = self.meter
        self._manager = manager
        return manager

    def _start(self, cell: NotebookNode, **_: Any) -> None:
        self.running = cell.id

    def _note(self, cell: NotebookNode, execute_reply: dict[str, Any], **_: Any) -> None:
        content = execute_reply["content"]
        ok = content.get("status") == "ok"
        self.replies[cell.id] = Reply(ok, str(content.get("ename", "")), str(content.get("evalue", "")))

    async def _async_handle_timeout(self, timeout: int, cell: NotebookNode | None = None) -> None:
        """See whether it was the reply that was so big: a living kernel's channel was closed then."""
        assert self._manager is not None
        self.meter.is_over |= any(int(monitor.get(zmq.EVENTS)) & zmq.POLLIN for monitor in self._manager.monitors)
        await super()._async_handle_timeout(timeout, cell)

    def _update_display_id(self, display_id: str, msg: dict[str, Any]) -> None:
        """Leave the outputs of earlier cells as they are."""

    def clear_output(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Keep what was shown: an answer that clears its progress would take a test's evidence along."""

    def handle_comm_msg(self, outs: list[NotebookNode], msg: dict[str, Any], cell_index: int) -> None:
        """Ignore widgets, whose state would be kept without bound."""


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


def _environment(scratch: Path) -> dict[str, str]:
    """Give the environment of a kernel without a jail."""
    home = str(scratch)
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {"HOME": home, "TMPDIR": home, "IPYTHONDIR": home, "JUPYTER_RUNTIME_DIR": home}
