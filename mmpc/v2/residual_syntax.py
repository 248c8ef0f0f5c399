"""How the levels of a block are written: the last position, then magnitudes and signs.

The position of the last level in a diagonal scan comes first, then the levels from there back
to the lowest frequency (ITU-T H.265, 7.3.8.11, without its sub-blocks). A magnitude is a row
of decisions (0? 1? 2? ...), each in six contexts: what was decoded to the right and below, the
position, the mode, the blocks to the left and above, and how the block went so far.
"""

import numpy as np

from mmpc.v2 import contexts as c
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import code_adaptive_bit, code_bit, code_bit_between, code_raw_bit
from mmpc.v2.partition import mean_log2
from mmpc.v2.planes import MAGNITUDE_STRIDE
from mmpc.v2.probability_map import code_bit_through_map
from mmpc.v2.quantizer import LEVEL_LIMIT, QUANTIZER, next_state
from mmpc.v2.scan import SCAN_RANK, SCAN_SPOT, SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.transform import SKIP

MIXED_LIMIT = 3  # whether a magnitude is above this or more is said without the mixing
UNARY_LIMIT = 15  # magnitudes from here on have an escape
ESCAPE_BITS = 28


LAST0, LAST1, LAST2, LAST3, LAST4, LAST5 = c.LAST
LEVEL0, LEVEL1, LEVEL2, LEVEL3, LEVEL4, LEVEL5 = c.LEVEL
SIGN0, SIGN1, SIGN2, SIGN3, SIGN4, SIGN5 = c.SIGN


@kernel
def code_last_axis(model, axis, side_log2, log2, kind, mode, left, above, other_group, position):
    """Code one coordinate of the last level: a group in unary, then the offset within it.

    ``side_log2`` is the block's along this axis, ``log2`` that of its size.
    """
    mode_class = c.MODE_CLASS[mode]
    group = c.LAST_GROUP[position]
    limit = 2 * side_log2 - 1 if side_log2 > 2 else 3
    place = side_log2 - 2
    energy = (left + above + 1) >> 1
    coded = 0
    slots = model.mixer.slots
    while coded < limit:
        base = axis * c.GROUPS + coded
        slots[0] = LAST0 + base * 5 + place
        slots[1] = LAST1 + (base * 5 + place) * c.ENERGIES + energy
        slots[2] = LAST2 + (base * 5 + place) * c.MODE_CLASSES + mode_class
        slots[3] = LAST3 + (base * 5 + place) * 3 + kind
        slots[4] = LAST4 + (base * 5 + place) * c.GROUPS + other_group
        slots[5] = LAST5 + (base * c.ENERGIES + left) * c.ENERGIES + above
        weights = c.LAST_WEIGHTS + base
        if not code_bit(model, weights, c.SIZE_WEIGHTS + (log2 - 2), group > coded):
            break
        coded += 1
    offset = 0
    for i in range(c.GROUP_BITS[coded] - 1, -1, -1):
        bit = ((position - c.GROUP_START[group]) >> i) & 1
        offset = 2 * offset + code_raw_bit(model, bit)
    return c.GROUP_START[coded] + offset


@kernel
def code_magnitude(model, level_class, weights_b, maps, least, magnitude):
    """Code a magnitude of ``least`` or more in unary, then an escape of bit length and bits.

    The counters of each decision stand behind those of the one before.
    """
    slots = model.mixer.slots
    coded = least
    while coded < UNARY_LIMIT:
        if coded < MIXED_LIMIT:
            weights_a = c.LEVEL_WEIGHTS + (level_class * 4 + coded)
            start = maps + coded * c.MAP_COUNTERS
            more = code_bit_through_map(
                model, weights_a, weights_b, coded, start, magnitude > coded
            )
        else:
            more = code_bit_between(
                model, slots[0] + coded, slots[1] + coded, slots[3] + coded, magnitude > coded
            )
        if not more:
            return coded
        coded += 1
    rest = magnitude - UNARY_LIMIT + 1  # at least 1
    length = 0
    while length < ESCAPE_BITS - 1:
        slot = c.ESCAPE + level_class * 32 + length
        if not code_adaptive_bit(model, slot, (rest >> (length + 1)) > 0):
            break
        length += 1
    value = 1
    for i in range(length - 1, -1, -1):
        value = 2 * value + code_raw_bit(model, (rest >> i) & 1)
    return min(UNARY_LIMIT - 1 + value, LEVEL_LIMIT)


@kernel
def code_sign(model, levels, x, y, negative):
    """Code the sign of a sample difference: those to the right and below tell something."""
    right = np.sign(levels[y, x + 1]) + 1 if x < 3 else 1
    below = np.sign(levels[y + 1, x]) + 1 if y < 3 else 1
    diagonal = np.sign(levels[y + 1, x + 1]) + 1 if x < 3 and y < 3 else 1
    slots = model.mixer.slots
    slots[0] = SIGN0 + right * 3 + below
    slots[1] = SIGN1 + below * 3 + diagonal
    slots[2] = SIGN2 + (right * 3 + below) * 3 + diagonal
    slots[3] = SIGN3 + right
    slots[4] = SIGN4 + y * 4 + x
    slots[5] = SIGN5
    return code_bit(model, c.SIGN_WEIGHTS, c.SIZE_WEIGHTS, negative)


