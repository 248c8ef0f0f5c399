"""Bring a codec to a given number of bytes quickly, for two pictures at equal size.

Size over step is nearly a straight line in logarithms. Whoever remembers what was tried on a
slice needs one or two encodes for the next size, where a search from nothing needs eight.
"""

from collections.abc import Callable

import numpy as np

FIRST_STEPS = (1.0, 4.0, 16.0, 64.0, 256.0)
STEPS = (0.125, 2000.0)
MOST_ENCODES = 3
CLOSE_ENOUGH = 0.02


class SizeMatcher:
    """The streams of one slice that were tried so far, and how to come by another size.

    Parameters
    ----------
    compress : callable
        Stream of the slice at a quantization step.
    """

    def __init__(self, compress: Callable[[float], bytes]):
        self._compress = compress
        self._streams: dict[float, bytes] = {}

    def largest_within(self, size_bytes: int) -> bytes:
        """Return a stream of at most `size_bytes`, as a rule within 2 % of it.

        At most three new encodes, after five the first time. If the size cannot be had,
        the smallest stream known is returned.
        """
        for step in FIRST_STEPS if not self._streams else ():
            self._try(step)
        for _ in range(MOST_ENCODES):
            if len(self._best(size_bytes)) in range(
                int((1 - CLOSE_ENOUGH) * size_bytes), size_bytes + 1
            ):
                break
            self._try(self._step_for((1 - CLOSE_ENOUGH / 2) * size_bytes))
        return self._best(size_bytes)

    def _try(self, step: float) -> None:
        if step not in self._streams:
            self._streams[step] = self._compress(step)

    def _best(self, size_bytes: int) -> bytes:
        streams = self._streams.values()
        within = [stream for stream in streams if len(stream) <= size_bytes]
        return max(within, key=len) if within else min(streams, key=len)

    def _step_for(self, size_bytes: float) -> float:
        """Interpolate in logarithms between the two nearest sizes; extrapolate at the ends."""
        steps = sorted(self._streams)
        log_steps = np.log(steps)
        log_sizes = np.log([len(self._streams[step]) for step in steps])
        above = int(np.count_nonzero(log_sizes > np.log(size_bytes)))
        left = min(max(above - 1, 0), len(steps) - 2)
        slope = (log_sizes[left + 1] - log_sizes[left]) / (log_steps[left + 1] - log_steps[left])
        place = log_steps[left] + (np.log(size_bytes) - log_sizes[left]) / min(slope, -0.1)
        return float(np.clip(np.exp(place), *STEPS))
