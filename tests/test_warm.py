"""A warm kernel is an ordinary one for whoever starts it through jupyter_client, only sooner."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from autograder.course.folders import Course
from autograder.errors import KernelError, NoZygoteError
from autograder.kernels import zygote_client
from autograder.kernels.provisioner import WarmProvisioner
from autograder.kernels.zygote_client import ZygoteClient
from tests.conftest import KERNEL_NAME, ROOT, graded_by_nbgrader, runner
from tests.desk_client import started
from tests.small_course import NAME, RIGHT, hand_in
from tests.waiting import eventually, eventually_async

BIN = Path(sys.executable).parent


async def run(client: Any, code: str, when_it_prints: Callable[[], None] = lambda: None) -> tuple[str, str]:
    """Run code; give what it prints and how it ended."""
    printed: list[str] = []

    def note(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])
            when_it_prints()

    reply = await client.execute_interactive(code, output_hook=note, timeout=60)
    return "".join(printed), reply["content"].get("ename", "ok")


def test_interrupt_restart_and_shutdown_work_as_ever() -> None:
    async def story() -> None:
        async with started() as (manager, client):
            assert type(manager.provisioner) is WarmProvisioner
            assert await run(client, "import sys\nprint('tensorflow' in sys.modules)\nhere = 1") == ("True\n", "ok")
            begun = asyncio.Event()
            loop = asyncio.ensure_future(run(client, "print('on', flush=True)\nwhile True: pass", begun.set))
            await begun.wait()
            await manager.interrupt_kernel()
            assert (await loop)[1] == "KeyboardInterrupt"
            assert await run(client, "print(here)") == ("1\n", "ok")
            await manager.restart_kernel()
            await client.wait_for_ready(timeout=60)
            assert (await run(client, "print(here)"))[1] == "NameError"
            await manager.shutdown_kernel()
            assert not await manager.is_alive()

    asyncio.run(story())


def test_a_kernel_at_a_desk_has_the_desks_environment_and_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE", "yes")
    (tmp_path / "helper.py").write_text("mine = 'yes'")
    cells = [new_code_cell("import os, helper\nprint(os.environ['MINE'], helper.mine, os.getcwd())")]
    notebook = new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name=KERNEL_NAME, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert notebook.cells[0].outputs[0].text == f"yes yes {tmp_path}\n"


def test_what_is_printed_below_python_reaches_the_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    # ipykernel leaves such output alone where it is itself under test.
    monkeypatch.delenv("PYTEST_CURRENT_TEST")

    async def story() -> None:
        async with started() as (_, client):
            client.execute("import os\n_ = os.system('echo below')")
            # It comes when the pipe has been read, which may be after the cell has ended.
            while (message := await client.get_iopub_msg(timeout=60))["msg_type"] != "stream":
                continue
            assert message["content"]["text"] == "below\n"

    asyncio.run(story())


def test_a_kernel_that_ends_by_itself_is_seen_to_have_ended() -> None:
    async def story() -> None:
        async with started() as (manager, client):
            client.execute("import os\nos._exit(3)")
            while await manager.is_alive():
                await asyncio.sleep(0)
            assert manager.provisioner is not None
            assert await manager.provisioner.poll() == 3

    asyncio.run(story())


def test_a_session_at_import_is_refused_where_a_jail_is_a_must_and_costs_time_elsewhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "opens_a_session.py").write_text(
        "import tensorflow.compat.v1 as tf\n"
        "with tf.Graph().as_default(), tf.Session() as sess:\n    sess.run(tf.constant(1))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    async def story() -> None:
        async with started(preload=["opens_a_session"]) as (_, client):
            assert await run(client, "print('on')") == ("on\n", "ok")

    asyncio.run(story())
    assert "starts work in threads (tf_" in caplog.text


def test_threads_that_come_later_are_noticed_before_a_fork(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, done = tmp_path / "asked", tmp_path / "done"
    os.mkfifo(asked)
    (tmp_path / "starts_threads_later.py").write_text(
        "import pathlib, threading\n"
        "def later():\n"
        f"    open({str(asked)!r}).close()\n"
        "    for _ in range(3):\n"
        "        threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        f"    pathlib.Path({str(done)!r}).touch()\n"
        "    threading.Event().wait()\n"
        "threading.Thread(target=later, daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    async def story() -> None:
        for refused in (False, True):
            async with started(preload=["starts_threads_later"]) as (_, client):
                assert await run(client, "print('on')") == ("on\n", "ok")
            assert ("threads and had" in caplog.text) == refused
            if not refused:
                # The zygote's thread has waited for this.
                asked.write_text("")
                await eventually_async(done.exists)

    asyncio.run(story())


def test_a_module_that_cannot_be_imported_is_named() -> None:
    with pytest.raises(KernelError, match="No module named 'no_such_module'"):
        runner(preload=("no_such_module",)).lease()


@pytest.mark.parametrize("what", ["open to others", "a file"])
def test_a_meeting_place_that_is_somebody_elses_is_not_entered(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "meeting"
    monkeypatch.setattr(zygote_client, "_MEETING_PLACE", place)
    kernels = runner(preload=("email.errors",))
    if what == "a file":
        place.write_text("")
    else:
        place.mkdir()
        place.chmod(0o777)
        (kernels.zygote().folder / "current").mkdir(parents=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as imposter:
            monkeypatch.chdir(kernels.zygote().folder / "current")
            imposter.bind("socket")
            imposter.listen()
            imposter.setblocking(False)
            with pytest.raises(NoZygoteError, match="meeting: belongs to somebody else"):
                kernels.lease()
            with pytest.raises(BlockingIOError):
                imposter.accept()
        return
    with pytest.raises(NoZygoteError, match="meeting: belongs to somebody else"):
        kernels.lease()


def test_a_zygote_that_dies_is_started_again() -> None:
    kernels = runner(preload=("email.generator",))
    lease = kernels.lease()
    for pid in _pids("email.generator"):
        # The first to go takes others along.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    eventually(lambda: not _pids("email.generator"))
    done = kernels.run(new_notebook(cells=[new_code_cell("1 + 1", id="sum")]))
    lease.close()
    assert done.replies["sum"].ok


@pytest.mark.parametrize("words", [b"\xff", b"[", b"5", b'{"signal": "x"}', b'{"signal": 4711}', b"{}"])
def test_an_error_about_one_kernel_ends_that_kernel_alone(words: bytes) -> None:
    async def story() -> None:
        async with started() as (manager, client), started() as (other, _):
            assert isinstance(other.provisioner, WarmProvisioner) and other.provisioner._connection is not None
            other.provisioner._connection.send(words)
            assert await other.provisioner.wait() is not None
            ended = other.provisioner.exit
            assert ended is not None and ended.lost.startswith("the warm process failed on the kernel (")
            assert await run(client, "print(1)") == ("1\n", "ok")
            assert await manager.is_alive()

    asyncio.run(story())


def test_a_kernel_at_a_desk_ends_with_its_zygote() -> None:
    async def story() -> None:
        async with started(preload=["email.header"]) as (manager, _):
            assert isinstance(manager.provisioner, WarmProvisioner)
            kernel = Path(f"/proc/{manager.provisioner.pid}")
            for pid in _pids("email.header"):
                if str(pid) != kernel.name:
                    os.kill(pid, signal.SIGKILL)
            await eventually_async(lambda: not kernel.exists())
            assert not await manager.is_alive()

    asyncio.run(story())


def test_whoever_needs_it_at_the_same_time_shares_one_zygote() -> None:
    script = (
        "from tests.conftest import runner\nimport sys\n"
        "lease = runner(preload=('email.iterators',)).lease()\nprint('ready', flush=True)\nsys.stdin.read()"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=ROOT,
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    zygotes = [
        pid for pid in _pids("email.iterators") if Path(f"/proc/{pid}/exe").resolve().name.startswith("python")
    ]
    for process in started:
        process.communicate()
    assert len(zygotes) == 1


def test_nbgrader_itself_grades_on_a_warm_kernel(small: Course) -> None:
    graded_by_nbgrader(small)
    hand_in(small, "ada", RIGHT)
    for command in (("generate_assignment", NAME, "--force"), ("autograde", NAME)):
        environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run([BIN / "nbgrader", *command], cwd=small.root, env=environment, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
    assert "A plain kernel is started" not in done.stderr.decode()
    executed = nbformat.read(small.autograded("ada", NAME) / "01_double.ipynb", as_version=4)
    assert executed.cells[3].outputs[0].data["text/plain"] == "[2, 10]"


def _pids(word: str) -> list[int]:
    """Find the processes with a word in their command lines, the shells around them left out."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            command = (folder / "cmdline").read_text().split("\0") if folder.name.isdigit() else []
        except OSError:
            continue
        if word in command and "-c" not in command:
            found.append(int(folder.name))
    return found


@pytest.mark.parametrize("stays", [True, False])
def test_after_a_lease_that_stays_the_next_one_finds_it_warm(stays: bool) -> None:
    zygote = ZygoteClient((f"email.{'charset' if stays else 'errors'}",), False, (), linger=30)

    def leased(then: Callable[[], None]) -> Path:
        connection = asyncio.run(zygote.lease(stays=stays))
        place = (zygote.folder / "current").resolve()
        connection.close()
        then()
        return place

    def gone() -> None:
        eventually(lambda: not zygote.folder.exists())

    first = leased((lambda: None) if stays else gone)
    assert (first == leased(lambda: None)) is stays
