"""The encoder's choice of levels: the cheapest path through the trellis of states.

Viterbi's algorithm over the levels of a block in coding order, cost = squared error + lambda
times bits (H. Schwarz et al., DCC 2019). The contexts of a level come from rounded
coefficients in place of each path's own past, so the costs of a coefficient are the same for
all paths and are computed once for each quantizer.
"""

import numpy as np

from mmpc.v2 import contexts as c
from mmpc.v2.kernel import kernel
from mmpc.v2.quantizer import NEXT_STATE, QUANTIZER, STATES
from mmpc.v2.residual_syntax import SCAN_X, SCAN_Y, UNARY_LIMIT
from mmpc.v2.search.costs import COST_ENTRIES, ESCAPE_COST
from mmpc.v2.transform import SKIP

START = STATES  # "came from": this level is the first that is coded
HUGE = np.float32(1e30)
SMALLEST = np.float32(1.1)  # smaller coefficients, in small steps, do not start the levels


@kernel(forceinline=True)
def magnitude_cost(costs, base, magnitude):
    """Return the bits of a magnitude in the context whose costs start at ``base``."""
    if magnitude < UNARY_LIMIT:
        return costs[base + magnitude]
    return costs[base + UNARY_LIMIT] + ESCAPE_COST[min(magnitude - UNARY_LIMIT, 255)]


@kernel(forceinline=True)
def fill_edges(trellis, base, quantizer, value, rate_weight):
    """Find the cheapest level of each parity for a coefficient of magnitude ``value``."""
    odd = np.float32(quantizer)
    costs = trellis.level_costs
    zero_cost = value * value + rate_weight * costs[base]
    low = np.int64((value + odd) * np.float32(0.5))
    trellis.edge_costs[quantizer, 0] = zero_cost
    trellis.edge_levels[quantizer, 0] = 0
    trellis.edge_costs[quantizer, 1] = HUGE
    for magnitude in range(max(low, 1), low + 2):
        error = value - np.float32(2 * magnitude) + odd
        if magnitude == 1:
            error -= trellis.shifts[quantizer]
        cost = error * error + rate_weight * magnitude_cost(costs, base, magnitude)
        parity = magnitude & 1
        if cost < trellis.edge_costs[quantizer, parity]:
            trellis.edge_costs[quantizer, parity] = cost
            trellis.edge_levels[quantizer, parity] = magnitude


@kernel(forceinline=True)
def context_base(trellis, log2, level_class, x, y):
    """Return where the costs of the level at (x, y) start, for quantizer 0."""
    rounded = trellis.rounded
    near = (
        rounded[y, x + 1]
        + rounded[y + 1, x]
        + rounded[y + 1, x + 1]
        + rounded[y, x + 2]
        + rounded[y + 2, x]
    )
    bucket = c.MAGNITUDE_BUCKET[min(near, 63)]
    context = (level_class * 2 * c.MAGNITUDES + bucket) * c.POSITIONS + c.POSITION_BUCKET[x + y]
    return context * COST_ENTRIES


@kernel(fastmath=True)
def choose_levels(
    trellis,
    coefficients,
    log2,
    kind,
    small_step,
    rate_weight,
    dependent,
    coded_bits,
    empty_bits,
    known,
    levels,
):
    """Choose the levels of a block and return their cost, in units of the small step squared.

    ``coefficients`` are float32, in units of a sample; ``rate_weight`` is lambda over the small
    step squared; ``coded_bits`` and ``empty_bits`` are the rate of saying that there are levels
    or none. If ``known``, the contexts come from the levels that ``levels`` holds, else from
    rounded coefficients. Also returns whether there are any levels.
    """
    size = 1 << log2
    scale = np.float32(1) / small_step
    rounded = trellis.rounded
    rounded[: size + 2, size : size + 2] = 0
    rounded[size : size + 2, : size + 2] = 0
    largest = np.float32(0)
    zero_cost = np.float32(0)
    for j in range(size):
        for i in range(size):
            value = abs(coefficients[j, i]) * scale
            zero_cost += value * value
            largest = max(largest, value)
            if known:
                rounded[j, i] = abs(levels[j, i])
            else:
                rounded[j, i] = np.int32(value * np.float32(0.5) + np.float32(0.4))
            levels[j, i] = 0
    if largest <= SMALLEST:
        return zero_cost + rate_weight * empty_bits, False
    zero_cost = np.float32(0)
    first = size * size - 1
    value = abs(coefficients[size - 1, size - 1]) * scale
    while value <= SMALLEST:
        zero_cost += value * value
        first -= 1
        value = abs(coefficients[SCAN_Y[log2, first], SCAN_X[log2, first]]) * scale
    level_class = 4 if kind == SKIP else log2 - 2
    place = (log2 - 2) * c.GROUPS
    path_costs = trellis.path_costs
    edge_costs = trellis.edge_costs
    edge_levels = trellis.edge_levels
    quantizer_stride = c.MAGNITUDES * c.POSITIONS * COST_ENTRIES
    now = 0
    for state in range(STATES):
        path_costs[0, state] = HUGE
    for i in range(first, -1, -1):
        x = SCAN_X[log2, i]
        y = SCAN_Y[log2, i]
        value = abs(coefficients[y, x]) * scale
        base = context_base(trellis, log2, level_class, x, y)
        fill_edges(trellis, base, 0, value, rate_weight)
        then = 1 - now
        for state in range(STATES):
            path_costs[then, state] = HUGE
        if dependent:
            fill_edges(trellis, base + quantizer_stride, 1, value, rate_weight)
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
        if value > np.float32(1):
            start_cost = zero_cost + rate_weight * (
                trellis.last_costs[place + c.LAST_GROUP[x]]
                + trellis.last_costs[4 * c.GROUPS + place + c.LAST_GROUP[y]]
                - trellis.level_costs[base + 16]
            )
            for magnitude in range(
                max(np.int64(value * np.float32(0.5)), 1),
                np.int64(value * np.float32(0.5)) + 2,
            ):
                error = value - np.float32(2 * magnitude)
                if magnitude == 1:
                    error -= trellis.shifts[0]
                cost = start_cost + error * error
                cost += rate_weight * magnitude_cost(trellis.level_costs, base, magnitude)
                target = NEXT_STATE[0, magnitude & 1] if dependent else 0
                if cost < path_costs[then, target]:
                    path_costs[then, target] = cost
                    trellis.came_from[i, target] = START
                    trellis.path_levels[i, target] = magnitude
        zero_cost += value * value
        now = then
    best = 0
    for state in range(1, STATES):
        if path_costs[now, state] < path_costs[now, best]:
            best = state
    cost = path_costs[now, best] + rate_weight * coded_bits
    if cost >= zero_cost + rate_weight * empty_bits:
        return zero_cost + rate_weight * empty_bits, False
    state = best
    for i in range(first + 1):
        x = SCAN_X[log2, i]
        y = SCAN_Y[log2, i]
        magnitude = trellis.path_levels[i, state]
        levels[y, x] = -magnitude if coefficients[y, x] < 0 else magnitude
        state = trellis.came_from[i, state]
        if state == START:
            break
    return cost, True
