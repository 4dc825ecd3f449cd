"""The student version is what the masters give, byte for byte; the stored outputs are what the masters show."""

import nbformat
import pytest

from autograder.authoring.reference import store_reference
from autograder.authoring.release import out_of_step, release
from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.errors import CourseError
from tests.conftest import ASSIGNMENT, ROOT, runner
from tests.small_course import NAME, edit


def test_the_committed_release_is_what_the_masters_give() -> None:
    assert out_of_step(Course(ROOT), ASSIGNMENT) == []


def test_a_changed_release_is_out_of_step(course: Course) -> None:
    path = course.release(ASSIGNMENT) / "02_variables_dict.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("price", "prize"), encoding="utf-8")
    assert out_of_step(course, ASSIGNMENT) == [f"{path}: not what its master gives"]


def test_a_changed_master_is_out_of_step_until_released_again(small: Course) -> None:
    edit(small.source(NAME) / "01_double.ipynb", lambda cells: cells[0].update(source="# twice"))
    assert len(out_of_step(small, NAME)) == 1
    release(small, NAME)
    assert out_of_step(small, NAME) == []


def test_missing_and_extra_files_are_out_of_step(small: Course) -> None:
    folder = small.release(NAME)
    (folder / "02_triple.ipynb").rename(folder / "03_other.ipynb")
    said = out_of_step(small, NAME)
    assert said == [
        f"{folder / '02_triple.ipynb'}: missing",
        f"{folder / '03_other.ipynb'}: no master gives this file",
    ]


def test_the_release_holds_no_solution_no_hidden_test_and_no_output(assignment: Assignment) -> None:
    for master in assignment.notebooks:
        path = Course(ROOT).release(ASSIGNMENT) / f"{master.name}.ipynb"
        text = path.read_text(encoding="utf-8")
        assert "SOLUTION" not in text and "HIDDEN" not in text
        for cell in nbformat.read(path, as_version=4).cells:
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None


def test_what_nbgrader_cannot_release_is_said_and_the_kept_release_stays(small: Course) -> None:
    before = (small.release(NAME) / "01_double.ipynb").read_bytes()
    edit(small.source(NAME) / "01_double.ipynb", lambda cells: cells[2].update(source="### BEGIN SOLUTION"))
    with pytest.raises(CourseError, match="nbgrader cannot make a release"):
        out_of_step(small, NAME)
    with pytest.raises(CourseError, match="nbgrader cannot make a release"):
        release(small, NAME)
    assert (small.release(NAME) / "01_double.ipynb").read_bytes() == before
    assert [path.name for path in small.release(NAME).parent.iterdir()] == [NAME]


def test_stored_outputs_are_renewed_where_they_differ_and_kept_where_they_do_not(small: Course) -> None:
    path = small.source(NAME) / "01_double.ipynb"
    other = path.with_name("02_triple.ipynb")
    kept = nbformat.read(other, as_version=4).cells[3].outputs
    edit(path, lambda cells: cells[3]["outputs"][0].update(data={"text/plain": ["stale"]}))
    list(store_reference(small, NAME, runner(jailed=False)))
    stored = nbformat.read(path, as_version=4).cells[3].outputs
    assert [output.data["text/plain"] for output in stored] == ["[2, 10]"]
    assert nbformat.read(other, as_version=4).cells[3].outputs == kept


def test_a_new_kind_of_output_is_stored(small: Course) -> None:
    path = small.source(NAME) / "01_double.ipynb"
    edit(path, lambda cells: cells[3].update(source=f"print('new')\n{''.join(cells[3]['source'])}"))
    list(store_reference(small, NAME, runner(jailed=False)))
    stored = nbformat.read(path, as_version=4).cells[3].outputs
    assert [output.output_type for output in stored] == ["stream", "display_data"]


def test_a_master_whose_own_test_fails_is_no_reference(small: Course) -> None:
    edit(small.source(NAME) / "01_double.ipynb", lambda cells: cells[2].update(source="def double(x):\n    return x"))
    with pytest.raises(CourseError, match=r"'test-double-assert' raises AssertionError: double\(2\) is not 4"):
        list(store_reference(small, NAME, runner(jailed=False)))
