"""
Find the zygote that fits, or start it.

A user's zygotes meet in one folder, ``/tmp/autograder-UID``: each listens on a socket named after what it has
imported and how, so that whoever asks for the same finds it. Paths of Unix sockets must be shorter than 104 bytes,
which is why this folder is always in ``/tmp``, wherever temporary files go otherwise.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import json
import os
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import __version__
from autograder.errors import KernelError
from autograder.kernels import jail
from autograder.kernels.order import MAX_PACKET, Order

_MEETING_PLACE = Path(f"/tmp/autograder-{os.getuid() if hasattr(os, 'getuid') else 0}")

_ATTEMPTS = 5
"""A zygote may end just while somebody asks it: then another one is started."""

_IMPORT_SECONDS = 120
"""How long the imports of a zygote may take on a slow disk."""


class NoZygoteError(KernelError):
    """No warm process can be had."""


@dataclass(frozen=True)
class Zygote:
    """
    A zygote that may or may not run yet, known by what it is for.

    Attributes
    ----------
    preload : tuple of str
        The modules that it imports.
    jailed : bool
        Whether it, and so each of its kernels, is in a jail.
    environment : tuple of (str, str)
        What must be set before the imports.
    linger : float
        Seconds after which it ends when unused.
    """

    preload: tuple[str, ...]
    jailed: bool
    environment: tuple[tuple[str, str], ...]
    linger: float = 60.0

    @property
    def folder(self) -> Path:
        """Where its socket lies, and the folders of its kernels."""
        what = (self.preload, self.jailed, self.environment, self.linger, sys.prefix, __version__, _code_of_kernels())
        return _MEETING_PLACE / hashlib.sha256(repr(what).encode()).hexdigest()[:16]

    async def lease(self) -> "Connection":
        """Start it if need be, wait until it is warm, and keep it until the connection is closed."""
        connection, answer = await self._ask(json.dumps({"lease": True}).encode())
        if "ready" not in answer:
            connection.close()
            raise NoZygoteError(str(answer.get("error", "no answer")))
        return connection

    async def order(self, order: Order, streams: list[int]) -> tuple["Connection", int]:
        """
        Have a kernel forked; return the connection that holds it, and its process id.

        Raises
        ------
        NoZygoteError
            When there can be no zygote, or it refuses.
        """
        connection, answer = await self._ask(order.packet(), streams)
        if "pid" not in answer:
            connection.close()
            raise NoZygoteError(str(answer.get("error", "no answer")))
        return connection, int(answer["pid"])

    def new_folder(self) -> Path:
        """Make the folder of one jailed kernel's sockets."""
        self._make_folder()
        folder = Path(tempfile.mkdtemp(prefix="k", dir=self.folder / "kernels"))
        self._give(folder)
        return folder

    async def _ask(self, packet: bytes, streams: list[int] | None = None) -> tuple["Connection", dict[str, Any]]:
        for _ in range(_ATTEMPTS):
            connection = Connection(self._connect())
            try:
                connection.send(packet, streams or [])
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
            connected = self._try_to_connect()
            if connected is not None:
                return connected
            self._make_folder()
            with contextlib.suppress(FileNotFoundError), _locked(self.folder):
                connected = self._try_to_connect()
                if connected is not None:
                    return connected
                self._start()
        raise NoZygoteError(self._last_words())

    def _try_to_connect(self) -> socket.socket | None:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            client.connect(str(self.folder / "socket"))
        except (FileNotFoundError, ConnectionRefusedError):
            client.close()
            return None
        client.setblocking(False)
        return client

    def _start(self) -> None:
        """Start a zygote that belongs to nobody. Its socket is there at once; answers come after the imports."""
        address = self.folder / "socket"
        address.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with listener:
            listener.bind(str(address))
            listener.listen(128)
            number = listener.fileno()
            zygote = [sys.executable, "-m", "autograder.kernels.zygote"]
            zygote += ["--listener", str(number), "--linger", str(self.linger), *self.preload]
            if self.jailed:
                zygote = jail.command(self.folder / "kernels", dict(self.environment), zygote)
            # The shell outlives the zygote, to remove what it leaves.
            folder = shlex.quote(str(self.folder))
            script = f"{shlex.join(zygote)} 2>{folder}/log; rm -rf {folder}/kernels {folder}/socket"
            script += f"; test -s {folder}/log || rm -rf {folder}; rmdir {_MEETING_PLACE} 2>/dev/null"
            subprocess.run(
                ["setsid", "--fork", "sh", "-c", script],
                check=True,
                pass_fds=[number],
                cwd="/",
                env=os.environ | dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    def _make_folder(self) -> None:
        """
        Make the folders, for this user alone.

        Raises
        ------
        NoZygoteError
            When somebody else has made them, who could then be in the middle of everything.
        """
        for folder in (_MEETING_PLACE, self.folder, self.folder / "kernels"):
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700)
            status = folder.lstat()
            expected = jail.JAIL_UID if self._changes_user and folder.name == "kernels" else os.getuid()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (os.getuid(), expected):
                raise NoZygoteError(f"{folder} belongs to somebody else; remove it")
        self._give(self.folder / "kernels")

    @property
    def _changes_user(self) -> bool:
        return self.jailed and os.getuid() == 0

    def _give(self, folder: Path) -> None:
        if self._changes_user:
            os.chown(folder, jail.JAIL_UID, jail.JAIL_UID)

    def _last_words(self) -> str:
        try:
            lines = (self.folder / "log").read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else "the warm process ended without a word"


class Connection:
    """
    One end of a conversation with a zygote; closing it ends what was asked for.

    It belongs to no event loop: a kernel manager may be used from several.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def send(self, packet: bytes, streams: list[int]) -> None:
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


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _code_of_kernels() -> str:
    """Tell one version of this package's code from the next, for those who work on it."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def has_what_it_takes() -> bool:
    """Tell whether this system can have zygotes at all: Linux, with `setsid` from util-linux."""
    return sys.platform == "linux" and shutil.which("setsid") is not None
