"""What a jailed kernel cannot reach, each beside the same attempt without a jail, which succeeds."""

import ast
import contextlib
import glob
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.course.folders import Course
from autograder.errors import KernelError
from autograder.kernels.nbclient_runner import NbclientRunner
from autograder.kernels.piped_runner import PipedRunner
from autograder.kernels.run import Ended, Runner
from autograder.zygote import bubblewrap
from tests.conftest import ASSIGNMENT, ROOT, runner
from tests.waiting import eventually


def told(source: str, *, jailed: bool = True, how: Runner | None = None) -> str:
    """Run one cell and give what it prints, or what it raises."""
    notebook = new_notebook(cells=[new_code_cell(source, id="cell")])
    done = (how or runner(jailed=jailed)).run(notebook)
    assert done.ended in (Ended.COMPLETE, Ended.LIMIT)
    reply = done.replies["cell"]
    # Since Python 3.12 who forks beside threads is warned, on stderr.
    outputs = [output for output in notebook.cells[0].outputs if output.get("name") != "stderr"]
    shown = "".join(output.get("text", "") for output in outputs)
    return shown.strip() if reply.ok else f"{reply.error}: {reply.message}"


_HOLDS = """
import fcntl, os
def conflict(lock, how):
    # Only a second holder sees that there is a first one: another process, as locks of a file's part belong to one.
    with open("/dev/null", "w") as null:
        lock(null, how)
        child = os.fork()
        if child == 0:
            try:
                with open("/dev/null", "w") as again:
                    lock(again, how)
            except BlockingIOError:
                os._exit(1)
            os._exit(0)
        return os.waitpid(child, 0)[1] != 0
"""

REFUSALS = (
    "PermissionError: [Errno 1]",
    "OSError: [Errno 12]",
    "OSError: [Errno 19]",
    "OSError: [Errno 38]",
    "OSError: [Errno 95]",
)

OUT_OF_REACH = {
    "the course": f"import os\nprint(os.path.exists({str(ROOT / 'solutions')!r}))",
    "a home": "import os\nprint(any(os.path.exists(f'{home}/{name}') for home in ('/root', '/home/student')"
    " for name in ('.profile', '.bashrc', '.cache')) or os.path.exists('/etc/passwd'))",
    "processes of others": "import os\nprint(len([name for name in os.listdir('/proc') if name.isdigit()]) > 1)",
    "network interfaces": "import socket\nprint(any(name != 'lo' for _, name in socket.if_nameindex()))",
    "a name of this machine": f"import socket\nprint(socket.gethostname() == {os.uname().nodename!r})",
    # In namespaces of its own, so that the attempt that succeeds does no harm.
    "another user namespace, and a mount in it": "import ctypes, os\nlibc = ctypes.CDLL(None)\nchild = os.fork()\n"
    "if child == 0:\n    os._exit(libc.unshare(0x10020000) or libc.mount(b'none', b'/tmp', b'tmpfs', 0, None))\n"
    "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0)",
    "the host's keys": "import ctypes\nprint(ctypes.CDLL(None).syscall(250, 0, -3, 1) >= 0)",
    "memory that nobody counts": "import os\nprint(os.memfd_create('x') > 0)",
    "memory that is shared and dropped": "import mmap\nprint(len(mmap.mmap(-1, 4096)) == 4096)",
    "large pages": "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nlibc.mmap.restype = ctypes.c_void_p\n"
    # Without any, as on most machines, both answer the same; what is told apart is PROT_NONE, which takes none.
    "got = libc.mmap(None, 2**21, 0, 0x4022 | 0x40000, -1, ctypes.c_long(0))\nprint(got != 2**64 - 1)",
    "memory behind a device": "import mmap, os\nprint(len(mmap.mmap(os.open('/dev/zero', os.O_RDWR), 4096)) == 4096)",
    "a lock on a file of everybody": f"{_HOLDS}print(conflict(fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB))",
    "a lock on a part of a file of everybody": f"{_HOLDS}print(conflict(fcntl.lockf, fcntl.LOCK_EX | fcntl.LOCK_NB))",
    "a lease on a file": "import fcntl, os\nopen('/tmp/x', 'w').close()\nfile = os.open('/tmp/x', os.O_RDONLY)\n"
    "print(fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK) == 0)",
    "what is in memory of a file": "import os\nfile = os.open(os.__file__, os.O_RDONLY)\nos.read(file, 1)\n"
    "print(os.preadv(file, [bytearray(1)], 0, os.RWF_NOWAIT) == 1)",
    "who opens a file": "import ctypes\nprint(ctypes.CDLL(None).inotify_init() >= 0)",
    "larger pipes": "import fcntl, os\nprint(fcntl.fcntl(os.pipe()[1], fcntl.F_SETPIPE_SZ, 2**17) == 2**17)",
    "a name for a datagram socket": "import os, socket\none, other = socket.socketpair(type=socket.SOCK_DGRAM)\n"
    "import ctypes\nctypes.CDLL(None).connect(one.fileno(), bytes(16), 16)\n"
    "one.bind('\\0name-' + str(os.getpid()))\nprint(True)",
    "sockets of others, by their count": "print(len(open('/proc/net/unix').readlines()) > 30)",
    "a system call that this list does not know": "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    # 444 is landlock_create_ruleset on every machine.
    "print(libc.syscall(444, None, 0, 1) >= 0)",
    "memory of a process": "import ctypes, os\nlibc = ctypes.CDLL(None)\n"
    "print(libc.process_vm_readv(os.getpid(), None, 0, None, 0, 0) == 0)",
    "a program that changes the user": "print(not all('nosuid' in line.split()[3] for line in open('/proc/mounts')))",
    "the interpreter's files": "import os, sys\nprint(os.access(os.__file__, os.W_OK))",
}


