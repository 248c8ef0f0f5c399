"""How it is written that a block is predicted from other slices, from which, and its vector.

The vector mostly is that of a neighbour, or zero; else its difference to the likeliest is coded.
"""

from mmpc.v2 import contexts as c
from mmpc.v2.block_syntax import ABOVE, LEFT
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import code_bit, code_raw_bit
from mmpc.v2.motion import (
    ACROSS,
    AFTER,
    BEFORE,
    DOWN,
    INTRA,
    MEAN,
    SIZE_THERE,
    SOURCE,
    VECTOR_LIMIT,
)
from mmpc.v2.partition import UNIT_LOG2

OUTSIDE = 4  # stands for the source of a neighbour outside of the slice, in contexts
LONGEST = 11  # bits of a component's difference

SOURCE0, SOURCE1, SOURCE2, SOURCE3, SOURCE4, SOURCE5 = c.SOURCE
VECTOR0, VECTOR1, VECTOR2, VECTOR3, VECTOR4, VECTOR5 = c.VECTOR
LENGTH0, LENGTH1, LENGTH2, LENGTH3, LENGTH4, LENGTH5 = c.LENGTH


@kernel
def look_at_motion(planes, motion, p, x, y):
    """Describe the motion of the neighbours of the block at (x, y), and what that makes likely."""
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    motion.size_there = planes.motion[row, column, SIZE_THERE]
    motion.candidates = 0
    for side in range(2):
        other_row = row - side
        other_column = column - 1 + side
        motion.sources[side] = OUTSIDE
        motion.downs[side] = 0
        motion.acrosses[side] = 0
        if other_row >= 0 and other_column >= 0:
            motion.sources[side] = planes.motion[other_row, other_column, SOURCE]
            motion.downs[side] = planes.motion[other_row, other_column, DOWN]
            motion.acrosses[side] = planes.motion[other_row, other_column, ACROSS]
            if motion.sources[side] != INTRA:
                add_candidate(motion, motion.downs[side], motion.acrosses[side])
    add_candidate(motion, 0, 0)


@kernel
def add_candidate(motion, down, across):
    """Add a likely vector, if it is a new one."""
    for i in range(motion.candidates):
        if motion.candidate_downs[i] == down and motion.candidate_acrosses[i] == across:
            return
    motion.candidate_downs[motion.candidates] = down
    motion.candidate_acrosses[motion.candidates] = across
    motion.candidates += 1


@kernel
def set_source_slots(slots, step, log2, around, motion):
    """Choose the contexts of a decision on the source: not intra (step 0), mean, after."""
    place = step * 4 + log2 - 2
    left = motion.sources[LEFT]
    above = motion.sources[ABOVE]
    slots[0] = SOURCE0 + (place * 5 + left) * 5 + above
    slots[1] = SOURCE1 + (place * 12 + around.energies[LEFT]) * 12 + around.energies[ABOVE]
    slots[2] = SOURCE2 + (place * 7 + around.sizes[LEFT]) * 7 + around.sizes[ABOVE]
    kin = 2 * (1 if left != INTRA else 0) + (1 if above != INTRA else 0)
    slots[3] = SOURCE3 + (place * 7 + motion.size_there) * 4 + kin
    slots[4] = SOURCE4 + (place * 4 + around.kinds[LEFT]) * 4 + around.kinds[ABOVE]
    slots[5] = SOURCE5 + place


@kernel
def code_source(model, p, log2, around, motion, source):
    """Code where a block is predicted from; where there is one reference, which is no question."""
    slots = model.mixer.slots
    size_weights = c.SIZE_WEIGHTS + (log2 - 2)
    weights = c.SOURCE_WEIGHTS + (log2 - 2)
    set_source_slots(slots, 0, log2, around, motion)
    if not code_bit(model, weights, size_weights, source != INTRA):
        return INTRA
    if p.references != MEAN:
        return p.references
    set_source_slots(slots, 1, log2, around, motion)
    if code_bit(model, weights + 4, size_weights, source == MEAN):
        return MEAN
    set_source_slots(slots, 2, log2, around, motion)
    return BEFORE + code_bit(model, weights + 8, size_weights, source == AFTER)


@kernel
def states_of(motion):
    """Return 0..8: whether the left block is intra, still or moving, and the one above."""
    states = 0
    for side in range(2):
        states *= 3
        if motion.sources[side] == INTRA or motion.sources[side] == OUTSIDE:
            continue
        states += 2 if motion.downs[side] != 0 or motion.acrosses[side] != 0 else 1
    return states


@kernel
def set_vector_slots(slots, index, log2, around, motion):
    """Choose the contexts of the flag that the vector is the likely one with this index."""
    kin = (index * 9 + states_of(motion)) * 3 + motion.candidates - 1
    slots[0] = VECTOR0 + kin
    slots[1] = VECTOR1 + (index * 4 + log2 - 2) * 4 + motion.source
    slots[2] = VECTOR2 + kin * 4 + log2 - 2
    slots[3] = VECTOR3 + (index * 12 + around.energies[LEFT]) * 12 + around.energies[ABOVE]
    slots[4] = VECTOR4 + (index * 7 + around.sizes[LEFT]) * 7 + around.sizes[ABOVE]
    slots[5] = VECTOR5 + index


@kernel
def code_vector(model, log2, around, motion):
    """Code the vector of the block, or decode it into ``motion``."""
    size_weights = c.SIZE_WEIGHTS + (log2 - 2)
    for i in range(motion.candidates):
        down = motion.candidate_downs[i]
        across = motion.candidate_acrosses[i]
        same = 1 if motion.down == down and motion.across == across else 0
        set_vector_slots(model.mixer.slots, i, log2, around, motion)
        if code_bit(model, c.VECTOR_WEIGHTS + i, size_weights, same):
            motion.down = down
            motion.across = across
            return
    difference = motion.down - motion.candidate_downs[0]
    difference, length = code_component(model, 0, 0, log2, motion, difference)
    motion.down = limited(motion.candidate_downs[0] + difference)
    difference = motion.across - motion.candidate_acrosses[0]
    difference, length = code_component(model, 1, length, log2, motion, difference)
    motion.across = limited(motion.candidate_acrosses[0] + difference)


@kernel
def limited(component):
    """Return a component of a vector within its limits."""
    return min(max(component, -VECTOR_LIMIT), VECTOR_LIMIT)


@kernel
def code_component(model, axis, other_length, log2, motion, difference):
    """Code a difference: bit length in unary, bits, sign; return it and its bit length."""
    slots = model.mixer.slots
    magnitude = abs(difference)
    length = 0
    while length < LONGEST:
        base = axis * LONGEST + length
        slots[0] = LENGTH0 + base
        slots[1] = LENGTH1 + base * 4 + log2 - 2
        slots[2] = LENGTH2 + base * 4 + motion.source
        slots[3] = LENGTH3 + base * 9 + states_of(motion)
        slots[4] = LENGTH4 + base * (LONGEST + 1) + other_length
        slots[5] = LENGTH5 + base
        weights = c.LENGTH_WEIGHTS + base
        if not code_bit(model, weights, c.SIZE_WEIGHTS + (log2 - 2), magnitude >> length != 0):
            break
        length += 1
    if length == 0:
        return 0, 0
    value = 1
    for i in range(length - 2, -1, -1):
        value = 2 * value + code_raw_bit(model, (magnitude >> i) & 1)
    return (-value if code_raw_bit(model, difference < 0) else value), length
