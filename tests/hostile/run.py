"""
Grade a class with hostile submissions by the command line, and write down all that came of it.

``python -m tests.hostile.run`` reads what to do from its standard input and writes what it saw to a file. It runs as
the first process of a process namespace of its own (`in_a_room`): whatever an attack leaves running is seen there
and ends there, and an attack that kills everything it can reach does not get far, even with a layer of the jail off.
"""

import base64
import contextlib
import csv
import ctypes
import html.parser
import io
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cattrs
from nbgrader.api import Gradebook
from PIL import Image

from autograder.course.folders import Course
from autograder.report.csv_table import csv_safe
from sharing_variables.display import GRAPH_TYPE
from tests.hostile.cases import Case, all_cases
from tests.hostile.course import ABSENT, FULL, HONEST, NAME, hand_in_honestly, make_course, secrets, written_ways

GRADE_SECONDS = 240
"""The batch must have ended by itself long before."""

MARK = "hostile-was-here"
"""What the names of files begin with that attacks leave where they can."""

_PR_SET_CHILD_SUBREAPER = 36

_PNG = "data:image/png;base64,"

_FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_MARKDOWN = re.compile(r"<[A-Za-z/!?]|\]\(|\]:")
"""What nbgrader's feedback pages make tags, links and definitions of."""


@dataclass(frozen=True)
class Task:
    """What to grade: these cases, with the secrets of this seed, by this copy of the package, the honest ones too."""

    cases: tuple[str, ...]
    seed: int
    out: str
    package: str = ""


@dataclass
class Seen:
    """
    What came of a submission.

    Attributes
    ----------
    states, points : dict
        By notebook, as the CSV says them.
    remarks : dict
        By notebook, reason and notes.
    book : dict
        By notebook, the automatic score in the gradebook; None where it has none.
    leaks : list of str
        Which secrets stand where.
    markup : list of str
        What a browser would run, and where.
    seconds : float
        Of its slowest notebook.
    """

    states: dict[str, str] = field(default_factory=dict)
    points: dict[str, float | None] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    book: dict[str, float | None] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)
    markup: list[str] = field(default_factory=list)
    seconds: float = 0


@dataclass
class Observed:
    """
    What came of a class.

    Attributes
    ----------
    students : dict of str to Seen
        By name, the honest ones too.
    code : int
        The exit code of the command.
    said : str
        What it printed.
    problems : list of str
        What is wrong with the whole: something left behind, a control character in a terminal.
    ended : bool
        Whether the batch ended by itself.
    """

    students: dict[str, Seen] = field(default_factory=dict)
    code: int = 0
    said: str = ""
    problems: list[str] = field(default_factory=list)
    ended: bool = True


