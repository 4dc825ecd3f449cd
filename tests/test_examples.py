"""An example is what somebody answered, and nobody can tell who."""

import ast
import json
from pathlib import Path

import pytest

from autograder.course.assignment import Assignment
from autograder.grading.result import Result
from autograder.grading.verdict import GRADED, NotebookVerdict
from autograder.hints import Hint
from autograder.records.store import Stored
from autograder.report.examples import MOST, Example, Examples
from autograder.report.statistics import Idea, Seen

WHERE = "02_variables_dict"
EXERCISE = "make-and-use"


class Class:
    """Students whose answers to one exercise all show one misconception."""

    def __init__(self, assignment: Assignment, folder: Path) -> None:
        self.assignment, self.folder = assignment, folder
        (master,) = (master for master in assignment.notebooks if master.name == WHERE)
        self.cells = {str(cell.grade_id): cell.node.id for cell in master.solutions}
        self.seen: list[Seen] = []
        self.stored: dict[str, Stored] = {}

    def answers(self, student: str, source: str, line: str = "", exercise: str = EXERCISE) -> None:
        result = Result(student, self.assignment.name, (NotebookVerdict(WHERE, GRADED, 1),), {})
        stored = Stored(result, self.folder / str(len(self.seen)))
        stored.folder.mkdir()
        cells = {"cells": [{"id": self.cells[exercise], "source": source}]}
        stored.notebooks[WHERE].write_text(json.dumps(cells), encoding="utf-8")
        self.seen.append(Seen(result, WHERE, Hint(exercise, "M1", line)))
        self.stored[student] = stored

    @property
    def examples(self) -> tuple[Example, ...]:
        idea = Idea(self.assignment.catalogue["M1"], tuple(self.seen))
        return Examples(self.assignment, self.stored.values()).of(idea)

    @property
    def codes(self) -> list[str]:
        return ["\n".join(text for _, text in example.lines) for example in self.examples]


@pytest.fixture
def lot(assignment: Assignment, tmp_path: Path) -> Class:
    return Class(assignment, tmp_path)


def test_an_example_is_the_answer_with_its_line_marked(lot: Class) -> None:
    lot.answers(
        "ada", 'def f(x):\n    w = tf.Variable( 1, name="w" )\n    return w * x', 'w = tf.Variable( 1, name="w" )'
    )
    (example,) = lot.examples
    assert example.lines == (
        (False, "def f(x):"),
        (True, "    w = tf.Variable(1, name='w')"),
        (False, "    return w * x"),
    )
    assert (example.notebook, example.exercise, example.alike) == (WHERE, EXERCISE, 1)


def test_comments_docstrings_and_long_text_are_gone(lot: Class) -> None:
    lot.answers(
        "s123456",
        '# Grace Hopper\ndef f(x):\n    """By Grace Hopper."""\n    print("Grace Hopper was here")\n'
        '    print(f"{x} by Grace Hopper", b"Grace")\n    return x  # Grace',
    )
    (code,) = lot.codes
    assert "Grace" not in code and "Hopper" not in code
    assert code == "def f(x):\n    print('...')\n    print(f'{x}...', '...')\n    return x"


def test_text_of_the_course_stays(lot: Class) -> None:
    (master,) = (master for master in lot.assignment.notebooks if master.name == "03_get_variable")
    (flags,) = (cell for cell in master.solutions if cell.grade_id == "predict-reuse")
    said = [n.value for n in ast.walk(ast.parse(flags.source)) if isinstance(n, ast.Constant) and " " in str(n.value)]
    assert said
    lot.answers("ada", f"flags = {said!r}")
    assert lot.codes == [f"flags = {said!r}"]


