"""A browser for the tests that need one."""

import os
from collections.abc import Iterator

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
