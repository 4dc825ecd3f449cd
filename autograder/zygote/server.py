"""
The warm process: it imports the course's packages once, and forks a kernel for each notebook.

Importing a large library takes seconds, forking a process that has imported it takes hundredths of one. SageMathCell
works the same way. One zygote serves every process of a user that asks for the same packages; it is started by
whoever needs it first (`autograder.kernels.zygote_client`), and ends when nobody has been connected for a while.

Messages are JSON objects, one to a packet of a Unix socket (``SOCK_SEQPACKET``). Who connects sends one request:

- ``{"hello": true}``: the answer, ``{"folder": ...}``, names the folder of this zygote's kernels' sockets, and while
  the connection is open the zygote stays. One of the other requests may follow.
- ``{"kernel": {...}}`` with the fields of `Order`, and the standard streams of the new process as file descriptors
  where it is not to be jailed. The answer is ``{"pid": ...}``. From then on ``{"signal": N}`` sends a signal to the
  kernel, and ``{"exit": N, "limit": ..., "lost": ...}`` says how it ended, and by what, where its own code had no
  hand in it. Whoever hangs up ends the kernel.
- ``{"lease": true}``: the answer, ``{"ready": true, "preloaded": [...], "left_out": {...}}``, comes when the imports
  are done, and says which modules were imported, and which were left to kernels, and why. After the last lease has
  been given up, the zygote lingers no more, unless one of them had ``"stays": true``.

What cannot be done is answered by ``{"error": "one line"}``. An error about one kernel ends that kernel, with a line
in the log, and never the loop: its neighbours are somebody else's.

After a fork only the forking thread goes on, so a lock that another thread held is never released: a parent whose
libraries have begun to work in threads of their own has children that hang. The zygote counts its threads after
the imports and before each fork, and refuses when there are others than the idle ones of numerical libraries.
"""

import argparse
import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from autograder.subject import PLAIN, SUBJECT_VARIABLE, find_subject
from autograder.zygote import jail
from autograder.zygote.bubblewrap import readable_inside
from autograder.zygote.memory import memory_beyond
from autograder.zygote.preload import (
    Preloaded,
    StartsThreads,
    UnsafeToForkError,
    draw_afresh,
    one_thread_each,
    preload,
    thread_names,
)
from autograder.zygote.protocol import MAX_PACKET, Order
from autograder.zygote.seccomp import system_call_filter

_TICK = 0.1
"""Seconds between two looks at the memory of jailed kernels."""


@dataclass
class _Kernel:
    pid: int
    order: Order
    limit: str = ""
    killed: bool = False
    """Whether its end was asked for, or decided here."""
    lost: str = ""
    """Why it was ended here though it had done nothing, in a line."""

    def signal(self, number: int) -> None:
        """Signal it and what it has started."""
        self.killed |= number == signal.SIGKILL
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            # Not yet, or no longer, the leader of a group.
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


