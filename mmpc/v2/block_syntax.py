"""How the decisions of a block are written: split, prediction mode, transform type.

Every decision is coded in the light of what the blocks to the left and above decided.
"""

import numpy as np

from mmpc.v2 import contexts as c
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import code_bit
from mmpc.v2.partition import UNIT_LOG2, mean_log2
from mmpc.v2.prediction import DC, MODES, PLANAR, VERTICAL
from mmpc.v2.transform import DCT, DST, MAX_SINE_LOG2, NOTHING, SKIP

LEFT, ABOVE = 0, 1
# What is known of the blocks to the left of and above a block.
AROUND = np.dtype(
    [
        ("sizes", np.int64, 2),  # log2 of the side; 0 outside of the slice
        ("modes", np.int64, 2),
        ("kinds", np.int64, 2),
        ("energies", np.int64, 2),
        ("probable_modes", np.int64, 3),  # those that the two suggest
    ]
)

SPLIT0, SPLIT1, SPLIT2, SPLIT3, SPLIT4, SPLIT5 = c.SPLIT
MPM0, MPM1, MPM2, MPM3, MPM4, MPM5 = c.MPM
REMAINING0, REMAINING1, REMAINING2, REMAINING3, REMAINING4, REMAINING5 = c.REMAINING
CODED0, CODED1, CODED2, CODED3, CODED4, CODED5 = c.CODED
KIND0, KIND1, KIND2, KIND3, KIND4, KIND5 = c.KIND


@kernel
def look_around(planes, x, y, around):
    """Describe the blocks to the left of and above the block at (x, y)."""
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    for side in range(2):
        other_row = row - side
        other_column = column - 1 + side
        if other_row < 0 or other_column < 0:
            around.sizes[side] = 0
            around.modes[side] = DC
            around.kinds[side] = NOTHING
            around.energies[side] = 0
        else:
            around.sizes[side] = planes.sizes[other_row, other_column]
            around.modes[side] = planes.modes[other_row, other_column]
            around.kinds[side] = planes.kinds[other_row, other_column]
            around.energies[side] = planes.energies[other_row, other_column]


@kernel
def set_split_slots(slots, log2, around):
    """Choose the contexts of the split flag of a block of side 2^log2 (8 to 64)."""
    place = log2 - 3
    left = around.sizes[LEFT]
    above = around.sizes[ABOVE]
    smaller = (1 if 0 < left < log2 else 0) + (1 if 0 < above < log2 else 0)
    slots[0] = SPLIT0 + place * 3 + smaller
    slots[1] = SPLIT1 + (place * 7 + left) * 7 + above
    slots[2] = SPLIT2 + (place * 12 + around.energies[LEFT]) * 12 + around.energies[ABOVE]
    slots[3] = SPLIT3 + (place * 4 + around.kinds[LEFT]) * 4 + around.kinds[ABOVE]
    left_mode = c.MODE_CLASS[around.modes[LEFT]]
    above_mode = c.MODE_CLASS[around.modes[ABOVE]]
    slots[4] = SPLIT4 + (place * 3 + min(left_mode, 2)) * 3 + min(above_mode, 2)
    slots[5] = SPLIT5 + place


@kernel
def code_split(model, log2, around, split):
    """Code whether a block of side 2^log2 is cut into quarters."""
    set_split_slots(model.mixer.slots, log2, around)
    place = log2 - 3
    return code_bit(model, c.SPLIT_WEIGHTS + place, c.SIZE_WEIGHTS + place, split)


@kernel
def find_probable_modes(around):
    """Fill in the three modes that the neighbours suggest (ITU-T H.265, 8.4.2)."""
    left = around.modes[LEFT]
    above = around.modes[ABOVE]
    candidates = around.probable_modes
    if left == above:
        if left < 2:
            candidates[0] = PLANAR
            candidates[1] = DC
            candidates[2] = VERTICAL
        else:
            candidates[0] = left
            candidates[1] = 2 + (left + 29) % 32
            candidates[2] = 2 + (left - 2 + 1) % 32
    else:
        candidates[0] = left
        candidates[1] = above
        if left != PLANAR and above != PLANAR:
            candidates[2] = PLANAR
        elif left != DC and above != DC:
            candidates[2] = DC
        else:
            candidates[2] = VERTICAL


@kernel
def set_mpm_slots(slots, step, log2, around):
    """Choose the contexts of the MPM flag (step 0) and of the two bits of the index."""
    left = around.modes[LEFT]
    above = around.modes[ABOVE]
    kin = (4 if left == above else 0) + (2 if left > 1 else 0) + (1 if above > 1 else 0)
    energies = around.energies[LEFT] * 12 + around.energies[ABOVE]
    slots[0] = MPM0 + step * 4 + log2 - 2
    slots[1] = MPM1 + step * 8 + kin
    slots[2] = MPM2 + step * MODES + left
    slots[3] = MPM3 + step * MODES + above
    slots[4] = MPM4 + step * 144 + energies
    slots[5] = MPM5 + step


