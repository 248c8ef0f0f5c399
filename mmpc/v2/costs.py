"""What the encoder thinks that levels cost, read from the live counters.

The true cost comes from six mixed contexts; the encoder estimates it from the first of them,
once for each CTU.
"""

import math

import numpy as np
from numba import njit

from mmpc.v2 import contexts as c
from mmpc.v2.mixing import counter_cost
from mmpc.v2.residual_syntax import LAST0, LEVEL0, UNARY_LIMIT

COST_ENTRIES = 17  # of one context: magnitudes 0 to 15, then "it is not zero" alone
LEVEL_COSTS = c.CLASSES * 2 * c.MAGNITUDES * c.POSITIONS * COST_ENTRIES
LAST_COSTS = 2 * 4 * c.GROUPS

# Extra bits of a magnitude of 15 + i for the escape.
ESCAPE_COST = np.array([2 * math.log2(1 + i) + 1 for i in range(256)], np.float32)


@njit(cache=True, nogil=True)
def fill_level_costs(counters, costs):
    """Fill the cost of each magnitude, sign included, in each context of the first kind."""
    for context in range(c.CLASSES * 2 * c.MAGNITUDES * c.POSITIONS):
        base = context * COST_ENTRIES
        slot = LEVEL0 + context * c.BINS
        costs[base] = counter_cost(counters, slot, 0)
        so_far = counter_cost(counters, slot, 1)
        costs[base + 16] = so_far
        so_far += np.float32(1)
        for magnitude in range(1, UNARY_LIMIT):
            costs[base + magnitude] = so_far + counter_cost(counters, slot + magnitude, 0)
            so_far += counter_cost(counters, slot + magnitude, 1)
        costs[base + UNARY_LIMIT] = so_far


@njit(cache=True, nogil=True)
def fill_last_costs(counters, costs):
    """Fill the cost of each group of the position of the last level."""
    for axis in range(2):
        for place in range(4):
            limit = 2 * (place + 2) - 1 if place > 0 else 3
            so_far = np.float32(0)
            for group in range(limit + 1):
                slot = LAST0 + (axis * c.GROUPS + group) * 5 + place
                index = (axis * 4 + place) * c.GROUPS + group
                costs[index] = so_far + c.GROUP_BITS[group]
                if group < limit:
                    costs[index] += counter_cost(counters, slot, 0)
                    so_far += counter_cost(counters, slot, 1)
