"""
The seam: what a subject may bring to the grader, and how the grader finds it.

The grader knows Jupyter, nbgrader and Linux. What a course is about, as far as grading must know it, is a *subject*:
a package that registers an object with the attributes of `Subject` under the entry point group `GROUP`,

    [project.entry-points."autograder.subjects"]
    sharing_variables = "sharing_variables.subject:SUBJECT"

and that a course names in its nbgrader_config.py:

    c.Grading.subject = "sharing_variables"

A course that names none has `PLAIN`, which is registered in the same way and brings nothing: asserts, outputs, tables
(`autograder.frames`) and the course's own hints.yml work all the same.
"""

import importlib.util
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from autograder.errors import CourseError
from autograder.errors import EvidenceError as EvidenceError  # kinds of evidence raise it
from autograder.frames.evidence import FRAME
from autograder.hints import HintRule

if TYPE_CHECKING:
    from autograder.course.master import Master

GROUP = "autograder.subjects"
"""The entry point group under which subjects are registered."""

SUBJECT_VARIABLE = "AUTOGRADER_SUBJECT"
"""The environment variable that tells a kernel its subject: kernelspecs set it for a desk, the grader for grading."""

LintRule = Callable[["Master"], Iterator[tuple[str, str, str]]]
"""Looks at a master notebook and yields problems: the cell's id (or nothing), what is wrong, how to mend it."""


@dataclass(frozen=True)
class KernelSettings:
    """
    What kernels of a subject need.

    Attributes
    ----------
    preload : tuple of str
        Modules that the zygote imports before it forks. None of them may start threads that a fork would miss.
    environment : tuple of (str, str)
        Variables that must be set before the imports. A kernelspec of the subject's own sets the same.
    import_variables : tuple of str
        How the names of variables begin that shape the imports: zygotes are told apart by their values.
    threads_at_work : tuple of str
        How the names of threads begin that are there only once the subject's library has run something. A process
        with such a thread must not fork kernels.
    refusals : tuple of (str, str, str)
        How the subject's library says that the system has refused it something: the limit, the exception's name, and
        how its message begins.
    silenced : tuple of (str, str)
        Log records to drop: the logger's name, and a text in the record.
    library_folders : tuple of str
        Parts of file names, like ``"/site-packages/library/"``. Frames in such files below a student's own line are
        left out of tracebacks.
    """

    preload: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    import_variables: tuple[str, ...] = ()
    threads_at_work: tuple[str, ...] = ()
    refusals: tuple[tuple[str, str, str], ...] = ()
    silenced: tuple[tuple[str, str], ...] = ()
    library_folders: tuple[str, ...] = ()


class EvidenceKind(Protocol):
    """
    A kind of evidence: what a test displays so that it can be judged outside of the student's process.

    The test displays a bundle with an entry of `mime_type`. Facts are a text, in a form of the kind's own in which
    probe names (`autograder.probes`) stand as they are, so that the grader can rename them.
    """

    name: str
    """What findings and reports call it, e.g. ``"graph"``."""

    mime_type: str
    """The MIME type of what a kernel shows."""

    reference_type: str
    """The MIME type of facts that are expected: in a master's outputs, and in what is drawn of them at a desk."""

    tags: frozenset[str]
    """The tags of a test cell that are about this kind."""

    most: int
    """How many pieces of one cell are looked at, the last ones."""

    style: str
    """CSS for what `drawn` gives."""

    def asked(self, tags: Collection[str]) -> bool:
        """Tell whether a test with these tags asks for this kind. Called for every cell, by checks and lint."""

    def read(self, shown: str) -> str:
        """
        Reduce what a kernel showed to facts. Called by the grader, in its own process, with untrusted text.

        Raises
        ------
        EvidenceError
            When it is broken, too big, or says what nothing honest says.
        """

    def reference(self, shown: str) -> str:
        """Give the facts to store in a master. Called by `autograder reference`, with what the master showed."""

    def belongs(self, facts: str, expected: Sequence[str]) -> bool:
        """Tell whether facts may be the test's own, and not an answer's. Called by the check before it compares."""

    def agrees(self, facts: str, expected: str, tags: Collection[str]) -> bool:
        """Tell whether facts are as expected in what the tags say that counts. Called by the check."""

    def difference(self, facts: str, expected: str, tags: Collection[str]) -> str:
        """Say in lines for the student how facts differ that do not agree. Called by the check."""

    def meant(self, expected: str) -> str:
        """Say what the reference is meant to show, for hint rules. Called when a failed test is explained."""

    def at_desk(self, shown: str) -> tuple[str, str]:
        """Give facts, and what is meant, of what this kernel itself showed. Called in a student's kernel."""

    def drawn(self, facts: str, expected: str) -> tuple[str, str] | None:
        """Draw what was expected, and what was shown, as HTML without scripts; None where both are alike.

        Called by the feedback page.
        """


class Subject(Protocol):
    """What a subject brings. Attributes that need heavy imports are properties that import when they are asked."""

    name: str
    """The name of its entry point."""

    def __hash__(self) -> int:
        """What is found out about a master with its subject is found out once."""
        ...

    kernel: KernelSettings
    """Read by the grader and by kernel provisioners when kernels are started, and by the kernel's own extension."""

    @property
    def evidence(self) -> tuple[EvidenceKind, ...]:
        """Its own kinds of evidence. Read by `kinds_of`, which everybody else asks."""

    @property
    def hint_rules(self) -> tuple[HintRule, ...]:
        """Rules that need its facts. Called for each failed test, in the grader and in a student's kernel."""

    @property
    def lint_rules(self) -> tuple[LintRule, ...]:
        """Rules for its notebooks. Called by `autograder lint` for each master."""


class _Plain:
    """The subject of a course that names none."""

    name = "plain"
    kernel = KernelSettings()
    evidence: tuple[EvidenceKind, ...] = ()
    hint_rules: tuple[HintRule, ...] = ()
    lint_rules: tuple[LintRule, ...] = ()


PLAIN: Subject = _Plain()


def kinds_of(subject: Subject) -> tuple[EvidenceKind, ...]:
    """List the kinds of evidence of a course: tables, which every course may show, and those of its subject."""
    return (FRAME, *subject.evidence)


@lru_cache(maxsize=8)
def find_subject(name: str) -> Subject:
    """
    Load a registered subject.

    Raises
    ------
    CourseError
        When none of that name is installed, or it cannot be loaded.
    """
    registered = {point.name: point for point in _registered()}
    if name not in registered:
        known = ", ".join(sorted(registered))
        raise CourseError(f"c.Grading.subject = {name!r}: no such subject is installed; name one of: {known}")
    try:
        return cast(Subject, registered[name].load())
    except Exception as error:
        raise CourseError(
            f"c.Grading.subject = {name!r}: {type(error).__name__}: {error}; install it anew"
        ) from error


def code_folder(subject: Subject) -> Path | None:
    """Find the package of a subject, without importing it; None where it has no folder."""
    return next((_folder(point) for point in _registered() if point.name == subject.name), None)


def code_folders() -> list[Path]:
    """List the packages of all subjects that are installed: kernels must be able to read them."""
    return sorted({folder for point in _registered() if (folder := _folder(point)) is not None})


def _registered() -> list[EntryPoint]:
    return list(entry_points(group=GROUP))


def _folder(point: EntryPoint) -> Path | None:
    found = importlib.util.find_spec(point.module.partition(".")[0])
    return Path(found.origin).parent if found is not None and found.origin is not None else None
