"""What a slice is coded with: the tools that are on, and numbers that its kernels read."""

from dataclasses import dataclass, fields

import numpy as np

# Fields of the int64 array that is handed to the kernels.
WIDTH, HEIGHT, MINIMUM, MAXIMUM, DEFAULT_SAMPLE, SMALL_STEP = 0, 1, 2, 3, 4, 5
INTRA, DEPENDENT, QUADTREE, DST_ALLOWED, SKIP_ALLOWED, OPTIMIZED = 6, 7, 8, 9, 10, 11
CANDIDATES, EXTRA_KINDS = 12, 13
FIELDS = 24


@dataclass(frozen=True)
class Tools:
    """The coding tools that are on; each can be switched off to see what it gives.

    Attributes
    ----------
    intra : bool
        Predict blocks from their decoded neighbours.
    quadtree : bool
        Block sizes 4 to 32 instead of 8 only.
    dst : bool
        DST-VII besides DCT-II.
    transform_skip : bool
        4 x 4 blocks without a transform.
    dependent_quantization : bool
        Two interleaved quantizers instead of one.
    optimized : bool
        Rate-distortion-optimized decisions and levels instead of nearest levels.
    mixing : bool
        Mix all contexts instead of using one.
    deblocking : bool
        Smooth block edges in the decoded slice.
    wiener : bool
        Filter the decoded slice with transmitted taps.
    """

    intra: bool = True
    quadtree: bool = True
    dst: bool = True
    transform_skip: bool = True
    dependent_quantization: bool = True
    optimized: bool = True
    mixing: bool = True
    deblocking: bool = True
    wiener: bool = True

    def to_flags(self) -> int:
        """Return the tools as bits, the first in the lowest."""
        return sum(getattr(self, f.name) << i for i, f in enumerate(fields(self)))

    @classmethod
    def from_flags(cls, flags: int) -> "Tools":
        """Return the tools whose bits are set."""
        return cls(**{f.name: bool((flags >> i) & 1) for i, f in enumerate(fields(cls))})


def new_parameters() -> np.ndarray:
    """Return the array of parameters, all zero."""
    return np.zeros(FIELDS, np.int64)