@kernel
def set_level_slots(
    slots,
    magnitudes,
    x,
    y,
    spot,
    level_class,
    mode_class,
    quantizer,
    left,
    above,
    since_last,
    total,
):
    """Choose the six contexts of the first decision of the level at (x, y).

    ``spot`` is the place among the 8 x 8 that contexts know of. Return the bucket of the
    neighbours' magnitudes and that of how large the level is expected to be.
    """
    here = y * MAGNITUDE_STRIDE + x
    right = np.int64(magnitudes[here + 1])
    below = np.int64(magnitudes[here + MAGNITUDE_STRIDE])
    diagonal = np.int64(magnitudes[here + MAGNITUDE_STRIDE + 1])
    right2 = np.int64(magnitudes[here + 2])
    below2 = np.int64(magnitudes[here + 2 * MAGNITUDE_STRIDE])
    near = right + below + diagonal + right2 + below2
    far = (
        np.int64(magnitudes[here + MAGNITUDE_STRIDE + 2])
        + magnitudes[here + 2 * MAGNITUDE_STRIDE + 1]
        + magnitudes[here + 3]
        + magnitudes[here + 3 * MAGNITUDE_STRIDE]
        + magnitudes[here + 2 * MAGNITUDE_STRIDE + 2]
    )
    bucket = c.MAGNITUDE_BUCKET[min(near, 63)]
    around = 2 * near + right + below + far
    wide = c.MAGNITUDE_BUCKET[min((around + 1) >> 1, 63)]
    place = c.POSITION_BUCKET[x + y]
    base = ((level_class * 2 + quantizer) * c.MAGNITUDES + bucket) * c.POSITIONS + place
    slots[0] = LEVEL0 + base * c.BINS
    slots[1] = LEVEL1 + ((level_class * 2 + quantizer) * 64 + spot) * c.BINS
    base = ((quantizer * 5 + min(right, 4)) * 5 + min(below, 4)) * 27
    base += (min(diagonal, 2) * 3 + min(right2, 2)) * 3 + min(below2, 2)
    slots[2] = LEVEL2 + base * c.FEW_BINS
    base = ((level_class * c.MODE_CLASSES + mode_class) * 2 + quantizer) * 16 + wide
    slots[3] = LEVEL3 + base * c.BINS
    energies = (left >> 1) * 6 + (above >> 1)
    base = ((level_class * c.POSITIONS + place) * 36 + energies) * 2 + quantizer
    slots[4] = LEVEL4 + base * c.FEW_BINS
    done = np.int64(c.COUNT_BUCKET[since_last])
    base = (level_class * 8 + done) * 8 + c.COUNT_BUCKET[min(total, 1024)]
    slots[5] = LEVEL5 + (base * 2 + quantizer) * c.FEW_BINS
    around += c.ENERGY_PROMISE[left + above, x + y]
    return bucket, np.int64(c.BIT_LENGTH[min(around, c.LARGEST_EXPECTATION)])


@kernel
def code_levels(model, log2_width, log2_height, kind, mode, left, above, dependent, scratch):
    """Code the levels of a block that has at least one; ``left`` and ``above`` are energies.

    Encoding, they are read from ``scratch.levels``; decoding, they are written there. Blocks
    with a transform are without signs yet: :mod:`mmpc.v2.sign_prediction` codes them. Return
    the number of columns and rows that may hold levels, and the sum of the magnitudes.
    """
    width = 1 << log2_width
    height = 1 << log2_height
    log2 = mean_log2(log2_width, log2_height)
    start = SCAN_START[log2_width, log2_height]
    levels = scratch.levels
    magnitudes = scratch.magnitudes
    slots = model.mixer.slots
    decoding = model.coder.decoding != 0
    if decoding:
        for j in range(height):
            for i in range(width):
                levels[j, i] = 0
        last = 0
    else:
        last = width * height - 1
        while levels[SCAN_Y[start + last], SCAN_X[start + last]] == 0 and last > 0:
            last -= 1
    for i in range((height + 4) * MAGNITUDE_STRIDE):
        magnitudes[i] = 0
    x = np.int64(SCAN_X[start + last])
    y = np.int64(SCAN_Y[start + last])
    x = code_last_axis(model, 0, log2_width, log2, kind, mode, left, above, 0, x)
    y = code_last_axis(model, 1, log2_height, log2, kind, mode, left, above, c.LAST_GROUP[x], y)
    last = np.int64(SCAN_RANK[start + (y << log2_width) + x])
    level_class = 4 if kind == SKIP else log2 - 2
    maps_of_kind = c.EXPECTATIONS if kind == SKIP else 0
    mode_class = c.MODE_CLASS[mode]
    state = 0
    total = 0
    columns = 0
    rows = 0
    for i in range(last, -1, -1):
        x = np.int64(SCAN_X[start + i])
        y = np.int64(SCAN_Y[start + i])
        spot = np.int64(SCAN_SPOT[start + i])
        quantizer = QUANTIZER[state]
        level = levels[y, x]
        bucket, expected = set_level_slots(
            slots,
            magnitudes,
            x,
            y,
            spot,
            level_class,
            mode_class,
            quantizer,
            left,
            above,
            last - i,
            total,
        )
        weights_b = c.NEIGHBOR_WEIGHTS + bucket
        maps = c.LEVEL_MAP + (maps_of_kind + expected) * 3 * c.MAP_COUNTERS
        least = 1 if i == last else 0
        magnitude = code_magnitude(model, level_class, weights_b, maps, least, abs(level))
        if magnitude:
            if kind == SKIP:
                negative = code_sign(model, levels, x, y, level < 0)
                levels[y, x] = -magnitude if negative else magnitude
            elif decoding:
                levels[y, x] = magnitude
            magnitudes[y * MAGNITUDE_STRIDE + x] = min(magnitude, 255)
            total += magnitude
            columns = max(columns, x + 1)
            rows = max(rows, y + 1)
        state = next_state(state, magnitude, dependent)
    return columns, rows, total
