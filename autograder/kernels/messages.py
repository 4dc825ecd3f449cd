"""
What counts as a message of a kernel: student code can send whatever it likes, in the kernel's name.

The shapes are those of "Messaging in Jupyter", as far as nbclient and nbformat rely on them. What has another shape
is taken for a message about nothing. Of data that a cell shows the text is kept, pictures included.
"""

from collections.abc import Mapping
from typing import Any

_Shape = Mapping[str, type | tuple[type, ...]]

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
    "kernel_info_reply": {"language_info": dict},
}
"""The fields that messages of a type must have; messages of other types are about nothing that is graded."""

_RAISED: _Shape = {"ename": str, "evalue": str}
"""The fields of a reply whose status is not ``ok``."""

ABOUT_NOTHING: dict[str, Any] = {
    "header": {"msg_type": "none"},
    "msg_type": "none",
    "msg_id": "",
    "parent_header": {},
    "metadata": {},
    "content": {},
}


def sound(message: dict[str, Any]) -> dict[str, Any]:
    """Give a message if it has the shape that its type says, else one that is about nothing."""
    header, parent, content = (message.get(part) for part in ("header", "parent_header", "content"))
    if not (isinstance(header, dict) and isinstance(parent, dict) and isinstance(content, dict)):
        return dict(ABOUT_NOTHING)
    kind = header.get("msg_type")
    fields = _FIELDS.get(kind) if isinstance(kind, str) and kind == message.get("msg_type") else None
    if fields is None or not isinstance(parent.get("msg_id", ""), str) or not _has(content, fields):
        return dict(ABOUT_NOTHING)
    if kind == "execute_reply" and content["status"] != "ok" and not _has(content, _RAISED):
        return dict(ABOUT_NOTHING)
    if not all(isinstance(line, str) for line in content.get("traceback", ())):
        return dict(ABOUT_NOTHING)
    count = content.get("execution_count") or 0
    if not isinstance(count, int) or count < 0:
        return dict(ABOUT_NOTHING)
    if "data" in fields:
        return message | {"content": _text_only(content)}
    return message


def _has(content: dict[str, Any], fields: _Shape) -> bool:
    return all(isinstance(content.get(name), kind) for name, kind in fields.items())


def _text_only(content: dict[str, Any]) -> dict[str, Any]:
    """Keep of an output what is text: JSON may be of any depth."""
    transient = content.get("transient")
    name = transient.get("display_id") if isinstance(transient, dict) else None
    data = {kind: value for kind, value in content["data"].items() if isinstance(value, str)}
    return content | {
        "data": data,
        "metadata": {},
        "transient": {"display_id": name} if isinstance(name, str) else {},
    }
