"""
What counts as a message of a kernel: student code can send whatever it likes, in the kernel's name.

The shapes are those of "Messaging in Jupyter", as far as nbclient and nbformat rely on them. What has another shape
is taken for a message about nothing. Of data that a cell shows the text is kept, pictures included, and of other
messages the fields that are listed here.
"""

from collections.abc import Mapping
from typing import Any

from autograder.layers import layer
from autograder.text import readable

_Shape = Mapping[str, type]

_FIELDS: Mapping[str, _Shape] = {
    "status": {"execution_state": str},
    "stream": {"name": str, "text": str},
    "display_data": {"data": dict, "metadata": dict},
    "update_display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict, "execution_count": int},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "execute_input": {"execution_count": int},
    "clear_output": {"wait": bool},
    "execute_reply": {"status": str},
    "kernel_info_reply": {"language_info": dict, "protocol_version": str},
}
"""The fields that messages of a type must have; messages of other types are about nothing that is graded."""

_RAISED: _Shape = {"ename": str, "evalue": str, "traceback": list}
"""The fields of a reply whose status is not ``ok``."""

ABOUT_NOTHING: dict[str, Any] = {
    "header": {"msg_type": "none"},
    "msg_type": "none",
    "msg_id": "",
    "parent_header": {},
    "metadata": {},
    "content": {},
}


@layer("messages")
def sound(message: dict[str, Any]) -> dict[str, Any]:
    """Give a message if it has the shape that its type says, else one that is about nothing."""
    header, parent, content = (message.get(part) for part in ("header", "parent_header", "content"))
    if not (isinstance(header, dict) and isinstance(parent, dict) and isinstance(content, dict)):
        return dict(ABOUT_NOTHING)
    kind = header.get("msg_type")
    fields = _FIELDS.get(kind) if isinstance(kind, str) and kind == message.get("msg_type") else None
    if fields is None or not isinstance(parent.get("msg_id", ""), str):
        return dict(ABOUT_NOTHING)
    if kind == "execute_reply" and content.get("status") != "ok":
        fields = {**fields, **_RAISED}
    if not _has(content, fields):
        return dict(ABOUT_NOTHING)
    if "traceback" in fields and not all(isinstance(line, str) for line in content["traceback"]):
        return dict(ABOUT_NOTHING)
    if "execution_count" in fields and content["execution_count"] < 0:
        return dict(ABOUT_NOTHING)
    return message | {"content": _kept(content, fields)}


def _has(content: dict[str, Any], fields: _Shape) -> bool:
    return all(_is(content.get(name), kind) for name, kind in fields.items())


def _is(value: object, kind: type) -> bool:
    """Tell the type of a value as JSON does, to which true is no number."""
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _kept(content: dict[str, Any], fields: _Shape) -> dict[str, Any]:
    """Keep of a message the fields of its type, and of these what can be written: JSON may hold half a character."""
    kept = {name: _written(content[name]) for name in fields}
    if "metadata" in kept:
        transient = content.get("transient")
        name = transient.get("display_id") if isinstance(transient, dict) else None
        kept |= {"metadata": {}, "transient": {"display_id": readable(name)} if isinstance(name, str) else {}}
    return kept


def _written(value: Any) -> Any:
    """Keep of an object the texts, and of everything else the name: in JSON it may be of any depth."""
    if isinstance(value, dict):
        return {readable(name): readable(text) if isinstance(text, str) else "" for name, text in value.items()}
    if isinstance(value, list):
        return [readable(text) for text in value if isinstance(text, str)]
    return readable(value) if isinstance(value, str) else value
