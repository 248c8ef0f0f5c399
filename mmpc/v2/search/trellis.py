"""The encoder's choice of levels: the cheapest path through the trellis of states.

Viterbi's algorithm over the levels of a block in coding order, cost = squared error + lambda
times bits (H. Schwarz et al., DCC 2019). What a level costs depends on the levels around it that
were coded before. All paths look at rounded coefficients in their place, and once more, for what
was found best, at the levels that were chosen so; or each path looks at those that it chose
itself, which takes six times as long.
"""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.partition import mean_log2
from mmpc.v2.search.all_edges import round_magnitudes, take_levels, weigh_all_edges
from mmpc.v2.search.magnitudes import SMALLEST, find_first, lay_out, rows_up_to
from mmpc.v2.search.own_contexts import trace_back_apart, walk_apart
from mmpc.v2.search.shared_contexts import trace_back_together, walk_together
from mmpc.v2.transform import SKIP

# Hardly any path costs less than so many times the cheapest edges of each coefficient.
ABOVE_BOUND = np.float32(1.05)
# What the contexts of levels are found from: rounded coefficients, levels that were chosen before,
# or the levels of each path.
ROUNDED, BEFORE, OWN = range(3)


@kernel(fastmath=True)
def choose_levels(trellis, coefficients, levels, log2_width, log2_height, kind, contexts):
    """Choose the levels of a block and return their cost, in units of the small step squared.

    ``coefficients`` are float32, in units of a sample; ``contexts`` is `ROUNDED`, `BEFORE` (those
    in ``levels``) or `OWN`. Also returns whether there are any levels. They are written only where
    they cost less than ``trellis.limit``.
    """
    scale = np.float32(1) / trellis.small_step
    magnitudes = trellis.magnitudes
    largest, error = lay_out(coefficients, scale, log2_width, log2_height, magnitudes)
    empty_cost = error + trellis.bit_price * trellis.empty_bits
    if largest <= SMALLEST:
        if empty_cost < trellis.limit:
            clear(levels, log2_width, log2_height)
        return empty_cost, False
    first, before = find_first(magnitudes, log2_width, log2_height)
    level_class = 4 if kind == SKIP else mean_log2(log2_width, log2_height) - 2
    if contexts == OWN:
        cost, state = walk_apart(trellis, first, before, level_class, log2_width, log2_height)
    else:
        rows = rows_up_to(first, log2_width, log2_height)
        round_magnitudes(trellis, log2_width, rows)
        if contexts == BEFORE:
            take_levels(trellis, levels, log2_width, rows)
        bound = weigh_all_edges(trellis, level_class, largest, log2_width, log2_height, rows)
        bound = ABOVE_BOUND * bound + trellis.bit_price * trellis.coded_bits
        if min(bound, empty_cost) >= trellis.limit:
            return bound, True
        cost, state = walk_together(trellis, first, before, level_class, log2_width, log2_height)
    cost += trellis.bit_price * trellis.coded_bits
    coded = cost < empty_cost
    cost = min(cost, empty_cost)
    if cost < trellis.limit:
        clear(levels, log2_width, log2_height)
        if coded and contexts == OWN:
            trace_back_apart(trellis, coefficients, levels, first, state, log2_width, log2_height)
        elif coded:
            trace_back_together(
                trellis, coefficients, levels, first, state, level_class, log2_width, log2_height
            )
    return cost, coded


@kernel
def clear(levels, log2_width, log2_height):
    """Set the levels of a block to zero."""
    for j in range(1 << log2_height):
        for i in range(1 << log2_width):
            levels[j, i] = 0
