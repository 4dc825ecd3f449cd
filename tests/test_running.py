"""How a run ends, and what a kernel gets to see, with real kernels."""

import os
import re
import signal
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from traitlets.config import Config

from autograder.course.assignment import DataFile
from autograder.errors import CourseError
from autograder.grading.checks import in_words
from autograder.kernels.configuration import runner_of
from autograder.kernels.nbclient_runner import NbclientRunner
from autograder.kernels.run import Ended, Run
from autograder.probes import DESK
from autograder.subject import PLAIN, find_subject
from autograder.zygote.limits import Limits
from tests.conftest import ASSIGNMENT, runner
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("warm")

SUBJECT = find_subject(ASSIGNMENT)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def run_cells(*sources: str, limits: Limits | None = None) -> Run:
    cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    return runner(limits or Limits()).run(new_notebook(cells=cells))


def text(done: Run, number: int) -> str:
    return "".join(output.get("text", "") for output in done.notebook.cells[number].outputs)


@pytest.mark.parametrize("jailed", [True, False], ids=["jailed", "not jailed"])
def test_a_notebook_finds_copies_of_the_files_beside_it_and_nobody_else_sees_what_it_does_to_them(
    jailed: bool, tmp_path: Path
) -> None:
    (tmp_path / "deep").mkdir(mode=0o700)
    (tmp_path / "deep" / "given.csv").write_text("1,2")
    (tmp_path / "deep" / "given.csv").chmod(0o600)
    (tmp_path / "secret.txt").write_text("42")
    data = (DataFile("deep/given.csv", tmp_path / "deep" / "given.csv", "digest"),)
    look = "import os; print(open('deep/given.csv').read(), sorted(n for n in os.listdir() if n[0] != '.'))"
    sources = (look, "open('deep/given.csv', 'w').write('mine')", f"print(os.path.exists({str(tmp_path)!r}))")
    for _ in range(2):
        cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
        done = runner(jailed=jailed, data=data).run(new_notebook(cells=cells))
        assert text(done, 0).startswith("1,2 ['deep'")
        assert done.replies["cell-1"].ok
        assert text(done, 2) == f"{not jailed}\n"
    assert (tmp_path / "deep" / "given.csv").read_text() == "1,2"


def test_files_that_would_fill_what_a_kernel_may_write_are_refused(tmp_path: Path) -> None:
    (tmp_path / "big.csv").write_bytes(bytes(600))
    data = (DataFile("big.csv", tmp_path / "big.csv", "digest"),)
    assert runner_of(Config(), PLAIN, jailed=True, data=data).data == data
    with pytest.raises(CourseError, match="more than half of what a kernel may write"):
        runner_of(Config({"Limits": {"scratch_bytes": 1000}}), PLAIN, jailed=True, data=data)


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        ({"Execute": {"timeout": 400}}, (400, 400)),
        ({"ExecutePreprocessor": {"timeout": 60}}, (60, 300)),
        ({"Execute": {"timeout": 60}, "Limits": {"cell_seconds": 7}}, (7, 300)),
        ({"Execute": {"timeout": None}}, (30, 300)),
        ({"Execute": {"timeout": -1}}, (30, 300)),
    ],
)
def test_nbgraders_timeout_counts_where_the_course_sets_none_of_ours(
    config: dict[str, dict[str, int]], seconds: tuple[int, int]
) -> None:
    limits = runner_of(Config(config), PLAIN, jailed=True).limits
    assert (limits.cell_seconds, limits.notebook_seconds) == seconds


def test_an_exception_does_not_stop_the_run_and_is_in_the_reply() -> None:
    done = run_cells("1 / 0", "print('on')")
    assert done.ended is Ended.COMPLETE
    assert (done.replies["cell-0"].ok, done.replies["cell-0"].error) == (False, "ZeroDivisionError")
    assert done.replies["cell-1"].ok
    assert text(done, 1) == "on\n"


