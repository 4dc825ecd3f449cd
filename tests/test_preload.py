"""What notebooks import is imported once for all kernels, where that neither fails nor starts a thread."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from traitlets.config import Config

from autograder.course.assignment import Assignment, DataFile
from autograder.course.imports import imports_of
from autograder.course.master import Master, MasterCell
from autograder.kernels.configuration import runner_of
from autograder.kernels.nbclient_runner import NbclientRunner
from autograder.subject import PLAIN, find_subject
from tests.conftest import ASSIGNMENT

STRANGERS = {
    "starts_threads": "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n",
    "brings_threads": "import starts_threads\n",
    "ends_python": "raise SystemExit('not here')\n",
    "is_fine": "here = 1\n",
}


def importing(*sources: str) -> Assignment:
    nodes = [new_markdown_cell("import words"), *(new_code_cell(source) for source in sources)]
    cells = [
        MasterCell(node=node, grade_id=None, points=0.0, graded=False, solution=False, locked=False) for node in nodes
    ]
    return Assignment("odd", (Master("01_odd", new_notebook(), tuple(cells)),))


def test_imports_are_read_wherever_they_stand_without_pythons_own_and_without_what_lies_beside(
    tmp_path: Path,
) -> None:
    beside = tmp_path / "helpers.py"
    beside.write_text("import scipy.stats\nimport helpers.more\n")
    data = (DataFile("helpers.py", beside, ""), DataFile("tables/a.csv", tmp_path, ""))
    assignment = importing(
        "%matplotlib inline\nimport numpy as np, os.path\n!ls\n",
        "def answer():\n    from pandas import DataFrame, api\n    from math import *\n    from seaborn import *",
        "import helpers, tables.a\nfrom . import nothing\nfrom autograder import probe",
        "import (",
    )
    assert imports_of(assignment, data) == (
        "numpy",
        "pandas",
        "pandas.DataFrame",
        "pandas.api",
        "scipy.stats",
        "seaborn",
    )


def test_named_modules_take_the_place_of_found_ones_and_a_subject_knows_its_packages_best() -> None:
    found = ("pandas", "tensorflow.compat.v2")
    named = Config({"WarmProvisioner": {"preload": ["numpy"]}})
    assert runner_of(named, PLAIN, jailed=True, imports=found).imports == ()
    assert runner_of(Config(), PLAIN, jailed=True, imports=found).imports == found
    assert runner_of(Config(), find_subject(ASSIGNMENT), jailed=True, imports=found).imports == ("pandas",)


def test_a_module_that_fails_or_starts_a_thread_is_left_to_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, source in STRANGERS.items():
        (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    wanted = (*sorted(STRANGERS), "is_fine.here", "is_fine.there", "no_such_module", "numpy", "numpy.random")
    kernels = NbclientRunner(jailed=False, imports=wanted)
    lease = kernels.lease()
    try:
        assert lease.preloaded == ("is_fine", "numpy")
        threads = lease.left_out["starts_threads"]
        assert threads.startswith("importing it starts threads (python")
        assert lease.left_out == {
            "brings_threads": threads,
            "ends_python": "SystemExit: not here",
            "no_such_module": "ModuleNotFoundError: No module named 'no_such_module'",
            "starts_threads": threads,
        }
        known = "import sys\nsorted({'is_fine', 'numpy', 'starts_threads', 'tensorflow'} & set(sys.modules))"
        shown = []
        for _ in range(2):
            cells = [new_code_cell(known), new_code_cell("import numpy\nnumpy.random.random()")]
            notebook = new_notebook(cells=cells)
            kernels.run(notebook)
            shown.append([cell.outputs[0].data["text/plain"] for cell in notebook.cells])
    finally:
        lease.close()
    assert shown[0][0] == shown[1][0] == "['is_fine', 'numpy']"
    assert shown[0][1] != shown[1][1]
