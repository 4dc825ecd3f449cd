"""What a kernel sends under its own name decides nothing and stops nothing, whatever its shape."""

from collections.abc import Callable
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.kernels.messages import ABOUT_NOTHING, sound
from autograder.kernels.nbclient_runner import NbclientRunner
from autograder.kernels.piped_runner import PipedRunner
from autograder.kernels.run import Ended, Run
from autograder.zygote.limits import Limits
from tests.conftest import ASSIGNMENT

SENDS = """
kernel = get_ipython().kernel

def send(kind, content, **more):
    kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent(), **more)

def reply(content, kind="execute_reply"):
    ident = kernel._parent_ident["shell"]
    kernel.session.send(kernel.shell_stream, kind, content, parent=kernel.get_parent(), ident=ident)

def record(content):
    kernel.session.pipe.sendall(len(content).to_bytes(4, "big") + content)
"""

ODD = {
    "text that is a number": "send('stream', {'name': 'stdout', 'text': 7})",
    "a stream without a name": "send('stream', {'text': 'x'})",
    "an output without data": "send('display_data', {})",
    "data that is a list": "send('display_data', {'data': [1], 'metadata': {}})",
    "text that is a list": "send('display_data', {'data': {'text/plain': [1, {}]}, 'metadata': {}})",
    "a display without a name": "send('display_data', {'data': {}, 'metadata': {}, "
    "'transient': {'display_id': [1]}})",
    "transient words": "send('display_data', {'data': {}, 'metadata': {}, 'transient': 'x'})",
    "an error without a traceback": "send('error', {'ename': 'X', 'evalue': 'x'})",
    "a traceback of numbers": "send('error', {'ename': 'X', 'evalue': 'x', 'traceback': [1, 2]})",
    "a result without a count": "send('execute_result', {'data': {}, 'metadata': {}})",
    "a count below zero": "send('execute_result', {'data': {}, 'metadata': {}, 'execution_count': -1})",
    "a state that is none": "send('status', {'execution_state': None})",
    "input without a count": "send('execute_input', {'code': 'x', 'execution_count': 'many'})",
    "a type of its own": "send('surprise', {'a': 1})",
    "content that is deep": "deep = []\nfor _ in range(900):\n    deep = [deep]\nsend('display_data', "
    "{'data': {'application/json': deep}, 'metadata': {}})",
    "a reply without a status": "reply({})",
    "a reply that is a list": "reply({'status': [1]})",
    "a reply without a name": "reply({'status': 'error'})",
    "another's reply": "reply({'status': 'ok'}, 'kernel_info_reply')",
    "a count that is true": "send('execute_result', {'data': {}, 'metadata': {}, 'execution_count': True})",
}

ODD_PARTS = {
    "parts that are no json": "kernel.iopub_socket.send_multipart([b'x', b'<IDS|MSG>', b'', b'{', b'}', b'1', b'2'])",
    "content that is null, for an older protocol": 'parts = [b\'{"msg_type": "display_data", "msg_id": "a"}\', '
    "kernel.session.pack(kernel.get_parent()['header']), b'{}', b'null']\n"
    "kernel.iopub_socket.send_multipart([b'<IDS|MSG>', kernel.session.sign(parts), *parts])",
    "no delimiter": "kernel.iopub_socket.send_multipart([b'x'])",
    "another's signature": "from jupyter_client.session import Session\n"
    "true, kernel.session = kernel.session, Session(key=b'other')\n"
    "send('stream', {'name': 'stdout', 'text': 'x'})\nkernel.session = true",
}
"""What only a kernel can send that has ZeroMQ's sockets."""

ODD_RECORDS = {
    "nothing": "record(b'')",
    "bytes that are no text": "record(b'\\xff\\xfe')",
    "half of an object": "record(b'{')",
    "an object without anything": "record(b'{}')",
    "a list": "record(b'[]')",
    "brackets without end": "record(b'[' * 100_000)",
    "about a number": 'record(b\'{"msg_type": "status", "about": 1, "content": {}}\')',
    "a type that is a list": 'record(b\'{"msg_type": [], "about": "", "content": {}}\')',
}
"""What only one can send that has a pipe."""


