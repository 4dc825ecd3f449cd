"""The page says which idea was wrong and shows what was expected; nothing of a hidden test gets out."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.master import Master
from autograder.errors import FeedbackError
from autograder.grading.checks import Finding, Outcome, expected_facts
from autograder.grading.hidden_parts import PARTLY
from autograder.grading.result import Result
from autograder.grading.verdict import GRADED, CellVerdict, Kind, NotebookVerdict, State
from autograder.hints import Hint
from autograder.records.store import Stored
from autograder.report.feedback import NOT_DRAWN, Feedback, Marks, page
from autograder.submissions.reading import SECRET_FILE, TIMESTAMP_FILE
from sharing_variables.graph.evidence import GRAPH
from sharing_variables.graph.facts import Facts, Output, Variable, from_text, to_text
from tests.small_course import NAME

EVIL = "</pre></title><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\x07"
OTHER = Facts((Variable("other", (2,), "float32", trainable=True, kind="ref"),), (Output("r1", "r1:0", ("other",)),))


def master_of(assignment: Assignment, name: str) -> Master:
    return next(master for master in assignment.notebooks if master.name == name)


def lost(cell_name: str, *findings: Finding) -> CellVerdict:
    return CellVerdict(cell_name, 0, 1, findings)


def verdict(
    master: Master, *cells: CellVerdict, state: State = GRADED, hints: tuple[Hint, ...] = ()
) -> NotebookVerdict:
    """Give all points but for these cells."""
    given = {str(c.grade_id): CellVerdict(str(c.grade_id), c.points, c.points, ()) for c in master.graded}
    given |= {cell.grade_id: cell for cell in cells}
    return NotebookVerdict(master.name, state, master.max_points, tuple(given.values()), (), 1.0, hints)


def executed(master: Master, **sources: str) -> dict[str, Any]:
    """Make the notebook as it was run: exercises answered with these sources."""
    answers = {name.replace("_", "-"): source for name, source in sources.items()}
    return {"cells": [{"id": c.node.id, "source": answers.get(c.node.id, "answer")} for c in master.cells]}


def drawn(
    assignment: Assignment, found: NotebookVerdict, student: str = "ada", marks: Marks | None = None, **sources: str
) -> str:
    ran = executed(master_of(assignment, found.name), **sources)
    return page(assignment, found, marks or Marks.of(found, None), student, ran, "key")


def graph(outcome: Outcome, message: str, *shown: Facts) -> Finding:
    return Finding("graph", outcome, message, evidence=tuple(map(to_text, shown)))


def words(html: str) -> str:
    """Take the markup away, as a reader does."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL).split())


def test_a_wrong_prediction_shows_both_sides_and_names_the_idea(assignment: Assignment) -> None:
    master = master_of(assignment, "01_failed_share")
    shown = Finding("output", Outcome.FAILS, "x", shown="['W:0', 'b:0']")
    hint = Hint("predict-names", "M1", "predicted_names = ['W:0', 'b:0']")
    html = drawn(assignment, verdict(master, lost("test-predict-names", shown), hints=(hint,)))
    said = words(html)
    assert f"{master.max_points - 1:g} of {master.max_points:g}" in said and "0 of 1" in said
    assert "Exercise 1.1: predict the names (1 point)" in said
    assert "\N{MINUS SIGN} [&#39;W:0&#39;, &#39;b:0&#39;, &#39;W_1:0&#39;, &#39;b_1:0&#39;]" in said
    assert "+ [&#39;W:0&#39;, &#39;b:0&#39;]" in said
    idea = assignment.catalogue["M1"]
    assert f"Perhaps you believe: {idea.belief} In truth: {idea.truth} Reread: {idea.reread}" in said
    assert len(re.findall(r"<details[^>]* open>", html)) == 1


def test_two_pictures_stand_beside_each_other(assignment: Assignment) -> None:
    master = master_of(assignment, "01_failed_share")
    (cell,) = (c for c in master.graded if c.grade_id == "test-fresh-graph")
    found = verdict(master, lost(str(cell.grade_id), graph(Outcome.FAILS, "x", OTHER)))
    html = drawn(assignment, found)
    assert html.count("<svg") == 2 and html.count("<figure") == 2
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", html)
    assert captions == ["outside reads outside_probe.", "r1 reads other."]
    assert from_text(expected_facts(cell, GRAPH)[0]).variables[0].name == "outside_probe"
    assert PARTLY in words(html)


def test_of_what_is_expected_only_that_is_shown_which_the_visible_part_gives(assignment: Assignment) -> None:
    master = master_of(assignment, "02_variables_dict")
    findings = graph(Outcome.FAILS, "", OTHER, OTHER)
    (cell,) = (c for c in master.graded if c.grade_id == "test-make-and-use-counts")
    assert cell.has_hidden_part and len(expected_facts(cell, GRAPH)) == 2
    assert drawn(assignment, verdict(master, lost(str(cell.grade_id), findings))).count("<svg") == 2