@kernel
def code_mode(model, log2, around, mode):
    """Code the prediction mode: one of three probable ones, or one of the other 32."""
    find_probable_modes(around)
    candidates = around.probable_modes
    index = 3
    for i in range(3):
        if candidates[i] == mode:
            index = i
    slots = model.mixer.slots
    size_weights = c.SIZE_WEIGHTS + (log2 - 2)
    set_mpm_slots(slots, 0, log2, around)
    if code_bit(model, c.MPM_WEIGHTS, size_weights, index < 3):
        set_mpm_slots(slots, 1, log2, around)
        if not code_bit(model, c.MPM_WEIGHTS + 1, size_weights, index > 0):
            return candidates[0]
        set_mpm_slots(slots, 2, log2, around)
        more = code_bit(model, c.MPM_WEIGHTS + 2, size_weights, index > 1)
        return candidates[1 + more]
    rank = mode
    for i in range(3):
        rank -= 1 if candidates[i] < mode else 0
    node = 1
    for i in range(4, -1, -1):
        set_remaining_slots(slots, node, log2, around)
        weights = c.REMAINING_WEIGHTS + node
        node = 2 * node + code_bit(model, weights, size_weights, (rank >> i) & 1)
    mode = node - 32
    low = min(candidates[0], min(candidates[1], candidates[2]))
    high = max(candidates[0], max(candidates[1], candidates[2]))
    middle = candidates[0] + candidates[1] + candidates[2] - low - high
    mode += 1 if mode >= low else 0
    mode += 1 if mode >= middle else 0
    mode += 1 if mode >= high else 0
    return mode


@kernel
def set_remaining_slots(slots, node, log2, around):
    """Choose the contexts of one node of the tree of remaining modes."""
    slots[0] = REMAINING0 + node * 4 + log2 - 2
    slots[1] = REMAINING1 + node * 36 + around.modes[LEFT]
    slots[2] = REMAINING2 + node * 36 + around.modes[ABOVE]
    slots[3] = REMAINING3 + node
    left_mode = c.MODE_CLASS[around.modes[LEFT]]
    above_mode = c.MODE_CLASS[around.modes[ABOVE]]
    slots[4] = REMAINING4 + node * 25 + left_mode * 5 + above_mode
    slots[5] = REMAINING5 + node * 4 + min(around.sizes[LEFT], 5) // 2


@kernel
def set_coded_slots(slots, log2, mode, around):
    """Choose the contexts of the flag that says whether a block has any level."""
    place = log2 - 2
    left = around.energies[LEFT]
    above = around.energies[ABOVE]
    slots[0] = CODED0 + place * 3 + (1 if left else 0) + (1 if above else 0)
    slots[1] = CODED1 + (place * 12 + left) * 12 + above
    slots[2] = CODED2 + place * (MODES + 1) + mode
    left_mode = c.MODE_CLASS[around.modes[LEFT]]
    above_mode = c.MODE_CLASS[around.modes[ABOVE]]
    slots[3] = CODED3 + place * 25 + left_mode * 5 + above_mode
    slots[4] = CODED4 + (place * 7 + around.sizes[LEFT]) * 7 + around.sizes[ABOVE]
    slots[5] = CODED5 + place


@kernel
def code_coded(model, log2, mode, around, coded):
    """Code whether a block has any level."""
    set_coded_slots(model.mixer.slots, log2, mode, around)
    place = log2 - 2
    return code_bit(model, c.CODED_WEIGHTS + place, c.SIZE_WEIGHTS + place, coded)


@kernel
def set_kind_slots(slots, step, log2, mode, around):
    """Choose the contexts of a decision: step 0, is the transform skipped; 1, is it DST-VII."""
    place = step * 4 + log2 - 2
    kinds = around.kinds[LEFT] * 4 + around.kinds[ABOVE]
    energies = around.energies[LEFT] * 12 + around.energies[ABOVE]
    slots[0] = KIND0 + place
    slots[1] = KIND1 + place * 16 + kinds
    slots[2] = KIND2 + place * (MODES + 1) + mode
    slots[3] = KIND3 + place * 144 + energies
    slots[4] = KIND4 + step * 16 + kinds
    slots[5] = KIND5 + place


@kernel
def code_kind_decision(model, step, log2, mode, around, bit):
    """Code one of the decisions that name the transform type."""
    set_kind_slots(model.mixer.slots, step, log2, mode, around)
    weights = c.KIND_WEIGHTS + step * 4 + (log2 - 2)
    return code_bit(model, weights, c.SIZE_WEIGHTS + (log2 - 2), bit)


@kernel
def code_kind(model, log2_width, log2_height, mode, around, kind):
    """Code the transform type: skip or not (4 x 4), DCT or DST (up to 16)."""
    longer = max(log2_width, log2_height)
    if longer > MAX_SINE_LOG2:
        return DCT
    log2 = mean_log2(log2_width, log2_height)
    if longer == 2 and code_kind_decision(model, 0, log2, mode, around, kind == SKIP):
        return SKIP
    if code_kind_decision(model, 1, log2, mode, around, kind != DCT):
        return DST
    return DCT


@kernel
def energy_of(total, log2_samples):
    """Return the entry of the energy map for a block of so many samples, its magnitudes' sum."""
    density = (total << 3) >> (log2_samples - 4)
    energy = 1
    while density > 0 and energy < c.ENERGIES - 1:
        density >>= 1
        energy += 1
    return energy
