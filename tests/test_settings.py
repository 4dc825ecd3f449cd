"""A setting counts wherever nbgrader's own applications would read it: they are asked, and compared with."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.authoring.release import release
from autograder.cli import main
from autograder.commands.terminal import DONE
from autograder.course.folders import CONFIG_FILE, Course
from autograder.errors import CourseError
from autograder.kernels.configuration import runner_of
from autograder.records.store import ResultStore
from autograder.submissions.reading import Submission
from tests.small_course import NAME, RIGHT, hand_in

ASKS_NBGRADER = """
import json, sys
from nbgrader.apps.autogradeapp import AutogradeApp
app = AutogradeApp()
app.initialize(["ps1", *sys.argv[1:]])
place = app.coursedir
steps = (place.source_directory, place.release_directory, place.submitted_directory, place.autograded_directory)
paths = [place.format_path(step, "ada", "ps1") for step in steps]
print(json.dumps([place.db_url, *paths]))
"""


@dataclass(frozen=True)
class Places:
    """Where nbgrader looks: the folder that commands run in, the person's settings, and the machine's."""

    here: Path
    person: Path
    machine: Path


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Have a course's folder to be in, and nobody's settings but what a test writes."""
    found = Places(tmp_path / "here", tmp_path / "home" / ".jupyter", tmp_path / "machine")
    for folder in (found.here, found.person, found.machine):
        folder.mkdir(parents=True)
    (found.here / CONFIG_FILE).touch()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(found.machine))
    monkeypatch.delenv("JUPYTER_CONFIG_DIR", raising=False)
    # nbgrader looks for the program that makes a gradebook there.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(found.here)
    return found


