"""JupyterLab, as `make lab` starts it, in a copy of the course with an exchange beside it."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.course.folders import CONFIG_FILE, Course
from tests.conftest import ASSIGNMENT, ROOT, copy_course

ENDS_AFTER = 600
"""Seconds after which a server ends by itself, whatever becomes of the tests."""


@dataclass(frozen=True)
class Classroom:
    """
    A course that is taught: its folder, its exchange, and the home of the person who sits at it.

    Attributes
    ----------
    course : Path
        A copy of the project's course.
    home : Path
        Where this person's settings are, and nobody else's.
    """

    course: Path
    home: Path
    exchange: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables of whoever works here, with the programs of this environment first on the path."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTEST"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return kept | {"HOME": str(self.home), "PATH": path, "XDG_RUNTIME_DIR": str(self.home)}

    def run(self, *command: str, code: int = 0) -> str:
        """Run a command in the course's folder, and give what it says."""
        done = subprocess.run(command, cwd=self.course, env=self.environment, capture_output=True, text=True)
        assert done.returncode == code, f"{shlex.join(command)}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout + done.stderr


def place_of(room: Classroom, student: str, assignment: str = ASSIGNMENT) -> Classroom:
    """Give a student a folder and a home of their own, beside the course, with the course's configuration."""
    folder, home = room.home.parent / student, room.home.parent / f"{student}-home"
    folder.mkdir()
    home.mkdir()
    shutil.copy(room.course / CONFIG_FILE, folder)
    shutil.copytree(room.course / "notebooks" / assignment, folder / assignment)
    return Classroom(folder, home, room.exchange)


def classroom(folder: Path, make: Callable[[Path], Course] = copy_course) -> Classroom:
    """Make a course, by default a copy of this one, and give it an exchange."""
    course, home, exchange = folder / "course", folder / "home", folder / "exchange"
    folder.mkdir(exist_ok=True)
    make(course)
    home.mkdir()
    exchange.mkdir()
    exchange.chmod(0o777)
    with (course / CONFIG_FILE).open("a", encoding="utf-8") as file:
        file.write(f"\nc.Exchange.root = {str(exchange)!r}\n")
    return Classroom(course, home, exchange)


@contextmanager
def make_lab(room: Classroom, assignment: str = ASSIGNMENT) -> Iterator[str]:
    """Do what `make lab` does, with a browser that only writes down where it is sent, and give that address."""
    told = subprocess.run(
        ["make", "-s", "-n", "lab", f"ASSIGNMENT={assignment}"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    *_, lay_out, serve = told.stdout.strip().splitlines()
    room.run(str(Path(sys.executable).parent / "autograder"), *shlex.split(lay_out)[1:])
    _, *arguments, desk = shlex.split(serve)
    # The first notebook of that course, where `make` has looked for those of this one.
    first = min((room.course / "notebooks" / assignment).glob("*.ipynb")).name
    arguments.append(str(Path("desk", assignment, first)))
    assert desk == arguments[-1] or assignment != ASSIGNMENT
    sent = room.home / "sent"
    browser = room.home / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {sent}.new && mv {sent}.new {sent}\n', encoding="utf-8")
    browser.chmod(0o755)
    command = [str(Path(sys.executable).parent / "jupyter"), *arguments, f"--port={_free_port()}"]
    with (room.home / "server.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(
            ["timeout", "--foreground", str(ENDS_AFTER), *command],
            cwd=room.course,
            env=room.environment | {"BROWSER": f"{browser} %s"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        while not sent.exists():
            assert server.poll() is None, (room.home / "server.log").read_text(encoding="utf-8")
            time.sleep(0.05)
        yield sent.read_text(encoding="utf-8").strip()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
