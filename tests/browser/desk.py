"""Somebody at a notebook in JupyterLab: keyboard and mouse only, as students have them."""

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

KERNEL = "TensorFlow 1 graphs"
PATIENCE = 60_000
"""Milliseconds after which something is not slow, but broken."""


class Desk:
    """
    A page of JupyterLab with one notebook in front.

    Parameters
    ----------
    page : Page
        JupyterLab, opened.
    notebook : Path
        The file of the notebook, where its cells' names are read.
    """

    def __init__(self, page: Page, notebook: Path) -> None:
        self.page = page
        self.notebook = notebook
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        self._places = {cell["id"]: place for place, cell in enumerate(cells)}
        self.code = [cell["id"] for cell in cells if cell["cell_type"] == "code"]
        page.set_default_timeout(PATIENCE)
        page.get_by_text(f"{KERNEL} | Idle").wait_for()

    def menu(self, *names: str) -> None:
        """Choose from the menu bar."""
        first, *others = names
        self.page.get_by_role("menuitem", name=first, exact=True).click()
        for name in others:
            self.page.locator(".lm-Menu-itemLabel").get_by_text(name, exact=True).click()

    def cell(self, name: str) -> Locator:
        """Scroll to a cell, and unfold it."""
        cell = self.page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{self._places[name]}']")
        # JupyterLab makes the cells far below only when it has nothing else to do.
        cell.wait_for(state="attached")
        cell.scroll_into_view_if_needed()
        folded = cell.locator(".jp-Placeholder-content")
        if folded.count():
            folded.click()
        return cell

    def write(self, name: str, source: str) -> None:
        """Replace the text of a cell."""
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def run(self, name: str) -> Locator:
        """Run a cell, wait for its end, and give what stands below it."""
        cell = self.cell(name)
        prompt = self._prompt(cell)
        before = prompt.inner_text()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        expect(prompt).not_to_have_text(before, timeout=PATIENCE)
        expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=PATIENCE)
        self.page.get_by_text(f"{KERNEL} | Idle").wait_for()
        return cell.locator(".jp-OutputArea")

    def run_all(self) -> None:
        """Run all cells, and wait until none is waiting."""
        first = self._prompt(self.cell(self.code[0]))
        before = first.inner_text()
        self.menu("Run", "Run All Cells")
        expect(first).not_to_have_text(before, timeout=PATIENCE)
        self.page.wait_for_function(_NONE_WAITS)

    def restart_and_run_all(self) -> None:
        """Restart the kernel, run all cells, and wait for the last one."""
        self.menu("Kernel", "Restart Kernel and Run All Cells…")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        expect(self._prompt(self.cell(self.code[-1]))).to_have_text(f"[{len(self.code)}]:", timeout=PATIENCE)

    def validate(self) -> str:
        """Press nbgrader's button, and read its verdict."""
        self.page.get_by_role("button", name="Validate").click()
        dialog = self.page.locator(".jp-Dialog-content")
        dialog.wait_for()
        said = dialog.inner_text()
        dialog.get_by_role("button").last.click()
        dialog.wait_for(state="detached")
        return said

    def _prompt(self, cell: Locator) -> Locator:
        return cell.locator(".jp-InputArea-prompt")


_NONE_WAITS = """() => [...document.querySelectorAll(".jp-InputArea-prompt")].every(
  prompt => !prompt.textContent.includes("*"))"""
