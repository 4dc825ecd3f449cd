"""What an LMS hands out comes into the right student's folder, once, and the latest of it."""

import io
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.api import Gradebook as NbGraderGradebook

from autograder.cli import main
from autograder.commands.terminal import DONE, NEEDS_REVIEW, NOTHING_DONE
from autograder.course.folders import CONFIG_FILE, Course
from autograder.records.gradebook import Gradebook
from autograder.submissions.reading import TIMESTAMP_FILE
from tests.small_course import NAME, RIGHT, WRONG, hand_in

Say = Callable[..., tuple[int, str]]


@pytest.fixture
def collect(small: Course, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run the command, and give its exit code and what it says."""

    def run(download: Path, *more: str) -> tuple[int, str]:
        code = main(["collect", NAME, str(download), *more, "--course", str(small.root)])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def download(folder: Path, **contents: str | bytes) -> Path:
    """Write a folder of files, by path."""
    for path, content in contents.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def zipped(**contents: str) -> bytes:
    """Make a zip of files, by path."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return data.getvalue()


def submitted(course: Course) -> dict[str, str]:
    """Read all submissions: text by path inside the folder of submissions."""
    return {
        path.relative_to(course.submissions).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(course.submissions.rglob("*"))
        if path.is_file()
    }


CANVAS: dict[str, str | bytes] = {
    "lovelaceada_12345_678910_01_double-1.ipynb": "ada 1",
    "lovelaceada_12345_678911_02_triple.ipynb": "ada 2",
    "turingalan_LATE_222_678912_01_double (1).ipynb": "alan 1",
    "hoppergrace_333_678913_work.zip": zipped(**{"my work/01_double.ipynb": "grace 1", "notes.txt": "hello"}),
}
AS_CANVAS = {
    "hoppergrace/small/01_double.ipynb": "grace 1",
    "lovelaceada/small/01_double.ipynb": "ada 1",
    "lovelaceada/small/02_triple.ipynb": "ada 2",
    "turingalan/small/01_double.ipynb": "alan 1",
}
MOODLE: dict[str, str | bytes] = {
    "Ada Lovelace_12345_assignsubmission_file_/01_double.ipynb": "ada 1",
    "Ada Lovelace_12345_assignsubmission_file_/02_triple.ipynb": "ada 2",
    "Alan Turing_222_assignsubmission_file_/work.zip": zipped(**{"01_double.ipynb": "alan 1"}),
    "Grace Hopper_333_assignsubmission_file_01_Double.ipynb": "grace 1",
}
AS_MOODLE = {
    "Ada Lovelace/small/01_double.ipynb": "ada 1",
    "Ada Lovelace/small/02_triple.ipynb": "ada 2",
    "Alan Turing/small/01_double.ipynb": "alan 1",
    "Grace Hopper/small/01_double.ipynb": "grace 1",
}
BLACKBOARD: dict[str, str | bytes] = {
    "Home work_ada_attempt_2026-11-24-10-11-12_01_double.ipynb": "ada's first",
    "Home work_ada_attempt_2026-11-25-10-11-12_01_double.ipynb": "ada's second",
    "Home work_alan_attempt_2026-11-24-00-00-00_work.zip": zipped(**{"02_triple.ipynb": "alan 2"}),
    "Home work_alan_attempt_2026-11-24-00-00-00.txt": "a note of the LMS",
}
AS_BLACKBOARD = {
    "ada/small/01_double.ipynb": "ada's second",
    "ada/small/timestamp.txt": "2026-11-25 10:11:12.000000 UTC",
    "alan/small/02_triple.ipynb": "alan 2",
    "alan/small/timestamp.txt": "2026-11-24 00:00:00.000000 UTC",
}


@pytest.mark.parametrize("as_zip", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize(
    ("files", "comes_to"),
    [(CANVAS, AS_CANVAS), (MOODLE, AS_MOODLE), (BLACKBOARD, AS_BLACKBOARD)],
    ids=["canvas", "moodle", "blackboard"],
)
def test_each_lms_is_understood_and_a_second_time_nothing_changes(
    files: dict[str, str | bytes], comes_to: dict[str, str], as_zip: bool, small: Course, collect: Say, tmp_path: Path
) -> None:
    place = download(tmp_path / "download", **files)
    if as_zip:
        data = {name: place.joinpath(name).read_bytes() for name in files}
        place = tmp_path / "download.zip"
        with zipfile.ZipFile(place, "w") as archive:
            for name, content in data.items():
                archive.writestr(name, content)
    assert collect(place)[0] == DONE
    assert submitted(small) == comes_to
    before = {path: path.stat().st_mtime_ns for path in small.submissions.rglob("*")}
    code, said = collect(place)
    assert (code, "0 new notebooks" in said) == (DONE, True)
    assert {path: path.stat().st_mtime_ns for path in small.submissions.rglob("*")} == before


def blackboard(folder: Path, day: int, text: str) -> Path:
    return download(folder, **{f"HW_ada_attempt_2026-11-{day}-10-00-00_01_double.ipynb": text})


def test_a_newer_one_replaces_and_an_older_one_does_not_and_both_is_said(
    small: Course, collect: Say, tmp_path: Path
) -> None:
    collect(blackboard(tmp_path / "first", 24, "first"))
    code, said = collect(blackboard(tmp_path / "second", 25, "second"))
    assert (code, "replaced by HW_ada_attempt_2026-11-25" in said) == (DONE, True)
    after = submitted(small)
    assert after == {
        "ada/small/01_double.ipynb": "second",
        "ada/small/timestamp.txt": "2026-11-25 10:00:00.000000 UTC",
    }
    code, said = collect(tmp_path / "first")
    assert (code, "2026-11-24-10-00-00_01_double.ipynb is older" in said) == (DONE, True)
    assert submitted(small) == after


def test_what_no_time_tells_apart_is_kept_until_somebody_decides(small: Course, collect: Say, tmp_path: Path) -> None:
    name = "Ada Lovelace_1_assignsubmission_file_/01_double.ipynb"
    collect(download(tmp_path / "first", **{name: "first"}))
    second = download(tmp_path / "second", **{name: "second"})
    code, said = collect(second)
    assert (code, "--overwrite takes it" in said) == (NEEDS_REVIEW, True)
    assert submitted(small) == {"Ada Lovelace/small/01_double.ipynb": "first"}
    assert collect(second, "--overwrite")[0] == DONE
    assert submitted(small) == {"Ada Lovelace/small/01_double.ipynb": "second"}


def test_of_two_uploads_without_a_time_the_one_with_the_greater_number_counts(
    small: Course, collect: Say, tmp_path: Path
) -> None:
    names = {"lovelaceada_1_21_01_double-1.ipynb": "second", "lovelaceada_1_9_01_double.ipynb": "first"}
    collect(download(tmp_path / "download", **names))
    assert submitted(small) == {"lovelaceada/small/01_double.ipynb": "second"}


def test_two_that_cannot_be_told_apart_are_left_out_and_said(small: Course, collect: Say, tmp_path: Path) -> None:
    ada = "Ada Lovelace_1_assignsubmission_file_"
    place = download(
        tmp_path / "download",
        **{f"{ada}/a/01_double.ipynb": "one", f"{ada}/b/01_Double.ipynb": "two", f"{ada}/02_triple.ipynb": "2"},
    )
    code, said = collect(place)
    assert (code, "01_double is there 2 times" in said) == (NEEDS_REVIEW, True)
    assert submitted(small) == {"Ada Lovelace/small/02_triple.ipynb": "2"}


@pytest.mark.parametrize(
    "names",
    [
        [
            "lovelaceada_1_2_01_double.ipynb",
            "evileve_3_4_lovelaceada_1_9_01_double.ipynb",
            "evileve_3_5_w.zip",
        ],
        [
            "HW_lovelaceada_attempt_2026-11-24-10-00-00_01_double.ipynb",
            "HW_evileve_attempt_2026-11-24-10-00-00_HW_lovelaceada_attempt_2027-11-24-10-00-00_01_double.ipynb",
            "HW_evileve_attempt_2026-11-24-10-00-00_w.zip",
        ],
        [
            "lovelaceada_1_assignsubmission_file_/01_double.ipynb",
            "evileve_3_assignsubmission_file_/lovelaceada_1_assignsubmission_file_01_double.ipynb",
            "evileve_3_assignsubmission_file_/w.zip",
        ],
    ],
    ids=["canvas", "blackboard", "moodle"],
)
def test_nobody_hands_in_under_another_name(names: list[str], small: Course, collect: Say, tmp_path: Path) -> None:
    hers, forged, packed = names
    inner = {
        hers.rpartition("/")[2]: "forged",
        "HW_lovelaceada_attempt_2028-11-24-10-00-00_01_double.ipynb": "forged",
        "lovelaceada_1_99_01_double.ipynb": "forged",
        "lovelaceada_1_assignsubmission_file_/01_double.ipynb": "forged",
    }
    files: dict[str, str | bytes] = {hers: "hers", forged: "forged", packed: zipped(**inner)}
    collect(download(tmp_path / "download", **files))
    notebooks = {path: text for path, text in submitted(small).items() if path.startswith("lovelaceada/")}
    assert {text for path, text in notebooks.items() if not path.endswith(TIMESTAMP_FILE)} == {"hers"}
    assert notebooks.get("lovelaceada/small/timestamp.txt", "2026").startswith("2026")


def test_a_pattern_of_ones_own_names_the_groups_as_nbgrader_does(small: Course, collect: Say, tmp_path: Path) -> None:
    place = download(tmp_path / "download", **{"ada-2026-11-24 10:00 +0100-01_double.ipynb": "1"})
    pattern = r"(?P<student_id>\w+)-(?P<timestamp>[\d :+-]+)-(?P<file_id>\w+)"
    assert collect(place, "--pattern", pattern)[0] == DONE
    assert submitted(small) == {
        "ada/small/01_double.ipynb": "1",
        "ada/small/timestamp.txt": "2026-11-24 09:00:00.000000 UTC",
    }


def test_the_pattern_of_nbgraders_own_collector_is_the_default(small: Course, collect: Say, tmp_path: Path) -> None:
    with (small.root / CONFIG_FILE).open("a") as config:
        config.write('c.FileNameCollectorPlugin.named_regexp = r"(?P<file_id>\\w+)--(?P<student_id>\\w+)"\n')
    assert collect(download(tmp_path / "download", **{"01_double--ada.ipynb": "1"}))[0] == DONE
    assert submitted(small) == {"ada/small/01_double.ipynb": "1"}


@pytest.mark.parametrize(
    ("name", "more", "says"),
    [
        ("01_double.ipynb", (), "say with --pattern how they are named"),
        ("01_double.ipynb", ("--pattern", "("), "see Python's re module"),
        ("01_double.ipynb", ("--pattern", r"(?P<file_id>\w+)"), "no group (?P<student_id>...)"),
        ("notes.txt", (), "no notebook there"),
    ],
)
def test_where_nothing_can_be_collected_the_reason_is_said(
    name: str, more: tuple[str, ...], says: str, small: Course, collect: Say, tmp_path: Path
) -> None:
    code, said = collect(download(tmp_path / "download", **{name: "1"}), *more)
    assert (code, says in said) == (NOTHING_DONE, True)
    assert not small.submissions.exists()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("01_double.ipynb", "does not show whose it is"),
        ("HW_.._attempt_2026-11-24-10-00-00_01_double.ipynb", "cannot be the name of a file or folder"),
        ("HW_ada_attempt_2026-13-24-10-00-00_01_double.ipynb", "is no time"),
        ("HW_Grace_attempt_2026-11-24-10-00-00_01_double.ipynb", "differs only in case from grace"),
        ("HW_<img src=x onerror=x>_attempt_2026-11-24-10-00-00_01_double.ipynb", "characters that are in no name"),
        ('HW_a"b_attempt_2026-11-24-10-00-00_01_double.ipynb', "characters that are in no name"),
        ("HW_.ada_attempt_2026-11-24-10-00-00_01_double.ipynb", "cannot be the name of a file or folder"),
        (".HW_bob_attempt_2026-11-24-10-00-00_01_double.ipynb", "begins with a dot"),
    ],
)
def test_one_odd_name_costs_nobody_else(name: str, says: str, small: Course, collect: Say, tmp_path: Path) -> None:
    place = blackboard(tmp_path / "download", 24, "good")
    download(place, **{"HW_alan_attempt_2026-11-24-10-00-00_02_triple.ipynb": "2", name: "odd"})
    download(small.submissions, **{"grace/other/x.ipynb": "older"})
    code, said = collect(place)
    assert (code, says in said, said.count("not collected")) == (NEEDS_REVIEW, True, 1)
    assert {path for path in submitted(small) if not path.endswith(TIMESTAMP_FILE)} == {
        "ada/small/01_double.ipynb",
        "alan/small/02_triple.ipynb",
        "grace/other/x.ipynb",
    }


