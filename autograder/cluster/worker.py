"""
A Dask worker that is fit to grade: `autograder worker`, or ``python -m autograder.cluster.worker``.

The second form is what dask-jobqueue (``worker_command``) and ``dask ssh`` (``--remote-dask-worker``) can be told to
run. All options are those of ``dask worker``; three are settled here. There is no nanny, whose children may have
none; the memory of the worker itself is not watched, because kernels have limits of their own; and as many
submissions are graded at a time as there are threads.
"""

import os
import sys
from collections.abc import Sequence

from autograder.cluster.fitness import why_no_jail
from autograder.cluster.site import SLOTS_VARIABLE
from autograder.commands.options import IN_FLIGHT
from autograder.errors import ClusterError


def work(arguments: Sequence[str]) -> None:
    """
    Serve a scheduler until somebody ends this process.

    Parameters
    ----------
    arguments : sequence of str
        The scheduler's address and options, as ``dask worker`` takes them.

    Raises
    ------
    ClusterError
        When there can be no jailed kernels here.
    """
    from distributed.cli.dask_worker import main

    if why := why_no_jail():
        raise ClusterError(f"{os.uname().nodename}: no submission can be graded here: {why}")
    given = [argument for argument in arguments if argument not in ("--nanny", "--no-nanny")]
    threads, memory = _value(given, "--nthreads"), _value(given, "--memory-limit")
    # `dask ssh` writes 0 and auto where nobody has said anything.
    threads = str(IN_FLIGHT) if threads in ("", "0") else threads
    settled = ["--no-nanny", "--nthreads", threads]
    settled += ["--memory-limit", "0"] if memory in ("", "auto") else []
    os.environ[SLOTS_VARIABLE] = threads
    # What is given twice counts as it stands last.
    main.main([*given, *settled], prog_name="autograder worker")


def _value(arguments: Sequence[str], option: str) -> str:
    """Find the value of an option, the last one if there are several; empty where it is not given."""
    for number, argument in reversed(list(enumerate(arguments))):
        if argument == option and number + 1 < len(arguments):
            return arguments[number + 1]
        if argument.startswith(f"{option}="):
            return argument.partition("=")[2]
    return ""


if __name__ == "__main__":
    try:
        work(sys.argv[1:])
    except ClusterError as error:
        sys.exit(f"autograder: {error}")
