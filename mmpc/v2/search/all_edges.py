"""The edges of all coefficients of a block at once, where no path has contexts of its own.

All paths then look at the same levels around a coefficient, rounded ones or those that were chosen
before, and what its levels cost does not depend on the path. The work is split into loops over
places that a compiler makes vectors of: tables are looked up in a loop of its own, for which there
are no vectors. Indices are unsigned, since for a signed one numba asks whether it is negative.
"""

import numpy as np

from mmpc.v2 import contexts as c
from mmpc.v2.kernel import kernel
from mmpc.v2.residual_syntax import UNARY_LIMIT
from mmpc.v2.search.costs import QUANTIZER_STRIDE
from mmpc.v2.search.edges import BUCKET_STRIDE, HALF, HUGE, weigh_edges
from mmpc.v2.search.magnitudes import (
    BEYOND,
    LARGEST_NEIGHBOUR,
    POSITION_BASE,
    VECTOR,
    squares_of,
    vectors_of,
)

ROUNDING = np.float32(0.4)  # of the guess of a magnitude; less than a half, as the rate counts too
# The smallest sum of neighbours' magnitudes in each bucket but the first.
BUCKET_LIMITS = tuple(np.flatnonzero(np.diff(c.MAGNITUDE_BUCKET)) + 1)
# From so many small steps on, the level above a magnitude may take an escape.
LARGE = np.float32(2 * UNARY_LIMIT - 3)


@kernel(fastmath=True)
def round_magnitudes(trellis, log2_width, rows):
    """Let rounded coefficients be the neighbours, in the first rows of a block."""
    largest = np.float32(LARGEST_NEIGHBOUR)
    for k in range(vectors_of(log2_width, rows + 2) * VECTOR):
        rounded = min(trellis.magnitudes[k] * HALF + ROUNDING, largest)
        trellis.neighbours[k] = np.int32(rounded)


@kernel
def take_levels(trellis, levels, log2_width, rows):
    """Let the levels that were chosen before be the neighbours, after `round_magnitudes`."""
    width = 1 << log2_width
    for j in range(rows):
        place = j * (width + BEYOND)
        for i in range(width):
            trellis.neighbours[place + i] = min(abs(levels[j, i]), LARGEST_NEIGHBOUR)


@kernel(fastmath=True)
def weigh_all_edges(trellis, level_class, largest, log2_width, log2_height, rows):
    """Weigh the edges of all coefficients of some rows; ``largest`` is the largest magnitude.

    Returns the sum of the cheapest edges, whether or not a path follows them, and of zeros in the
    other rows.
    """
    vectors = vectors_of(log2_width, rows)
    all_places = ((1 << log2_width) + BEYOND) << log2_height
    places = min(vectors * VECTOR, all_places)
    find_bases(trellis, level_class, log2_width, vectors)
    look_up_bits(trellis, places)
    for quantizer in range(2):
        weigh_vectors(trellis, quantizer, vectors)
    bound = sum_of_cheapest(trellis, vectors)
    bound += squares_of(trellis.magnitudes, places, all_places)
    if largest >= LARGE:
        bound += weigh_large(trellis, places)
    if not trellis.dependent:
        for k in range(places):
            if trellis.odd_costs[0, k] < trellis.even_costs[0, k]:
                trellis.even_costs[0, k] = trellis.odd_costs[0, k]
                trellis.even_levels[0, k] = odd_level(trellis.magnitudes[k], 0)
            trellis.odd_costs[0, k] = HUGE
    return bound


@kernel(fastmath=True)
def find_bases(trellis, level_class, log2_width, vectors):
    """Find where each coefficient's costs start, and the level just below it by quantizer."""
    below = (1 << log2_width) + BEYOND  # that many places further
    class_base = np.int32(level_class * 2 * QUANTIZER_STRIDE)
    levels = trellis.neighbours
    largest = np.int32(UNARY_LIMIT - 1)
    for vector in range(vectors):
        for k in range(VECTOR):
            place = vector * VECTOR + k
            near = np.int32(levels[np.uint64(place + 1)])
            near = np.int32(near + levels[np.uint64(place + 2)])
            near = np.int32(near + levels[np.uint64(place + below)])
            near = np.int32(near + levels[np.uint64(place + below + 1)])
            near = np.int32(near + levels[np.uint64(place + 2 * below)])
            bucket = np.int32(0)
            for limit in BUCKET_LIMITS:
                bucket = np.int32(bucket + np.int32(near >= limit))
            base = np.int32(class_base + bucket * np.int32(BUCKET_STRIDE))
            at = np.uint64(place)
            trellis.bases[at] = np.int32(base + POSITION_BASE[log2_width, at])
            value = trellis.magnitudes[at] * HALF
            trellis.lows[0, at] = min(np.int32(value), largest)
            trellis.lows[1, at] = min(np.int32(value + HALF), largest)


