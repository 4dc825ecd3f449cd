"""At a desk, a test that fails names the wrong idea at once."""

import asyncio
import re
from typing import Any

import nbformat

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.hints import CATALOGUE
from tests.classroom.answers import answers
from tests.classroom.students import released
from tests.conftest import ROOT
from tests.test_warm import started

NOTEBOOK = "03_get_variable"
TESTS = {
    ("get-my-op", "test-get-my-op-shares"): {"M2", "M3", "M5", "M21", "M22"},
    ("predict-makers", "test-predict-makers-scope"): {"M2"},
}
"""By exercise and test, what the test can find: by drawing, by what is raised, by what is said."""


async def executed(client: Any, cell_id: str, source: str) -> str:
    """Run a cell as JupyterLab does, with its id, and give what is shown of an error."""
    content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    message = client.session.msg("execute_request", content, metadata={"cellId": cell_id})
    client.shell_channel.send(message)
    shown: list[str] = []
    while True:
        answer = await client.get_iopub_msg(timeout=60)
        if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            continue
        if answer["msg_type"] == "error":
            shown += answer["content"]["traceback"]
        if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
            return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(shown))


def told(shown: str) -> set[str]:
    """Find the misconceptions that an error message names."""
    words = " ".join(shown.split())
    return {name for name, misconception in CATALOGUE.items() if misconception.belief in words}


def test_a_test_that_fails_names_the_idea_at_once(assignment: Assignment) -> None:
    (master,) = (master for master in assignment.notebooks if master.name == NOTEBOOK)
    cells = {c.id: c.source for c in nbformat.read(released(Course(ROOT), assignment, master), as_version=4).cells}

    async def story() -> None:
        async with started() as (_, client):
            for name in cells:
                if name.startswith(("setup-", "define-")):
                    await executed(client, name, cells[name])
            for (exercise, test), findable in TESTS.items():
                assert told(await executed(client, test, cells[test])) == set()
                for answer in answers(assignment, master)[exercise]:
                    await executed(client, exercise, answer.source)
                    shown = await executed(client, test, cells[test])
                    assert bool(shown) == (test in answer.loses)
                    assert told(shown) == findable & set(answer.misconceptions), answer.why

    asyncio.run(story())
