"""Where a runner's kernels come from: the settings that all runners share, and what they make of how a run ended."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import ClassVar, Self

from autograder.course.assignment import DataFile
from autograder.kernels.kernelspec import kernelspec
from autograder.kernels.metering import Meter
from autograder.kernels.provisioner import zygote_of
from autograder.kernels.run import Ended, Run, joined_streams
from autograder.kernels.zygote_client import Connection, Exit, ZygoteClient
from autograder.subject import PLAIN, find_subject
from autograder.zygote.limits import Limits


@dataclass(frozen=True)
class KernelSource:
    """
    What kernels are, for a runner that runs notebooks in them.

    Attributes
    ----------
    limits : Limits
        What each notebook may use.
    jailed : bool
        Whether kernels are kept from the network, the disk and everybody else.
    subject : str
        The name of the course's subject, whose kernel settings hold.
    preload : tuple of str or None
        What is imported before kernels are forked; None for what the subject says.
    data : tuple of DataFile
        What a notebook finds in its folder.
    imports : tuple of str
        What is imported before kernels are forked as well, where it can be. It decides about nothing but time, so
        it is in no key.
    own : mapping of str to bytes
        What a student has brought along, by name: it lies there, too, and never in place of `data`.
    """

    piped: ClassVar[bool] = False
    """Whether kernels speak through a pipe."""

    limits: Limits = field(default_factory=Limits)
    jailed: bool = True
    subject: str = PLAIN.name
    preload: tuple[str, ...] | None = None
    data: tuple[DataFile, ...] = ()
    imports: tuple[str, ...] = field(default=(), repr=False)
    own: Mapping[str, bytes] = field(default_factory=dict, repr=False, hash=False)

    def beside(self, files: Mapping[str, bytes]) -> Self:
        """Give a runner whose notebooks find a student's own files beside them, too."""
        return replace(self, own=files)

    @property
    def data_paths(self) -> dict[str, str]:
        """The files of `data`: paths by name."""
        return {file.name: str(file.path) for file in self.data}

    def zygote(self) -> ZygoteClient:
        """Name the warm process that these kernels come from."""
        return _zygote(self.subject, self.jailed, self.piped, self.preload, self.imports)

    def lease(self, *, stays: bool = False) -> Connection:
        """
        Start the warm process if need be, and keep it until the connection is closed.

        Parameters
        ----------
        stays : bool
            Whether it is there a minute longer, for whoever comes next.

        Raises
        ------
        KernelError
            When there can be none.
        """
        return asyncio.run(self.zygote().lease(stays=stays))

    def concluded(self, done: Run, exit_: Exit | None, meter: Meter) -> Run:
        """
        Say how a run ended.

        Parameters
        ----------
        done : Run
            How it looked; `stopped_at` is the cell that ran last.
        exit_ : Exit or None
            How the kernel ended, if it came from a warm process.
        meter : Meter
            What has counted its outputs.
        """
        for cell in done.notebook.cells:
            if "outputs" in cell:
                cell.outputs = joined_streams(cell.outputs)
        ended, why = done.ended, done.why
        if ended is not Ended.COMPLETE and exit_ is not None and exit_.lost:
            # Whatever it looked like: what is waited for does not come from a kernel that somebody has ended.
            ended, why = Ended.ZYGOTE_GONE if exit_.zygote_gone else Ended.LOST, exit_.lost
        limit = "output" if meter.is_over else exit_.limit if exit_ is not None else ""
        refusals = find_subject(self.subject).kernel.refusals
        limit = limit or next(filter(None, (reply.refused(refusals) for reply in done.replies.values())), "")
        if limit and not why:
            ended = Ended.LIMIT
        stopped_at = "" if ended is Ended.COMPLETE else done.stopped_at
        return replace(done, ended=ended, stopped_at=stopped_at, limit=limit, why=why)


@lru_cache(maxsize=8)
def _zygote(
    subject: str, jailed: bool, piped: bool, preload: tuple[str, ...] | None, imports: tuple[str, ...]
) -> ZygoteClient:
    """Name a warm process; once for all notebooks that one process grades, for its name is made of all code."""
    spec = kernelspec(find_subject(subject))
    return zygote_of(spec, dict(spec.env), jailed=jailed, preload=preload, imports=imports, piped=piped)
