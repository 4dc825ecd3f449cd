"""Work on what a student has written ends when its processor time is used up, whatever it is."""

import contextlib
import multiprocessing
import re
import threading
import time
from collections.abc import Callable

import pytest

from autograder.deadline import ENDED_BY, Deadline, OutOfTimeError

CATASTROPHE = r"(a+)+$"


def count_for_ever() -> None:
    while True:
        pass


def search_for_ever() -> None:
    re.match(CATASTROPHE, "a" * 64 + "b")


def guard_for_ever() -> None:
    """Take everything for an answer that cannot be read, and go on."""
    while True:
        with contextlib.suppress(Exception):
            search_for_ever()


def swallow_once() -> None:
    try:
        count_for_ever()
    except BaseException:
        count_for_ever()


def listen_to_no_signal() -> None:
    sum(range(10**13))


@pytest.mark.parametrize("work", [count_for_ever, search_for_ever, guard_for_ever, swallow_once])
def test_work_is_ended(work: Callable[[], None]) -> None:
    deadline = Deadline(0.2)
    with pytest.raises(OutOfTimeError), deadline:
        work()
    with pytest.raises(OutOfTimeError), deadline:
        pytest.fail("a later block must not begin")


def test_blocks_share_their_time_and_what_is_between_them_is_free() -> None:
    deadline, blocks = Deadline(0.25), 0
    with pytest.raises(OutOfTimeError):
        while True:
            with deadline:
                _work_for(0.1)
            blocks += 1
            _work_for(0.3)
    assert blocks == 2


def test_waiting_is_free() -> None:
    with Deadline(0.1):
        time.sleep(0.3)


def test_whoever_is_in_time_hears_nothing_later() -> None:
    for _ in range(100):
        with Deadline(0.05):
            pass
    _work_for(0.2)


def test_in_another_thread_only_the_next_block_is_refused() -> None:
    found: list[str] = []

    def work() -> None:
        deadline = Deadline(0.01)
        with deadline:
            _work_for(0.05)
        try:
            with deadline:
                found.append("began")
        except OutOfTimeError:
            found.append("refused")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["refused"]


def _in_a_worker(work: Callable[[], None]) -> None:
    with Deadline(0.2):
        work()


def test_a_worker_that_listens_to_no_signal_is_ended_by_the_system() -> None:
    process = multiprocessing.get_context("forkserver").Process(target=_in_a_worker, args=(listen_to_no_signal,))
    process.start()
    process.join()
    assert process.exitcode == -ENDED_BY


def _work_for(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
