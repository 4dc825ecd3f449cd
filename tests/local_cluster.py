"""A Dask cluster of this machine: a scheduler and a worker, on loopback and without encryption."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.waiting import eventually

_BIN = Path(sys.executable).parent
_USUAL = {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "False", "DASK_DISTRIBUTED__COMM__DEFAULT_SCHEME": "tcp"}
"""Whatever this person's own Dask wants."""


@contextmanager
def local_cluster(folder: Path, *options: str) -> Iterator[str]:
    """Run a scheduler and a worker with these options, whose files are in a folder; give the scheduler's address."""
    log = folder / "cluster.log"
    with log.open("w") as file, ExitStack() as running:

        def start(*command: str | Path) -> None:
            process = subprocess.Popen(command, cwd=folder, env=os.environ | _USUAL, stdout=file, stderr=file)
            # Its folder may go when it has gone.
            running.callback(process.wait)
            running.callback(process.terminate)

        def address() -> str:
            found = re.search(r"tcp://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))
            return found[0] if found else ""

        start(_BIN / "dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        eventually(address)
        start(_BIN / "autograder", "worker", address(), "--local-directory", folder, *options)
        yield address()
