"""
The tests on every Python that this machine has, from 3.11 to 3.13: `python -m tests.pythons [--all]`.

Each gets the environment of the lock, in a folder that goes again. Without ``--all`` a representative part runs: how
cells are read, kernels forked and jailed, hints given, and a class graded, by commands and by nbgrader's own.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

VERSIONS = ("3.11", "3.12", "3.13")
PART = (
    "test_dataflow.py",
    "test_alike.py",
    "test_elsewhere.py",
    "test_jail.py::test_what_honest_answers_do_works_in_the_jail",
    "test_jail.py::test_only_the_scratch_space_can_be_written",
    "test_jail.py::test_what_needs_no_network_works_without_one",
    "test_formgrader.py::test_nbgraders_commands_give_what_the_graders_own_give",
)


def interpreters() -> dict[str, str]:
    """Find an interpreter of each version: on the path, or where pyenv has them."""
    found: dict[str, str] = {}
    for place in _places():
        asked = "import sys; print('%d.%d' % sys.version_info[:2])"
        done = subprocess.run([place, "-c", asked], capture_output=True, text=True, check=False)
        version = done.stdout.strip()
        if done.returncode == 0 and version in VERSIONS:
            found.setdefault(version, place)
    return dict(sorted(found.items()))


def _places() -> Iterator[str]:
    yield from filter(None, (shutil.which(f"python{version}") for version in VERSIONS))
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from map(str, sorted(root.glob("versions/3.*/bin/python")))


def tested(version: str, interpreter: str, what: list[str]) -> bool:
    """Make an environment, run the tests in it, and tell whether they pass."""
    with tempfile.TemporaryDirectory(prefix=f"python-{version}-") as folder:
        place = Path(folder, ".venv")
        uv = [str(Path(sys.executable).with_name("uv"))]
        variables = os.environ | {"VIRTUAL_ENV": str(place)}
        for command in (
            ["venv", "--quiet", "--no-config", "--seed", "--python", interpreter, str(place)],
            ["pip", "install", "--quiet", "--no-config", "--compile-bytecode", "-r", str(ROOT / "requirements.lock")],
            ["pip", "install", "--quiet", "--no-config", "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
        ):
            subprocess.run([*uv, *command], check=True, env=variables)
        tests = [str(place / "bin" / "python"), "-m", "pytest", "-n", "2", *what]
        return subprocess.run(tests, cwd=ROOT, env=variables, check=False).returncode == 0


def main() -> int:
    """Run them one after the other, but for the version that `make test` uses."""
    parser = argparse.ArgumentParser(description="Run tests on every Python that this machine has.")
    parser.add_argument("--all", action="store_true", help="all tests, and not a part of them")
    options = parser.parse_args()
    own = re.match(r"\d+\.\d+", sys.version)
    what = ["tests"] if options.all else [f"tests/{name}" for name in PART]
    others = {version: place for version, place in interpreters().items() if own is None or version != own[0]}
    if not others:
        print("this machine has no other Python from 3.11 to 3.13: nothing to test")
    passed = {}
    for version, interpreter in others.items():
        print(f"Python {version}: {interpreter}", flush=True)
        passed[version] = tested(version, interpreter, what)
    for version, is_fine in passed.items():
        print(f"Python {version}: {'passed' if is_fine else 'FAILED'}")
    return 0 if all(passed.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
