"""
What a kernel showed, made harmless to look at: text without control characters, and pictures that are drawn anew.

There is an end to it: what somebody would never read to the end is cut, and the notebook says so.

Notebooks as they were run are opened in JupyterLab, in nbgrader's formgrader and by nbconvert, which all would run
what an answer has put into HTML, SVG or JavaScript.
"""

import base64
import io
import re
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode, from_dict

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

_PICTURE = "image/png"

_KINDS_CHARACTERS = 200
"""Of the kinds of an output that is not shown: their names are whatever student code called them."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def sanitize(notebook: NotebookNode) -> NotebookNode:
    """Make the outputs of a notebook harmless, in place, and return it. What a kernel says of itself goes, too."""
    notebook.metadata.pop("language_info", None)
    left = _Left()
    for number, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1):
        if cell.execution_count is not None:
            cell.execution_count = number
        cell.outputs = _outputs(cell.outputs, number, left)
    return notebook


@dataclass
class _Left:
    """What may still be shown."""

    points: int = MAX_DRAWN
    characters: int = MAX_CHARACTERS
    lines: int = MAX_LINES
    encoded: int = MAX_PICTURES

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
    shown = {}
    if "text/plain" in data:
        shown["text/plain"] = _words(str(data["text/plain"]), left)
    if _PICTURE in data:
        picture = _drawn_anew(str(data[_PICTURE]), left)
        if picture:
            shown[_PICTURE] = picture
        elif shown:
            shown["text/plain"] += f"\n(not shown: {_PICTURE})"
    if not shown:
        shown["text/plain"] = f"(not shown: {plain(', '.join(map(str, data)))[:_KINDS_CHARACTERS]})"
    return shown


def _words(text: str, left: _Left) -> str:
    return plain_lines(left.cut(_COLOUR.sub("", text).replace("\r\n", "\n")))


def _drawn_anew(encoded: str, left: _Left) -> str:
    """
    Read the points of a PNG and write them again, and nothing else that the file held; empty if that cannot be done.

    Pillow raises whatever a broken file makes happen in it, an IndexError for instance: all of it says the same.
    """
    # Only answers that draw need it.
    from PIL import Image

    try:
        with Image.open(io.BytesIO(base64.b64decode(encoded)), formats=["PNG"]) as picture:
            count = picture.width * picture.height
            if count > min(MAX_PIXELS, left.points):
                return ""
            left.points -= count
            points = picture.convert("RGBA")
        fresh = Image.new("RGBA", points.size)
        fresh.paste(points)
        written = io.BytesIO()
        fresh.save(written, format="PNG")
    except Exception:
        return ""
    drawn = base64.b64encode(written.getvalue()).decode()
    if len(drawn) > left.encoded:
        return ""
    left.encoded -= len(drawn)
    return drawn


def _node(kind: str, **fields: Any) -> NotebookNode:
    return from_dict({"output_type": kind, **fields})