def test_nothing_of_a_submission_is_markup(assignment: Assignment) -> None:
    master = master_of(assignment, "01_failed_share")
    evil = Facts((Variable(EVIL, (2,), EVIL, trainable=True, kind="ref"),), (Output(EVIL, EVIL, (EVIL,)),))
    findings = (
        Finding("assert", Outcome.FAILS, EVIL),
        Finding("output", Outcome.FAILS, EVIL, shown=EVIL),
        graph(Outcome.FAILS, EVIL, evil),
    )
    found = verdict(
        master, lost("test-predict-names", *findings), lost("test-fresh-graph", *findings),
        hints=(Hint("predict-names", "M1", EVIL),),
    )  # fmt: skip
    html = drawn(assignment, found, EVIL, predict_names=EVIL)
    ours = drawn(
        assignment,
        verdict(
            master,
            lost("test-predict-names", Finding("output", Outcome.FAILS, shown="x")),
            lost("test-fresh-graph", graph(Outcome.FAILS, "", OTHER)),
            hints=(Hint("predict-names", "M1", "x"),),
        ),
    )
    assert "script" in html
    assert set(re.findall(r"<\s*\w+", html)) == set(re.findall(r"<\s*\w+", ours))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", html)


def test_the_browser_is_told_to_run_nothing(assignment: Assignment) -> None:
    master = assignment.notebooks[0]
    html = drawn(assignment, verdict(master))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert (
        policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert html.index("Content-Security-Policy") < html.index("<style>")
    assert not re.search(r"<script|<link|<iframe|javascript:|\son\w+=|https?://(?!www\.w3\.org/2000/svg)", html)


def test_a_notebook_that_needs_review_shows_why_and_no_points(assignment: Assignment) -> None:
    master = assignment.notebooks[0]
    state = State(Kind.REJECTED, "empty", "01_failed_share.ipynb: the file is empty; ask for another one")
    said = words(drawn(assignment, NotebookVerdict(master.name, state, master.max_points)))
    assert (
        "REJECTED(empty): 01_failed_share.ipynb: the file is empty. Your instructor will review this notebook."
        in said
    )
    assert " of 12" not in said and "ask for another" not in said


def test_a_notebook_in_review_promises_no_points(assignment: Assignment) -> None:
    master = assignment.notebooks[0]
    state = State(Kind.REVIEW, message="asserts and evidence disagree in test-x; look")
    said = words(drawn(assignment, verdict(master, state=state)))
    assert "REVIEW: asserts and evidence disagree in test-x. Your instructor will review this notebook." in said
    assert "of 1" in said and not re.search(r"\d of \d", said)


TIMEOUT = State(Kind.TIMEOUT, "cell", "cell 'double' took more than 1 s; look at it")


def test_points_of_a_reviewer_take_the_place_of_the_graders(small: Course) -> None:
    assignment = small.assignment(NAME)
    master = assignment.notebooks[0]
    wrong = Finding("assert", Outcome.FAILS, "double(2) is not 4")
    found = verdict(master, lost("test-double-assert", wrong), lost("test-double-shown", wrong))
    marks = Marks(
        {"test-double-assert": 1.5, "test-double-shown": 1.0},
        {"test-double-assert": 1.5, "test-double-shown": 1.0},
        {"double": "Nearly:\nlook <again>."},
        penalty=0.5,
    )
    html = drawn(assignment, found, marks=marks)
    said = words(html)
    assert "ada: 2.5 of 3 points For being late, 0.5 of these points are taken off." in said
    assert "Your instructor wrote Nearly: look &lt;again&gt;." in said
    assert "test-double-assert double(2) is not 4 Your instructor gave 1.5 of 2 points." in said
    assert "Passed: test-double-shown" in said
    assert "For being late" not in drawn(assignment, found)


def test_a_notebook_about_which_a_reviewer_has_decided_waits_for_nobody(small: Course) -> None:
    assignment = small.assignment(NAME)
    master = assignment.notebooks[0]
    found = verdict(master, state=TIMEOUT)
    given = {"test-double-assert": 2.0, "test-double-shown": 0.0}
    said = words(drawn(assignment, found, marks=Marks(given, given)))
    assert "ada: 2 of 3 points double" in said and "will review" not in said
    half = words(drawn(assignment, found, marks=Marks({"test-double-assert": 2.0}, {"test-double-assert": 2.0})))
    assert "Your instructor will review" in half and not re.search(r"\d of \d", half)


def test_what_a_reviewer_gave_for_a_notebook_that_did_not_run_is_shown(small: Course) -> None:
    assignment = small.assignment(NAME)
    master = assignment.notebooks[0]
    given = {"test-double-assert": 2.0, "test-double-shown": 1.0}
    found = NotebookVerdict(master.name, State(Kind.REJECTED, "empty", "no; ask"), master.max_points)
    said = words(drawn(assignment, found, marks=Marks(given, given, {"double": "You showed me."})))
    assert "ada: 3 of 3 points" in said and "You showed me." in said


def test_points_that_a_reviewer_is_still_to_give_are_not_counted_as_lost(small: Course) -> None:
    assignment = small.assignment(NAME)
    master = assignment.notebooks[0]
    task = replace(master.cells[0], grade_id="essay", points=4.0, task=True)
    asked = replace(master, cells=(task, *master.cells[1:]))
    asking = replace(assignment, notebooks=(asked,))
    found = verdict(asked)
    waits = words(drawn(asking, found))
    assert "ada: 3 of 7 points so far: your instructor still has to grade a part by hand" in waits
    assert "your instructor grades this by hand" in waits
    marks = Marks(found.scores | {"essay": 3.0}, {"essay": 3.0}, {"essay": "A good essay."})
    done = words(drawn(asking, found, marks=marks))
    assert "ada: 6 of 7 points" in done and "so far" not in done and "3 of 4" in done and "A good essay." in done


def test_a_test_that_gives_a_part_of_its_points_says_so(small: Course) -> None:
    assignment = small.assignment(NAME)
    master = assignment.notebooks[0]
    part = Finding("assert", Outcome.HOLDS, "The test gives 0.5 of 2 points.", points=0.5)
    said = words(drawn(assignment, verdict(master, CellVerdict("test-double-assert", 0.5, 2, (part,)))))
    assert "ada: 1.5 of 3 points" in said and "test-double-assert The test gives 0.5 of 2 points." in said


@pytest.fixture
def stored(assignment: Assignment, tmp_path: Path) -> Stored:
    """Store a result with all points, and its notebooks as they were run, in a folder named after its key."""
    verdicts = tuple(verdict(master) for master in assignment.notebooks)
    result = Stored(Result("ada", assignment.name, verdicts, {}), tmp_path / "0123")
    result.folder.mkdir()
    for master in assignment.notebooks:
        result.notebooks[master.name].write_text(json.dumps(executed(master)), encoding="utf-8")
    return result


def pages(course: Course, assignment: Assignment) -> list[Path]:
    return sorted(course.feedback("ada", assignment.name).glob("*.html"))


def test_pages_are_written_once_and_come_back_the_same(
    course: Course, assignment: Assignment, stored: Stored
) -> None:
    Feedback(course, assignment).write(stored)
    written = pages(course, assignment)
    assert [path.name for path in written] == [f"{master.name}.html" for master in assignment.notebooks]
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in written]
    Feedback(course, assignment).write(stored)
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in written] == before
    written[0].unlink()
    Feedback(course, assignment).write(stored)
    assert [path.read_bytes() for path in written] == [content for content, _ in before]


