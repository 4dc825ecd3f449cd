"""Each LMS's download, made after its real layout, comes to the right students; what nobody can tell is refused."""

import json
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook as NbGraderGradebook

from autograder.cli import main
from autograder.commands.terminal import DONE, NEEDS_REVIEW
from autograder.course.folders import CONFIG_FILE, Course
from autograder.records.gradebook import Gradebook
from tests.small_course import NAME, RIGHT, hand_in, small_course

CLASS = (
    {"id": "ada", "first_name": "Ada", "last_name": "Lovelace", "lms_user_id": "101", "email": "Ada@x.edu"},
    {"id": "alan", "first_name": "Alan", "last_name": "Turing", "lms_user_id": "102"},
    {"id": "j_smith", "first_name": "Jo", "last_name": "Smith", "lms_user_id": "Participant 103"},
    {"id": "smith", "first_name": "Sam", "last_name": "Smith", "lms_user_id": "104"},
    {"id": "twin1", "first_name": "Lee", "last_name": "Twin", "lms_user_id": "participant 7"},
    {"id": "twin2", "first_name": "Lee", "last_name": "Twin", "lms_user_id": "Teilnehmer/in8"},
)
TIME = "2026-11-24-10-11-12"
METADATA = """---
submission_1:
  :submitters:
  - :name: Ada Lovelace
    :sid: '0101'
    :email: ada@x.edu
  - :name: Alan Turing
    :sid: '102'
    :email: a@x.edu
  :created_at: 2026-11-24 02:00:00.123456789 -08:00
  :score: 3.0
submission_2:
  :submitters:
  - :name: Sam Smith
    :sid:
    :email: nobody@x.edu
  :created_at: 2026-11-24 10:00:00 Z
submission_3:
  :submitters: []
"""

