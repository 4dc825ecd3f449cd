"""The CSV: a row for each notebook of each submission, so that a crash never looks like a wrong answer."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from autograder.grading.result import Result
from autograder.layers import layer
from autograder.text import plain

COLUMNS = (
    "student",
    "name",
    "notebook",
    "state",
    "points",
    "max_points",
    "seconds",
    "reason",
    "misconceptions",
    "notes",
    "penalty",
)

_IDENTIFIER = re.compile(r"[\w.@+-]*", re.ASCII)
"""What user names and addresses consist of: nothing in it can call a function or start a program."""

_BEGIN_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

_IN_A_CELL = re.compile(r"[^\t\r\n]+")
"""What stands between the signs that lines of a cell consist of."""


def csv_table(results: list[Result], names: Mapping[str, str] | None = None) -> str:
    """
    Write the rows as CSV text. Points, less the penalty, are empty and not 0 where a notebook needs review.

    Parameters
    ----------
    names : mapping of str to str, optional
        First and last names by id, as far as the roster has them.
    """
    names = names or {}
    rows = [
        [
            csv_safe(result.student),
            csv_safe(names.get(result.student, "")),
            verdict.name,
            str(verdict.state),
            "" if verdict.points is None else f"{verdict.points:g}",
            f"{verdict.max_points:g}",
            f"{verdict.seconds:.1f}",
            csv_safe(verdict.state.message),
            " ".join(dict.fromkeys(hint.id for hint in verdict.hints)),
            csv_safe("; ".join((*result.notes, *verdict.notes))),
            f"{verdict.penalty:g}" if verdict.penalty else "",
        ]
        for result in results
        for verdict in result.verdicts
    ]
    return csv_text([COLUMNS, *rows])


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Write rows of cells as CSV text."""
    text = io.StringIO()
    # Everything quoted: left to itself, csv forgets that a carriage return ends a line.
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()


@layer("escaping")
def csv_safe(text: str) -> str:
    """
    Keep a spreadsheet from taking text for a formula (OWASP, "CSV Injection"): quote its first character.

    The same signs in other widths begin a formula, too, where East Asian text is written. Control characters are
    replaced: a file is also shown in terminals.
    """
    text = _IN_A_CELL.sub(lambda part: plain(part[0]), text)
    first = next((sign for sign in text if unicodedata.category(sign) != "Cf"), "")
    return f"'{text}" if unicodedata.normalize("NFKC", first).startswith(_BEGIN_A_FORMULA) else text


def csv_safe_id(text: str) -> str:
    """Keep what another program looks people up by as it is, as long as no spreadsheet could run it."""
    return text if _IDENTIFIER.fullmatch(text) else csv_safe(text)
