"""
Find the zygote that fits, or start it.

A user's zygotes meet in one folder, ``/tmp/autograder-UID``: each listens on a socket named after what it has
imported and how, so that whoever asks for the same finds it. Paths of Unix sockets must be shorter than 104 bytes,
which is why this folder is always in ``/tmp``, wherever temporary files go otherwise.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder import __version__
from autograder.errors import NoZygoteError
from autograder.files import code_digest
from autograder.kernels import control_groups
from autograder.kernels.control_groups import KernelGroup, NoGroupsError
from autograder.subject import code_folders
from autograder.text import plain
from autograder.zygote import bubblewrap
from autograder.zygote.protocol import MAX_PACKET, Order

_MEETING_PLACE = Path(f"/tmp/autograder-{os.getuid() if hasattr(os, 'getuid') else 0}")

_ATTEMPTS = 5
"""A zygote may end just while somebody asks it: then another one is started."""

_IMPORT_SECONDS = 120
"""How long the imports of a zygote may take on a slow disk."""


_CURRENT = "current"
"""The link to the folder of the zygote that is in use."""

_GROUPS = "groups"
"""The file that names the control group in which kernels' groups are made; or, after a ``-``, why there is none."""

_KEEPER = """
meeting=$0; own=$1; shift
"$@" 2>"$meeting/log" && rm -f "$meeting/log"
base=$(sed -n 's,^/,/,p' "$meeting/$own/groups" 2>/dev/null)
test -n "$base" && { rmdir "$base"/*/; rmdir "$base"; } 2>/dev/null
rm -rf "$meeting/$own"
test -e "$meeting/current" || rm -f "$meeting/current"
rmdir "$meeting" "${meeting%/*}" 2>/dev/null
"""
"""The shell that starts a zygote, and outlives it to remove what it leaves; why it failed stays until it is read."""


