"""Students work in a copy: nothing of theirs is lost, and nothing of theirs is released."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from nbgrader.exchange.exchange_factory import ExchangeFactory
from traitlets.config import Config

from autograder.authoring.exchange import ReleaseInStep
from autograder.authoring.release import is_worked_in, release
from autograder.cli import main
from autograder.commands.terminal import DONE, NOTHING_DONE
from autograder.course.desk import lay_out
from autograder.course.folders import Course
from tests.conftest import ROOT
from tests.small_course import NAME, RIGHT, edit

FIRST, SECOND = "01_double.ipynb", "02_triple.ipynb"


def work(path: Path) -> bytes:
    """Answer as a student does."""
    edit(path, lambda cells: cells[2].update(source=RIGHT["double"]))
    return path.read_bytes()


def change_master(course: Course, name: str) -> None:
    edit(course.source(NAME) / name, lambda cells: cells[0].update(source="# another title"))


def test_the_release_is_laid_out_and_what_was_worked_on_stays(small: Course) -> None:
    (small.source(NAME) / "data").mkdir()
    (small.source(NAME) / "data" / "points.csv").write_text("1,2\n")
    release(small, NAME)
    desk, notes = lay_out(small, NAME)
    assert [path.relative_to(small.root).as_posix() for path in desk] == [
        f"desk/{NAME}/{FIRST}",
        f"desk/{NAME}/{SECOND}",
    ]
    assert (desk[0].parent / "data" / "points.csv").read_text() == "1,2\n"
    mine = work(desk[0])
    assert lay_out(small, NAME) == (desk, notes) == (desk, [])
    assert desk[0].read_bytes() == mine
    for name in (FIRST, SECOND):
        change_master(small, name)
    release(small, NAME)
    _, notes = lay_out(small, NAME)
    assert notes == [f"{desk[0]}: you have worked on it, and there is a newer one; rename yours to get that one, too"]
    assert desk[0].read_bytes() == mine
    assert desk[1].read_bytes() == (small.release(NAME) / SECOND).read_bytes()
    desk[0].rename(desk[0].with_name("mine.ipynb"))
    assert lay_out(small, NAME)[1] == []
    assert desk[0].read_bytes() == (small.release(NAME) / FIRST).read_bytes()


def test_a_course_without_a_release_says_so(small: Course, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(small.release(NAME))
    assert main(["desk", NAME, "--course", str(small.root)]) == NOTHING_DONE
    assert "run `autograder release small`" in capsys.readouterr().err


def test_git_does_not_see_the_desk() -> None:
    assert "/desk/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def answered(path: Path) -> None:
    work(path)


def run(path: Path) -> None:
    edit(path, lambda cells: cells[1].update(execution_count=1))


def unreadable(path: Path) -> None:
    path.write_text("{")


@pytest.mark.parametrize("change", [answered, run, unreadable])
def test_a_release_that_somebody_has_worked_in_is_not_overwritten_without_a_word(
    change: object, small: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    path = small.release(NAME) / FIRST
    change_master(small, FIRST)
    assert not is_worked_in(path)
    assert callable(change)
    change(path)
    before = path.read_bytes()
    assert main(["release", NAME, "--course", str(small.root)]) == NOTHING_DONE
    assert f"{path}: somebody has worked in this release" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert main(["release", NAME, "--course", str(small.root), "--overwrite"]) == DONE
    assert not is_worked_in(path)


def exchange(course: Course, tmp_path: Path) -> ReleaseInStep:
    """Make what `nbgrader release_assignment` runs, from the course's own configuration."""
    (tmp_path / "exchange").mkdir(mode=0o777)
    config: Config = course.config
    config.Exchange.root = str(tmp_path / "exchange")
    config.CourseDirectory.assignment_id = NAME
    factory = ExchangeFactory(config=config)
    directory = type(course.directory)(config=config)
    made = factory.ReleaseAssignment(coursedir=directory, config=config, authenticator=None)
    assert isinstance(made, ReleaseInStep)
    return made


def test_nbgrader_hands_out_no_solved_notebook(small: Course, tmp_path: Path) -> None:
    made = exchange(small, tmp_path)
    made.init_src()
    work(small.release(NAME) / FIRST)
    with pytest.raises(Exception, match=rf"{FIRST}: not what its master gives: not released"):
        made.init_src()


def test_nor_one_that_is_older_than_its_master(small: Course, tmp_path: Path) -> None:
    change_master(small, FIRST)
    with pytest.raises(Exception, match="run `autograder release small`"):
        exchange(small, tmp_path).init_src()


def test_nbgraders_commands_find_alembic_without_a_path(small: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    Course(small.root)
    assert shutil.which("alembic") == str(Path(sys.executable).parent / "alembic")


def test_a_configuration_is_read_again_and_adds_nothing_to_the_path(
    small: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    Course(small.root)
    once = os.environ["PATH"]
    Course(small.root)
    assert os.environ["PATH"] == once


def test_no_advice_moves_the_gradebook_away() -> None:
    texts = [*ROOT.glob("autograder/**/*.py"), *ROOT.glob("docs/*.md"), ROOT / "README.md"]
    assert [path for path in texts if "move the file away" in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("name", ["a course", "ein Kurs — mit 'Zeichen'"])
def test_a_path_with_spaces_is_a_path(name: str, tmp_path: Path) -> None:
    from tests.small_course import hand_in, small_course

    course = small_course(tmp_path / name)
    hand_in(course, "ada", RIGHT)
    assert main(["grade", NAME, "--course", str(course.root)]) == DONE
    assert main(["desk", NAME, "--course", str(course.root)]) == DONE
    assert (course.root / "desk" / NAME / FIRST).is_file()


def test_make_targets_say_no_path_of_the_checkout_without_quotes() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert makefile.count("$(CURDIR)") == makefile.count('"$(CURDIR)/.venv"') > 0
