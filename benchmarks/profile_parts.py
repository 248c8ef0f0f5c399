"""Counting calls, timing parts and printing them: what the profiles of all coders share."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 7


class Part(NamedTuple):
    """One row of a table: how often something is done, and how long that takes in all."""

    name: str
    calls: float
    seconds: float


def least_seconds(tasks: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Return the least CPU seconds of each task; each round does all of them once."""
    least = dict.fromkeys(tasks, float("inf"))
    for task in tasks.values():
        task()  # compiled or loaded, and in the cache
    for _ in range(rounds):
        for name, task in tasks.items():
            start = process_time()
            task()
            least[name] = min(least[name], process_time() - start)
    return least


def count_calls(
    function: Callable, counts: Counter, name: str, amount: Callable = lambda *_: 1
) -> None:
    """Let all modules of version 2 call `function` through a counter from now on.

    Each call adds ``amount(*arguments)`` to ``counts[name]``. That works where kernels are plain
    Python, in a process with NUMBA_DISABLE_JIT=1.
    """

    def counting(*arguments):
        counts[name] += int(amount(*arguments))
        return function(*arguments)

    for module in list(sys.modules.values()):
        if module.__name__.startswith("mmpc.v2."):
            for variable, value in list(vars(module).items()):
                if value is function:
                    setattr(module, variable, counting)


def counted_in_python(module: str, data: bytes) -> dict[str, int]:
    """Run ``python -m module`` without compiler: it reads a stream and prints counts as JSON."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-m", module]
    run = subprocess.run(
        command, input=data, env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    return json.loads(run.stdout)


def print_parts(title: str, parts: list[Part], whole: float, samples: int) -> None:
    """Print a table: the parts, the rest, and the whole."""
    rest = whole - sum(part.seconds for part in parts)
    rows = [*parts, Part("the rest", 0, rest), Part("all", 0, whole)]
    print(f"\n{title}\n{'':38}{'calls':>9}{'ns a call':>11}{'ns a sample':>13}{'share':>7}")
    for name, calls, seconds in rows:
        each = f"{calls:9.0f}{1e9 * seconds / calls:11.1f}" if calls else f"{'':20}"
        share = 100 * seconds / whole
        print(f"{name:38}{each}{1e9 * seconds / samples:13.1f}{share:6.1f}%")
