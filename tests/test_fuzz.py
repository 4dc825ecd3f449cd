"""Whatever is handed in, shown or sent, there is a verdict and never a traceback."""

import base64
import csv
import io
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_client.session import Session
from nbformat.v4 import new_code_cell, new_notebook, output_from_msg
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

from autograder.course.assignment import Assignment
from autograder.course.dataflow import binds, reads
from autograder.course.folders import Course
from autograder.course.master import Master
from autograder.errors import RejectedError
from autograder.grading.checks import Finding, Outcome, Shown, judge
from autograder.grading.hidden_parts import as_released
from autograder.grading.rebuild import rebuild
from autograder.grading.result import Result
from autograder.grading.sanitize import sanitize
from autograder.grading.submission import crashed, grade
from autograder.grading.verdict import GRADED, CellVerdict, Kind, NotebookVerdict, State, decide_cell, review_state
from autograder.hints import Evidence, Hint, Look, find_hints
from autograder.inside.namespaces import KEEP
from autograder.kernels.messages import _FIELDS
from autograder.kernels.metering import read
from autograder.kernels.run import Reply, Runner
from autograder.known_tests import BRING_BACK
from autograder.records.gradebook import Gradebook
from autograder.records.store import ResultStore
from autograder.report.csv_table import COLUMNS, csv_table
from autograder.report.feedback import Feedback, Marks, page
from autograder.subject import EvidenceError
from autograder.submissions.folder import read_submission
from autograder.submissions.reading import TIMESTAMP_FILE, Submission, parse_notebook
from autograder.zygote.limits import Limits
from sharing_variables.display import GRAPH_TYPE
from sharing_variables.graph.caption import caption
from sharing_variables.graph.comparison import Terms, difference
from sharing_variables.graph.evidence import GRAPH
from sharing_variables.graph.facts import LABELS, ORIGINS, TENSORS, TRAINABLE, from_text, to_text
from sharing_variables.graph.picture import figure
from tests.conftest import ASSIGNMENT, ROOT, runner
from tests.small_course import NAME, hand_in, small_course
from tests.strategies import EVIL, RELEASED, changed, files, json_values, mutated, sources, words

