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
)
from mmpc.v2.contexts import FROM_SLICES
from mmpc.v2.kernel import kernel
from mmpc.v2.motion import ACROSS, DOWN, INTRA, SOURCE, note_motion, predict_from_slices
from mmpc.v2.partition import CTU_MASK, mark_known, mean_log2
from mmpc.v2.prediction import DC, MODES
from mmpc.v2.reconstruction import (
    add_residual,
    dequantize_levels,
    look_at_border,
    predict_block,
    settle_prediction,
)
from mmpc.v2.regions import small_step_of
from mmpc.v2.search.mode_ranking import (
    HUGE,
    fill_mode_bits,
    fill_residual,
    rank_modes,
    rank_one_mode,
)
from mmpc.v2.search.motion_search import (
    best_motion_cost,
    search_motion,
    take_best_motion,
)
from mmpc.v2.search.transform_types import may_try, try_kind
from mmpc.v2.search.trellis import BEFORE, OWN, ROUNDED
from mmpc.v2.transform import COEFFICIENT_BITS, DCT, NOTHING, SKIP

# A mode is tried if its guessed cost is at most this many times that of the best one ...
WORTH_TRYING = np.float32(1.3)
WORTH_TRYING_STEPS = 4  # ... and so many small steps more.
# Another transform is tried if the last one's cost is at most this many times the best so far.
WORTH_TRANSFORMING = np.float32(1.15)


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
        for mode in range(MODES):
            search.mode_bits[mode] += search.source_bits[INTRA]
    if p.intra:
        rank_modes(planes.source, search, scratch, p, x, y, log2_width, log2_height)
    else:
        rank_one_mode(planes.source, search, scratch, p, x, y, log2_width, log2_height, DC)
    search.best_cost = HUGE
    search.best_kind = NOTHING
    try_candidates(model, planes, search, scratch, p, x, y, log2_width, log2_height, candidates)
    is_worth_refining = search.best_kind != NOTHING and search.best_cost < budget
    if p.second_choice and is_worth_refining:
        refine(model, planes, search, scratch, p, x, y, log2_width, log2_height)
    settle_block(planes, search, scratch, p, x, y, log2_width, log2_height)
    return search.best_cost


@kernel
def try_candidates(model, planes, search, scratch, p, x, y, log2_width, log2_height, candidates):
    """Try the most promising predictions with their transforms; the cheapest of all stays.

    Modes and other slices are in one ranking.
    """
    contexts = OWN if p.own_contexts else ROUNDED
    longer = max(log2_width, log2_height)
    place = 0
    for attempt in range(candidates):
        mode = np.int64(search.ranking[place])
        estimate = search.ranking_costs[place]
        if p.references and best_motion_cost(search) < estimate:
            mode = np.int64(FROM_SLICES)
            estimate = best_motion_cost(search)
        limit = WORTH_TRYING * search.cheapest + WORTH_TRYING_STEPS * search.block_step
        if estimate >= HUGE or estimate > limit:
            return
        search.cheapest = min(search.cheapest, estimate)
        if mode == FROM_SLICES:
            take_best_motion(search, scratch.motion)
        else:
            place += 1
        predict(planes, scratch, p, x, y, log2_width, log2_height, mode)
        fill_residual(planes.source, search, scratch, x, y, log2_width, log2_height)
        for kind in range(DCT, SKIP + 1):
            if may_try(p, longer, kind, attempt) and not try_kind(
                model, search, scratch, p, log2_width, log2_height, mode, kind, contexts
            ):
                break  # nothing is left after quantization, nor will it be with another transform
            if not p.whole_search and search.kind_cost > WORTH_TRANSFORMING * search.best_cost:
                break


@kernel
def predict(planes, scratch, p, x, y, log2_width, log2_height, mode):
    """Predict a block with a mode, from other slices as ``scratch.motion`` says."""
    if mode == FROM_SLICES:
        motion = scratch.motion
        predict_from_slices(planes, motion, p, x, y, log2_width, log2_height, scratch.prediction)
    else:
        predict_block(scratch, p, log2_width, log2_height, mode)


@kernel
def predict_again(planes, search, scratch, p, x, y, log2_width, log2_height):
    """Predict a block as was found best."""
    scratch.motion.source = search.best_motion[SOURCE]
    scratch.motion.down = search.best_motion[DOWN]
    scratch.motion.across = search.best_motion[ACROSS]
    predict(planes, scratch, p, x, y, log2_width, log2_height, search.best_mode)


@kernel
def refine(model, planes, search, scratch, p, x, y, log2_width, log2_height):
    """Choose the levels of the winner again, in the contexts that those chosen before make."""
    mode = search.best_mode
    search.best_cost = HUGE
    predict_again(planes, search, scratch, p, x, y, log2_width, log2_height)
    fill_residual(planes.source, search, scratch, x, y, log2_width, log2_height)
    kind = search.best_kind
    try_kind(model, search, scratch, p, log2_width, log2_height, mode, kind, BEFORE)


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