def in_a_room(task: Task) -> Observed:
    """Run a task in namespaces of its own, where its user may have them, and read what it saw."""
    room = ["env"]
    if os.getuid() == 0:
        room = ["unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]
        # Where every user may look: it is not the folder's mode that keeps student code out.
        room += ["sh", "-c", 'mount -t tmpfs -o mode=755 room /mnt && exec "$@"', "sh", "env", "ROOM=/mnt"]
    return run_in(room, "tests.hostile.run", task)


def run_in(room: list[str], module: str, task: Task) -> Observed:
    """Have a module do a task, started by the command that `room` begins, and read what it saw."""
    out = Path(task.out)
    out.mkdir(parents=True, exist_ok=True)
    # nbgrader looks for its own tools on the path.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [*room, f"PATH={path}", sys.executable, "-m", module]
    subprocess.run(command, input=json.dumps(asdict(task)), text=True, check=True)
    return cattrs.structure(json.loads((out / "observed.json").read_text(encoding="utf-8")), Observed)


def name_in_class(case: Case, seed: int) -> str:
    """Name a student; the order in which a class is graded changes with the seed."""
    return case.student or f"{random.Random(f'{seed} {case.name}').choice('bdhkmpsvx')}-{case.name}"


def failures(case: Case, observed: Observed, seed: int) -> list[str]:
    """Hold what was seen of a case against what its file says: a line for each difference."""
    seen = observed.students.get(name_in_class(case, seed), Seen())
    found = []
    expected = {case.notebook: case.verdict, case.other: case.verdict if "folder" in case.flags else "GRADED"}
    if seen.states.get(case.notebook) in case.verdict.split(" or "):
        expected[case.notebook] = seen.states[case.notebook]
    if case.notebook in seen.states and seen.states != expected:
        found.append(f"is {seen.states}, and should be {expected}")
    points: dict[str, float | None] = {
        case.notebook: case.points if expected[case.notebook] == "GRADED" else None,
        case.other: FULL[case.other] if expected[case.other] == "GRADED" else None,
    }
    if seen.points != points:
        found.append(f"gets {seen.points}, and should get {points}")
    if seen.book != points:
        found.append(f"has {seen.book} in the gradebook, and should have {points}")
    remarks = seen.remarks.get(case.notebook, "")
    found += [f"'{flag}' is not said in '{remarks}'" for flag in case.flags if flag not in remarks]
    if seen.seconds > case.seconds:
        found.append(f"took {seen.seconds:.0f} s")
    return found + seen.leaks + seen.markup + _of_others(case, observed, seed)


def _of_others(case: Case, observed: Observed, seed: int) -> list[str]:
    """Say what came of those who handed in with a case: points of the honest one, and what the accomplice got out."""
    name = name_in_class(case, seed)
    beside, partner = (observed.students.get(f"{name}-{who}", Seen()) for who in ("beside", "partner"))
    found = []
    if case.beside and (beside.points != FULL or beside.book != FULL):
        found.append(f"its honest neighbour is {beside.states}, and gets {beside.points}, {beside.book} in the book")
    if case.partner and not partner.states:
        found.append("its accomplice has no row")
    for who, seen in (("neighbour", beside), ("accomplice", partner)):
        found += [f"of its {who}: {line}" for line in seen.leaks + seen.markup]
    return found


def damage(observed: Observed) -> list[str]:
    """Say what happened to others: honest students' points, and what was left behind."""
    found = []
    for student, (_, points) in HONEST.items():
        seen = observed.students.get(student, Seen())
        if seen.points != points or seen.book != points:
            found.append(f"{student} gets {seen.points}, {seen.book} in the gradebook, and should get {points}")
        found += [f"{student}: {line}" for line in (*seen.leaks, *seen.markup)]
    return found + observed.problems


Grade = Callable[[Course, Mapping[str, Case | None], dict[str, str], Observed], None]
"""Grades students of a course, by name with their cases, with these variables set, and notes what it has seen."""


def main(grade: Grade, kept: tuple[str, ...] = ()) -> None:
    """Do what standard input says, and keep these folders of the course."""
    task = Task(**json.loads(sys.stdin.read()))
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    folder = Path(os.environ.get("ROOM", task.out))
    observed = _grade_class(task, folder, grade)
    for name in kept:
        if (folder / "course" / name).exists():
            shutil.copytree(folder / "course" / name, Path(task.out) / name)
    (Path(task.out) / "observed.json").write_text(json.dumps(asdict(observed)), encoding="utf-8")


def _grade_class(task: Task, folder: Path, grade: Grade) -> Observed:
    """Grade the cases, those about tests of bare asserts as a class of their own, after the others."""
    cases = {name: case for name, case in all_cases().items() if name in task.cases}
    bare = {name: case for name, case in cases.items() if case.bare}
    whole = Observed()
    if len(bare) < len(cases) or not cases:
        usual = {name: case for name, case in cases.items() if not case.bare}
        whole = _grade_cases(task, usual, folder, make_course(folder / "course", secrets(task.seed)), grade)
    if bare:
        course = make_course(folder / "bare" / "course", secrets(task.seed), bare=True)
        own = _grade_cases(task, bare, folder / "bare", course, grade)
        whole.problems += damage(own) if whole.students else own.problems
        whole.students = own.students | whole.students
        whole.ended, whole.said, whole.code = whole.ended and own.ended, whole.said + own.said, own.code
    return whole


def _grade_cases(task: Task, cases: dict[str, Case], folder: Path, course: Course, grade: Grade) -> Observed:
    observed = Observed()
    planted = secrets(task.seed)
    names = {name_in_class(case, task.seed): case for case in cases.values()}
    with _surroundings(folder, planted) as environment:
        if task.package:
            environment["PYTHONPATH"] = f"{task.package}{os.pathsep}{Path.cwd()}"
        everybody: dict[str, Case | None] = {**dict.fromkeys(hand_in_honestly(course, planted)), **names}
        for student, case in names.items():
            everybody |= dict.fromkeys(case.others(student))
        early = {student: case for student, case in names.items() if case.earlier}
        for student, case in early.items():
            case.hand_in_before(course, student)
        if early:
            grade(course, early, environment, Observed())
            for student in early:
                shutil.rmtree(course.submitted(student, NAME))
        for student, case in names.items():
            case.hand_in(
                course, student, planted | {"port": environment["PORT"], "socket-path": environment["SOCKET"]}
            )
        before, stale, running = set(_files_left(folder)), set(_stale_sockets()), set(_children())
        grade(course, everybody, environment, observed)
        observed.problems += [f"left running: {line}" for line in _descendants(running)]
        observed.problems += [f"left behind: {path}" for path in set(_files_left(folder)) - before]
        observed.problems += [f"left behind: {path}" for path in set(_stale_sockets()) - stale]
        observed.problems += _told_to_all(course, observed.said, planted)
    for student in everybody:
        _look(course, student, planted, observed.students.setdefault(student, Seen()))
    return observed


def _autograder(
    course: Course, students: Mapping[str, Case | None], environment: dict[str, str], observed: Observed
) -> None:
    """Grade by the command line."""
    command = [sys.executable, "-m", "autograder.cli", "grade", NAME, "--course", str(course.root), "--workers", "6"]
    # Without a layer the course's own solution may lose points, too.
    command += ["--anyway"]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=GRADE_SECONDS, cwd=course.root)
        observed.code = done.returncode
        observed.said = (done.stdout + done.stderr).decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        observed.ended = False
        observed.problems.append(f"the batch had not ended after {GRADE_SECONDS} s")
    if any((sign < " " and sign != "\n") or "\x7f" <= sign <= "\x9f" for sign in observed.said):
        observed.problems.append("a control character reaches the terminal")
    if not (course.reports / f"{NAME}.html").exists():
        observed.problems.append(f"no class report was written: {observed.said[-300:]}")
    if "Traceback (most recent call last)" in observed.said:
        observed.problems.append(f"a traceback reaches the terminal: {observed.said[-300:]}")
    sheet = course.reports / f"{NAME}.csv"
    if not sheet.exists():
        observed.problems.append(f"no CSV was written: {observed.said[-300:]}")
        return
    called = {csv_safe(student): student for student in students}
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    for row in rows[1:]:
        line = dict(zip(rows[0], row, strict=True))
        student = called.get(line["student"], line["student"])
        seen = observed.students.setdefault(student, Seen())
        name = line["notebook"]
        seen.states[name] = line["state"]
        seen.points[name] = float(line["points"]) if line["points"] else None
        seen.remarks[name] = f"{line['reason']}; {line['notes']}"
        seen.seconds = max(seen.seconds, float(line["seconds"]))
        seen.markup += [f"a formula in the CSV: {cell[:40]}" for cell in row if cell.startswith(_FORMULAS)]
        seen.markup += [f"a control character in the CSV: {cell[:40]!r}" for cell in row if _CONTROL.search(cell)]
    absent = observed.students.pop(ABSENT, Seen())
    if set(absent.states.values()) != {"REJECTED(absent)"}:
        observed.problems.append(f"who is on the roster and has handed in nothing is {absent.states}")
    unknown = set(observed.students) - set(students)
    if unknown:
        observed.problems.append(f"rows of students that there are not: {sorted(unknown)}")


