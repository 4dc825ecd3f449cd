"""
`python -m tests.honest check [--seed N] [STYLE ...]` grades a class of honest students and says what is misjudged.

Without styles it is all of them, each with two notebooks; that takes five minutes. It exits with 1 when something is
not as labelled.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from autograder.commands.terminal import progress_bar
from autograder.course.folders import Course
from autograder.grading.result import Result
from tests.conftest import ASSIGNMENT, ROOT
from tests.honest.run import grade_class
from tests.honest.students import make_class
from tests.honest.styles import STYLES

MEETS = 2
"""How many notebooks each style meets."""


def check(styles: tuple[str, ...], seed: int, console: Console) -> int:
    """Grade every notebook in each of the styles, and print what is not as labelled."""
    students = make_class(Course(ROOT).assignment(ASSIGNMENT), styles, seed, meets=MEETS, at_a_time=1)
    with tempfile.TemporaryDirectory(prefix="honest-") as folder, progress_bar(console) as progress:
        task = progress.add_task("grading honest students", total=len(students), states="")

        def count(_: Result) -> None:
            progress.update(task, advance=1)

        found = list(grade_class(students, seed, Path(folder, "course"), count))
    for by, line in found:
        console.print(f"{', '.join(by)}: {line}", markup=False, highlight=False)
    notebooks = sum(len(student.works) for student in students)
    what = f"{notebooks} notebooks in {len(styles)} styles"
    console.print(f"{what}: {len(found)} things are not as labelled" if found else f"{what}: all as labelled")
    return 1 if found else 0


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.honest", description=__doc__)
    parser.add_argument("command", choices=["check"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("styles", nargs="*", metavar="STYLE")
    options = parser.parse_intermixed_args()
    unknown = set(options.styles) - set(STYLES)
    if unknown:
        parser.error(f"no such style: {', '.join(sorted(unknown))}; there are {', '.join(STYLES)}")
    return check(tuple(options.styles) or STYLES, options.seed, Console(soft_wrap=True))


if __name__ == "__main__":
    sys.exit(main())
