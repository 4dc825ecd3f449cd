"""
What a kernel showed, made harmless to look at: plain text, pictures that are drawn anew, tables of text.

What is of another kind is named.

There is an end to it: what somebody would never read to the end is cut, and the notebook says so.

Notebooks as they were run are opened in JupyterLab, in nbgrader's formgrader and by nbconvert, which all would run
what an answer has put into HTML, SVG or JavaScript.
"""

import base64
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nbformat import NotebookNode, from_dict

from autograder.grading.html_tables import Cell, Table, as_html, seen_in
from autograder.layers import layer
from autograder.text import plain, plain_lines

MAX_PIXELS = 4_000_000
"""Most points of a picture that is shown."""

MAX_DRAWN = 10 * MAX_PIXELS
"""Most points of all pictures of a notebook: a hundred figures have fewer, and each point takes time to draw."""

MAX_CHARACTERS = 2**20
"""Most characters of all texts of a notebook: a book has as many."""

MAX_LINES = 20_000
"""Most lines of all texts of a notebook: a notebook file keeps each of them as a text of its own."""

MAX_PICTURES = 16 * 2**20
"""Most characters of all pictures of a notebook; what is noise gets larger when it is drawn anew."""

PICTURES: Mapping[str, tuple[str, str]] = {"image/png": ("PNG", "RGBA"), "image/jpeg": ("JPEG", "RGB")}
"""The kinds of picture that are drawn anew: Pillow's name of the format, and of what its points are."""

_HTML = "text/html"

_SOURCES = ("text/markdown", "text/latex")
"""Kinds of text that people can read as they are written."""

_KINDS_CHARACTERS = 200
"""Of the kinds of an output that is not shown: their names are whatever student code called them."""

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[@-~]")
"""What a terminal takes for colours and movements (ECMA-48, control sequences)."""

_STEPS = re.compile(r"\r+|\x08+|[^\r\x08]+")
"""The parts of a line on a terminal: back to its beginning, back by a character, and text."""

_NAME_ONLY = re.compile(r"<[\w.]+(?: object)?(?: at 0x[0-9a-f]+)?>")
"""What Python says of an object that has no words of its own."""


def sanitize(notebook: NotebookNode) -> NotebookNode:
    """Make the outputs of a notebook harmless, in place, and return it. What a kernel says of itself goes, too."""
    notebook.metadata.pop("language_info", None)
    left = _Left(Pictures())
    for number, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1):
        if cell.execution_count is not None:
            cell.execution_count = number
        cell.outputs = _outputs(cell.outputs, number, left)
    return notebook


class Pictures:
    """Draws pictures anew: those of one notebook, until they are too many."""

    def __init__(self) -> None:
        self._points = MAX_DRAWN
        self._encoded = MAX_PICTURES

    def drawn(self, kind: str, encoded: str) -> str:
        """
        Read the points of a picture and write them again, and nothing else that the file held.

        Pillow raises whatever a broken file makes happen in it, an IndexError for instance: all of it says the same.

        Parameters
        ----------
        kind : str
            One of `PICTURES`.
        encoded : str
            The file, in base64.

        Returns
        -------
        str
            The same for the new file; empty if it cannot be done.
        """
        # Only answers that draw need it.
        from PIL import Image

        name, mode = PICTURES[kind]
        try:
            with Image.open(io.BytesIO(base64.b64decode(encoded)), formats=[name]) as picture:
                count = picture.width * picture.height
                if count > min(MAX_PIXELS, self._points):
                    return ""
                self._points -= count
                points = picture.convert(mode)
            fresh = Image.new(mode, points.size)
            fresh.paste(points)
            written = io.BytesIO()
            fresh.save(written, format=name)
        except Exception:
            return ""
        drawn = base64.b64encode(written.getvalue()).decode()
        if len(drawn) > self._encoded:
            return ""
        self._encoded -= len(drawn)
        return drawn


@lru_cache(maxsize=64)
def in_its_stead(name: str) -> str:
    """Draw a picture, in base64, that says which one cannot be shown."""
    from PIL import Image, ImageDraw

    words = f"(not shown: {plain(name)[:80]}, which is no PNG or JPEG that can be read)".encode("ascii", "replace")
    drawn = Image.new("RGB", (8 * len(words), 24), "white")
    ImageDraw.Draw(drawn).text((6, 6), words.decode("ascii"), fill="black")
    written = io.BytesIO()
    drawn.save(written, format="PNG")
    return base64.b64encode(written.getvalue()).decode()


