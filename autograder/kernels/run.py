"""
What comes of running a notebook, and what whoever runs one must be able to do.

`Runner` is the seam: grading knows it and nothing else of kernels. `autograder.kernels.nbclient_runner` is one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from nbformat import NotebookNode, from_dict

from autograder.probes import DESK
from autograder.zygote.limits import Limits

REFUSALS = (
    ("memory", "MemoryError", ""),
    ("memory", "OSError", "[Errno 12]"),
    ("disk", "OSError", "[Errno 28]"),
    ("disk", "OSError", "[Errno 27]"),
    ("processes", "BlockingIOError", "[Errno 11]"),
    ("processes", "RuntimeError", "can't start new thread"),
)
"""How Python says that the system has refused it something: the limit, the exception, how its message begins."""


class Ended(Enum):
    """How the run of a whole notebook ended."""

    COMPLETE = "complete"
    CELL_TIMEOUT = "cell timeout"
    NOTEBOOK_TIMEOUT = "notebook timeout"
    DEAD_KERNEL = "dead kernel"
    LIMIT = "limit"
    LOST = "lost"
    """The grader failed, or something outside of the jail ended this kernel: nothing that a notebook does."""
    ZYGOTE_GONE = "zygote gone"
    """What all kernels come from has gone, and took this one along."""


@dataclass(frozen=True)
class Reply:
    """
    How one cell ended, from its execute reply.

    Attributes
    ----------
    ok : bool
        Whether the cell ran to its end without an exception.
    error : str
        Name of the exception, e.g. ``"AssertionError"``; empty when `ok`.
    message : str
        What the exception says.
    traceback : str
        What a student is shown of it.
    """

    ok: bool
    error: str = ""
    message: str = ""
    traceback: str = ""

    def refused(self, more: Iterable[tuple[str, str, str]] = ()) -> str:
        """
        Name the limit that the exception speaks of, e.g. ``"memory"``; empty for any other exception.

        Parameters
        ----------
        more : iterable of (str, str, str)
            How the subject's library says it, beside `REFUSALS`.
        """
        for limit, error, beginning in (*REFUSALS, *more):
            if self.error == error and self.message.startswith(beginning):
                return limit
        return ""


@dataclass(frozen=True)
class Run:
    """
    A notebook that has been run.

    Attributes
    ----------
    notebook : NotebookNode
        The notebook with the outputs of all cells that ran.
    ended : Ended
        How the run ended.
    replies : dict of str to Reply
        By cell id; a cell that did not run to an end has no entry.
    stopped_at : str
        Id of the cell that was running when the run was cut short; empty for a complete run.
    limit : str
        Which limit was hit, e.g. ``"output"``; empty when none was.
    why : str
        What failed, in one line, where it was not the notebook; else empty.
    """

    notebook: NotebookNode
    ended: Ended
    replies: dict[str, Reply] = field(default_factory=dict)
    stopped_at: str = ""
    limit: str = ""
    why: str = ""


def held_by(groups: str) -> str:
    """Say in a line what holds kernels to their share of memory and processors, see `Lease.groups`."""
    if groups.startswith("/"):
        return f"each kernel has one below {groups}: the system itself shares out memory and processors"
    why = f" ({groups[1:]})" if groups else ""
    return f"none{why}: memory is measured ten times a second, and nobody shares out processors; see docs/kernels.md"


class Lease(Protocol):
    """Keeps what kernels come from until it is closed."""

    @property
    def groups(self) -> str:
        """The control group below which each kernel has one; or, after a ``-``, why it has none. Read by reports."""

    def close(self) -> None:
        """Give it up."""


class Runner(Protocol):
    """
    Runs notebooks, each in a kernel of its own.

    Grading calls it in worker processes: a runner can be pickled, and its `repr` is part of a result's key.
    """

    @property
    def limits(self) -> Limits:
        """What each notebook may use. Read when a verdict names a limit."""

    @property
    def jailed(self) -> bool:
        """Whether kernels are kept from the network, the disk and each other. Read by sessions and reports."""

    def beside(self, files: Mapping[str, bytes]) -> "Runner":
        """Give a runner whose notebooks find own files of a student's. Called by grading where there are any."""

    def run(self, notebook: NotebookNode, ending: str = DESK) -> Run:
        """
        Run a notebook from top to bottom in a fresh kernel, whatever its cells raise.

        The kernel starts in a folder of its own, which is also its home, with an environment of its own. In it are
        copies of the course's files, and those of `beside`, and nothing else.

        Called by `autograder.grading.submission` for each notebook, and by `autograder.authoring.reference`.

        Parameters
        ----------
        ending : str
            The ending of the names that `autograder.probe` gives.

        Raises
        ------
        KernelError
            When there can be no such kernel.
        """

    def lease(self, *, stays: bool = False) -> Lease:
        """
        Start what kernels come from, and keep it. Called once by each session that has something to grade.

        Raises
        ------
        KernelError
            When there can be no kernels.
        """


def joined_streams(outputs: Iterable[NotebookNode]) -> list[NotebookNode]:
    """
    Make one text of each stream of a cell, where its first piece stands, however it was chunked on its way.

    What a run shows and what a master stores are both read so: who has stored it may have used a program that does
    not join them. nbclient's own `coalesce_streams` takes time in the square of a line's length, and no timeout ends
    it.
    """
    given = list(outputs)
    pieces: dict[str, list[str]] = {}
    for output in given:
        if output.output_type == "stream":
            pieces.setdefault(output.name, []).append(output.text)
    kept = []
    for output in given:
        if output.output_type != "stream":
            kept.append(output)
        elif output.name in pieces:
            kept.append(from_dict(output | {"text": "".join(pieces.pop(output.name))}))
    return kept
