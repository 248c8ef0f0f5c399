"""The trellis where all paths look at the same levels for the contexts of the next one."""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.scan import SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.search.all_edges import odd_level
from mmpc.v2.search.edges import HUGE, weigh_start
from mmpc.v2.search.magnitudes import SCAN_PLACE
from mmpc.v2.search.paths import PARITIES, ZERO_IS_NEAREST, cheapest_state


@kernel(fastmath=True)
def walk_together(trellis, first, error, level_class, log2_width, log2_height):
    """Lead all paths from the first coefficient to the last.

    ``error`` is that of all coefficients so far as zeros. Return the cost of the cheapest path,
    and the state in which it ends. The cost of the path into each state is a name of its own:
    these stay in the processor's registers.
    """
    start = SCAN_START[log2_width, log2_height]
    even_costs0 = trellis.even_costs[0]
    odd_costs0 = trellis.odd_costs[0]
    even_costs1 = trellis.even_costs[1]
    odd_costs1 = trellis.odd_costs[1]
    cost0 = cost1 = cost2 = cost3 = cost4 = cost5 = cost6 = cost7 = HUGE
    for i in range(first, -1, -1):
        place = np.uint64(SCAN_PLACE[np.uint64(start + i)])
        even0 = even_costs0[place]
        odd0 = odd_costs0[place]
        even1 = even_costs1[place]
        odd1 = odd_costs1[place]
        leads = trellis.leads[np.uint64(i)]
        next0 = cheaper(leads, 0, cost0 + even0, cost4 + odd0)
        next1 = cheaper(leads, 1, cost0 + odd0, cost4 + even0)
        next2 = cheaper(leads, 2, cost1 + even1, cost5 + odd1)
        next3 = cheaper(leads, 3, cost1 + odd1, cost5 + even1)
        next4 = cheaper(leads, 4, cost2 + odd0, cost6 + even0)
        next5 = cheaper(leads, 5, cost2 + even0, cost6 + odd0)
        next6 = cheaper(leads, 6, cost3 + odd1, cost7 + even1)
        next7 = cheaper(leads, 7, cost3 + even1, cost7 + odd1)
        value = trellis.magnitudes[place]
        trellis.starts[np.uint64(i)] = 0
        if value > ZERO_IS_NEAREST and error < max(next0, next1):
            _, start0, _, start1 = weigh_start(
                trellis, i, value, level_class, log2_width, log2_height
            )
            if error + start0 < next0:
                next0 = error + start0
                trellis.starts[i] = 1
            if error + start1 < next1:
                next1 = error + start1
                trellis.starts[i] |= 2
        error += value * value
        cost0, cost1, cost2, cost3 = next0, next1, next2, next3
        cost4, cost5, cost6, cost7 = next4, next5, next6, next7
    costs = trellis.path_costs[0]
    costs[0], costs[1], costs[2], costs[3] = cost0, cost1, cost2, cost3
    costs[4], costs[5], costs[6], costs[7] = cost4, cost5, cost6, cost7
    state = cheapest_state(costs)
    return costs[state], state


@kernel(fastmath=True, forceinline=True)
def cheaper(leads, state, cost, other_cost):
    """Return the cost of the cheaper of two paths into a state; note the lead of the second."""
    leads[state] = cost - other_cost
    return min(cost, other_cost)


@kernel(fastmath=True)
def trace_back_together(
    trellis, coefficients, levels, first, state, level_class, log2_width, log2_height
):
    """Follow the path that ends in ``state`` back to its start and write its levels.

    Into each state lead two others, half of its number and four more (see `ORIGINS`).
    """
    start = SCAN_START[log2_width, log2_height]
    for i in range(first + 1):
        place = np.uint64(SCAN_PLACE[np.uint64(start + i)])
        value = trellis.magnitudes[place]
        started = state < 2 and (trellis.starts[i] >> state) & 1 != 0
        if started:
            even, _, odd, _ = weigh_start(trellis, i, value, level_class, log2_width, log2_height)
            magnitude = odd if state else even
        else:
            second = np.int64(trellis.leads[np.uint64(i), np.uint64(state)] > 0)
            is_odd = PARITIES[np.uint64(state), np.uint64(second)]
            state = (state >> 1) + 4 * second
            quantizer = state & 1
            even = np.int64(trellis.even_levels[np.uint64(quantizer), place])
            odd = odd_level(value, quantizer)
            magnitude = odd if is_odd else even
        x = np.uint64(SCAN_X[np.uint64(start + i)])
        y = np.uint64(SCAN_Y[np.uint64(start + i)])
        levels[y, x] = -magnitude if coefficients[y, x] < 0 else magnitude
        if started:
            break