def run(*sources: str, how: type[PipedRunner | NbclientRunner] = PipedRunner) -> Run:
    cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate((SENDS, *sources))]
    return how(Limits(cell_seconds=4), subject=ASSIGNMENT).run(new_notebook(cells=cells))


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize(
    ("how", "odd"),
    [(PipedRunner, ODD | ODD_RECORDS), (NbclientRunner, ODD | ODD_PARTS)],
    ids=["piped", "nbclient"],
)
def test_a_run_with_odd_messages_goes_on(how: type[PipedRunner | NbclientRunner], odd: dict[str, str]) -> None:
    sources = [source for one in odd.values() for source in (one, "print('on')", "assert False, 'wrong'")]
    done = run(*sources, how=how)
    assert done.ended is Ended.COMPLETE
    for number, name in enumerate(odd):
        sent, on, wrong = (f"cell-{3 * number + place}" for place in (1, 2, 3))
        assert done.replies[sent].ok, (name, done.replies[sent])
        assert done.notebook.cells[3 * number + 2].outputs[0].text == "on\n", name
        assert done.replies[on].ok and not done.replies[wrong].ok, name


@pytest.mark.usefixtures("warm")
def test_an_odd_reply_does_not_hide_that_a_cell_never_ended() -> None:
    done = run(ODD["a reply without a status"] + "\nwhile True: pass")
    assert (done.ended, done.stopped_at) == (Ended.CELL_TIMEOUT, "cell-1")


@pytest.mark.usefixtures("warm")
def test_a_cell_whose_reply_was_forged_shows_nothing_that_counts() -> None:
    """Whoever holds the kernel can say that a cell ran; what a cell shows is what is judged."""
    done = run(
        "send('status', {'execution_state': 'idle'})\nreply({'status': 'ok'})\nwhile True: pass", "display('proof')"
    )
    assert [output for output in done.notebook.cells[2].outputs if "proof" in str(output)] == []


GOOD: dict[str, Any] = {
    "header": {"msg_type": "stream"},
    "msg_type": "stream",
    "parent_header": {"msg_id": "a"},
    "content": {"name": "stdout", "text": "x"},
}

WORSE: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "no header": lambda good: good | {"header": None},
    "no parent": lambda good: good | {"parent_header": 7},
    "no content": lambda good: good | {"content": []},
    "two types": lambda good: good | {"msg_type": "status"},
    "a type that is a list": lambda good: good | {"msg_type": ["stream"], "header": {"msg_type": ["stream"]}},
    "a parent with an odd id": lambda good: good | {"parent_header": {"msg_id": {}}},
    "text that is true": lambda good: good | {"content": {"name": "stdout", "text": True}},
    "a missing field": lambda good: good | {"content": {"name": "stdout"}},
}


def test_a_message_as_it_should_be_stays_as_it_is() -> None:
    assert sound(GOOD) == GOOD


@pytest.mark.parametrize("spoil", WORSE.values(), ids=WORSE)
def test_a_message_of_another_shape_is_about_nothing(spoil: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    assert sound(spoil(GOOD)) == ABOUT_NOTHING


def test_of_a_message_only_what_its_type_has_is_kept_and_can_be_written() -> None:
    heard = sound(GOOD | {"content": {"name": "stdout", "text": "a\ud800b", "deep": [[["\ud800"]]]}})
    assert heard["content"] == {"name": "stdout", "text": "a?b"}


def test_a_reply_is_kept_with_what_was_raised() -> None:
    content = {"status": "error", "ename": "E\ud800", "evalue": "why", "traceback": ["where"], "more": 7}
    heard = sound(GOOD | {"header": {"msg_type": "execute_reply"}, "msg_type": "execute_reply", "content": content})
    assert heard["content"] == {"status": "error", "ename": "E?", "evalue": "why", "traceback": ["where"]}
