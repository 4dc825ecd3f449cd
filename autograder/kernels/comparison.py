"""Where two runs of one notebook differ: outputs, execution counts, replies and how they ended."""

import json
import re
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode

from autograder.kernels.run import Run
from autograder.text import plain

_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b|tmp[\w]{8}\b")
"""What is different in each process: where an object lies, and what Python calls a temporary file."""

_SHOWN_CHARACTERS = 120


def differences(one: Run, other: Run) -> Iterator[str]:
    """Tell where two runs of the same notebook differ, a line for each place."""
    if (one.ended, one.stopped_at, one.limit) != (other.ended, other.stopped_at, other.limit):
        yield f"the end: {_ending(one)} against {_ending(other)}"
    for first, second in zip(one.notebook.cells, other.notebook.cells, strict=True):
        if first.cell_type != "code":
            continue
        for what, here, there in (
            ("execution count", first.get("execution_count"), second.get("execution_count")),
            ("reply", one.replies.get(first.id), other.replies.get(second.id)),
            *_outputs(first, second),
        ):
            here, there = _told(here), _told(there)
            if here != there:
                yield f"cell '{plain(first.id)}', {what}: {_around(here, there)}"


def _outputs(first: NotebookNode, second: NotebookNode) -> Iterator[tuple[str, Any, Any]]:
    if len(first.outputs) != len(second.outputs):
        yield "outputs", [kind.output_type for kind in first.outputs], [kind.output_type for kind in second.outputs]
    for number, (here, there) in enumerate(zip(first.outputs, second.outputs, strict=False), start=1):
        yield f"output {number}", here, there


def _told(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False) if isinstance(value, dict) else repr(value)
    return _ADDRESS.sub("0x", text)


def _around(here: str, there: str) -> str:
    """Show both from where they begin to differ."""
    start = next((place for place, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), 0)
    begin = max(0, start - _SHOWN_CHARACTERS // 4)
    return " against ".join(plain(text[begin : begin + _SHOWN_CHARACTERS]) for text in (here, there))


def _ending(run: Run) -> str:
    words = [run.ended.value, run.limit, f"in cell '{plain(run.stopped_at)}'" if run.stopped_at else "", run.why]
    return ", ".join(filter(None, words))
