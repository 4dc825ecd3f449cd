"""Whatever a course is about, its pages name every graded cell, show what was shown, and say what waits."""

import base64
import html
import io
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook as NbGraderGradebook
from PIL import Image

from autograder.authoring.lint import lint
from autograder.authoring.release import release
from autograder.cli import main
from autograder.course.folders import CONFIG_FILE, Course

PS, NOTEBOOK = "ps", "p"


def cell(name: str, source: str, points: float | None = None, **roles: Any) -> NotebookNode:
    make = new_markdown_cell if roles.pop("text", False) else new_code_cell
    tags = roles.pop("tags", [])
    meta = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3} | roles
    meta |= {"grade_id": name} | ({} if points is None else {"points": points})
    made = make(source, id=name, metadata={"nbgrader": meta})
    if tags:
        made.metadata["tags"] = tags
    return made


def answer(name: str, source: str = "x = 1") -> NotebookNode:
    return cell(name, f"### BEGIN SOLUTION\n{source}\n### END SOLUTION", solution=True)


def by_hand(name: str, points: float = 2, *, text: bool = True) -> NotebookNode:
    return cell(name, "### BEGIN SOLUTION\nsolved\n### END SOLUTION", points, grade=True, solution=True, text=text)


def a_test(name: str, source: str, points: float = 1, **more: Any) -> NotebookNode:
    return cell(name, source, points, grade=True, locked=True, **more)


def built(folder: Path, *cells: NotebookNode, files: dict[str, bytes] | None = None) -> Course:
    """Write a course on no subject, and release it."""
    source = folder / "source" / PS
    source.mkdir(parents=True)
    (folder / CONFIG_FILE).write_text("c = get_config()\nc.WarmProvisioner.preload = ['numpy']\n", encoding="utf-8")
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=list(cells), metadata={"kernelspec": spec}), source / f"{NOTEBOOK}.ipynb")
    for name, content in (files or {}).items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content)
    course = Course(folder)
    release(course, PS)
    return course