def test_a_notebook_with_an_unknown_name_is_collected_and_said(small: Course, collect: Say, tmp_path: Path) -> None:
    code, said = collect(download(tmp_path / "download", **{"lovelaceada_1_2_homework.ipynb": "1"}))
    assert (code, "no notebook of the assignment has this name, or these cells" in said) == (DONE, True)
    assert submitted(small) == {"lovelaceada/small/homework.ipynb": "1"}


def roster(course: Course, *rows: dict[str, str]) -> None:
    with Gradebook(course, course.assignment(NAME)):
        pass  # This makes the database, which nbgrader can only do with its programs on PATH.
    with NbGraderGradebook(course.db_url, course.directory.course_id) as book:
        for row in rows:
            book.add_student(row.pop("id"), **row)


ADA = {"first_name": "Ada", "last_name": "Lovelace", "lms_user_id": "12345"}


@pytest.mark.parametrize(
    "name",
    [
        "lovelaceada_777_2_01_double.ipynb",
        "anything_12345_2_01_double.ipynb",
        "Ada Lovelace_777_assignsubmission_file_/01_double.ipynb",
        "HW_al1815_attempt_2026-11-24-10-00-00_01_double.ipynb",
        'Ada "<b>" Lovelace_12345_2_01_double.ipynb',
    ],
)
def test_the_roster_says_whose_a_name_is(name: str, small: Course, collect: Say, tmp_path: Path) -> None:
    roster(small, ADA | {"id": "al1815"}, {"id": "at1912", "first_name": "Alan", "last_name": "Turing"})
    assert collect(download(tmp_path / "download", **{name: "1"}))[0] == DONE
    assert submitted(small)["al1815/small/01_double.ipynb"] == "1"


