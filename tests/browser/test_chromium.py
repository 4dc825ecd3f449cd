"""The browser is found or missed in words, and whatever a page does is noticed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import MISSING, doings
from tests.conftest import ROOT

ACTIVE = {
    "dialog: hello": "<script>alert('hello')</script>",
    "console: hello": "<img src='data:,' onerror=console.log('hello')>",
    "error: hello": "<script>throw new Error('hello')</script>",
    "request: http://127.0.0.1:9/x.png": "<img src='http://127.0.0.1:9/x.png'>",
    "request: http://127.0.0.1:9/x.css": "<style>@import 'http://127.0.0.1:9/x.css';</style>",
    "navigation: about:srcdoc": "<iframe srcdoc='x'></iframe>",
    "navigation: data:text/plain,x": "<iframe src='data:text/plain,x'></iframe>",
    "title: ran": "<svg onload=\"document.title='ran'\"></svg>",
    "global: ran": "<details ontoggle='window.ran = 1' open>x</details>",
    "console: clicked": "<a href='javascript:console.log(`clicked`)'>x</a>",
    "console: touched": "<p onmouseover='console.log(`touched`)'>x</p>",
    "console: later": "<script>setTimeout(() => console.log('later'), 20)</script>",
}
"""By what must be noticed, a page that does it."""


def page(folder: Path, body: str) -> Path:
    place = folder / "page.html"
    place.write_text(f"<!doctype html><title>A page</title><link rel=icon href=data:image/png,>{body}", "utf-8")
    return place


@pytest.mark.parametrize("what", ACTIVE)
def test_what_a_page_does_is_noticed(browser: Browser, tmp_path: Path, what: str) -> None:
    assert what in doings(browser, page(tmp_path, ACTIVE[what]))


def test_a_page_that_is_only_looked_at_does_nothing(browser: Browser, tmp_path: Path) -> None:
    still = "<h1 id=x>A</h1><details><summary>B</summary>C</details><a href=#x>D</a><svg><title>E</title></svg>"
    assert doings(browser, page(tmp_path, still)) == set()


@pytest.mark.parametrize(("required", "code"), [("0", 0), ("1", 1)])
def test_without_a_browser_the_tests_say_what_to_install(required: str, code: int) -> None:
    told = os.environ | {"CHROMIUM": "/nowhere/chromium", "REQUIRE_BROWSER": required}
    command = [sys.executable, "-m", "pytest", "-rsE", f"{__file__}::{test_what_a_page_does_is_noticed.__name__}"]
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True)
    assert MISSING in done.stdout
    assert done.returncode == code
