"""
The kernelspec that notebooks are graded with: made from the subject, so that none need be installed.

At a desk kernelspecs are files: this package installs ``autograder``, a subject may install one of its own.
"""

import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_core.paths import jupyter_path

from autograder.course.master import Master
from autograder.subject import SUBJECT_VARIABLE, Subject, find_subject
from autograder.zygote.protocol import LAUNCHER

EXTENSION = "autograder.inside.extension"
"""The IPython extension that every kernel of ours loads before any notebook code runs."""

_PREFIX = "grading-"


def kernel_name(subject: str) -> str:
    """Name the kernelspec of a subject."""
    return f"{_PREFIX}{subject}"


def kernelspec(subject: Subject) -> KernelSpec:
    """Make the kernelspec of a subject."""
    return KernelSpec(
        argv=[
            sys.executable,
            *LAUNCHER,
            "-f",
            "{connection_file}",
            f"--InteractiveShellApp.extra_extensions={EXTENSION}",
        ],
        display_name=f"grading ({subject.name})",
        language="python",
        env={**dict(subject.kernel.environment), SUBJECT_VARIABLE: subject.name},
        metadata={"kernel_provisioner": {"provisioner_name": "autograder-warm"}},
    )


def other_kernel(master: Master) -> str:
    """Say in a line that a notebook asks for a kernel that is not this interpreter; empty where it does not."""
    asked = str(master.notebook.metadata.get("kernelspec", {}).get("name", ""))
    if asked in ("", "python3", "python"):
        return ""
    try:
        # Without the folder in which IPython had them once, which it would make.
        installed = KernelSpecManager(kernel_dirs=jupyter_path("kernels"))
        program = Path(installed.get_kernel_spec(asked).argv[0])
    except (NoSuchKernel, IndexError):
        why = "which is not installed here"
    else:
        if program.name == str(program) or program.parent == Path(sys.executable).parent:
            return ""
        why = f"which is {program}"
    return f"{master.name}.ipynb asks for the kernel '{asked}', {why}; it is graded by {sys.executable}"


class GradingKernelSpecs(KernelSpecManager):
    """Finds kernelspecs by the names that `kernel_name` gives."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """
        Make the kernelspec of the subject that the name holds.

        Raises
        ------
        NoSuchKernel
            For any other name.
        """
        if not kernel_name.startswith(_PREFIX):
            raise NoSuchKernel(kernel_name)
        return kernelspec(find_subject(kernel_name.removeprefix(_PREFIX)))