def test_a_name_that_two_students_share_is_nobodys(small: Course, collect: Say, tmp_path: Path) -> None:
    names = [f"lovelaceada_{number}_2_01_double.ipynb" for number in (1, 2)]
    place = download(tmp_path / "download", **dict.fromkeys(names, "1"))
    code, said = collect(place)
    assert (code, "lovelaceada: the download tells 1 and 2 apart" in said) == (NEEDS_REVIEW, True)
    roster(small, ADA | {"id": "one", "lms_user_id": "1"}, ADA | {"id": "two", "lms_user_id": "2"})
    assert collect(place)[0] == DONE
    assert sorted(submitted(small)) == ["one/small/01_double.ipynb", "two/small/01_double.ipynb"]


def test_whoever_is_not_in_the_roster_is_said(small: Course, collect: Say, tmp_path: Path) -> None:
    roster(small, ADA | {"id": "al1815"})
    code, said = collect(download(tmp_path / "download", **{"turingalan_1_2_01_double.ipynb": "1"}))
    assert (code, "not in the gradebook's roster: turingalan" in said) == (DONE, True)


def test_who_was_collected_before_there_was_a_roster_is_not_doubled_by_it(
    small: Course, collect: Say, tmp_path: Path
) -> None:
    place = download(tmp_path / "download", **{"lovelaceada_777_2_01_double.ipynb": "1"})
    collect(place)
    roster(small, ADA | {"id": "al1815"})
    code, said = collect(place)
    assert (code, list(submitted(small))) == (DONE, ["al1815/small/01_double.ipynb"])
    assert "lovelaceada/small: is now " in said and not (small.submissions / "lovelaceada").exists()
    download(small.submissions, **{"lovelaceada/small/01_double.ipynb": "old"})
    code, said = collect(place)
    assert (code, "lovelaceada/small: collected before" in said) == (NEEDS_REVIEW, True)
    assert "lovelaceada/small/01_double.ipynb" in submitted(small)


