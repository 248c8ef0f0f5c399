"""What a user waits for besides the codec's work: ``python -m benchmarks.startup [--cold]``.

Each tool is run as a user would, in a process of its own, and its CPU seconds are read from the
system. What they went into is measured in one more process, with clocks in Python's import, in
the loading of compiled kernels, and in the codec, which works there a second time to show what
it takes when all is loaded.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mmpc.images.samples import fetch_samples

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = "head_ct"
ROUNDS = 5
# What is asked for: CPU seconds beyond the codec's own.
COMMANDS = {
    "python -c pass": (None, None),
    "encode --help": (0.2, ["encode", "--help"]),
    "decode --help": (0.2, ["decode", "--help"]),
    "info": (0.3, ["info", "v2.mmpc"]),
    "encode": (1.2, ["encode", "scan.dcm", "a.mmpc"]),
    "encode lossless": (1.2, ["encode", "scan.dcm", "a.mmpc", "--max-error", "0"]),
    "encode version 1": (1.2, ["encode", "scan.dcm", "a.mmpc", "--bitstream", "1"]),
    "decode to .npy": (1.2, ["decode", "v2.mmpc", "a.npy"]),
    "decode to .dcm": (1.2, ["decode", "v2.mmpc", "a.dcm"]),
    "decode version 1": (1.2, ["decode", "v1.mmpc", "a.npy"]),
    "convert to .npy": (1.2, ["convert", "scan.dcm", "a.npy"]),
}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument(
        "--cold", action="store_true", help="instead: compile the kernels anew and time that"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        fetch_samples(work / "data")
        (work / "scan.dcm").write_bytes((work / "data" / f"{SAMPLE}.dcm").read_bytes())
        for version in "12":
            run(work, ["encode", "scan.dcm", f"v{version}.mmpc", "--bitstream", version])
        if arguments.cold:
            print_cold(work)
        else:
            print_warm(work)


def print_warm(work: Path) -> None:
    """Print what each command takes when its kernels were compiled before."""
    columns = "CPU s", "modules", "kernels", "codec", "beyond", "limit"
    print(f"{'command':20}" + "".join(f"{column:>9}" for column in columns))
    missed = []
    for name, (limit, command) in COMMANDS.items():
        if command is not None:
            run(work, command)  # once for the system's file cache
        total = min(run(work, command) for _ in range(ROUNDS))
        stages = measure_stages(work, command) if command else {}
        parts = [stages.get(stage, 0.0) for stage in ("modules", "kernels", "codec")]
        beyond = total - parts[-1]
        if limit and beyond > limit:
            missed.append(name)
        times = total, *parts, beyond
        print(f"{name:20}" + "".join(f"{time:9.2f}" for time in times) + f"{limit or '':>9}")
    print(
        f"CPU seconds, least of {ROUNDS} runs; modules: imported, kernels: loaded from the cache, "
        "codec: compressing and decompressing with all loaded, beyond: all but the codec"
    )
    print("limits exceeded: " + (", ".join(missed) or "none"))


def print_cold(work: Path) -> None:
    """Print what compiling costs, in fresh caches."""
    encode, decode = ["encode", "scan.dcm", "a.mmpc"], ["decode", "v2.mmpc", "a.npy"]
    for name, commands in (
        ("encoder and decoder", [encode]),
        ("decoder alone", [decode]),
        ("lossless, both", [[*encode, "--max-error", "0"]]),
        ("demo", [["demo"]]),
    ):
        with tempfile.TemporaryDirectory() as cache:
            start = time.monotonic()
            cpu = sum(run(work, command, NUMBA_CACHE_DIR=cache) for command in commands)
            elapsed = time.monotonic() - start
            size = sum(path.stat().st_size for path in Path(cache).rglob("*") if path.is_file())
        print(
            f"{name:20}{cpu:7.1f} s CPU {elapsed:7.1f} s {size / 1e6:7.1f} MB of kernels",
            flush=True,
        )


def run(work: Path, command: list[str] | None, **environment: str) -> float:
    """Run a tool in `work` and return its CPU seconds."""
    process = subprocess.Popen(
        [sys.executable, *(["-m", "mmpc", *command] if command else ["-c", "pass"])],
        cwd=work,
        env=environment_of_a_user() | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"mmpc {' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime


def environment_of_a_user() -> dict[str, str]:
    """Return the environment in which this checkout is used, with compiled modules kept."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(ROOT)}


def measure_stages(work: Path, command: list[str]) -> dict[str, float]:
    """Return what the CPU seconds of a tool went into, see :mod:`benchmarks.stages`."""
    printed = subprocess.run(
        [sys.executable, "-m", "benchmarks.stages", *command],
        cwd=work,
        env=environment_of_a_user(),
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    return json.loads(printed)


if __name__ == "__main__":
    main()
