"""
ipykernel's own kernel, which speaks through one pair of sockets instead of five sockets with names.

Whoever grades runs one cell after the other and waits for each. For that nobody needs ZeroMQ, a heartbeat, a control
channel or signatures, whose threads and second copies of everything cost more than many a cell. The application, the
kernel, the shell, the streams and the display machinery are ipykernel's; only what they send through is different.

Requests and messages are records, see `autograder.inside.framing`: a request is a name and the text of a cell, a
message what `Session.send` would have sent, without header and signature. Student code can write records, too, as it
could send messages: nobody on the other side believes any.
"""

import asyncio
import codecs
import os
import select
import socket
import sys
import threading
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ipykernel.iostream import BackgroundSocket, IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from IPython.core.application import BaseIPythonApplication
from IPython.core.profiledir import ProfileDir
from jupyter_client.session import Session
from tornado.ioloop import IOLoop
from traitlets import Instance, default
from traitlets.config import Config

from autograder.inside.framing import HEAD, NAME_BYTES, framed

_UNHEARD = ("comm_open", "comm_msg", "comm_close", "debug_event")
"""Types of messages that nobody listens to where notebooks are graded."""

_PIPE_BYTES = 2**16

_CONFIGURATION = Config(
    InteractiveShellApp=Config(extra_extensions=["autograder.inside.extension"]),
    HistoryManager=Config(enabled=False),
    # Where somebody works, sources in colour are worth a tenth of a second for each error. Here they are not.
    InteractiveShell=Config(xmode="Plain"),
)

_REQUEST = {"msg_type": "execute_request", "username": "grading", "session": "grading"}


class PipedSession(Session):
    """Writes what ipykernel sends as records."""

    pipe = Instance(socket.socket)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.writing = threading.RLock()

    def send(
        self, stream: Any, msg_or_type: Any, content: Any = None, parent: Any = None, *_: Any, **more: Any
    ) -> Any:
        """Write a message, whatever socket it was meant for, and return it."""
        if isinstance(msg_or_type, str):
            message = self.msg(msg_or_type, content, parent, more.get("header"), more.get("metadata"))
        else:
            message = msg_or_type
        kind = message["header"]["msg_type"]
        # What a process that a cell has forked would write could fall into the middle of something else.
        if kind not in _UNHEARD and os.getpid() == self.pid:
            about = message["parent_header"].get("msg_id", "")
            record = self.pack({"msg_type": kind, "about": about, "content": message["content"]})
            with self.writing:
                self.pipe.sendall(framed(record))
        return message


class PipedStream(OutStream):
    """
    ipykernel's stream, which no other thread flushes unless a cell takes long.

    What comes from below Python, from a program that a cell has started for instance, is read when something is
    written and when a cell ends, so that it stands where it belongs.
    """

    _waiting: threading.Event | None = None

    def take_in(self) -> bool:
        """Take what has been written to the file descriptor; False when nobody can write there any more."""
        with self._taking:
            while ready := self._readable.poll(0):
                ((descriptor, _),) = ready
                came = os.read(descriptor, _PIPE_BYTES)
                if not came:
                    return False
                super().write(self._decoder.decode(came))
        return True

    def write(self, string: str) -> int:
        """Write; in a process that a cell has forked, to what the kernel reads of its standard streams."""
        if os.getpid() != self._master_pid and isinstance(string, str):
            os.write(self._original_stdstream_fd, string.encode(errors="replace"))
            return len(string)
        self.take_in()
        return super().write(string) or 0

    def flush(self) -> None:
        """Send what was written, here and below Python: what is shown next stands behind it."""
        if os.getpid() == self._master_pid:
            self.take_in()
        super().flush()

    def _setup_stream_redirects(self, name: str) -> None:
        self._taking = threading.Lock()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._readable = select.poll()
        super()._setup_stream_redirects(name)

    def _watch_pipe_fd(self) -> None:
        """See to it that what comes while a cell takes long is shown meanwhile."""
        assert self._fid is not None
        self._readable.register(self._fid, select.POLLIN)
        arrived = select.poll()
        arrived.register(self._fid, select.POLLIN)
        while arrived.poll() and self.take_in():
            pass

    def _schedule_flush(self) -> None:
        """See that what is written now is sent soon, whatever the cell does."""
        if self._flush_pending:
            return
        self._flush_pending = True
        if self._waiting is None:
            self._waiting = threading.Event()
            threading.Thread(target=self._flush_soon, args=[self._waiting], daemon=True).start()
        self._waiting.set()

    def _flush_soon(self, waiting: threading.Event) -> None:
        while True:
            waiting.wait()
            waiting.clear()
            time.sleep(self.flush_interval)
            if self._flush_pending:
                self._flush()

    def _flush(self) -> None:
        """Send what was written: all of it, before anybody sends anything that was shown after it."""
        with self.session.writing:
            super()._flush()


