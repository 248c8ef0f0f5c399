"""What a slice is coded with: the tools that are on, and numbers that its kernels read."""

from dataclasses import dataclass

import numpy as np

from mmpc.coding_tools import Tools
from mmpc.request import PRESETS
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
            # Tools that the decoder must know.
            *("intra", "dependent", "deblocking", "wiener"),
            *("sign_prediction", "oriented_taps", "shifted_points", "rectangles"),
            "references",  # that predictions come from: 1 the slice before, 2 after, 3 both
            "motion",
            *("quadtree", "dst", "transform_skip"),  # the encoder's affair
            *("candidates", "extra_kinds", "second_choice", "own_contexts"),  # its effort
            "whole_search",
            *("cuts", "cut_kinds", "part_candidates", "part_modes"),
        )
    ]
)

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
    second_choice : int
        Whether the winner's levels are chosen again, in the contexts that the first choice made.
    own_contexts : int
        Whether each path of the trellis looks at its own levels.
    whole_search : int
        Whether transforms and quarters are tried, too, where what is known of their cost says
        that they are as good as lost.
    cuts : int
        How often a square may be cut into rectangles, its parts and their parts.
    cut_kinds : int
        2: into halves only; 4: into three parts too.
    part_candidates : int
        As `candidates`, of a part.
    part_modes : int
        Whether as many modes of a part are ranked as of a square, not the likeliest alone.
    """

    candidates: int
    extra_kinds: int
    second_choice: int
    own_contexts: int
    whole_search: int
    cuts: int
    cut_kinds: int
    part_candidates: int
    part_modes: int


EFFORTS = dict(
    zip(
        PRESETS,
        (
            Effort(1, 1, 0, 0, 0, 0, 2, 1, 1),
            Effort(5, 5, 1, 0, 0, 1, 2, 2, 0),
            Effort(8, 8, 0, 1, 1, 3, 4, 2, 1),
        ),
        strict=True,
    )
)

# Lagrangian weight of a bit, in units of the small step squared.
LAMBDA_DEPENDENT = 0.22
LAMBDA_PLAIN = 0.44


def new_parameters(
    shape: tuple[int, int],
    limits: tuple[int, int],
    fixed_step: int,
    tools: Tools,
    references: int = 0,
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
    references : int
        1 if there is a slice before to predict from, plus 2 if there is one after.
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
    p.sign_prediction = tools.sign_prediction
    p.oriented_taps = tools.oriented_taps
    p.shifted_points = tools.shifted_points
    p.rectangles = tools.rectangles
    p.references = references if tools.other_slices else 0
    p.motion = tools.motion
    p.quadtree = tools.quadtree
    p.dst = tools.dst
    p.transform_skip = tools.transform_skip
    return p
