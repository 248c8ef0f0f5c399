"""The encoder's choice of levels: the cheapest path through the trellis of states.

Viterbi's algorithm over the levels of a block in coding order, cost = squared error + lambda
times bits (H. Schwarz et al., DCC 2019). The contexts of a level come from rounded
coefficients in place of each path's own past, so the costs of a coefficient are the same for
all paths and are computed once for each quantizer.
"""

import numpy as np

from mmpc.v2 import contexts as c
from mmpc.v2.kernel import kernel
from mmpc.v2.partition import mean_log2
from mmpc.v2.quantizer import NEXT_STATE, QUANTIZER, STATES
from mmpc.v2.residual_syntax import UNARY_LIMIT
from mmpc.v2.scan import SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.search.costs import (
    COST_ENTRIES,
    ESCAPE_COST,
    IS_NOT_ZERO,
    LAST_AXIS_STRIDE,
    QUANTIZER_STRIDE,
)
from mmpc.v2.transform import SKIP

START = STATES  # "came from": this level is the first that is coded
HUGE = np.float32(1e30)
# In small steps: what is smaller does not start the levels ...
SMALLEST = np.float32(1.1)
ZERO_IS_NEAREST = np.float32(1)  # ... and to this, zero is the nearest value of quantizer 0.
ROUNDING = np.float32(0.4)  # of the guess of a magnitude; less than a half, as the rate counts too
HALF = np.float32(0.5)  # a level is two small steps


@kernel(fastmath=True)
def choose_levels(trellis, coefficients, levels, log2_width, log2_height, kind, known):
    """Choose the levels of a block and return their cost, in units of the small step squared.

    ``coefficients`` are float32, in units of a sample. If ``known``, the contexts come from the
    levels that ``levels`` holds, else from rounded coefficients. Also returns whether there are
    any levels.
    """
    bit_price = trellis.bit_price
    largest, error = measure(trellis, coefficients, levels, log2_width, log2_height, known)
    if largest <= SMALLEST:
        return error + bit_price * trellis.empty_bits, False
    # The error so far if all coefficients so far, in coding order, become zero.
    first, error = find_first(trellis, log2_width, log2_height)
    level_class = 4 if kind == SKIP else mean_log2(log2_width, log2_height) - 2
    start = SCAN_START[log2_width, log2_height]
    dependent = trellis.dependent
    now = 0
    for state in range(STATES):
        trellis.path_costs[now, state] = HUGE
    for i in range(first, -1, -1):
        x = SCAN_X[start + i]
        y = SCAN_Y[start + i]
        value = trellis.values[y, x]
        base = context_base(trellis, level_class, x, y)
        continue_paths(trellis, i, now, base, value, bit_price, dependent)
        now = 1 - now
        if value > ZERO_IS_NEAREST:
            start_bits = last_bits(trellis, log2_width, log2_height, x, y)
            start_bits -= trellis.level_costs[base + IS_NOT_ZERO]
            start_cost = error + bit_price * start_bits
            start_path(trellis, i, now, base, value, start_cost, bit_price, dependent)
        error += value * value
    best = 0
    for state in range(1, STATES):
        if trellis.path_costs[now, state] < trellis.path_costs[now, best]:
            best = state
    cost = trellis.path_costs[now, best] + bit_price * trellis.coded_bits
    empty_cost = error + bit_price * trellis.empty_bits
    if cost >= empty_cost:
        return empty_cost, False
    trace_back(trellis, coefficients, levels, start, first, best)
    return cost, True


@kernel(fastmath=True, inline="always")
def measure(trellis, coefficients, levels, log2_width, log2_height, known):
    """Fill in magnitudes in small steps and guesses of the levels'; set the levels to zero.

    Return the largest magnitude and the sum of their squares.
    """
    width = 1 << log2_width
    height = 1 << log2_height
    scale = np.float32(1) / trellis.small_step
    guesses = trellis.guesses
    for margin in range(2):
        for j in range(height + 2):
            guesses[j, width + margin] = 0
        for i in range(width):
            guesses[height + margin, i] = 0
    largest = np.float32(0)
    total = np.float32(0)
    for j in range(height):
        for i in range(width):
            value = abs(coefficients[j, i]) * scale
            trellis.values[j, i] = value
            total += value * value
            largest = max(largest, value)
            if known:
                guesses[j, i] = abs(levels[j, i])
            else:
                guesses[j, i] = np.int32(value * HALF + ROUNDING)
            levels[j, i] = 0
    return largest, total


@kernel(fastmath=True, inline="always")
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


