"""Whether a machine may grade for a coordinator: the same versions of everything, and a jail."""

import platform
from pathlib import Path

from autograder.doctor import try_kernel
from autograder.errors import AutograderError
from autograder.files import code_digest
from autograder.kernels.piped_runner import PipedRunner
from autograder.records.store import installed
from autograder.subject import Subject, code_folder

CODE = "the code of the autograder and of the subject"
PYTHON = "Python"


def versions(subject: Subject) -> dict[str, str]:
    """
    Name what a result depends on beside the course: Python, everything that is installed, and the code that judges.

    A package that is installed from its sources may change and keep its version, and so its code is named, too.
    """
    own = code_folder(subject)
    found = dict(name.removesuffix(".dist-info").rpartition("-")[::2] for name in installed())
    return {
        PYTHON: platform.python_version(),
        CODE: code_digest(Path(__file__).parents[1], *([] if own is None else [own])),
        **found,
    }


def differences(ours: dict[str, str], theirs: dict[str, str]) -> list[str]:
    """Say in what two machines differ, the likeliest to matter first."""
    found = []
    for name in sorted(ours.keys() | theirs.keys(), key=lambda name: (name not in (PYTHON, CODE), name)):
        here, there = ours.get(name, "none"), theirs.get(name, "none")
        if here != there:
            found.append(f"{name} is another one" if name == CODE else f"{name} {there} there, {here} here")
    return found


def why_no_jail() -> str:
    """Try a jailed kernel; say why there can be none, and nothing where there is one."""
    try:
        _, is_fine, ended = try_kernel(PipedRunner())
    except AutograderError as error:
        return str(error)
    return "" if is_fine else f"a jailed kernel ran a cell and ended as {ended}"