DOWNLOADS: dict[str, tuple[dict[str, str], set[str], tuple[str, ...]]] = {
    # The files with their texts, what they come to, and what is said of the rest.
    "moodle from 4.1 on": (
        {
            "Ada Lovelace_101_assignsubmission_file/01_double.ipynb": "ada",
            "Alan Turing_9_assignsubmission_file/sub/01_double.ipynb": "alan",
            "Alan Turing_9_assignsubmission_onlinetext/onlinetext.html": "<p>a word</p>",
            "Lee Twin_7_assignsubmission_file/01_double.ipynb": "twin1",
            "Lee Twin_8_assignsubmission_file/01_double.ipynb": "twin2",
            "Lee Twin_9_assignsubmission_file/02_triple.ipynb": "who",
        },
        {"ada", "alan", "twin1", "twin2"},
        ("Lee Twin may be twin1 or twin2; tell them apart in the roster, in the column lms_user_id as",),
    ),
    "moodle, flat": (
        {
            "Ada Lovelace_12_assignsubmission_file_01_double.ipynb": "ada",
            "Alan Turing_9_assignsubmission_file_01_double.ipynb": "alan",
        },
        {"ada", "alan"},
        (),
    ),
    "moodle, blind": (
        {
            "Participant_103_assignsubmission_file/01_double.ipynb": "j_smith",
            "Participant_101_assignsubmission_file/01_double.ipynb": "no: 101 is another kind of number",
            "Teilnehmerin_104_assignsubmission_file/01_double.ipynb": "no",
        },
        {"j_smith"},
        ("reveal the names and download again, or import a roster with 'Participant 101' as lms_user_id",),
    ),
    "moodle, groups": (
        {
            "Ada Lovelace, Alan Turing_7_assignsubmission_file/01_double.ipynb": "ada alan",
            "Group B_8_assignsubmission_file/01_double.ipynb": "who",
            "Default group_assignsubmission_file/01_double.ipynb": "who",
        },
        {"ada", "alan"},
        ("collected for each of ada, alan", "Group B is a group", "Default group is a group"),
    ),
    "canvas": (
        {
            "lovelaceada_101_9001_01_double-1.ipynb": "ada",
            "lovelaceada_101_9000_01_double.ipynb": "older",
            "turing_the_2nd_LATE_102_9002_01_double.ipynb": "alan",
            "rockets_104_9003_01_double.ipynb": "smith",
            "anon_aB3dE_9004_01_double.ipynb": "who",
            "LATE_anon_cD5fG_9005_01_double.ipynb": "who",
            "twinlee_4711_9006_01_double.ipynb": "which",
        },
        {"ada", "alan", "smith"},
        (
            "rockets: is smith (Sam Smith) by its number; if it is a group",
            "anon_aB3dE_9004_01_double.ipynb: the LMS hides whose it is",
            "LATE_anon_cD5fG_9005",
            "twinlee may be twin1 or twin2",
            "lovelaceada_101_9001_01_double-1.ipynb is the last of 2, and not lovelaceada_101_9000_01_double.ipynb",
            "turing_the_2nd_LATE_102_9002_01_double.ipynb: late, and the LMS does not say by how much",
        ),
    ),
    "blackboard": (
        {
            f"HW 1_j_smith_attempt_{TIME}_01_double.ipynb": "j_smith",
            f"HW 1_smith_attempt_{TIME}_01_double.ipynb": "smith",
            f"HW 1_smith_attempt_{TIME}.txt": "a note of the LMS",
            f"HW 1_k_smith_attempt_{TIME}_01_double.ipynb": "no",
        },
        {"j_smith", "smith"},
        (
            "HW 1_k_smith",
            "can be read in more than one way",
            "1 page that the LMS keeps beside notebooks, not collected; read there what students wrote: HW 1_smith",
        ),
    ),
    "blackboard, an assignment with a sign": (
        {
            f"HW_1_ada_attempt_{TIME}_01_double.ipynb": "ada",
            f"HW_1_ADA_attempt_{TIME}_02_triple.ipynb": "whose",
            f"HW_1_alan_attempt_{TIME}_01_double.ipynb": "alan",
        },
        {"alan"},
        ("ada: the download tells ADA and ada apart",),
    ),
    "brightspace": (
        {
            "index.html": "<html>",
            "397063-2557369 - Ada Lovelace - Sep 24, 2026 926 PM/01_double.ipynb": "ada",
            "397064-2557369 - 102 - Turing Alan- 24 September, 2026 9:26 PM - 01_double.ipynb": "alan",
            "397065-2557369 - Sam Smith - Sep 24, 2026 926 PM/work.pdf": "smith",
        },
        {"ada", "alan", "smith"},
        ("is a time that cannot be read; nobody is late by it", "smith (Sam Smith): no notebook, only work.pdf"),
    ),
    "ilias": (
        {
            "Abgaben/Lovelace_Ada_someone_101/01_double.ipynb": "ada",
            "Abgaben/Team 12/Smith_Jo_j_smith_9/01_double.ipynb": "j_smith",
            "Abgaben/Smith_Kim_k_smith_8/01_double.ipynb": "no",
        },
        {"ada", "j_smith"},
        ("Team 12: only j_smith is named", "(as k_smith or smith)"),
    ),
    "gradescope": (
        {
            "assignment_5_export/submission_metadata.yml": METADATA,
            "assignment_5_export/submission_1/01_double.ipynb": "ada alan",
            "assignment_5_export/submission_2/01_double.ipynb": "smith",
            "assignment_5_export/submission_2/submission_metadata.yml": "submission_2: mine",
            "assignment_5_export/submission_3/01_double.ipynb": "who",
        },
        {"ada", "alan", "smith"},
        ("handed in together by ada, alan", "submission_3/01_double.ipynb: the export does not say who"),
    ),
    "github": (
        {
            "hw-1-submissions/hw-1-ada/01_double.ipynb": "ada",
            "hw-1-submissions/hw-1-ada/.git/config": "[core]",
            "hw-1-submissions/hw-1-j_smith/01_double.ipynb": "j_smith",
            "hw-1-submissions/hw-1-alan-smith/01_double.ipynb": "alan smith",
        },
        {"ada", "alan", "j_smith", "smith"},
        ("alan-smith: handed in by a group, and collected for each of alan, smith",),
    ),
    "github, without the folder around": (
        {
            "hw-1-ada/01_double.ipynb": "ada",
            "hw-1-alan/01_double.ipynb": "alan",
            "hw-1-x/01_double.ipynb": "no",
        },
        {"ada", "alan"},
        ("(as 1-x or x), and none is in the roster",),
    ),
}