@kernel
def look_up_bits(trellis, count):
    """Look up the bits of zero and of the levels below and above each coefficient."""
    costs = trellis.level_costs
    for k in range(count):
        at = np.uint64(k)
        for quantizer in range(2):
            base = np.int64(trellis.bases[at]) + quantizer * QUANTIZER_STRIDE
            low = base + np.int64(trellis.lows[quantizer, at])
            trellis.zero_bits[quantizer, at] = costs[np.uint64(base)]
            trellis.low_bits[quantizer, at] = costs[np.uint64(low)]
            trellis.high_bits[quantizer, at] = costs[np.uint64(low + 1)]


@kernel(fastmath=True)
def weigh_vectors(trellis, quantizer, vectors):
    """Weigh the edges of a quantizer as `weigh_edges` does."""
    price = trellis.bit_price
    shift = trellis.shifts[quantizer]
    offset = np.float32(quantizer)
    magnitudes = trellis.magnitudes
    lows = trellis.lows[quantizer]
    zero_bits = trellis.zero_bits[quantizer]
    low_bits = trellis.low_bits[quantizer]
    high_bits = trellis.high_bits[quantizer]
    even_levels = trellis.even_levels[quantizer]
    even_costs = trellis.even_costs[quantizer]
    odd_costs = trellis.odd_costs[quantizer]
    for vector in range(vectors):
        for k in range(VECTOR):
            at = np.uint64(vector * VECTOR + k)
            value = magnitudes[at]
            low = lows[at]
            error = value + offset - np.float32(np.int32(2 * low))
            low_error = error - (shift if low == 1 else np.float32(0))
            high_error = error - np.float32(2) - (shift if low == 0 else np.float32(0))
            low_cost = low_error * low_error + price * low_bits[at]
            high_cost = high_error * high_error + price * high_bits[at]
            zero_cost = value * value + price * zero_bits[at]
            is_odd = np.int32(low & 1) != 0
            even_cost = high_cost if is_odd else low_cost
            even_level = np.int32(np.int32(low + 1) & ~1)
            is_zero = zero_cost < even_cost
            even_levels[at] = np.int32(0) if is_zero else even_level
            even_costs[at] = zero_cost if is_zero else even_cost
            odd_costs[at] = low_cost if is_odd else high_cost


@kernel(fastmath=True)
def sum_of_cheapest(trellis, vectors):
    """Return the sum of the cheapest edges of all coefficients but the large ones."""
    total = np.float32(0)
    for vector in range(vectors):
        for k in range(VECTOR):
            at = np.uint64(vector * VECTOR + k)
            value = trellis.magnitudes[at]
            cheapest = min(value * value, trellis.even_costs[0, at])
            cheapest = min(cheapest, trellis.odd_costs[0, at])
            cheapest = min(cheapest, trellis.even_costs[1, at])
            cheapest = min(cheapest, trellis.odd_costs[1, at])
            total += cheapest if value < LARGE else np.float32(0)
    return total


@kernel(fastmath=True)
def weigh_large(trellis, count):
    """Weigh the edges of large coefficients one by one; return the sum of the cheapest."""
    total = np.float32(0)
    for k in range(count):
        value = trellis.magnitudes[k]
        if value >= LARGE:
            cheapest = HUGE
            for quantizer in range(2):
                base = trellis.bases[k] + quantizer * QUANTIZER_STRIDE
                even, even_cost, _, odd_cost = weigh_edges(trellis, quantizer, base, value)
                trellis.even_levels[quantizer, k] = even
                trellis.even_costs[quantizer, k] = even_cost
                trellis.odd_costs[quantizer, k] = odd_cost
                cheapest = min(cheapest, min(even_cost, odd_cost))
            total += cheapest
    return total


@kernel(fastmath=True, forceinline=True)
def odd_level(value, quantizer):
    """Return the odd level of ``quantizer`` that is nearest to a magnitude."""
    return np.int64((value + np.float32(quantizer)) * HALF) | 1
