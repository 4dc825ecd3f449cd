"""
`python -m tests.hostile check [--seeds N] [CASE ...]` grades hostile classes and says what is not as it should be.

`python -m tests.hostile tables [CASE ...]` grades the whole corpus, then again without each layer and by stock
nbgrader, and writes the tables of docs/security.md. It takes most of an hour, goes on where it was stopped, and needs
the superuser. With cases it grades these alone, and the page keeps what it says of the others.
Both exit with 1 when a case has not its verdict, or a layer is off and nothing gets through.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TypedDict

from rich.console import Console
from rich.progress import track

import autograder
from autograder.layers import LAYERS
from tests.hostile.baseline import gets_right, in_rooms_of_nbgrader
from tests.hostile.cases import GROUPS, Case, all_cases
from tests.hostile.layers import GUARDS, without
from tests.hostile.run import Task, damage, failures, in_a_room
from tests.hostile.tables import PAGE, Shown, Without, merged, not_exercised, on_page, toothless, write_tables

SEED = 1
"""The one of the tables."""


def check(cases: Mapping[str, Case], seeds: int, console: Console) -> int:
    """Grade the cases with as many seeds, and print what is wrong."""
    found = []
    for seed in track(range(1, seeds + 1), "grading hostile classes", console=console, transient=True):
        found += [f"seed {seed}, {line}" for line in wrong(cases, seed)]
    for line in found:
        console.print(line, markup=False, highlight=False)
    names = f"{len(cases)} cases with {seeds} seeds"
    console.print(
        f"{names}: {len(found)} things are not as they should be" if found else f"{names}: all as they must be"
    )
    return 1 if found else 0


def wrong(cases: Mapping[str, Case], seed: int) -> list[str]:
    """Grade the cases as one class, and list what is not as it should be."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as out:
        observed = in_a_room(Task(tuple(cases), seed, out))
    lines = [f"{name}: {line}" for name, case in cases.items() for line in failures(case, observed, seed)]
    return lines + damage(observed)


def tables(cases: Mapping[str, Case], tried: Mapping[str, Case], console: Console) -> int:
    """Take off one layer after the other, ask nbgrader, and write the tables; what is done is not done again."""
    if os.getuid() != 0:
        console.print("attacks without a layer need a room that only the superuser can make: run it as root")
        return 2
    # Neither beside the other: a case must not get through because the machine was busy.
    steps: dict[str, Callable[[Path], _Step]] = {}
    for layer in ("", *LAYERS):
        if not layer or any(case.group in GUARDS[layer] for case in tried.values()):
            steps[layer] = partial(_without, tried, layer)
    for group in GROUPS:
        if any(case.group == group for case in tried.values()):
            steps[f"nbgrader, {group}"] = partial(_by_nbgrader, tried, group)
    place = Path(tempfile.gettempdir(), f"hostile-tables-{_digest(tried)}.json")
    done: dict[str, _Step] = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
    for name, step in track(
        steps.items(), "grading without a layer, and by nbgrader", console=console, transient=True
    ):
        if name not in done:
            with tempfile.TemporaryDirectory(prefix="hostile-", dir="/var/tmp") as scratch:
                # Where student code may read it, as it may the package.
                Path(scratch).chmod(0o755)
                done[name] = step(Path(scratch))
            place.write_text(json.dumps(done), encoding="utf-8")
        which = f": {', '.join(done[name]['names'])}" if done[name]["names"] and not name else ""
        what = "are right" if name.startswith("nbgrader") else "get through"
        console.print(f"{name or 'nothing off'}: {len(done[name]['names'])} {what}{which}", highlight=False)
    failed = done[""]["names"]
    shown = Shown(
        tuple(failed),
        {
            layer: _off(done[layer], failed) if layer in done else Without((), harm=False, ended=True)
            for layer in LAYERS
        },
        tuple(name for step in done if step.startswith("nbgrader") for name in done[step]["names"]),
    )
    if len(tried) < len(cases):
        shown = merged(on_page(), shown, tried, cases)
    write_tables(cases, shown)
    place.unlink()
    console.print(f"written: {PAGE.name}; {len(not_exercised(cases, shown))} cases are not exercised")
    for layer in toothless(shown):
        console.print(f"nothing gets through when '{layer}' is off")
    return 1 if failed or done[""]["harm"] or toothless(shown) else 0


class _Step(TypedDict):
    """What a step has shown: cases that got through, or are right; whether others came to harm; whether it ended."""

    names: list[str]
    harm: bool
    ended: bool


def _off(step: _Step, failed: list[str]) -> Without:
    return Without(tuple(name for name in step["names"] if name not in failed), step["harm"], step["ended"])


def _without(cases: Mapping[str, Case], layer: str, scratch: Path) -> _Step:
    package = str(without(layer, scratch / "package")) if layer else ""
    tried = tuple(name for name, case in cases.items() if not layer or case.group in GUARDS[layer])
    observed = in_a_room(Task(tried, SEED, f"{scratch}/out", package))
    names = [name for name in tried if failures(cases[name], observed, SEED)]
    return {"names": names, "harm": bool(damage(observed)), "ended": observed.ended}


def _by_nbgrader(cases: Mapping[str, Case], group: str, scratch: Path) -> _Step:
    names = tuple(name for name, case in cases.items() if case.group == group)
    observed = in_rooms_of_nbgrader(Task(names, SEED, f"{scratch}/nbgrader"))
    right = [name for name in names if gets_right(cases[name], observed, SEED)]
    return {"names": right, "harm": bool(observed.problems), "ended": observed.ended}


def _digest(tried: Iterable[str]) -> str:
    """Tell this state of the package and of the corpus, and these cases, from others."""
    whole = hashlib.sha256(" ".join(tried).encode())
    for folder in (Path(autograder.__file__).parent, Path(__file__).parent):
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            whole.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return whole.hexdigest()[:16]


def main() -> int:
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    commands = parser.add_subparsers(required=True, dest="command")
    checks = commands.add_parser("check")
    checks.add_argument("--seeds", type=int, default=1)
    checks.add_argument("cases", nargs="*", metavar="CASE")
    commands.add_parser("tables").add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_args()
    console = Console(soft_wrap=True)
    cases = all_cases()
    unknown = set(options.cases) - cases.keys()
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    chosen = {name: cases[name] for name in options.cases or cases}
    if options.command == "tables":
        return tables(cases, chosen, console)
    return check(chosen, options.seeds, console)


if __name__ == "__main__":
    sys.exit(main())
