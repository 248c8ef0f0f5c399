"""The encoder's choices for one block: its mode, its transform, its levels.

Modes are ranked by a quick guess; the best few are transformed and quantized, with each type of
transform that is worth it, and the cheapest of all wins. Its levels may then be chosen once more
and more carefully.
"""

import numpy as np

from mmpc.v2.block_coder import note_decisions
from mmpc.v2.block_syntax import (
    energy_of,
    look_around,
    set_coded_slots,
    set_kind_slots,
)
from mmpc.v2.contexts import FROM_SLICES
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import counter_cost
from mmpc.v2.motion import ACROSS, DOWN, INTRA, MEAN, SOURCE, note_motion, predict_from_slices
from mmpc.v2.partition import CTU_MASK, mark_known, mean_log2
from mmpc.v2.prediction import DC
from mmpc.v2.reconstruction import (
    add_residual,
    dequantize_levels,
    look_at_border,
    predict_block,
    settle_prediction,
)
from mmpc.v2.regions import small_step_of
from mmpc.v2.search.mode_ranking import HUGE, best_mode, fill_mode_bits, fill_residual, rank_modes
from mmpc.v2.search.motion_search import fill_vector_bits, search_motion, vector_bits
from mmpc.v2.search.trellis import choose_levels
from mmpc.v2.transform import (
    COEFFICIENT_BITS,
    DCT,
    DST,
    DST_ACROSS,
    KINDS,
    MAX_SINE_LOG2,
    MIRRORED,
    NOTHING,
    SKIP,
    forward_transform,
)

# A mode is tried if its guessed cost is at most this many times that of the best one ...
WORTH_TRYING = np.float32(1.3)
WORTH_TRYING_STEPS = 4  # ... and so many small steps more.
# Pairs of DST-VII and DCT-VIII are tried if a mode costs at most this many times the best one.
WORTH_PAIRING = np.float32(1.05)
WINNER = 1  # own contexts for the winner alone


@kernel
def search_block(
    model, planes, search, scratch, p, x, y, log2_width, log2_height, candidates, budget
):
    """Choose mode, transform and levels of one block, reconstruct it and return its cost.

    ``candidates`` modes are transformed and quantized; the best one's levels are not chosen again
    if it costs more than ``budget``.
    """
    small_step = small_step_of(p, planes.cells, x, y, log2_width, log2_height)
    search.block_step = np.float32(small_step) / np.float32(1 << COEFFICIENT_BITS)
    look_around(planes, x, y, scratch.around)
    look_at_border(planes, scratch, p, x, y, log2_width, log2_height)
    fill_mode_bits(model, search, scratch.around, mean_log2(log2_width, log2_height))
    search.cheapest = HUGE
    if p.references:
        search_motion(model, planes, search, scratch, p, x, y, log2_width, log2_height)
        for mode in range(search.mode_costs.size):
            search.mode_bits[mode] += search.source_bits[INTRA]
    if p.intra:
        rank_modes(planes.source, search, scratch, p, x, y, log2_width, log2_height)
    else:
        allow_one_mode(search, DC)
    search.best_cost = HUGE
    search.best_kind = NOTHING
    if p.references:
        try_sources(model, planes, search, scratch, p, x, y, log2_width, log2_height)
    try_candidates(model, planes, search, scratch, p, x, y, log2_width, log2_height, candidates)
    is_worth_refining = search.best_kind != NOTHING and search.best_cost < budget
    if p.own_contexts == WINNER and is_worth_refining:
        refine(model, planes, search, scratch, p, x, y, log2_width, log2_height)
    settle_block(planes, search, scratch, p, x, y, log2_width, log2_height)
    return search.best_cost


@kernel
def allow_one_mode(search, mode):
    """Rank one mode first, at no cost, and exclude all others."""
    for other in range(search.mode_costs.size):
        search.mode_bits[other] = 0
        search.mode_costs[other] = HUGE
    search.mode_costs[mode] = 0