@dataclass(frozen=True)
class ZygoteClient:
    """
    A zygote that may or may not run yet, known by what it is for.

    Attributes
    ----------
    preload : tuple of str
        The modules that it imports, or there is no zygote.
    jailed : bool
        Whether it, and so each of its kernels, is in a jail.
    environment : tuple of (str, str)
        What must be set before the imports.
    threads_at_work : tuple of str
        How the names of threads begin with which it must not fork, see `autograder.subject.KernelSettings`.
    linger : float
        Seconds after which it ends when unused.
    imports : tuple of str
        The modules that it imports as well, where it can.
    piped : bool
        Whether its kernels speak through a pipe, see `autograder.inside.piped_kernel`.
    """

    preload: tuple[str, ...]
    jailed: bool
    environment: tuple[tuple[str, str], ...]
    threads_at_work: tuple[str, ...] = ()
    linger: float = 60.0
    imports: tuple[str, ...] = ()
    piped: bool = False

    @cached_property
    def folder(self) -> Path:
        """Where its socket lies, and the folders of its kernels."""
        code = code_digest(Path(__file__).parents[1], *code_folders())
        what = (*astuple(self), sys.prefix, __version__, code)
        return _MEETING_PLACE / hashlib.sha256(repr(what).encode()).hexdigest()[:16]

    async def lease(self, *, stays: bool = False) -> "Connection":
        """Start it if need be, wait until it is warm, and keep it while the connection is open, or longer."""
        connection, answer = await self._ask(json.dumps({"lease": True, "stays": stays}).encode())
        if "ready" not in answer:
            connection.close()
            raise NoZygoteError(str(answer.get("error", "no answer")))
        connection.preloaded, connection.left_out = tuple(answer["preloaded"]), dict(answer["left_out"])
        connection.groups = _groups(self.folder / _CURRENT)
        return connection

    async def hold(self) -> "Connection":
        """
        Start it if need be, and keep it while the connection is open.

        Raises
        ------
        NoZygoteError
            When there can be none.
        """
        connection, answer = await self._ask(json.dumps({"hello": True}).encode())
        if "folder" not in answer:
            connection.close()
            raise NoZygoteError(str(answer.get("error", "no answer")))
        connection.folder = Path(answer["folder"])
        connection.groups = _groups(connection.folder.parent)
        return connection

    def new_folder(self, connection: "Connection") -> Path:
        """Make the folder of one jailed kernel's sockets."""
        folder = Path(tempfile.mkdtemp(prefix="k", dir=connection.folder))
        self._give(folder)
        return folder

    async def _ask(self, packet: bytes) -> tuple["Connection", dict[str, Any]]:
        for _ in range(_ATTEMPTS):
            connection = Connection(self._connect())
            try:
                connection.send(packet)
                answer = await connection.answer(_IMPORT_SECONDS)
            except OSError:
                answer = None
            if answer is not None:
                return connection, answer
            connection.close()
        raise NoZygoteError(self._last_words())

    def _connect(self) -> socket.socket:
        """Connect; where nobody listens, become the one who starts it."""
        for _ in range(_ATTEMPTS):
            try:
                # A zygote that ends just now takes the folders along.
                with contextlib.suppress(FileNotFoundError):
                    # Before anything else: what answers in a folder of somebody else's is somebody else.
                    self._make_folder()
                    connected = self._try_to_connect()
                    if connected is not None:
                        return connected
                    with _locked(self.folder):
                        connected = self._try_to_connect()
                        if connected is not None:
                            return connected
                        self._start()
            except OSError as error:
                raise NoZygoteError(
                    f"{error.filename or self.folder}: {error.strerror}; without it there are no kernels; mend that"
                ) from error
        raise NoZygoteError(self._last_words())

    def _try_to_connect(self) -> socket.socket | None:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            client.connect(str(self.folder / _CURRENT / "socket"))
        except (FileNotFoundError, ConnectionRefusedError):
            client.close()
            return None
        client.setblocking(False)
        return client

    def _start(self) -> None:
        """Start a zygote that belongs to nobody. Its socket is there at once; answers come after the imports."""
        # Each has a folder of its own: one that ends must not take away what the next one has made.
        own = Path(tempfile.mkdtemp(dir=self.folder))
        kernels = own / "kernels"
        kernels.mkdir(mode=0o700)
        self._give(kernels)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(str(own / "socket"))
            listener.listen(128)
            number = listener.fileno()
            zygote = [sys.executable, "-m", "autograder.zygote.server", "--listener", str(number)]
            zygote += ["--linger", str(self.linger), "--folder", str(kernels)]
            zygote += [f"--threads-at-work={beginning}" for beginning in self.threads_at_work]
            zygote += [f"--import={module}" for module in self.imports]
            zygote += [*["--piped"] * self.piped, "--", *self.preload]
            if self.jailed:
                zygote = bubblewrap.command(kernels, dict(self.environment), zygote)
            command = ["setsid", "--fork", "sh", "-c", _KEEPER, str(self.folder), own.name, *zygote]
            self._run(command, number, own)
            link = own / "link"
            link.symlink_to(own.name)
            link.rename(self.folder / _CURRENT)

    def _run(self, command: list[str], listener: int, own: Path) -> None:
        """
        Start the keeper, in a place where kernels can have control groups if there is one, and note which that is.

        Raises
        ------
        NoZygoteError
            When the keeper does not start.
        """
        unit = f"autograder-{self.folder.name}-{own.name}"
        if self.jailed and control_groups.systemd_runs():
            if self._starts([*control_groups.in_scope(unit), *command], listener):
                (own / _GROUPS).write_text(_said(lambda: control_groups.of_scope(unit)), encoding="utf-8")
                return
            # Then the command has not run.
            groups = "-systemd delegates none to this user"
        else:
            groups = _said(lambda: control_groups.below_own(unit)) if self.jailed else "-there is no jail"
        (own / _GROUPS).write_text(groups, encoding="utf-8")
        if not self._starts(command, listener):
            raise NoZygoteError(f"{command[0]} cannot start the warm process; see that util-linux is installed")

    def _starts(self, line: list[str], listener: int) -> bool:
        started = subprocess.run(
            line,
            check=False,
            pass_fds=[listener],
            cwd="/",
            env=os.environ | dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return started.returncode == 0

    def _make_folder(self) -> None:
        """
        Make the folders, for this user alone.

        Raises
        ------
        NoZygoteError
            When somebody else has made them, who could then be in the middle of everything.
        """
        for folder in (_MEETING_PLACE, self.folder):
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700)
            status = folder.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o77:
                raise NoZygoteError(
                    f"{folder}: belongs to somebody else, or others may enter it, and kernels meet there; remove it"
                )

    def _give(self, folder: Path) -> None:
        if self.jailed and bubblewrap.drops_to_another_user():
            os.chown(folder, bubblewrap.JAIL_UID, bubblewrap.JAIL_UID)

    def _last_words(self) -> str:
        log = self.folder / "log"
        try:
            lines = log.read_bytes().decode("utf-8", "replace").strip().split("\n")
        except OSError:
            lines = []
        with contextlib.suppress(OSError):
            log.unlink()
            self.folder.rmdir()
            _MEETING_PLACE.rmdir()
        return plain(lines[-1]) if lines and lines[-1] else "the warm process ended without a word"


