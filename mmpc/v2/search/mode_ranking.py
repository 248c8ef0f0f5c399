"""The encoder's ranking of prediction modes, by a quick guess of what their errors cost."""

import numpy as np

from mmpc.v2.block_syntax import find_probable_modes, set_mpm_slots
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import counter_cost
from mmpc.v2.prediction import MODES
from mmpc.v2.reconstruction import predict_block
from mmpc.v2.search.memory import FIXED_MODES
from mmpc.v2.search.satd import hadamard_cost

HUGE = np.float32(1e30)
REMAINING_BITS = np.float32(5)  # a mode that is not probable is one of 32


@kernel
def fill_mode_bits(model, search, around, log2):
    """Estimate the rate of each prediction mode."""
    find_probable_modes(around)
    candidates = around.probable_modes
    slots = model.mixer.slots
    set_mpm_slots(slots, 0, log2, around)
    other = counter_cost(model.counters, slots[0], 0) + REMAINING_BITS
    probable = counter_cost(model.counters, slots[0], 1)
    for mode in range(MODES):
        search.mode_bits[mode] = other
    set_mpm_slots(slots, 1, log2, around)
    search.mode_bits[candidates[0]] = probable + counter_cost(model.counters, slots[0], 0)
    probable += counter_cost(model.counters, slots[0], 1)
    set_mpm_slots(slots, 2, log2, around)
    for i in range(2):
        search.mode_bits[candidates[1 + i]] = probable + counter_cost(model.counters, slots[0], i)


@kernel(forceinline=True)
def fill_residual(source, search, scratch, x, y, log2_width, log2_height):
    """Subtract ``scratch.prediction`` from the source block."""
    for j in range(1 << log2_height):
        row = source[y + j, x:]
        prediction = scratch.prediction[j]
        residual = search.residual[j]
        for i in range(1 << log2_width):
            residual[i] = row[i] - np.float32(np.int32(prediction[i]))


@kernel(forceinline=True)
def best_mode(search):
    """Return the mode with the lowest estimated cost."""
    best = 0
    for mode in range(1, MODES):
        if search.mode_costs[mode] < search.mode_costs[best]:
            best = mode
    return best


@kernel
def rank_modes(source, search, scratch, p, x, y, log2_width, log2_height):
    """Estimate the cost of the likely modes from their prediction errors.

    These are every fourth direction, planar, DC, the most probable ones and that of the square
    around a part; then the directions two and one away from the best so far.
    """
    for mode in range(MODES):
        search.mode_costs[mode] = HUGE
    queue = search.queue
    for i in range(3):
        queue[len(FIXED_MODES) + i] = scratch.around.probable_modes[i]
    queue[len(FIXED_MODES) + 3] = search.square_mode
    filled = len(FIXED_MODES) + 4
    distance = 2
    i = len(FIXED_MODES) - search.ranked
    while i < filled:
        mode = queue[i]
        i += 1
        if search.mode_costs[mode] == HUGE:
            rank_mode(source, search, scratch, p, x, y, log2_width, log2_height, mode)
        if i == filled and distance > 0:
            best = best_mode(search)
            if best >= 2:
                queue[filled] = max(best - distance, 2)
                queue[filled + 1] = min(best + distance, MODES - 1)
                filled += 2
            distance -= 1


@kernel
def rank_one_mode(source, search, scratch, p, x, y, log2_width, log2_height, mode):
    """Rank one mode, which takes no bits, and exclude all others."""
    for other in range(MODES):
        search.mode_bits[other] = 0
        search.mode_costs[other] = HUGE
    rank_mode(source, search, scratch, p, x, y, log2_width, log2_height, mode)


@kernel
def rank_mode(source, search, scratch, p, x, y, log2_width, log2_height, mode):
    """Estimate the cost of one mode."""
    predict_block(scratch, p, log2_width, log2_height, mode)
    fill_residual(source, search, scratch, x, y, log2_width, log2_height)
    cost = hadamard_cost(search.residual, log2_width, log2_height, search.work)
    search.mode_costs[mode] = cost + search.block_step * search.mode_bits[mode]
