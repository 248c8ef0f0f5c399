"""The encoder's search for the best partition.

From the CTU downwards, every square is tried whole and in quarters, and the cheaper of the two
stays: cost = squared error + lambda times bits.
"""

import numpy as np

from mmpc.v2.block_coder import note_decisions
from mmpc.v2.block_syntax import NOTHING, look_around, set_split_slots
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import counter_cost
from mmpc.v2.motion import ACROSS, DOWN, INTRA, SOURCE, note_motion
from mmpc.v2.partition import (
    CTU_LOG2,
    CTU_MASK,
    MAX_BLOCK_LOG2,
    MIN_BLOCK_LOG2,
    UNIT_LOG2,
    ctus_across,
)
from mmpc.v2.search.costs import fill_last_costs, fill_level_costs
from mmpc.v2.search.leaf import search_leaf
from mmpc.v2.search.mode_ranking import HUGE


@kernel(coder="encoder's search", compile_s=20)
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
    search.saved_motions[log2, SOURCE] = INTRA  # a CTU is never one block
    entering = True
    result = np.float32(0)
    while True:
        x = search.square_x[log2]
        y = search.square_y[log2]
        if entering:
            whole_costs[log2], quarter_costs[log2], final = search_whole(
                model, planes, search, scratch, p, x, y, log2
            )
            quarters_done[log2] = 0
            result = whole_costs[log2]
        else:  # a quarter was decided
            quarter_costs[log2] += result
            quarters_done[log2] += 1
            result = quarter_costs[log2]
            final = quarters_done[log2] == 4
            if result >= whole_costs[log2]:
                restore_block(planes, search, scratch, p, x, y, log2)
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


@kernel(inline="always")
def search_whole(model, planes, search, scratch, p, x, y, log2):
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
    cost = flag_cost + search_leaf(model, planes, search, scratch, p, x, y, log2)
    nothing = planes.kinds[y >> UNIT_LOG2, x >> UNIT_LOG2] == NOTHING and log2 < 5
    final = log2 == MIN_BLOCK_LOG2 or not p.quadtree or nothing
    if not final:
        save_block(planes, search, scratch, p, x, y, log2)
    return cost, split_cost, final


@kernel(inline="always")
def save_block(planes, search, scratch, p, x, y, log2):
    """Keep the block at (x, y) while its quarters are tried in its place."""
    size = 1 << log2
    top = y & CTU_MASK
    left = x & CTU_MASK
    for j in range(size):
        for i in range(size):
            search.saved_samples[log2, j, i] = planes.samples[y + j, x + i]
            search.saved_levels[log2, j, i] = scratch.ctu_levels[top + j, left + i]
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    search.saved_modes[log2] = planes.modes[row, column]
    search.saved_kinds[log2] = planes.kinds[row, column]
    search.saved_energies[log2] = planes.energies[row, column]
    if p.references:
        for i in range(3):
            search.saved_motions[log2, i] = planes.motion[row, column, i]


@kernel(inline="always")
def restore_block(planes, search, scratch, p, x, y, log2):
    """Put the block at (x, y) back: its quarters were dearer."""
    size = 1 << log2
    top = y & CTU_MASK
    left = x & CTU_MASK
    for j in range(size):
        for i in range(size):
            planes.samples[y + j, x + i] = search.saved_samples[log2, j, i]
            scratch.ctu_levels[top + j, left + i] = search.saved_levels[log2, j, i]
    note_decisions(
        planes,
        x,
        y,
        log2,
        search.saved_modes[log2],
        search.saved_kinds[log2],
        search.saved_energies[log2],
    )
    if p.references:
        saved = search.saved_motions[log2]
        note_motion(planes, x, y, log2, saved[SOURCE], saved[DOWN], saved[ACROSS])