def _look(course: Course, student: str, planted: dict[str, str], seen: Seen) -> None:
    """Search everything that was written about a student, and read the gradebook."""
    texts = dict(_written(course, student)) | {"the CSV": str(seen.remarks)}
    with Gradebook(course.db_url, course.directory.course_id) as book:
        for name in FULL:
            seen.book[name] = None
            with contextlib.suppress(Exception):
                notebook = book.find_submission_notebook(name, NAME, student)
                scores = [grade.auto_score for grade in notebook.grades]
                if not any(grade.needs_manual_grade for grade in notebook.grades) and None not in scores:
                    seen.book[name] = sum(scores)
                comments = [c.auto_comment or "" for c in notebook.comments]
                texts[f"comments on {name}"] = str(comments)
                seen.markup += [f"Markdown in a comment on {name}" for text in comments if _MARKDOWN.search(text)]
                seen.markup += [f"a control character in a comment on {name}" for t in comments if _CONTROL.search(t)]
    if any(sign in student for sign in '<>"&\\\n') and None not in seen.book.values():
        seen.markup.append("a name in the gradebook that formgrader's pages write as it is")
    own = {"others"} if student == "ada" else set()
    for where, text in texts.items():
        for secret in planted.keys() - own:
            if secret == "hidden" and where.endswith("result.json"):
                # For instructors, who read it in the class report.
                continue
            if any(way in text for way in written_ways(planted[secret])):
                seen.leaks.append(f"the secret '{secret}' stands in {where}")
        if where.endswith(".html"):
            seen.markup += [f"{what} in {where}" for what in _Active.of(text)]
        elif where.endswith(".ipynb"):
            seen.markup += [f"{what} in {where}" for what in _active_outputs(text)]


def _told_to_all(course: Course, said: str, planted: dict[str, str]) -> Iterator[str]:
    """Search what was written about the class as a whole."""
    texts = {"the terminal": said}
    for path in course.reports.glob("*"):
        texts[path.name] = path.read_text(encoding="utf-8", errors="replace")
    for where, text in texts.items():
        for secret, word in planted.items():
            if secret == "hidden" and where == f"{NAME}.html":
                # It quotes what hidden parts of tests found, and is for instructors.
                continue
            if any(way in text for way in written_ways(word)):
                yield f"the secret '{secret}' stands in {where}"