class ZygoteServer:
    """
    The loop: one thread, no locks, nothing that a fork could catch in the middle.

    Parameters
    ----------
    listener : socket.socket
        Where requests come in.
    linger : float
        Seconds after which an unused zygote ends.
    folder : str
        Where its kernels' sockets are.
    threads_at_work : tuple of str
        How the names of threads begin with which it must not fork, see `autograder.subject.KernelSettings`.
    piped : bool
        Whether its kernels speak through a pipe: then what they have alike is made before any is forked.
    """

    def __init__(
        self, listener: socket.socket, linger: float, folder: str, threads_at_work: tuple[str, ...], *, piped: bool
    ) -> None:
        self._listener = listener
        self._folder = folder
        self._linger = linger
        self._threads_at_work = threads_at_work
        self._clients: dict[socket.socket, _Kernel | None] = {}
        self._leases: set[socket.socket] = set()
        self._stays = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._signals: tuple[socket.socket, ...] = ()
        self._threads = 0
        self._preloaded = Preloaded()
        self._piped = piped
        self._app: Any = None

    def prepare(self, modules: list[str], wanted: list[str], left_out: dict[str, str]) -> None:
        """
        Import what kernels will need, see `autograder.zygote.preload.preload`.

        Raises
        ------
        UnsafeToForkError
            When the imports have set a library to work, not only loaded it.
        StartsThreads
            When modules that need not be there have left threads behind.
        """
        self._preloaded = preload(modules, wanted, left_out, self._threads_at_work)
        # Found once, for all kernels: both look through every installed distribution.
        find_subject(os.environ.get(SUBJECT_VARIABLE, PLAIN.name))
        readable_inside()
        if self._piped:
            from autograder.inside.piped_kernel import PipedKernelApp

            self._app = PipedKernelApp.instance()
            self._app.prepare()
        self._threads = len(thread_names())
        # What is alive now is shared with all kernels: the collector must not touch, and so copy, its pages.
        gc.collect()
        gc.freeze()

    def serve(self) -> None:
        """Fork kernels until nobody wants one."""
        self._signals = signals, wakeup = socket.socketpair()
        wakeup.setblocking(False)
        signals.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
        self._selector.register(signals, selectors.EVENT_READ)
        unused_since = time.monotonic()
        while self._clients or time.monotonic() - unused_since < self._linger:
            watched = any(kernel and kernel.order.limits for kernel in self._clients.values())
            for key, _ in self._selector.select(_TICK if watched else self._linger):
                channel = key.fileobj
                assert isinstance(channel, socket.socket)
                if channel is self._listener:
                    self._accept()
                elif channel is signals:
                    signals.recv(4096)
                elif channel in self._clients:
                    knows_it = self._clients[channel] or channel in self._leases
                    self._step(channel, self._serve_client if knows_it else self._begin)
            self._bury()
            if watched:
                self._watch()
            if self._clients:
                unused_since = time.monotonic()

    def _step(self, client: socket.socket, step: Callable[[socket.socket], None]) -> None:
        """Do something about one client: what goes wrong there ends its kernel, and nobody else's."""
        try:
            step(client)
        except Exception as error:
            why = _line(error)
            _log(f"a kernel is given up: {why}")
            kernel = self._clients.get(client)
            if kernel is None:
                self._drop(client)
                return
            kernel.lost = kernel.lost or f"the warm process failed on the kernel ({why})"
            with contextlib.suppress(OSError):
                kernel.signal(signal.SIGKILL)

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError as error:
            # Who wants to come in still waits at the door: let others finish before looking again.
            _log(f"nobody can be let in: {_line(error)}")
            time.sleep(_TICK)
            return
        client.set_inheritable(False)
        self._clients[client] = None
        self._selector.register(client, selectors.EVENT_READ)

    def _begin(self, client: socket.socket) -> None:
        """Read a client's first message and do what it asks for."""
        try:
            packet, streams, _, _ = socket.recv_fds(client, MAX_PACKET, 3)
            request = json.loads(packet) if packet else {}
        except (OSError, ValueError):
            request, streams = {}, []
        try:
            if "hello" in request:
                _send(client, folder=self._folder)
            elif "lease" in request:
                self._leases.add(client)
                self._stays |= bool(request.get("stays"))
                _send(client, ready=True, preloaded=self._preloaded.modules, left_out=self._preloaded.left_out)
            elif "kernel" in request:
                order = Order(**request["kernel"])
                kernel = self._clients[client] = _Kernel(self._fork(order, streams), order)
                _send(client, pid=kernel.pid)
            else:
                self._drop(client)
        except Exception as error:
            _send(client, error=" ".join(str(error).split()))
            self._drop(client)
        finally:
            for descriptor in streams:
                os.close(descriptor)

    def _serve_client(self, client: socket.socket) -> None:
        """Pass a signal on; a client that has hung up takes its kernel along."""
        try:
            packet = client.recv(MAX_PACKET)
        except OSError:
            packet = b""
        kernel = self._clients[client]
        if not packet:
            if kernel is not None:
                kernel.signal(signal.SIGKILL)
            self._drop(client)
        elif kernel is not None:
            kernel.signal(int(json.loads(packet)["signal"]))

    def _drop(self, client: socket.socket) -> None:
        self._selector.unregister(client)
        self._clients.pop(client)
        client.close()
        if client in self._leases:
            self._leases.discard(client)
            if not self._leases and not self._stays:
                self._linger = 0

    def _bury(self) -> None:
        """Collect children that have ended, and say so to whoever ordered them."""
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            code, seconds = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
            for client, kernel in list(self._clients.items()):
                if kernel is not None and kernel.pid == pid:
                    # From here on there is no process of that number to signal.
                    self._clients[client] = None
                    self._step(client, partial(self._tell_the_end, kernel, code, seconds))

    def _tell_the_end(self, kernel: _Kernel, code: int, seconds: float, client: socket.socket) -> None:
        """Say how a kernel has ended. Nobody in a jail can kill it with SIGKILL: that was the system, or somebody."""
        if code == -signal.SIGKILL and kernel.order.limits and not kernel.killed and not kernel.limit:
            # The system's limit counts in ticks, which are far from what was used where the machine is busy.
            if seconds > 0.5 * kernel.order.limits["cpu_seconds"]:
                kernel.limit = "cpu"
            else:
                kernel.lost = "something outside of its jail killed the kernel: perhaps the system, short of memory"
        _send(client, exit=code, limit=kernel.limit, lost=kernel.lost)
        self._drop(client)

    def _watch(self) -> None:
        """End the jailed kernels whose processes have taken more memory than they may."""
        watched = {client: kernel for client, kernel in self._clients.items() if kernel and kernel.order.limits}
        try:
            taken = memory_beyond([kernel.pid for kernel in watched.values()])
        except Exception as error:
            # It is about all of them: their other limits hold, and the next look is a tenth of a second away.
            _log(f"memory cannot be measured: {_line(error)}")
            return
        for (client, kernel), used in zip(watched.items(), taken, strict=True):
            self._step(client, partial(_hold_to_memory, kernel, used))

    def _fork(self, order: Order, streams: list[int]) -> int:
        """Fork a kernel and return its process id."""
        names = thread_names()
        if len(names) > self._threads:
            raise UnsafeToForkError(
                f"the warm process has {len(names)} threads and had {self._threads} after its imports: "
                "something has run in it, and a kernel forked now could hang"
            )
        if order.limits:
            run = partial(_run_piped_kernel, self._app, streams[0]) if order.piped else _run_kernel
            return jail.fork_into_jail(order, self._leave_behind, run)
        pid = os.fork()
        if pid == 0:
            _in_child(lambda: self._be_at_a_desk(order, streams))
        return pid

    def _be_at_a_desk(self, order: Order, streams: list[int]) -> None:
        os.setsid()
        for target, stream in enumerate(streams):
            os.dup2(stream, target)
            os.close(stream)
        self._leave_behind()
        os.chdir(order.folder)
        # As with jupyter_client's own launcher: a kernel ends when whoever has started it does.
        _run_kernel(order, lambda: None, parent_handle=os.getppid())

    def _leave_behind(self) -> None:
        """Close, in a child, what only the zygote may use."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for owned in (self._listener, *self._signals, *self._clients):
            owned.close()
        self._selector.close()


def _hold_to_memory(kernel: _Kernel, used: int, _: socket.socket) -> None:
    if used > kernel.order.limits["memory_bytes"]:
        kernel.limit = "memory"
        kernel.signal(signal.SIGKILL)


def _in_child(work: Any) -> NoReturn:
    """Do the work of a forked process, and never return into the zygote's loop."""
    status = 1
    try:
        work()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        os._exit(status)


