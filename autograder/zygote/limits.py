"""What student code may use up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """
    What one notebook may use.

    A course sets others in its ``nbgrader_config.py``, e.g. ``c.Limits.cell_seconds = 60``. The times and the output
    are held for every kernel; the rest is held by the jail.

    Attributes
    ----------
    cell_seconds : int
        Time of one cell, without what its kernel waited for a processor, see `autograder.kernels.cell_time`. The
        slowest cell of the course takes about a second.
    notebook_seconds : int
        Time of a notebook from its first cell on, in the same way.
    cpu_seconds : int
        Processor time of one process.
    memory_bytes : int
        Memory of all processes of a kernel, beyond what they share with the warm process that they come from, see
        `autograder.kernels.control_groups` and `autograder.zygote.memory`.
    processes : int
        Processes and threads at a time. Numerical libraries start several threads for each core.
    open_files : int
        Open files of one process.
    scratch_bytes, scratch_files : int
        Size of the home folder, which is the only place to write to, and how many files it holds.
    output_bytes, output_messages : int
        Outputs of a notebook, counted while they arrive.
    grader_seconds : int
        Processor time of the grader itself for one notebook: reading, rebuilding, judging, explaining and drawing
        what was handed in. An honest notebook takes a fraction of a second.
    """

    cell_seconds: int = 30
    notebook_seconds: int = 300
    cpu_seconds: int = 300
    memory_bytes: int = 2**30
    processes: int = 256
    open_files: int = 512
    scratch_bytes: int = 64 * 2**20
    scratch_files: int = 4096
    output_bytes: int = 8 * 2**20
    output_messages: int = 10_000
    grader_seconds: int = 20
