"""Dependent scalar quantization: two interleaved quantizers and a state that picks one.

Quantizer 0 reconstructs at the even multiples of the small step, quantizer 1 at the odd ones
and zero; the parity of each level moves a state machine whose state names the quantizer of the
next level. The points that a block may use so form a trellis that packs space more densely
than a grid. H. Schwarz et al., Hybrid video coding with trellis-coded quantization, DCC 2019;
ITU-T H.266, 8.7.3. With a state machine that never leaves state 0 it is an ordinary uniform
quantizer of twice the small step.
"""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.transform import COEFFICIENT_LIMIT

STATES = 8
LEVEL_LIMIT = (1 << 28) - 1  # of a level's magnitude
# The next state after an even and after an odd level (the eight-state trellis of JPEG 2000
# part 2, its union quantizers named by parity), and the quantizer of each state.
NEXT_STATE = np.array(
    [[0, 1], [2, 3], [5, 4], [7, 6], [1, 0], [3, 2], [4, 5], [6, 7]],
    np.int64,
)
QUANTIZER = np.array([0, 1, 0, 1, 0, 1, 0, 1], np.int64)

# The points of level 1 at 2 and 1 small steps move 1/8 step towards each other. Coefficients are
# the rarer the larger they are: those that take level 1 of the first quantizer lie further in. Of
# those near that of the second the encoder makes the smaller ones zero: the others lie further out.
POINT_BITS = 3
SHIFT = np.array([-1, 1], np.int64)  # by quantizer


@kernel
def next_state(state, level, dependent):
    """Return the state after ``level``; always 0 when quantization is not dependent."""
    return NEXT_STATE[np.uint64(state), np.uint64(level & 1)] if dependent else 0


@kernel
def dequantize(level, state, small_step, shifted):
    """Return the coefficient of ``level``, ``COEFFICIENT_BITS`` fractional bits like the step."""
    quantizer = QUANTIZER[np.uint64(state)]
    magnitude = abs(level)
    point = max(2 * magnitude - quantizer, 0) << POINT_BITS
    point += SHIFT[np.uint64(quantizer)] * (shifted & (magnitude == 1))
    value = min((point * small_step) >> POINT_BITS, COEFFICIENT_LIMIT)
    return -value if level < 0 else value
