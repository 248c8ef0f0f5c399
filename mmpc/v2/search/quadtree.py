"""The encoder's search for the best partition.

From the CTU downwards, every square is tried whole and in quarters, and the cheaper of the two
stays: cost = squared error + lambda times bits.
"""

import numpy as np

from mmpc.v2.block_syntax import look_around, set_split_slots
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import counter_cost
from mmpc.v2.partition import (
    CTU_LOG2,
    MAX_BLOCK_LOG2,
    MIN_BLOCK_LOG2,
    UNIT_LOG2,
    UNITS_MASK,
    ctus_across,
)
from mmpc.v2.rectangles import WHOLE
from mmpc.v2.search.costs import fill_last_costs, fill_level_costs
from mmpc.v2.search.kept import keep, put_back
from mmpc.v2.search.mode_ranking import HUGE
from mmpc.v2.search.rectangles import WORTH_CUTTING, search_parts
from mmpc.v2.transform import NOTHING


@kernel(coder="encoder's search", compile_s=35, packs=True)
def search_ctu(model, planes, search, scratch, p, ctu):
    """Decide how to code a CTU, given all that was coded before it.

    CTUs are counted in raster order. Decisions, levels and decoded samples are left in the
    planes. The descent into quarters is a loop with a place for each size (numba cannot keep a
    function that calls itself).
    """
    whole_costs = search.whole_costs
    quarter_costs = search.quarter_costs
    quarters_done = search.quarters_done
    fill_level_costs(model.counters, search.trellis.level_costs)
    fill_last_costs(model.counters, search.trellis.last_costs)
    log2 = CTU_LOG2
    across = ctus_across(p.width)
    search.square_x[log2] = ctu % across << log2
    search.square_y[log2] = ctu // across << log2
    entering = True
    result = np.float32(0)
    while True:
        x = search.square_x[log2]
        y = search.square_y[log2]
        if entering:
            left = HUGE  # what this quarter may cost for all four to be cheaper than their whole
            if log2 < MAX_BLOCK_LOG2 and not p.whole_search:
                left = whole_costs[log2 + 1] - quarter_costs[log2 + 1]
            whole_costs[log2], quarter_costs[log2], final = search_whole(
                model, planes, search, scratch, p, x, y, log2, left
            )
            quarters_done[log2] = 0
            result = whole_costs[log2]
        else:  # a quarter was decided
            quarter_costs[log2] += result
            quarters_done[log2] += 1
            result = quarter_costs[log2]
            final = quarters_done[log2] == 4
            if result >= whole_costs[log2]:
                put_back(search.squares[log2], planes, scratch, x, y, log2, log2)
                note_square(scratch, x, y, log2)
                result = whole_costs[log2]
                final = True
        entering = not final
        if entering:
            quarter = quarters_done[log2]
            log2 -= 1
            search.square_x[log2] = x + ((quarter & 1) << log2)
            search.square_y[log2] = y + ((quarter >> 1) << log2)
        else:
            if log2 == CTU_LOG2:
                return
            log2 += 1


@kernel
def search_whole(model, planes, search, scratch, p, x, y, log2, left):
    """Try the square at (x, y) as one block.

    Return its cost in squared samples, the cost of the split flag if it is cut into quarters,
    and whether that need not be tried.
    """
    if x >= p.width or y >= p.height:
        return np.float32(0), np.float32(0), True
    if log2 > MAX_BLOCK_LOG2:
        return HUGE, np.float32(0), False
    flag_cost = np.float32(0)
    split_cost = np.float32(0)
    if log2 > MIN_BLOCK_LOG2:
        look_around(planes, x, y, scratch.around)
        set_split_slots(model.mixer.slots, log2, scratch.around)
        flag_cost = search.bit_price * counter_cost(model.counters, model.mixer.slots[0], 0)
        split_cost = search.bit_price * counter_cost(model.counters, model.mixer.slots[0], 1)
    if not p.quadtree and log2 > 3:
        return HUGE, split_cost, False
    note_square(scratch, x, y, log2)
    cost = flag_cost + search_parts(model, planes, search, scratch, p, x, y, log2, left)
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    is_whole = scratch.ctu_cuts[0, row & UNITS_MASK, column & UNITS_MASK] == WHOLE
    nothing = is_whole and planes.kinds[row, column] == NOTHING and log2 < MAX_BLOCK_LOG2
    final = log2 == MIN_BLOCK_LOG2 or not p.quadtree or nothing or cost > WORTH_CUTTING * left
    if not final:
        keep(search.squares[log2], planes, scratch, x, y, log2, log2)
    return cost, split_cost, final


@kernel
def note_square(scratch, x, y, log2):
    """Note that the square at (x, y) is not cut into quarters."""
    scratch.ctu_squares[(y >> UNIT_LOG2) & UNITS_MASK, (x >> UNIT_LOG2) & UNITS_MASK] = log2
