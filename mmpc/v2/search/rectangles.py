"""The encoder's search for the rectangles of a square.

Each part is tried whole, then with each cut, as long as what has been decided of its parts costs
less than the best so far. No cut is tried where a part has no levels without one, where it costs
little, or where it costs so much that the cut which made it is as good as lost.
"""

import numpy as np

from mmpc.v2.block_syntax import look_around
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import counter_cost
from mmpc.v2.partition import UNIT_LOG2, UNITS_MASK, mark_known, start_leaf
from mmpc.v2.prediction import DC, MODES
from mmpc.v2.rectangles import (
    HALVES,
    MAX_CUTS,
    THIRDS,
    VERTICAL_HALVES,
    VERTICAL_THIRDS,
    WHOLE,
    is_vertical,
    may_cut,
    parts_of,
    push_cut,
    set_cut_slots,
)
from mmpc.v2.search.kept import keep, put_back
from mmpc.v2.search.leaf import search_block
from mmpc.v2.search.memory import FEW_MODES, FIXED_MODES
from mmpc.v2.transform import NOTHING

# A part that costs less than so many bits is not cut: to name the modes of its parts costs more.
FEWEST_BITS = np.float32(15)
# Of what the other parts leave, a part may cost so much: to be cut, to have its levels refined.
WORTH_CUTTING = np.float32(1.15)
WORTH_REFINING = np.float32(1.05)


@kernel
def search_parts(model, planes, search, scratch, p, x, y, log2, left):
    """Decide how to code the square at (x, y) without quarters, and return its cost.

    If it costs more than ``left``, it is of no use. The descent into parts is a loop with a place
    for each number of cuts.
    """
    nodes = search.nodes
    start_leaf(scratch.leaf, x, y, log2)
    cuts = 0
    nodes.x[0] = x
    nodes.y[0] = y
    nodes.log2_width[0] = log2
    nodes.log2_height[0] = log2
    nodes.forbidden[0] = WHOLE
    entering = True
    result = np.float32(0)
    while True:
        is_open = True  # whether there are parts of the present cut to be tried
        if entering:
            try_whole(model, planes, search, scratch, p, cuts, left)
            is_open = False
        else:  # a part was decided
            nodes.cost[cuts] += result
            nodes.index[cuts] += 1
            if nodes.cost[cuts] >= nodes.best_cost[cuts]:
                nodes.is_best[cuts] = 0
                is_open = False
            elif nodes.index[cuts] == parts_of(nodes.cut[cuts]):
                nodes.best_cost[cuts] = nodes.cost[cuts]
                nodes.is_best[cuts] = 1
                is_open = False
        if is_open or find_next_cut(model, planes, search, scratch, p, cuts):
            entering = enter_part(search, scratch, p, cuts)
            cuts += 1 if entering else 0
            result = np.float32(0)
        else:
            finish_part(planes, search, scratch, cuts)
            if cuts == 0:
                return nodes.best_cost[0]
            entering = False
            result = nodes.best_cost[cuts]
            cuts -= 1


@kernel
def try_whole(model, planes, search, scratch, p, cuts, left):
    """Try a part without a cut.

    ``left`` is what the square may cost to be of use, and becomes what the part may cost.
    """
    nodes = search.nodes
    x = nodes.x[cuts]
    y = nodes.y[cuts]
    candidates = p.candidates if cuts == 0 else p.part_candidates
    log2_width = nodes.log2_width[cuts]
    log2_height = nodes.log2_height[cuts]
    search.ranked = FEW_MODES if cuts > 0 and not p.part_modes else len(FIXED_MODES)
    if cuts == 0:
        search.square_mode = DC  # which is ranked anyway
    if cuts > 0:
        left = nodes.best_cost[cuts - 1] - nodes.cost[cuts - 1]
    cost = search_block(
        model,
        planes,
        search,
        scratch,
        p,
        x,
        y,
        log2_width,
        log2_height,
        candidates,
        WORTH_REFINING * left,
    )
    if cuts == 0 and not p.part_modes:
        search.square_mode = min(search.best_mode, MODES - 1)
    cost += search.bit_price * cut_bits(model, search, scratch, p, cuts, WHOLE)
    nodes.best_cost[cuts] = cost
    nodes.is_best[cuts] = 1
    nodes.cut[cuts] = WHOLE
    note_cut(search, scratch, cuts, WHOLE)
    is_empty = planes.kinds[y >> UNIT_LOG2, x >> UNIT_LOG2] == NOTHING
    is_cheap = cost < FEWEST_BITS * search.bit_price
    if is_empty or is_cheap or cost > WORTH_CUTTING * left:
        nodes.cut[cuts] = VERTICAL_THIRDS  # that is the last one: none is tried