@pytest.mark.parametrize(
    ("students", "says"),
    [
        (
            (ADA | {"id": "one", "lms_user_id": "1"}, ADA | {"id": "two", "lms_user_id": "2"}),
            "whether it is one or two nobody can tell",
        ),
        (
            ({"id": "lovelaceada"}, ADA | {"id": "one", "lms_user_id": "1"}),
            "nbgrader db student remove lovelaceada --force",
        ),
    ],
)
def test_a_folder_that_may_be_anothers_or_has_scores_is_left_to_a_person(
    students: tuple[dict[str, str], ...], says: str, small: Course, collect: Say, tmp_path: Path
) -> None:
    place = download(tmp_path / "download", **{"lovelaceada_1_2_01_double.ipynb": "1"})
    collect(place)
    roster(small, *students)
    code, said = collect(place)
    assert (code, says in said) == (NEEDS_REVIEW, True)
    assert sorted(submitted(small)) == ["lovelaceada/small/01_double.ipynb", "one/small/01_double.ipynb"]


def test_a_name_that_can_be_read_in_two_ways_moves_nobodys_folder(
    small: Course, collect: Say, tmp_path: Path
) -> None:
    download(small.submissions, **{"smith/small/01_double.ipynb": "of somebody who has left"})
    roster(small, {"id": "j_smith", "first_name": "Jo", "last_name": "Smith"})
    names = ["Home_work_j_smith_attempt_2026-11-24-10-11-12_01_double.ipynb"]
    collect(download(tmp_path / "download", **dict.fromkeys(names, "jo's")))
    assert submitted(small)["smith/small/01_double.ipynb"] == "of somebody who has left"


