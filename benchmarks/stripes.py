"""How stripes share a large image's work: ``make stripes`` (``python -m benchmarks.stripes``).

A radiograph is coded whole and in stripes, for what stripes cost in bytes. CPU seconds of each
stripe, one after the other, and of what is done by one thread alone say how many times faster some
cores can be at most; wall time with one and with two jobs, by turns, how many times faster two are
on this machine, now. Only on a quiet machine does the last column say what it should.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from mmpc.images.samples import SAMPLES, sample
from mmpc.request import PRESETS, Request
from mmpc.v2 import codec, stripe_coder
from mmpc.v2.threads import in_threads

GOALS = ({"quality": 6}, {"quality": 40}, {"max_error": 0})
CORES = (2, 4)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", choices=SAMPLES, default="chest_cr")
    parser.add_argument("--preset", choices=PRESETS, default="default")
    parser.add_argument("--rounds", type=int, default=1, help="the least time of so many counts")
    arguments = parser.parse_args()
    pixels = sample(arguments.sample).pixels
    height, width = pixels.shape
    codec.decompress(codec.compress(pixels[:64, :64], Request()))  # compiles
    codec.decompress(codec.compress(pixels[:64, :64], Request.from_keywords(max_error=0)))
    print(f"{arguments.sample}, {width} x {height} {pixels.dtype}, preset {arguments.preset}")
    print("at most: the work of one core by that of the busiest; measured: wall time, jobs 1 by 2")
    for goal in GOALS:
        measure(pixels, goal, arguments.preset, arguments.rounds)


def measure(pixels: np.ndarray, goal: dict, preset: str, rounds: int) -> None:
    """Print the rows of one goal."""
    preset = {} if "max_error" in goal else {"preset": preset}

    def encode(jobs: int, n_stripes: int | None = None) -> bytes:
        request = Request.from_keywords(**goal, **preset, jobs=jobs)
        return codec.compress(pixels, request, n_stripes=n_stripes)

    whole, data = encode(1, n_stripes=1), encode(1)
    errors = [
        float(np.sqrt(np.mean((codec.decompress(one) - 1.0 * pixels) ** 2)))
        for one in (whole, data)
    ]
    print(
        f"\n{goal}: {len(whole)} bytes whole, {len(data)} in stripes "
        f"({100 * (len(data) / len(whole) - 1):+.2f} %), RMSE {errors[0]:.3f} and {errors[1]:.3f}"
    )
    for name, work in (
        ("encode", encode),
        ("decode", lambda jobs: codec.decompress(data, jobs=jobs)),
    ):
        stripes, rest = work_of_stripes(work)
        total = rest + sum(stripes)
        bounds = ", ".join(f"{total / (rest + busiest(stripes, n)):.2f} on {n}" for n in CORES)
        seconds = {1: np.inf, 2: np.inf}
        for _ in range(rounds):
            for jobs in seconds:
                start = time.perf_counter()
                work(jobs)
                seconds[jobs] = min(seconds[jobs], time.perf_counter() - start)
        print(
            f"  {name}: CPU seconds by stripe {' '.join(f'{one:.2f}' for one in stripes)}, "
            f"rest {rest:.2f}; at most {bounds} cores; measured {seconds[1] / seconds[2]:.2f} "
            f"({seconds[1]:.2f} and {seconds[2]:.2f} s)"
        )


def work_of_stripes(work: Callable[[int], object]) -> tuple[list[float], float]:
    """Return the CPU seconds of each stripe, and of all the rest."""
    stripes: list[float] = []

    def watched(one: Callable, *others) -> list:
        def timed(index: int, tell: Callable) -> object:
            start = time.process_time()
            result = one(index, tell)
            stripes.append(time.process_time() - start)
            return result

        return in_threads(timed, *others)

    stripe_coder.in_threads = watched
    try:
        start = time.process_time()
        work(1)
        return stripes, time.process_time() - start - sum(stripes)
    finally:
        stripe_coder.in_threads = in_threads


def busiest(stripes: list[float], cores: int) -> float:
    """Return how long the last of some cores is busy, each taking the next stripe when free."""
    free = [0.0] * cores
    for seconds in stripes:
        free[free.index(min(free))] += seconds
    return max(free)


if __name__ == "__main__":
    main()
