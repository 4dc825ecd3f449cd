"""
Rules for notebooks, as small functions: each names the cell, what is wrong, and the way to mend it.

Authors meet them through `autograder lint`. A rule looks at one master notebook and yields problems; to add a rule,
write the function and list it in `RULES`. A subject has rules of its own (`autograder.subject`).
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import nbformat
from traitlets import Float, Integer, TraitError
from traitlets.config import Config, Configurable

from autograder.authoring.reference import known_text
from autograder.course.assignment import Assignment
from autograder.course.dataflow import binds, reads
from autograder.course.master import OUTPUT_TAG, Master, MasterCell
from autograder.course.ownership import is_test_of
from autograder.errors import CourseError
from autograder.grading import hidden_parts
from autograder.grading.checks import asks_for_evidence
from autograder.grading.prose import pictures_of
from autograder.hints import FILE, Misconception
from autograder.known_tests import FILE as TESTS_FILE
from autograder.known_tests import title
from autograder.subject import Subject, kinds_of

_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)

_WORDS = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Lint(Configurable):
    """
    The sizes that rules ask for, as a course's configuration sets them: ``c.Lint.code_lines = 30``.

    Lines are those with code: blank ones and nbgrader's delimiters do not count. Graded tests do not count as cells.
    """

    code_lines = Integer(15, min=1, help="Most lines of a code cell: more do not fit beside their explanation.").tag(
        config=True
    )
    solution_lines = Integer(20, min=1, help="Most lines of a solution.").tag(config=True)
    test_lines = Integer(25, min=1, help="Most lines of a test.").tag(config=True)
    fewest_cells = Integer(20, min=0, help="Fewest cells of a notebook.").tag(config=True)
    most_cells = Integer(70, min=1, help="Most cells of a notebook: more is too long for one sitting.").tag(
        config=True
    )
    least_text = Float(0.5, min=0, max=1, help="Least share of text among the cells of a notebook.").tag(config=True)
    hint_characters = Integer(
        200, min=1, help="Most characters of a belief or a truth: more is not read beside an error."
    ).tag(config=True)


def sizes_of(config: Config) -> Lint:
    """
    Read the sizes of a course.

    Raises
    ------
    CourseError
        When it sets one that there is not, or one that cannot be.
    """
    for name in config.get("Lint", {}):
        if name not in Lint.class_trait_names(config=True):
            known = ", ".join(sorted(Lint.class_trait_names(config=True)))
            raise CourseError(f"c.Lint.{name}: no such size; name one of: {known}")
    try:
        return Lint(config=config)
    except TraitError as error:
        raise CourseError(f"c.Lint: {' '.join(str(error).split())}; mend nbgrader_config.py") from None


@dataclass(frozen=True)
class Problem:
    """One broken rule: where, what is wrong, and how to mend it."""

    file: str
    cell: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        """Write the problem as one line."""
        what = "cell" if self.file.endswith(".ipynb") else "entry"
        where = f"{self.file}, {what} '{self.cell}'" if self.cell else self.file
        return f"{where}: {self.wrong}; {self.mend}"


def is_words(name: str) -> bool:
    """Tell whether an id is made of words, like ``predict-names``, as far as its signs say."""
    return bool(_WORDS.fullmatch(name)) and not name.isdigit() and len(name) >= 3


Found = Iterator[tuple[str, str, str]]
"""What a rule yields: the cell's id (or nothing), what is wrong, how to mend it."""


def lint(assignment: Assignment, sizes: Lint | None = None) -> list[Problem]:
    """Hold every master notebook of an assignment, and its hints, against every rule."""
    sizes = sizes or Lint()
    return [
        *(
            Problem(f"{master.name}.ipynb", *found)
            for master in assignment.notebooks
            for rule in (*RULES, *assignment.subject.lint_rules)
            for found in rule(master)
        ),
        *(
            Problem(f"{master.name}.ipynb", *found)
            for master in assignment.notebooks
            for evidence_rule in EVIDENCE_RULES
            for found in evidence_rule(master, assignment.subject)
        ),
        *(
            Problem(f"{master.name}.ipynb", *found)
            for master in assignment.notebooks
            for size_rule in SIZE_RULES
            for found in size_rule(master, sizes)
        ),
        *(Problem(FILE, *found) for found in hints_can_be_followed(assignment, sizes)),
        *tests_can_be_told_apart(assignment),
    ]


