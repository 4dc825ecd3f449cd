"""The CSV: a row for each notebook of each submission, so that a crash never looks like a wrong answer."""

import csv
import io

from autograder.grading import Result
from autograder.intake import readable

COLUMNS = ("student", "notebook", "state", "points", "max_points", "seconds", "reason", "misconceptions", "notes")


def sheet(results: list[Result]) -> str:
    """Write the rows as CSV text. Points are empty, not 0, where a person must decide."""
    text = io.StringIO()
    # Everything quoted: left to itself, csv forgets that a carriage return ends a line.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for result in results:
        for verdict in result.verdicts:
            writer.writerow(
                [
                    harmless(result.student),
                    verdict.name,
                    str(verdict.state),
                    "" if verdict.points is None else f"{verdict.points:g}",
                    f"{verdict.max_points:g}",
                    f"{verdict.seconds:.1f}",
                    harmless(verdict.state.message),
                    " ".join(dict.fromkeys(hint.id for hint in verdict.hints)),
                    harmless("; ".join((*result.notes, *verdict.notes))),
                ]
            )
    return text.getvalue()


def harmless(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula (OWASP, "CSV Injection"): quote its first character."""
    text = readable(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text
