"""Intra prediction: a block guessed from the decoded samples around it.

Planar, DC and 33 directions, with the substitution and smoothing of the reference samples and
the edge filters of ITU-T H.265, 8.4.4.2. The border of an N x N block is one line of 4 N + 1
samples: from the lowest left neighbour up to the corner (index 2 N), then along the top.
"""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.partition import UNIT_LOG2, is_available

PLANAR, DC, HORIZONTAL, VERTICAL = 0, 1, 10, 26
MODES = 35
FIRST_VERTICAL = 18  # directions from here on start at the top border, the others at the left

# Displacement of a direction over one row, in 1/32 sample, and its inverse (Table 8-5, 8-6).
_STEEP = [26, 21, 17, 13, 9, 5, 2]
_FALLING = [-a for a in reversed(_STEEP)]
_RISING = [-a for a in _STEEP]
ANGLE = np.array(
    [0, 0, 32, *_STEEP, 0, *_FALLING, -32, *_RISING, 0, *reversed(_STEEP), 32], np.int64
)
INVERSE_ANGLE = np.array([0 if a >= 0 else round(8192 / -a) for a in ANGLE.tolist()], np.int64)
# Smallest distance from horizontal or vertical at which the border is smoothed, by log2 size.
SMOOTHING_DISTANCE = np.array([99, 99, 99, 7, 1, 0, 0], np.int64)


@kernel(inline="always")
def gather_border(samples, x, y, log2, width, height, default, border):
    """Fill ``border`` from the decoded samples, unknown ones from their neighbours (8.4.4.2.2)."""
    size = 1 << log2
    unit = 1 << UNIT_LOG2
    corner = 2 * size
    first = -1  # index of the first known sample
    for i in range(0, corner, unit):
        other_y = y + corner - unit - i
        if is_available(x, y, x - 1, other_y, width, height):
            for j in range(unit):
                border[i + j] = samples[other_y + unit - 1 - j, x - 1]
            first = i if first < 0 else first
        elif first >= 0:
            for j in range(i, i + unit):
                border[j] = border[i - 1]
    if is_available(x, y, x - 1, y - 1, width, height):
        border[corner] = samples[y - 1, x - 1]
        first = corner if first < 0 else first
    elif first >= 0:
        border[corner] = border[corner - 1]
    for i in range(0, corner, unit):
        start = corner + 1 + i
        if is_available(x, y, x + i, y - 1, width, height):
            for j in range(unit):
                border[start + j] = samples[y - 1, x + i + j]
            first = start if first < 0 else first
        elif first >= 0:
            for j in range(start, start + unit):
                border[j] = border[start - 1]
    if first < 0:
        first = 4 * size
        border[first] = default
    for i in range(first):
        border[i] = border[first]


@kernel(inline="always")
def smooth_border(border, log2, smooth):
    """Filter the border with [1 2 1] / 4, its two ends unchanged (8.4.4.2.3)."""
    last = 4 << log2
    smooth[0] = border[0]
    smooth[last] = border[last]
    for i in range(1, last):
        smooth[i] = (border[i - 1] + 2 * border[i] + border[i + 1] + 2) >> 2


@kernel(inline="always")
def uses_smooth_border(log2, mode):
    """Tell whether ``mode`` predicts from the smoothed border (8.4.4.2.3)."""
    if mode == DC or log2 < 3:
        return False
    if mode == PLANAR:
        return True
    distance = min(abs(mode - HORIZONTAL), abs(mode - VERTICAL))
    return distance > SMOOTHING_DISTANCE[log2]


@kernel
def predict(border, smooth, log2, mode, line, block):
    """Predict a block of side 2^log2 into ``block``; ``line`` is scratch of 128 entries."""
    source = smooth if uses_smooth_border(log2, mode) else border
    if mode == PLANAR:
        _predict_planar(source, log2, block)
    elif mode == DC:
        _predict_dc(source, log2, block)
    else:
        _predict_direction(source, log2, mode, line, block)


@kernel(inline="always")
def _predict_planar(border, log2, block):
    """Average two linear blends, down and across (8.4.4.2.4)."""
    size = 1 << log2
    corner = 2 * size
    bottom_left = border[corner - 1 - size]
    top_right = border[corner + 1 + size]
    for y in range(size):
        left = border[corner - 1 - y]
        for x in range(size):
            top = border[corner + 1 + x]
            block[y, x] = (
                (size - 1 - x) * left
                + (x + 1) * top_right
                + (size - 1 - y) * top
                + (y + 1) * bottom_left
                + size
            ) >> (log2 + 1)


@kernel(inline="always")
def _predict_dc(border, log2, block):
    """Fill with the mean of the border, blended at the edges of small blocks (8.4.4.2.5)."""
    size = 1 << log2
    corner = 2 * size
    total = np.int64(size)
    for i in range(size):
        total += border[corner - 1 - i] + border[corner + 1 + i]
    mean = total >> (log2 + 1)
    for y in range(size):
        for x in range(size):
            block[y, x] = mean
    if log2 < 5:
        for i in range(1, size):
            block[0, i] = (border[corner + 1 + i] + 3 * mean + 2) >> 2
            block[i, 0] = (border[corner - 1 - i] + 3 * mean + 2) >> 2
        block[0, 0] = (border[corner - 1] + 2 * mean + border[corner + 1] + 2) >> 2


@kernel(inline="always")
def _predict_direction(border, log2, mode, line, block):
    """Project the border along a direction, linear between samples (8.4.4.2.6).

    A direction from the left is its mirror image from the top with x and y exchanged.
    """
    size = 1 << log2
    corner = 2 * size
    from_top = mode >= FIRST_VERTICAL
    sign = 1 if from_top else -1  # the way along the border away from the corner
    angle = ANGLE[mode]
    for i in range(2 * size + 1):
        line[size + i] = border[corner + sign * i]
    extension = -((size * angle) >> 5)
    if extension > 1:
        for i in range(1, extension + 1):
            line[size - i] = border[corner - sign * ((i * INVERSE_ANGLE[mode] + 128) >> 8)]
    for row in range(size):
        shift = (row + 1) * angle
        start = size + 1 + (shift >> 5)
        fraction = shift & 31
        if from_top:
            for i in range(size):
                block[row, i] = (
                    (32 - fraction) * line[start + i] + fraction * line[start + i + 1] + 16
                ) >> 5
        else:
            for i in range(size):
                block[i, row] = (
                    (32 - fraction) * line[start + i] + fraction * line[start + i + 1] + 16
                ) >> 5
    if angle == 0 and log2 < 5:
        for i in range(size):
            change = (border[corner - sign * (i + 1)] - border[corner]) >> 1
            if from_top:
                block[i, 0] += change
            else:
                block[0, i] += change