def test_how_values_are_written_is_nobody_else_s_business() -> None:
    own = "get_ipython().display_formatter.formatters['text/plain'].for_type(list, lambda v, p, c: p.text('mine'))"
    sources = (f"{own}\n[0.5]", "%precision 1\n%pprint", "[0.25]", f"{['a' * 30] * 4}")
    done = runner().run(new_notebook(cells=[new_code_cell(source) for source in sources]), "0123abcd")
    mine, _, short, long = (cell.outputs[-1].get("data", {}).get("text/plain") for cell in done.notebook.cells)
    assert (mine, short) == ("mine", "[0.25]")
    assert long.count("\n") == 3


def test_asking_for_the_kernel_s_end_does_not_end_a_grading() -> None:
    sources = ("exit()", "quit()", "import time\ntime.sleep(0.5)", "import time\ntime.sleep(0.5)")
    cells = [*(new_code_cell(source) for source in sources), new_code_cell("print('on')", id="on")]
    done = runner().run(new_notebook(cells=cells), "0123abcd")
    assert done.ended is Ended.COMPLETE
    assert done.replies["on"].ok


def test_what_was_shown_stays_when_an_answer_clears_its_output() -> None:
    clear = "from IPython.display import clear_output\n"
    done = run_cells(f"{clear}print('a')\nclear_output()\nprint('b')\nclear_output(wait=True)\nprint('c')")
    assert text(done, 0) == "a\nb\nc\n"


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
        "print([n for n in os.listdir('.') if n not in ('profile_default', '.tmp', '.shm')])",
    )
    assert text(done, 0) == "False True\n"
    assert text(done, 1) == "[]\n"


def test_a_kernel_without_a_jail_sees_nothing_of_the_instructors_environment_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("A_SECRET_TOKEN", "canary")
    code = "import os\nprint('canary' in str(os.environ), os.environ['HOME'] == os.getcwd())"
    done = runner(jailed=False).run(new_notebook(cells=[new_code_cell(code, id="cell-0")]))
    assert text(done, 0) == "False True\n"


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


