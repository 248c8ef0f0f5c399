"""The encoder's search for where in other slices a block is best predicted from.

For each source: from likely vectors (zero, the neighbours', that of the block searched last, which
lies around this one or beside it, of a mean those of its two slices), the best goes on in a pattern
of four, with halving steps, down to a quarter of a sample; all by a quick guess of the error's
cost, plus rate. What is left stands in one ranking with the modes of intra prediction, of which
the first few go through transform and quantization.
"""

import numpy as np

from mmpc.v2.contexts import FROM_SLICES
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import counter_cost
from mmpc.v2.motion import ACROSS, DOWN, INTRA, MEAN, SOURCE, predict_from_slices
from mmpc.v2.motion_syntax import (
    LENGTH0,
    LONGEST,
    limited,
    look_at_motion,
    set_source_slots,
    set_vector_slots,
)
from mmpc.v2.partition import mean_log2
from mmpc.v2.search.mode_ranking import HUGE, fill_residual
from mmpc.v2.search.satd import hadamard_cost

SMALLEST_MOVING_LOG2 = 3  # a vector of its own costs a smaller block more than it gives
FIRST_STEP = 4  # quarter samples
NEXT_STEP = 2  # where a good vector is known: of the block before, of the two slices of a mean
LAST_STEP = 1
WORTH_REFINING = np.float32(1.2)  # times the cheapest guess so far
MOVES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]], np.int64)


@kernel
def search_motion(model, planes, search, scratch, p, x, y, log2_width, log2_height):
    """Find the best vector of each source, and guess its cost and that of zero.

    They are left in ``search.motion_*``, and the cheapest guess in ``search.cheapest``; the rate
    of the source alone, intra among them, in ``search.source_bits``.
    """
    motion = scratch.motion
    look_at_motion(planes, motion, p, x, y)
    fill_source_bits(model, search, scratch, p, mean_log2(log2_width, log2_height))
    for source in range(1, MEAN + 1):
        search.motion_costs[source, 0] = HUGE
        search.motion_costs[source, 1] = HUGE
        if source & p.references == source:
            motion.source = source
            search_vector(model, planes, search, scratch, p, x, y, log2_width, log2_height)
            search.motion_downs[source] = search.tried_down
            search.motion_acrosses[source] = search.tried_across
            if search.tried_down != 0 or search.tried_across != 0:
                search.motion_costs[source, 1] = search.tried_cost
                search.motion_bits[source, 1] = search.tried_bits
            search.cheapest = min(search.cheapest, search.tried_cost)


@kernel
def search_vector(model, planes, search, scratch, p, x, y, log2_width, log2_height):
    """Find the best vector of one source, and leave it in ``search.tried_*``."""
    motion = scratch.motion
    log2 = mean_log2(log2_width, log2_height)
    fill_vector_bits(model, search, scratch, log2)
    search.tried_cost = HUGE
    try_vector(planes, search, scratch, p, x, y, log2_width, log2_height, 0, 0)
    search.motion_costs[motion.source, 0] = search.tried_cost
    search.motion_bits[motion.source, 0] = search.tried_bits
    if not p.motion:
        return
    for i in range(motion.candidates):
        down = motion.candidate_downs[i]
        across = motion.candidate_acrosses[i]
        if down != 0 or across != 0:
            try_vector(planes, search, scratch, p, x, y, log2_width, log2_height, down, across)
    if log2 < SMALLEST_MOVING_LOG2:
        return
    step = FIRST_STEP
    if search.best_motion[SOURCE] != INTRA:  # of the block that was searched last
        down = search.best_motion[DOWN]
        across = search.best_motion[ACROSS]
        try_vector(planes, search, scratch, p, x, y, log2_width, log2_height, down, across)
        step = NEXT_STEP
    if motion.source == MEAN:
        for source in range(1, MEAN):
            down = search.motion_downs[source]
            across = search.motion_acrosses[source]
            try_vector(planes, search, scratch, p, x, y, log2_width, log2_height, down, across)
        step = NEXT_STEP
    if log2 == SMALLEST_MOVING_LOG2:
        step = LAST_STEP  # its square was searched already
    is_square = log2_width == log2_height  # a part has its square's vector, as good as refined
    if is_square and search.tried_cost < WORTH_REFINING * search.cheapest:
        follow_pattern(planes, search, scratch, p, x, y, log2_width, log2_height, step)


