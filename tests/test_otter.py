"""An assignment in otter-grader's format becomes an nbgrader master, and its own solution gets all points."""

import csv
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from autograder.authoring.otter_import import import_otter
from autograder.authoring.release import release
from autograder.cli import main
from autograder.commands.terminal import NEEDS_REVIEW, NOTHING_DONE
from autograder.course.folders import CONFIG_FILE, Course
from autograder.errors import CourseError

NAME = "hw"


def code(source: str, *shown: str) -> NotebookNode:
    outputs = [new_output("execute_result", {"text/plain": text}, execution_count=1) for text in shown]
    return new_code_cell(source, outputs=outputs)


def question(settings: str, *cells: NotebookNode) -> list[NotebookNode]:
    return [new_raw_cell(f"# BEGIN QUESTION\n{settings}"), *cells, new_raw_cell("# END QUESTION")]


def part(kind: str, *cells: NotebookNode) -> list[NotebookNode]:
    return [new_raw_cell(f"# BEGIN {kind}"), *cells, new_raw_cell(f"# END {kind}")]


def configured(settings: str, source: str) -> str:
    return f'""" # BEGIN TEST CONFIG\n{settings}\n"""; # END TEST CONFIG\n{source}'


def fenced(*lines: str) -> str:
    return "\n".join(["```otter", *lines, "```", ""])


SQUARE = '''def square(x):
    """Return the square."""
    y = x * x # SOLUTION NO PROMPT
    return y # SOLUTION

nine = square(3) # SOLUTION
debug = 1 # IGNORE
if True:
    # BEGIN SOLUTION
    radius = 3
    area = radius * 2
    # END SOLUTION
""" # BEGIN PROMPT
# Say more here.
pass
"""; # END PROMPT
'''

CELLS = [
    new_raw_cell(
        "# ASSIGNMENT CONFIG\nfiles: [numbers.txt, ../secret.txt]\nrequirements: requirements.txt\ncolor: red\n"
        "seed: {variable: s, autograder_value: 42, student_value: 7}"
    ),
    code("import random\nimport otter\ngrader = otter.Notebook()\ns = 42"),
    new_markdown_cell("# IGNORE\nFor staff"),
    *question(
        "name: q1\npoints: 4",
        new_markdown_cell("**Question 1.** Square."),
        *part("SOLUTION", code(SQUARE)),
        *part(
            "TESTS",
            code(configured("points: 2\nfailure_message: Not a square.", "square(4)"), "16"),
            code("area == 6", "True"),
            code("# HIDDEN\nx = square(5)\nprint(x)\nx, 'a'", "25\n(25, 'a')"),
            code(">>> square(2)\n4\n>>> print('a')\na\n"),
            code("assert nine == 9"),
            code("def test_it(square, nothing):\n    assert square(1) == 1 and nothing is None"),
        ),
    ),
    *question(
        "name: Q 2\nall_or_nothing: true",
        *part("SOLUTION", code("data = open('numbers.txt').read() # SOLUTION")),
        *part(
            "TESTS",
            code(configured("hidden: true\nsuccess_message: Good", "data.strip()"), "'1 2'"),
            code("len(data) > 1"),
            code("def test_all(env):\n    assert 'data' in env\ntest_all(globals())"),
        ),
    ),
    *question(
        "name: q3\nmanual: true\npoints: 3",
        new_markdown_cell("**Question 3.** Why?"),
        *part("PROMPT", new_markdown_cell("_Because_ ...")),
        *part("SOLUTION", new_markdown_cell("Since it is so.")),
    ),
    *question("name: q4\nmanual: true", *part("SOLUTION", code("# BEGIN SOLUTION\nplot = 1\n# END SOLUTION"))),
    new_markdown_cell(fenced("# BEGIN QUESTION", "name: q5", "points: [0, 1]") + "\nA text."),
    new_markdown_cell(fenced("# BEGIN SOLUTION")),
    code("seeded = random.random() # SEED\nlast = 5 # SOLUTION"),
    new_markdown_cell(fenced("# END SOLUTION") + fenced("# BEGIN TESTS")),
    code("last", "5"),
    code("# HIDDEN TEST\nlast + 1", "np.int64(6)"),
    new_markdown_cell(fenced("# END TESTS") + "\n" + fenced("# END QUESTION")),
]  # fmt: skip

LEFT_OUT = [
    "'import otter': otter's client is not there",
    "'grader = otter.Notebook()': otter's client is not there",
    "Q 2, test 2: no stored output; what its last line computes must be true",
    "seed: nbgrader seeds nothing between cells, and students get the notebook's own value",
    "requirements: requirements.txt: install them where `autograder` is installed",
    "color: this setting of the assignment has no meaning here",
    "files: ../secret.txt: is not beside the notebook, or not there; copy it yourself",
    "Q 2, test 1: its message on success: tests that pass say that anyway",
    "q4: says no points for what a person grades; it is worth 1",
    "q5: 'seeded = random.random() # SEED': nbgrader seeds nothing between cells; do it in the test",
]


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "numbers.txt").write_text("1 2\n")
    (tmp_path / "secret.txt").write_text("secret")
    nbformat.write(new_notebook(cells=CELLS), folder / f"{NAME}.ipynb")
    return folder / f"{NAME}.ipynb"


