"""The encoder's choice of levels: the cheapest path through the trellis of states.

Viterbi's algorithm over the levels of a block in coding order, cost = squared error + lambda
times bits (H. Schwarz et al., DCC 2019). What a level costs depends on the levels around it that
were coded before: each path looks at those that it chose itself, or, which takes a quarter of the
time, all look at rounded coefficients in their place.
"""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.partition import mean_log2
from mmpc.v2.scan import SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.search.edges import (
    HALF,
    HUGE,
    LARGEST_BUCKETED,
    TOGETHER,
    weigh_edges_together,
    weigh_start,
)
from mmpc.v2.search.own_contexts import walk_apart
from mmpc.v2.search.paths import START, ZERO_IS_NEAREST, cheaper, cheapest_state, trace_back
from mmpc.v2.transform import SKIP

SMALLEST = np.float32(1.1)  # in small steps: what is smaller does not start the levels
# Hardly any path costs less than so many times the cheapest edges of each coefficient.
ABOVE_BOUND = np.float32(1.05)
LARGEST_ROUNDED = np.float32(LARGEST_BUCKETED)
ROUNDING = np.float32(0.4)  # of the guess of a magnitude; less than a half, as the rate counts too


@kernel(fastmath=True)
def choose_levels(trellis, coefficients, levels, log2_width, log2_height, kind, own):
    """Choose the levels of a block and return their cost, in units of the small step squared.

    ``coefficients`` are float32, in units of a sample. If ``own``, each path looks at its own
    levels. Also returns whether there are any levels. They are written only where they cost less
    than ``trellis.limit``.
    """
    largest, error = measure(trellis, coefficients, log2_width, log2_height)
    empty_cost = error + trellis.bit_price * trellis.empty_bits
    if largest <= SMALLEST:
        if empty_cost < trellis.limit:
            clear(levels, log2_width, log2_height)
        return empty_cost, False
    first, before = find_first(trellis, log2_width, log2_height)
    level_class = 4 if kind == SKIP else mean_log2(log2_width, log2_height) - 2
    if own:
        cost, state = walk_apart(trellis, first, before, level_class, log2_width, log2_height)
    else:
        start = SCAN_START[log2_width, log2_height]
        bound = before + weigh_edges_together(trellis, start, first, level_class)
        bound = ABOVE_BOUND * bound + trellis.bit_price * trellis.coded_bits
        if min(bound, empty_cost) >= trellis.limit:
            return bound, True
        cost, state = walk_together(trellis, first, before, level_class, log2_width, log2_height)
    cost += trellis.bit_price * trellis.coded_bits
    coded = cost < empty_cost
    cost = min(cost, empty_cost)
    if cost < trellis.limit:
        clear(levels, log2_width, log2_height)
        if coded:
            start = SCAN_START[log2_width, log2_height]
            trace_back(trellis, coefficients, levels, start, first, state, own)
    return cost, coded


@kernel
def clear(levels, log2_width, log2_height):
    """Set the levels of a block to zero."""
    for j in range(1 << log2_height):
        for i in range(1 << log2_width):
            levels[j, i] = 0


@kernel(fastmath=True)
def measure(trellis, coefficients, log2_width, log2_height):
    """Fill in magnitudes in small steps, and the same rounded.

    Return the largest magnitude and the sum of their squares.
    """
    width = 1 << log2_width
    height = 1 << log2_height
    scale = np.float32(1) / trellis.small_step
    largest = np.float32(0)
    total = np.float32(0)
    for j in range(height):
        for i in range(width):
            value = abs(coefficients[j, i]) * scale
            trellis.values[j, i] = value
            trellis.rounded[j, i] = np.int32(min(value * HALF + ROUNDING, LARGEST_ROUNDED))
            total += value * value
            largest = max(largest, value)
    for k in range(2):  # beyond the block there is nothing
        for j in range(height + 1):
            trellis.rounded[j, width + k] = 0
        for i in range(width):
            trellis.rounded[height + k, i] = 0
    return largest, total


@kernel(fastmath=True)
def find_first(trellis, log2_width, log2_height):
    """Return where in the scan levels may start, and the sum of the squares before."""
    start = SCAN_START[log2_width, log2_height]
    first = (1 << (log2_width + log2_height)) - 1
    error = np.float32(0)
    value = trellis.values[SCAN_Y[start + first], SCAN_X[start + first]]
    while value <= SMALLEST:
        error += value * value
        first -= 1
        value = trellis.values[SCAN_Y[start + first], SCAN_X[start + first]]
    return first, error


@kernel(fastmath=True)
def walk_together(trellis, first, error, level_class, log2_width, log2_height):
    """Lead all paths from the first coefficient to the last, with one context for all.

    ``error`` is that of all coefficients so far as zeros. Return the cost of the cheapest path,
    and the state in which it ends. The cost of the path into each state is a name of its own:
    these stay in the processor's registers.
    """
    start = SCAN_START[log2_width, log2_height]
    edges = trellis.edge_costs
    cost0 = cost1 = cost2 = cost3 = cost4 = cost5 = cost6 = cost7 = HUGE
    for i in range(first, -1, -1):
        even0 = edges[i * TOGETHER]
        odd0 = edges[i * TOGETHER + 1]
        even1 = edges[i * TOGETHER + 2]
        odd1 = edges[i * TOGETHER + 3]
        origins = trellis.came_from[i]
        next0 = cheaper(origins, 0, 0, cost0 + even0, 4, cost4 + odd0)
        next1 = cheaper(origins, 1, 0, cost0 + odd0, 4, cost4 + even0)
        next2 = cheaper(origins, 2, 1, cost1 + even1, 5, cost5 + odd1)
        next3 = cheaper(origins, 3, 1, cost1 + odd1, 5, cost5 + even1)
        next4 = cheaper(origins, 4, 2, cost2 + odd0, 6, cost6 + even0)
        next5 = cheaper(origins, 5, 2, cost2 + even0, 6, cost6 + odd0)
        next6 = cheaper(origins, 6, 3, cost3 + odd1, 7, cost7 + even1)
        next7 = cheaper(origins, 7, 3, cost3 + even1, 7, cost7 + odd1)
        value = trellis.scanned[i]
        if value > ZERO_IS_NEAREST and error < max(next0, next1):
            x = np.int64(SCAN_X[start + i])
            y = np.int64(SCAN_Y[start + i])
            weigh_start(trellis, i, level_class, log2_width, log2_height, x, y)
            first_costs = trellis.start_costs
            next0 = cheaper(origins, 0, origins[0], next0, START, error + first_costs[0])
            next1 = cheaper(origins, 1, origins[1], next1, START, error + first_costs[1])
        error += value * value
        cost0, cost1, cost2, cost3 = next0, next1, next2, next3
        cost4, cost5, cost6, cost7 = next4, next5, next6, next7
    costs = trellis.path_costs[0]
    costs[0], costs[1], costs[2], costs[3] = cost0, cost1, cost2, cost3
    costs[4], costs[5], costs[6], costs[7] = cost4, cost5, cost6, cost7
    state = cheapest_state(costs)
    return costs[state], state
