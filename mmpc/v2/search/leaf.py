"""The encoder's choices for one block: its mode, its transform, its levels."""

import numpy as np

from mmpc.v2.block_coder import add_residual, dequantize_levels
from mmpc.v2.block_syntax import (
    NOTHING,
    energy_of,
    fill_units,
    look_around,
    set_coded_slots,
    set_kind_slots,
)
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import counter_cost
from mmpc.v2.partition import CTU_MASK
from mmpc.v2.prediction import DC, gather_border, predict, smooth_border
from mmpc.v2.regions import small_step_of
from mmpc.v2.search.mode_ranking import HUGE, best_mode, fill_mode_bits, fill_residual, rank_modes
from mmpc.v2.search.trellis import choose_levels
from mmpc.v2.transform import COEFFICIENT_BITS, DCT, SKIP, forward_transform


@kernel
def may_try(p, log2, kind, attempt):
    """Tell whether transform type ``kind`` is to be tried for the mode candidate ``attempt``."""
    if kind == DCT:
        return True
    if kind == SKIP:
        return log2 == 2 and p.transform_skip != 0 and attempt < p.extra_kinds
    return log2 <= 4 and p.dst != 0 and attempt < p.extra_kinds


@kernel(forceinline=True)
def try_kind(model, search, scratch, p, log2, mode, kind, known):
    """Transform and quantize ``search.residual``; return the cost and whether it has levels."""
    around = scratch.around
    set_coded_slots(model.mixer.slots, log2, mode, around)
    empty_bits = counter_cost(model.counters, model.mixer.slots[0], 0)
    coded_bits = counter_cost(model.counters, model.mixer.slots[0], 1)
    if log2 == 2:
        set_kind_slots(model.mixer.slots, 0, log2, mode, around)
        coded_bits += counter_cost(model.counters, model.mixer.slots[0], kind == SKIP)
    if log2 <= 4 and kind != SKIP:
        set_kind_slots(model.mixer.slots, 1, log2, mode, around)
        coded_bits += counter_cost(model.counters, model.mixer.slots[0], kind != DCT)
    forward_transform(search.residual, log2, kind, search.work, search.coefficients)
    cost, coded = choose_levels(
        search.trellis,
        search.coefficients,
        log2,
        kind,
        search.block_step,
        search.level_bit_price,
        p.dependent,
        coded_bits,
        empty_bits,
        known,
        scratch.levels,
    )
    # In units of the background's error: an error in the region weighs as much as its step says.
    cost = cost * search.small_step * search.small_step
    return cost + search.bit_price * search.mode_bits[mode], coded


@kernel(inline="always")
def search_leaf(model, planes, search, scratch, p, x, y, log2):
    """Choose mode, transform and levels of one block, reconstruct it and return its cost."""
    size = 1 << log2
    small_step = small_step_of(p, planes.cells, x, y, log2)
    search.block_step = np.float32(small_step) / np.float32(1 << COEFFICIENT_BITS)
    look_around(planes, x, y, scratch.around)
    gather_border(planes.samples, x, y, log2, p.width, p.height, p.default_sample, scratch.border)
    smooth_border(scratch.border, log2, scratch.smooth)
    fill_mode_bits(model, search, scratch.around, log2)
    if p.intra:
        rank_modes(planes.source, search, scratch, x, y, log2)
    else:
        search.mode_bits[:] = 0
        search.mode_costs[:] = HUGE
        search.mode_costs[DC] = 0
    lowest = HUGE
    chosen_mode = 0
    chosen_kind = NOTHING
    cheapest = HUGE
    for attempt in range(p.candidates + 1):
        refining = attempt == p.candidates  # the winner once more, with better contexts
        if refining:
            if chosen_kind == NOTHING or not p.refined:
                break
            mode = chosen_mode
            for j in range(size):
                for i in range(size):
                    scratch.levels[j, i] = search.best_levels[j, i]
            lowest = HUGE
        else:
            mode = best_mode(search)
            estimate = search.mode_costs[mode]
            if estimate >= HUGE or estimate > np.float32(1.3) * cheapest + 4 * search.block_step:
                continue
            cheapest = min(cheapest, estimate)
            search.mode_costs[mode] = HUGE
        if p.intra:
            predict(scratch.border, scratch.smooth, log2, mode, scratch.line, scratch.prediction)
        else:
            scratch.prediction[:size, :size] = p.default_sample
        fill_residual(planes.source, search, scratch, x, y, size)
        coded = True
        winner = chosen_kind
        for kind in range(DCT, SKIP + 1):
            if refining:
                if kind != winner:
                    continue
            elif not may_try(p, log2, kind, attempt) or (kind != DCT and not coded):
                continue
            cost, coded = try_kind(model, search, scratch, p, log2, mode, kind, refining)
            if cost < lowest:
                lowest = cost
                chosen_mode = mode
                chosen_kind = kind if coded else NOTHING
                for j in range(size):
                    for i in range(size):
                        search.best_levels[j, i] = scratch.levels[j, i]
    settle_block(planes, search, scratch, p, x, y, log2, chosen_mode, chosen_kind)
    return lowest


@kernel
def settle_block(planes, search, scratch, p, x, y, log2, mode, kind):
    """Reconstruct the block at (x, y) from ``search.best_levels`` and note its decisions."""
    size = 1 << log2
    if p.intra:
        predict(scratch.border, scratch.smooth, log2, mode, scratch.line, scratch.prediction)
    else:
        scratch.prediction[:size, :size] = p.default_sample
    top = y & CTU_MASK
    left = x & CTU_MASK
    columns = 0
    rows = 0
    total = 0
    for j in range(size):
        for i in range(size):
            level = search.best_levels[j, i]
            scratch.levels[j, i] = level
            scratch.ctu_levels[top + j, left + i] = level
            if level != 0:
                columns = max(columns, i + 1)
                rows = max(rows, j + 1)
                total += abs(level)
    if kind == NOTHING:
        for j in range(size):
            for i in range(size):
                value = scratch.prediction[j, i]
                planes.samples[y + j, x + i] = min(max(value, p.minimum), p.maximum)
    else:
        small_step = small_step_of(p, planes.cells, x, y, log2)
        dequantize_levels(scratch, p, log2, small_step, columns, rows)
        add_residual(planes, scratch, p, x, y, log2, kind, columns, rows)
    fill_units(planes.sizes, x, y, log2, log2)
    fill_units(planes.modes, x, y, log2, mode)
    fill_units(planes.kinds, x, y, log2, kind)
    fill_units(planes.energies, x, y, log2, 0 if kind == NOTHING else energy_of(total, log2))
