"""
Hosts that are one machine's: each has a network of its own, behind one bridge, and does not see the others' files.

What they share is what is installed. The network is `ip netns` with veth pairs, the file system a mount namespace in
which everything that could be the course's is covered.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.waiting import eventually

BIN = Path(sys.executable).parent
BRIDGE = "autograder0"
NETWORK = "10.213.7"
PORT = 8786

MISSING = next(
    (
        why
        for why, missing in (
            ("hosts are made by root", os.getuid() != 0),
            ("hosts are made by `ip`, of the package iproute2", shutil.which("ip") is None),
            ("certificates are made by `openssl`", shutil.which("openssl") is None),
        )
        if missing
    ),
    "",
)
"""What this machine lacks to be several; empty when nothing."""


def refused() -> str:
    """Say why this machine, a container for instance, lets nobody make networks; empty where it does."""
    if MISSING:
        return ""
    tried = subprocess.run(["ip", "link", "add", "autograder1", "type", "bridge"], capture_output=True, text=True)
    subprocess.run(["ip", "link", "del", "autograder1"], capture_output=True)
    return tried.stderr.strip() if tried.returncode else ""


@dataclass
class Host:
    """One of the machines, and what runs on it."""

    name: str
    number: int
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Its address in the network."""
        return f"{NETWORK}.{self.number}"

    @property
    def cable(self) -> str:
        """The end of its network cable that lies outside."""
        return f"ag-{self.name}"[:15]

    def kill(self) -> None:
        """Have everything on it end at once, without a last word."""
        for process in self.running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.running.clear()

    def unplug(self) -> None:
        """Cut it off."""
        _run("ip", "link", "set", self.cable, "down")


class Machines:
    """A scheduler on this machine, and hosts beside it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="autograder-cluster-", dir="/var/tmp"))
        self.hosts: list[Host] = []
        self._scheduler: subprocess.Popen[bytes] | None = None
        self._opened = ExitStack()

    @property
    def address(self) -> str:
        """The scheduler's."""
        return f"tls://{NETWORK}.1:{PORT}"

    @property
    def environment(self) -> dict[str, str]:
        """What names the certificates to Dask, and quietens it."""
        tls = "DASK_DISTRIBUTED__COMM__TLS"
        pair = {"CERT": str(self.folder / "me.pem"), "KEY": str(self.folder / "me.key")}
        roles = {
            f"{tls}__{role}__{what}": path
            for role in ("SCHEDULER", "WORKER", "CLIENT")
            for what, path in pair.items()
        }
        return (
            os.environ
            | roles
            | {
                f"{tls}__CA_FILE": str(self.folder / "me.pem"),
                "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true",
                "DASK_DISTRIBUTED__DASHBOARD__LINK": "",
            }
        )

    def __enter__(self) -> Self:
        self._opened.callback(shutil.rmtree, self.folder, ignore_errors=True)
        subject = ["-subj", "/CN=autograder", "-days", "2", "-nodes", "-newkey", "rsa:2048"]
        files: list[str | Path] = ["-keyout", self.folder / "me.key", "-out", self.folder / "me.pem"]
        _run("openssl", "req", "-x509", *subject, *files)
        _run("ip", "link", "add", BRIDGE, "type", "bridge")
        self._opened.callback(_run, "ip", "link", "del", BRIDGE)
        _run("ip", "addr", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
        _run("ip", "link", "set", BRIDGE, "up")
        self.start_scheduler()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for host in self.hosts:
            host.kill()
        self.stop_scheduler()
        self._opened.close()

    def start_scheduler(self) -> None:
        """Start the scheduler, and wait until it listens."""
        log = (self.folder / "scheduler.log").open("ab")
        command: list[str | Path] = [
            BIN / "dask",
            "scheduler",
            "--host",
            self.address.rpartition(":")[0],
            "--port",
            str(PORT),
            "--no-dashboard",
        ]
        self._scheduler = subprocess.Popen(
            command, env=self.environment, stdout=log, stderr=log, start_new_session=True, cwd=self.folder
        )
        log.close()
        eventually(lambda: f":{PORT}" in _run("ss", "-Hltn", f"src {NETWORK}.1"))

    def stop_scheduler(self) -> None:
        """Have the scheduler end without a last word."""
        if self._scheduler is not None:
            os.killpg(self._scheduler.pid, signal.SIGKILL)
            self._scheduler.wait()
            self._scheduler = None

    def host(self, name: str) -> Host:
        """Plug in another host."""
        host = Host(name, 10 + len(self.hosts))
        self.hosts.append(host)
        _run("ip", "netns", "add", name)
        self._opened.callback(_run, "ip", "netns", "del", name)
        _run("ip", "link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        _run("ip", "link", "set", host.cable, "master", BRIDGE, "up")
        _run("ip", "-n", name, "addr", "add", f"{host.address}/24", "dev", "eth0")
        _run("ip", "-n", name, "link", "set", "eth0", "up")
        _run("ip", "-n", name, "link", "set", "lo", "up")
        return host

    def work(self, host: Host, *steps: str, command: Sequence[str | Path] = (BIN / "autograder", "worker")) -> None:
        """Start a worker on a host, after steps that a shell there takes."""
        options = ["--nthreads", "2", "--name", host.name, "--local-directory", "/tmp/dask"]
        words = " ".join(map(str, [*command, self.address, *options]))
        own = [f"hostname {host.name}", "mount -t tmpfs none /tmp", "cd /tmp"]
        script = " && ".join([*own, *steps, f"exec {words}"])
        log = (self.folder / f"{host.name}.log").open("ab")
        inside = ["ip", "netns", "exec", host.name, "unshare", "--mount", "--uts", "sh", "-c", script]
        host.running.append(
            subprocess.Popen(inside, env=self.environment, stdout=log, stderr=log, start_new_session=True)
        )
        log.close()


def _run(*command: str | Path) -> str:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


@contextmanager
def machines() -> Iterator[Machines]:
    """Make the machines, and take them apart."""
    with Machines() as made:
        yield made
