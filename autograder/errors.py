"""
What can go wrong, as one tree.

    AutograderError
    +-- CourseError      the course itself cannot be used: its folder, configuration or master notebooks
    +-- RejectedError    a submission, or one notebook of it, cannot be read: the batch goes on without it
    +-- DownloadError    what an LMS handed out cannot be read at all: nothing has been collected
    +-- StoreError       a result cannot be kept: the batch goes on, and the same command grades it again
    +-- GradebookError   the gradebook and the course disagree, or it cannot be opened
        +-- GradebookBusyError   it takes nothing from anybody just now: what was to be written waits
    +-- FeedbackError    a feedback page cannot be made or written: the batch goes on without it
    +-- ExportError      scores cannot be written as another program wants them
    +-- KernelError      kernels cannot be had as they are asked for: nothing has been graded
        +-- JailError        there is no jail on this machine
        +-- NoZygoteError    there is no warm process, or it refuses
    +-- ClusterError     other machines cannot grade: what is graded is kept
        +-- LostWorkerError  those that had a submission have gone, one after the other
        +-- ParcelError      what a worker has sent is not what it was asked for

An `EvidenceError` stands beside it: it is about what a test shows, and only checks meet it.

Every message is one line that names the file, the reason and what to do.
"""


class AutograderError(Exception):
    """Any failure that this package explains in a line."""


class CourseError(AutograderError):
    """The course cannot be used as it is; nothing has been graded."""


class DownloadError(AutograderError):
    """What an LMS handed out cannot be read at all; nothing has been collected."""


class StoreError(AutograderError):
    """A result cannot be kept; an older one of the same submission is still there."""


class GradebookError(AutograderError):
    """The gradebook cannot take this course's grades; no older grade was changed."""


class GradebookBusyError(GradebookError):
    """The gradebook takes nothing just now: another program writes to it, or its disk is full."""


class FeedbackError(AutograderError):
    """A feedback page cannot be made or written; points and states are as they are."""


class ExportError(AutograderError):
    """Scores cannot be written as another program wants them; no file was written."""


class KernelError(AutograderError):
    """Kernels cannot be had as they are asked for; nothing has been graded."""


class ClusterError(AutograderError):
    """Other machines cannot grade; what is graded is kept."""


class LostWorkerError(ClusterError):
    """The processes or machines that had a submission have gone, one after the other."""


class ParcelError(ClusterError):
    """What a worker has sent is not what it was asked for."""


class EvidenceError(Exception):
    """What was shown cannot be judged; the message says why, in words for the student."""


class RejectedError(AutograderError):
    """
    A submission, or one notebook of it, cannot be read.

    Parameters
    ----------
    reason : str
        One word, stable between releases, e.g. ``"empty"``: it becomes the reason of the state REJECTED.
    message : str
        One line: the file, what is wrong with it, what to do.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message

    def __reduce__(self) -> tuple[type["RejectedError"], tuple[str, str]]:
        """Cross process borders with both parts."""
        return (type(self), (self.reason, self.message))


class JailError(KernelError):
    """There is no jail on this machine."""


class NoZygoteError(KernelError):
    """There is no warm process, or it refuses."""
