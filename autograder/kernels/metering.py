"""
A jupyter_client kernel manager that counts what comes out of its kernel while it arrives.

So no submission can fill the grader's memory, and what is no message of the protocol is about nothing. The channel on
which a kernel asks somebody to type is connected only to be counted: nobody sits there. Whether a kernel lives is
what its process says.
"""

import asyncio
import re
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.session import Session
from traitlets import default

from autograder.kernels.kernelspec import GradingKernelSpecs
from autograder.kernels.messages import ABOUT_NOTHING, sound
from autograder.kernels.wire import FRAME_BYTES, OverLimitError, Wire
from autograder.zygote.limits import Limits

_FRAMES = 32
"""Frames that are not counted as more bytes: a message of Jupyter has seven, and some have pictures behind these."""

_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A text in JSON; one without an end is one, too, so that nothing is looked at twice."""

_STRUCTURE_BYTES = 2**11
"""What a message of Jupyter has of brackets and commas at most, outside of its texts."""

_OBJECT_BYTES = 24
"""Three characters, ``{},``, are an object of 64 bytes in the memory of whoever reads them, and a place in a list."""


class Meter:
    """Counts what comes out of a kernel."""

    def __init__(self, limits: Limits) -> None:
        self._bytes, self._messages = limits.output_bytes, limits.output_messages
        self.is_over = False

    def count(self, size: int) -> None:
        """
        Take bytes into account, before they are read.

        Raises
        ------
        OverLimitError
            When it is more than may come.
        """
        self._bytes -= size
        self._check()

    def count_message(self, parts: list[bytes]) -> None:
        """
        Take a message into account, and the objects that its parts would become.

        Raises
        ------
        OverLimitError
            When it is more than may come.
        """
        self._messages -= 1
        # Counted with each frame, and those of an ordinary message are free.
        self._bytes += FRAME_BYTES * min(len(parts), _FRAMES)
        structure = sum(len(_STRING.sub(b"", part)) for part in parts)
        self._bytes -= _OBJECT_BYTES * max(0, structure - _STRUCTURE_BYTES)
        self._check()

    def _check(self) -> None:
        self.is_over |= self._bytes < 0 or self._messages < 0
        if self.is_over:
            raise OverLimitError


class MeteredChannel:
    """A channel from the kernel; when too much has come it ends the kernel and falls silent."""

    def __init__(self, wire: Wire, session: Session, manager: "MeteredManager") -> None:
        self._wire, self._session, self._manager = wire, session, manager
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._reading: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The kernel's process; 0 before the connection stands."""
        return self._wire.pid

    def start(self) -> None:
        """Connect, and begin to read."""
        self._reading = asyncio.get_running_loop().create_task(self._read())

    def stop(self) -> None:
        """Hang up."""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        self._wire.close()

    def is_alive(self) -> bool:
        """Tell whether it is in use."""
        return self._reading is not None

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to the kernel."""
        self._wire.send(self._session.serialize(message))

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """
        Give the next message.

        Parameters
        ----------
        timeout : float or None
            Seconds to wait for one; None for as long as it takes.

        Raises
        ------
        queue.Empty
            When none has come.
        """
        if self._heard.empty():
            try:
                async with asyncio.timeout(timeout):
                    return await self._heard.get()
            except TimeoutError:
                raise Empty from None
        return self._heard.get_nowait()

    async def _read(self) -> None:
        try:
            await self._wire.read(self._hear)
        except OverLimitError:
            if self._manager.provisioner is not None:
                await self._manager.provisioner.kill()

    async def _hear(self, parts: list[bytes]) -> None:
        self._manager.meter.count_message(parts)
        # At once: a kernel's socket forgets what nobody takes. The meter is what bounds this queue.
        self._heard.put_nowait(read(parts, self._session))


def read(parts: list[bytes], session: Session) -> dict[str, Any]:
    """Read the parts of a message; one that is none is about nothing."""
    try:
        _, message = session.feed_identities(parts)
        return sound(session.deserialize(message))
    except Exception:
        # Not signed, sent twice, cut off, no JSON, too deep, or of a shape that jupyter_client never thought of.
        return dict(ABOUT_NOTHING)


class MeteredClient(AsyncKernelClient):
    """A client with three channels, all of them metered."""

    parent: "MeteredManager"

    def start_channels(
        self, shell: bool = True, iopub: bool = True, stdin: bool = True, hb: bool = False, control: bool = False
    ) -> None:
        """Connect what is read, whatever else is asked for."""
        super().start_channels(shell, iopub, stdin=True, hb=False, control=False)

    def stop_channels(self) -> None:
        """Hang up."""
        for channel in (self._shell_channel, self._iopub_channel, self._stdin_channel):
            if channel is not None:
                channel.stop()

    @property
    def iopub_channel(self) -> Any:
        if self._iopub_channel is None:
            self._iopub_channel = self._metered("iopub", b"SUB", b"")
        return self._iopub_channel

    @property
    def shell_channel(self) -> Any:
        if self._shell_channel is None:
            self._shell_channel = self._metered("shell", b"DEALER", self.session.bsession)
        return self._shell_channel

    @property
    def stdin_channel(self) -> Any:
        if self._stdin_channel is None:
            self._stdin_channel = self._metered("stdin", b"DEALER", self.session.bsession)
        return self._stdin_channel

    def _metered(self, channel: str, kind: bytes, identity: bytes) -> MeteredChannel:
        path = self._make_url(channel).removeprefix("ipc://")
        return MeteredChannel(Wire(path, kind, identity, self.parent.meter.count), self.session, self.parent)


class MeteredManager(AsyncKernelManager):
    """The manager of a kernel that is metered; its kernelspec is the grader's own."""

    meter: Meter

    @default("kernel_spec_manager")
    def _of_subjects(self) -> GradingKernelSpecs:
        return GradingKernelSpecs(parent=self)

    @default("client_factory")
    def _metered(self) -> type[MeteredClient]:
        return MeteredClient
