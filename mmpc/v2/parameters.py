"""What a slice is coded with: the tools that are on, and numbers that its kernels read."""

from dataclasses import dataclass, fields

import numpy as np

from mmpc.v2.records import new_record

# What the kernels read of a slice.
PARAMETERS = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("width", "height"),  # in samples
            *("minimum", "maximum"),  # of the samples
            "default_sample",  # stands for neighbours that are not known
            *("step", "small_step"),  # COEFFICIENT_BITS fractional bits
            *("region_step", "region_small_step"),  # the same in the region of interest
            *("intra", "dependent", "deblocking", "wiener"),  # tools that the decoder must know
            *("quadtree", "dst", "transform_skip"),  # the encoder's affair
            *("candidates", "extra_kinds", "refined"),  # its effort
        )
    ]
)

# With dependent quantization the small step is this part of the step, in 1/1024: at equal
# error the two interleaved quantizers then are as fine together as one with the whole step.
DEPENDENT_PART = 573


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
        Levels and modes chosen for rate and error, not for the error alone.
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


@dataclass(frozen=True)
class Effort:
    """How thoroughly the encoder searches.

    Attributes
    ----------
    candidates : int
        Prediction modes of a block that are transformed and quantized.
    extra_kinds : int
        Of these, how many are tried with DST-VII and without a transform too.
    refined : bool
        Choose the levels of each block a second time, knowing the first choice.
    """

    candidates: int
    extra_kinds: int
    refined: bool


PRESETS = {"fast": Effort(1, 1, False), "default": Effort(5, 5, True), "best": Effort(8, 8, True)}

# Lagrangian weight of a bit, in units of the small step squared.
LAMBDA_DEPENDENT = 0.22
LAMBDA_PLAIN = 0.44


def new_parameters(
    shape: tuple[int, int], limits: tuple[int, int], fixed_step: int, tools: Tools
) -> np.record:
    """Return the parameters of a slice, a record of type ``PARAMETERS``.

    Parameters
    ----------
    shape : tuple of int
        Height and width in samples.
    limits : tuple of int
        Lowest and highest sample.
    fixed_step : int
        Quantization step in 1/1024 sample units.
    tools : Tools
        The tools that are on.
    """
    p = new_record(PARAMETERS)
    p.height, p.width = shape
    p.minimum, p.maximum = limits
    p.default_sample = min(max(0, limits[0]), limits[1])
    p.step = fixed_step
    if tools.dependent_quantization:
        p.small_step = max((fixed_step * DEPENDENT_PART) >> 10, 1)
    else:
        p.small_step = max(fixed_step >> 1, 1)
    p.intra = tools.intra
    p.dependent = tools.dependent_quantization
    p.deblocking = tools.deblocking
    p.wiener = tools.wiener
    p.quadtree = tools.quadtree
    p.dst = tools.dst
    p.transform_skip = tools.transform_skip
    return p