@dataclass
class _Left:
    """What may still be shown."""

    pictures: "Pictures"
    characters: int = MAX_CHARACTERS
    lines: int = MAX_LINES

    def whole(self, text: str) -> str:
        """Keep a text that makes no sense in parts; empty where there is no room for it."""
        if len(text) > self.characters or text.count("\n") >= self.lines:
            return ""
        self.characters -= len(text)
        self.lines -= text.count("\n") + 1
        return text

    def cut(self, text: str) -> str:
        """Keep as much of a text as there is still room for, and say what is missing."""
        kept = text[: self.characters]
        end = -1
        for _ in range(self.lines):
            end = kept.find("\n", end + 1)
            if end < 0:
                break
        else:
            kept = kept[: max(end, 0)]
        self.characters -= len(kept)
        self.lines -= kept.count("\n") + 1
        missing = len(text) - len(kept)
        return f"{kept}\n... ({missing} more characters were cut)" if missing else kept


@layer("escaping")
def _outputs(outputs: list[NotebookNode], number: int, left: _Left) -> list[NotebookNode]:
    return [_output_or_line(output, number, left) for output in outputs]


def _output_or_line(output: NotebookNode, number: int, left: _Left) -> NotebookNode:
    """Whatever is odd about one output, it costs that output alone."""
    try:
        return _output(output, number, left)
    except Exception as error:
        return _node("stream", name="stdout", text=f"(not shown: this output cannot be read, {type(error).__name__})")


def _output(output: NotebookNode, number: int, left: _Left) -> NotebookNode:
    kind = output.output_type
    if kind == "stream":
        name = "stderr" if output.name == "stderr" else "stdout"
        return _node(kind, name=name, text=_words(output.text, left))
    if kind == "error":
        name, value = _words(output.ename, left), _words(output.evalue, left)
        lines = _words("\n".join(output.traceback), left).split("\n")
        return _node(kind, ename=name, evalue=value, traceback=lines)
    count = {"execution_count": number} if kind == "execute_result" else {}
    return _node(kind, data=_bundle(output.data, left), metadata={}, **count)


def _bundle(data: dict[str, Any], left: _Left) -> dict[str, str]:
    shown = {"text/plain": _words(str(data["text/plain"]), left)} if "text/plain" in data else {}
    text = shown.get("text/plain", "").strip()
    says_little = not text or bool(_NAME_ONLY.fullmatch(text))
    lost = [kind for kind in data if kind not in shown]
    if _HTML in data and (seen := seen_in(str(data[_HTML]))).tables:
        if html := left.whole(as_html(_plain_tables(seen.tables))):
            shown[_HTML] = html
        if says_little:
            shown["text/plain"], says_little = _words(seen.text, left), False
        lost.remove(_HTML)
    for kind in _SOURCES:
        if kind in data and says_little:
            shown["text/plain"], says_little = _words(str(data[kind]), left), False
            lost.remove(kind)
    undrawn = []
    for kind in (kind for kind in PICTURES if kind in data):
        lost.remove(kind)
        if picture := left.pictures.drawn(kind, str(data[kind])):
            shown[kind] = picture
        else:
            undrawn.append(kind)
    if says_little and not PICTURES.keys() & shown.keys():
        undrawn += lost
    if undrawn or not shown:
        line = f"(not shown: {plain(', '.join(map(str, undrawn)))[:_KINDS_CHARACTERS]})"
        shown["text/plain"] = "\n".join(filter(None, [shown.get("text/plain", ""), line]))
    return shown


def _plain_tables(tables: list[Table]) -> list[Table]:
    return [[[Cell(plain(cell.text), cell.is_head) for cell in row] for row in table] for table in tables]


def _words(text: str, left: _Left) -> str:
    return plain_lines(left.cut(on_a_terminal(_CONTROL.sub("", text))))


def on_a_terminal(text: str) -> str:
    """Give the text that is to be seen when a terminal has printed it: a progress bar is its last state."""
    if "\r" not in text and "\x08" not in text:
        return text
    return "\n".join(_overwritten(line) for line in text.replace("\r\n", "\n").split("\n"))


def _overwritten(line: str) -> str:
    if "\r" not in line and "\x08" not in line:
        return line
    seen: list[str] = []
    place = 0
    for step in _STEPS.findall(line):
        if step[0] == "\r":
            place = 0
        elif step[0] == "\x08":
            place = max(0, place - len(step))
        else:
            seen[place : place + len(step)] = step
            place += len(step)
    return "".join(seen)


def _node(kind: str, **fields: Any) -> NotebookNode:
    return from_dict({"output_type": kind, **fields})