@dataclass(frozen=True)
class Exit:
    """
    How a kernel has ended, as its zygote says.

    Attributes
    ----------
    status : int
        Its exit status, or the negative number of the signal that has ended it.
    limit : str
        The limit that ended it, e.g. ``"memory"``; empty when none did.
    lost : str
        Why its end is nothing that its own code did, in a line; empty for every other end.
    zygote_gone : bool
        Whether the zygote has gone, and took it along.
    """

    status: int
    limit: str = ""
    lost: str = ""
    zygote_gone: bool = False

    def held_to(self, group: KernelGroup | None) -> "Exit":
        """Say how it has ended as its control group knows: the system itself kills what has used up its memory."""
        if self.limit or group is None or not group.limit:
            return self
        return replace(self, limit=group.limit, lost="")


class Connection:
    """
    One end of a conversation with a zygote; closing it ends what was asked for.

    It belongs to no event loop: a kernel manager may be used from several.
    """

    folder: Path
    """Where the zygote's kernels' sockets are."""

    groups = ""
    """The control group that kernels' groups are made in; or, after a ``-``, why there is none."""

    preloaded: tuple[str, ...] = ()
    """What the zygote has imported; known once it is warm."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self.left_out: dict[str, str] = {}
        """What it has left to its kernels, and why."""

    async def order(self, order: Order, streams: list[int]) -> int:
        """
        Have a kernel forked, which ends when the connection does, and return its process id.

        Raises
        ------
        NoZygoteError
            When the zygote refuses, or has gone.
        """
        try:
            self.send(order.packet(), streams)
            answer = await self.answer(_IMPORT_SECONDS)
        except OSError as error:
            answer = {"error": f"the warm process has gone ({error})"}
        if "pid" not in answer:
            raise NoZygoteError(str(answer.get("error", "no answer")))
        return int(answer["pid"])

    def send(self, packet: bytes, streams: Sequence[int] = ()) -> None:
        """Send a message, and descriptors along with it."""
        socket.send_fds(self._socket, [packet], streams)

    def received(self) -> dict[str, Any] | None:
        """
        Give the next message if one is there, else None.

        Raises
        ------
        ConnectionError
            When the zygote has hung up.
        """
        try:
            packet = self._socket.recv(MAX_PACKET)
        except BlockingIOError:
            return None
        if not packet:
            raise ConnectionResetError("the warm process has gone")
        message: dict[str, Any] = json.loads(packet)
        return message

    def signal(self, number: int) -> None:
        """
        Have the zygote signal the kernel, and what it has started.

        Raises
        ------
        OSError
            When the zygote has gone.
        """
        self.send(b'{"signal": %d}' % number)

    def exit(self) -> Exit | None:
        """Say how the kernel has ended, else None."""
        try:
            message = self.received()
        except OSError as error:
            # A kernel that ends by itself is told of: nobody is left to tell.
            return Exit(-signal.SIGKILL, lost=f"the warm process has gone ({error})", zygote_gone=True)
        if message is None:
            return None
        return Exit(int(message["exit"]), str(message.get("limit", "")), str(message.get("lost", "")))

    def exit_within(self, seconds: float) -> Exit | None:
        """Wait for the end of the kernel; None when it has not ended by then."""
        until = time.monotonic() + seconds
        while (ended := self.exit()) is None:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                return None
        return ended

    async def answer(self, seconds: float) -> dict[str, Any]:
        """Wait for the next message."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.received()
            if message is not None:
                return message
            if time.monotonic() > deadline:
                return {"error": f"the warm process did not answer within {seconds:g} s"}
            await asyncio.sleep(0.002)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def _groups(folder: Path) -> str:
    """Read which control group the zygote with this folder has."""
    try:
        return folder.joinpath(_GROUPS).read_text(encoding="utf-8")
    except OSError:
        return "-the warm process has gone"


def _said(make: Callable[[], Path]) -> str:
    try:
        return str(make())
    except NoGroupsError as error:
        return f"-{error}"


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    # Windows has no such module, and no zygote: kernels there are plain ones.
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def has_what_it_takes() -> bool:
    """Tell whether this system can have zygotes at all: Linux, with `setsid` from util-linux."""
    return sys.platform == "linux" and shutil.which("setsid") is not None