def lint_release(paths: Iterable[Path]) -> list[Problem]:
    """Hold the notebooks of a student version against the rule that is its own: it shows no outputs."""
    return [
        Problem(path.name, cell.id, "the release holds outputs", "never run it in place; run `autograder release`")
        for path in paths
        for cell in nbformat.read(path, as_version=4).cells
        if cell.get("outputs")
    ]


def lint_known_tests(assignment: Assignment, source: Path) -> list[Problem]:
    """Hold what kernels know of the tests, a file in the masters' folder, against the masters."""
    file = source / TESTS_FILE
    if (file.read_text(encoding="utf-8") if file.is_file() else "") == known_text(assignment):
        return []
    return [Problem(file.name, "", "not what the masters say of their tests", "run `autograder reference`")]


def demonstrations_stand_alone(master: Master) -> Found:
    """No cell takes a name from a demonstration: grading leaves these out."""
    shown = [cell for cell in master.cells if cell.is_demonstration]
    for cell in shown:
        left = binds(cell.source)
        takers = [other for other in master.cells if other.is_code and other not in shown]
        for name in sorted(left & {name for other in takers for name in reads(other.source) or ()}):
            yield cell_name(cell), f"leaves '{name}', which another cell takes", "take the tag demonstration off"


def pictures_of_solutions_stay(master: Master) -> Found:
    """A picture that was pasted into a text is named in what students get of it: the file goes along all the same."""
    for cell in master.cells:
        released = cell.source if cell.blank is None else cell.blank
        named = {name for shown in pictures_of(released) for name in (shown, unquote(shown))}
        for name in cell.node.get("attachments", {}):
            # nbgrader itself takes a marking scheme out of a task with its pictures.
            if not cell.task and name not in named:
                yield (
                    cell_name(cell),
                    f"'{name}' was pasted into it, and the text that is released does not show it",
                    "delete the attachment (a picture of the solution belongs in a file that is not released)",
                )


def code_is_python(master: Master) -> Found:
    """A code cell can be parsed."""
    for cell in master.cells:
        if cell.is_code and cell.tree is None:
            yield cell_name(cell), "is not Python", "mend its syntax"


def ids_are_words(master: Master) -> Found:
    """Cell ids and grade_ids are words, and the same: they are what people see in reports."""
    for cell in master.cells:
        if not is_words(cell.node.id):
            yield cell.node.id, "the id is not made of words", "run `autograder ids`, or give it a name of words"
        if cell.grade_id is not None and cell.grade_id != cell.node.id:
            yield cell.node.id, f"the grade_id '{cell.grade_id}' is another name", "run `autograder ids`"


def every_point_is_automatic(master: Master) -> Found:
    """Each point is given by a test."""
    for cell in master.by_hand:
        yield cell_name(cell), "needs a reviewer to grade it", "make it a solution cell with a separate test cell"


def tests_are_locked(master: Master) -> Found:
    """A graded cell belongs to the course."""
    for cell in master.graded:
        if not cell.locked:
            yield cell_name(cell), "a graded cell that students may change", "lock it (nbgrader: Autograder tests)"


def tests_belong_to_an_exercise(master: Master) -> Found:
    """The name of a test cell says which solution cell it is about: feedback goes there."""
    solutions = [str(cell.grade_id) for cell in master.solutions]
    for cell in master.graded:
        owners = [solution for solution in solutions if is_test_of(str(cell.grade_id), solution)]
        if len(owners) > 1:
            yield (
                cell_name(cell),
                f"belongs to {' and to '.join(owners)}",
                "rename one of them, so that it does not",
            )
        if not owners:
            yield (
                cell_name(cell),
                "no solution cell of that name",
                "call it test-<solution cell>, or test-<...>-<behaviour>",
            )
    for solution in solutions:
        if not any(is_test_of(str(cell.grade_id), solution) for cell in master.graded):
            yield solution, "no test cell looks at it", f"add a cell named test-{solution}"


