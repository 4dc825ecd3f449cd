"""
The layers that keep a hostile submission out, and where each of them stands in the code.

docs/security.md promises what these layers hold together, and says for each which submissions get through without it.
To find that out, `tests.hostile` grades with a copy of the package in which this module is another one: there the
functions of one layer are replaced. Here a mark changes nothing, and nothing can switch a layer off.
"""

from collections.abc import Callable
from typing import Any, TypeVar

LAYERS = (
    "rebuild",
    "evidence",
    "hidden tests last",
    "evidence before asserts",
    "reading (links, sizes, depth)",
    "messages",
    "jail: file system",
    "jail: network",
    "jail: terminals",
    "jail: process namespaces",
    "jail: system calls",
    "limits",
    "output caps",
    "escaping",
)
"""All layers, from what is read to what is written."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


def layer(name: str) -> Callable[[_Function], _Function]:
    """Mark a function without which a layer would not hold. The function stays what it is."""
    if name not in LAYERS:
        raise ValueError(f"no layer {name!r}")
    return lambda function: function