@kernel
def try_candidates(model, planes, search, scratch, p, x, y, log2_width, log2_height, candidates):
    """Try the most promising modes with their transforms; the cheapest of all stays."""
    own = p.own_contexts > WINNER
    for attempt in range(candidates):
        mode = best_mode(search)
        estimate = search.mode_costs[mode]
        limit = WORTH_TRYING * search.cheapest + WORTH_TRYING_STEPS * search.block_step
        if estimate >= HUGE or estimate > limit:
            return
        search.cheapest = min(search.cheapest, estimate)
        search.mode_costs[mode] = HUGE  # done
        predict_block(scratch, p, log2_width, log2_height, mode)
        fill_residual(planes.source, search, scratch, x, y, log2_width, log2_height)
        try_kinds(model, search, scratch, p, log2_width, log2_height, mode, attempt, own)


@kernel
def try_sources(model, planes, search, scratch, p, x, y, log2_width, log2_height):
    """Try the most promising predictions from other slices with their transforms."""
    motion = scratch.motion
    mode = np.int64(FROM_SLICES)
    own = p.own_contexts > WINNER
    limit = WORTH_TRYING * search.cheapest + WORTH_TRYING_STEPS * search.block_step
    for source in range(1, MEAN + 1):
        motion.source = source
        fill_vector_bits(model, search, scratch, mean_log2(log2_width, log2_height))
        for moving in range(2):
            cost = search.motion_costs[source, moving]
            if cost >= HUGE or cost > limit:
                continue
            motion.down = moving * search.motion_downs[source]
            motion.across = moving * search.motion_acrosses[source]
            bits = search.source_bits[source] + vector_bits(search, motion)
            search.mode_bits[FROM_SLICES] = bits
            predict_from_slices(
                planes, motion, p, x, y, log2_width, log2_height, scratch.prediction
            )
            fill_residual(planes.source, search, scratch, x, y, log2_width, log2_height)
            try_kinds(model, search, scratch, p, log2_width, log2_height, mode, 0, own)


@kernel
def predict_again(planes, search, scratch, p, x, y, log2_width, log2_height):
    """Predict a block as was found best."""
    if search.best_mode == FROM_SLICES:
        motion = scratch.motion
        motion.source = search.best_motion[SOURCE]
        motion.down = search.best_motion[DOWN]
        motion.across = search.best_motion[ACROSS]
        predict_from_slices(planes, motion, p, x, y, log2_width, log2_height, scratch.prediction)
    else:
        predict_block(scratch, p, log2_width, log2_height, search.best_mode)


@kernel
def try_kinds(model, search, scratch, p, log2_width, log2_height, mode, attempt, own):
    """Try one prediction with each type of transform that is worth it.

    ``attempt`` counts the predictions before it.
    """
    longer = max(log2_width, log2_height)
    cheapest = HUGE
    for kind in range(KINDS):
        if not may_try(p, longer, kind, attempt):
            continue
        if kind > NOTHING and cheapest > WORTH_PAIRING * search.best_cost:
            return
        cost, coded = try_kind(model, search, scratch, p, log2_width, log2_height, mode, kind, own)
        if not coded:
            return  # nothing is left after quantization, nor will it be with another transform
        cheapest = min(cheapest, cost)


@kernel
def may_try(p, longer, kind, attempt):
    """Tell whether transform type ``kind`` is to be tried for the mode candidate ``attempt``.

    ``longer`` is log2 of the block's longer side.
    """
    if kind == DCT:
        return True
    if kind == DST:
        return longer <= MAX_SINE_LOG2 and p.dst != 0 and attempt < p.extra_kinds
    if kind == SKIP:
        return longer == 2 and p.transform_skip != 0 and attempt < p.extra_kinds
    is_pair = kind > NOTHING and longer <= MAX_SINE_LOG2 and p.dst != 0
    return is_pair and p.transform_pairs != 0 and attempt < p.pair_candidates


@kernel
def refine(model, planes, search, scratch, p, x, y, log2_width, log2_height):
    """Choose the levels of the winner again, each path of the trellis in its own contexts."""
    mode = search.best_mode
    search.best_cost = HUGE
    predict_again(planes, search, scratch, p, x, y, log2_width, log2_height)
    fill_residual(planes.source, search, scratch, x, y, log2_width, log2_height)
    kind = search.best_kind
    try_kind(model, search, scratch, p, log2_width, log2_height, mode, kind, True)