@pytest.fixture
def empty(tmp_path: Path) -> Course:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / CONFIG_FILE).write_text("c = get_config()\n", encoding="utf-8")
    return Course(tmp_path / "course")


def test_it_becomes_a_master_whose_solution_gets_all_points(
    theirs: Path, empty: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "otter", str(theirs), "--course", str(empty.root)]) == NEEDS_REVIEW
    told = capsys.readouterr().out.splitlines()
    assert sorted(told[:-1]) == sorted(f"not carried over: {line}" for line in LEFT_OUT)
    assert told[-1].endswith("6 points from tests")
    (master,) = empty.assignment(NAME).notebooks
    roles = {
        str(cell.grade_id): (cell.points, cell.by_hand, cell.has_hidden_part) for cell in master.cells if cell.graded
    }
    assert roles == {
        "test-q1-1": (2, False, False),
        **{f"test-q1-{number}": (0.4, False, number == 3) for number in range(2, 7)},
        "test-q-2": (1, False, True),
        "q3": (3, True, False),
        "q4": (1, True, False),
        "test-q5-1": (0, False, False),
        "test-q5-2": (1, False, True),
    }
    given = release(empty, NAME)
    assert (given / "numbers.txt").is_file() and not (given / "secret.txt").exists()
    text = (given / f"{NAME}.ipynb").read_text(encoding="utf-8")
    for secret in (
        "x * x",
        "square(3)",
        "radius = 3",
        "numbers.txt",
        "Since it is so",
        "last = 5",
        "For staff",
        "(25,",
    ):
        assert secret not in text, secret
    assert text.count("# YOUR CODE HERE") == 6 and "# # " not in text
    for kept in ("# nine = ...", "# Say more here.", "_Because_ ...", "def square(x):", "area == 6"):
        assert kept in text, kept
    assert "debug" not in text
    for student, source in (("own", empty.source(NAME)), ("blank", given)):
        folder = empty.submitted(student, NAME)
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_bytes((source / f"{NAME}.ipynb").read_bytes())
    assert main(["grade", NAME, "--course", str(empty.root)]) == NEEDS_REVIEW
    with (empty.reports / f"{NAME}.csv").open(encoding="utf-8", newline="") as file:
        points = {row["student"]: (row["state"], row["points"]) for row in csv.DictReader(file)}
    assert points == {"own": ("GRADED", "6"), "blank": ("GRADED", "0")}
    page = (empty.feedback("blank", NAME) / f"{NAME}.html").read_text(encoding="utf-8")
    assert "q1: test 2 of 6" in page
    # A second time nothing is written over.
    assert main(["import", "otter", str(theirs), "--course", str(empty.root)]) == NOTHING_DONE
    assert "is there already, and is not written over" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("cells", "language", "why"),
    [
        ([new_markdown_cell("Hello")], "python", "no raw cell begins a question"),
        ([new_markdown_cell("```\nBEGIN QUESTION\nname: q1\n```")], "python", "in the format before otter 3"),
        (CELLS, "R", "a notebook in r; only Python is graded"),
        (question("name: q1")[:1], "python", "the question 'q1' has no end"),
        (question("points: 1"), "python", "cell 1: a question without a name"),
        (question("name: [q1"), "python", "mend the settings"),
        ([*question("name: q1"), *question("name: q1")], "python", "two questions are named 'q1'"),
        (question("name: q1", new_raw_cell("# END TESTS")), "python", "cell 2: '# END TESTS' does not belong there"),
        (question("name: q1", *part("TESTS", code("x ="))), "python", "q1, test 1: is not Python"),
        (question("name: q1\npoints: [1]", *part("TESTS", code("1"), code("2"))), "python", "1 points for 2 tests"),
        (question("name: q1", *part("SOLUTION", code("# BEGIN SOLUTION"))), "python", "has no end"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(
    cells: list[NotebookNode], language: str, why: str, empty: Course, tmp_path: Path
) -> None:
    metadata = {"kernelspec": {"name": "any", "display_name": "any", "language": language}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), tmp_path / "odd.ipynb")
    with pytest.raises(CourseError) as refused:
        import_otter(empty, tmp_path / "odd.ipynb", "odd")
    assert str(refused.value).startswith(f"{tmp_path / 'odd.ipynb'}: ") and why in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert not empty.source("odd").exists()