class _AtOnce(IOPubThread):
    """Where ipykernel has a thread that publishes: nothing is handed over to anybody."""

    def __init__(self) -> None:
        self.thread = threading.Thread()
        """Never started: what is scheduled is then done at once."""
        self.io_loop: Any = None
        self.background_socket = BackgroundSocket(self)

    def stop(self) -> None:
        """Do nothing."""

    @property
    def closed(self) -> bool:
        return False


class _TransformedOnce:
    """
    The shell's `transform_cell`, which ipykernel and IPython call one after the other for each cell.

    Where a notebook has transformers of its own, which may count, it is done as often as they ask for it.
    """

    def __init__(self, shell: Any) -> None:
        self._shell, self._transform = shell, shell.transform_cell
        self._usual = self._transformers()
        self._last: tuple[str, str] | None = None

    def __call__(self, raw_cell: str) -> str:
        if self._last is not None and self._last[0] == raw_cell and self._transformers() == self._usual:
            return self._last[1]
        text: str = self._transform(raw_cell)
        self._last = raw_cell, text
        return text

    def forget(self) -> None:
        """Begin another cell: what a line means may depend on the names that are there."""
        self._last = None

    def _transformers(self) -> list[Any]:
        manager = self._shell.input_transformer_manager
        every = (manager.cleanup_transforms, manager.line_transforms, manager.token_transformers)
        return [*chain(*every), *self._shell.input_transformers_post]


class PipedKernel(IPythonKernel):
    """ipykernel's kernel without channels: it takes one request after the other."""

    _execute_sleep = 0.0
    """Nothing is on its way in another thread."""

    @property
    def _supports_kernel_subshells(self) -> bool:
        return False

    session: PipedSession
    shell: Any
    transformed: _TransformedOnce

    async def serve(self, pipe: socket.socket) -> None:
        """Say what this kernel is, and run cells until whoever grades hangs up."""
        self.io_loop = IOLoop.current()
        self.shell.exit_now = False
        self.session.send(None, "kernel_info_reply", self.kernel_info)
        while (request := await _request(pipe)) is not None:
            await self.run_cell(*request)

    async def run_cell(self, name: str, code: str) -> None:
        """Do what ipykernel does about a request to execute a cell."""
        content = {"code": code, "silent": False, "store_history": True, "stop_on_error": False, "allow_stdin": False}
        request = {"header": _REQUEST | {"msg_id": name}, "parent_header": {}, "metadata": {}, "content": content}
        self.set_parent([], request)
        self.transformed.forget()
        # As ipykernel does: where the notebook has got at the kernel itself, there may be no reply, but it goes on.
        with suppress(Exception):
            self.pre_handler_hook()
        try:
            await self.execute_request(None, [], request)
        except (Exception, KeyboardInterrupt):
            self.log.exception("Exception in message handler")
        finally:
            with suppress(Exception):
                self.post_handler_hook()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        self.session.send(None, "status", {"execution_state": "idle"}, request)


