"""What all commands share: exit codes, and how they talk."""

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
    """Make a console that prints text as it is: names of students are not markup."""
    return Console(stderr=stderr, soft_wrap=True, markup=False, emoji=False, highlight=False)


class _Rate(ProgressColumn):
    """How many are done in a minute."""

    def render(self, task: Task) -> Text:
        return Text(f"{60 * task.speed:.0f}/min" if task.speed else "")


def progress_bar(console: Console) -> Progress:
    """Make a bar with rate and time left; the field ``states`` of a task is shown behind them."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[states]}"),
        console=console,
        transient=True,
    )