def test_a_new_result_gets_a_new_page(course: Course, assignment: Assignment, stored: Stored) -> None:
    Feedback(course, assignment).write(stored)
    other = replace(stored, folder=stored.folder.rename(stored.folder.with_name("4567")))
    Feedback(course, assignment).write(other)
    assert all('content="4567"' in path.read_text(encoding="utf-8") for path in pages(course, assignment))


def test_a_page_that_cannot_be_made_is_named_and_the_others_are_there(
    course: Course, assignment: Assignment, stored: Stored
) -> None:
    stored.notebooks["02_variables_dict"].write_text("{", encoding="utf-8")
    with pytest.raises(
        FeedbackError, match=r"02_variables_dict\.html: JSONDecodeError: .*; mend that and grade again$"
    ):
        Feedback(course, assignment).write(stored)
    assert len(pages(course, assignment)) == len(assignment.notebooks) - 1


def test_what_nbgrader_wants_for_a_release_lies_beside_the_pages(
    course: Course, assignment: Assignment, stored: Stored
) -> None:
    folder = course.feedback("ada", assignment.name)
    by_hand = Feedback(course, assignment)
    by_hand.write(stored)
    invented = (folder / SECRET_FILE).read_text(encoding="utf-8")
    assert len(invented) == 128 and (folder / TIMESTAMP_FILE).read_text(encoding="utf-8") == ""
    by_hand.write(stored)
    assert (folder / SECRET_FILE).read_text(encoding="utf-8") == invented
    by_hand.write(replace(stored, result=replace(stored.result, timestamp="2026-02-02")), "0123abc")
    assert (folder / SECRET_FILE).read_text(encoding="utf-8") == "0123abc"
    assert (folder / TIMESTAMP_FILE).read_text(encoding="utf-8") == "2026-02-02"


def test_a_foreign_test_without_a_docstring_is_called_by_its_name(small: Course) -> None:
    assignment = small.assignment(NAME)
    master = assignment.notebooks[0]
    found = verdict(master, lost("test-double-assert", Finding("assert", Outcome.FAILS, "double(2) is not 4")))
    assert "test-double-assert double(2) is not 4" in words(drawn(assignment, found))


def test_what_cannot_be_drawn_costs_only_its_own_lines(assignment: Assignment) -> None:
    master = master_of(assignment, "02_variables_dict")
    tests = [cell for cell in master.graded if expected_facts(cell, GRAPH)][:2]
    broken = Finding("graph", Outcome.FAILS, "It differs.", evidence=("{",))
    names = [str(cell.grade_id) for cell in tests]
    html = drawn(
        assignment, verdict(master, lost(names[0], broken), lost(names[1], graph(Outcome.FAILS, "x", OTHER)))
    )
    assert words(html).count(NOT_DRAWN) == 1
    assert html.count("<svg") >= 2