def by_nbgrader(*arguments: str) -> list[str]:
    """Ask nbgrader, in a process of its own, where a course is; paths in their plainest form."""
    done = subprocess.run([sys.executable, "-c", ASKS_NBGRADER, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    url, *paths = json.loads(done.stdout)
    return [url, *map(os.path.normpath, paths)]


def by_us(course: Course) -> list[str]:
    directory = course.directory
    paths = [
        Path(directory.format_path(step, "ada", "ps1"))
        for step in (directory.source_directory, directory.release_directory)
    ]
    return [course.db_url, *map(str, [*paths, course.submitted("ada", "ps1"), course.autograded("ada", "ps1")])]


SAID = {"CourseDirectory": {"submitted_directory": "handed_in", "db_url": "sqlite:////srv/grades/all.db"}}
"""Two settings of nbgrader's."""

IN_PYTHON = (
    "c.CourseDirectory.submitted_directory = 'handed_in'\nc.CourseDirectory.db_url = 'sqlite:////srv/grades.db'"
)


@pytest.mark.parametrize("place", ["here", "person", "machine"])
@pytest.mark.parametrize("name", ["nbgrader_config.py", "nbgrader_config.json", "jupyter_config.py"])
def test_a_setting_counts_wherever_nbgrader_would_read_it(place: str, name: str, places: Places) -> None:
    text = json.dumps(SAID) if name.endswith("json") else IN_PYTHON
    (getattr(places, place) / name).write_text(text)
    # nbgrader does not look for Jupyter's own settings in the course.
    counts = (place, name) != ("here", "jupyter_config.py")
    assert (Course(None).submissions == places.here / "handed_in") is counts
    assert by_us(Course(None)) == by_us(Course(places.here)) == by_nbgrader()


@pytest.mark.parametrize(
    "structure",
    [
        "{nbgrader_step}/{assignment_id}/{student_id}",
        "{assignment_id}/{nbgrader_step}/{student_id}",
        "{student_id}/{nbgrader_step}/{assignment_id}",
        "work/{nbgrader_step}/{student_id}/{assignment_id}/files",
    ],
)
def test_any_layout_of_folders_is_nbgraders(structure: str, places: Places) -> None:
    (places.person / CONFIG_FILE).write_text(f"c.CourseDirectory.directory_structure = {structure!r}")
    course = Course(places.here)
    assert by_us(course) == by_nbgrader()
    assert course.students("ps1") / "ada" / course.below("ps1") == course.submitted("ada", "ps1")
    course.source("ps1").mkdir(parents=True)
    (course.source("ps1") / "p1.ipynb").touch()
    with pytest.raises(CourseError, match=r"name one of: ps1$"):
        course.assignment("ps2")


@pytest.mark.parametrize(
    "structure", ["{nbgrader_step}/{assignment_id}-{student_id}", "{nbgrader_step}/{student_id}"]
)
def test_a_layout_in_which_nobody_has_a_folder_is_refused(structure: str, places: Places) -> None:
    (places.person / CONFIG_FILE).write_text(f"c.CourseDirectory.directory_structure = {structure!r}")
    with pytest.raises(CourseError, match=rf"{places.person / CONFIG_FILE}.*a folder of their own"):
        Course(places.here)


def test_the_folder_of_a_course_may_be_said_elsewhere(places: Places, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "source").mkdir(parents=True)
    (places.person / CONFIG_FILE).write_text(f"c.CourseDirectory.root = {str(other)!r}")
    assert by_us(Course(None)) == by_nbgrader()
    assert Course(None).root == other
    # Whoever names a folder is taken at their word, as nbgrader's --course-dir is.
    assert Course(places.here).root == places.here
    assert by_us(Course(places.here)) == by_nbgrader(f"--course-dir={places.here}")


def test_a_configuration_may_be_named(places: Places, tmp_path: Path) -> None:
    (places.person / CONFIG_FILE).write_text("c.CourseDirectory.submitted_directory = 'not_this'")
    named = tmp_path / "named.py"
    named.write_text(IN_PYTHON)
    assert by_us(Course(None, named)) == by_nbgrader(f"--JupyterApp.config_file={named}")
    assert Course(None, named).submissions == places.here / "handed_in"
    with pytest.raises(CourseError, match=r"absent\.py: no such file"):
        Course(None, tmp_path / "absent.py")


def test_a_course_without_a_file_of_its_own_is_one_where_nbgrader_is_configured(places: Places) -> None:
    (places.here / CONFIG_FILE).unlink()
    (places.person / CONFIG_FILE).write_text("c.CourseDirectory.course_id = 'c1'")
    with pytest.raises(CourseError, match="not a course"):
        Course(None)
    (places.here / "source").mkdir()
    assert Course(None).root == places.here


@pytest.mark.parametrize(
    ("name", "text"),
    [("nbgrader_config.py", "1 / 0"), ("nbgrader_config.json", "{"), ("jupyter_config.py", "raise SystemExit(3)")],
)
def test_a_file_that_cannot_be_read_is_named(name: str, text: str, places: Places) -> None:
    (places.person / name).write_text(text)
    with pytest.raises(CourseError, match=rf"{places.person / name}: cannot be read.*mend the file"):
        Course(places.here)


def test_a_gradebook_in_a_file_is_the_same_from_every_folder(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    (places.person / CONFIG_FILE).write_text("c.CourseDirectory.db_url = 'sqlite:///grades/all.db'")
    monkeypatch.chdir("/")
    assert Course(places.here).db_url == f"sqlite:///{places.here}/grades/all.db"


@pytest.mark.parametrize(
    "setting",
    [
        {"Limits": {"cell_seconds": 7}},
        {"Execute": {"timeout": 77}},
        {"ClearHiddenTests": {"begin_test_delimeter": "BEGIN NOTHING", "end_test_delimeter": "END NOTHING"}},
        {"Grading": {"subject": "sharing_variables"}},
    ],
)
def test_a_result_depends_on_what_is_configured_anywhere(
    setting: dict[str, dict[str, object]], places: Places, small: Course
) -> None:
    def place() -> Path:
        course = Course(small.root)
        runner = runner_of(course.config, course.subject, jailed=True)
        store = ResultStore(course, course.assignment(NAME), runner)
        return store._place(Submission("ada", NAME, {}))

    if "Grading" in setting:
        file = small.root / CONFIG_FILE
        file.write_text(file.read_text(encoding="utf-8").replace("c.Grading.subject", "#"), encoding="utf-8")
    before = place()
    (places.person / "nbgrader_config.json").write_text(json.dumps(setting))
    assert place() != before


def test_a_course_that_is_laid_out_and_penalized_elsewhere_is_graded_and_exported(
    places: Places, small: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grades = tmp_path / "grades.db"
    (places.person / CONFIG_FILE).write_text(
        "c.CourseDirectory.directory_structure = '{nbgrader_step}/{assignment_id}/{student_id}'\n"
        f"c.CourseDirectory.root = {str(small.root)!r}\n"
        f"c.CourseDirectory.db_url = 'sqlite:///{grades}'\n"
        "c.LateSubmissionPlugin.penalty_method = 'zero'\n"
    )
    with Gradebook(f"sqlite:///{grades}", small.directory.course_id) as book:
        book.add_assignment(NAME, duedate="2026-11-01 00:00:00 UTC")
    course = Course(None)
    release(course, NAME)
    folder = hand_in(course, "ada", RIGHT)
    assert folder == small.root / "submitted" / NAME / "ada"
    (folder / "timestamp.txt").write_text("2026-11-02 00:00:00 UTC")
    monkeypatch.chdir("/")
    assert main(["grade", NAME]) == DONE
    assert main(["export", NAME, "--to", "canvas"]) == DONE
    assert '"0"' in (small.reports / f"{NAME}-canvas.csv").read_text(encoding="utf-8")
    assert not (small.root / "gradebook.db").exists()
    assert (course.autograded("ada", NAME) / "01_double.ipynb").is_file()
