"""What the encoder thinks that levels cost, read from the live counters.

The true cost comes from six mixed contexts; the encoder estimates it from the first of them,
once for each CTU.
"""

import math

import numpy as np

from mmpc.v2 import contexts as c
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import COST_BITS, counter_cost
from mmpc.v2.residual_syntax import LAST0, LEVEL0, UNARY_LIMIT

COST_ENTRIES = 17  # of one context: magnitudes 0 to 15, then "it is not zero" alone
IS_NOT_ZERO = 16
QUANTIZER_STRIDE = c.MAGNITUDES * c.POSITIONS * COST_ENTRIES  # to the costs of quantizer 1
LEVEL_COSTS = c.CLASSES * 2 * c.MAGNITUDES * c.POSITIONS * COST_ENTRIES
LAST_AXIS_STRIDE = 4 * c.GROUPS  # from the costs of x, of four block sizes, to those of y
LAST_COSTS = 2 * LAST_AXIS_STRIDE

# Probability in 1/256 that a magnitude exceeds 0, 1, ... 14 by quantizer and bucket of the
# neighbours' magnitudes: averages over slices of several scanners, which the encoder trusts
# until a counter has seen enough.
PRIOR = np.array(
    [
        [35, 53, 159, 220, 227, 218, 240, 243, 244, 249, 252, 246, 245, 249, 233],
        [99, 44, 76, 99, 145, 155, 182, 196, 187, 214, 231, 220, 230, 233, 228],
        [127, 64, 96, 127, 135, 161, 143, 188, 199, 219, 223, 234, 233, 230, 223],
        [153, 76, 98, 117, 126, 154, 167, 183, 205, 193, 209, 210, 226, 222, 232],
        [171, 98, 113, 137, 159, 188, 209, 213, 232, 232, 242, 55, 236, 230, 228],
        [194, 122, 126, 137, 148, 145, 164, 163, 184, 184, 198, 205, 206, 219, 224],
        [213, 162, 162, 163, 164, 175, 178, 183, 175, 152, 185, 201, 197, 200, 199],
        [214, 202, 202, 203, 200, 202, 205, 213, 218, 220, 225, 214, 215, 178, 226],
        [223, 223, 221, 219, 217, 217, 220, 216, 213, 221, 219, 222, 218, 221, 229],
        [187, 243, 244, 244, 242, 244, 243, 244, 245, 244, 245, 241, 242, 244, 250],
        [106, 31, 60, 134, 185, 217, 236, 228, 206, 245, 240, 247, 222, 248, 248],
        [168, 59, 66, 92, 130, 180, 211, 214, 225, 232, 229, 238, 244, 245, 241],
        [186, 68, 73, 89, 111, 160, 178, 201, 209, 226, 236, 228, 241, 240, 235],
        [197, 88, 90, 105, 114, 137, 148, 154, 182, 163, 192, 197, 219, 216, 212],
        [207, 110, 103, 113, 127, 145, 160, 181, 212, 217, 218, 228, 239, 242, 243],
        [216, 149, 135, 147, 158, 165, 190, 213, 190, 218, 233, 240, 59, 188, 217],
        [227, 185, 166, 163, 162, 159, 181, 183, 191, 174, 186, 208, 210, 223, 219],
        [226, 214, 198, 196, 190, 189, 198, 202, 203, 206, 213, 212, 205, 186, 192],
        [221, 230, 224, 220, 218, 219, 219, 220, 222, 216, 217, 222, 223, 230, 220],
        [196, 244, 243, 246, 243, 246, 246, 246, 243, 245, 244, 244, 240, 245, 244],
    ],
    np.int64,
).reshape(2, c.MAGNITUDES, 15)
PRIOR_COUNT = 6  # how many decisions the prior counts for

# Extra bits of a magnitude of 15 + i for the escape.
ESCAPE_COST = np.array([2 * math.log2(1 + i) + 1 for i in range(256)], np.float32)


@kernel
def level_cost(counters, context, magnitude, bit):
    """Return the cost in bits of one decision about a magnitude in a context of the first kind."""
    state = np.int64(counters[LEVEL0 + context * c.BINS + magnitude])
    count = state & 1023
    bucket = context // c.POSITIONS % c.MAGNITUDES
    quantizer = context // (c.POSITIONS * c.MAGNITUDES) % 2
    prior = PRIOR[quantizer, bucket, magnitude] << 4
    index = (count * (state >> 20) + PRIOR_COUNT * prior) // (count + PRIOR_COUNT)
    return COST_BITS[index] if bit else COST_BITS[4095 - index]


@kernel
def fill_level_costs(counters, costs):
    """Fill the cost of each magnitude, sign included, in each context of the first kind."""
    for context in range(c.CLASSES * 2 * c.MAGNITUDES * c.POSITIONS):
        base = context * COST_ENTRIES
        costs[base] = level_cost(counters, context, 0, 0)
        so_far = level_cost(counters, context, 0, 1)
        costs[base + IS_NOT_ZERO] = so_far
        so_far += np.float32(1)
        for magnitude in range(1, UNARY_LIMIT):
            costs[base + magnitude] = so_far + level_cost(counters, context, magnitude, 0)
            so_far += level_cost(counters, context, magnitude, 1)
        costs[base + UNARY_LIMIT] = so_far


@kernel
def fill_last_costs(counters, costs):
    """Fill the cost of each group of the position of the last level."""
    for axis in range(2):
        for place in range(4):
            limit = 2 * (place + 2) - 1 if place > 0 else 3
            so_far = np.float32(0)
            for group in range(limit + 1):
                slot = LAST0 + (axis * c.GROUPS + group) * 5 + place
                index = axis * LAST_AXIS_STRIDE + place * c.GROUPS + group
                costs[index] = so_far + c.GROUP_BITS[group]
                if group < limit:
                    costs[index] += counter_cost(counters, slot, 0)
                    so_far += counter_cost(counters, slot, 1)
