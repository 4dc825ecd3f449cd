"""For instructors who click: formgrader's buttons grade with this grader, and not with nbgrader's own."""

import argparse
from pathlib import Path

from rich.console import Console

from autograder.commands.options import add_course as add_options
from autograder.commands.options import course_of
from autograder.commands.terminal import DONE
from autograder.course.folders import CONFIG_FILE, Course
from autograder.course.steps import lacking
from autograder.errors import CourseError
from autograder.files import replace_file
from autograder.text import plain

__all__ = ["add_options", "run"]

_WHY = "# formgrader's buttons, `nbgrader autograde` and `nbgrader generate_feedback` grade in the autograder's jail."


def run(options: argparse.Namespace, console: Console) -> int:
    """Write what is lacking into the course's configuration, and see that it has an effect."""
    course = course_of(options)
    lines = list(lacking(course.config))
    if not lines:
        console.print("formgrader's buttons grade with this grader already")
        return DONE
    place = course.root / CONFIG_FILE
    _add(place, lines, options)
    console.print(f"{plain(str(place))} says now:")
    for line in lines:
        console.print(f"    {line}")
    console.print("start JupyterLab anew, where it runs: formgrader reads its configuration only then")
    return DONE


def _add(place: Path, lines: list[str], options: argparse.Namespace) -> None:
    """
    Add lines to a configuration.

    Raises
    ------
    CourseError
        When it cannot be written, or they have no effect: then it is as it was.
    """
    by_hand = f"write this into the configuration that nbgrader reads last: {'; '.join(lines)}"
    # Where it is a link, the file that it leads to; its mode may hide a password.
    place = place.resolve()
    try:
        before = place.read_bytes() if place.exists() else None
        mode = place.stat().st_mode & 0o777 if before is not None else 0o644
        end = b"\r\n" if before and b"\r\n" in before else b"\n"
        added = [b"", *(line.encode() for line in (_WHY, *lines)), b""]
        replace_file(place, (before or b"c = get_config()\n").rstrip(b"\r\n") + end + end.join(added), mode)
    except OSError as error:
        raise CourseError(f"{place}: cannot be changed ({error}); {by_hand}") from None
    try:
        found = list(lacking(Course(options.course, options.config).config))
    except CourseError:
        found = lines
    if found:
        if before is None:
            place.unlink()
        else:
            replace_file(place, before, mode)
        raise CourseError(f"{place}: the lines have no effect at its end; {by_hand}")