@kernel
def try_kind(model, search, scratch, p, log2_width, log2_height, mode, kind, own):
    """Transform and quantize ``search.residual``; if that is the cheapest so far, keep it.

    If ``own``, each path of the trellis looks at its own levels. Return its cost and whether there
    are any.
    """
    around = scratch.around
    slots = model.mixer.slots
    trellis = search.trellis
    log2 = mean_log2(log2_width, log2_height)
    longer = max(log2_width, log2_height)
    set_coded_slots(slots, log2, mode, around)
    trellis.empty_bits = counter_cost(model.counters, slots[0], 0)
    coded_bits = counter_cost(model.counters, slots[0], 1)
    if longer == 2:
        set_kind_slots(slots, 0, log2, mode, around)
        coded_bits += counter_cost(model.counters, slots[0], kind == SKIP)
    if longer <= MAX_SINE_LOG2 and kind != SKIP:
        set_kind_slots(slots, 1, log2, mode, around)
        coded_bits += counter_cost(model.counters, slots[0], kind != DCT)
        if p.transform_pairs and kind != DCT:
            coded_bits += pair_bits(model, log2, mode, around, kind)
    trellis.coded_bits = coded_bits
    trellis.small_step = search.block_step
    trellis.dependent = p.dependent
    forward_transform(
        search.residual, log2_width, log2_height, kind, search.work, search.coefficients
    )
    cost, coded = choose_levels(
        trellis, search.coefficients, scratch.levels, log2_width, log2_height, kind, own
    )
    # In units of the background's error: an error in the region weighs as much as its step says.
    cost = cost * search.small_step * search.small_step
    cost += search.bit_price * search.mode_bits[mode]
    if cost < search.best_cost:
        search.best_cost = cost
        search.best_mode = mode
        search.best_kind = kind if coded else NOTHING
        search.best_motion[SOURCE] = scratch.motion.source if mode == FROM_SLICES else INTRA
        search.best_motion[DOWN] = scratch.motion.down
        search.best_motion[ACROSS] = scratch.motion.across
        for j in range(1 << log2_height):
            for i in range(1 << log2_width):
                search.best_levels[j, i] = scratch.levels[j, i]
    return cost, coded


@kernel
def pair_bits(model, log2, mode, around, kind):
    """Estimate the rate of naming a pair of DST-VII and DCT-VIII."""
    slots = model.mixer.slots
    set_kind_slots(slots, 2, log2, mode, around)
    bits = counter_cost(model.counters, slots[0], kind != DST)
    if kind != DST:
        set_kind_slots(slots, 3, log2, mode, around)
        bits += counter_cost(model.counters, slots[0], kind == MIRRORED)
        if kind != MIRRORED:
            set_kind_slots(slots, 4, log2, mode, around)
            bits += counter_cost(model.counters, slots[0], kind == DST_ACROSS)
    return bits


@kernel
def settle_block(planes, search, scratch, p, x, y, log2_width, log2_height):
    """Reconstruct the block at (x, y) as it was found best and note its decisions."""
    top = y & CTU_MASK
    left = x & CTU_MASK
    columns = 0
    rows = 0
    total = 0
    for j in range(1 << log2_height):
        for i in range(1 << log2_width):
            level = search.best_levels[j, i]
            scratch.levels[j, i] = level
            scratch.ctu_levels[top + j, left + i] = level
            if level != 0:
                columns = max(columns, i + 1)
                rows = max(rows, j + 1)
                total += abs(level)
    mode = search.best_mode
    kind = search.best_kind
    predict_again(planes, search, scratch, p, x, y, log2_width, log2_height)
    if kind == NOTHING:
        settle_prediction(planes, scratch, p, x, y, log2_width, log2_height)
        energy = 0
    else:
        small_step = small_step_of(p, planes.cells, x, y, log2_width, log2_height)
        dequantize_levels(scratch, p, log2_width, log2_height, small_step, columns, rows)
        add_residual(planes, scratch, p, x, y, log2_width, log2_height, kind, columns, rows)
        energy = energy_of(total, log2_width + log2_height)
    note_decisions(planes, x, y, log2_width, log2_height, mode, kind, energy)
    mark_known(scratch.leaf, x, y, log2_width, log2_height, True)
    if p.references:
        found = search.best_motion
        note_motion(
            planes, x, y, log2_width, log2_height, found[SOURCE], found[DOWN], found[ACROSS]
        )
