"""What a zygote is asked for."""

import json
from dataclasses import asdict, dataclass, field

MAX_PACKET = 2**17
"""Bytes of the longest message: an environment fits."""

LAUNCHER = ["-m", "ipykernel_launcher"]
"""What a kernelspec's command runs for a kernel that can be forked instead."""

DATA = "data"
"""Within the folder of a jailed kernel's sockets: copies of the files that it finds in its own."""


@dataclass(frozen=True)
class Order:
    """
    What a kernel is to be.

    Attributes
    ----------
    argv : list of str
        Arguments of `ipykernel_launcher`.
    environment : dict of str to str
        All environment variables of the kernel.
    folder : str
        Working folder of a kernel that is not jailed; the folder of its sockets for one that is.
    limits : dict of str to int
        The fields of `autograder.zygote.limits.Limits`; empty for a kernel that is not jailed.
    piped : bool
        Whether it speaks through a socket that comes with the order, and has none with a name: a jailed one that is
        graded in, see `autograder.inside.piped_kernel`.
    """

    argv: list[str]
    environment: dict[str, str]
    folder: str
    limits: dict[str, int] = field(default_factory=dict)
    piped: bool = False

    def packet(self) -> bytes:
        """Write the request."""
        return json.dumps({"kernel": asdict(self)}).encode()