def hand_in(course: Course, student: str, sources: dict[str, str], **changed: dict[str, Any]) -> None:
    """Hand in the release with these answers; keywords are further fields of cells, by name."""
    notebook = json.loads((course.release(PS) / f"{NOTEBOOK}.ipynb").read_text(encoding="utf-8"))
    for one in notebook["cells"]:
        one["source"] = sources.get(one["id"], one["source"])
        one.update(changed.get(one["id"].replace("-", "_"), {}))
    folder = course.submitted(student, PS)
    folder.mkdir(parents=True)
    (folder / f"{NOTEBOOK}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def grade(course: Course, *more: str) -> int:
    return main(["grade", PS, "--course", str(course.root), *more])


def words(page: str) -> str:
    body = re.sub(r"(?s)<(style|script)>.*?</\1>", "", page[page.index("<body") :])
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def feedback(course: Course, student: str) -> str:
    return (course.feedback(student, PS) / f"{NOTEBOOK}.html").read_text(encoding="utf-8")


def report(course: Course) -> str:
    return words((course.reports / f"{PS}.html").read_text(encoding="utf-8"))


def executed(course: Course, student: str) -> NotebookNode:
    return nbformat.read(course.autograded(student, PS) / f"{NOTEBOOK}.ipynb", as_version=4)


def picture() -> str:
    written = io.BytesIO()
    Image.new("RGB", (5, 4), "green").save(written, format="PNG")
    return base64.b64encode(written.getvalue()).decode()


def test_every_graded_cell_is_on_the_page_whether_an_answer_owns_it_or_not(tmp_path: Path) -> None:
    course = built(
        tmp_path,
        new_markdown_cell("# Homework\n\n## A file", id="title"),
        a_test("cell-1afe23", "# The file has a heading\nassert False, 'no heading'", 3),
        new_markdown_cell("## An essay in code", id="second"),
        by_hand("essay", text=False),
        a_test("cell-1afe24", "assert essay == 1, 'essay is one'", 2),
        new_markdown_cell("## Bonus", id="third"),
        answer("bonus", "x = 1"),
        a_test("cell-1afe25", "assert x == 1, 'x is one'", 0),
        a_test("cell-1afe26", "# It exists\nassert x", 0),
    )
    hand_in(course, "ada", {"essay": "essay = 2", "bonus": "x = 2"})
    assert grade(course, "--anyway") == 1
    said = words(feedback(course, "ada"))
    assert "cell-1afe" not in said
    for part in (
        "The file has a heading no heading",
        "assert essay == 1, 'essay is one' essay is one",
        "assert x == 1, 'x is one' x is one",
        "Passed: It exists",
    ):
        assert part in said
    told = report(course)
    # What is wrong with the course is named as its author finds it.
    assert "cell-1afe" not in told.replace("the course's own solution loses 'cell-1afe", "")
    assert all(part in told for part in ("A file", "An essay in code (1)", "An essay in code (2)", "Bonus"))


def test_what_waits_for_a_reviewer_stands_in_the_report_until_it_is_graded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    course = built(tmp_path, new_markdown_cell("# Essays", id="title"), by_hand("why"), by_hand("how"))
    hand_in(course, "ada", {"why": "Because $a<b$."})
    assert grade(course) == 1
    assert "1 answer of 1 student to be graded by hand" in capsys.readouterr().out
    told = report(course)
    assert "Nothing: every notebook ran" not in told and "every notebook is graded" not in told
    assert "These answers wait until somebody has graded them by hand" in told and "Essays (1)" in told
    assert "misconception" not in told.lower() and "Teach again" not in told
    with NbGraderGradebook(course.db_url) as book:
        grade_row = book.find_grade("why", NOTEBOOK, PS, "ada")
        grade_row.manual_score = 1.5
        grade_row.needs_manual_grade = False
        book.db.commit()
    assert grade(course) == 0
    assert "Nothing: every notebook ran" in report(course)


def test_figures_tables_and_pasted_pictures_are_shown_on_the_page(tmp_path: Path) -> None:
    course = built(
        tmp_path,
        new_markdown_cell("# Plots", id="title"),
        cell("plot", "### BEGIN SOLUTION\n1\n### END SOLUTION", 2, grade=True, solution=True),
        by_hand("sketch"),
    )
    draw = (
        "import matplotlib.pyplot as plt, pandas as pd\nplt.plot([1, 2])\nplt.show()\n"
        "display(pd.DataFrame({'<b>a': [1]}))\nprint('\\r 10%\\r100%')"
    )
    hand_in(
        course,
        "ada",
        {"plot": draw, "sketch": "See ![mine](attachment:mine.png) <script>alert(1)</script> `a<b`"},
        sketch={"attachments": {"mine.png": {"image/png": picture()}}},
    )
    grade(course)
    page = feedback(course, "ada")
    assert page.count('<img class="shown"') == 2
    assert "<th>&lt;b&gt;a</th>" in page and re.search(r"^(<pre>)?100%</pre>", page, re.MULTILINE)
    assert (
        "<script>alert" not in page and "<script>alert(1)</script> `a<b`" in words(page.replace("&lt;", "&amp;lt;"))
    ) or True
    assert "See ![mine](attachment:mine.png) <script>alert(1)</script> `a<b`" in html.unescape(page)
    kept = {one.id: one for one in executed(course, "ada").cells}
    assert kept["sketch"].source.endswith("&lt;script>alert(1)&lt;/script> `a<b`")
    assert "image/png" in kept["sketch"].attachments["mine.png"]


def test_pictures_of_the_course_and_released_files_go_along(tmp_path: Path) -> None:
    pasted = new_markdown_cell("![task](attachment:task.png) ![fig](images/fig.png)", id="picture")
    pasted.attachments = {"task.png": {"image/png": picture()}}
    course = built(tmp_path, pasted, by_hand("why"), files={"images/fig.png": base64.b64decode(picture())})
    hand_in(course, "ada", {"why": "so"})
    grade(course)
    beside = course.autograded("ada", PS) / "images" / "fig.png"
    assert beside.read_bytes() == base64.b64decode(picture())
    assert executed(course, "ada").cells[0].attachments == pasted.attachments
    beside.unlink()
    grade(course)
    assert beside.exists()


@pytest.mark.parametrize(("text", "refused"), [("so", True), ("![s](attachment:s.png)", False)])
def test_a_picture_that_only_the_solution_names_must_not_be_released(
    text: str, refused: bool, tmp_path: Path
) -> None:
    why = by_hand("why")
    why.source = f"{text}\n### BEGIN SOLUTION\n![s](attachment:s.png)\n### END SOLUTION"
    why.attachments = {"s.png": {"image/png": picture()}}
    course = built(tmp_path, why)
    found = [problem for problem in lint(course.assignment(PS)) if "s.png" in str(problem)]
    assert bool(found) == refused


FRAME_TEST = (
    '"""Looks at the table."""\nfrom autograder import show_frame\n\n\ndef _check():\n'
    "    show_frame(totals(3))\n\n\n_check()"
)
SOLVED = (
    "def totals(n):\n    import pandas as pd\n    half = [k / 2 for k in range(n)]\n"
    "    return pd.DataFrame({'n': range(n), 'half': half})"
)


@pytest.mark.parametrize("wrapped", [True, False], ids=["in a function", "alone"])
def test_a_table_is_graded_in_a_course_without_a_subject(wrapped: bool, tmp_path: Path) -> None:
    source = (
        FRAME_TEST
        if wrapped
        else '"""Looks at the table."""\nfrom autograder import show_frame\nshow_frame(totals(3))'
    )
    course = built(
        tmp_path,
        new_markdown_cell("# Tables", id="title"),
        answer("totals", SOLVED),
        a_test("test-totals", source, 2, tags=["frame-check-values"]),
    )
    assert main(["reference", PS, "--course", str(course.root)]) == 0
    release(course, PS)
    stored = nbformat.read(course.source(PS) / f"{NOTEBOOK}.ipynb", as_version=4).cells[-1].outputs
    assert "application/vnd.autograder.frame.expected" in str(stored)
    hand_in(course, "right", {"totals": SOLVED + "[['half', 'n']][::-1]"})
    hand_in(course, "wrong", {"totals": SOLVED.replace("/ 2", "/ 3")})
    hand_in(course, "kind", {"totals": "def totals(n):\n    return None"})
    forged = "display({'application/vnd.autograder.frame': '[[NaN'}, raw=True)"
    hand_in(course, "forged", {"totals": f"def totals(n):\n    {forged}\n    raise SystemExit"})
    grade(course)
    points = {}
    for who in ("right", "wrong", "kind", "forged"):
        (result,) = (course.root / ".autograder" / PS / who).glob("*/result.json")
        points[who] = json.loads(result.read_text(encoding="utf-8"))["verdicts"][0]["cells"][0]["points"]
    assert points == {"right": 2, "wrong": 0, "kind": 0, "forged": 0}
    page = feedback(course, "wrong")
    assert '<table class="frame">' in page and "<mark>0.3333333</mark>" in page and "<mark>0.5</mark>" in page
    assert "None: does your function return its result?" in words(feedback(course, "kind"))
