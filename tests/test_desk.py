"""At a desk, a test that fails names the wrong idea at once."""

import asyncio
from collections.abc import Callable

import nbformat
import pytest

from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.hints import Catalogue
from tests.classroom.students import answers, released
from tests.conftest import ROOT
from tests.desk_client import executed, started

TESTS = {
    "01_failed_share": {("fresh-graph", "test-fresh-graph"): {"M15", "M16"}},
    "03_get_variable": {
        ("get-my-op", "test-get-my-op-shares"): {"M2", "M3", "M5", "M21", "M22"},
        ("predict-makers", "test-predict-makers-scope"): {"M2"},
    },
    "04_captured_scopes": {("share-through", "test-share-through-inside"): {"M7", "M9", "M12"}},
}
"""By notebook, exercise and test, what the test can find: by drawing, by what is raised, by what is displayed."""


def named(shown: str, catalogue: Catalogue) -> set[str]:
    """Find the misconceptions that an error message names."""
    words = " ".join(shown.split())
    return {name for name, misconception in catalogue.items() if misconception.belief in words}


FRONT_ENDS: dict[str, Callable[[str], str | None]] = {
    "JupyterLab": lambda name: name,
    "Colab": lambda name: None,
    "VS Code": lambda name: f"vscode-notebook-cell:/n.ipynb#{len(name)}sZmlsZQ%3D%3D",
}
"""Which id of a cell arrives in the kernel."""


@pytest.mark.parametrize("front_end", FRONT_ENDS)
@pytest.mark.parametrize("notebook", TESTS)
def test_a_test_that_fails_names_the_idea_at_once(assignment: Assignment, notebook: str, front_end: str) -> None:
    (master,) = (master for master in assignment.notebooks if master.name == notebook)
    cells = {c.id: c.source for c in nbformat.read(released(Course(ROOT), assignment, master), as_version=4).cells}

    catalogue, id_of = assignment.catalogue, FRONT_ENDS[front_end]

    async def story() -> None:
        async with started(cwd=str(Course(ROOT).release(assignment.name))) as (_, client):
            for name in cells:
                if name.startswith(("setup-", "define-")):
                    await executed(client, id_of(name), cells[name])
            for (exercise, test), findable in TESTS[notebook].items():
                assert named(await executed(client, id_of(test), cells[test]), catalogue) == set()
                for answer in answers(assignment, master)[exercise]:
                    await executed(client, id_of(exercise), answer.source)
                    shown = await executed(client, id_of(test), cells[test])
                    assert bool(shown) == (test in answer.loses)
                    assert named(shown, catalogue) == findable & set(answer.misconceptions), answer.why

    asyncio.run(story())
