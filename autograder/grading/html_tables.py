"""
Tables in HTML that student code showed: read as rows of text, and written again without anything else.

Of the HTML nothing is kept but the text of table cells, and of what stands between tables: no attribute, no style, no
other tag. So what is written can be opened anywhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

MAX_READ = 300_000
"""Most characters of HTML that are read: a table of ten thousand cells has as many."""

MAX_CELLS = 5_000
"""Most cells of all tables of an output."""

MAX_COLUMNS = 100
"""Most cells of a row."""

MAX_CELL = 500
"""Most characters of a cell."""

_UNREAD = frozenset({"style", "script", "template", "noscript", "title"})
"""Elements whose content nobody sees as text."""

_BREAKS = frozenset({"br", "p", "div", "li", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "hr"})
"""Elements that begin a new line."""


@dataclass
class Cell:
    """A cell of a table: its text, and whether it is a heading."""

    text: str
    is_head: bool = False


Table = list[list[Cell]]
"""Rows of cells."""


@dataclass
class Seen:
    """
    What HTML says to whoever looks at it.

    Attributes
    ----------
    tables : list of Table
        Its tables.
    words : str
        The text outside of them, a line for each block.
    """

    tables: list[Table] = field(default_factory=list)
    words: str = ""

    @property
    def text(self) -> str:
        """All of it in lines."""
        return "\n".join(filter(None, [*map(as_text, self.tables), self.words]))


def seen_in(html: str) -> Seen:
    """Read HTML; whatever is wrong with it, there is a result. What is beyond the caps is left out."""
    reader, read = _Reader(), html[:MAX_READ]
    # A tag without an end is none, and Python's parser would look for its end again and again.
    reader.feed(read[: read.rfind(">") + 1] if "<" in read[read.rfind(">") + 1 :] else read)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.outside).split("\n"))
    tables = [[row for row in table if row] for table in reader.tables]
    return Seen([table for table in tables if table], "\n".join(filter(None, lines)))


def as_html(tables: Iterable[Table]) -> str:
    """Write tables with nothing in them but rows, cells and escaped text, which no page reads as mathematics."""
    written = []
    for table in tables:
        rows = ("".join(_cell(cell) for cell in row) for row in table)
        written.append(f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>")
    return "\n".join(written)


def as_text(table: Table) -> str:
    """Write a table in columns."""
    widths = [0] * max(map(len, table))
    for row in table:
        for place, cell in enumerate(row):
            widths[place] = max(widths[place], len(cell.text))
    lines = ("  ".join(cell.text.rjust(width) for cell, width in zip(row, widths, strict=False)) for row in table)
    return "\n".join(line.rstrip() for line in lines)


def _cell(cell: Cell) -> str:
    name = "th" if cell.is_head else "td"
    # MathJax looks for its signs within one element.
    text = "".join(f"<span>{sign}</span>" if sign in "$\\" else sign for sign in escape(cell.text))
    return f"<{name}>{text}</{name}>"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Table] = []
        self.outside: list[str] = []
        self._inside = 0
        self._unread = 0
        self._cell: Cell | None = None
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD:
            self._unread += 1
        elif tag == "table":
            self._inside += 1
            if self._inside == 1:
                self.tables.append([])
        elif self._inside == 1 and tag == "tr":
            self.tables[-1].append([])
            self._cell = None
        elif self._inside == 1 and tag in ("td", "th"):
            self._cell = None
            if not self.tables[-1]:
                self.tables[-1].append([])
            row = self.tables[-1][-1]
            if len(row) < MAX_COLUMNS and self._cells < MAX_CELLS:
                self._cells += 1
                self._cell = Cell("", tag == "th")
                row.append(self._cell)
        if tag in _BREAKS:
            self._say("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        elif tag == "table":
            self._inside = max(0, self._inside - 1)
            self._cell = None if not self._inside else self._cell
        elif self._inside == 1 and tag in ("td", "th", "tr"):
            self._cell = None
        if tag in _BREAKS:
            self._say("\n")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self._say(data)

    def _say(self, text: str) -> None:
        if not self._inside:
            self.outside.append(text)
        elif self._cell is not None and len(self._cell.text) < MAX_CELL:
            words = " ".join(text.split())
            joined = f"{self._cell.text} {words}" if self._cell.text and words else self._cell.text or words
            self._cell.text = joined[:MAX_CELL]