@pytest.fixture(scope="module")
def with_roster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put the class into a gradebook, once."""
    course = small_course(tmp_path_factory.mktemp("layouts") / "course")
    with Gradebook(course, course.assignment(NAME)):
        pass  # This makes the database, which nbgrader can only do with its programs on PATH.
    with NbGraderGradebook(course.db_url, course.directory.course_id) as book:
        for row in CLASS:
            book.add_student(row["id"], **{key: value for key, value in row.items() if key != "id"})
    return course.root


@pytest.fixture
def enrolled(with_roster: Path, tmp_path: Path) -> Course:
    """Copy the course with its roster."""
    return Course(shutil.copytree(with_roster, tmp_path / "course"))


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("layout", DOWNLOADS)
def test_each_layout_comes_to_its_students_and_what_cannot_be_told_to_nobody(
    layout: str, enrolled: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, students, says = DOWNLOADS[layout]
    place = write(tmp_path / "download", files)
    code = main(["collect", NAME, str(place), "--course", str(enrolled.root)])
    said = capsys.readouterr().out
    assert {path.name for path in enrolled.submissions.iterdir()} == students
    assert [one for one in says if one not in said] == []
    refused = "not collected" in said
    assert (code, f"named as {layout.split()[0].strip(',')} names them" in said) == (
        NEEDS_REVIEW if refused else DONE,
        True,
    )
    texts = {
        path.relative_to(enrolled.submissions).parts[0]: path.read_text(encoding="utf-8")
        for path in enrolled.submissions.rglob("*.ipynb")
    }
    assert [student for student, text in texts.items() if student not in text.split()] == []


def test_without_a_roster_only_names_of_one_reading_are_collected(
    small: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = write(tmp_path / "download", DOWNLOADS["blackboard"][0])
    assert main(["collect", NAME, str(place), "--course", str(small.root)]) == NEEDS_REVIEW
    assert [path.name for path in small.submissions.iterdir()] == ["smith"]
    assert "import one that has the right student" in capsys.readouterr().out


def test_times_are_in_the_zone_that_is_said_and_no_group_hides_one(enrolled: Course, tmp_path: Path) -> None:
    gradescope = write(tmp_path / "g", DOWNLOADS["gradescope"][0])
    blackboard = write(tmp_path / "b", DOWNLOADS["blackboard"][0])
    with (enrolled.root / CONFIG_FILE).open("a") as config:
        config.write('c.Exchange.timezone = "Asia/Kolkata"\n')

    def times() -> dict[str, str]:
        return {path.parts[-3]: path.read_text() for path in enrolled.submissions.glob(f"*/{NAME}/timestamp.txt")}

    arguments = ["--course", str(enrolled.root)]
    main(["collect", NAME, str(gradescope), *arguments])
    assert times() == {
        "ada": "2026-11-24 10:00:00.123456 UTC",
        "alan": "2026-11-24 10:00:00.123456 UTC",
        "smith": "2026-11-24 10:00:00.000000 UTC",
    }
    shutil.rmtree(enrolled.submissions)
    main(["collect", NAME, str(blackboard), *arguments])
    assert set(times().values()) == {"2026-11-24 04:41:12.000000 UTC"}
    shutil.rmtree(enrolled.submissions)
    main(["collect", NAME, str(blackboard), "--timezone", "America/New_York", *arguments])
    assert set(times().values()) == {"2026-11-24 15:11:12.000000 UTC"}
    assert main(["collect", NAME, str(blackboard), "--timezone", "Mars/Base", *arguments]) == 2


def test_the_cells_tell_which_notebook_a_file_is_and_the_latest_of_them_counts(
    small: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = hand_in(small, "ada", RIGHT)
    double, triple = ((folder / name).read_text() for name in ("01_double.ipynb", "02_triple.ipynb"))
    shutil.rmtree(small.submissions)
    newer = json.dumps(json.loads(double), indent=2)
    files = {
        "lovelaceada_1_10_01_double.ipynb": double,
        "lovelaceada_1_11_WMS final (really).ipynb": newer,
        "lovelaceada_1_12_02_triple.ipynb.txt": triple,
        "lovelaceada_1_13_helper.py": "x = 1",
        "lovelaceada_1_14_timestamp.txt": "2020-01-01 00:00:00 UTC",
        "turingalan_2_15_essay.pdf": "%PDF",
        "turingalan_2_15_notes.txt": "a word",
        "hoppergrace_3_text.html": "<p>I could not do it</p>",
    }
    place = write(tmp_path / "download", files)
    (place / "knuthdon_4_16_work.zip").write_bytes(b"PK\3\4 but no more")
    assert main(["collect", NAME, str(place), "--course", str(small.root)]) == NEEDS_REVIEW
    said = capsys.readouterr().out
    there = {
        path.relative_to(small.submissions).as_posix(): path.read_text()
        for path in sorted(small.submissions.rglob("*"))
        if path.is_file()
    }
    assert there == {
        "hoppergrace/small/hoppergrace_3_text.html": "<p>I could not do it</p>",
        "lovelaceada/small/01_double.ipynb": newer,
        "lovelaceada/small/02_triple.ipynb": triple,
        "lovelaceada/small/helper.py": "x = 1",
        "turingalan/small/essay.pdf": "%PDF",
        "turingalan/small/notes.txt": "a word",
    }
    assert (small.submissions / "knuthdon" / NAME).is_dir()
    assert "WMS final (really).ipynb: is 01_double by its cells" in said
    assert "turingalan: no notebook, only essay.pdf, notes.txt; ask for the notebook" in said
    assert "hoppergrace: no notebook, only hoppergrace_3_text.html" in said
    assert "not collected: knuthdon_4_16_work.zip: not a whole zip file" in said
