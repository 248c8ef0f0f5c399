"""The edges of the trellis: which levels a coefficient may have, and what each of them costs.

All values are in small steps, all costs in small steps squared: error plus lambda times bits.
"""

import numpy as np

from mmpc.v2 import contexts as c
from mmpc.v2.kernel import kernel
from mmpc.v2.residual_syntax import UNARY_LIMIT
from mmpc.v2.scan import SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.search.costs import (
    COST_ENTRIES,
    ESCAPE_COST,
    IS_NOT_ZERO,
    LAST_AXIS_STRIDE,
)

HUGE = np.float32(1e30)
HALF = np.float32(0.5)  # a level is two small steps
LARGEST_BUCKETED = 63  # larger sums of magnitudes are all in one context
BUCKET_STRIDE = c.POSITIONS * COST_ENTRIES


@kernel(forceinline=True)
def context_base(near, level_class, quantizer, x, y):
    """Return where the costs of the level at (x, y) start, near magnitudes that add up so."""
    bucket = c.MAGNITUDE_BUCKET[min(near, LARGEST_BUCKETED)]
    context = (level_class * 2 + quantizer) * c.MAGNITUDES + bucket
    return context * BUCKET_STRIDE + c.POSITION_BUCKET[x + y] * COST_ENTRIES


@kernel(fastmath=True, forceinline=True)
def level_cost(trellis, quantizer, base, magnitude, value):
    """Return the cost of a magnitude in the context whose costs start at ``base``.

    That of a zero of quantizer 1 comes out too large: `weigh_edges` knows better.
    """
    costs = trellis.level_costs
    error = value - np.float32(2 * magnitude - quantizer)
    error -= trellis.shifts[quantizer] if magnitude == 1 else np.float32(0)
    bits = costs[base + min(magnitude, UNARY_LIMIT)]
    if magnitude >= UNARY_LIMIT:
        bits += ESCAPE_COST[min(magnitude - UNARY_LIMIT, 255)]
    return error * error + trellis.bit_price * bits


@kernel(fastmath=True, forceinline=True)
def weigh_edges(trellis, quantizer, base, value):
    """Return the cheapest even and the nearest odd level of ``quantizer``, each with its cost.

    Without dependent quantization one edge is enough, for the cheaper of both.
    """
    # The points of quantizer 1 are a small step nearer to zero.
    low = np.int64((value + np.float32(quantizer)) * HALF)
    even = (low + 1) & ~1
    odd = low | 1
    even_cost = level_cost(trellis, quantizer, base, even, value)
    odd_cost = level_cost(trellis, quantizer, base, odd, value)
    zero_cost = value * value + trellis.bit_price * trellis.level_costs[base]
    if zero_cost < even_cost:
        even = 0
        even_cost = zero_cost
    if not trellis.dependent:
        if odd_cost < even_cost:
            even = odd
            even_cost = odd_cost
        odd_cost = HUGE
    return even, even_cost, odd, odd_cost


@kernel(fastmath=True)
def weigh_start(trellis, i, value, level_class, log2_width, log2_height):
    """Return the same of a path whose first level is that of the i-th coefficient."""
    start = SCAN_START[log2_width, log2_height]
    x = np.int64(SCAN_X[start + i])
    y = np.int64(SCAN_Y[start + i])
    price = trellis.bit_price
    base = context_base(np.int64(0), level_class, 0, x, y)
    bits = last_bits(trellis, log2_width, log2_height, x, y)
    bits -= trellis.level_costs[base + IS_NOT_ZERO]  # its place said so
    low = np.int64(value * HALF)
    even = (low + 1) & ~1
    odd = low | 1
    even_cost = HUGE
    if even > 0:
        even_cost = price * bits + level_cost(trellis, 0, base, even, value)
    odd_cost = price * bits + level_cost(trellis, 0, base, odd, value)
    if not trellis.dependent:
        if odd_cost < even_cost:
            even = odd
            even_cost = odd_cost
        odd_cost = HUGE
    return even, even_cost, odd, odd_cost


@kernel
def last_bits(trellis, log2_width, log2_height, x, y):
    """Return the bits of saying that the last level is the one at (x, y)."""
    across = (log2_width - 2) * c.GROUPS + c.LAST_GROUP[x]
    down = (log2_height - 2) * c.GROUPS + c.LAST_GROUP[y]
    return trellis.last_costs[across] + trellis.last_costs[LAST_AXIS_STRIDE + down]
