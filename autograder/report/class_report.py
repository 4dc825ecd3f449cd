"""
The class report: one page that says who needs review, and what to teach again tomorrow.

It opens from disk and asks for nothing else. What students wrote is escaped text; the only script is the page's own,
and the browser is told its hash. The same results give the same bytes.
"""

import base64
import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from importlib.resources import files
from statistics import quantiles
from urllib.parse import quote, quote_from_bytes

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.grading.result import Result
from autograder.grading.verdict import NotebookVerdict
from autograder.records.store import Stored
from autograder.report.alike import alike
from autograder.report.charts import durations, scores
from autograder.report.examples import Examples
from autograder.report.feedback import page_of
from autograder.report.statistics import Standings, ideas_of, statistics
from autograder.report.templates import template

SHARES_FROM = 30
"""The fewest students for whom shares are printed: of fewer they would say less than the numbers."""

MOST_ROWS = 2000
"""Students of whom a page has a row each; of a larger class browsers would need minutes."""

FORMGRADER = "http://localhost:8888/formgrader"
"""Where formgrader is, as `make lab` and `jupyter lab` have it; ``c.Grading.formgrader`` says another address."""

MOST_NAMES = 50
"""Names in a list of a class that is larger."""


def class_report(
    course: Course,
    assignment: Assignment,
    stored: Iterable[Stored],
    *,
    left: int = 0,
    jailed: bool = True,
    standings: Standings | None = None,
    losses: Sequence[str] = (),
    absent: Sequence[Result] = (),
    names: Mapping[str, str] | None = None,
    formgrader_pages: Mapping[tuple[str, str], str] | None = None,
) -> str:
    """
    Write the page.

    Parameters
    ----------
    stored : iterable of Stored
        The results of the class.
    left : int
        How many students are still to be graded.
    jailed : bool
        Whether student code ran in a jail.
    standings : mapping of str to Standing, optional
        What stands in the gradebook, by student, where that is more than the result.
    losses : sequence of str
        What the course's own solution loses, a line each.
    absent : sequence of Result
        Of those who are in the roster and have handed in nothing.
    names : mapping of str to str, optional
        First and last names by id, as far as the roster has them.
    formgrader_pages : mapping of (str, str) to str, optional
        By student and notebook, what formgrader calls the page for grading it by hand.
    """
    stored = sorted(stored, key=lambda one: one.result.student)
    without = {one.student for one in absent}
    results = sorted([*(one.result for one in stored), *absent], key=lambda result: result.student)
    found = statistics(results, assignment, standings)
    examples = Examples(assignment, stored)
    script = files("autograder.report").joinpath("class_report.js").read_text(encoding="utf-8")

    @cache
    def address(student: str, notebook: str) -> str:
        if student in without:
            return "#students"
        path = page_of(course, Result(student, assignment.name, (), {}), notebook)
        return quote_from_bytes(os.fsencode(os.path.relpath(path, course.reports)))

    formgrader = str(course.config.get("Grading", {}).get("formgrader", FORMGRADER)).rstrip("/")

    def by_hand(student: str, verdict: NotebookVerdict) -> str:
        """Give the address at which formgrader has the first cell that waits; empty where there is none."""
        page = (formgrader_pages or {}).get((student, verdict.name))
        master = assignment.master(verdict.name)
        cells = [str(cell.grade_id) for cell in (*master.graded, *master.by_hand)]
        standing = (standings or {}).get(student)
        given = {cell for name, cell in standing.by_hand if name == verdict.name} if standing is not None else set()
        has_points = given.union(verdict.scores, verdict.blank if verdict.state.is_graded else ())
        first = next((cell for cell in cells if cell not in has_points), "")
        return "" if page is None else f"{formgrader}/submissions/{page}/#{quote(first)}"

    return template("class_report.html.j2").render(
        by_hand=by_hand,
        pairs=alike(stored, assignment),
        assignment=assignment,
        headings={(one.notebook, one.name): _short(one.heading) for one in found.exercises},
        results=results,
        rows=results[:MOST_ROWS],
        most_names=MOST_NAMES if len(results) > MOST_ROWS else None,
        found=found,
        ideas=[(idea, examples.of(idea), examples.unread(idea)) for idea in found.ideas],
        quartiles=quantiles(found.totals, n=4, method="inclusive") if len(found.totals) > 1 else (),
        charts=(scores(found.totals, found.max_points), durations(found.times)),
        address=address,
        ideas_of=partial(ideas_of, catalogue=assignment.catalogue),
        names=names or {},
        left=left,
        jailed=jailed,
        losses=losses,
        in_shares=len(results) >= SHARES_FROM,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _short(heading: str) -> str:
    """Leave out of a heading what does not tell an exercise from another: "Exercise 1.1: predict (1 point)"."""
    return re.sub(r"^Exercise (\S+): +|\s*\(\d+ points?\)$", r"\1 ", heading).strip()
