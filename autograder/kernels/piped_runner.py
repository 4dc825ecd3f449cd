"""
The runner that grading uses: it sends one cell after the other into a kernel with a single pipe.

The kernel is ipykernel's, see `autograder.inside.piped_kernel`; what nbclient and jupyter_client do about outputs is
done here in the same way, without event loops, ZeroMQ, signatures and a second look at everything. A cell is sent
when the one before it has been answered: a kernel must not know a hidden test before its turn has come.

Whether a cell succeeded is read from its execute reply, never from its outputs. What comes out of the kernel is
counted while it arrives, by the heads of its records, so that no submission can fill the grader's memory.
"""

import asyncio
import json
import secrets
import shutil
import signal
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from nbformat import NotebookNode, from_dict

from autograder.errors import NoZygoteError
from autograder.inside.framing import HEAD, NAME_BYTES, framed
from autograder.kernels.cell_time import CellTime
from autograder.kernels.control_groups import KernelGroup, new_group
from autograder.kernels.messages import ABOUT_NOTHING, sound
from autograder.kernels.metering import Meter
from autograder.kernels.provisioner import AUTOGRADING
from autograder.kernels.run import Ended, Reply, Run
from autograder.kernels.source import KernelSource
from autograder.kernels.wire import FRAME_BYTES, OverLimitError
from autograder.kernels.zygote_client import Connection, Exit
from autograder.probes import DESK, PROBE_VARIABLE
from autograder.text import readable
from autograder.zygote import bubblewrap
from autograder.zygote.data_files import lay_out
from autograder.zygote.protocol import DATA, Order

_ENDS_WITHIN = 10
"""Seconds until a kernel that was killed has ended: longer only where the warm process is in trouble."""

_ENDS_BY_ITSELF_WITHIN = 2
"""Seconds until the end of a kernel that has hung up is known; then it has closed its pipe and goes on."""

_BUFFER_BYTES = 2**16

_CREDENTIALS = struct.Struct("3i")
"""Process, user and group of whoever has written, see SCM_CREDENTIALS in unix(7)."""

_OUTPUTS = {
    "stream": ("name", "text"),
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
}
"""What of a message of each type nbformat's outputs have."""

_FIRST_RECORD_SECONDS = 60
"""Until a forked kernel says what it is, on a machine that has much else to do."""

_ARGUMENTS = ["-f", "/tmp/kernel.json"]
"""What every kernel of Jupyter has been called with, for code that reads ``sys.argv``; there is no such file."""

_SKIPPED = "skip-execution"
"""The tag of cells that nbclient leaves out."""


@dataclass(frozen=True)
class PipedRunner(KernelSource):
    """Runs notebooks in jailed kernels that speak through a pipe; see `autograder.kernels.run.Runner`."""

    piped: ClassVar[bool] = True

    def run(self, notebook: NotebookNode, ending: str = DESK) -> Run:
        """
        Run a notebook, see `autograder.kernels.run.Runner.run`.

        Raises
        ------
        autograder.errors.NoZygoteError
            When there can be no jailed kernel.
        """
        with _kernel(self, ending) as kernel:
            return _Execution(self, notebook, kernel).finish()