@kernel(inline="always")
def context_base(trellis, level_class, x, y):
    """Return where the costs of the level at (x, y) start, for quantizer 0."""
    guesses = trellis.guesses
    near = (
        guesses[y, x + 1]
        + guesses[y + 1, x]
        + guesses[y + 1, x + 1]
        + guesses[y, x + 2]
        + guesses[y + 2, x]
    )
    bucket = c.MAGNITUDE_BUCKET[min(near, 63)]
    context = (level_class * 2 * c.MAGNITUDES + bucket) * c.POSITIONS + c.POSITION_BUCKET[x + y]
    return context * COST_ENTRIES


@kernel(inline="always")
def last_bits(trellis, log2_width, log2_height, x, y):
    """Return the bits of saying that the last level is the one at (x, y)."""
    across = (log2_width - 2) * c.GROUPS + c.LAST_GROUP[x]
    down = (log2_height - 2) * c.GROUPS + c.LAST_GROUP[y]
    return trellis.last_costs[across] + trellis.last_costs[LAST_AXIS_STRIDE + down]


@kernel(forceinline=True)
def magnitude_bits(costs, base, magnitude):
    """Return the bits of a magnitude in the context whose costs start at ``base``."""
    if magnitude < UNARY_LIMIT:
        return costs[base + magnitude]
    return costs[base + UNARY_LIMIT] + ESCAPE_COST[min(magnitude - UNARY_LIMIT, 255)]


@kernel(fastmath=True, forceinline=True)
def fill_edges(trellis, base, quantizer, value, bit_price):
    """Find the cheapest level of each parity for a coefficient of magnitude ``value``."""
    odd = np.float32(quantizer)  # the points of quantizer 1 are a small step nearer to zero
    costs = trellis.level_costs
    zero_cost = value * value + bit_price * costs[base]
    low = np.int64((value + odd) * HALF)
    trellis.edge_costs[quantizer, 0] = zero_cost
    trellis.edge_levels[quantizer, 0] = 0
    trellis.edge_costs[quantizer, 1] = HUGE
    for magnitude in range(max(low, 1), low + 2):
        error = value - np.float32(2 * magnitude) + odd
        if magnitude == 1:
            error -= trellis.shifts[quantizer]
        cost = error * error + bit_price * magnitude_bits(costs, base, magnitude)
        parity = magnitude & 1
        if cost < trellis.edge_costs[quantizer, parity]:
            trellis.edge_costs[quantizer, parity] = cost
            trellis.edge_levels[quantizer, parity] = magnitude


@kernel(fastmath=True, inline="always")
def continue_paths(trellis, i, now, base, value, bit_price, dependent):
    """Lead all paths over the i-th coefficient of the scan; the cheapest into each state stays."""
    path_costs = trellis.path_costs
    edge_costs = trellis.edge_costs
    edge_levels = trellis.edge_levels
    then = 1 - now
    for state in range(STATES):
        path_costs[then, state] = HUGE
    fill_edges(trellis, base, 0, value, bit_price)
    if dependent:
        fill_edges(trellis, base + QUANTIZER_STRIDE, 1, value, bit_price)
        for state in range(STATES):
            so_far = path_costs[now, state]
            quantizer = QUANTIZER[state]
            for parity in range(2):
                cost = so_far + edge_costs[quantizer, parity]
                target = NEXT_STATE[state, parity]
                if cost < path_costs[then, target]:
                    path_costs[then, target] = cost
                    trellis.came_from[i, target] = state
                    trellis.path_levels[i, target] = edge_levels[quantizer, parity]
    else:
        parity = 0 if edge_costs[0, 0] < edge_costs[0, 1] else 1
        path_costs[then, 0] = path_costs[now, 0] + edge_costs[0, parity]
        trellis.came_from[i, 0] = 0
        trellis.path_levels[i, 0] = edge_levels[0, parity]


@kernel(fastmath=True, inline="always")
def start_path(trellis, i, now, base, value, start_cost, bit_price, dependent):
    """Let the levels start at the i-th coefficient of the scan, where that is cheaper."""
    path_costs = trellis.path_costs
    low = np.int64(value * HALF)
    for magnitude in range(max(low, 1), low + 2):
        error = value - np.float32(2 * magnitude)
        if magnitude == 1:
            error -= trellis.shifts[0]
        cost = start_cost + error * error
        cost += bit_price * magnitude_bits(trellis.level_costs, base, magnitude)
        target = NEXT_STATE[0, magnitude & 1] if dependent else 0
        if cost < path_costs[now, target]:
            path_costs[now, target] = cost
            trellis.came_from[i, target] = START
            trellis.path_levels[i, target] = magnitude


@kernel(inline="always")
def trace_back(trellis, coefficients, levels, start, first, state):
    """Follow the path that ends in ``state`` back to its start and write its levels."""
    for i in range(first + 1):
        x = SCAN_X[start + i]
        y = SCAN_Y[start + i]
        magnitude = trellis.path_levels[i, state]
        levels[y, x] = -magnitude if coefficients[y, x] < 0 else magnitude
        state = trellis.came_from[i, state]
        if state == START:
            break