@kernel
def find_next_cut(model, planes, search, scratch, p, cuts):
    """Go on to the next cut that is worth trying, if there is one, and return whether."""
    if cuts >= p.cuts:
        return False
    nodes = search.nodes
    x = nodes.x[cuts]
    y = nodes.y[cuts]
    log2_width = nodes.log2_width[cuts]
    log2_height = nodes.log2_height[cuts]
    for cut in range(nodes.cut[cuts] + 1, p.cut_kinds + 1):
        if may_cut(log2_width, log2_height, nodes.forbidden[cuts], cut):
            look_around(planes, x, y, scratch.around)
            cost = search.bit_price * cut_bits(model, search, scratch, p, cuts, cut)
            if cost < nodes.best_cost[cuts]:
                if nodes.is_best[cuts]:  # so far the planes hold it
                    keep(search.parts[cuts], planes, scratch, x, y, log2_width, log2_height)
                nodes.cut[cuts] = cut
                nodes.index[cuts] = 0
                nodes.cost[cuts] = cost
                nodes.is_best[cuts] = 0
                note_cut(search, scratch, cuts, cut)
                mark_known(scratch.leaf, x, y, log2_width, log2_height, False)
                return True
    return False


@kernel
def enter_part(search, scratch, p, cuts):
    """Go on to the next part of the present cut; return whether it lies in the picture."""
    nodes = search.nodes
    tree = scratch.tree
    tree.count = 0
    push_cut(
        tree,
        nodes.cut[cuts],
        nodes.index[cuts],
        nodes.x[cuts],
        nodes.y[cuts],
        nodes.log2_width[cuts],
        nodes.log2_height[cuts],
        cuts,
    )
    if tree.x[0] >= p.width or tree.y[0] >= p.height:
        return False
    nodes.x[cuts + 1] = tree.x[0]
    nodes.y[cuts + 1] = tree.y[0]
    nodes.log2_width[cuts + 1] = tree.log2_width[0]
    nodes.log2_height[cuts + 1] = tree.log2_height[0]
    nodes.forbidden[cuts + 1] = tree.forbidden[0]
    return True


@kernel
def finish_part(planes, search, scratch, cuts):
    """Leave the best that was found for a part in the planes."""
    nodes = search.nodes
    x = nodes.x[cuts]
    y = nodes.y[cuts]
    log2_width = nodes.log2_width[cuts]
    log2_height = nodes.log2_height[cuts]
    if not nodes.is_best[cuts]:
        put_back(search.parts[cuts], planes, scratch, x, y, log2_width, log2_height)
    mark_known(scratch.leaf, x, y, log2_width, log2_height, True)


@kernel
def note_cut(search, scratch, cuts, cut):
    """Note how a part is cut."""
    if cuts < MAX_CUTS:
        row = (search.nodes.y[cuts] >> UNIT_LOG2) & UNITS_MASK
        column = (search.nodes.x[cuts] >> UNIT_LOG2) & UNITS_MASK
        scratch.ctu_cuts[cuts, row, column] = cut


@kernel
def cut_bits(model, search, scratch, p, cuts, cut):
    """Estimate the rate of saying how a part is cut."""
    nodes = search.nodes
    log2_width = nodes.log2_width[cuts]
    log2_height = nodes.log2_height[cuts]
    forbidden = nodes.forbidden[cuts]
    horizontal = may_cut(log2_width, log2_height, forbidden, HALVES)
    horizontal = horizontal or may_cut(log2_width, log2_height, forbidden, THIRDS)
    vertical = may_cut(log2_width, log2_height, forbidden, VERTICAL_HALVES)
    vertical = vertical or may_cut(log2_width, log2_height, forbidden, VERTICAL_THIRDS)
    bits = np.float32(0)
    if not p.rectangles or cuts == MAX_CUTS or not (horizontal or vertical):
        return bits
    around = scratch.around
    slots = model.mixer.slots
    set_cut_slots(slots, 0, log2_width, log2_height, cuts, around)
    bits += counter_cost(model.counters, slots[0], cut != WHOLE)
    if cut != WHOLE:
        direction = is_vertical(cut)
        if horizontal and vertical:
            set_cut_slots(slots, 1, log2_width, log2_height, cuts, around)
            bits += counter_cost(model.counters, slots[0], direction)
        halves = may_cut(log2_width, log2_height, forbidden, HALVES + direction)
        if halves and may_cut(log2_width, log2_height, forbidden, THIRDS + direction):
            set_cut_slots(slots, 2 + direction, log2_width, log2_height, cuts, around)
            bits += counter_cost(model.counters, slots[0], cut >= THIRDS)
    return bits