def _become(order: Order) -> None:
    """Put what a process started for this kernel would have in the place of the zygote's."""
    os.environ.clear()
    os.environ.update(order.environment)
    draw_afresh()
    sys.argv = ["ipykernel_launcher", *order.argv]


def _run_kernel(order: Order, bound: Callable[[], None], **traits: int) -> None:
    """Be the kernel. `bound` is called when its sockets are there, before any code runs."""
    import zmq
    from ipykernel.kernelapp import IPKernelApp

    _become(order)
    # Not typed, like most of ipykernel.
    app: Any = IPKernelApp.instance(**traits)
    app.initialize(order.argv)
    # Or ZeroMQ forgets what is shown beyond a thousand messages while a busy grader does not read.
    app.iopub_thread.schedule(lambda: app.iopub_thread.socket.setsockopt(zmq.SNDHWM, 0))
    bound()
    app.start()


def _run_piped_kernel(app: Any, pipe: int, order: Order, bound: Callable[[], None]) -> None:
    """Be a kernel that has no sockets but `pipe`."""
    _become(order)
    with socket.socket(fileno=pipe) as connected:
        app.begin(connected)
        bound()
        app.start()


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _log(line: str) -> None:
    """Write a line for whoever looks why a zygote failed; a full disk is no reason to fail."""
    with contextlib.suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


