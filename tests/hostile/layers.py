"""
Copies of the package with one layer taken off: what a case is worth shows where it gets through one of them.

A layer is taken off by replacing text, in a copy of the package that is put before the real one on the path. A text
that is not found is an error, so that a layer that has been rewritten does not go on being "off" by name alone.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

import autograder

_Change = tuple[str, str, str]
"""A file of the package, a text in it, and what takes its place."""

GUARDS = {
    "rebuild": "FC",
    "evidence": "F",
    "hidden tests last": "FS",
    "evidence before asserts": "F",
    "reading (links, sizes, depth)": "CS",
    "messages": "FCI",
    "jail: file system": "S",
    "jail: network": "SX",
    "jail: process namespaces": "SX",
    "jail: system calls": "SRX",
    "limits": "R",
    "output caps": "R",
    "escaping": "I",
}
"""The groups of cases that a layer is there for: these are graded without it."""

LAYERS: Mapping[str, tuple[_Change, ...]] = {
    "rebuild": (
        (
            "grading.py",
            '        rebuilt = rebuild(master, parse_notebook(given, f"{master.name}.ipynb"))\n',
            '        parse_notebook(given, f"{master.name}.ipynb")\n        rebuilt = _as_handed_in(given)\n',
        ),
        (
            "grading.py",
            "def _decide(",
            "def _as_handed_in(given):\n"
            "    import json\n"
            '    notebook = json.loads(given.decode("utf-8-sig"))\n'
            '    for number, cell in enumerate(notebook["cells"]):\n'
            '        name = cell["metadata"].get("nbgrader", {}).get("grade_id", f"plain-{number}")\n'
            '        cell["id"] = str(name)\n'
            '        cell["source"] = "".join(cell["source"])\n'
            '    notebook = nbformat.from_dict(notebook | {"metadata": {}})\n'
            '    return type("Handed", (), {"notebook": notebook, "notes": (), "blank": ()})\n\n\n'
            "def _decide(",
        ),
        (
            "grading.py",
            "    ran = shown[whole(cell.node.id) if cell.has_hidden_part else cell.node.id]\n"
            "    if cell.asks_first:\n",
            "    ran = shown.get(cell.node.id, Shown(None, []))\n    if False:\n",
        ),
        (
            "grading.py",
            "judge(cell, ran, assignment)",
            "judge(visible_part(cell) if cell.has_hidden_part else cell, ran, assignment)",
        ),
        ("grading.py", "    if not cell.has_hidden_part:\n        return verdict\n", "    return verdict\n"),
        (
            "grading.py",
            "        hints = tuple(_hints(master, done.notebook, found, cells, assignment))\n",
            "        hints = ()\n",
        ),
        (
            "checks.py",
            "        if shown.reply is None:\n",
            "        if shown.reply is None and not shown.outputs:\n"
            "            return Finding(self.name, Outcome.HOLDS)\n"
            "        if shown.reply is None:\n",
        ),
    ),
    "evidence": (("checks.py", "(AssertCheck(), OutputCheck(), GraphCheck())", "(AssertCheck(),)"),),
    "hidden tests last": (
        ("rebuild.py", 'f"{cell.released}\\n{KEEP}', 'f"{cell.source}\\n{KEEP}'),
        (
            "rebuild.py",
            "        cell.source = text if last.startswith(KEEP) else cell.source\n",
            "        if last.startswith(KEEP):\n"
            '            before = text.partition("### BEGIN HIDDEN")[0]\n'
            '            cell.source = before + text.rpartition("END HIDDEN TESTS")[2]\n',
        ),
        ("grading.py", "    if not cell.has_hidden_part:\n        return verdict\n", "    return verdict\n"),
    ),
    "evidence before asserts": (
        (
            "rebuild.py",
            "    return ast.unparse(_NoAsserts().visit(cell.tree))\n",
            "    return cell.source\n",
        ),
    ),
    "reading (links, sizes, depth)": (
        ("intake.py", "os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK", "os.O_RDONLY | os.O_NONBLOCK"),
        ("intake.py", "            if path.is_symlink():\n", "            if False:\n"),
        ("intake.py", "        if status.st_nlink > 1:\n", "        if False:\n"),
        ("intake.py", "    _measure(text, name)\n", ""),
        ("intake.py", "MAX_BYTES = 32 * 2**20", "MAX_BYTES = 32 * 2**22"),
    ),
    "messages": (
        (
            "kernels/running.py",
            "return sound(self.session.deserialize(message))",
            "return self.session.deserialize(message)",
        ),
    ),
    "jail: file system": (
        (
            "kernels/jail.py",
            '    line += ["--proc", "/proc"',
            '    line += ["--bind", "/", "/", "--tmpfs", "/home", "--tmpfs", "/root", "--proc", "/proc"',
        ),
        ("kernels/jail.py", 'for name in ("ld.so.cache", "localtime", "alternatives")', "for name in ()"),
        (
            "kernels/jail.py",
            '    line += ["--bind", str(folder), str(folder), "--remount-ro", "/dev", "--remount-ro", "/"]\n',
            '    line += ["--bind", str(folder), str(folder), "--remount-ro", "/dev"]\n',
        ),
        (
            "kernels/jail.py",
            '            line += ["--symlink", str(path.readlink()), str(path)]\n',
            "            pass\n",
        ),
        ("kernels/jail.py", ' "--clearenv",', ""),
    ),
    "jail: network": (
        ("kernels/jail.py", ' "--unshare-net",', ""),
        ("kernels/jail.py", "                _socket_filter().load()\n", ""),
    ),
    "jail: process namespaces": (
        ("kernels/jail.py", "_NEWUTS | _NEWIPC | _NEWUSER | _NEWPID\n", "_NEWUTS | _NEWIPC | _NEWUSER\n"),
        ("kernels/jail.py", '    _mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)\n', ""),
    ),
    "jail: system calls": (("kernels/jail.py", "    system_call_filter().load()\n", ""),),
    "limits": (
        (
            "kernels/running.py",
            "    limits = Limits(**given)\n",
            '    given = {n: v if n.startswith("output") else 100 * v for n, v in given.items()}\n'
            "    limits = Limits(**given)\n",
        ),
    ),
    "output caps": (
        (
            "kernels/running.py",
            "    limits = Limits(**given)\n",
            '    given = {n: 100 * v if n.startswith("output") else v for n, v in given.items()}\n'
            "    limits = Limits(**given)\n",
        ),
    ),
    "escaping": (
        ("report/templates.py", "autoescape=True", "autoescape=False"),
        (
            "harmless.py",
            '    return _CONTROL.sub("\\N{REPLACEMENT CHARACTER}", readable(text))\n',
            "    return text\n",
        ),
        ("harmless.py", "        cell.outputs = [_output(output, number, left) for output in cell.outputs]\n", ""),
        ("report/sheet.py", '    return f"\'{text}" if', '    return f"{text}" if'),
    ),
}
"""What is replaced to take a layer off."""

_FINDS_THE_COPY: _Change = (
    "kernels/jail.py",
    '        "HOME": HOME,\n',
    '        "HOME": HOME,\n        "PYTHONPATH": str(Path(__file__).parents[2]),\n',
)
"""The environment of a jail is its own: it has to be told where the copy is."""


def without(layer: str, folder: Path) -> Path:
    """
    Copy the package into a folder with one layer off, and return the folder, for the path.

    Raises
    ------
    ValueError
        When a text that is to be replaced is not there.
    """
    package = folder / "autograder"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(Path(autograder.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, before, after in (*LAYERS[layer], _FINDS_THE_COPY):
        path = package / name
        text = path.read_text(encoding="utf-8")
        if before not in text:
            raise ValueError(f"{name} has no {before!r} any more: say anew how '{layer}' is taken off")
        path.write_text(text.replace(before, after), encoding="utf-8")
    return folder
