"""Try mutants, and keep the table of what became of them."""

import argparse
import csv
import queue
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TypeVar

from tests.mutants.covering import ROOT, chosen_modules
from tests.mutants.operators import mutations
from tests.mutants.selection import Records
from tests.mutants.trial import SURVIVED, Copy, Mutant

EXPLAINED = Path(__file__).with_name("explained.csv")
TABLE = ROOT / "results" / "mutants.csv"
COLUMNS = ("module", "line", "mutation", "outcome", "explained")

T = TypeVar("T")
Row = dict[str, str | int]


def all_mutants(module: str) -> list[Mutant]:
    """Return every mutant of a module."""
    return [Mutant(module, change) for change in mutations((ROOT / module).read_text("utf-8"))]


def sampled(mutants: list[Mutant], n_most: int | None, seed: int) -> list[Mutant]:
    """Return at most so many mutants of a module; a larger sample contains a smaller one."""
    if n_most is None or n_most >= len(mutants):
        return mutants
    places = list(range(len(mutants)))
    random.Random(f"{seed} {mutants[0].module}").shuffle(places)
    return [mutants[place] for place in sorted(places[:n_most])]


def try_all(
    mutants: list[Mutant], records: Records, copies: "queue.Queue[Copy]", pool: ThreadPoolExecutor
) -> Iterator[str]:
    """Yield the outcomes for mutants of one module; its tests must pass without a change."""

    def with_a_copy(work: Callable[[Copy], T]) -> T:
        copy = copies.get()
        try:
            return work(copy)
        finally:
            copies.put(copy)

    yield from pool.map(
        lambda mutant: with_a_copy(lambda copy: copy.try_out(mutant, records.groups(mutant, copy))),
        mutants,
    )


def read_explained() -> dict[tuple[str, str, str], str]:
    """Return why each mutant that may survive may."""
    with open(EXPLAINED, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {(row["module"], row["code"], row["mutation"]): row["why"] for row in rows}


def as_row(mutant: Mutant, outcome: str, explained: dict[tuple[str, str, str], str]) -> Row:
    """Return a row of the table, keys `COLUMNS`."""
    change = mutant.mutation
    why = explained.get(mutant.key, "") if outcome == SURVIVED else ""
    return dict(
        zip(COLUMNS, (mutant.module, change.line, change.change, outcome, why), strict=True)
    )


def read_table() -> list[dict[str, str]]:
    """Return the rows of the table, none where there is no table."""
    if not TABLE.exists():
        return []
    with open(TABLE, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(module: str, rows: list[Row], again: bool) -> None:
    """Put the rows of a module in the place of those that the table has of it, or of the same."""
    tried = {(row["line"], row["mutation"]) for row in rows}
    kept = [
        row
        for row in read_table()
        if row["module"] != module or (again and (int(row["line"]), row["mutation"]) not in tried)
    ]
    table = sorted([*kept, *rows], key=lambda row: (row["module"], int(row["line"])))
    with open(TABLE, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def left_in_table(module: str) -> set[tuple[int, str]]:
    """Return line and mutation of what survived in a module without being explained."""
    return {
        (int(row["line"]), row["mutation"])
        for row in read_table()
        if row["module"] == module and row["outcome"] == SURVIVED and not row["explained"]
    }


def room_of(module: str) -> str:
    """Return the part of the package that a module is counted in: its folder, files or tools."""
    folder, *rest = module.removeprefix("mmpc/").split("/")
    return folder if rest else "files" if folder == "files.py" else "tools"


def print_summary() -> None:
    """Print how much the table holds of each part of the package, and how much is killed."""
    rooms: dict[str, Counter] = {}
    for row in read_table():
        explained = "explained" if row["explained"] else SURVIVED
        outcome = explained if row["outcome"] == SURVIVED else "killed"
        for name in (room_of(row["module"]), "all"):
            rooms.setdefault(name, Counter())[outcome] += 1
    print(f"{'':12}{'killed':>8}{'explained':>10}{'left':>6}{'killed of the rest':>20}")
    for name in sorted(rooms, key=lambda name: (name == "all", name)):
        count = rooms[name]
        killed, left = count["killed"], count[SURVIVED]
        share = f"{100 * killed / max(killed + left, 1):.1f} %"
        print(f"{name:12}{killed:8}{count['explained']:10}{left:6}{share:>20}")


def main(argv: Sequence[str] | None = None) -> int:
    """Try mutants; 1 if one survives that is not explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--modules", nargs="+", default=["mmpc"], help="files and folders")
    parser.add_argument("--since", metavar="REV", help="modules changed since a commit")
    parser.add_argument("--sample", type=int, metavar="N", help="at most N mutants of a module")
    parser.add_argument("--again", action="store_true", help="only what the table has left")
    parser.add_argument("--own", action="store_true", help="by each module's own tests alone")
    parser.add_argument("--summary", action="store_true", help="only print what the table holds")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time")
    arguments = parser.parse_args(argv)
    if arguments.summary:
        print_summary()
        return 0
    explained, n_faults = read_explained(), 0
    with (
        tempfile.TemporaryDirectory(prefix="mmpc-mutants-") as folder,
        ThreadPoolExecutor(arguments.jobs) as pool,
        ExitStack() as stack,
    ):
        copies: queue.Queue[Copy] = queue.Queue()
        for number in range(arguments.jobs):
            copies.put(stack.enter_context(closing(Copy(Path(folder, str(number))))))
        for module in chosen_modules(arguments.modules, arguments.since):
            mutants = all_mutants(module)
            here = {key for key in explained if key[0] == module}
            for _, _, change in sorted(here - {mutant.key for mutant in mutants}):
                n_faults += 1
                print(f"{module}: explained, but no such mutant any more: {change}")
            mutants = sampled(mutants, arguments.sample, arguments.seed)
            if arguments.again:
                left = left_in_table(module)
                mutants = [m for m in mutants if (m.mutation.line, m.mutation.change) in left]
            records = Records(module, arguments.own)
            found = try_all(mutants, records, copies, pool) if mutants else ()
            rows = [as_row(*pair, explained) for pair in zip(mutants, found, strict=True)]
            write_rows(module, rows, arguments.again)
            survivors = [row for row in rows if row["outcome"] == SURVIVED]
            left = [row for row in survivors if not row["explained"]]
            n_faults += len(left)
            print(f"{module}: {len(left)} of {len(rows)} left", flush=True)
            for row in left:
                print(f"    {row['line']}: {row['mutation']}", flush=True)
    print_summary()
    return 1 if n_faults else 0


if __name__ == "__main__":
    # The copies go, and what runs in them ends, where this is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main())