@pytest.mark.parametrize(
    ("student", "source"),
    [
        ("grace.hopper", "hopper = 1"),
        ("grace.hopper", "def by_hopper():\n    return 1"),
        ("grace.hopper", "x = 'HOPPER'"),
        ("grace.hopper", r"x = '\x68opper'"),
        ("grace.hopper", "x = 'hop' 'per'"),
        ("grace.hopper", "class HoppersLayer:\n    x = 1"),
        ("s-20261234", "seed = 20261234"),
        ("li", "li = 1"),
        ("Zoë", "zoë = 1"),
        ("Zoe\N{COMBINING DIAERESIS}", "zoë = 1"),
    ],
)
def test_an_answer_with_a_word_of_somebodys_id_is_not_used(student: str, source: str, lot: Class) -> None:
    lot.answers("nobody", source)
    assert len(lot.codes) == 1
    longer = f"answer = {[1] * 40}"
    lot.answers(student, longer)
    assert lot.codes == [longer]


def test_a_student_who_is_called_like_the_course_takes_no_example_away(lot: Class) -> None:
    for student in ("variable", "def", "tf", "able", "return"):
        lot.answers(student, "def f():\n    return tf.Variable(1)")
    assert lot.codes == ["def f():\n    return tf.Variable(1)"]


@pytest.mark.parametrize(
    "source", ["def f(:", "", "(" * 5_000, "x = 1\n" * 5_000, "x = " + "-" * 3_000 + "1", "\x00"]
)
def test_what_cannot_be_read_is_no_example(source: str, lot: Class) -> None:
    lot.answers("ada", source)
    assert lot.codes == []


def test_a_file_that_is_gone_or_broken_is_no_example(lot: Class) -> None:
    lot.answers("ada", "x = 1")
    lot.answers("alan", "x = 2")
    lot.stored["ada"].notebooks[WHERE].unlink()
    lot.stored["alan"].notebooks[WHERE].write_text("[]", encoding="utf-8")
    assert lot.codes == []


def test_the_shortest_of_the_most_frequent_kind_comes_first(lot: Class) -> None:
    lot.answers("a", "x = 1", "rare")
    for number, student in enumerate("bcd"):
        lot.answers(student, f"frequent = {10 ** (3 - number)}", "often")
    assert lot.codes == ["frequent = 10", "x = 1"]
    assert [example.alike for example in lot.examples] == [3, 1]


def test_another_exercise_comes_before_another_kind_of_the_same(lot: Class) -> None:
    for student, line in (("a", "one"), ("b", "one"), ("c", "two"), ("d", "two")):
        lot.answers(student, f"x_{line} = 1", line)
    lot.answers("e", "y = 1", exercise="predict-price")
    assert lot.codes == ["x_one = 1", "y = 1"]
    assert len(lot.codes) == MOST


def test_a_long_answer_is_cut_around_the_line_that_matters(lot: Class) -> None:
    lot.answers("ada", "\n".join(f"x{number} = {number}" for number in range(60)), "x40 = 40")
    (code,) = lot.codes
    assert code.startswith("...\n") and code.endswith("\n...") and "\nx40 = 40\n" in code
    assert code.count("\n") < 20
    (example,) = lot.examples
    assert [text for marked, text in example.lines if marked] == ["x40 = 40"]


def test_an_answer_of_magics_is_an_example_without_them(lot: Class) -> None:
    lot.answers("ada", "%time 1\n" * 600 + "def f(x):\n    !ls\n    return x", "return x")
    (example,) = lot.examples
    assert example.lines[-3:] == ((False, "def f(x):"), (False, "    pass"), (True, "    return x"))


@pytest.mark.parametrize("source", ["%%bash\nls", "!ls\n" * 600, "a = 1?"])
def test_an_answer_that_is_all_ipythons_is_none(source: str, lot: Class) -> None:
    lot.answers("ada", source)
    assert lot.codes == []


def test_an_answer_that_cannot_be_read_costs_itself_alone_and_is_counted(lot: Class) -> None:
    for student, source in (("ada", "a = 1"), ("alan", "bb = 1"), ("grace", "ccc = 1")):
        lot.answers(student, source)
    lot.stored["ada"].notebooks[WHERE].write_text('{"cells": 1}', encoding="utf-8")
    lot.stored["alan"].notebooks[WHERE].unlink()
    idea = Idea(lot.assignment.catalogue["M1"], tuple(lot.seen))
    examples = Examples(lot.assignment, lot.stored.values())
    assert [example.lines for example in examples.of(idea)] == [((False, "ccc = 1"),)]
    assert examples.unread(idea) == 2
