"""What a slice is coded with: the tools that are on, and numbers that its kernels read."""

from dataclasses import dataclass

import numpy as np

from mmpc.request import PRESETS, Tools

# Fields of the int64 array that is handed to the kernels.
WIDTH, HEIGHT, MINIMUM, MAXIMUM, DEFAULT_SAMPLE = 0, 1, 2, 3, 4
STEP, SMALL_STEP = 5, 6  # COEFFICIENT_BITS fractional bits
INTRA, DEPENDENT, DEBLOCKING, WIENER = 7, 8, 9, 10  # tools that the decoder must know
QUADTREE, DST_ALLOWED, SKIP_ALLOWED = 11, 12, 13  # the encoder's affair
CANDIDATES, EXTRA_KINDS, REFINED = 14, 15, 16
REGION_STEP, REGION_SMALL_STEP = 17, 18  # as STEP and SMALL_STEP, in the region of interest
FIELDS = 19

# With dependent quantization the small step is this part of the step, in 1/1024: at equal
# error the two interleaved quantizers then are as fine together as one with the whole step.
DEPENDENT_PART = 573


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


EFFORTS = dict(
    zip(PRESETS, (Effort(1, 1, False), Effort(5, 5, True), Effort(8, 8, True)), strict=True)
)

# Lagrangian weight of a bit, in units of the small step squared.
LAMBDA_DEPENDENT = 0.22
LAMBDA_PLAIN = 0.44


def new_parameters(
    shape: tuple[int, int], limits: tuple[int, int], fixed_step: int, tools: Tools
) -> np.ndarray:
    """Return the array of parameters of a slice.

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
    p = np.zeros(FIELDS, np.int64)
    p[HEIGHT], p[WIDTH] = shape
    p[MINIMUM], p[MAXIMUM] = limits
    p[DEFAULT_SAMPLE] = min(max(0, limits[0]), limits[1])
    p[STEP] = fixed_step
    if tools.dependent_quantization:
        p[SMALL_STEP] = max((fixed_step * DEPENDENT_PART) >> 10, 1)
    else:
        p[SMALL_STEP] = max(fixed_step >> 1, 1)
    p[INTRA] = tools.intra
    p[DEPENDENT] = tools.dependent_quantization
    p[DEBLOCKING] = tools.deblocking
    p[WIENER] = tools.wiener
    p[QUADTREE] = tools.quadtree
    p[DST_ALLOWED] = tools.dst
    p[SKIP_ALLOWED] = tools.transform_skip
    return p
