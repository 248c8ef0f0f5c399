"""Print the ratios of a benchmark run and keep them in results/speed_v1.csv."""

import csv
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "results" / "speed_v1.csv"
RATIOS = (
    ("compress / OpenJPEG compress", ("test_v1_compress",), "test_openjpeg_compress", 1.0),
    ("decompress / OpenJPEG decompress", ("test_v1_decompress",), "test_openjpeg_decompress", 0.5),
    ("not zlib / compress", ("test_v1_compress", "test_v1_zlib_alone"), "test_v1_compress", 0.25),
)


def pytest_terminal_summary(terminalreporter, config):
    """Compare minima: they are what the machine can do when nothing else disturbs it."""
    session = getattr(config, "_benchmarksession", None)
    minima = {bench.name: bench.stats.min for bench in session.benchmarks} if session else {}
    rows = []
    for name, (first, *subtracted), base, limit in RATIOS:
        if {first, base, *subtracted} <= set(minima):
            time = minima[first] - sum(minima[other] for other in subtracted)
            rows.append((name, f"{1e3 * time:.2f}", f"{1e3 * minima[base]:.2f}",
                         f"{time / minima[base]:.2f}", limit))  # fmt: skip
    if not rows:
        return
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("ratio", "time_ms", "base_ms", "value", "limit"))
        writer.writerows(rows)
    for name, time, base, value, limit in rows:
        terminalreporter.write_line(f"{name}: {time} ms / {base} ms = {value} (limit {limit})")
