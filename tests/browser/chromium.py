"""The browser of this machine: finding it, starting it, and noting what a page does that text alone never does."""

import html.parser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Dialog, Error, Page, sync_playwright

from autograder.report.class_report import FORMGRADER
from autograder.returning.pdf import program as program

MISSING = "no browser: install Chromium (the package `chromium`), or say where it is with CHROMIUM="

_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""The superuser of a container gets no sandbox, and a browser under test speaks to nobody by itself."""

_BEFORE = "window[Symbol.for('before')] = Object.getOwnPropertyNames(window)"
_GLOBALS = "Object.getOwnPropertyNames(window).filter(name => !window[Symbol.for('before')].includes(name))"
"""Which names there are before a page's own text is read, and which have come since."""

_TOUCH = """formgrader => {
  for (const element of document.querySelectorAll("*")) {
    const link = element.closest("a[href]:not([href^='#'])");
    for (const kind of ["mouseover", "focus", "click"])
      if (kind !== "click" || !(link?.protocol === "file:" || link?.href.startsWith(formgrader)))
        element.dispatchEvent(new MouseEvent(kind, {bubbles: true, cancelable: true}));
  }
}"""
"""Do to every element what a reader may do to it, but for following a link to another file, or into formgrader."""


@contextmanager
def started(path: str) -> Iterator[Browser]:
    """Start the browser without a window, and end it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


def doings(browser: Browser, page: Path) -> set[str]:
    """
    Open a page from a file, touch all that is on it, and list what it did.

    Dialogs, messages on the console, requests, navigation, other windows, downloads, a changed title and new names in
    the window: a page that is only looked at does none of them. What a policy has forbidden is on the console.
    """
    context = browser.new_context()
    try:
        opened = context.new_page()
        opened.add_init_script(_BEFORE)
        done = noted(opened, page.as_uri())
        try:
            opened.goto(page.as_uri(), wait_until="load")
            opened.evaluate(_TOUCH, FORMGRADER)
            # What an image or a timer does when it fails comes a moment later.
            opened.wait_for_timeout(50)
            if " ".join(opened.title().split()) != _Title.of(page.read_text(encoding="utf-8")):
                done.add(f"title: {opened.title()}")
            done |= {f"global: {name}" for name in opened.evaluate(_GLOBALS)}
        except Error as error:
            done.add(f"left: {error.message.splitlines()[0]}")
        return done
    finally:
        context.close()


def noted(page: Page, own: str) -> set[str]:
    """Give a set that fills with what a page does."""
    done: set[str] = set()

    def refuse(dialog: Dialog) -> None:
        done.add(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", refuse)
    page.on("console", lambda message: done.add(f"console: {message.text}"))
    page.on("pageerror", lambda error: done.add(f"error: {error}"))
    page.on("popup", lambda other: done.add(f"window: {other.url}"))
    page.on("download", lambda download: done.add(f"download: {download.url}"))
    page.on("framenavigated", lambda frame: _add(done, "navigation", frame.url, own))
    page.on("request", lambda request: _add(done, "request", request.url, own))
    return done


def _add(done: set[str], what: str, url: str, own: str) -> None:
    if url.partition("#")[0] != own and not url.startswith("data:image/png"):
        done.add(f"{what}: {url}")


class _Title(html.parser.HTMLParser):
    """Reads the title that a page has before anything happens."""

    def __init__(self) -> None:
        super().__init__()
        self._inside = False
        self._text = ""

    @classmethod
    def of(cls, text: str) -> str:
        """Read it from the text of a page."""
        parser = cls()
        parser.feed(text)
        return " ".join(parser._text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look for the one in the head; pictures have titles, too."""
        self._inside = tag == "title" and not self._text

    def handle_endtag(self, tag: str) -> None:
        """Leave it."""
        self._inside = False

    def handle_data(self, data: str) -> None:
        """Take its text."""
        if self._inside:
            self._text += data