def tests_say_what_they_look_at(master: Master) -> Found:
    """The first line of a test is a docstring: it serves as feedback."""
    for cell in master.graded:
        if not (ast.get_docstring(cell_tree(cell)) or "").startswith("Looks at"):
            yield cell_name(cell), "does not begin by saying what it looks at", 'begin with """Looks at ..."""'


def graded_cells_show_something(master: Master, subject: Subject) -> Found:
    """No point rests on an assert alone: a graded cell displays what can be judged from outside."""
    tags = ", ".join(
        [OUTPUT_TAG, *sorted(tag for kind in kinds_of(subject) for tag in kind.tags if kind.asked([tag]))]
    )
    for cell in master.graded:
        if not asks_for_evidence(cell, subject):
            yield cell_name(cell), "shows nothing to compare", f"display its evidence, and tag it with one of {tags}"
        elif not cell.reference:
            yield cell_name(cell), "has no stored output", "run `autograder reference`"


def hidden_parts_show_something(master: Master) -> Found:
    """A hidden part displays what it finds: whoever can rule a kernel can answer its asserts."""
    for cell in master.graded:
        if cell.has_hidden_part and cell.reference and not hidden_parts.shows(cell):
            yield (
                cell_name(cell),
                "has a hidden part that adds nothing to what is displayed",
                "display what it finds, then run `autograder reference`",
            )


def tests_leave_nothing_behind(master: Master) -> Found:
    """A test is a docstring, one function, and its call: it takes no name that a student may have given."""
    for cell in master.graded:
        shape = [ast.unparse(node) for node in cell_tree(cell).body[1:] if not isinstance(node, ast.FunctionDef)]
        functions = [node.name for node in cell_tree(cell).body if isinstance(node, ast.FunctionDef)]
        if functions != ["_check"] or shape != ["_check()"]:
            yield (
                cell_name(cell),
                "is more than a docstring, `def _check():` and `_check()`",
                "let _check() display its evidence and then assert",
            )


def tests_are_folded(master: Master) -> Found:
    """A notebook reads as a lesson: JupyterLab folds its tests, but for the first, which shows what they are like."""
    for number, cell in enumerate(master.graded):
        folded = cell.node.metadata.get("jupyter", {}).get("source_hidden") is True
        if number and not folded:
            yield cell_name(cell), "a test that is not folded", 'collapse its code ("source_hidden": true)'
        if folded and not number:
            yield cell_name(cell), "the first test is folded", "expand its code: it shows what a test is like"


