"""`autograder answers check` on the small course: labels that hold, labels that are off, and one that ends a run."""

from collections.abc import Callable

import pytest

from autograder.authoring.answers import answers_folder
from autograder.cli import main
from autograder.commands.terminal import DONE, NEEDS_REVIEW, NOTHING_DONE
from autograder.course.folders import Course
from tests.small_course import NAME, UNSEEN

pytestmark = pytest.mark.usefixtures("warm")

RIGHT = "# %% right: multiplies\ndef {name}(x):\n    return {factor} * x\n"
FORGETS = "\n# %% wrong -, 0 points, loses {tests}: forgets\ndef {name}(x):\n    return x\n"
Write = Callable[[str, str], str]


@pytest.fixture
def write(small: Course) -> Write:
    """Write a file of answers, and give what a line about it begins with."""

    def into(number_and_name: str, text: str) -> str:
        folder = answers_folder(small) / NAME / number_and_name
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{number_and_name[3:]}.py"
        path.write_text(text)
        return f"{path}:"

    return into


def check(course: Course, *arguments: str) -> int:
    return main(["answers", "check", *arguments, "--course", str(course.root), "--workers", "1"])


def test_answers_of_several_notebooks_get_what_their_labels_say(
    small: Course, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, (name, factor) in enumerate((("double", 2), ("triple", 3)), start=1):
        tests = f"test-{name}-assert test-{name}-shown"
        form = {"name": name, "factor": factor, "tests": tests}
        write(f"{number:02}_{name}", RIGHT.format(**form) + FORGETS.format(**form))
    assert check(small) == DONE
    assert "4 labelled answers: each gets what its label says" in capsys.readouterr().out
    assert check(small, str(answers_folder(small) / NAME / "02_triple")) == DONE
    assert "2 labelled answers: each gets what its label says" in capsys.readouterr().out


def test_a_label_that_is_off_and_a_run_that_ends_are_named(
    small: Course, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    unseen = f"    return -1 if x == {UNSEEN} else 2 * x\n"
    place = write(
        "01_double",
        RIGHT.format(name="double", factor=3)
        + "\n# %% wrong -, 2.5 points, loses test-double-shown: gets less\ndef double(x):\n"
        + unseen
        + "\n# %% wrong -, loses test-double-assert: ends the kernel\nimport os\nos._exit(1)\n",
    )
    assert check(small) == NEEDS_REVIEW
    said = capsys.readouterr().out.splitlines()
    by_line = {line.split(place)[1].split(":")[0]: line for line in said if place in line}
    assert list(by_line) == ["1", "5", "9"]
    assert "loses test-double-assert, and should keep it" in by_line["1"]
    assert "gets 2 points, and should get 2.5" in by_line["5"]
    assert "the notebook ends as CRASH" in by_line["9"]
    assert said[-1] == "3 of 3 labelled answers did not get what the label says"


def test_a_course_without_answers_is_told_how_to_write_some(
    small: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(small) == NOTHING_DONE
    assert "no labelled answers there; docs/new-course.md shows how" in capsys.readouterr().err
