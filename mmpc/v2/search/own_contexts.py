"""The trellis where each path looks at its own levels for the contexts of the next one.

It weighs two edges for each path and coefficient, and is the slowest part of the preset ``best``.
"""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.quantizer import NEXT_STATE, QUANTIZER, STATES
from mmpc.v2.scan import SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.search.edges import (
    HUGE,
    LARGEST_BUCKETED,
    context_base,
    weigh_edges,
    weigh_start,
)
from mmpc.v2.search.magnitudes import SCAN_PLACE
from mmpc.v2.search.memory import RECENT
from mmpc.v2.search.paths import ORIGINS, PARITIES, ZERO_IS_NEAREST, cheapest_state

EDGES = 2 * STATES  # of a coefficient
START = STATES  # stands for the path that has no level yet, beside those that end in a state


@kernel(fastmath=True)
def walk_apart(trellis, first, error, level_class, log2_width, log2_height):
    """Lead all paths from the first coefficient to the last.

    ``error`` is that of all coefficients so far as zeros. Return the cost of the cheapest path,
    and the state in which it ends.
    """
    start = SCAN_START[log2_width, log2_height]
    now = 0
    clear_paths(trellis, now)
    for i in range(first, -1, -1):
        x = np.int64(SCAN_X[start + i])
        y = np.int64(SCAN_Y[start + i])
        value = trellis.magnitudes[SCAN_PLACE[start + i]]
        costs = trellis.path_costs[now]
        following = trellis.path_costs[1 - now]
        edges = i * EDGES
        trellis.weighed_bases[0] = trellis.weighed_bases[1] = -1
        for state in range(STATES):
            if costs[state] < HUGE:
                near = sum_near(trellis.recent[now, state], x, y)
                base = context_base(near, level_class, QUANTIZER[state], x, y)
                weigh_own_edges(trellis, edges, state, base, value)
        origins = trellis.came_from[i]
        for state in range(STATES):
            one = ORIGINS[state, 0]
            two = ORIGINS[state, 1]
            cost_one = costs[one] + trellis.edge_costs[edges + 2 * one + PARITIES[state, 0]]
            cost_two = costs[two] + trellis.edge_costs[edges + 2 * two + PARITIES[state, 1]]
            following[state] = cheaper(origins, state, one, cost_one, two, cost_two)
        if value > ZERO_IS_NEAREST and error < max(following[0], following[1]):
            even, even_cost, odd, odd_cost = weigh_start(
                trellis, i, value, level_class, log2_width, log2_height
            )
            trellis.start_levels[i, 0] = even
            trellis.start_levels[i, 1] = odd
            following[0] = cheaper(origins, 0, origins[0], following[0], START, error + even_cost)
            following[1] = cheaper(origins, 1, origins[1], following[1], START, error + odd_cost)
        error += value * value
        keep_magnitudes(trellis, i, now, x, y)
        now = 1 - now
    state = cheapest_state(trellis.path_costs[now])
    return trellis.path_costs[now, state], state


@kernel(fastmath=True, forceinline=True)
def weigh_own_edges(trellis, edges, state, base, value):
    """Weigh the edges from a state; many paths are in the same context, which is weighed once."""
    quantizer = QUANTIZER[state]
    at = edges + 2 * state
    if trellis.weighed_bases[quantizer] == base:
        other = edges + 2 * trellis.weighed[quantizer]
        for k in range(2):
            trellis.edge_levels[at + k] = trellis.edge_levels[other + k]
            trellis.edge_costs[at + k] = trellis.edge_costs[other + k]
    else:
        even, even_cost, odd, odd_cost = weigh_edges(trellis, quantizer, base, value)
        trellis.edge_levels[at] = even
        trellis.edge_costs[at] = even_cost
        trellis.edge_levels[at + 1] = odd
        trellis.edge_costs[at + 1] = odd_cost
        trellis.weighed_bases[quantizer] = base
        trellis.weighed[quantizer] = state


@kernel(fastmath=True, forceinline=True)
def cheaper(origins, state, one, cost_one, two, cost_two):
    """Return the cost of the cheaper of two paths into ``state``, and note where it came from."""
    is_one = cost_one <= cost_two
    origins[state] = one if is_one else two
    return cost_one if is_one else cost_two


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
            magnitude = min(level_into(trellis, i, origin, state), LARGEST_BUCKETED)
            trellis.recent[then, state, 2 * y + (x & 1)] = magnitude


@kernel(forceinline=True)
def level_into(trellis, i, origin, state):
    """Return the i-th magnitude of the path that goes from ``origin`` into ``state`` with it."""
    if origin == START:
        return np.int64(trellis.start_levels[i, state])
    parity = 1 if trellis.dependent and NEXT_STATE[origin, 1] == state else 0
    return np.int64(trellis.edge_levels[i * EDGES + 2 * origin + parity])


@kernel
def trace_back_apart(trellis, coefficients, levels, first, state, log2_width, log2_height):
    """Follow the path that ends in ``state`` back to its start and write its levels."""
    start = SCAN_START[log2_width, log2_height]
    for i in range(first + 1):
        x = SCAN_X[start + i]
        y = SCAN_Y[start + i]
        origin = np.int64(trellis.came_from[i, state])
        magnitude = level_into(trellis, i, origin, state)
        levels[y, x] = -magnitude if coefficients[y, x] < 0 else magnitude
        if origin == START:
            break
        state = origin
