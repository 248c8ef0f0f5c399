"""How the parameters of the Wiener filter are written, after the blocks of the slice."""

import numpy as np

from mmpc.v2 import contexts as c
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import code_adaptive_bit, code_raw_bit
from mmpc.v2.wiener import FILTER_CLASSES, INTENSITIES, TAPS


@kernel
def code_raw_number(model, bits, value):
    """Code an unsigned number of ``bits`` bits, the highest first, without a model."""
    number = np.int64(0)
    for i in range(bits - 1, -1, -1):
        number = 2 * number + code_raw_bit(model, (value >> i) & 1)
    return number


@kernel
def code_tap(model, k, tap):
    """Code one weight: the bit length of its magnitude in unary, its bits, its sign."""
    magnitude = abs(tap)
    length = 0
    while length < 8:
        slot = c.FILTER_TAP + k * 9 + length
        if not code_adaptive_bit(model, slot, (magnitude >> length) > 0):
            break
        length += 1
    if length == 0:
        return np.int64(0)
    value = np.int64(1)
    for i in range(length - 2, -1, -1):
        value = 2 * value + code_raw_bit(model, (magnitude >> i) & 1)
    return -value if code_raw_bit(model, tap < 0) else value


@kernel
def code_filter(model, p, found):
    """Encode the filter ``found``, or decode it."""
    edges = found.edges
    clips = found.clips
    taps = found.taps
    bits = 0
    while (p.maximum - p.minimum) >> bits > 0:
        bits += 1
    for i in range(INTENSITIES - 1):
        edges[i] = p.minimum + code_raw_number(model, bits, edges[i] - p.minimum)
    for group in range(FILTER_CLASSES):
        on = code_adaptive_bit(model, c.FILTER_CLIP, clips[group] > 0)
        clip = 0
        if on:
            clip = 1 + code_adaptive_bit(model, c.FILTER_CLIP + 1, clips[group] > 1)
            if clip > 1:
                clip += code_adaptive_bit(model, c.FILTER_CLIP + 2, clips[group] > 2)
            for k in range(TAPS):
                taps[group, k] = code_tap(model, k, taps[group, k])
        clips[group] = clip
