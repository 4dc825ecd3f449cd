"""The table in the terminal: a state for every notebook, and what wants a person."""

import re

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.course import Assignment
from autograder.grading import Result
from autograder.verdict import NotebookVerdict

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def print_table(results: list[Result], assignment: Assignment, console: Console) -> None:
    """Print a row for each submission, and below it one line for each thing that a person should know."""
    table = Table(title=assignment.name, title_justify="left", header_style="bold", pad_edge=False)
    table.add_column("student", overflow="fold")
    for master in assignment.notebooks:
        table.add_column(f"{master.name.replace('_', ' ')} / {master.max_points:g}", justify="right", min_width=11)
    table.add_column(f"total / {assignment.max_points:g}", justify="right")
    for result in results:
        total = "[bold]?[/bold]" if result.points is None else f"[bold]{result.points:g}[/bold]"
        table.add_row(plain(result.student), *(_cell(verdict) for verdict in result.verdicts), total)
    console.print(table)
    _print_wanted(results, console)


def plain(text: str) -> str:
    """Make text of a submission harmless in a terminal: no control characters, no markup."""
    return escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))


def _cell(verdict: NotebookVerdict) -> str:
    if verdict.state.is_graded:
        return f"GRADED {verdict.earned:>4g}"
    return f"[bold red]{plain(str(verdict.state))}[/bold red]"


def _print_wanted(results: list[Result], console: Console) -> None:
    wanted = [(result, verdict) for result in results for verdict in result.verdicts if not verdict.state.is_graded]
    if wanted:
        console.print(
            f"\n[bold]{len(wanted)} want a person[/bold] (no automatic points; nbgrader's formgrader lists them)"
        )
    for result, verdict in wanted:
        console.print(f"  {plain(result.student)}: {plain(str(verdict.state))} {plain(verdict.state.message)}")
    notes = [
        f"  {plain(result.student)}: {plain(where)}{plain(note)}"
        for result in results
        for where, noted in [("", result.notes), *((f"{v.name}: ", v.notes) for v in result.verdicts)]
        for note in noted
    ]
    if notes:
        console.print("\n[bold]Noted[/bold] (points not affected)")
        console.print("\n".join(notes))