class PipedKernelApp(IPKernelApp):
    """
    The application of a kernel that speaks through a pipe.

    It is made in two steps: `prepare`, once, what all kernels of a warm process have alike, and `begin`, in each
    fork, what belongs to a single one: its pipe, streams, environment and folder.
    """

    def prepare(self) -> None:
        """Make the kernel and its shell. Nothing of it starts a thread, opens a file or writes one that is missed."""
        hook = sys.excepthook
        BaseIPythonApplication.initialize(self, [])
        self.init_pdb()
        self.init_sockets()
        self.init_kernel()
        self.init_shell()
        shell: Any = self.shell
        shell._sys_modules_keys = set(sys.modules)
        self.kernel.transformed = shell.transform_cell = _TransformedOnce(shell)
        self._excepthook, sys.excepthook = sys.excepthook, hook

    def begin(self, pipe: socket.socket) -> None:
        """Become the kernel at the other end of a stream socket, in the folder and environment of this process."""
        sys.excepthook = self._excepthook
        self.session.pipe, self.session.pid = pipe, os.getpid()
        shell: Any = self.shell
        shell.profile_dir.location = self._profile_folder()
        shell.init_environment()
        shell.starting_dir = str(Path.cwd())
        shell.history_manager.dir_hist[:] = [shell.starting_dir]
        self.init_io()
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count
        self.init_signal()
        self.init_path()
        self.init_gui_pylab()
        self.init_extensions()
        # There is no code to begin with, whose names would be hidden from whoever lists names, too.
        shell.user_ns_hidden.update(shell.user_ns)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()

    def init_profile_dir(self) -> None:
        """Have none yet: the folder that it would be in is not there before the fork."""
        self.profile_dir = ProfileDir(parent=self)

    def init_config_files(self) -> None:
        """Have none: nobody configures this kernel but this module."""

    @default("config")
    def _for_grading(self) -> Config:
        return Config(_CONFIGURATION)

    def parse_command_line(self, argv: Any = None) -> None:
        """Have none."""

    @default("session")
    def _piped(self) -> "PipedSession":
        return PipedSession(parent=self)

    def init_sockets(self) -> None:
        """Put what writes at once in the place of the thread that publishes."""
        self.configure_tornado_logger()
        self.iopub_thread = _AtOnce()
        self.iopub_socket = self.iopub_thread.background_socket

    @default("outstream_class")
    def _own_stream(self) -> str:
        return f"{__name__}.PipedStream"

    def init_kernel(self) -> None:
        """Make the kernel."""
        self.kernel = PipedKernel.instance(
            parent=self,
            session=self.session,
            # Where cells run: in the only thread that there is.
            shell_channel_thread=SimpleNamespace(parent_thread=threading.current_thread()),
            iopub_thread=self.iopub_thread,
            iopub_socket=self.iopub_socket,
            log=self.log,
            profile_dir=self.profile_dir,
            user_ns=self.user_ns,
        )

    def start(self) -> None:
        """Run cells until whoever grades hangs up."""
        asyncio.run(self.kernel.serve(self.session.pipe))

    def _profile_folder(self) -> str:
        folder = Path(os.environ["IPYTHONDIR"], f"profile_{self.profile}")
        folder.parent.mkdir(parents=True, exist_ok=True)
        return str(folder)


async def _request(pipe: socket.socket) -> tuple[str, str] | None:
    """
    Wait for the name of the next request and the text of its cell; None at the end.

    What a notebook has left in the loop goes on meanwhile.
    """
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(pipe, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(pipe)
    head = _read(pipe, HEAD.size)
    if not head:
        return None
    said = _read(pipe, *HEAD.unpack(head)).decode()
    return said[:NAME_BYTES], said[NAME_BYTES:]


def _read(pipe: socket.socket, size: int) -> bytes:
    """Read so many bytes; fewer when the other end has hung up."""
    parts = bytearray()
    while len(parts) < size and (came := pipe.recv(size - len(parts))):
        parts += came
    return bytes(parts)
