"""The encoder's choice of levels: the cheapest path through the trellis of states.

Viterbi's algorithm over the levels of a block in coding order, cost = squared error + lambda
times bits (H. Schwarz et al., DCC 2019). What a level costs depends on the levels around it that
were coded before: each path looks at those that it chose itself, or, which takes half the time,
all look at rounded coefficients in their place.
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
)
from mmpc.v2.search.memory import RECENT
from mmpc.v2.transform import SKIP

START = STATES  # stands for the path that has no level yet, beside those that end in a state
ROUNDED = STATES + 1  # stands for rounded coefficients, among the paths' levels
HUGE = np.float32(1e30)
# In small steps: what is smaller does not start the levels ...
SMALLEST = np.float32(1.1)
ZERO_IS_NEAREST = np.float32(1)  # ... and to this, zero is the nearest value of quantizer 0.
ROUNDING = np.float32(0.4)  # of the guess of a magnitude; less than a half, as the rate counts too
HALF = np.float32(0.5)  # a level is two small steps
LARGEST_BUCKETED = 63  # larger sums of magnitudes are all in one context


@kernel(fastmath=True)
def choose_levels(trellis, coefficients, levels, log2_width, log2_height, kind, own):
    """Choose the levels of a block and return their cost, in units of the small step squared.

    ``coefficients`` are float32, in units of a sample. If ``own``, each path looks at its own
    levels. Also returns whether there are any levels.
    """
    bit_price = trellis.bit_price
    largest, error = measure(trellis, coefficients, levels, log2_width, log2_height)
    if largest <= SMALLEST:
        return error + bit_price * trellis.empty_bits, False
    # The error so far if all coefficients so far, in coding order, become zero.
    first, error = find_first(trellis, log2_width, log2_height)
    level_class = 4 if kind == SKIP else mean_log2(log2_width, log2_height) - 2
    start = SCAN_START[log2_width, log2_height]
    now = 0
    clear_paths(trellis, now)
    for i in range(first, -1, -1):
        x = np.int64(SCAN_X[start + i])
        y = np.int64(SCAN_Y[start + i])
        value = trellis.values[y, x]
        measure_edges(trellis, value)
        if own:
            continue_paths(trellis, i, now, level_class, x, y)
        else:
            continue_together(trellis, i, now, level_class, x, y)
        if value > ZERO_IS_NEAREST:
            start_cost = error + bit_price * last_bits(trellis, log2_width, log2_height, x, y)
            start_path(trellis, i, now, level_class, x, y, start_cost)
        if own:
            keep_magnitudes(trellis, i, now, x, y)
        now = 1 - now
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


@kernel(fastmath=True)
def measure(trellis, coefficients, levels, log2_width, log2_height):
    """Fill in magnitudes in small steps and set the levels to zero.

    Return the largest magnitude and the sum of their squares.
    """
    scale = np.float32(1) / trellis.small_step
    largest = np.float32(0)
    total = np.float32(0)
    for j in range(1 << log2_height):
        for i in range(1 << log2_width):
            value = abs(coefficients[j, i]) * scale
            trellis.values[j, i] = value
            total += value * value
            largest = max(largest, value)
            levels[j, i] = 0
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


@kernel
def clear_paths(trellis, now):
    """Let no path end in a state, and no level be recent."""
    for state in range(STATES):
        trellis.path_costs[now, state] = HUGE
    for k in range(RECENT):
        trellis.recent[0, START, k] = 0
        trellis.recent[1, START, k] = 0
        trellis.recent[0, ROUNDED, k] = 0


@kernel
def last_bits(trellis, log2_width, log2_height, x, y):
    """Return the bits of saying that the last level is the one at (x, y)."""
    across = (log2_width - 2) * c.GROUPS + c.LAST_GROUP[x]
    down = (log2_height - 2) * c.GROUPS + c.LAST_GROUP[y]
    return trellis.last_costs[across] + trellis.last_costs[LAST_AXIS_STRIDE + down]


@kernel(fastmath=True)
def measure_edges(trellis, value):
    """Find for both quantizers the nearest levels of both parities, and their errors."""
    for quantizer in range(2):
        odd = np.float32(quantizer)  # the points of quantizer 1 are a small step nearer to zero
        low = np.int64((value + odd) * HALF)
        for parity in range(2):
            magnitude = low | 1 if parity else (low + 1) & ~1
            error = value
            if magnitude > 0:
                error -= np.float32(2 * magnitude) - odd
            if magnitude == 1:
                error -= trellis.shifts[quantizer]
            trellis.near_levels[quantizer, parity] = magnitude
            trellis.near_errors[quantizer, parity] = error * error
    trellis.zero_error = value * value


@kernel(forceinline=True)
def magnitude_bits(costs, base, magnitude):
    """Return the bits of a magnitude in the context whose costs start at ``base``."""
    if magnitude < UNARY_LIMIT:
        return costs[base + magnitude]
    return costs[base + UNARY_LIMIT] + ESCAPE_COST[min(magnitude - UNARY_LIMIT, 255)]


@kernel(forceinline=True)
def context_base(recent, level_class, quantizer, x, y):
    """Return where the costs of the level at (x, y) start, given the levels of a path.

    ``recent`` holds for each row the path's last two magnitudes, by the parity of their column.
    Levels go by diagonals, from the top right down: those of this row are at x + 1 and x + 2,
    of the next at x and x + 1, of the second next at x - 1 and x.
    """
    here = 2 * y
    near = np.int64(recent[here]) + recent[here + 1]
    near += np.int64(recent[here + 2]) + recent[here + 3]
    near += recent[here + 4 + (x & 1)]
    bucket = c.MAGNITUDE_BUCKET[min(near, LARGEST_BUCKETED)]
    context = (level_class * 2 + quantizer) * c.MAGNITUDES + bucket
    return (context * c.POSITIONS + c.POSITION_BUCKET[x + y]) * COST_ENTRIES


@kernel(fastmath=True, forceinline=True)
def choose_edges(trellis, quantizer, base):
    """Choose the cheapest level of each parity in the context whose costs start at ``base``."""
    costs = trellis.level_costs
    for parity in range(2):
        magnitude = trellis.near_levels[quantizer, parity]
        bits = magnitude_bits(costs, base, magnitude)
        cost = trellis.near_errors[quantizer, parity] + trellis.bit_price * bits
        trellis.edge_levels[quantizer, parity] = magnitude
        trellis.edge_costs[quantizer, parity] = cost
    zero_cost = trellis.zero_error + trellis.bit_price * costs[base]
    if zero_cost < trellis.edge_costs[quantizer, 0]:
        trellis.edge_levels[quantizer, 0] = 0
        trellis.edge_costs[quantizer, 0] = zero_cost


@kernel(fastmath=True, forceinline=True)
def follow_edges(trellis, i, now, state):
    """Lead the path that ends in ``state`` over both edges; the cheapest into each state stays."""
    then = 1 - now
    quantizer = QUANTIZER[state]
    for parity in range(2):
        cost = trellis.path_costs[now, state] + trellis.edge_costs[quantizer, parity]
        target = NEXT_STATE[state, parity] if trellis.dependent else 0
        if cost < trellis.path_costs[then, target]:
            trellis.path_costs[then, target] = cost
            trellis.came_from[i, target] = state
            trellis.path_levels[i, target] = trellis.edge_levels[quantizer, parity]


@kernel
def continue_paths(trellis, i, now, level_class, x, y):
    """Lead all paths over the i-th coefficient of the scan, each in its own context."""
    for state in range(STATES):
        trellis.path_costs[1 - now, state] = HUGE
    for state in range(STATES):
        if trellis.path_costs[now, state] < HUGE:
            quantizer = QUANTIZER[state]
            base = context_base(trellis.recent[now, state], level_class, quantizer, x, y)
            choose_edges(trellis, quantizer, base)
            follow_edges(trellis, i, now, state)


@kernel
def continue_together(trellis, i, now, level_class, x, y):
    """Do the same with one context for all, of rounded coefficients."""
    for state in range(STATES):
        trellis.path_costs[1 - now, state] = HUGE
    rounded = trellis.recent[0, ROUNDED]
    for quantizer in range(2):
        base = context_base(rounded, level_class, quantizer, x, y)
        choose_edges(trellis, quantizer, base)
    for state in range(STATES):
        if trellis.path_costs[now, state] < HUGE:
            follow_edges(trellis, i, now, state)
    guess = np.int64(trellis.values[y, x] * HALF + ROUNDING)
    rounded[2 * y + (x & 1)] = min(guess, LARGEST_BUCKETED)


@kernel(fastmath=True)
def start_path(trellis, i, now, level_class, x, y, start_cost):
    """Let the levels start at the i-th coefficient of the scan, where that is cheaper."""
    costs = trellis.level_costs
    then = 1 - now
    base = context_base(trellis.recent[0, START], level_class, 0, x, y)
    start_cost -= trellis.bit_price * costs[base + IS_NOT_ZERO]  # its place said so
    for parity in range(2):
        magnitude = trellis.near_levels[0, parity]
        cost = start_cost + trellis.near_errors[0, parity]
        cost += trellis.bit_price * magnitude_bits(costs, base, magnitude)
        target = NEXT_STATE[0, parity] if trellis.dependent else 0
        if magnitude > 0 and cost < trellis.path_costs[then, target]:
            trellis.path_costs[then, target] = cost
            trellis.came_from[i, target] = START
            trellis.path_levels[i, target] = magnitude


@kernel
def keep_magnitudes(trellis, i, now, x, y):
    """Let each path have the recent magnitudes of the one it came from, and its new one."""
    then = 1 - now
    for state in range(STATES):
        if trellis.path_costs[then, state] < HUGE:
            origin = trellis.came_from[i, state]
            for k in range(RECENT):
                trellis.recent[then, state, k] = trellis.recent[now, origin, k]
            magnitude = min(trellis.path_levels[i, state], LARGEST_BUCKETED)
            trellis.recent[then, state, 2 * y + (x & 1)] = magnitude


@kernel
def trace_back(trellis, coefficients, levels, start, first, state):
    """Follow the path that ends in ``state`` back to its start and write its levels."""
    for i in range(first + 1):
        x = SCAN_X[start + i]
        y = SCAN_Y[start + i]
        magnitude = np.int64(trellis.path_levels[i, state])
        levels[y, x] = -magnitude if coefficients[y, x] < 0 else magnitude
        state = np.int64(trellis.came_from[i, state])
        if state == START:
            break