@pytest.mark.parametrize("source", OUT_OF_REACH.values(), ids=OUT_OF_REACH)
def test_what_is_out_of_reach_in_the_jail_is_in_reach_without_it(source: str) -> None:
    assert told(source).startswith(("False", *REFUSALS))
    assert told(source, jailed=False) == "True"


def test_who_is_in_the_jail_is_not_root_and_has_no_capability() -> None:
    status = "print(*[line.split(':')[1].strip() for line in open('/proc/self/status') if line.startswith(names)])"
    assert told(f"names = ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb')\n{status}") == " ".join(["0" * 16] * 5)
    assert told(f"names = ('NoNewPrivs', 'Seccomp:')\n{status}") == "1 2"
    assert told("import os\nprint(os.getuid())") != "0"


def test_only_the_scratch_space_can_be_written() -> None:
    walk = """
import ast
import os
found = set()
for folder, folders, _ in os.walk("/"):
    if folder == "/proc":
        folders.clear()
    if os.access(folder, os.W_OK):
        found.add("/".join(folder.split("/")[:3]))
print(sorted(found))
"""
    # In /tmp there are also the folders above what is kept there: they are the scratch space's own.
    found = set(ast.literal_eval(told(walk)))
    assert {place for place in found if not place.startswith("/tmp/")} == {"/dev/shm", "/home/student", "/tmp"}
    sockets = """
import glob
(folder,) = glob.glob("/tmp/autograder-*/*/*/kernels/*")
open(f"{folder}/more", "w")
"""
    with_sockets = NbclientRunner(subject=ASSIGNMENT)
    assert told(sockets, how=with_sockets).startswith("OSError: [Errno 30] Read-only file system")
    assert told(sockets).startswith("ValueError: not enough values to unpack")


def test_what_notebooks_import_is_there_and_nothing_else_of_the_project() -> None:
    look = """
import os
import autograder
import sharing_variables
print([name for name in sorted(os.listdir(os.path.dirname(autograder.__path__[0]))) if name != ".venv"])
"""
    assert told(look) == "['autograder', 'sharing_variables']"


def test_what_a_notebook_leaves_behind_the_next_one_does_not_find() -> None:
    places = ("/home/student", "/tmp", "/dev/shm")
    leave = f"for place in {places}:\n    open(place + '/left', 'w').write('canary')\nprint('left')"
    look = f"import os\nprint([place for place in {places} if os.path.exists(place + '/left')])"
    assert told(leave) == "left"
    assert told(look) == "[]"


def test_a_kernel_can_be_no_server_that_others_find() -> None:
    serve = 'import socket\nwith socket.socket(socket.AF_UNIX) as server:\n    server.bind("\\0meeting")'
    assert told(serve) == "PermissionError: [Errno 1] Operation not permitted"


@pytest.mark.parametrize(("how", "sees"), [(PipedRunner, "0 1"), (NbclientRunner, "1 1")])
def test_kernels_that_run_at_the_same_time_see_nothing_of_each_other(
    how: type[PipedRunner | NbclientRunner], sees: str
) -> None:
    look = """
import glob, os
print(len(glob.glob("/tmp/autograder-*/*/*/kernels/*")), len([n for n in os.listdir("/proc") if n.isdigit()]))
"""
    script = (
        "from autograder.zygote.limits import Limits\nfrom tests.test_jail import NbclientRunner, PipedRunner, told\n"
        f"limits = Limits(cell_seconds=900, notebook_seconds=900)\n"
        f"told('import signal\\nsignal.pause()', how={how.__name__}(limits))"
    )
    before = _kernels()
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT) as other, contextlib.ExitStack() as ended:
        # Whatever fails here, it would else be waited for.
        ended.callback(other.kill)
        eventually(lambda: _kernels() - before)
        assert told(look, how=how()) == sees
        assert other.poll() is None and _kernels() - before


NAMES = [b"\xff\xfe", b"\x1cRssAnon:x", b"\nRssAnon:x", b"\x85PPid: 1", b"\rPPid:\t-1", b") R 1 1", b"\0", b"\n" * 15]
"""No UTF-8, what some take for the end of a line, and what looks like another line of a process's status."""


