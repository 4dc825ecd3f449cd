"""
What stands in the place of `autograder.layers` in a copy of the package: one layer is off.

`tests.hostile.layers` writes the name of the layer into `OFF`. For each function that is marked as a part of it a
replacement stands here, which is given the function that it replaces. A mark without a replacement is an error: no
layer goes on being "off" by name alone.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,type-arg"

from collections.abc import Callable
from typing import Any

OFF = ""
"""The layer that is off."""


def layer(name: str) -> Callable[[Any], Any]:
    """Leave a function as it is, or put its replacement there."""

    def mark(function: Any) -> Any:
        return REPLACED[name][function.__qualname__](function) if name == OFF else function

    return mark


def _as_handed_in(master, given, assignment):
    """Take a notebook as it was handed in, tags, tests, metadata and all."""
    import json
    from types import SimpleNamespace

    from nbformat import from_dict

    notebook = json.loads(given.decode("utf-8-sig"))
    for number, cell in enumerate(notebook["cells"]):
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", f"plain-{number}")
        cell["id"] = str(name)
        cell["source"] = "".join(cell["source"])
    return SimpleNamespace(notebook=from_dict(notebook | {"metadata": {}}), told=None, notes=(), blank=())


def _decide_as_handed_in(cell, shown, assignment):
    from autograder.grading.checks import Shown, judge
    from autograder.grading.hidden_parts import visible_part
    from autograder.grading.verdict import decide_cell

    ran = shown.get(cell.node.id, Shown(None, []))
    findings = judge(visible_part(cell, assignment.subject), ran, assignment)
    verdict = decide_cell(str(cell.grade_id), cell.points, findings)
    return verdict, verdict


def _explains_nothing(*_):
    from autograder.grading.explain import Explained

    return Explained()


def _skipped_cells_hold(look):
    def replaced(self, cell, shown, assignment):
        from autograder.grading.checks import Finding, Outcome

        if shown.reply is None and not shown.outputs:
            return Finding(self.name, Outcome.HOLDS)
        return look(self, cell, shown, assignment)

    return replaced


def _asserts_alone(judge):
    def replaced(cell, shown, assignment):
        from autograder.grading.checks import ASSERT

        return tuple(finding for finding in judge(cell, shown, assignment) if finding.check == ASSERT)

    return replaced


def _whole_in_its_place(cell, subject):
    from autograder.inside.namespaces import KEEP

    return f"{cell.source}\n{KEEP}{cell.grade_id}" if cell.has_hidden_part else cell.source


def _without_hidden_lines(as_released):
    def replaced(notebook):
        released = as_released(notebook)
        for cell in released.cells:
            if "### BEGIN HIDDEN" in cell.source:
                before = cell.source.partition("### BEGIN HIDDEN")[0]
                cell.source = before + cell.source.rpartition("END HIDDEN TESTS")[2]
        return released

    return replaced


def _read_anything(path, limit):
    import os
    import stat

    from autograder.errors import RejectedError

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RejectedError("not-a-file", f"{path.name}: not a regular file")
            return file.read()
    except OSError as error:
        raise RejectedError("io", f"{path.name}: {error.strerror}; see that it can be read") from None


def _everything(folder):
    from pathlib import Path

    from autograder.zygote.bubblewrap import HOME, readable_inside

    shown = readable_inside()
    line = ["--bind", "/", "/", "--tmpfs", "/home", "--tmpfs", "/root", "--proc", "/proc", "--dev", "/dev"]
    line += ["--perms", "1777", "--tmpfs", "/tmp"]
    for parent in sorted({parent for path in (*shown, folder, Path(HOME, "-")) for parent in path.parents}):
        if parent not in (Path("/"), Path("/tmp")):
            line += ["--perms", "0755", "--dir", str(parent)]
    for path in shown:
        line += ["--ro-bind", str(path), str(path)]
    return [*line, "--bind", str(folder), str(folder), "--remount-ro", "/dev"]


def _times(factor, beginning):
    def replace(limits_of):
        def replaced(config):
            from dataclasses import replace as changed

            limits = limits_of(config)
            given = config.get("Limits", {})
            more = {name: factor * value for name, value in given.items() if name.startswith("output") is beginning}
            return changed(limits, **more)

        return replaced

    return replace


def _unescaped(make):
    def replaced():
        environment = make()
        environment.autoescape = False
        return environment

    return replaced


def _instead(replacement: Any) -> Callable[[Any], Any]:
    return lambda _: replacement


def _nothing(*_: object) -> None:
    return None


REPLACED: dict[str, dict[str, Callable[[Any], Any]]] = {
    "rebuild": {
        "_prepared": _instead(_as_handed_in),
        "decide": _instead(_decide_as_handed_in),
        "explain": _instead(_explains_nothing),
        "AssertCheck.look": _skipped_cells_hold,
    },
    "evidence": {"judge": _asserts_alone},
    "hidden tests last": {
        "in_its_place": _instead(_whole_in_its_place),
        "as_released": _without_hidden_lines,
        "withheld": _instead(lambda found, seen: found),
        "was_told": _instead(lambda done: False),
        "_without_repeats": _instead(lambda source, released: source),
    },
    "evidence before asserts": {"_without_asserts": _instead(lambda source: source)},
    "reading (links, sizes, depth)": {
        "_refuse_links": _instead(_nothing),
        "read_file": _instead(_read_anything),
        "_measure": _instead(_nothing),
    },
    "messages": {"sound": _instead(lambda message: message)},
    "jail: file system": {"_no_environment": _instead(list), "_file_system": _instead(_everything)},
    "jail: network": {
        "_no_network": _instead(list),
        "_network": _instead(lambda: 0),
        "_refuse_sockets": _instead(_nothing),
    },
    "jail: terminals": {"_mount_own_terminals": _instead(_nothing)},
    "jail: process namespaces": {
        # All but CLONE_NEWPID.
        "_namespaces": lambda namespaces: lambda: namespaces() & ~0x20000000,
        "_mount_own_processes": _instead(_nothing),
    },
    "jail: system calls": {
        "_refuse_system_calls": _instead(_nothing),
        "_refuse_shared_memory": _instead(_nothing),
        "_hide_shared_zeros": _instead(_nothing),
    },
    "limits": {"_limits": _times(100, beginning=False)},
    "output caps": {"_limits": _times(100, beginning=True)},
    "escaping": {
        "_environment": _unescaped,
        "plain": _instead(lambda text: text),
        "_outputs": _instead(lambda outputs, number, left: outputs),
        "csv_safe": _instead(lambda text: text),
        "_refuse_odd_names": _instead(_nothing),
        "Gradebook.takes": _instead(lambda book, student: True),
        "_harmless": _instead(lambda comment: comment),
        "Prose.harmless": _instead(lambda prose, text: text),
    },
}
"""By layer and marked function, what takes its place."""
