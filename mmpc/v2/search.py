"""The encoder's search: which blocks, which modes, which transforms.

From the CTU downwards, every square is tried whole and in quarters, and the cheaper of the two
stays: cost = squared error + lambda times bits. Whole: all likely modes are ranked by the
Hadamard-transformed prediction error, the best few are transformed and quantized.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from mmpc.v2.block_coder import reconstruct_block
from mmpc.v2.block_syntax import (
    ABOVE_MODE,
    LEFT_MODE,
    NOTHING,
    energy_of,
    fill_units,
    look_around,
    most_probable_modes,
    set_coded_slots,
    set_kind_slots,
    set_mpm_slots,
    set_split_slots,
)
from mmpc.v2.mixing import counter_cost
from mmpc.v2.parameters import (
    CANDIDATES,
    DEFAULT_SAMPLE,
    DEPENDENT,
    DST_ALLOWED,
    EXTRA_KINDS,
    HEIGHT,
    INTRA,
    MAXIMUM,
    MINIMUM,
    QUADTREE,
    SKIP_ALLOWED,
    WIDTH,
)
from mmpc.v2.partition import CTU_LOG2, MAX_BLOCK_LOG2, MIN_BLOCK_LOG2, UNIT_LOG2
from mmpc.v2.prediction import DC, MODES, PLANAR, gather_border, predict, smooth_border
from mmpc.v2.regions import small_step_of
from mmpc.v2.satd import hadamard_cost
from mmpc.v2.transform import COEFFICIENT_BITS, DCT, SKIP, forward_transform
from mmpc.v2.trellis import Trellis, choose_levels, new_trellis

HUGE = np.float32(1e30)
FIXED_MODES = 11  # planar, DC and every fourth direction


class Search(NamedTuple):
    """Memory of the search."""

    source: np.ndarray  # float32, the slice, padded to whole CTUs
    trellis: Trellis
    residual: np.ndarray  # float32[32, 32]
    work: np.ndarray  # float32[32, 32]
    coefficients: np.ndarray  # float32[32, 32]
    mode_costs: np.ndarray  # float32[MODES]
    mode_bits: np.ndarray  # float32[MODES]
    queue: np.ndarray  # int64, modes to be ranked; the first ones are always the same
    best_levels: np.ndarray  # int64[32, 32]
    saved_samples: np.ndarray  # int32[7, 32, 32], of each size while its quarters are tried
    saved_levels: np.ndarray  # int32[7, 32, 32]
    saved_decisions: np.ndarray  # int64[7, 3]
    squares: np.ndarray  # int64[7, 3], the square tried of each size: x, y, quarters done
    square_costs: np.ndarray  # float32[7, 2], its cost as one block and as quarters so far
    numbers: np.ndarray  # float32: small step, lambda, that for levels, small step of the block


def new_search(
    source: np.ndarray, small_step: float, rate_weight: float, optimized: bool
) -> Search:
    """Return the memory of the search for one slice.

    ``rate_weight`` is lambda in units of the small step squared. Without ``optimized``, levels
    are chosen for their error alone.
    """
    block = [np.zeros((32, 32), np.float32) for _ in range(3)]
    level_weight = rate_weight if optimized else 0
    return Search(
        source,
        new_trellis(),
        *block,
        np.zeros(MODES, np.float32),
        np.zeros(MODES, np.float32),
        np.array([PLANAR, DC, *range(2, MODES, 4), *[0] * 8], np.int64),
        np.zeros((32, 32), np.int64),
        np.zeros((7, 32, 32), np.int32),
        np.zeros((7, 32, 32), np.int32),
        np.zeros((7, 3), np.int64),
        np.zeros((7, 3), np.int64),
        np.zeros((7, 2), np.float32),
        np.array([small_step, small_step**2 * rate_weight, level_weight, small_step], np.float32),
    )


@njit(cache=True, nogil=True)
def search_ctu(model, planes, search, scratch, p, around, candidates, ctu_x, ctu_y):
    """Decide the CTU at (ctu_x, ctu_y).

    Decisions, levels and decoded samples are left in the planes. The descent into quarters is
    a loop with a place for each size (numba cannot cache a function that calls itself).
    """
    squares = search.squares
    costs = search.square_costs
    log2 = CTU_LOG2
    squares[log2, 0] = ctu_x
    squares[log2, 1] = ctu_y
    entering = True
    result = np.float32(0)
    while True:
        x = squares[log2, 0]
        y = squares[log2, 1]
        if entering:
            costs[log2, 0], costs[log2, 1], final = search_whole(
                model, planes, search, scratch, p, around, candidates, x, y, log2
            )
            squares[log2, 2] = 0
            result = costs[log2, 0]
        else:  # a quarter was decided
            costs[log2, 1] += result
            squares[log2, 2] += 1
            result = costs[log2, 1]
            final = squares[log2, 2] == 4
            if result >= costs[log2, 0]:
                restore_block(planes, search, x, y, log2)
                result = costs[log2, 0]
                final = True
        entering = not final
        if entering:
            quarter = squares[log2, 2]
            log2 -= 1
            squares[log2, 0] = x + ((quarter & 1) << log2)
            squares[log2, 1] = y + ((quarter >> 1) << log2)
        else:
            if log2 == CTU_LOG2:
                return
            log2 += 1


@njit(cache=True, nogil=True)
def search_whole(model, planes, search, scratch, p, around, candidates, x, y, log2):
    """Try the square at (x, y) as one block.

    Return its cost in squared samples, the cost of the split flag if it is cut into quarters,
    and whether that need not be tried.
    """
    if x >= p[WIDTH] or y >= p[HEIGHT]:
        return np.float32(0), np.float32(0), True
    if log2 > MAX_BLOCK_LOG2:
        return HUGE, np.float32(0), False
    flag_cost = np.float32(0)
    split_cost = np.float32(0)
    if log2 > MIN_BLOCK_LOG2:
        look_around(planes, x, y, around)
        set_split_slots(model.slots, log2, around)
        flag_cost = search.numbers[1] * counter_cost(model.counters, model.slots[0], 0)
        split_cost = search.numbers[1] * counter_cost(model.counters, model.slots[0], 1)
    if not p[QUADTREE] and log2 > 3:
        return HUGE, split_cost, False
    cost = flag_cost + search_leaf(
        model, planes, search, scratch, p, around, candidates, x, y, log2
    )
    nothing = planes.kinds[y >> UNIT_LOG2, x >> UNIT_LOG2] == NOTHING and log2 < 5
    final = log2 == MIN_BLOCK_LOG2 or not p[QUADTREE] or nothing
    if not final:
        save_block(planes, search, x, y, log2)
    return cost, split_cost, final


@njit(cache=True, nogil=True)
def save_block(planes, search, x, y, log2):
    """Keep the block at (x, y) while its quarters are tried in its place."""
    size = 1 << log2
    for j in range(size):
        for i in range(size):
            search.saved_samples[log2, j, i] = planes.samples[y + j, x + i]
            search.saved_levels[log2, j, i] = planes.levels[y + j, x + i]
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    search.saved_decisions[log2, 0] = planes.modes[row, column]
    search.saved_decisions[log2, 1] = planes.kinds[row, column]
    search.saved_decisions[log2, 2] = planes.energies[row, column]


@njit(cache=True, nogil=True)
def restore_block(planes, search, x, y, log2):
    """Put the block at (x, y) back: its quarters were dearer."""
    size = 1 << log2
    for j in range(size):
        for i in range(size):
            planes.samples[y + j, x + i] = search.saved_samples[log2, j, i]
            planes.levels[y + j, x + i] = search.saved_levels[log2, j, i]
    fill_units(planes.sizes, x, y, log2, log2)
    fill_units(planes.modes, x, y, log2, search.saved_decisions[log2, 0])
    fill_units(planes.kinds, x, y, log2, search.saved_decisions[log2, 1])
    fill_units(planes.energies, x, y, log2, search.saved_decisions[log2, 2])


@njit(cache=True, nogil=True, forceinline=True)
def fill_mode_bits(model, search, log2, around, candidates):
    """Estimate the rate of each prediction mode."""
    most_probable_modes(around[LEFT_MODE], around[ABOVE_MODE], candidates)
    set_mpm_slots(model.slots, 0, log2, around)
    other = counter_cost(model.counters, model.slots[0], 0) + np.float32(5)
    probable = counter_cost(model.counters, model.slots[0], 1)
    for mode in range(MODES):
        search.mode_bits[mode] = other
    set_mpm_slots(model.slots, 1, log2, around)
    search.mode_bits[candidates[0]] = probable + counter_cost(model.counters, model.slots[0], 0)
    probable += counter_cost(model.counters, model.slots[0], 1)
    set_mpm_slots(model.slots, 2, log2, around)
    for i in range(2):
        search.mode_bits[candidates[1 + i]] = probable + counter_cost(
            model.counters, model.slots[0], i
        )


@njit(cache=True, nogil=True, forceinline=True)
def fill_residual(search, scratch, x, y, size):
    """Subtract ``scratch.prediction`` from the source block."""
    for j in range(size):
        for i in range(size):
            search.residual[j, i] = search.source[y + j, x + i] - np.float32(
                scratch.prediction[j, i]
            )


@njit(cache=True, nogil=True, forceinline=True)
def best_mode(search):
    """Return the mode with the lowest estimated cost."""
    best = 0
    for mode in range(1, MODES):
        if search.mode_costs[mode] < search.mode_costs[best]:
            best = mode
    return best


@njit(cache=True, nogil=True, forceinline=True)
def rank_modes(search, scratch, candidates, x, y, log2):
    """Estimate the cost of the likely modes from their prediction errors.

    These are planar, DC, the most probable ones and every fourth direction; then the directions
    two and one away from the best so far.
    """
    for mode in range(MODES):
        search.mode_costs[mode] = HUGE
    queue = search.queue
    for i in range(3):
        queue[FIXED_MODES + i] = candidates[i]
    filled = FIXED_MODES + 3
    distance = 2
    i = 0
    while i < filled:
        mode = queue[i]
        i += 1
        if search.mode_costs[mode] == HUGE:
            predict(scratch.border, scratch.smooth, log2, mode, scratch.line, scratch.prediction)
            cost = hadamard_cost(
                search.source, scratch.prediction, x, y, log2, search.residual, search.work
            )
            search.mode_costs[mode] = cost + search.numbers[3] * search.mode_bits[mode]
        if i == filled and distance > 0:
            best = best_mode(search)
            if best >= 2:
                queue[filled] = max(best - distance, 2)
                queue[filled + 1] = min(best + distance, MODES - 1)
                filled += 2
            distance -= 1


@njit(cache=True, nogil=True, forceinline=True)
def try_kind(model, search, scratch, p, around, log2, mode, kind):
    """Transform and quantize ``search.residual``; return the cost and whether it has levels."""
    set_coded_slots(model.slots, log2, mode, around)
    empty_bits = counter_cost(model.counters, model.slots[0], 0)
    coded_bits = counter_cost(model.counters, model.slots[0], 1)
    if log2 == 2:
        set_kind_slots(model.slots, 0, log2, mode, around)
        coded_bits += counter_cost(model.counters, model.slots[0], kind == SKIP)
    if log2 <= 4 and kind != SKIP:
        set_kind_slots(model.slots, 1, log2, mode, around)
        coded_bits += counter_cost(model.counters, model.slots[0], kind != DCT)
    forward_transform(search.residual, log2, kind, search.work, search.coefficients)
    cost, coded = choose_levels(
        search.trellis,
        search.coefficients,
        log2,
        kind,
        search.numbers[3],
        search.numbers[2],
        p[DEPENDENT],
        coded_bits,
        empty_bits,
        scratch.levels,
    )
    # In units of the background's error: an error in the region weighs as much as its step says.
    cost = cost * search.numbers[0] * search.numbers[0]
    return cost + search.numbers[1] * search.mode_bits[mode], coded


@njit(cache=True, nogil=True)
def may_try(p, log2, kind, attempt):
    """Tell whether transform type ``kind`` is to be tried for the mode candidate ``attempt``."""
    if kind == DCT:
        return True
    if kind == SKIP:
        return log2 == 2 and p[SKIP_ALLOWED] != 0 and attempt < p[EXTRA_KINDS]
    return log2 <= 4 and p[DST_ALLOWED] != 0 and attempt < p[EXTRA_KINDS]


@njit(cache=True, nogil=True, forceinline=True)
def search_leaf(model, planes, search, scratch, p, around, candidates, x, y, log2):
    """Choose mode, transform and levels of one block, reconstruct it and return its cost."""
    size = 1 << log2
    small_step = small_step_of(p, planes.cells, x, y, log2)
    search.numbers[3] = np.float32(small_step) / np.float32(1 << COEFFICIENT_BITS)
    look_around(planes, x, y, around)
    gather_border(
        planes.samples, x, y, log2, p[WIDTH], p[HEIGHT], p[DEFAULT_SAMPLE], scratch.border
    )
    smooth_border(scratch.border, log2, scratch.smooth)
    fill_mode_bits(model, search, log2, around, candidates)
    if p[INTRA]:
        rank_modes(search, scratch, candidates, x, y, log2)
    else:
        search.mode_bits[:] = 0
        search.mode_costs[:] = HUGE
        search.mode_costs[DC] = 0
    lowest = HUGE
    chosen_mode = 0
    chosen_kind = NOTHING
    cheapest = HUGE
    for attempt in range(p[CANDIDATES]):
        mode = best_mode(search)
        estimate = search.mode_costs[mode]
        if estimate >= HUGE or estimate > np.float32(1.3) * cheapest + 4 * search.numbers[3]:
            break
        cheapest = min(cheapest, estimate)
        search.mode_costs[mode] = HUGE
        if p[INTRA]:
            predict(scratch.border, scratch.smooth, log2, mode, scratch.line, scratch.prediction)
        else:
            scratch.prediction[:size, :size] = p[DEFAULT_SAMPLE]
        fill_residual(search, scratch, x, y, size)
        coded = True
        for kind in range(DCT, SKIP + 1):
            if not may_try(p, log2, kind, attempt) or (kind != DCT and not coded):
                continue
            cost, coded = try_kind(model, search, scratch, p, around, log2, mode, kind)
            if cost < lowest:
                lowest = cost
                chosen_mode = mode
                chosen_kind = kind if coded else NOTHING
                for j in range(size):
                    for i in range(size):
                        search.best_levels[j, i] = scratch.levels[j, i]
    settle_block(planes, search, scratch, p, x, y, log2, chosen_mode, chosen_kind)
    return lowest


@njit(cache=True, nogil=True)
def settle_block(planes, search, scratch, p, x, y, log2, mode, kind):
    """Reconstruct the block at (x, y) from ``search.best_levels`` and note its decisions."""
    size = 1 << log2
    if p[INTRA]:
        predict(scratch.border, scratch.smooth, log2, mode, scratch.line, scratch.prediction)
    else:
        scratch.prediction[:size, :size] = p[DEFAULT_SAMPLE]
    columns = 0
    rows = 0
    total = 0
    for j in range(size):
        for i in range(size):
            level = search.best_levels[j, i]
            scratch.levels[j, i] = level
            planes.levels[y + j, x + i] = level
            if level != 0:
                columns = max(columns, i + 1)
                rows = max(rows, j + 1)
                total += abs(level)
    if kind == NOTHING:
        for j in range(size):
            for i in range(size):
                value = scratch.prediction[j, i]
                planes.samples[y + j, x + i] = min(max(value, p[MINIMUM]), p[MAXIMUM])
    else:
        reconstruct_block(planes, scratch, p, x, y, log2, kind, columns, rows)
    fill_units(planes.sizes, x, y, log2, log2)
    fill_units(planes.modes, x, y, log2, mode)
    fill_units(planes.kinds, x, y, log2, kind)
    fill_units(planes.energies, x, y, log2, 0 if kind == NOTHING else energy_of(total, log2))
