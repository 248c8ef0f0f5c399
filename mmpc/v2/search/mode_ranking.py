"""The encoder's ranking of prediction modes, by a quick guess of what their errors cost."""

import numpy as np

from mmpc.v2.block_syntax import find_probable_modes, set_mpm_slots
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import counter_cost
from mmpc.v2.prediction import MODES
from mmpc.v2.reconstruction import predict_block
from mmpc.v2.search.memory import FIXED_MODES, MOST_CANDIDATES
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


@kernel
def rank_modes(source, search, scratch, p, x, y, log2_width, log2_height):
    """Estimate the cost of the likely modes from their prediction errors.

    These are every fourth direction, planar, DC, the most probable ones and that of the square
    around a part; then the directions two and one away from the best so far.
    """
    start_ranking(search)
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
        if not search.is_ranked[mode]:
            rank_mode(source, search, scratch, p, x, y, log2_width, log2_height, mode)
        if i == filled and distance > 0:
            best = search.ranking[0]
            if best >= 2:
                queue[filled] = max(best - distance, 2)
                queue[filled + 1] = min(best + distance, MODES - 1)
                filled += 2
            distance -= 1


@kernel
def rank_one_mode(source, search, scratch, p, x, y, log2_width, log2_height, mode):
    """Rank one mode, which takes no bits, and exclude all others."""
    start_ranking(search)
    for other in range(MODES):
        search.mode_bits[other] = 0
    rank_mode(source, search, scratch, p, x, y, log2_width, log2_height, mode)


@kernel
def start_ranking(search):
    """Let no mode be ranked."""
    for mode in range(MODES):
        search.is_ranked[mode] = 0
    for place in range(MOST_CANDIDATES):
        search.ranking_costs[place] = HUGE


@kernel
def rank_mode(source, search, scratch, p, x, y, log2_width, log2_height, mode):
    """Estimate the cost of one mode, and put it in its place among the cheapest."""
    predict_block(scratch, p, log2_width, log2_height, mode)
    fill_residual(source, search, scratch, x, y, log2_width, log2_height)
    cost = hadamard_cost(search.residual, log2_width, log2_height, search.work)
    cost += search.block_step * search.mode_bits[mode]
    search.is_ranked[mode] = 1
    place = MOST_CANDIDATES
    while place > 0 and cost < search.ranking_costs[place - 1]:
        place -= 1
        search.ranking_costs[place + 1] = search.ranking_costs[place]
        search.ranking[place + 1] = search.ranking[place]
    search.ranking_costs[place] = cost
    search.ranking[place] = mode
