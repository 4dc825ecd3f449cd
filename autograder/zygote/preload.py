"""
What a zygote imports before it forks.

Modules are imported because a subject or a course names them, or because notebooks import them. The former were
chosen by somebody who knows them: where one fails there is no zygote. The latter may be anything: one that fails, or
leaves a thread behind, is left to the kernels; that costs them time, and nobody a kernel.

Numerical libraries are told to start no threads, so that any thread tells. There are more kernels than processors.
"""

import importlib
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

_KERNEL_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",  # the slowest part of a kernel's own start
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "autograder.inside.extension",
    "autograder.inside.piped_kernel",
)
"""What every kernel imports by itself."""

_BEGIN_ANEW = ("jemalloc_bg_thd",)
"""Threads of libraries that begin them anew in each child: pyarrow's allocator, which pandas brings along."""

_THREADS_OF_LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_WHY_CHARACTERS = 200
"""Of why a module was left out."""


class UnsafeToForkError(Exception):
    """The process has threads that a child would miss."""


class StartsThreads(Exception):  # noqa: N818 (it asks for a fresh process, and is nobody's error)
    """Modules that need not be there have left threads in this process; `modules` has them, and why."""

    def __init__(self, modules: dict[str, str]) -> None:
        super().__init__(", ".join(modules))
        self.modules = modules


@dataclass
class Preloaded:
    """What was imported for all kernels, and what was left to each of them, and why."""

    modules: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def preload(
    named: list[str], wanted: list[str], left_out: dict[str, str], threads_at_work: tuple[str, ...]
) -> Preloaded:
    """
    Import modules, and those that every kernel needs.

    Parameters
    ----------
    named : list of str
        Chosen by a subject or a course.
    wanted : list of str
        Found in notebooks, as `autograder.course.imports.imports_of` gives them.
    left_out : dict of str to str
        Of these, what is known to start threads, and why.
    threads_at_work : tuple of str
        How the names of threads begin with which a zygote must not fork, see `autograder.subject.KernelSettings`.

    Raises
    ------
    UnsafeToForkError
        When the imports have set a library to work, not only loaded it.
    StartsThreads
        When wanted modules have left threads behind: the process must begin anew without them.
    """
    for module in (*named, *_KERNEL_MODULES):
        importlib.import_module(module)
    at_work = [name for name in thread_names() if name.startswith(threads_at_work)]
    if at_work:
        raise UnsafeToForkError(
            f"importing {', '.join(named)} starts work in threads ({at_work[0]}), and a kernel forked after "
            "that would hang; preload only what defines things and runs nothing"
        )
    done, unsafe = Preloaded(list(named), dict(left_out)), dict[str, str]()
    for module in wanted:
        if _is_known(module) or any(module == other or module.startswith(f"{other}.") for other in done.left_out):
            continue
        before = Counter(thread_names())
        try:
            importlib.import_module(module)
        except BaseException as error:
            # Also SystemExit: what is imported may do anything.
            if not _is_no_module(module, error):
                done.left_out[module] = f"{type(error).__name__}: {' '.join(str(error).split())}"[:_WHY_CHARACTERS]
            continue
        done.modules.append(module)
        if started := [name for name in Counter(thread_names()) - before if name not in _BEGIN_ANEW]:
            unsafe[module] = f"importing it starts threads ({', '.join(started)})"[:_WHY_CHARACTERS]
    if unsafe:
        raise StartsThreads(unsafe)
    return done


def one_thread_each() -> None:
    """Have numerical libraries start no threads, unless somebody has said how many."""
    os.environ.update({name: "1" for name in _THREADS_OF_LIBRARIES if name not in os.environ})


def draw_afresh() -> None:
    """Let each child draw numbers of its own: Python's generator sees to that itself, NumPy's old one does not."""
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()


def thread_names() -> list[str]:
    """Name the threads of this process as the system knows them."""
    return [os.fsdecode(path.joinpath("comm").read_bytes()).strip() for path in Path("/proc/self/task").iterdir()]


def _is_known(module: str) -> bool:
    """Tell whether it came along with its package, or is no module but a name in one."""
    package, _, name = module.rpartition(".")
    return package in sys.modules and hasattr(sys.modules[package], name)


def _is_no_module(module: str, error: BaseException) -> bool:
    """Tell whether a name behind ``from package import`` is neither a module nor in the package."""
    is_missing = isinstance(error, ModuleNotFoundError) and error.name == module
    return is_missing and module.rpartition(".")[0] in sys.modules
