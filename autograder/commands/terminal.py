"""What all commands share: exit codes, and how they talk."""

import contextlib
import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, cast

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

DONE, NEEDS_REVIEW, NOTHING_DONE, STOPPED = 0, 1, 2, 130
"""All is well; it finished and something needs review; nothing was done; stopped by Ctrl-C."""


def terminal(*, stderr: bool = False) -> Console:
    """
    Make a console that prints text as it is: names of students are not markup.

    Printing never fails: results must not be lost because nobody listens any more.
    """
    stream = _Patient(sys.stderr if stderr else sys.stdout)
    return Console(file=cast(TextIO, stream), soft_wrap=True, markup=False, emoji=False, highlight=False)


def find_footing() -> None:
    """
    Have standard streams, and a folder to be in, where whoever started the command has left it none.

    What is opened next, a gradebook perhaps, would else get what anybody prints.
    """
    try:
        Path.cwd()
    except OSError:
        os.chdir("/")
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free, which is this one.
            os.open(os.devnull, os.O_RDWR)


class _Patient(io.TextIOBase):
    """A stream that may be closed, full or know fewer characters than there are."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return getattr(self._stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        return self._stream is not None and not self._stream.closed and self._stream.isatty()

    def write(self, text: str) -> int:
        if self._stream is not None:
            try:
                try:
                    self._stream.write(text)
                except UnicodeEncodeError:
                    self._stream.write(text.encode(self.encoding, "backslashreplace").decode(self.encoding))
            except (OSError, ValueError):
                self._give_up(self._stream)
        return len(text)

    def flush(self) -> None:
        if self._stream is not None:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self._give_up(self._stream)

    def _give_up(self, stream: TextIO) -> None:
        """Nobody listens: what is still in the stream goes nowhere, or Python would fail on it when it ends."""
        self._stream = None
        with contextlib.suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), stream.fileno())


class _Rate(ProgressColumn):
    """How many are done in a minute."""

    def render(self, task: Task) -> Text:
        return Text(f"{60 * task.speed:.0f}/min" if task.speed else "")


@dataclass(frozen=True)
class Told:
    """What is told anew whenever a line is drawn."""

    tell: Callable[[], str]

    def __str__(self) -> str:
        return self.tell()


class _Field(ProgressColumn):
    """A field of a task; nothing where it has none."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def render(self, task: Task) -> Text:
        return Text(str(task.fields.get(self._name, "")))


def progress_bar(console: Console) -> Progress:
    """Make a bar with rate and time left; the fields ``where`` and ``states`` of a task are shown behind them."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        _Field("where"),
        _Field("states"),
        console=console,
        transient=True,
    )
