"""Try mutants, and keep the table of what became of them."""

import argparse
import csv
import queue
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.covering import ROOT, chosen_modules, covering_tests, is_compiled
from tests.mutants.operators import mutations
from tests.mutants.trial import SURVIVED, Copy, Mutant

EXPLAINED = Path(__file__).with_name("explained.csv")
TABLE = ROOT / "results" / "mutants.csv"
COLUMNS = ("module", "line", "mutation", "outcome", "explained")
# A mutant hangs if its tests take longer than this, and than so many times the plain ones.
LEAST_SECONDS, SLOWER = 60, 5

Row = dict[str, str | int]


def all_mutants(module: str) -> list[Mutant]:
    """Return every mutant of a module."""
    return [Mutant(module, change) for change in mutations((ROOT / module).read_text("utf-8"))]


def sampled(mutants: list[Mutant], n_most: int | None, seed: int) -> list[Mutant]:
    """Return at most so many mutants of a module, the same for the same seed."""
    if n_most is None or n_most >= len(mutants):
        return mutants
    lottery = random.Random(f"{seed} {mutants[0].module}")
    return [mutants[place] for place in sorted(lottery.sample(range(len(mutants)), n_most))]


def try_all(
    mutants: list[Mutant], copies: "queue.Queue[Copy]", pool: ThreadPoolExecutor
) -> Iterator[str]:
    """Yield the outcomes for mutants of one module; its tests must pass without a change."""
    module = mutants[0].module
    tests, compiled = covering_tests(module), is_compiled(module)

    def with_a_copy(work: Callable[[Copy], str]) -> str:
        copy = copies.get()
        try:
            return work(copy)
        finally:
            copies.put(copy)

    start = time.monotonic()
    clean = with_a_copy(lambda copy: copy.run(tests, compiled))
    if clean != SURVIVED:
        raise SystemExit(f"{module}: its tests fail without any change ({clean})")
    seconds = LEAST_SECONDS + SLOWER * (time.monotonic() - start)
    yield from pool.map(
        lambda mutant: with_a_copy(lambda copy: copy.try_out(mutant, tests, seconds)), mutants
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


def write_rows(module: str, rows: list[Row]) -> None:
    """Put the rows of a module in the place of those that the table has of it."""
    kept = []
    if TABLE.exists():
        with open(TABLE, encoding="utf-8", newline="") as stream:
            kept = [row for row in csv.DictReader(stream) if row["module"] != module]
    table = sorted([*kept, *rows], key=lambda row: (row["module"], int(row["line"])))
    with open(TABLE, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def main(argv: Sequence[str] | None = None) -> int:
    """Try mutants; 1 if one survives that is not explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--modules", nargs="+", default=["mmpc"], help="files and folders")
    parser.add_argument("--since", metavar="REV", help="modules changed since a commit")
    parser.add_argument("--sample", type=int, metavar="N", help="at most N mutants of a module")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time")
    arguments = parser.parse_args(argv)
    explained, faults, n_killed, n_explained = read_explained(), [], 0, 0
    with (
        tempfile.TemporaryDirectory(prefix="mmpc-mutants-") as folder,
        ThreadPoolExecutor(arguments.jobs) as pool,
    ):
        copies: queue.Queue[Copy] = queue.Queue()
        for number in range(arguments.jobs):
            copies.put(Copy(Path(folder, str(number))))
        for module in chosen_modules(arguments.modules, arguments.since):
            mutants = all_mutants(module)
            here = {key for key in explained if key[0] == module}
            for _, _, change in sorted(here - {mutant.key for mutant in mutants}):
                faults.append(f"{module}: explained, but no such mutant any more: {change}")
            mutants = sampled(mutants, arguments.sample, arguments.seed)
            found = try_all(mutants, copies, pool) if mutants else ()
            rows = [as_row(*pair, explained) for pair in zip(mutants, found, strict=True)]
            write_rows(module, rows)
            left = [row for row in rows if row["outcome"] == SURVIVED and not row["explained"]]
            faults += [f"{module}:{row['line']}: survived: {row['mutation']}" for row in left]
            n_explained += sum(row["explained"] != "" for row in rows)
            n_killed += sum(row["outcome"] != SURVIVED for row in rows)
            print(f"{module}: {len(left)} of {len(rows)} left", flush=True)
    print(*faults, sep="\n")
    print(f"{n_killed} killed, {n_explained} explained, {len(faults)} left")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
