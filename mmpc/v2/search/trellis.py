"""The encoder's choice of levels: the cheapest path through the trellis of states.

Viterbi's algorithm over the levels of a block in coding order, cost = squared error + lambda
times bits (H. Schwarz et al., DCC 2019). What a level costs depends on the levels around it that
were coded before: each path looks at those that it chose itself, or, which takes a quarter of the
time, all look at rounded coefficients in their place.
"""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.partition import mean_log2
from mmpc.v2.quantizer import NEXT_STATE, QUANTIZER, STATES
from mmpc.v2.scan import SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.search.edges import (
    APART,
    HALF,
    HUGE,
    LARGEST_BUCKETED,
    TOGETHER,
    context_base,
    weigh_edges,
    weigh_edges_together,
    weigh_start,
)
from mmpc.v2.search.memory import RECENT
from mmpc.v2.transform import SKIP

START = STATES  # stands for the path that has no level yet, beside those that end in a state
# In small steps: what is smaller does not start the levels ...
SMALLEST = np.float32(1.1)
ZERO_IS_NEAREST = np.float32(1)  # ... and to this, zero is the nearest value of quantizer 0.
LARGEST_ROUNDED = np.float32(LARGEST_BUCKETED)
ROUNDING = np.float32(0.4)  # of the guess of a magnitude; less than a half, as the rate counts too

# The two states from which a level leads to each state, the lower one first, and its parity.
_EDGES = [
    sorted(
        (state, parity)
        for state in range(STATES)
        for parity in range(2)
        if NEXT_STATE[state, parity] == target
    )
    for target in range(STATES)
]
ORIGINS = np.array([[state for state, _ in edges] for edges in _EDGES], np.int64)
PARITIES = np.array([[parity for _, parity in edges] for edges in _EDGES], np.int64)


@kernel(fastmath=True)
def choose_levels(trellis, coefficients, levels, log2_width, log2_height, kind, own):
    """Choose the levels of a block and return their cost, in units of the small step squared.

    ``coefficients`` are float32, in units of a sample. If ``own``, each path looks at its own
    levels. Also returns whether there are any levels.
    """
    largest, error = measure(trellis, coefficients, levels, log2_width, log2_height)
    empty_cost = error + trellis.bit_price * trellis.empty_bits
    if largest <= SMALLEST:
        return empty_cost, False
    first, before = find_first(trellis, log2_width, log2_height)
    level_class = 4 if kind == SKIP else mean_log2(log2_width, log2_height) - 2
    if own:
        cost, state = walk_apart(trellis, first, before, level_class, log2_width, log2_height)
    else:
        cost, state = walk_together(trellis, first, before, level_class, log2_width, log2_height)
    cost += trellis.bit_price * trellis.coded_bits
    if cost >= empty_cost:
        return empty_cost, False
    start = SCAN_START[log2_width, log2_height]
    trace_back(trellis, coefficients, levels, start, first, state, own)
    return cost, True


