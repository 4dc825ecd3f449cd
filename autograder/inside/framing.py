"""
Records on a stream of bytes: a head that says how many bytes one has, then these.

They go between whoever grades and a kernel without sockets of its own, see `autograder.inside.piped_kernel`. Who
reads decides by the head alone whether it wants the rest.
"""

import struct

HEAD = struct.Struct("!I")
"""How many bytes follow."""

NAME_BYTES = 16
"""How long the name of a request is, which stands before the text of the cell."""


def framed(content: bytes) -> bytes:
    """Write a record."""
    return HEAD.pack(len(content)) + content
