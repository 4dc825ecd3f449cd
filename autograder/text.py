"""Text that is safe to print and short enough to keep: whatever it says, and whoever wrote it."""

import re
import unicodedata
from collections.abc import Sequence

from autograder.layers import layer

MOST_NAMED = 10
"""Most files, or people, that a note or a message names."""

MESSAGE_CHARACTERS = 2000
"""The longest message: some twenty lines, stored with three hundred others."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""C0 and C1, DEL, what ends a line elsewhere, and what turns the direction of writing around."""

_IN_NAMES = frozenset(" !#$%'()*+,-.:;=?@[]^_{|}~\u2019\u2018\u2010\u2011\u2013\u00b7\u30fb")
"""What stands in names beside letters, their marks and digits: nothing of it begins or ends anything in HTML,
in its attributes, or in a text of JavaScript between double quotes."""


def readable(name: str) -> str:
    """Write a file name so that it can be printed and stored: bytes that are not UTF-8 become question marks."""
    return name.encode("utf-8", "replace").decode("utf-8")


@layer("escaping")
def plain(text: str) -> str:
    """Make one line harmless: no control characters, nothing that cannot be encoded."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", readable(text))


def is_plain_name(name: str) -> bool:
    """
    Tell whether a student may be called so in nbgrader's gradebook.

    Pages of nbgrader's formgrader write names as they are (nbgrader 0.9.6, `formgrader/templates`): into text, into
    attributes, and into JavaScript between double quotes. Letters of any script, digits, blanks and most signs are
    harmless there.
    """
    return bool(name.strip()) and all(c in _IN_NAMES or unicodedata.category(c)[0] in "LMN" for c in name)


def plain_lines(text: str) -> str:
    """Make text harmless line by line; a tab becomes four spaces."""
    return "\n".join(plain(line.replace("\t", "    ")) for line in text.split("\n"))


def counted(number: int, what: str) -> str:
    """Write a number of things: ``1 file``, ``2 files``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def named(names: Sequence[str]) -> str:
    """Join names, and say where there are more than need be named."""
    return ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")


def cut(text: str) -> str:
    """Keep a message short enough to be read, and to be stored with three hundred others."""
    return text if len(text) <= MESSAGE_CHARACTERS else f"{text[:MESSAGE_CHARACTERS]} ... ({len(text)} characters)"