def _send(client: socket.socket, **message: Any) -> None:
    try:
        client.send(json.dumps(message).encode())
    except OSError:
        # It has hung up: the loop will see that.
        return


def _begin_anew(listener: socket.socket, options: argparse.Namespace, left_out: dict[str, str]) -> NoReturn:
    """Become the same zygote without these modules: who waits for it notices nothing."""
    listener.set_inheritable(True)
    arguments = [f"--listener={options.listener}", f"--linger={options.linger}", f"--folder={options.folder}"]
    arguments += [f"--threads-at-work={beginning}" for beginning in options.threads_at_work]
    arguments += [f"--import={module}" for module in options.wanted]
    arguments += [f"--left-out={json.dumps(options.left_out | left_out)}", *(["--jailed"] * options.jailed)]
    arguments += ["--piped"] * options.piped
    # It is nobody it would have to drop to any more.
    os.execv(sys.executable, [sys.executable, "-m", "autograder.zygote.server", *arguments, "--", *options.modules])


def main() -> None:
    """Be a zygote: import, then serve. A failed import is every client's answer."""
    if not sys.flags.safe_path:
        # The folder that it was started in; a kernel gets its own in this place.
        del sys.path[0]
    parser = argparse.ArgumentParser()
    parser.add_argument("--listener", type=int, required=True)
    parser.add_argument("--linger", type=float, required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--threads-at-work", action="append", default=[])
    parser.add_argument("--jailed", action="store_true")
    parser.add_argument("--piped", action="store_true")
    parser.add_argument("--drop-to", type=int)
    parser.add_argument("--import", dest="wanted", action="append", default=[])
    parser.add_argument("--left-out", type=json.loads, default={})
    parser.add_argument("modules", nargs="*")
    options = parser.parse_args()
    listener = socket.socket(fileno=options.listener)
    listener.set_inheritable(False)
    # Or debugpy explains, at each import, why it cannot see into Python's own modules.
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    # ipykernel sets it for each kernel, which is too late where an import brings matplotlib along: it reads the
    # variable when it is imported, and figures would be drawn for nobody.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    if options.wanted:
        one_thread_each()
    zygote = ZygoteServer(
        listener, options.linger, options.folder, tuple(options.threads_at_work), piped=options.piped
    )
    try:
        if options.jailed:
            system_call_filter()
        if options.drop_to is not None:
            jail.become(options.drop_to)
        zygote.prepare(options.modules, options.wanted, options.left_out)
    except StartsThreads as unsafe:
        _begin_anew(listener, options, unsafe.modules)
    except Exception as error:
        refusal = _line(error)
        _log(refusal)
        listener.settimeout(1)
        try:
            while True:
                client, _ = listener.accept()
                client.recv(MAX_PACKET)
                _send(client, error=refusal)
                client.close()
        except TimeoutError:
            sys.exit(1)
    zygote.serve()
    # Nobody waits for what an interpreter with large libraries does at its end.
    os._exit(0)


if __name__ == "__main__":
    main()
