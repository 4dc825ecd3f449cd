"""
The course that hostile submissions are handed in to, and the secrets around it.

Two small notebooks: `01_double` with an assert, an output and a hidden part, `02_share` with graphs and a hidden
part. Every secret is a random word that is nowhere else; who finds one in something that was written knows who has
read what.
"""

import base64
import contextlib
import io
import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from autograder.authoring.release import release
from autograder.cli import main as autograder
from autograder.course.folders import CONFIG_FILE, SANITIZE_FILE, Course
from autograder.course.master import OUTPUT_TAG
from autograder.hints import FILE as HINTS_FILE
from tests.conftest import KERNEL_NAME, ROOT

NAME = "hostile"
DOUBLE, SHARE = "01_double", "02_share"
FULL = {DOUBLE: 3.0, SHARE: 2.0}
"""Points of the notebooks."""

SECRETS = ("hidden", "solution", "gradebook", "others", "home", "environment", "process", "network", "socket")
"""What there is to be found, and where: each is planted once."""

LIMITS = {
    "cell_seconds": 6,
    "notebook_seconds": 18,
    "cpu_seconds": 8,
    "memory_bytes": 300 * 2**20,
    "processes": 120,
    "open_files": 200,
    "scratch_bytes": 16 * 2**20,
    "scratch_files": 500,
    "output_bytes": 4 * 2**20,
    "output_messages": 1000,
    "grader_seconds": 10,
}
"""Small ones, so that a class full of bombs is graded in a minute or two."""

RIGHT = {
    "double": "def double(x):\n    return 2 * x",
    "share": 'def share(x):\n    w = tf.get_variable("w", [2])\n    return x * w, x + w',
}

_SHARE_TEST = """
def _check(name):
    with tf.Graph().as_default():
        first, second = share(tf.placeholder(tf.float32, [2], name=probe(name)))
        show_sharing("first second", first=first, second=second)
        assert len(tf.global_variables()) == 1, "Both results should read one variable."


_check("x")
"""

HINTS = """
- id: H1
  belief: 'The number that comes in is the number that goes out.'
  truth: 'A function returns what it computes.'
  reread: {notebook: 01_double, heading: Double}
  signs:
    - test: 'test-double-*'
      source: 'return x *$'
"""
"""What the course explains: answers that show it are examples in the class report."""

HASTY = """
# A pattern that takes twice as long for each further letter.
regex: (z+z+)+y
replace: Y
"""
"""What an author may have added to the patterns for outputs."""

HONEST: dict[str, tuple[dict[str, str], dict[str, float]]] = {
    "ada": (RIGHT, FULL),
    "alan": (RIGHT | {"double": "def double(x):\n    return x"}, {DOUBLE: 0, SHARE: 2}),
    "grace": (
        RIGHT | {"double": "import sys\n\ndef double(x):\n    print('warning', file=sys.stderr)\n    return x + x"},
        FULL,
    ),
}
"""By name, what the honest students answer, and what each notebook must get."""


ABSENT = "nobody"
"""Is on the roster and hands in nothing."""


def secrets(seed: int) -> dict[str, str]:
    """Invent the secrets."""
    dice = random.Random(seed)
    return {name: f"{dice.getrandbits(96):024x}" for name in SECRETS}


def written_ways(secret: str) -> list[str]:
    """List how somebody might write a secret so that it is not seen at once."""
    ways = [secret, secret[::-1], secret.upper(), secret.encode().hex(), "-".join(secret), " ".join(secret)]
    # Base64 knows three ways to write a word, by where it stands.
    return ways + [base64.b64encode(b"x" * n + secret.encode()).decode()[4:-4] for n in range(3)]


def make_course(folder: Path, planted: Mapping[str, str], *, bare: bool = False) -> Course:
    """
    Write a course with these secrets into a new folder, store its reference outputs, and release it.

    Parameters
    ----------
    bare : bool
        Whether one of the points is for a test of bare asserts with a hidden part, which a second kernel runs.
    """
    source = folder / "solutions" / NAME
    source.mkdir(parents=True)
    usual = (ROOT / CONFIG_FILE).read_text(encoding="utf-8")
    limits = "".join(f"c.Limits.{name} = {value}\n" for name, value in LIMITS.items())
    # For nbgrader, which is given as long.
    limits += f"c.ExecutePreprocessor.timeout = {LIMITS['cell_seconds']}\n"
    (folder / CONFIG_FILE).write_text(usual + limits, encoding="utf-8")
    patterns = (ROOT / "solutions" / SANITIZE_FILE).read_text(encoding="utf-8")
    (source.parent / SANITIZE_FILE).write_text(patterns + HASTY, encoding="utf-8")
    (source / HINTS_FILE).write_text(HINTS, encoding="utf-8")
    for name, notebook in ((DOUBLE, _double(planted)), (SHARE, _share(planted, bare=bare))):
        nbformat.write(notebook, source / f"{name}.ipynb")
    course = Course(folder)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        if autograder(["reference", NAME, "--course", str(folder)]) != 0:
            raise RuntimeError(said.getvalue())
    release(course, NAME)
    with Gradebook(course.db_url, course.directory.course_id) as book:
        book.add_student(ABSENT, email=planted["gradebook"])
    return course