class _Kernel:
    """One kernel, from its birth to its end."""

    def __init__(self, connection: Connection, pipe: socket.socket, group: KernelGroup | None, meter: Meter) -> None:
        self._connection, self._pipe, self._group, self.meter = connection, pipe, group, meter
        self._buffer = bytearray()
        self._size: int | None = None
        self._exit: Exit | None = None

    def begin(self) -> tuple[int, dict[str, Any]]:
        """
        Hear what the kernel is, before it has run anything: its process, as this one knows it, and its language.

        Raises
        ------
        NoZygoteError
            When there is no kernel, or it cannot be put into its control group.
        """
        self._pipe.settimeout(_FIRST_RECORD_SECONDS)
        try:
            first, ancillary, _, _ = self._pipe.recvmsg(1, socket.CMSG_SPACE(_CREDENTIALS.size), socket.MSG_PEEK)
        except TimeoutError:
            first, ancillary = b"", []
        if not first:
            raise NoZygoteError("a kernel did not start; see the log of the warm process")
        pid = next(
            (int(_CREDENTIALS.unpack(data)[0]) for _, kind, data in ancillary if kind == socket.SCM_CREDENTIALS), 0
        )
        if self._group is not None:
            self._group.take(pid)
        message = self.hear(time.monotonic() + _FIRST_RECORD_SECONDS)
        return pid, {} if message is None else message["content"].get("language_info", {})

    def send(self, name: str, code: str) -> None:
        """Have it run a cell. What it says about it has the request's name, which nobody can know beforehand."""
        self._pipe.settimeout(None)
        # What ends early is heard of when its words are waited for.
        with suppress(OSError):
            self._pipe.sendall(framed((name + readable(code)).encode()))

    def hear(self, until: float) -> dict[str, Any] | None:
        """
        Give the next message; None when none has come by then.

        Raises
        ------
        EOFError
            When the kernel has hung up.
        OverLimitError
            When more comes than may come.
        """
        while (record := self._record()) is None:
            self._pipe.settimeout(max(0.001, until - time.monotonic()))
            try:
                more = self._pipe.recv(_BUFFER_BYTES)
            except TimeoutError:
                return None
            except OSError:
                more = b""
            if not more:
                raise EOFError
            self._buffer += more
        self.meter.count_message([record])
        return _message(record)

    def _record(self) -> bytes | None:
        """Take a record that is there; what one costs is counted as soon as its head is."""
        if self._size is None:
            if len(self._buffer) < HEAD.size:
                return None
            (self._size,) = HEAD.unpack_from(self._buffer)
            del self._buffer[: HEAD.size]
            self.meter.count(self._size + FRAME_BYTES)
        if len(self._buffer) < self._size:
            return None
        record = bytes(self._buffer[: self._size])
        del self._buffer[: self._size]
        self._size = None
        return record

    def end(self, *, hung_up: bool = False) -> Exit:
        """
        End it, wait until it has ended, and say how.

        Parameters
        ----------
        hung_up : bool
            Whether it has hung up, so that it may have ended by itself.
        """
        if self._exit is None:
            ended = self._connection.exit_within(_ENDS_BY_ITSELF_WITHIN) if hung_up else None
            if ended is None:
                with suppress(OSError):
                    self._connection.signal(signal.SIGKILL)
                ended = self._connection.exit_within(_ENDS_WITHIN) or Exit(
                    -signal.SIGKILL, lost=f"the warm process did not end the kernel within {_ENDS_WITHIN} s"
                )
            self._exit = ended.held_to(self._group)
        return self._exit


