"""For whoever lends a machine: grade for an instructor who works elsewhere."""

import argparse

from rich.console import Console

from autograder.commands.terminal import DONE
from autograder.errors import ClusterError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `autograder worker`."""
    parser.add_argument("scheduler", help="address of the Dask scheduler, e.g. tls://host:8786")
    parser.add_argument(
        "options",
        nargs=argparse.REMAINDER,
        help="what `dask worker` takes, e.g. --nthreads 4 --tls-ca-file ca.pem --tls-cert me.pem --tls-key me.key",
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Serve until somebody ends it."""
    try:
        from autograder.cluster.worker import work
    except ImportError as error:
        raise ClusterError(f"{error.name} is not installed; install sharing-variables[grade,cluster]") from None
    work([options.scheduler, *options.options])
    return DONE