def hand_in(course: Course, student: str, answers: Mapping[str, str]) -> Path:
    """Hand in the released notebooks with these answers, and return the student's folder."""
    folder = course.submitted(student, NAME)
    folder.mkdir(parents=True)
    for name in FULL:
        write(folder, name, answered(course, name, answers))
    return folder


def answered(course: Course, name: str, answers: Mapping[str, str]) -> dict[str, Any]:
    """Give the content of a released notebook with these answers, by the names of cells."""
    notebook: dict[str, Any] = json.loads((course.release(NAME) / f"{name}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = answers.get(name_of(cell), "".join(cell["source"]))
    return notebook


def write(folder: Path, name: str, notebook: Any) -> None:
    """Write a notebook file."""
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def name_of(cell: Mapping[str, Any]) -> str:
    """Give the name that nbgrader knows a cell by; empty for a plain one."""
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def hand_in_honestly(course: Course, planted: Mapping[str, str]) -> Iterator[str]:
    """Hand in what the honest students have done; ada's notebook holds a secret."""
    for student, (answers, _) in HONEST.items():
        own = {"double": f"{answers['double']}\n# {planted['others']}"} if student == "ada" else {}
        hand_in(course, student, answers | own)
        yield student


def _double(planted: Mapping[str, str]) -> NotebookNode:
    def hide(source: str) -> str:
        return f"### BEGIN HIDDEN TESTS\n{source}\n### END HIDDEN TESTS"

    asks = f"shown = [double(7)]\n{hide('shown.append(double(1234))')}\ndisplay(shown)"
    tells = hide(f"assert double(1234) == 2468, '{planted['hidden']}'")
    return _notebook(
        new_markdown_cell("# Double", id="title"),
        _cell("imports", "import math", locked=True),
        _cell("double", _solution("def double(x):", "return 2 * x", planted), solution=True),
        _cell("test-double-assert", "assert double(2) == 4, 'no'\ndisplay([double(1), double(5)])", points=2),
        _cell("test-double-shown", f"{asks}\n{tells}", points=1),
    )


def _share(planted: Mapping[str, str], *, bare: bool) -> NotebookNode:
    ours = "from autograder import probe\nfrom sharing_variables import show_sharing"
    imports = f"import tensorflow.compat.v1 as tf\n\n{ours}\n\n"
    answer = 'w = tf.get_variable("w", [2])\n    return x * w, x + w'
    hidden = f'### BEGIN HIDDEN TESTS\n_check("{planted["hidden"]}")\n### END HIDDEN TESTS\n'
    return _notebook(
        new_markdown_cell("# Share", id="title"),
        _cell("imports", f"{imports}tf.disable_v2_behavior()", locked=True),
        _cell("share", _solution("def share(x):", answer, planted), solution=True),
        _cell("test-share", f"{_SHARE_TEST.strip()}\n{hidden}", points=2 - bare, tags=["graph-check-names"]),
        *([_cell("test-share-counts", _counts(planted), points=1, tags=["bare"])] if bare else []),
    )


def _counts(planted: Mapping[str, str]) -> str:
    def counts(name: str, why: str) -> str:
        call = f'    share(tf.placeholder(tf.float32, [2], name="{name}"))\n'
        return f"with tf.Graph().as_default():\n{call}    assert len(tf.global_variables()) == 1, '{why}'\n"

    hidden = counts("counted", planted["hidden"])
    return f"{counts('x', 'two')}### BEGIN HIDDEN TESTS\n{hidden}### END HIDDEN TESTS"


def _notebook(*cells: NotebookNode) -> NotebookNode:
    kernelspec = {"name": KERNEL_NAME, "display_name": "TensorFlow 1 graphs", "language": "python"}
    return new_notebook(cells=list(cells), metadata={"kernelspec": kernelspec})


def _solution(head: str, body: str, planted: Mapping[str, str]) -> str:
    return f"{head}\n    ### BEGIN SOLUTION\n    # {planted['solution']}\n    {body}\n    ### END SOLUTION"


def _cell(
    name: str,
    source: str,
    *,
    solution: bool = False,
    locked: bool = False,
    points: int = 0,
    tags: list[str] | None = None,
) -> NotebookNode:
    grade = points > 0
    meta = {"grade": grade, "solution": solution, "locked": locked or grade, "task": False, "schema_version": 3}
    nbgrader = meta | {"grade_id": name} | ({"points": points} if grade else {})
    more = {"tags": tags or [OUTPUT_TAG]} if grade else {}
    return new_code_cell(source, id=name, metadata={"nbgrader": nbgrader} | more)
