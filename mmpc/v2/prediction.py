"""Intra prediction: a block guessed from the decoded samples around it.

Planar, DC and 33 directions, with the substitution and smoothing of the reference samples and
the edge filters of ITU-T H.265, 8.4.4.2. The border of a block of W x H is one line of
2 (W + H) + 1 samples: from the lowest left neighbour up to the corner (index W + H), then along
the top. Where H.265 asks for the side N of a square, a rectangle is taken for a square of its area.
"""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.partition import UNIT_LOG2, is_known, mean_log2

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


@kernel
def gather_border(samples, leaf, x, y, log2_width, log2_height, width, height, default, border):
    """Fill ``border`` from the decoded samples, unknown ones from their neighbours (8.4.4.2.2)."""
    unit = 1 << UNIT_LOG2
    corner = (1 << log2_width) + (1 << log2_height)
    first = -1  # index of the first known sample
    for i in range(0, corner, unit):
        other_y = y + corner - unit - i
        if is_known(leaf, x - 1, other_y, width, height):
            for j in range(unit):
                border[i + j] = samples[other_y + unit - 1 - j, x - 1]
            first = i if first < 0 else first
        elif first >= 0:
            for j in range(i, i + unit):
                border[j] = border[i - 1]
    if is_known(leaf, x - 1, y - 1, width, height):
        border[corner] = samples[y - 1, x - 1]
        first = corner if first < 0 else first
    elif first >= 0:
        border[corner] = border[corner - 1]
    for i in range(0, corner, unit):
        start = corner + 1 + i
        if is_known(leaf, x + i, y - 1, width, height):
            for j in range(unit):
                border[start + j] = samples[y - 1, x + i + j]
            first = start if first < 0 else first
        elif first >= 0:
            for j in range(start, start + unit):
                border[j] = border[start - 1]
    if first < 0:
        first = 2 * corner
        border[first] = default
    for i in range(first):
        border[i] = border[first]


@kernel
def smooth_border(border, log2_width, log2_height, smooth):
    """Filter the border with [1 2 1] / 4, its two ends unchanged (8.4.4.2.3)."""
    last = 2 * ((1 << log2_width) + (1 << log2_height))
    smooth[0] = border[0]
    smooth[last] = border[last]
    for i in range(1, last):
        smooth[i] = (border[i - 1] + 2 * border[i] + border[i + 1] + 2) >> 2


@kernel
def uses_smooth_border(log2, mode):
    """Tell whether ``mode`` predicts from the smoothed border (8.4.4.2.3)."""
    if mode == DC or log2 < 3:
        return False
    if mode == PLANAR:
        return True
    distance = min(abs(mode - HORIZONTAL), abs(mode - VERTICAL))
    return distance > SMOOTHING_DISTANCE[log2]


@kernel
def predict(border, smooth, log2_width, log2_height, mode, line, block):
    """Predict a block into ``block``; ``line`` is scratch of 128 entries."""
    log2 = mean_log2(log2_width, log2_height)
    source = smooth if uses_smooth_border(log2, mode) else border
    if mode == PLANAR:
        _predict_planar(source, log2_width, log2_height, block)
    elif mode == DC:
        _predict_dc(source, log2_width, log2_height, block)
    else:
        _predict_direction(source, log2_width, log2_height, mode, line, block)


@kernel
def _predict_planar(border, log2_width, log2_height, block):
    """Average two linear blends, down and across (8.4.4.2.4; ITU-T H.266, 8.4.5.2.11)."""
    width = 1 << log2_width
    height = 1 << log2_height
    corner = width + height
    bottom_left = border[corner - 1 - height]
    top_right = border[corner + 1 + width]
    shift = log2_width + log2_height + 1
    for y in range(height):
        left = border[corner - 1 - y]
        for x in range(width):
            top = border[corner + 1 + x]
            across = (width - 1 - x) * left + (x + 1) * top_right
            down = (height - 1 - y) * top + (y + 1) * bottom_left
            total = (across << log2_height) + (down << log2_width)
            block[y, x] = (total + (1 << (shift - 1))) >> shift


@kernel
def _predict_dc(border, log2_width, log2_height, block):
    """Fill with the mean of the border, blended at the edges of small blocks (8.4.4.2.5)."""
    width = 1 << log2_width
    height = 1 << log2_height
    corner = width + height
    total = np.int64(corner >> 1)
    for i in range(corner - height, corner):
        total += border[i]
    for i in range(width):
        total += border[corner + 1 + i]
    mean = total // corner
    for y in range(height):
        for x in range(width):
            block[y, x] = mean
    if mean_log2(log2_width, log2_height) < 5:
        for i in range(1, width):
            block[0, i] = (border[corner + 1 + i] + 3 * mean + 2) >> 2
        for i in range(1, height):
            block[i, 0] = (border[corner - 1 - i] + 3 * mean + 2) >> 2
        block[0, 0] = (border[corner - 1] + 2 * mean + border[corner + 1] + 2) >> 2


@kernel
def _predict_direction(border, log2_width, log2_height, mode, line, block):
    """Project the border along a direction, linear between samples (8.4.4.2.6).

    A direction from the left is its mirror image from the top with x and y exchanged.
    """
    width = 1 << log2_width
    height = 1 << log2_height
    corner = width + height
    from_top = mode >= FIRST_VERTICAL
    sign = 1 if from_top else -1  # the way along the border away from the corner
    along = width if from_top else height
    away = corner - along
    angle = ANGLE[mode]
    for i in range(corner + 1):
        line[away + i] = border[corner + sign * i]
    extension = -((away * angle) >> 5)
    if extension > 1:
        for i in range(1, extension + 1):
            line[away - i] = border[corner - sign * ((i * INVERSE_ANGLE[mode] + 128) >> 8)]
    for row in range(away):
        shift = (row + 1) * angle
        start = away + 1 + (shift >> 5)
        fraction = shift & 31
        near = line[start:]
        far = line[start + 1 :]
        if from_top:
            output = block[row]
            for i in range(along):
                output[i] = ((32 - fraction) * near[i] + fraction * far[i] + 16) >> 5
        else:
            for i in range(along):
                block[i, row] = ((32 - fraction) * near[i] + fraction * far[i] + 16) >> 5
    if angle == 0 and mean_log2(log2_width, log2_height) < 5:
        for i in range(away):
            change = (border[corner - sign * (i + 1)] - border[corner]) >> 1
            if from_top:
                block[i, 0] += change
            else:
                block[0, i] += change
