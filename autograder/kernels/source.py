"""Where a runner's kernels come from: the settings that all runners share, and what they make of how a run ended."""

import asyncio
from dataclasses import dataclass, field

from nbformat import NotebookNode

from autograder.course.assignment import DataFile
from autograder.kernels.kernelspec import kernelspec
from autograder.kernels.run import Ended, Reply, Run, joined_streams
from autograder.kernels.zygote_client import Connection, ZygoteClient
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
    """

    limits: Limits = field(default_factory=Limits)
    jailed: bool = True
    subject: str = PLAIN.name
    preload: tuple[str, ...] | None = None
    data: tuple[DataFile, ...] = ()

    @property
    def data_paths(self) -> dict[str, str]:
        """The files of `data`: paths by name."""
        return {file.name: str(file.path) for file in self.data}

    def zygote(self) -> ZygoteClient:
        """Name the warm process that jailed kernels come from."""
        subject = find_subject(self.subject)
        return ZygoteClient(
            preload=subject.kernel.preload if self.preload is None else self.preload,
            jailed=True,
            environment=tuple(sorted(kernelspec(subject).env.items())),
            threads_at_work=subject.kernel.threads_at_work,
        )

    def lease(self) -> Connection:
        """
        Start the warm process if need be, and keep it until the connection is closed.

        Raises
        ------
        KernelError
            When there can be none.
        """
        return asyncio.run(self.zygote().lease())

    def concluded(
        self, notebook: NotebookNode, ended: Ended, replies: dict[str, Reply], running: str, limit: str, why: str
    ) -> Run:
        """
        Say how a run ended.

        Parameters
        ----------
        ended : Ended
            How it looked.
        running : str
            The cell that ran last.
        limit : str
            The limit that ended the kernel, if one did.
        why : str
            What ended it that was nothing of its own, if anything did.
        """
        for cell in notebook.cells:
            if "outputs" in cell:
                cell.outputs = joined_streams(cell.outputs)
        refusals = find_subject(self.subject).kernel.refusals
        limit = limit or next(filter(None, (reply.refused(refusals) for reply in replies.values())), "")
        if limit and not why:
            ended = Ended.LIMIT
        return Run(notebook, ended, replies, "" if ended is Ended.COMPLETE else running, limit, why)