def test_what_a_kernel_calls_itself_is_its_own_business() -> None:
    # Each name is there while the zygote looks at its kernels, ten times a second.
    name_itself = f"import time\nfor name in {NAMES!r}:\n    open('/proc/self/comm', 'wb').write(name)\n"
    name_itself += "    time.sleep(0.3)\nprint('on')"
    zygote = runner().zygote().folder / "current"
    with contextlib.closing(runner().lease()), ThreadPoolExecutor(2) as threads:
        before = zygote.readlink()
        both = [threads.submit(told, source) for source in (name_itself, "import time\ntime.sleep(3)\nprint('on')")]
        assert [one.result() for one in both] == ["on", "on"]
        assert zygote.readlink() == before


def _kernels() -> set[str]:
    """Find the kernels that run, from outside of their jails, by their folders; others may be ending."""
    return set(glob.glob("/tmp/autograder-*/*/*/kernels/*"))  # noqa: PTH207 (Path.glob fails where a folder goes)


def test_sixteen_jails_at_a_time_are_sixteen_jails() -> None:
    script = "from tests.test_jail import told\nprint(told('import os, time\\ntime.sleep(2)\\nprint(os.getpid())'))"
    started = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(16)
    ]
    assert [process.communicate()[0].strip() for process in started] == ["1"] * 16


def test_where_bubblewrap_cannot_work_grading_refuses_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "bubblewrap", lambda: str(broken))
    with pytest.raises(KernelError, match="No permissions to create new namespace"):
        runner(preload=("email.policy",)).lease()


def test_a_course_inside_of_what_every_jail_shows_is_found(course: Course) -> None:
    assert bubblewrap.exposing(course.root) is None
    assert bubblewrap.exposing(Path(sys.prefix) / "course") is not None
    assert bubblewrap.exposing(ROOT / "solutions") is None


def test_what_needs_no_network_works_without_one() -> None:
    pool = "import multiprocessing\nwith multiprocessing.Pool(2) as pool:\n    print(pool.map(abs, [-1, -2]))"
    assert told(pool) == "[1, 2]"
    assert told("import asyncio\nprint(await asyncio.sleep(0, 'slept'))") == "slept"
    assert (
        told("import subprocess\nprint(subprocess.run('echo on', shell=True, capture_output=True).stdout)")
        == "b'on\\n'"
    )


KEPT = {
    "threads": "import threading\nthread = threading.Thread(target=print, args=('ran',))\n"
    "thread.start()\nthread.join()",
    "a shell in a terminal": "get_ipython().system('echo ran')",
    "a program": "import subprocess\nprint('ran' if subprocess.run(['true']).returncode == 0 else 'failed')",
    "a database in a file": "import sqlite3\nfor _ in range(2):\n    with sqlite3.connect('x.db') as db:\n"
    "        db.execute('create table if not exists t (a)')\n        db.execute('insert into t values (1)')\n"
    "print('ran' if db.execute('select count(*) from t').fetchone() == (2,) else 'lost')",
    "a lock of one's own": "import fcntl\nwith open('x', 'w') as file:\n    fcntl.flock(file, fcntl.LOCK_EX)\n"
    "print('ran')",
    "numbers shared by processes": "import multiprocessing\nshared = multiprocessing.Value('i', 0)\n"
    "def add():\n    with shared.get_lock():\n        shared.value += 1\n"
    "adding = [multiprocessing.Process(target=add) for _ in range(3)]\n[one.start() for one in adding]\n"
    "[one.join() for one in adding]\nprint('ran' if shared.value == 3 else shared.value)",
    "arrays, their files, and a picture": "import numpy as np\nfrom PIL import Image\nnp.save('a.npy', np.eye(300))\n"
    "mapped = np.load('a.npy', mmap_mode='r+')\nmapped[0, 0] = 2\nmapped.flush()\n"
    "np.linalg.inv(np.load('a.npy'))\nImage.fromarray(np.eye(9, dtype='uint8')).save('a.png')\nprint('ran')",
    "a session": "import tensorflow.compat.v1 as tf\ntf.disable_v2_behavior()\nwith tf.Session() as session:\n"
    "    print('ran' if session.run(tf.constant(1) + 1) == 2 else 'failed')",
    "copies of files and folders": "import os, shutil\nos.makedirs('a/b')\nopen('a/b/c', 'w').write('x')\n"
    "shutil.copytree('a', 'd')\nshutil.move('d', 'e')\nshutil.rmtree('a')\nprint('ran')",
    "an event loop of one's own": "import asyncio, threading\nloop = threading.Thread("
    "target=lambda: print(asyncio.run(asyncio.sleep(0, 'ran'))))\nloop.start()\nloop.join()",
    # Not `signal.pause`: on a busy machine the signal may be there before it waits.
    "timers and signals": "import signal\nheard = []\nsignal.signal(signal.SIGALRM, lambda *_: heard.append('ran'))\n"
    "signal.setitimer(signal.ITIMER_REAL, 0.001)\nwhile not heard:\n    pass\nprint(*heard)",
}


@pytest.mark.parametrize("source", KEPT.values(), ids=KEPT)
def test_what_honest_answers_do_works_in_the_jail(source: str) -> None:
    assert told(source) == "ran"
