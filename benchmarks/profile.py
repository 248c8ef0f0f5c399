"""What the parts of a coder cost: ``python -m benchmarks.profile [--step 18]`` prints tables.

Compiled code cannot be watched without changing it, so there are three ways to know:

* count: a decoder runs once as plain Python, where each call of a function can be counted;
* time a part alone: one kernel many times over, on data like those of a slice;
* leave out: encode with one thing of the search less; what that saves is what it costs.

Times are the least of several rounds of CPU time, each of which measures everything once, so that
a busy machine disturbs all parts alike. Parts alone have their data in the cache and most of their
branches guessed, so they are a bound from below; the last row but one is what they leave.
"""

import argparse

from benchmarks.profile_lossy import profile_lossy
from mmpc.images.samples import sample

SAMPLE = "small_ct"  # 128 x 128: plain Python needs some seconds for it
STEP = 18.0  # an RMSE of about 4


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--step", type=float, default=STEP, help="quantization step (default 18)")
    step = parser.parse_args().step
    profile_lossy(sample(SAMPLE).pixels, step)


if __name__ == "__main__":
    main()
