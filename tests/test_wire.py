"""A kernel's socket is read as ZeroMQ would read it, and nothing that it sends is kept before it was counted."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import zmq
import zmq.asyncio

from autograder.kernels.metering import Meter
from autograder.kernels.wire import OverLimitError, Wire
from autograder.zygote.limits import Limits

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01" + b"NULL".ljust(20, b"\0") + bytes(32)
READY = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03PUB"

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def heard(path: Path, said: bytes, *, forever: bytes = b"", limit: int = 10_000) -> tuple[list[list[bytes]], int]:
    """Give the messages that a kernel's bytes are, and how many bytes were taken."""
    limits, taken = Limits(output_bytes=limit), 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        writer.write(said)
        try:
            while forever:
                writer.write(forever)
                await writer.drain()
                taken += len(forever)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def listen() -> list[list[bytes]]:
        messages: list[list[bytes]] = []

        async def keep(parts: list[bytes]) -> None:
            messages.append(parts)

        async with await asyncio.start_unix_server(serve, path):
            async with asyncio.timeout(60):
                await Wire(str(path), b"SUB", b"", Meter(limits).count).read(keep)
        return messages

    return asyncio.run(listen()), taken


def test_frames_are_those_that_zeromq_sends(tmp_path: Path) -> None:
    async def talk() -> tuple[list[bytes], list[bytes]]:
        answers: asyncio.Queue[list[bytes]] = asyncio.Queue()
        with zmq.asyncio.Context() as context, context.socket(zmq.ROUTER) as kernel:
            kernel.bind(f"ipc://{tmp_path}/s")
            wire = Wire(f"{tmp_path}/s", b"DEALER", b"grader", Meter(Limits()).count)
            wire.send([b"", b"x" * 255, b"y" * 256])
            reading = asyncio.create_task(wire.read(answers.put))
            asked = await kernel.recv_multipart()
            await kernel.send_multipart([asked[0], b"z" * 100_000, b""])
            answer = await answers.get()
            reading.cancel()
            return asked, answer

    asked, answer = asyncio.run(talk())
    assert asked == [b"grader", b"", b"x" * 255, b"y" * 256]
    assert answer == [b"z" * 100_000, b""]


def test_messages_are_heard_until_the_other_end_hangs_up(tmp_path: Path) -> None:
    said = GREETING + READY + b"\x01\x01a\x00\x01b" + b"\x00\x00" + b"\x00\x05cut"
    assert heard(tmp_path / "s", said)[0] == [[b"a", b"b"], [b""]]


NOT_SPOKEN = {
    "nothing": b"",
    "another protocol": b"HTTP/1.1 200 OK\r\n" * 20,
    "an older version": GREETING.replace(b"\x03\x01", b"\x01\x01"),
    "no handshake": GREETING + b"\x00\x01a",
    "half a greeting": GREETING[:20],
}


@pytest.mark.parametrize("said", NOT_SPOKEN.values(), ids=NOT_SPOKEN)
def test_who_speaks_something_else_is_not_heard(tmp_path: Path, said: bytes) -> None:
    assert heard(tmp_path / "s", said)[0] == []


ENDLESS = {
    "one message of many frames": b"\x01\x01a" * 1000,
    "one message of empty frames": b"\x01\x00" * 1000,
    "commands": b"\x04\x00" * 1000,
    "large frames": b"\x03" + (2**20).to_bytes(8, "big") + bytes(2**20),
    "a frame that is longer than any memory": b"\x02" + b"\x7f" * 8 + bytes(2**16),
}


@pytest.mark.parametrize("forever", ENDLESS.values(), ids=ENDLESS)
def test_what_has_no_end_is_not_kept(tmp_path: Path, forever: bytes) -> None:
    with pytest.raises(OverLimitError):
        heard(tmp_path / "s", GREETING + READY, forever=forever)


def counted(*parts: bytes, limit: int = 10_000) -> bool:
    """Tell whether a message that is read whole is within the limit."""
    meter = Meter(Limits(output_bytes=limit))
    try:
        for part in parts:
            meter.count(len(part))
        meter.count_message(list(parts))
    except OverLimitError:
        return False
    return True


def test_objects_count_as_what_they_take_and_text_as_what_it_is() -> None:
    assert counted(b'{"text": "' + b"{}," * 2500 + b'"}')
    assert not counted(b"[" + b"{}," * 2500 + b"{}]")
    assert not counted(b'"\\"' + b'\\"' * 5000)
    assert counted(b'"' + b'\\"' * 4000)


def test_messages_are_counted() -> None:
    meter = Meter(Limits(output_messages=2))
    meter.count_message([])
    meter.count_message([])
    with pytest.raises(OverLimitError):
        meter.count_message([])
    assert meter.is_over