_check()'''


def test_a_failed_test_and_an_empty_stub_show_what_they_say_and_are_still_errors() -> None:
    done = run_cells(TEST, "raise NotImplementedError('still to do')")
    assert (done.replies["cell-0"].error, done.replies["cell-0"].message) == ("AssertionError", "one is not two")
    assert (done.replies["cell-1"].error, done.replies["cell-1"].message) == ("NotImplementedError", "still to do")
    (failed,), (stub,) = (cell.outputs for cell in done.notebook.cells)
    assert [ANSI.sub("", line) for line in failed.traceback] == ["Not yet. Looks at: two numbers.", "one is not two"]
    assert [ANSI.sub("", line) for line in stub.traceback] == ["Not yet. still to do"]


@pytest.mark.parametrize(
    ("answer", "test", "told"),
    [
        (
            "pass",
            "len(None)",
            "TypeError: object of type 'NoneType' has no len()). Does your function return its result?",
        ),
        ("pass", "import json\n    json.loads('{')", "The test cannot use this answer (JSONDecodeError: "),
        ("pass", "missing", "There is no 'missing' yet: answer the exercise above"),
        (
            "def f(x):\n    y = x\n    raise NotImplementedError('to do')\n    return y",
            "f(1)",
            "Your answer is there: now rem",
        ),
        ("def f(x):\n    'Give x.'\n    raise NotImplementedError('to do')", "f(1)", "Not yet. to do"),
        ("def f(x):\n    return {}[x]", "f(1)", "return {}[x]"),
    ],
)
def test_what_a_test_cannot_use_is_told_in_words(answer: str, test: str, told: str) -> None:
    done = run_cells(answer, TEST.replace('assert 1 == 2, "one is not two"', test))
    shown = ANSI.sub("", " ".join(done.notebook.cells[1].outputs[-1].traceback))
    assert told in shown
    assert ANSI.sub("", " ".join(done.replies["cell-1"].traceback.splitlines())).split() == shown.split()


def test_what_an_answer_raised_is_told_with_its_line() -> None:
    done = run_cells("def f(x):\n    return {}[x]", TEST.replace('assert 1 == 2, "one is not two"', "f(1)"))
    assert in_words(done.replies["cell-1"]) == "Your code raised KeyError: 1\nIt did so in the line: return {}[x]"


def test_a_syntax_error_shows_its_line_and_a_caret() -> None:
    done = run_cells("a = 1\nb = (a +* 2)", "eval('1 +* 2')")
    written, called = ([ANSI.sub("", line) for line in cell.outputs[0].traceback] for cell in done.notebook.cells)
    lines = "\n".join(written).splitlines()
    (code,) = (number for number, line in enumerate(lines) if "b = (a +* 2)" in line)
    assert lines[code + 1].index("^") == lines[code].index("*")
    assert "InteractiveShell" not in "\n".join(written) and "compile" not in "\n".join(written)
    assert "eval('1 +* 2')" in "\n".join(called)


def test_a_test_s_own_helper_speaks_to_the_student_too() -> None:
    helped = "    def helper():\n        assert 1 == 2, 'one is not two'\n\n    helper()"
    done = run_cells(TEST.replace('    assert 1 == 2, "one is not two"', helped))
    shown = [ANSI.sub("", line) for line in done.notebook.cells[0].outputs[0].traceback]
    assert shown == ["Not yet. Looks at: two numbers.", "one is not two"]


PREDICTION = TEST.replace(
    'assert 1 == 2, "one is not two"',
    'from autograder import check_prediction\n\n    check_prediction(answer, ["a"], "No other is there.")',
)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("['b']", "You predicted ['b'], and the answer is ['a']. No other is there."),
        ("{'a'}", "A set has no order: give a list."),
        ("1", "You predicted 1, which does not fit: the answer is of type list."),
    ],
    ids=["wrong", "a set", "a number"],
)
def test_a_wrong_prediction_is_told_like_any_other_failed_test(answer: str, told: str) -> None:
    done = run_cells(f"answer = {answer}", PREDICTION)
    shown = [ANSI.sub("", line) for line in done.notebook.cells[1].outputs[-1].traceback]
    assert shown[:2] == ["Not yet. Looks at: two numbers.", told]
    assert not done.replies["cell-1"].ok


def test_a_prediction_that_raises_in_a_student_s_own_code_shows_where() -> None:
    odd = "class Odd:\n    def __str__(self):\n        return 1 / 0\n\n\nanswer = [Odd()]"
    done = run_cells(odd, PREDICTION)
    assert "line 3 in __str__" in ANSI.sub("", "\n".join(done.notebook.cells[1].outputs[-1].traceback))


def test_a_helper_of_tests_that_a_student_calls_shows_where() -> None:
    done = run_cells("from autograder import check_prediction\n\ncheck_prediction(1, 2, 'Because.')")
    assert "line 3" in ANSI.sub("", "\n".join(done.notebook.cells[0].outputs[-1].traceback))


def test_a_kernel_remembers_for_hints_at_a_desk_alone() -> None:
    notebook = new_notebook(cells=[new_code_cell("print(len(get_ipython().display_pub._hooks))", id="cell-0")])
    remembers = [text(runner().run(deepcopy(notebook), ending), 0) for ending in (DESK, "0a1b2c3d")]
    assert remembers == ["1\n", "0\n"]


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
    assert "line 3 in mine" in shown
    assert "variable_scope.py" not in shown.split("Originally defined")[0]


def test_an_assert_of_a_students_own_shows_where_it_failed() -> None:
    done = run_cells("def mine():\n    assert 1 == 2, 'mine'\n\nmine()")
    assert done.replies["cell-0"].error == "AssertionError"
    assert "line 2 in mine" in ANSI.sub("", "\n".join(done.notebook.cells[0].outputs[0].traceback))


def test_many_prints_are_one_text_however_they_travelled() -> None:
    done = run_cells("for number in range(50): print(number, flush=True)")
    assert done.notebook.cells[0].outputs == [
        nbformat.v4.new_output("stream", name="stdout", text="".join(f"{number}\n" for number in range(50)))
    ]


def test_a_long_line_is_read_once() -> None:
    done = run_cells("print('x' * 4_000_000)")
    assert (done.ended, len(text(done, 0))) == (Ended.COMPLETE, 4_000_001)


BUSY_NEIGHBOURS = """
import os, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
for _ in range(6):
    if os.fork() == 0:
        os.setsid()
        while True:
            pass
time.sleep(10**6)
"""

WORKS = """
import os, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
end = time.process_time() + 1.5
while time.process_time() < end:
    pass
"""


def test_a_cell_that_waits_for_others_is_not_late_and_one_that_sleeps_is() -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY_NEIGHBOURS], start_new_session=True) as neighbours:
        try:
            eventually(lambda: len(_children(neighbours.pid)) == 6)
            works = run_cells(WORKS, limits=Limits(cell_seconds=4))
            sleeps = run_cells("import time\ntime.sleep(60)", limits=Limits(cell_seconds=4))
        finally:
            for pid in (*_children(neighbours.pid), neighbours.pid):
                os.kill(pid, signal.SIGKILL)
    assert (works.ended, sleeps.ended) == (Ended.COMPLETE, Ended.CELL_TIMEOUT)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


LIMITED = {
    "a loop that prints": ("while True:\n    print('x' * 1000, flush=True)", "output"),
    "a million messages": ("for n in range(10**6):\n    display(n)", "output"),
    "one big message": ("display('x' * 30_000_000)", "output"),
    "one big error": ("raise ValueError('x' * 30_000_000)", "output"),
    "memory that is filled": ("held = []\nwhile True:\n    held.append(b'x' * 10**7)", "memory"),
    "memory that is swallowed": (
        "held = []\nwhile True:\n    try:\n        held.append(b'x' * 10**7)\n    except MemoryError:\n        pass",
        "memory",
    ),
    "memory shared with nobody": (
        "import mmap\nheld = []\nwhile True:\n    held.append(mmap.mmap(-1, 10**7))\n"
        "    held[-1].write(b'x' * 10**7)",
        "memory",
    ),
    "memory shared with nobody, and dropped": (
        "import mmap\nheld = []\nwhile True:\n    held.append(mmap.mmap(-1, 10**7))\n"
        "    held[-1].write(b'x' * 10**7)\n    held[-1].madvise(mmap.MADV_DONTNEED)",
        "memory",
    ),
    "page tables": (
        "import mmap\npart = mmap.mmap(-1, 2**39, mmap.MAP_PRIVATE | 0x4000, mmap.PROT_READ)\n"
        "part.madvise(mmap.MADV_NOHUGEPAGE)\nwhile True:\n    for at in range(0, 2**39, 2**21):\n        part[at]",
        "memory",
    ),
    "full sockets": (
        "import os, socket, time\nfor _ in range(9):\n    if os.fork() == 0:\n        kept = []\n        try:\n"
        "            while True:\n                kept.append(socket.socketpair())\n"
        "        except OSError:\n            time.sleep(60)\ntime.sleep(60)",
        "memory",
    ),
    "processes": ("import os, time\nwhile True:\n    if os.fork() == 0:\n        time.sleep(60)", "processes"),
    "threads": (
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(60,)).start()",
        "processes",
    ),
    "a full disk": ("open('big', 'wb').write(b'x' * 10**8)", "disk"),
    "many files": ("import pathlib\nfor n in range(10**5):\n    pathlib.Path(f'{n}').touch()", "disk"),
    "processor time": ("while True:\n    pass", "cpu"),
}
# On a busy machine no other limit may be reached before the one that is meant.
SMALL = Limits(cell_seconds=60, cpu_seconds=60, memory_bytes=300 * 2**20, processes=100, output_messages=2500)


@pytest.mark.parametrize(("source", "limit"), LIMITED.values(), ids=LIMITED)
def test_what_would_use_up_the_machine_is_stopped_and_named(source: str, limit: str) -> None:
    limits = replace(SMALL, cpu_seconds=3) if limit == "cpu" else SMALL
    done = run_cells("print('on')", source, limits=limits)
    assert (done.ended, done.limit) == (Ended.LIMIT, limit)
    assert sum(len(text(done, number)) for number in range(2)) <= SMALL.output_bytes


def test_what_stays_below_the_limits_is_not_stopped() -> None:
    done = run_cells(
        "for n in range(1500):\n    display(n)",
        "held = b'x' * (100 * 2**20)\ndel held",
        "open('file', 'wb').write(b'x' * 5 * 10**7)",
        "import threading, time\nfor _ in range(20):\n    threading.Thread(target=time.sleep, args=(0.1,)).start()",
        "files = [open('file') for _ in range(300)]",
        limits=SMALL,
    )
    failed = [name for name, reply in done.replies.items() if not reply.ok]
    assert (done.ended, done.limit, failed) == (Ended.COMPLETE, "", [])


def test_open_files_run_out_as_an_error_of_the_cell_alone() -> None:
    done = run_cells("files = [open('/dev/null') for _ in range(10**5)]", "del files\nprint('on')")
    assert done.ended is Ended.COMPLETE
    assert "Too many open files" in done.replies["cell-0"].message


def test_an_output_of_an_earlier_cell_cannot_be_changed() -> None:
    done = run_cells("handle = display('said', display_id=True)", "handle.update('never said')")
    assert done.notebook.cells[0].outputs[0].data["text/plain"] == "'said'"


def test_widgets_and_messages_of_odd_types_are_ignored() -> None:
    done = run_cells(
        "kernel = get_ipython().kernel\n"
        "odd = {'comm_id': [1], 'data': 7}\n"
        "kernel.session.send(kernel.iopub_socket, 'comm_open', odd, parent=kernel.get_parent())",
        "print('on')",
    )
    assert (done.ended, text(done, 1)) == (Ended.COMPLETE, "on\n")


COURSE = Config({"Limits": {"cell_seconds": 7}, "WarmProvisioner": {"preload": ["json"]}})


def test_a_course_sets_its_own_limits_and_preloads() -> None:
    assert runner_of(COURSE, SUBJECT, jailed=True) == runner(Limits(cell_seconds=7), preload=("json",))
    assert runner_of(Config(), SUBJECT, jailed=True) == runner()
    assert runner_of(Config(), PLAIN, jailed=False) == NbclientRunner(Limits(), jailed=False, subject="plain")


@pytest.mark.parametrize("limits", [{"cells": 7}, {"cell_seconds": 0}, {"cell_seconds": "7"}])
def test_limits_that_make_no_sense_are_said(limits: dict[str, object]) -> None:
    with pytest.raises(CourseError, match=r"give a positive whole number"):
        runner_of(Config({"Limits": limits}), PLAIN, jailed=True)


DRAW = "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.show()"
IMPLICIT = "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2, 3])"


@pytest.mark.parametrize("jailed", [True, False], ids=["jailed", "not jailed"])
@pytest.mark.parametrize("source", [DRAW, IMPLICIT], ids=["shown", "at the end of the cell"])
def test_a_figure_is_shown_though_the_warm_process_has_imported_matplotlib(source: str, jailed: bool) -> None:
    preload = ("numpy", "matplotlib.pyplot")
    before = "import sys; print('matplotlib.pyplot' in sys.modules)"
    cells = [new_code_cell(text, id=f"cell-{number}") for number, text in enumerate((before, source))]
    done = NbclientRunner(Limits(), jailed, PLAIN.name, preload).run(new_notebook(cells=cells))
    assert text(done, 0) == "True\n"
    assert [kind for output in done.notebook.cells[1].outputs for kind in output.get("data", {})] == [
        "text/plain",
        "image/png",
    ]


def test_a_figure_is_shown_where_the_subjects_library_is_warm() -> None:
    done = run_cells("import sys; print('tensorflow' in sys.modules)", DRAW)
    assert text(done, 0) == "True\n"
    assert "image/png" in done.notebook.cells[1].outputs[0].data