@kernel
def follow_pattern(planes, search, scratch, p, x, y, log2_width, log2_height, step):
    """Go from the best vector so far to its best neighbour, with smaller and smaller steps."""
    while step > 0:
        down = search.tried_down
        across = search.tried_across
        for k in range(4):
            try_vector(
                planes,
                search,
                scratch,
                p,
                x,
                y,
                log2_width,
                log2_height,
                limited(down + step * MOVES[k, 0]),
                limited(across + step * MOVES[k, 1]),
            )
        step >>= 1


@kernel
def best_motion_cost(search):
    """Return the lowest guessed cost of a source that was not taken yet."""
    lowest = HUGE
    for source in range(1, MEAN + 1):
        for moving in range(2):
            lowest = min(lowest, search.motion_costs[source, moving])
    return lowest


@kernel
def take_best_motion(search, motion):
    """Let ``motion`` be what costs the least, with its rate in place of a mode's, once."""
    lowest = best_motion_cost(search)
    for source in range(1, MEAN + 1):
        for moving in range(2):
            if search.motion_costs[source, moving] == lowest:
                search.motion_costs[source, moving] = HUGE
                search.mode_bits[FROM_SLICES] = search.motion_bits[source, moving]
                motion.source = source
                motion.down = moving * search.motion_downs[source]
                motion.across = moving * search.motion_acrosses[source]
                return


@kernel
def try_vector(planes, search, scratch, p, x, y, log2_width, log2_height, down, across):
    """Guess the cost of a vector; if it is the best so far, keep it."""
    motion = scratch.motion
    motion.down = down
    motion.across = across
    bits = search.source_bits[motion.source] + vector_bits(search, motion)
    predict_from_slices(planes, motion, p, x, y, log2_width, log2_height, scratch.prediction)
    fill_residual(planes.source, search, scratch, x, y, log2_width, log2_height)
    cost = hadamard_cost(search.residual, log2_width, log2_height, search.work)
    cost += search.block_step * bits
    if cost < search.tried_cost:
        search.tried_cost = cost
        search.tried_bits = bits
        search.tried_down = down
        search.tried_across = across


@kernel
def fill_source_bits(model, search, scratch, p, log2):
    """Estimate the rate of each source."""
    slots = model.mixer.slots
    set_source_slots(slots, 0, log2, scratch.around, scratch.motion)
    search.source_bits[INTRA] = counter_cost(model.counters, slots[0], 0)
    other = counter_cost(model.counters, slots[0], 1)
    for source in range(1, MEAN + 1):
        search.source_bits[source] = other
    if p.references == MEAN:
        set_source_slots(slots, 1, log2, scratch.around, scratch.motion)
        search.source_bits[MEAN] += counter_cost(model.counters, slots[0], 1)
        other += counter_cost(model.counters, slots[0], 0)
        set_source_slots(slots, 2, log2, scratch.around, scratch.motion)
        for which in range(2):
            search.source_bits[1 + which] = other + counter_cost(model.counters, slots[0], which)


@kernel
def fill_vector_bits(model, search, scratch, log2):
    """Estimate the rate of each likely vector, of another one, and of the bits of a difference."""
    slots = model.mixer.slots
    motion = scratch.motion
    so_far = np.float32(0)
    for i in range(motion.candidates):
        set_vector_slots(slots, i, log2, scratch.around, motion)
        search.vector_bits[i] = so_far + counter_cost(model.counters, slots[0], 1)
        so_far += counter_cost(model.counters, slots[0], 0)
    search.other_bits = so_far
    for axis in range(2):
        so_far = np.float32(0)
        for length in range(LONGEST):
            slot = LENGTH0 + axis * LONGEST + length
            search.length_bits[axis, length] = (
                so_far + counter_cost(model.counters, slot, 0) + np.float32(length)
            )
            so_far += counter_cost(model.counters, slot, 1)
        search.length_bits[axis, LONGEST] = so_far + np.float32(LONGEST)


@kernel
def vector_bits(search, motion):
    """Return the estimated rate of the vector of ``motion``."""
    for i in range(motion.candidates):
        if (
            motion.down == motion.candidate_downs[i]
            and motion.across == motion.candidate_acrosses[i]
        ):
            return search.vector_bits[i]
    down = bit_length(abs(motion.down - motion.candidate_downs[0]))
    across = bit_length(abs(motion.across - motion.candidate_acrosses[0]))
    return search.other_bits + search.length_bits[0, down] + search.length_bits[1, across]


@kernel
def bit_length(value):
    """Return the number of bits of a number."""
    length = 0
    while value >> length != 0:
        length += 1
    return length
