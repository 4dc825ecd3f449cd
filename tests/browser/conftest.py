"""A browser for the tests that need one."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser once; without one, skip what needs it, or fail where REQUIRE_BROWSER says so."""
    path = chromium.program()
    if path is None:
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip)(chromium.MISSING)
    with chromium.started(path) as browser:
        yield browser


Waiting = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def waiting(record_property: Callable[[str, object], None]) -> Waiting:
    """Time what a user waits for; the seconds stand at the end of the run, and nothing depends on them."""

    @contextmanager
    def measured(what: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        record_property(what, round(time.perf_counter() - start, 1))

    return measured


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how long a user waits for what."""
    reports = terminalreporter.getreports("passed")
    waits = [f"{seconds:6} s  {what}" for report in reports for what, seconds in report.user_properties]
    if waits:
        terminalreporter.section("waiting")
        terminalreporter.write_line("\n".join(waits))