def _written(course: Course, student: str) -> Iterator[tuple[str, str]]:
    for folder in ("autograded", "feedback", ".autograder"):
        # What lies deeper than a path can be long is skipped.
        for parent, folders, names in os.walk(course.root / folder):
            folders.sort()
            for path in (Path(parent, name) for name in sorted(names)):
                if student in path.parts and path.is_file():
                    yield str(path.relative_to(course.root)), path.read_text(encoding="utf-8", errors="replace")


class _Active(html.parser.HTMLParser):
    """Finds what a browser would run or fetch, in a page that needs neither."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @classmethod
    def of(cls, page: str) -> list[str]:
        """List what is active in a page."""
        parser = cls()
        parser.feed(page)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that does something."""
        if tag == "img" and _is_drawn_anew(dict(attrs)):
            return
        if tag in ("script", "iframe", "object", "embed", "base", "form", "link", "img", "foreignobject", "animate"):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or (name in ("href", "src", "xlink:href") and not (value or "").startswith("#")):
                self.found.append(f"{name}={(value or '')[:30]}")


def _is_drawn_anew(attributes: Mapping[str, str | None]) -> bool:
    """Tell whether a tag shows a figure as the grader draws it: pixels in the page itself, nothing beside them."""
    source = attributes.get("src") or ""
    if attributes.keys() - {"src", "alt", "class"} or not source.startswith(_PNG):
        return False
    with Image.open(io.BytesIO(base64.b64decode(source.removeprefix(_PNG), validate=True))) as picture:
        picture.load()
        return picture.format == "PNG" and not picture.info


def _active_outputs(text: str) -> list[str]:
    try:
        notebook = json.loads(text)
    except ValueError:
        return ["half a notebook"]
    kinds = {
        kind
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        for kind in output.get("data", {})
        # A graph is data, which nothing shows.
        if kind not in ("text/plain", "image/png", GRAPH_TYPE)
    }
    more = ["attachments"] if any("attachments" in cell for cell in notebook["cells"]) else []
    return sorted(kinds) + more


@contextlib.contextmanager
def _surroundings(folder: Path, planted: dict[str, str]) -> Iterator[dict[str, str]]:
    """Plant secrets around the course: at home, in the environment, a process, and behind two sockets."""
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True)
    for path in (home / ".ssh" / "id_rsa", home / ".bash_history"):
        path.write_text(f"{planted['home']}\n", encoding="utf-8")
    with contextlib.ExitStack() as opened:
        sleeper = [sys.executable, "-c", "import time; time.sleep(3600)", planted["process"]]
        process = opened.enter_context(subprocess.Popen(sleeper))
        opened.callback(process.kill)
        network = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        path = folder / "socket"
        local = opened.enter_context(socket.socket(socket.AF_UNIX))
        local.bind(str(path))
        path.chmod(0o777)
        local.listen()
        for listener, secret in ((network, planted["network"]), (local, planted["socket"])):
            threading.Thread(target=_tell, args=(listener, secret), daemon=True).start()
        yield os.environ | {
            "HOME": str(home),
            "A_TOKEN": planted["environment"],
            "PORT": str(network.getsockname()[1]),
            "SOCKET": str(path),
        }


def _tell(listener: socket.socket, secret: str) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client, contextlib.suppress(OSError):
                client.sendall(secret.encode())


def _descendants(before: set[str]) -> set[str]:
    """List what still runs of what the batch has started, after a while to end in."""
    for _ in range(100):
        left = set(_children()) - before
        if not left:
            break
        time.sleep(0.1)
    return left


def _children() -> Iterator[str]:
    """Name the children of this process, which inherits those of others; every process is one in the end."""
    with contextlib.suppress(ChildProcessError):
        while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                break
    own = str(os.getpid())
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"\nPPid:\t{own}\n" in path.joinpath("status").read_text():
                yield f"{path.name} {path.joinpath('cmdline').read_bytes()[:200]!r}"


def _files_left(folder: Path) -> Iterator[str]:
    """List files that attacks have left."""
    for place in (folder, Path("/tmp"), Path("/dev/shm"), Path("/var/tmp")):
        for path, folders, files in os.walk(place):
            del folders[60:]
            yield from (str(Path(path, name)) for name in files if name.startswith(MARK))


def _stale_sockets() -> Iterator[str]:
    """List folders of warm processes that have ended."""
    for path in Path("/tmp").glob("autograder-*/*/current/socket"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            try:
                client.connect(str(path))
            except OSError:
                yield str(path)


if __name__ == "__main__":
    main(_autograder, kept=("autograded", "feedback", "reports"))
