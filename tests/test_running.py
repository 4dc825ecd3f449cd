"""How a run ends, and what a kernel gets to see, with real kernels."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.kernels.limits import Limits
from autograder.kernels.running import Ended, Run, run

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def run_cells(*sources: str, limits: Limits | None = None) -> Run:
    cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    return run(new_notebook(cells=cells), limits or Limits())


def text(done: Run, number: int) -> str:
    return "".join(output.get("text", "") for output in done.notebook.cells[number].outputs)


def test_an_exception_does_not_stop_the_run_and_is_in_the_reply() -> None:
    done = run_cells("1 / 0", "print('on')")
    assert done.ended is Ended.COMPLETE
    assert (done.replies["cell-0"].ok, done.replies["cell-0"].error) == (False, "ZeroDivisionError")
    assert done.replies["cell-1"].ok
    assert text(done, 1) == "on\n"


def test_a_cell_that_takes_too_long_ends_the_run_as_a_timeout_of_that_cell() -> None:
    done = run_cells("print('on')", "while True: pass", "print('never')", limits=Limits(cell_seconds=2))
    assert (done.ended, done.stopped_at) == (Ended.CELL_TIMEOUT, "cell-1")
    assert set(done.replies) == {"cell-0"}


def test_a_notebook_of_slow_cells_ends_as_a_timeout_of_the_notebook() -> None:
    slow = "import time; time.sleep(1.5)"
    done = run_cells(slow, slow, slow, slow, limits=Limits(cell_seconds=20, notebook_seconds=4))
    assert done.ended is Ended.NOTEBOOK_TIMEOUT


def test_a_kernel_that_dies_ends_the_run_where_it_died() -> None:
    done = run_cells("print('on')", "import os; os._exit(1)", "print('never')")
    assert (done.ended, done.stopped_at) == (Ended.DEAD_KERNEL, "cell-1")


def test_a_forged_error_output_is_not_an_error() -> None:
    done = run_cells("import sys\nprint('Traceback: AssertionError', file=sys.stderr)")
    assert done.replies["cell-0"].ok


def test_a_swallowed_traceback_is_still_an_error() -> None:
    done = run_cells("get_ipython().showtraceback = lambda *args, **kwargs: None", "assert False, 'words'")
    assert (done.replies["cell-1"].ok, done.replies["cell-1"].message) == (False, "words")


def test_the_kernel_sees_nothing_of_the_instructors_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_TOKEN", "canary")
    done = run_cells(
        "import os\nprint('canary' in str(os.environ), os.environ['HOME'] == os.getcwd())",
        "print([n for n in os.listdir('.') if not n.startswith(('kernel', 'profile_default'))])",
    )
    assert text(done, 0) == "False True\n"
    assert text(done, 1) == "[]\n"


def test_tensorflow_starts_without_noise_and_a_students_own_warning_shows() -> None:
    done = run_cells(
        "import tensorflow.compat.v1 as tf\ntf.disable_v2_behavior()",
        "with tf.Graph().as_default(), tf.Session() as sess:\n"
        "    v = tf.get_variable('v', [])\n"
        "    sess.run(tf.global_variables_initializer())\n"
        "    print(v)",
        "import warnings\nwarnings.warn('mine')\ntf.logging.warning('mine too')",
    )
    assert done.notebook.cells[0].outputs == []
    assert text(done, 1) == "<tf.Variable 'v:0' shape=() dtype=float32_ref>\n"
    assert "UserWarning: mine" in text(done, 2)
    assert "mine too" in text(done, 2)


TEST = '''"""Looks at: two numbers."""


def _check():
    assert 1 == 2, "one is not two"


display(_check())'''


def test_a_failed_test_and_an_empty_stub_show_what_they_say_and_are_still_errors() -> None:
    done = run_cells(TEST, "raise NotImplementedError('still to do')")
    assert (done.replies["cell-0"].error, done.replies["cell-0"].message) == ("AssertionError", "one is not two")
    assert (done.replies["cell-1"].error, done.replies["cell-1"].message) == ("NotImplementedError", "still to do")
    (failed,), (stub,) = (cell.outputs for cell in done.notebook.cells)
    assert [ANSI.sub("", line) for line in failed.traceback] == ["Not yet. Looks at: two numbers.", "one is not two"]
    assert [ANSI.sub("", line) for line in stub.traceback] == ["Not yet. still to do"]


def test_a_test_without_its_answer_says_what_is_missing() -> None:
    done = run_cells(TEST.replace("1 == 2", "answer == 2"))
    assert done.replies["cell-0"].error == "NameError"
    assert "There is no 'answer' yet" in "".join(done.notebook.cells[0].outputs[0].traceback)


def test_what_tensorflow_raises_is_shown_without_its_own_frames() -> None:
    mine = "def mine():\n    tf.get_variable('v', [1])\n    tf.get_variable('v', [1])\n"
    done = run_cells("import tensorflow.compat.v1 as tf\ntf.disable_v2_behavior()", f"{mine}\nmine()")
    assert done.replies["cell-1"].error == "ValueError"
    shown = ANSI.sub("", "\n".join(done.notebook.cells[1].outputs[0].traceback))
    assert "Variable v already exists" in shown
    assert "----> 3" in shown
    assert "variable_scope.py" not in shown.split("Originally defined")[0]


def test_an_assert_of_a_students_own_shows_where_it_failed() -> None:
    done = run_cells("def mine():\n    assert 1 == 2, 'mine'\n\nmine()")
    assert done.replies["cell-0"].error == "AssertionError"
    assert "----> 2" in ANSI.sub("", "\n".join(done.notebook.cells[0].outputs[0].traceback))


def test_many_prints_are_one_text_however_they_travelled() -> None:
    done = run_cells("for number in range(50): print(number, flush=True)")
    assert done.notebook.cells[0].outputs == [
        nbformat.v4.new_output("stream", name="stdout", text="".join(f"{number}\n" for number in range(50)))
    ]


def test_a_long_line_is_read_once() -> None:
    done = run_cells("print('x' * 4_000_000)")
    assert (done.ended, len(text(done, 0))) == (Ended.COMPLETE, 4_000_001)