@kernel(fastmath=True)
def measure(trellis, coefficients, levels, log2_width, log2_height):
    """Fill in magnitudes in small steps, the same rounded, and set the levels to zero.

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
            levels[j, i] = 0
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
    weigh_edges_together(trellis, start, first, level_class)
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
        x = np.int64(SCAN_X[start + i])
        y = np.int64(SCAN_Y[start + i])
        value = trellis.values[y, x]
        if value > ZERO_IS_NEAREST:
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


@kernel(forceinline=True)
def cheaper(origins, state, one, cost_one, two, cost_two):
    """Return the cost of the cheaper of two paths into ``state``, and note where it came from."""
    is_one = cost_one <= cost_two
    origins[state] = one if is_one else two
    return cost_one if is_one else cost_two


@kernel
def cheapest_state(costs):
    """Return the state in which the cheapest path ends."""
    best = 0
    for state in range(1, STATES):
        if costs[state] < costs[best]:
            best = state
    return best


@kernel(fastmath=True)
def walk_apart(trellis, first, error, level_class, log2_width, log2_height):
    """Do the same, each path in its own contexts."""
    start = SCAN_START[log2_width, log2_height]
    now = 0
    clear_paths(trellis, now)
    for i in range(first, -1, -1):
        x = np.int64(SCAN_X[start + i])
        y = np.int64(SCAN_Y[start + i])
        value = trellis.values[y, x]
        costs = trellis.path_costs[now]
        following = trellis.path_costs[1 - now]
        edges = i * APART
        for state in range(STATES):
            if costs[state] < HUGE:
                near = sum_near(trellis.recent[now, state], x, y)
                base = context_base(near, level_class, QUANTIZER[state], x, y)
                weigh_edges(trellis, edges + 2 * state, QUANTIZER[state], base, value)
        origins = trellis.came_from[i]
        for state in range(STATES):
            one = ORIGINS[state, 0]
            two = ORIGINS[state, 1]
            cost_one = costs[one] + trellis.edge_costs[edges + 2 * one + PARITIES[state, 0]]
            cost_two = costs[two] + trellis.edge_costs[edges + 2 * two + PARITIES[state, 1]]
            following[state] = cheaper(origins, state, one, cost_one, two, cost_two)
        if value > ZERO_IS_NEAREST:
            weigh_start(trellis, i, level_class, log2_width, log2_height, x, y)
            for state in range(2):
                cost = error + trellis.start_costs[state]
                following[state] = cheaper(
                    origins, state, origins[state], following[state], START, cost
                )
        error += value * value
        keep_magnitudes(trellis, i, now, x, y)
        now = 1 - now
    state = cheapest_state(trellis.path_costs[now])
    return trellis.path_costs[now, state], state


@kernel
def clear_paths(trellis, now):
    """Let no path end in a state, and no level be recent."""
    for state in range(STATES):
        trellis.path_costs[now, state] = HUGE
    for k in range(RECENT):
        trellis.recent[0, START, k] = 0
        trellis.recent[1, START, k] = 0


@kernel(forceinline=True)
def sum_near(recent, x, y):
    """Return the sum of the magnitudes of a path near (x, y) that were coded before.

    ``recent`` holds for each row the path's last two magnitudes, by the parity of their column.
    Levels go by diagonals, from the top right down: those of this row are at x + 1 and x + 2,
    of the next at x and x + 1, of the second next at x - 1 and x.
    """
    here = 2 * y
    near = np.int64(recent[here]) + recent[here + 1]
    near += np.int64(recent[here + 2]) + recent[here + 3]
    return near + recent[here + 4 + (x & 1)]


@kernel
def keep_magnitudes(trellis, i, now, x, y):
    """Let each path have the recent magnitudes of the one it came from, and its new one."""
    then = 1 - now
    for state in range(STATES):
        if trellis.path_costs[then, state] < HUGE:
            origin = np.int64(trellis.came_from[i, state])
            for k in range(RECENT):
                trellis.recent[then, state, k] = trellis.recent[now, origin, k]
            magnitude = min(level_into(trellis, i, origin, state, True), LARGEST_BUCKETED)
            trellis.recent[then, state, 2 * y + (x & 1)] = magnitude


@kernel(forceinline=True)
def level_into(trellis, i, origin, state, own):
    """Return the i-th magnitude of the path that goes from ``origin`` into ``state`` with it."""
    if origin == START:
        return np.int64(trellis.start_levels[i, state])
    parity = 1 if trellis.dependent and NEXT_STATE[origin, 1] == state else 0
    if own:
        return np.int64(trellis.edge_levels[i * APART + 2 * origin + parity])
    return np.int64(trellis.edge_levels[i * TOGETHER + 2 * QUANTIZER[origin] + parity])


@kernel
def trace_back(trellis, coefficients, levels, start, first, state, own):
    """Follow the path that ends in ``state`` back to its start and write its levels."""
    for i in range(first + 1):
        x = SCAN_X[start + i]
        y = SCAN_Y[start + i]
        origin = np.int64(trellis.came_from[i, state])
        magnitude = level_into(trellis, i, origin, state, own)
        levels[y, x] = -magnitude if coefficients[y, x] < 0 else magnitude
        if origin == START:
            break
        state = origin
