"""
Gradescope: `results.json` of one submission.

Rules: Gradescope's documentation for autograders, "Autograder Specifications", section "Output format". A score
has to be there, for the whole or for each test; the one for the whole counts.
"""

import json
from collections.abc import Sequence
from typing import Any

from autograder.errors import ExportError
from autograder.exports.marks import Mark, MarkedTest
from autograder.text import plain


def gradescope(marks: Sequence[Mark], title: str) -> str:
    """
    Write one submission.

    Raises
    ------
    ExportError
        When it is not one, or needs review: no score means no valid file, and 0 would be a lie.
    """
    if len(marks) != 1:
        raise ExportError(f"{title}: Gradescope takes one submission at a time; name a student with --student")
    (mark,) = marks
    if mark.score is None:
        raise ExportError(
            f"{mark.student.id}: needs review, and Gradescope takes no submission without a score; "
            "grade it in nbgrader's formgrader and export it again"
        )
    tests = [
        _test(f"{place}.{number}", notebook.name, test)
        for place, notebook in enumerate(mark.notebooks, start=1)
        for number, test in enumerate(notebook.tests, start=1)
    ]
    late = {"output": f"Handed in late: {mark.penalty:g} points less."} if mark.penalty else {}
    result = {
        "score": mark.score,
        "execution_time": round(mark.seconds, 2),
        **late,
        # Left to itself, Gradescope takes this for HTML.
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    return json.dumps(result, ensure_ascii=False, indent=1) + "\n"


def _test(number: str, notebook: str, test: MarkedTest) -> dict[str, Any]:
    return {
        "number": number,
        "name": plain(f"{notebook}: {test.looks_at}"),
        "score": test.score,
        "max_score": test.max_score,
        "status": "passed" if test.passed else "failed",
        "output": test.reason,
        # What a hidden part thinks of an answer must not be found out by handing in again and again.
        "visibility": "after_published" if test.has_hidden_part else "visible",
    }