def test_links_in_the_folder_of_submissions_are_not_written_through(
    small: Course, collect: Say, tmp_path: Path
) -> None:
    elsewhere = download(tmp_path / "elsewhere", **{"01_double.ipynb": "mine"})
    small.submissions.mkdir()
    (small.submissions / "ada").mkdir()
    (small.submissions / "ada" / NAME).symlink_to(elsewhere)
    (small.submissions / "alan" / NAME).mkdir(parents=True)
    (small.submissions / "alan" / NAME / "01_double.ipynb").symlink_to(elsewhere / "01_double.ipynb")
    place = blackboard(tmp_path / "download", 24, "theirs")
    download(place, **{"HW_alan_attempt_2026-11-24-10-00-00_01_double.ipynb": "theirs"})
    code, said = collect(place, "--overwrite")
    assert (code, said.count("not collected")) == (NEEDS_REVIEW, 2)
    assert (elsewhere / "01_double.ipynb").read_text() == "mine"
    assert list(elsewhere.iterdir()) == [elsewhere / "01_double.ipynb"]


def test_a_new_student_is_there_whole_or_not_at_all(
    small: Course, collect: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = download(tmp_path / "download", **CANVAS)
    synced = os.fsync
    with monkeypatch.context() as broken:

        def fail(descriptor: int) -> None:
            if "02_triple" in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
                raise KeyboardInterrupt
            synced(descriptor)

        broken.setattr(os, "fsync", fail)
        collect(place)
    assert not [path for path in small.submissions.rglob("*") if path.is_file() and "lovelace" in str(path)]
    assert collect(place)[0] == DONE
    assert submitted(small) == AS_CANVAS


@pytest.mark.usefixtures("warm")
def test_grade_collects_first_when_a_download_is_named(
    small: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {}
    for student, answers in (("ada", RIGHT), ("alan", WRONG)):
        for path in hand_in(small, student, answers).iterdir():
            files[f"HW_{student}_attempt_2026-11-24-10-00-00_{path.name}"] = path.read_bytes()
    place = download(tmp_path / "download", **files, **{"nobody.ipynb": b"{}"})
    shutil.rmtree(small.submissions)
    arguments = ["grade", NAME, "--course", str(small.root)]
    assert main([*arguments, "--overwrite"]) == NOTHING_DONE
    # One file of the download was nobody's, and the instructor must know.
    assert main([*arguments, "--from", str(place)]) == NEEDS_REVIEW
    assert "nobody.ipynb: its name does not show whose it is" in capsys.readouterr().out
    with NbGraderGradebook(small.db_url, small.directory.course_id) as book:
        assert [book.find_submission(NAME, student).score for student in ("ada", "alan")] == [6, 0]
        assert str(book.find_submission(NAME, "ada").timestamp) == "2026-11-24 10:00:00"
