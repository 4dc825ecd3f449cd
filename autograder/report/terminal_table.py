"""The table in the terminal: a state for every notebook, and what needs review."""

from collections import Counter
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.course.assignment import Assignment
from autograder.grading.result import Result
from autograder.grading.verdict import Kind, NotebookVerdict
from autograder.hints import Catalogue
from autograder.records.absent import is_absent
from autograder.text import plain

_NARROW, _NAME, _TOTAL, _RULE = 11, 10, 10, 3
"""Columns of a terminal: the least for a notebook and for a name, what a total takes, and what divides two."""


def print_table(
    results: list[Result], assignment: Assignment, console: Console, names: Mapping[str, str] | None = None
) -> None:
    """
    Print a row for each submission, and below it one line for each thing that an instructor should know.

    Parameters
    ----------
    names : mapping of str to str, optional
        First and last names by id, as far as the roster has them.
    """
    names = names or {}
    called = {one.student: f"{one.student} ({names[one.student]})" for one in results if one.student in names}
    console.print(_table(results, assignment, console.width, called))
    absent = [f"  {called.get(result.student, result.student)}" for result in results if is_absent(result)]
    waiting = [
        f"  {called.get(result.student, result.student)}: {verdict.state} {verdict.state.message}"
        for result in results
        for verdict in result.verdicts
        if not verdict.state.is_graded and not is_absent(result)
    ]
    noted = [
        f"  {called.get(result.student, result.student)}: {where}{note}"
        for result in results
        for where, notes in [("", result.notes), *((f"{v.name}: ", v.notes) for v in result.verdicts)]
        for note in notes
    ]
    verb = "needs" if len(waiting) == 1 else "need"
    _print_list(f"{len(waiting)} {verb} review", "points wait for you; see nbgrader's formgrader", waiting, console)
    _print_list(f"{len(absent)} handed in nothing", "in the roster, but without a submission", absent, console)
    _print_list(
        "Misconceptions",
        "how many students' answers show each",
        misconceptions(results, assignment.catalogue),
        console,
    )
    _print_list("Noted", "worth knowing; the points are as they are", noted, console)


def misconceptions(results: list[Result], catalogue: Catalogue) -> list[str]:
    """Write a line for each misconception of the class, the most frequent first: how many students, which idea."""
    shown = Counter(id for r in results for id in {hint.id for verdict in r.verdicts for hint in verdict.hints})
    ideas = sorted((idea for idea in catalogue.values() if shown[idea.id]), key=lambda idea: -shown[idea.id])
    return [f"{shown[idea.id]:4} {idea.id:4} {idea.belief} See {idea.reread}." for idea in ideas]


def _table(results: list[Result], assignment: Assignment, width: int, called: Mapping[str, str]) -> Table:
    """Write a row for each submission, or one for each of its notebooks where a terminal has no room for columns."""
    heads = [f"{master.name.replace('_', ' ')} / {master.max_points:g}" for master in assignment.notebooks]
    cells = [[_cell(verdict) for verdict in result.verdicts] for result in results]
    table = Table(title=assignment.name, title_justify="left", header_style="bold", pad_edge=False)
    table.add_column("student", overflow="fold", min_width=_NAME)
    # A state is never cut, nor folded within a word: it is what there is to do.
    widths = [
        max([_NARROW, *(row[place].cell_len for row in cells if place < len(row))]) for place in range(len(heads))
    ]
    if _NAME + sum(one + _RULE for one in widths) + _TOTAL <= width:
        for head, one in zip(heads, widths, strict=True):
            table.add_column(head, justify="right", min_width=one)
        table.add_column(f"total / {assignment.max_points:g}", justify="right")
        for result, row in zip(results, cells, strict=True):
            table.add_row(_who(result, called), *row, _total(result))
        return table
    table.add_column("notebook", overflow="fold", min_width=_NAME)
    table.add_column("state", justify="right", no_wrap=True, min_width=max([_NARROW, *widths]))
    for result, row in zip(results, cells, strict=True):
        for head, cell in zip(heads, row, strict=False):
            table.add_row(_who(result, called) if head is heads[0] else Text(), Text(head), cell)
        table.add_row(Text(), Text(f"total / {assignment.max_points:g}"), _total(result), end_section=True)
    return table


def _who(result: Result, called: Mapping[str, str]) -> Text:
    return Text(plain(called.get(result.student, result.student)))


def _total(result: Result) -> Text:
    return Text("?" if result.points is None else f"{result.points:g}", style="bold")


def _cell(verdict: NotebookVerdict) -> Text:
    if verdict.state.is_graded:
        return Text(f"{verdict.state} {verdict.points:>4g}")
    kept = f" {verdict.kept:>4g}" if verdict.state.kind is Kind.REVIEW else ""
    return Text(plain(str(verdict.state)) + kept, style="bold red")


def _print_list(heading: str, meaning: str, lines: list[str], console: Console) -> None:
    if lines:
        console.print(Text.assemble("\n", (heading, "bold"), f" ({meaning})"))
    for line in lines:
        console.print(plain(line), markup=False, emoji=False, highlight=False)