class _Execution:
    """One notebook in one kernel: what nbclient does, one cell after the other."""

    def __init__(self, source: KernelSource, notebook: NotebookNode, kernel: _Kernel) -> None:
        self._source, self._notebook, self._kernel = source, notebook, kernel
        self._time = CellTime(source.limits)
        self._replies: dict[str, Reply] = {}
        self._running = ""

    def finish(self) -> Run:
        """Run the notebook, end the kernel, and say how both ended."""
        ended, why, hung_up = Ended.COMPLETE, "", False
        self._time.pid, language = self._kernel.begin()
        self._notebook.metadata["language_info"] = language
        try:
            for cell in filter(_is_run, self._notebook.cells):
                self._run(cell, secrets.token_hex(NAME_BYTES // 2))
        except TimeoutError:
            ended = self._time.over or Ended.CELL_TIMEOUT
        except (EOFError, OverLimitError) as end:
            ended, hung_up = Ended.DEAD_KERNEL, isinstance(end, EOFError)
        except Exception as error:
            # Of the grader's own: told as an end, because it must be known how far the notebook came.
            ended, why = Ended.LOST, f"{type(error).__name__}: {' '.join(str(error).split())}"
        done = Run(self._notebook, ended, self._replies, self._running, why=why)
        return self._source.concluded(done, self._kernel.end(hung_up=hung_up), self._kernel.meter)

    def _run(self, cell: NotebookNode, name: str) -> None:
        """
        Run a cell, and keep what it shows and how it ended.

        Raises
        ------
        TimeoutError
            When it, or the notebook, has taken too long.
        """
        self._running, cell.outputs = cell.id, []
        self._time.begin()
        self._kernel.send(name, cell.source)
        is_idle = False
        while not (is_idle and cell.id in self._replies):
            message = self._heard()
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != name:
                continue
            if kind == "execute_reply":
                self._replies.setdefault(cell.id, _reply(content))
            elif kind == "status":
                is_idle |= content["execution_state"] == "idle"
            elif not is_idle:
                _show(cell, kind, content)
        self._time.end()

    def _heard(self) -> dict[str, Any]:
        while True:
            message = self._kernel.hear(time.monotonic() + self._time.next_look)
            if message is not None:
                return message
            if self._time.over is not None:
                raise TimeoutError


def _is_run(cell: NotebookNode) -> bool:
    """Tell whether nbclient would run a cell."""
    return cell.cell_type == "code" and bool(cell.source.strip()) and _SKIPPED not in cell.metadata.get("tags", [])


def _message(record: bytes) -> dict[str, Any]:
    """Read a record as the message that it stands for; one that is none is about nothing."""
    try:
        said = json.loads(record)
        kind, about = said["msg_type"], {"msg_id": said["about"]}
        return sound(
            {"header": {"msg_type": kind}, "msg_type": kind, "parent_header": about, "content": said["content"]}
        )
    except (ValueError, RecursionError, LookupError, TypeError):
        # No JSON, too deep, or of a shape that nobody thought of.
        return dict(ABOUT_NOTHING)


def _reply(content: dict[str, Any]) -> Reply:
    traceback = "\n".join(content.get("traceback", ()))
    return Reply(content["status"] == "ok", content.get("ename", ""), content.get("evalue", ""), traceback)


def _show(cell: NotebookNode, kind: str, content: dict[str, Any]) -> None:
    """
    Keep what a message adds to a cell.

    What was shown before stays: an answer that clears its progress would take a test's evidence along.
    """
    if kind in _OUTPUTS:
        cell.outputs.append(from_dict({"output_type": kind} | {name: content[name] for name in _OUTPUTS[kind]}))
    if "execution_count" in content:
        cell.execution_count = content["execution_count"]


@contextmanager
def _kernel(source: KernelSource, ending: str) -> Iterator[_Kernel]:
    """Have a kernel forked, and see that nothing of it stays."""
    with ExitStack() as opened:
        zygote = source.zygote()
        connection = asyncio.run(zygote.hold())
        opened.callback(connection.close)
        ours, theirs = socket.socketpair()
        opened.callback(ours.close)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        with theirs:
            folder = zygote.new_folder(connection)
            opened.callback(shutil.rmtree, folder, ignore_errors=True)
            lay_out(folder / DATA, source.data_paths, source.own)
            group = new_group(connection.groups, folder.name, source.limits)
            if group is not None:
                opened.callback(group.close)
            spec = dict(zygote.environment)
            inside = bubblewrap.environment({**spec, **AUTOGRADING, PROBE_VARIABLE: ending})
            order = Order(_ARGUMENTS, inside, str(folder), asdict(source.limits), piped=True)
            asyncio.run(connection.order(order, [theirs.fileno()]))
        kernel = _Kernel(connection, ours, group, Meter(source.limits))
        # Nobody comes after it before it has ended.
        opened.callback(kernel.end)
        yield kernel
