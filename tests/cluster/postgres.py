"""A PostgreSQL server of a test's own: Debian's, in a new folder, on a port of 127.0.0.1."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "grader", "a secret/with@signs"
QUOTED = "a%20secret%2Fwith%40signs"

PROGRAMS = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
"""Where Debian has them; None where PostgreSQL is not installed."""

MISSING = "PostgreSQL is not installed (Debian: postgresql)" if PROGRAMS is None else ""


@dataclass
class Server:
    """A server that may be stopped and started again."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """The address of its database, password included."""
        return f"postgresql+psycopg://{USER}:{QUOTED}@127.0.0.1:{self.port}/grades"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder}"
        self._run("pg_ctl", "-D", self._data, "-l", self.folder / "log", "-o", options, "-w", "start")

    def stop(self) -> None:
        """Stop it at once: connections break."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def make(self) -> None:
        """Make the server and an empty database."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            shutil.chown(secret, "postgres", "postgres")
        who = [f"--username={USER}", f"--pwfile={secret}", "--auth=scram-sha-256"]
        self._run("initdb", "-D", self._data, "--no-sync", *who)
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "grades")

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _run(self, program: str, *arguments: str | Path) -> None:
        assert PROGRAMS is not None
        command: list[str | Path] = [PROGRAMS / program, *arguments]
        if os.getuid() == 0:
            # The server refuses to be root's.
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        subprocess.run(
            command,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=os.environ | {"PGPASSWORD": PASSWORD},
            cwd="/",
        )


@contextmanager
def server() -> Iterator[Server]:
    """Make a server, and stop it at the end."""
    # Not below pytest's own folder, which the user of the server may not enter.
    folder = Path(tempfile.mkdtemp(prefix="autograder-postgresql-", dir="/var/tmp"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Server(folder, port)
    made.make()
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
