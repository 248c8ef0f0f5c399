"""What the parts of the coders cost: ``python -m benchmarks.profile`` prints tables.

Compiled code cannot be watched without changing it, so there are three ways to know:

* count: a decoder runs once as plain Python, where each call of a function can be counted;
* time a part alone: one kernel many times over, on data like those of a slice;
* leave out: encode with one thing of the search less, or predict with one part of prediction less;
  what that saves is what it costs.

Times are the least of several rounds of CPU time, each of which measures everything once, so that
a busy machine disturbs all parts alike. Parts alone have their data in the cache and most of their
branches guessed, so they are a bound from below; the last row but one is what they leave.
"""

import argparse

from benchmarks.profile_bounded import profile_bounded
from benchmarks.profile_lossy import profile_lossy
from mmpc.images.samples import sample

SAMPLE = "small_ct"  # 128 x 128: plain Python needs up to a minute for it
STEP = 18.0  # an RMSE of about 4


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--step", type=float, default=STEP, help="quantization step (default 18)")
    parser.add_argument("--bound", type=int, default=0, help="promised largest error (default 0)")
    arguments = parser.parse_args()
    pixels = sample(SAMPLE).pixels
    profile_lossy(pixels, arguments.step)
    profile_bounded(pixels, arguments.bound)


if __name__ == "__main__":
    main()
