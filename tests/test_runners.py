"""What grading's own runner shows of a notebook is what nbclient shows with ipykernel, cell by cell."""

from copy import deepcopy

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from traitlets.config import Config

from autograder.cli import main
from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.errors import CourseError
from autograder.kernels.comparison import differences
from autograder.kernels.configuration import runner_of
from autograder.kernels.nbclient_runner import NbclientRunner
from autograder.kernels.piped_runner import PipedRunner
from autograder.probes import fresh_ending
from autograder.zygote.limits import Limits
from tests.conftest import ASSIGNMENT, ROOT

pytestmark = pytest.mark.usefixtures("warm")

PATIENT = Limits(cell_seconds=300, notebook_seconds=900)
"""Other tests want a core, too."""

KINDS = [
    "import sys\nsys.argv[:2]",
    "print('a')\n1 + 1",
    "import sys\nprint('err', file=sys.stderr)\nprint('out')\nsys.stdout.write('no end')",
    "!echo from a shell",
    "import os\nos.write(1, b'below Python\\n')\nos.system('echo from C')\nNone",
    "import subprocess\nsubprocess.run('echo from a child; echo and its errors >&2', shell=True).returncode",
    "from IPython.display import HTML, display\ndisplay(HTML('<b>'))\nh = display(1, display_id='q')\nh.update(2)",
    "1 / 0",
    "def f(:",
    "raise SystemExit(3)",
    "exit()",
    "import asyncio\nawait asyncio.sleep(0.01)\n'awaited'",
    "soon = asyncio.get_running_loop().create_task(asyncio.sleep(0, 'in the background'))",
    "await soon",
    "input('who?')",
    "import getpass\ngetpass.getpass()",
    "import threading\nthread = threading.Thread(target=print, args=['in a thread'])\nthread.start()\nthread.join()",
    "from IPython.display import clear_output\nprint(1)\nclear_output()\nprint(2)",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])",
    "_",
    "In[-1], Out[1], __name__",
    "get_ipython().set_next_input('next')",
    "?len",
    "%%bash\necho bash",
    "%%capture caught\nprint('caught')",
    "caught.stdout",
    "import logging\nlogging.warning('logged')",
    "import warnings\nwarnings.warn('warned')",
    "class Both:\n    _repr_html_ = lambda self: '<i>a</i>'\n    __repr__ = lambda self: 'plain'\nBoth()",
    "class Broken:\n    def __repr__(self):\n        raise ValueError('no repr')\nBroken()",
    "try:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().showtraceback()",
    "raise ExceptionGroup('several', [ValueError(1), TypeError(2)])",
    "assert f'{1 + 1}' == '3', 'a message\\nof two lines'",
    "get_ipython().run_cell('print(7)\\n8').result",
    "%run -e nowhere.py",
    "from ipykernel.comm import Comm\nComm('nobody listens').send({'x': 1})",
    "print('\\r10 %\\r20 %')\nprint('caf\\u00e9 \\U0001f40d \\ud800'.encode('utf-8', 'replace'))",
    "print('x' * 200_000)",
    "for number in range(300):\n    print(number, flush=True)",
    "sys.displayhook",
    "'last'",
]
"""Whatever can come out of a cell in another way."""


def both(notebook: NotebookNode) -> list[str]:
    """Run a notebook by both, and list the differences."""
    ending = fresh_ending()
    runs = [how(PATIENT, True, ASSIGNMENT).run(deepcopy(notebook), ending) for how in (PipedRunner, NbclientRunner)]
    assert all(run.replies for run in runs)
    return list(differences(*runs))


def notebook_of(*sources: str) -> NotebookNode:
    cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    return new_notebook(cells=[new_markdown_cell("prose"), *cells])


def test_every_kind_of_output_is_the_same() -> None:
    assert both(notebook_of(*KINDS)) == []


def test_the_masters_of_the_course_show_the_same(assignment: Assignment) -> None:
    found = [line for master in assignment.notebooks for line in both(master.notebook)]
    # It prints values that no seed decides on.
    assert [line for line in found if not line.startswith("cell 'see-one-object', output 1: ")] == []


@pytest.mark.parametrize(
    "fatal",
    [
        "import os\nos._exit(3)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
        "x = bytearray(2 * 2**30)",
        "import os\nfor n in range(9):\n    open(str(n), 'wb').write(bytes(2**23))",
    ],
    ids=["exit", "signal", "memory", "disk"],
)
def test_every_end_is_the_same(fatal: str) -> None:
    found = both(notebook_of("print('before')", fatal, "print('after')"))
    # What a kernel has said just before it dies, nbclient hears or not.
    assert [line for line in found if not line.startswith("cell 'cell-1', ")] == []


def test_a_command_shows_where_runners_differ(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path) + "/one.ipynb"
    nbformat.write(notebook_of("1", "import sys\n'piped' in type(get_ipython().kernel).__module__"), path)
    assert main(["runners", "--course", str(ROOT), path]) == 1
    said = capsys.readouterr().out
    assert "cell 'cell-1', output 1" in said
    assert "True" in said and "False" in said
    assert "piped and nbclient: 1 difference" in said
    assert main(["runners", "--course", str(ROOT), str(ROOT / "Makefile")]) == 2


def test_a_course_may_ask_for_nbclient() -> None:
    subject = Course(ROOT).subject
    assert isinstance(runner_of(Config(), subject, jailed=True), PipedRunner)
    assert isinstance(runner_of(Config({"Kernels": {"runner": "nbclient"}}), subject, jailed=True), NbclientRunner)
    with pytest.raises(CourseError, match="give one of piped, nbclient"):
        runner_of(Config({"Kernels": {"runner": "other"}}), subject, jailed=True)
