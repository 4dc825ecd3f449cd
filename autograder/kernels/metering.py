"""
A jupyter_client kernel manager that counts what comes out of its kernel while it arrives.

So no submission can fill the grader's memory, and what is no message of the protocol is about nothing.
"""

import asyncio
from typing import Any

import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

from autograder.kernels.kernelspec import GradingKernelSpecs
from autograder.kernels.messages import ABOUT_NOTHING, sound
from autograder.zygote.limits import Limits


class Meter:
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


class MeteredChannel(AsyncZMQSocketChannel):
    """A channel from the kernel; when too much has come it ends the kernel and falls silent."""

    manager: "MeteredManager"

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


class MeteredClient(AsyncKernelClient):
    """A client whose channels from the kernel are metered."""

    parent: "MeteredManager"

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

    def _metered(self, socket: Any) -> MeteredChannel:
        self.parent.monitors.append(socket.get_monitor_socket(zmq.EVENT_DISCONNECTED))
        channel = MeteredChannel(socket, self.session, self.ioloop)
        channel.manager = self.parent
        return channel


class MeteredManager(AsyncKernelManager):
    """The manager of a kernel that is metered; its kernelspec is the grader's own."""

    meter: Meter

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.monitors: list[zmq.asyncio.Socket] = []
        """Where ZeroMQ tells that a channel was closed."""

    @default("kernel_spec_manager")
    def _of_subjects(self) -> GradingKernelSpecs:
        return GradingKernelSpecs(parent=self)

    @default("client_factory")
    def _metered(self) -> type[MeteredClient]:
        return MeteredClient
