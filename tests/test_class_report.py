"""The class report says what the CSV says, opens from disk, and runs nothing but its own script."""

import base64
import csv
import hashlib
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pytest

from autograder.cli import main
from autograder.commands.terminal import DONE, NEEDS_REVIEW
from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.grading.result import Result
from autograder.grading.verdict import GRADED, CellVerdict, Kind, NotebookVerdict, State
from autograder.hints import Hint
from autograder.records.store import Stored
from autograder.report.class_report import FORMGRADER, MOST_NAMES, MOST_ROWS, class_report
from tests.classroom.students import Student, classroom, hand_in
from tests.conftest import ASSIGNMENT, copy_course
from tests.small_course import NAME, RIGHT, SECRET, UNSEEN, WRONG
from tests.small_course import hand_in as hand_in_small

EMPTY = "erna"
WRONG_ONES = ("dennis", "grace", "john")


class Page(HTMLParser):
    """A page as a browser takes it apart: tags with attributes, the words of each section, the rows of each table."""

    VOID = frozenset({"meta", "br", "input", "wbr"})
    WITHIN_WORDS = frozenset({"bdi", "a", "wbr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.sections: dict[str, str] = {}
        self.rows: dict[str, list[list[str]]] = {}
        self.script = ""
        self._section = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag not in self.WITHIN_WORDS:
            self.sections[self._section] = self.sections.get(self._section, "") + " "
        if tag == "section":
            self._section = dict(attrs)["id"] or ""
        if tag == "tr":
            self.rows.setdefault(self._section, []).append([])
        if tag in ("td", "th"):
            self.rows[self._section][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.script += data
        elif "style" not in self.open:
            self.sections[self._section] = self.sections.get(self._section, "") + data
            if "td" in self.open or "th" in self.open:
                self.rows[self._section][-1][-1] += data

    def words(self, section: str) -> str:
        return " ".join(self.sections[section].split())

    def table(self, section: str) -> list[list[str]]:
        return [[" ".join(cell.split()) for cell in row] for row in self.rows[section]]

    def links(self) -> list[str]:
        return [attributes["href"] for tag, attributes in self.tags if tag == "a"]


def read(course: Course) -> Page:
    return Page((course.reports / f"{ASSIGNMENT}.html").read_text(encoding="utf-8"))


def csv_rows(course: Course) -> list[dict[str, str]]:
    with (course.reports / f"{ASSIGNMENT}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def students(assignment: Assignment) -> list[Student]:
    return [student for student in classroom(assignment) if student.name in ("ada", *WRONG_ONES)]


@pytest.fixture(scope="module")
def graded(
    tmp_path_factory: pytest.TempPathFactory, assignment: Assignment, students: list[Student], warm: None
) -> Course:
    """Grade a class of five, one of whom has handed in an empty file, as an instructor does."""
    course = copy_course(tmp_path_factory.mktemp("class") / "course")
    for student in [*students, Student(EMPTY, students[0].answers)]:
        hand_in(course, assignment, student)
    (course.submitted(EMPTY, ASSIGNMENT) / "03_get_variable.ipynb").write_text("", encoding="utf-8")
    assert main(["grade", ASSIGNMENT, "--course", str(course.root)]) == NEEDS_REVIEW
    return course


def test_states_and_points_are_those_of_the_csv(graded: Course) -> None:
    page, rows = read(graded), csv_rows(graded)
    told = page.words("review")
    for state, number in Counter(row["state"] for row in rows).items():
        assert f"{state} {number} notebook" in told
    by_student: dict[str, list[str]] = {}
    for row in rows:
        by_student.setdefault(row["student"], []).append(row["points"] or row["state"])
    heading, *body = page.table("students")
    assert heading[0] == "Student"
    assert {row[0]: row[1:5] for row in body} == by_student
    for line in body:
        assert line[5] == ("?" if "REJECTED(empty)" in line else f"{sum(map(float, line[1:5])):g}")


def test_what_needs_review_comes_first_with_reason_and_link(graded: Course) -> None:
    page = read(graded)
    (row,) = [row for row in csv_rows(graded) if row["state"] != "GRADED"]
    assert page.table("review")[1:] == [[row["state"], EMPTY, "03 get variable grade", row["reason"]]]
    assert list(page.sections)[1:3] == ["review", "teach"]
    assert page.words("review").index("REJECTED(empty) 1") < page.words("review").index("GRADED 19")
    assert "5 4 notebooks each" in page.words("") and "Needs review 1" in page.words("")


def test_misconceptions_are_ranked_by_the_students_of_the_csv(graded: Course, assignment: Assignment) -> None:
    page = read(graded)
    shown: dict[str, set[str]] = {}
    for row in csv_rows(graded):
        for name in row["misconceptions"].split():
            shown.setdefault(name, set()).add(row["student"])
    told = re.findall(r"(\d) of 5 “(.+?)” (M\d+) In truth (.+?) Reread (.+?) Seen in", page.words("teach"))
    assert {name: int(number) for number, _, name, _, _ in told} == {name: len(who) for name, who in shown.items()}
    assert [number for number, *_ in told] == sorted((number for number, *_ in told), reverse=True)
    assert len(told) > 10
    for _, belief, name, truth, where in told:
        idea = assignment.catalogue[name]
        assert (belief, truth, where) == (idea.belief, idea.truth, str(idea.reread))


def test_examples_name_nobody(graded: Course) -> None:
    page = read(graded)
    assert [tag for tag, _ in page.tags].count("pre") > 10
    assert not re.search(r"\b(ada|dennis|grace|john|erna)\b", page.words("teach"), re.IGNORECASE)


def test_every_exercise_says_how_many_and_who(
    graded: Course, assignment: Assignment, students: list[Student]
) -> None:
    rows = [row for row in read(graded).table("exercises") if len(row) == 5]
    assert len(rows) == 1 + sum(len(master.solutions) for master in assignment.notebooks)
    told = {re.sub(r" ▼.*", "", row[0]): tuple(map(int, row[1:])) for row in rows[1:]}
    for master in assignment.notebooks:
        # What was handed in empty is not counted; elsewhere its author answered as the first student did.
        rejected = master.name == "03_get_variable"
        for cell in master.solutions:
            right = sum(student.answers[master.name][str(cell.grade_id)].is_right for student in students)
            passed, partly, lost, waiting = told[master.heading(cell)]
            assert (passed, waiting) == ((right, 1) if rejected else (right + 1, 0)), cell.grade_id
            assert passed + partly + lost + waiting == 5
    assert re.search(r"Who Not \(\d\): .*Passed \(\d\): ada", read(graded).words("exercises"))


def test_every_link_leads_somewhere(graded: Course) -> None:
    page = read(graded)
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    pages: dict[Path, str] = {}
    for link in page.links():
        parts = urlsplit(link)
        if parts.scheme:
            # Of the one notebook that waits; tests/browser/test_clicks.py follows such a link.
            assert link.startswith(f"{FORMGRADER}/submissions/")
            assert parts.fragment
            continue
        if not parts.path:
            assert parts.fragment in ids
            continue
        path = graded.reports / unquote_to_bytes(parts.path).decode()
        pages[path] = pages.get(path) or path.read_text(encoding="utf-8")
        assert not parts.fragment or f'id="{parts.fragment}"' in pages[path]
    assert len(pages) == len(csv_rows(graded))


def test_graded_again_the_report_is_the_same(graded: Course) -> None:
    path = graded.reports / f"{ASSIGNMENT}.html"
    before = path.read_bytes()
    path.unlink()
    main(["grade", ASSIGNMENT, "--course", str(graded.root)])
    assert path.read_bytes() == before
    assert [path.name for path in sorted(graded.reports.iterdir())] == [f"{ASSIGNMENT}.csv", f"{ASSIGNMENT}.html"]


def test_one_students_grading_is_in_the_classs_report(graded: Course, capsys: pytest.CaptureFixture[str]) -> None:
    path = graded.reports / f"{ASSIGNMENT}.html"
    before = path.read_bytes()
    path.unlink()
    assert main(["grade", ASSIGNMENT, "--student", "ada", "--course", str(graded.root)]) == DONE
    assert path.read_bytes() == before
    said = capsys.readouterr().out
    assert "ada" in said and "grace" not in said


def test_the_browser_may_run_this_script_and_no_other(graded: Course) -> None:
    page = read(graded)
    (policy,) = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(page.script.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        f"script-src 'sha256-{digest}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not any(name.startswith("on") or name == "src" for _, attributes in page.tags for name in attributes)


def test_what_is_hidden_stands_in_the_section_for_instructors_and_nowhere_else(small: Course, warm: None) -> None:
    # Whoever guards against what is not seen still loses the hidden points.
    guarded = {
        name: f"def {name}(x):\n    return {factor} * x if x < 9 else 0"
        for name, factor in (("double", 2), ("triple", 3))
    }
    for student, answers in {"ada": RIGHT, "alan": WRONG, "grace": guarded}.items():
        hand_in_small(small, student, answers)
    main(["grade", NAME, "--course", str(small.root)])
    html = (small.reports / f"{NAME}.html").read_text(encoding="utf-8")
    told = Page(html).words("exercises")
    assert "1 lost it test-double-assert 2 lost it test-double-shown" in told
    before, told, after = html.partition('<section id="unseen"')
    told, _, after = after.partition("</section>")
    assert told.count(SECRET) == 2 and "grace" in told and "alan" not in told
    words = (SECRET, str(UNSEEN), str(2 * UNSEEN), str(3 * UNSEEN), "HIDDEN")
    assert not [word for word in words if word in before + after]


REJECTED = State(Kind.REJECTED, "missing", "nothing was handed in; ask the student")


def made(assignment: Assignment, student: str, state: State = GRADED, every: int = 3) -> Result:
    """Make a result in memory: every third test is lost, and shows a misconception with a line of the student's."""
    verdicts = []
    for master in assignment.notebooks:
        cells = tuple(
            CellVerdict(str(cell.grade_id), 0 if place % every == 0 else cell.points, cell.points, ())
            for place, cell in enumerate(master.graded)
        )
        names = [str(cell.grade_id) for cell in master.solutions]
        hints = tuple(Hint(name, f"M{1 + place}", student) for place, name in enumerate(names))
        verdicts.append(NotebookVerdict(master.name, state, master.max_points, cells, (), 2.5, hints))
    return Result(student, assignment.name, tuple(verdicts), {})


@pytest.fixture
def root(tmp_path: Path) -> Course:
    return copy_course(tmp_path / "course")


def drawn(
    course: Course, assignment: Assignment, results: list[Result], *, left: int = 0, jailed: bool = True
) -> str:
    stored = [Stored(result, course.root / "nowhere") for result in results]
    return class_report(course, assignment, stored, left=left, jailed=jailed)


HOSTILE = [
    '"><script>alert(1)<',
    "' onmouseover='alert(1)",
    "<table><b>&lt;i&gt;",
    "{{ 7 * 7 }}",
    "javascript:alert(1)",
    "...",
    "..%2f..",
    "a#b%20c?d&amp;e",
    "two\nlines\r\tand a tab",
    "\u202egnp.exe",
    "\u05e2\u05d1\u05e8\u05d9\u05ea \u200f!",
    "\x1b[31mred\x07",
    "\udcff",
    "x" * 250,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_text_whatever_it_holds(name: str, root: Course, assignment: Assignment) -> None:
    state = State(Kind.CRASH, "kernel", f"{name}; look at it")
    benign = Page(
        drawn(root, assignment, [made(assignment, "ada", replace(state, message="x")), made(assignment, "b")])
    )
    html = drawn(root, assignment, [made(assignment, name, state), made(assignment, "zzz")])
    page = Page(html)
    assert Counter(tag for tag, _ in page.tags) == Counter(tag for tag, _ in benign.tags)
    assert {a for _, attributes in page.tags for a in attributes} == {
        a for _, attributes in benign.tags for a in attributes
    }
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
    for link in page.links():
        assert re.fullmatch(
            r"#[\w-]+|\.\./feedback/[\w%.~-]+/sharing_variables/\w+\.html(#[\w-]+)?",
            link,
        )
    told = {link for link in page.links() if link.startswith("../")}
    folders = {
        root.reports / unquote_to_bytes(link.partition("#")[0]).decode("utf-8", "surrogateescape") for link in told
    }
    feedback = root.feedback(name, ASSIGNMENT) / "01_failed_share.html"
    assert feedback.resolve() in {folder.resolve() for folder in folders}


def test_three_students_are_counted_and_thirty_are_shared_out(root: Course, assignment: Assignment) -> None:
    def class_of(number: int) -> list[Result]:
        return [made(assignment, f"s{place:03}", every=2 + place % 3) for place in range(number)]

    few, many = (drawn(root, assignment, class_of(number)) for number in (3, 30))
    said = [Page(html).words("exercises") for html in (few, many)]
    assert [bool(re.search(r"\d %", words)) for words in said] == [False, True]
    assert [html.count("<svg") for html in (few, many)] == [0, 2]
    assert re.search(rf"Scores (\d+ · ){{2}}\d+ \(of {assignment.max_points:g} points\)", Page(few).words("scores"))


def test_three_hundred_students_fit_into_two_megabytes(root: Course, assignment: Assignment) -> None:
    results = [
        made(assignment, f"katherine.johnson-{place:05}", REJECTED if place % 40 == 0 else GRADED, 2 + place % 5)
        for place in range(300)
    ]
    html = drawn(root, assignment, results)
    assert len(html.encode()) < 2_000_000
    page = Page(html)
    assert len(page.table("students")) == 301
    assert html == drawn(root, assignment, results[::-1])


def test_of_a_class_that_is_too_large_a_page_has_the_beginning_and_says_so(
    root: Course, assignment: Assignment
) -> None:
    results = [made(assignment, f"s{number:04}") for number in range(MOST_ROWS + 5)]
    page = drawn(root, assignment, results)
    assert page.count('<th scope="row"><bdi>s') == MOST_ROWS
    assert f"the first {MOST_ROWS} stand here" in page
    assert f" and {MOST_ROWS + 5 - MOST_NAMES} more" in page
    assert len(page) < 2**23
    assert "too large for one page" not in drawn(root, assignment, results[:MOST_ROWS])


def test_a_batch_that_was_stopped_or_not_jailed_says_so(root: Course, assignment: Assignment) -> None:
    results = [made(assignment, "ada")]
    assert "still to be graded" not in drawn(root, assignment, results)
    assert "jail" not in drawn(root, assignment, results)
    assert "2 students are still to be graded" in drawn(root, assignment, results, left=2)
    assert "without a jail" in drawn(root, assignment, results, jailed=False)


def test_without_script_the_table_is_whole_and_shows_no_control(root: Course, assignment: Assignment) -> None:
    page = Page(drawn(root, assignment, [made(assignment, "ada")]))
    (form,) = [attributes for tag, attributes in page.tags if tag == "form"]
    assert "hidden" in form
    assert "button" not in {tag for tag, _ in page.tags}
    labels = {attributes.get("for") for tag, attributes in page.tags if tag == "label"}
    assert labels == {attributes["id"] for tag, attributes in page.tags if tag == "input"}


def test_an_assignment_without_students_is_a_page_too(root: Course, assignment: Assignment) -> None:
    page = Page(drawn(root, assignment, []))
    assert page.open == []
    assert len(page.table("students")) == 1