def solutions_are_marked(master: Master) -> Found:
    """A solution is marked, so that the release has a stub in its place."""
    for cell in master.solutions:
        marks = re.findall(r"### (BEGIN|END) SOLUTION", cell.source)
        if not marks or marks != ["BEGIN", "END"] * (len(marks) // 2):
            yield cell_name(cell), "no marked solution", "put ### BEGIN SOLUTION and ### END SOLUTION around it"


def code_is_short(master: Master, sizes: Lint) -> Found:
    """A cell fits on a screen beside its explanation."""
    for cell in master.cells:
        most = sizes.test_lines if cell.graded else sizes.solution_lines if cell.solution else sizes.code_lines
        lines = [line for line in cell.source.splitlines() if line.strip() and not line.lstrip().startswith("###")]
        if cell.is_code and len(lines) > most:
            yield cell_name(cell), f"{len(lines)} lines of code, more than {most}", "split it, or say less"


def outputs_are_references(master: Master, subject: Subject) -> Found:
    """A master stores text outputs of tagged cells only: everything else is noise in a diff."""
    known = {"text/plain", *(kind.reference_type for kind in kinds_of(subject))}
    for cell in master.cells:
        if cell.is_code and cell.reference and not asks_for_evidence(cell, subject):
            yield cell_name(cell), "stores outputs that nobody compares", "run `autograder reference`"
        for output in cell.reference:
            kinds = set(output.get("data", {"text/plain": ""}))
            if output.output_type == "error" or "text/plain" not in kinds or kinds - known:
                yield cell_name(cell), "stores an output that is not text", "show names or numbers as text"


def hints_can_be_followed(assignment: Assignment, sizes: Lint) -> Found:
    """A hint sends a student to a heading that exists, in sentences short enough to read beside an error."""
    headings = {master.name: set(_headings(master)) for master in assignment.notebooks}
    for entry in assignment.catalogue.values():
        if entry.reread.heading not in headings.get(entry.reread.notebook, set()):
            yield (
                entry.id,
                f"sends students to {entry.reread}, which is not there",
                "name a notebook and a heading of it",
            )
        yield from _badly_worded(entry, sizes.hint_characters)


def tests_can_be_told_apart(assignment: Assignment) -> Iterator[Problem]:
    """The first line of a test whose evidence is judged is its own: a kernel knows by it what the test expects."""
    seen: set[str] = set()
    for master in assignment.notebooks:
        for cell in master.graded:
            line = title(cell.released)
            if any(kind.asked(cell.tags) for kind in kinds_of(assignment.subject)):
                if line in seen:
                    wrong = "begins with the same line as another test"
                    yield Problem(f"{master.name}.ipynb", cell_name(cell), wrong, "say what this one looks at")
                seen.add(line)


def _badly_worded(entry: Misconception, most: int) -> Found:
    for what, words in (("belief", entry.belief), ("truth", entry.truth)):
        if not words.endswith((".", "?", "!")) or len(words) > most:
            yield (
                entry.id,
                f"its {what} is no sentence, or a long one",
                f"say it in at most {most} characters",
            )


def _headings(master: Master) -> Iterator[str]:
    texts = (_FENCED.sub("", cell.source) for cell in master.cells if not cell.is_code)
    for text in texts:
        yield from (found.replace("`", "").strip() for found in re.findall(r"^#+ +(.+)$", text, re.MULTILINE))


def lessons_have_a_shape(master: Master, sizes: Lint) -> Found:
    """One heading of the first level; neither too long for one sitting nor mostly code."""
    texts = [_FENCED.sub("", cell.source) for cell in master.cells if not cell.is_code]
    headings = [line for text in texts for line in text.splitlines() if line.startswith("# ")]
    if len(headings) != 1:
        yield "", f"{len(headings)} headings of the first level", "have exactly one, at the top"
    lesson = [cell for cell in master.cells if not cell.graded]
    if not sizes.fewest_cells <= len(lesson) <= sizes.most_cells:
        wanted = f"have between {sizes.fewest_cells} and {sizes.most_cells}"
        yield "", f"{len(lesson)} cells beside the tests", wanted
    share = sum(not cell.is_code for cell in lesson) / max(1, len(lesson))
    if share < sizes.least_text:
        yield "", f"{share:.0%} of the lesson's cells are text", f"have at least {sizes.least_text:.0%}: explain more"


RULES: tuple[Callable[[Master], Found], ...] = (
    code_is_python,
    pictures_of_solutions_stay,
    ids_are_words,
    every_point_is_automatic,
    tests_are_locked,
    tests_belong_to_an_exercise,
    tests_say_what_they_look_at,
    hidden_parts_show_something,
    tests_leave_nothing_behind,
    tests_are_folded,
    solutions_are_marked,
    demonstrations_stand_alone,
)

SIZE_RULES: tuple[Callable[[Master, Lint], Found], ...] = (code_is_short, lessons_have_a_shape)
"""Rules about sizes, which a course sets."""

EVIDENCE_RULES: tuple[Callable[[Master, Subject], Found], ...] = (
    graded_cells_show_something,
    outputs_are_references,
)
"""Rules that must know what counts as evidence."""


def cell_name(cell: MasterCell) -> str:
    """Name a cell for a message."""
    return str(cell.node.id)


def cell_tree(cell: MasterCell) -> ast.Module:
    """Parse a cell; what is not Python has a rule of its own and is empty to the others."""
    return cell.tree or ast.Module(body=[], type_ignores=[])
