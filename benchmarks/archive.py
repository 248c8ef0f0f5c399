"""How time and memory of ``mmpc archive`` grow: ``python -m benchmarks.archive --series 10000``.

A tree of small series is made, three slices of 32 x 32 each with a header of their own, and the
tool archives it without loss, as a user would. CPU seconds and resident memory of its processes are
read from the system at each tenth of the series; a second run finds nothing left to do, and a third
proves the archive. Linux alone, where /proc tells.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.startup import environment_of_a_user
from mmpc.batch.tables import write_table
from mmpc.explore.small_studies import write_small_series

COLUMNS = ("step", "series", "seconds", "cpu_seconds", "cpu_ms_per_series", "memory_mb")
SLICES, SIZE = 3, 32
STEPS = 10
POLL_SECONDS = 0.2


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive", description=__doc__)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("results/archive.csv"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        studies, archive = Path(folder) / "studies", Path(folder) / "archive"
        make_studies(studies, arguments.series)
        archived = [str(studies), str(archive), "--jobs", str(arguments.jobs)]
        rows = []
        for step, command in (
            ("archive", archived),
            ("nothing left to do", archived),
            ("check", ["--check", str(archive)]),
        ):
            for row in watch(step, command, archive / "manifest.csv", arguments.series):
                print("  ".join(f"{row[name]:>18}" for name in COLUMNS), flush=True)
                rows.append(row)
    write_table(arguments.out, rows, COLUMNS)


def make_studies(root: Path, n_series: int) -> None:
    """Write a folder for each series, a hundred of them in a folder."""
    rng = np.random.default_rng(1)
    rows, columns = np.ogrid[:SIZE, :SIZE]
    for series in range(n_series):
        waves = 200 * np.sin(rows / 5 + rng.uniform(0, 6)) + 9 * columns
        pixels = np.stack(
            [waves + 5 * index + rng.normal(0, 4, (SIZE, SIZE)) for index in range(SLICES)]
        )
        folder = root / f"{series // 100:04}" / f"{series:06}"
        write_small_series(folder, series, pixels.astype(np.int16))


def watch(step: str, command: list[str], manifest: Path, n_series: int) -> Iterator[dict]:
    """Run the tool and yield a row at each tenth of the series, or one where none is archived."""
    start, done_before = time.monotonic(), count_series(manifest)
    process = subprocess.Popen(
        [sys.executable, "-m", "mmpc", "archive", *command],
        env=environment_of_a_user(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    marks = [n_series * step // STEPS for step in range(1, STEPS)] if not done_before else []
    cpu_seconds = memory_mb = 0.0
    while process.poll() is None:
        cpu_seconds, memory_mb = usage_of(process.pid) or (cpu_seconds, memory_mb)
        while marks and count_series(manifest) >= marks[0]:
            yield row_of(step, marks.pop(0), time.monotonic() - start, cpu_seconds, memory_mb)
        time.sleep(POLL_SECONDS)
    if process.returncode:
        raise SystemExit(f"mmpc archive {' '.join(command)} failed")
    yield row_of(step, n_series, time.monotonic() - start, cpu_seconds, memory_mb)


def row_of(step: str, series: int, seconds: float, cpu_seconds: float, memory_mb: float) -> dict:
    """Return a row of the table, rounded to what can be told."""
    return {
        "step": step,
        "series": series,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu_seconds, 1),
        "cpu_ms_per_series": round(1000 * cpu_seconds / series, 1),
        "memory_mb": round(memory_mb, 1),
    }


def count_series(manifest: Path) -> int:
    """Return how many series a manifest has."""
    return max(0, manifest.read_bytes().count(b"\n") - 1) // SLICES if manifest.exists() else 0


def usage_of(pid: int) -> tuple[float, float] | None:
    """Return CPU seconds and resident megabytes of a process and its children; None if it ended."""
    cpu_ticks, pages = 0, 0
    try:
        for one in (pid, *children_of(pid)):
            fields = Path(f"/proc/{one}/stat").read_bytes().rpartition(b")")[2].split()
            cpu_ticks += sum(map(int, fields[11:15]))  # its own, and of children that ended
            pages += int(Path(f"/proc/{one}/statm").read_bytes().split()[1])
    except (OSError, IndexError):
        return None
    return cpu_ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [
        int(one)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for one in (task / "children").read_text(encoding="ascii").split()
    ]


if __name__ == "__main__":
    main()
