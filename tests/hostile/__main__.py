"""
`python -m tests.hostile check [--seeds N] [CASE ...]` grades hostile classes and says what is not as it should be.

`python -m tests.hostile tables` grades the whole corpus, then again without each layer and by stock nbgrader, and
writes the tables of docs/security.md. It takes most of an hour, and needs the superuser. Both exit with 1 when a
case has not its verdict, or a layer is off and nothing gets through.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import track

from tests.hostile.baseline import gets_right, in_rooms_of_nbgrader
from tests.hostile.cases import Case, all_cases
from tests.hostile.layers import GUARDS, LAYERS, without
from tests.hostile.run import Task, damage, failures, in_a_room
from tests.hostile.tables import PAGE, Shown, not_exercised, toothless, write_tables

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


def tables(cases: Mapping[str, Case], console: Console) -> int:
    """Take off one layer after the other, ask nbgrader, and write the tables."""
    if os.getuid() != 0:
        console.print("attacks without a layer need a room that only the superuser can make: run it as root")
        return 2
    names = tuple(cases)
    through: dict[str, tuple[str, ...]] = {}
    others: dict[str, bool] = {}
    with tempfile.TemporaryDirectory(prefix="hostile-", dir="/var/tmp") as scratch:
        # Where student code may read it, as it may the package.
        Path(scratch).chmod(0o755)
        for layer in track(("", *LAYERS), "grading without a layer", console=console, transient=True):
            package = str(without(layer, Path(scratch, "package"))) if layer else ""
            tried = tuple(name for name in names if not layer or cases[name].group in GUARDS[layer])
            observed = in_a_room(Task(tried, SEED, f"{scratch}/out", package))
            through[layer] = tuple(name for name in tried if failures(cases[name], observed, SEED))
            others[layer] = bool(damage(observed))
            which = f": {', '.join(through[layer])}" if through[layer] and not layer else ""
            console.print(f"{layer or 'nothing'} is off: {len(through[layer])} get through{which}", highlight=False)
        # Not beside the others: a case must not get through because the machine was busy.
        console.print("the same by nbgrader")
        by_nbgrader = in_rooms_of_nbgrader(Task(names, SEED, f"{scratch}/nbgrader"))
    failed = through.pop("")
    idle = set(failed)
    shown = Shown(
        failed,
        {layer: tuple(name for name in found if name not in idle) for layer, found in through.items()},
        others,
        tuple(name for name, case in cases.items() if gets_right(case, by_nbgrader, SEED)),
    )
    write_tables(cases, shown)
    console.print(f"written: {PAGE.name}; {len(not_exercised(cases, shown))} cases are not exercised")
    for layer in toothless(shown):
        console.print(f"nothing gets through when '{layer}' is off")
    return 1 if failed or others[""] or toothless(shown) else 0


def main() -> int:
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    commands = parser.add_subparsers(required=True, dest="command")
    checks = commands.add_parser("check")
    checks.add_argument("--seeds", type=int, default=1)
    checks.add_argument("cases", nargs="*", metavar="CASE")
    commands.add_parser("tables")
    options = parser.parse_args()
    console = Console(soft_wrap=True)
    cases = all_cases()
    if options.command == "tables":
        return tables(cases, console)
    unknown = set(options.cases) - cases.keys()
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    return check({name: cases[name] for name in options.cases or cases}, options.seeds, console)


if __name__ == "__main__":
    sys.exit(main())