few = settings(max_examples=settings().max_examples // 3)
fewer = settings(max_examples=max(10, settings().max_examples // 20))
"""Where an example takes a tenth of a second, and where it takes a second."""

CONTROL = {*map(chr, range(32)), *map(chr, range(127, 160))} - {"\n"}


def one_line(text: str) -> bool:
    return len(text.splitlines()) == 1 and bool(text.strip())


def is_text(text: str) -> bool:
    return isinstance(text, str) and bool(text.encode() or True)


@pytest.fixture(scope="module")
def masters(assignment: Assignment) -> dict[str, Master]:
    return {master.name: master for master in assignment.notebooks}


def holds_the_masters_cells(notebook: Any, master: Master) -> None:
    """Compare what will run with the master: its cells, once each and in order, and nothing but text of the other."""
    cells = {cell.id: cell for cell in notebook.cells}
    assert len(cells) == len(notebook.cells)
    assert notebook.metadata == master.notebook.metadata
    assert [cell.id for cell in notebook.cells if cell.metadata.get("nbgrader")] == [
        cell.node.id for cell in master.cells if cell.is_anchor
    ]
    for cell in master.cells:
        if cell.is_anchor:
            mine = cells[cell.node.id]
            assert mine.metadata == {"nbgrader": cell.node.metadata.nbgrader}
            assert mine.cell_type == cell.node.cell_type
            kept = f"{cell.released}\n{KEEP}{cell.grade_id}" if cell.has_hidden_part else cell.source
            assert cell.solution or mine.source == kept
        if cell.has_hidden_part:
            runs = [line for line in cells[f"whole:{cell.node.id}"].source.splitlines() if line.strip()]
            hidden = [line for line in cell.source.splitlines() if line not in cell.released.splitlines()]
            rest = iter([*cell.source.splitlines(), f"{BRING_BACK}{cell.grade_id}"])
            assert all(line in runs for line in hidden if line.strip()) and all(line in rest for line in runs)
    demonstrations = {cell.source for cell in master.cells if cell.is_demonstration}
    assert all(c.source in demonstrations for c in notebook.cells if "tags" in c.metadata)
    assert all(is_text(cell.source) for cell in notebook.cells)
    nbformat.validate(as_released(notebook))


@given(name=st.sampled_from(sorted(RELEASED)), data=st.data())
def test_any_file_is_rebuilt_or_refused_with_a_reason(
    assignment: Assignment, masters: dict[str, Master], name: str, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, f"{name}.ipynb").write_bytes(data.draw(files(RELEASED[name])))
        submission = read_submission(Path(folder), "ada", ASSIGNMENT, [name])
    handed_in = submission.files[name]
    assert isinstance(handed_in, bytes)
    try:
        rebuilt = rebuild(masters[name], parse_notebook(handed_in, f"{name}.ipynb"), assignment.subject)
    except RejectedError as rejected:
        assert rejected.reason and f"{name}.ipynb" in rejected.message and one_line(rejected.message)
        assert is_text(rejected.message) and len(rejected.message) < 500
    else:
        assert all(one_line(note) for note in rebuilt.notes)
        holds_the_masters_cells(rebuilt.notebook, masters[name])


file_names = (
    st.one_of(words(20), words(20).map(lambda word: f"01{word[:80]}.ipynb"), st.just(TIMESTAMP_FILE))
    .map(lambda name: name.replace("/", "").replace("\0", "")[:60])
    .filter(lambda name: name not in ("", ".", "..") and "\ud800" not in name)
)
stamps = st.one_of(
    st.text(st.sampled_from("0123456789:.-+/ TZUCampJnue"), max_size=40).map(str.encode),
    st.datetimes(timezones=st.timezones()).map(lambda at: at.strftime("%Y-%m-%d %H:%M:%S.%f %z").encode()),
    st.binary(max_size=40),
)


@fewer
@given(names=st.lists(file_names, max_size=30), stamp=stamps)
def test_any_folder_is_read(course_of_one: Course, names: list[str], stamp: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for entry in names:
            try:
                (folder / entry).write_bytes(b"")
            except (OSError, ValueError):
                continue
        (folder / TIMESTAMP_FILE).write_bytes(stamp)
        submission = read_submission(folder, "ada", NAME, ["01_double", "02_triple"])
    assert all(one_line(note) and is_text(note) for note in submission.notes)
    for file in submission.files.values():
        assert isinstance(file, bytes) or (one_line(file.message) and len(file.message) < 3_000)
    taken(course_of_one, crashed(submission, course_of_one.assignment(NAME), "it was not run"), submission)


@pytest.fixture(scope="module")
def course_of_one(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return small_course(tmp_path_factory.mktemp("small") / "course")


def taken(course: Course, result: Result, submission: Submission) -> None:
    """Store a result and draw from it all that is drawn from results."""
    assignment = course.assignment(NAME)
    store = ResultStore(course, assignment, runner())
    stored = store.store(submission, result)
    assert store.find(submission) == stored
    with Gradebook(course, assignment) as gradebook:
        gradebook.write(stored)
    Feedback(course, assignment).write(stored)
    assert len(list(csv.reader(io.StringIO(csv_table([stored.result]), newline="")))) == 1 + len(result.verdicts)


@given(source=sources(), short=words())
@pytest.mark.filterwarnings("ignore:`make_tokens_by_line` received")
def test_names_are_read_from_any_text(source: str, short: str) -> None:
    taken = reads(source)
    assert taken is None or all(isinstance(name, str) for name in taken)
    assert all(isinstance(name, str) for name in binds(short))


TESTS = ("test-same-variable-twins", "test-predict-reruns-del", "test-fresh-graph", "test-same-op-scope-strict")
SAID = (
    "ValueError: Variable a/W already exists",
    "ValueError: Variable a/Adam does not exist",
    "ValueError: Variable a does not exist",
    "[[], ['a_1:0",
)
said_or_raised = st.one_of(words(), st.sampled_from(SAID))


@given(source=sources(), test=st.sampled_from(TESTS), said=said_or_raised, error=said_or_raised)
def test_ideas_are_looked_for_in_any_answer(
    assignment: Assignment, source: str, test: str, said: str, error: str
) -> None:
    looks = [Look(test, said, error), Look(test, error, said)]
    found = find_hints("exercise", source, looks, assignment.catalogue, assignment.subject.hint_rules)
    assert all(hint.id in assignment.catalogue for hint in found)


KINDS = [{"msg_type": kind, "msg_id": "a", "date": "2020-01-01"} for kind in sorted(_FIELDS)]
FIELDS = sorted({field for fields in _FIELDS.values() for field in fields} | {"transient", "payload"})
some_value = st.one_of(json_values(3), words(), st.integers(0, 5), st.dictionaries(words(), words(), max_size=3))
messages = st.fixed_dictionaries(
    {
        "header": st.one_of(st.sampled_from(KINDS), json_values()),
        "parent_header": st.one_of(st.just({"msg_id": "a"}), json_values()),
        "metadata": st.one_of(st.just({}), json_values()),
        "content": st.one_of(
            st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, some_value)),
            json_values(),
        ),
    }
)


@given(message=messages)
def test_any_message_of_a_kernel_gives_an_output_that_is_harmless_or_none(message: dict[str, Any]) -> None:
    heard = received(message)
    kind = heard["header"]["msg_type"]
    if kind in ("stream", "display_data", "execute_result", "error"):
        shown(output_from_msg(heard))
    if kind == "execute_reply":
        assert heard["content"]["status"] == "ok" or is_text(heard["content"]["ename"] + heard["content"]["evalue"])


def received(message: dict[str, Any]) -> dict[str, Any]:
    """Hear a message that a kernel has signed and all as the grader does."""
    session = Session(key=b"known to student code")
    parts = [json.dumps(message[name]).encode() for name in ("header", "parent_header", "metadata", "content")]
    return read([b"<IDS|MSG>", session.sign(parts), *parts], session)


def shown(*outputs: Any) -> None:
    """See that outputs are harmless once they have been made so."""
    cell = new_code_cell("", outputs=list(outputs), execution_count=3)
    made = sanitize(new_notebook(cells=[cell]))
    nbformat.validate(made)
    text = nbformat.writes(made)
    assert is_text(text) and not CONTROL & set("".join(strings(json.loads(text))))
    assert {kind for output in cell.outputs for kind in output.get("data", {})} <= {"text/plain", "image/png"}


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


kinds = st.sampled_from(["text/plain", "text/html", "image/png", "image/svg+xml", GRAPH_TYPE])
bundles = st.dictionaries(st.one_of(kinds, words(10)), words(), max_size=4)
streams = st.builds(lambda name, text: {"name": name, "text": text}, words(10), words())
errors = st.fixed_dictionaries({"ename": words(), "evalue": words(), "traceback": st.lists(words(), max_size=3)})
shows = st.fixed_dictionaries({"data": bundles, "metadata": st.just({})})
counted = st.fixed_dictionaries({"data": bundles, "metadata": st.just({}), "execution_count": st.integers(0, 9)})
outputs = st.lists(
    st.one_of(
        streams.map(lambda parts: {"output_type": "stream"} | parts),
        errors.map(lambda parts: {"output_type": "error"} | parts),
        shows.map(lambda parts: {"output_type": "display_data"} | parts),
        counted.map(lambda parts: {"output_type": "execute_result"} | parts),
    ).map(nbformat.from_dict),
    max_size=5,
)
replies = st.one_of(st.none(), st.just(Reply(True)), st.builds(Reply, st.just(False), words(), words()))


@given(outputs=outputs)
def test_any_outputs_become_harmless(outputs: list[Any]) -> None:
    shown(*outputs)


@few
@given(outputs=outputs, reply=replies, data=st.data())
def test_whatever_a_test_shows_is_judged_and_told(
    assignment: Assignment, outputs: list[Any], reply: Reply | None, data: st.DataObject
) -> None:
    master = data.draw(st.sampled_from(assignment.notebooks))
    cell = data.draw(st.sampled_from(master.graded))
    found = decide_cell(str(cell.grade_id), cell.points, judge(cell, Shown(reply, outputs, "e"), assignment))
    assert found.points == 0 or all(finding.outcome is Outcome.HOLDS for finding in found.findings)
    assert one_line(f"state {review_state([found]).message}")


@pytest.fixture(scope="module")
def graph() -> bytes:
    """Describe a graph of a training step, as `show_sharing` does."""
    import tensorflow.compat.v1 as tf

    from tests.test_facts import meta_of

    def build() -> dict[str, Any]:
        w = tf.get_variable("a/W", [2], initializer=tf.zeros_initializer())
        loss = tf.reduce_sum(w * tf.placeholder(tf.float32, [2], name="x"))
        return {"r": w + 1.0, "loss": loss, "step": tf.train.AdamOptimizer().minimize(loss)}

    meta = meta_of(build)
    meta.collection_def[ORIGINS].bytes_list.value.append(b'["a/W", "get_variable", "line"]')
    return bytes(meta.SerializeToString())


@given(data=st.data())
def test_any_bytes_of_a_graph_give_facts_or_a_reason(
    assignment: Assignment, graph: bytes, data: st.DataObject
) -> None:
    seen(data.draw(st.one_of(st.binary(), mutated(graph))), assignment)


OPS = ("VariableV2", "VarHandleOp", "Assign", "ApplyAdam", "NoOp", "Placeholder", "Identity", "PyFunc")


@given(data=st.data())
def test_any_graph_gives_facts_or_a_reason(assignment: Assignment, graph: bytes, data: st.DataObject) -> None:
    meta = MetaGraphDef.FromString(graph)
    nodes = list(meta.graph_def.node)
    names = st.one_of(st.sampled_from([node.name for node in nodes]), words(8).filter(is_encodable))
    for _ in range(data.draw(st.integers(0, 8))):
        node = data.draw(st.sampled_from(nodes))
        match data.draw(st.sampled_from(["op", "name", "input", "inputs", "more", "attr", "label", "collection"])):
            case "op":
                node.op = data.draw(st.sampled_from(OPS))
            case "name":
                node.name = data.draw(names)
            case "input":
                node.input.append(data.draw(st.sampled_from(["", "^"])) + data.draw(names))
            case "inputs":
                del node.input[:]
            case "more":
                meta.graph_def.node.add().CopyFrom(node)
            case "attr":
                node.attr["shape"].shape.dim.add(size=data.draw(st.integers(-(2**63), 2**63 - 1)))
                node.attr["dtype"].type = data.draw(st.integers(-200, 200))
            case "label":
                meta.collection_def[LABELS].node_list.value.append(data.draw(names))
                meta.collection_def[TENSORS].node_list.value.append(data.draw(names))
            case "collection":
                which = data.draw(st.sampled_from([ORIGINS, TRAINABLE, LABELS]))
                said = json.dumps(data.draw(json_values())).encode()
                meta.collection_def[which].bytes_list.value.append(said)
    seen(meta.SerializeToString(), assignment)


def is_encodable(text: str) -> bool:
    return text == text.encode("utf-8", "replace").decode()


def seen(graph: bytes, assignment: Assignment) -> None:
    """Judge a graph, and draw it and look for ideas if it can be judged."""
    encoded = base64.b64encode(graph).decode()
    try:
        text = GRAPH.read(encoded)
    except EvidenceError as error:
        assert one_line(str(error))
        return
    facts, stored = from_text(text), GRAPH.reference(encoded)
    bare = replace(facts, origins=())
    assert (to_text(facts), from_text(stored)) == (text, bare)
    assert is_text(text) and is_text(stored)
    for terms in (Terms(), Terms(names=False, tensors=True), Terms(extra=True)):
        assert difference(facts, bare, terms) == ""
    assert GRAPH.belongs(text, [stored]) and GRAPH.agrees(text, stored, GRAPH.tags)
    assert one_line(caption(facts))
    holds_no_markup_but_ours(figure(facts))
    look = Look(
        "test", evidence=(Evidence(GRAPH.name, text, "r loss"), Evidence(GRAPH.name, text, GRAPH.meant(stored)))
    )
    find_hints("exercise", "a = 1", [look], assignment.catalogue, assignment.subject.hint_rules)


class Markup(HTMLParser):
    """Finds the names of elements and of attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.names |= {tag, *(name for name, _ in attrs)}


OURS = {
    name
    for path in ("autograder/report/feedback.html.j2", "sharing_variables/graph/picture.py")
    for name in re.findall(r"(?<=<)[a-z]\w*|[a-z-]+(?==[\"{])", (ROOT / path).read_text().lower())
} | {"html", "open"}
"""The elements and attributes that pages and pictures are made of."""


def holds_no_markup_but_ours(text: str) -> None:
    parser = Markup()
    parser.feed(text)
    parser.close()
    assert parser.names <= OURS
    assert is_text(text) and not CONTROL & set(text)


evil = st.one_of(st.just(EVIL), words(), sources())


@few
@given(data=st.data(), student=evil, code=evil, said=evil, line=evil, message=evil)
def test_a_page_holds_texts_only_as_text(
    assignment: Assignment, data: st.DataObject, student: str, code: str, said: str, line: str, message: str
) -> None:
    master = data.draw(st.sampled_from(assignment.notebooks))
    finding = Finding("output", Outcome.FAILS, message, said)
    cells = tuple(
        CellVerdict(str(cell.grade_id), 0, 1, (finding, replace(finding, shown=""))) for cell in master.graded
    )
    told = tuple(Hint(str(cell.grade_id), "M1", line) for cell in master.solutions)
    state = data.draw(st.sampled_from([GRADED, State(Kind.CRASH, "kernel", message)]))
    verdict = NotebookVerdict(master.name, state, master.max_points, cells, (message,), 1.0, told)
    executed = {"cells": [{"id": cell.node.id, "source": code} for cell in master.cells]}
    marks = replace(Marks.of(verdict, None), comments={str(cell.grade_id): message for cell in master.solutions})
    holds_no_markup_but_ours(page(assignment, verdict, marks, student, executed, "key"))


results = st.builds(
    lambda student, states, notes: Result(
        student, NAME, tuple(NotebookVerdict(f"{n}", state, 3, (), notes) for n, state in enumerate(states)), {}
    ),
    words(),
    st.lists(st.builds(State, st.sampled_from(Kind), st.sampled_from(["", "json"]), words()), max_size=3),
    st.lists(words(), max_size=2).map(tuple),
)


@given(results=st.lists(results, max_size=4))
def test_a_csv_has_a_row_for_each_notebook_and_no_formula(results: list[Result]) -> None:
    text = csv_table(results)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 1 + sum(len(result.verdicts) for result in results)
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert not [cell for row in rows for cell in row if cell.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))]
    assert is_text(text)


@pytest.fixture(scope="module")
def quick() -> Iterator[Runner]:
    """Keep a warm process that has little to import."""
    quick = runner(Limits(cell_seconds=3, notebook_seconds=10), preload=("json",))
    lease = quick.lease()
    yield quick
    lease.close()


@fewer
@given(data=st.data())
def test_whatever_is_handed_in_is_graded_stored_and_drawn(
    course_of_one: Course, quick: Runner, data: st.DataObject
) -> None:
    shutil.rmtree(course_of_one.submitted("ada", NAME), ignore_errors=True)
    folder = hand_in(course_of_one, "ada", {"double": data.draw(sources()), "triple": data.draw(sources())})
    first = folder / "01_double.ipynb"
    first.write_bytes(data.draw(changed(first.read_bytes())))
    assignment = course_of_one.assignment(NAME)
    submission = read_submission(folder, "ada", NAME, [master.name for master in assignment.notebooks])
    result = grade(submission, assignment, quick)
    assert not result.state.is_the_graders, result.state
    assert [verdict.name for verdict in result.verdicts] == ["01_double", "02_triple"]
    taken(course_of_one, result, submission)
