"""Text that is safe to print and short enough to keep: whatever it says, and whoever wrote it."""

import re

from autograder.layers import layer

MESSAGE_CHARACTERS = 2000
"""The longest message: some twenty lines, stored with three hundred others."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def readable(name: str) -> str:
    """Write a file name so that it can be printed and stored: bytes that are not UTF-8 become question marks."""
    return name.encode("utf-8", "replace").decode("utf-8")


@layer("escaping")
def plain(text: str) -> str:
    """Make one line harmless: no control characters, nothing that cannot be encoded."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", readable(text))


def plain_lines(text: str) -> str:
    """Make text harmless line by line; a tab becomes four spaces."""
    return "\n".join(plain(line.replace("\t", "    ")) for line in text.split("\n"))


def cut(text: str) -> str:
    """Keep a message short enough to be read, and to be stored with three hundred others."""
    return text if len(text) <= MESSAGE_CHARACTERS else f"{text[:MESSAGE_CHARACTERS]} ... ({len(text)} characters)"
