"""
A connection to one socket of a kernel, read byte by byte and counted before anything is kept.

The kernel speaks ZMTP, the protocol of ZeroMQ (https://rfc.zeromq.org/spec/23/), and student code can write to its
sockets what it likes. ZeroMQ's own client reads as fast as a kernel writes, keeps a message until its last frame has
come, and tells nobody how much that is. Here a frame is counted when its length is known and before it is read, and
what is not read stays with the kernel.

Only what a client of Jupyter needs is spoken: version 3.0, no encryption, over Unix sockets, which nobody else can
reach.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable, Sequence

FRAME_BYTES = 64
"""What a frame costs besides its content: an object for each, however short it is."""

_BUFFER_BYTES = 2**16
"""Of what has been sent and not yet read."""

_RETRY_SECONDS = 0.005
"""Until a kernel that has just been forked has made its sockets."""

_GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)

_MORE, _LONG, _COMMAND = 1, 2, 4
"""The flags of a frame."""


class OverLimitError(Exception):
    """More has come than may come."""


class Wire:
    """
    One connection, to be opened once: whoever has hung up is not called again.

    Parameters
    ----------
    path : str
        The Unix socket.
    kind, identity : bytes
        What this end says that it is, e.g. ``DEALER``, and its name.
    count : callable
        Given the bytes of each frame before it is read; raises `OverLimitError` when it is too much.
    """

    def __init__(self, path: str, kind: bytes, identity: bytes, count: Callable[[int], None]) -> None:
        self._path, self._kind, self._identity, self._count = path, kind, identity, count
        self.pid = 0
        """The process that listens there, as Linux knows it from when it began to; 0 before the connection stands."""
        self._outgoing: list[bytes] = []
        self._writer: asyncio.StreamWriter | None = None

    async def read(self, give: Callable[[list[bytes]], Awaitable[None]]) -> None:
        """
        Connect, and give the frames of each message until the other end hangs up or breaks the protocol.

        Raises
        ------
        OverLimitError
            When more comes than may come.
        """
        reader, self._writer = await self._connected()
        self.pid = _peer(self._writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                if await self._shake_hands(reader, self._writer):
                    while True:
                        await give(await self._message(reader))
        finally:
            self.close()

    def send(self, frames: Sequence[bytes]) -> None:
        """Send a message; before the connection stands it is kept."""
        last = len(frames) - 1
        written = b"".join(_frame(frame, _MORE if number < last else 0) for number, frame in enumerate(frames))
        if self._writer is None:
            self._outgoing.append(written)
        else:
            self._writer.write(written)

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            try:
                return await asyncio.open_unix_connection(self._path, limit=_BUFFER_BYTES)
            except (FileNotFoundError, ConnectionRefusedError):
                await asyncio.sleep(_RETRY_SECONDS)

    async def _shake_hands(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Agree on a version; False when the other end speaks another protocol."""
        properties = _property(b"Socket-Type", self._kind) + _property(b"Identity", self._identity)
        writer.write(_GREETING + _frame(b"\x05READY" + properties, _COMMAND))
        greeting = await reader.readexactly(len(_GREETING))
        if greeting[0] != _GREETING[0] or greeting[10] < _GREETING[10]:
            return False
        flags, ready = await self._frame(reader)
        if not flags & _COMMAND or not ready.startswith(b"\x05READY"):
            return False
        if self._kind == b"SUB":
            # To everything.
            writer.write(_frame(b"\x01", 0))
        writer.write(b"".join(self._outgoing))
        self._outgoing.clear()
        return True

    async def _message(self, reader: asyncio.StreamReader) -> list[bytes]:
        frames: list[bytes] = []
        while True:
            flags, content = await self._frame(reader)
            if flags & _COMMAND:
                continue
            frames.append(content)
            if not flags & _MORE:
                return frames

    async def _frame(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        flags, size = await reader.readexactly(2)
        if flags & _LONG:
            size = int.from_bytes(bytes([size]) + await reader.readexactly(7), "big")
        self._count(size + FRAME_BYTES)
        return flags, await reader.readexactly(size)


def _peer(writer: asyncio.StreamWriter) -> int:
    """Give the process at the other end, see SO_PEERCRED in unix(7)."""
    credentials = struct.Struct("3i")
    said = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size)
    return int(credentials.unpack(said)[0])


def _frame(content: bytes, flags: int) -> bytes:
    if len(content) < 2**8:
        return bytes([flags, len(content)]) + content
    return bytes([flags | _LONG]) + len(content).to_bytes(8, "big") + content


def _property(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + len(value).to_bytes(4, "big") + value
