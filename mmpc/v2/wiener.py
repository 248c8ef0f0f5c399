"""The Wiener filter: what linear filtering of the decoded slice can still repair.

Each sample is corrected by a weighted sum of its differences to the neighbours on a 7 x 7
diamond, each difference clipped (adaptive loop filter, ITU-T H.266, 8.8.5). The weights depend
on the sample's class: how busy its surroundings are, and in which quarter of the intensities
they lie. The encoder sends the weights; :mod:`mmpc.v2.search.wiener_design` finds them.
"""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.records import new_record
from mmpc.v2.transform import COEFFICIENT_BITS

RADIUS = 3
TAPS = 12  # pairs of opposite neighbours
TAP_BITS = 8  # fractional bits of a weight
TAP_LIMIT = 255
# The neighbour at (TAP_Y, TAP_X) and the one opposite share a weight.
TAP_Y = np.array([0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 3], np.int64)
TAP_X = np.array([1, 2, 3, -2, -1, 0, 1, 2, -1, 0, 1, 0], np.int64)

ACTIVITIES = 6
INTENSITIES = 4
FILTER_CLASSES = ACTIVITIES * INTENSITIES
# Where one activity class ends, in tenths of the step: the mean absolute second difference.
ACTIVITY_EDGES = np.array([5, 12, 30, 70, 160], np.int64)
OFF = 0
CLIPS = 3  # a class is off, or its differences are clipped in one of three ways
CLIP_QUARTERS = np.array([0, 0, 8, 2], np.int64)  # of a step; 0: not clipped


# The filter of one slice.
FILTER = np.dtype(
    [
        ("edges", np.int64, INTENSITIES - 1),  # between the quarters of the intensities
        ("clips", np.int64, FILTER_CLASSES),  # OFF or 1 .. CLIPS
        ("taps", np.int64, (FILTER_CLASSES, TAPS)),  # TAP_BITS fractional bits
    ]
)


def new_filter() -> np.record:
    """Return a filter that is off everywhere, a record of type ``FILTER``."""
    return new_record(FILTER)


def pad_slice(samples: np.ndarray, p: np.record) -> np.ndarray:
    """Return the decoded slice as int32 with its border samples repeated RADIUS times."""
    return np.pad(samples[: p.height, : p.width], RADIUS, mode="edge")


@kernel
def clip_limit(p, clip):
    """Return the largest difference that counts, for the way of clipping ``clip``."""
    if CLIP_QUARTERS[clip] == 0:
        return np.int64(1) << 40
    return max((CLIP_QUARTERS[clip] * p.step) >> (COEFFICIENT_BITS + 2), 1)


@kernel
def second_differences(padded, p, row, output):
    """Write the absolute second differences, across plus down, of one row of the slice.

    ``row`` may lie two rows outside; ``output`` has two entries more on either side.
    """
    y = row + RADIUS
    for x in range(p.width + 4):
        i = x + RADIUS - 2
        twice = 2 * padded[y, i]
        output[x] = abs(twice - padded[y, i - 1] - padded[y, i + 1]) + abs(
            twice - padded[y - 1, i] - padded[y + 1, i]
        )


@kernel
def classify(padded, p, found, classes):
    """Write the class of every sample of the slice."""
    width = p.width
    window = np.zeros((5, width + 4), np.int64)
    busy = np.zeros(width + 4, np.int64)
    for row in range(-2, 2):
        second_differences(padded, p, row, window[(row + 5) % 5])
    scale = 10 << COEFFICIENT_BITS
    for y in range(p.height):
        second_differences(padded, p, y + 2, window[(y + 2) % 5])
        for x in range(width + 4):
            busy[x] = window[0, x] + window[1, x] + window[2, x] + window[3, x] + window[4, x]
        for x in range(width):
            total = busy[x] + busy[x + 1] + busy[x + 2] + busy[x + 3] + busy[x + 4]
            activity = 0
            for i in range(ACTIVITIES - 1):
                activity += total * scale >= 25 * ACTIVITY_EDGES[i] * p.step
            intensity = np.int64(0)
            for j in range(RADIUS - 1, RADIUS + 2):
                for i in range(RADIUS - 1, RADIUS + 2):
                    intensity += padded[y + j, x + i]
            quarter = 0
            for i in range(INTENSITIES - 1):
                quarter += intensity >= 9 * found.edges[i]
            classes[y, x] = activity * INTENSITIES + quarter


@kernel
def apply_filter(padded, p, classes, found, output):
    """Filter the slice into ``output``."""
    half = 1 << (TAP_BITS - 1)
    for y in range(p.height):
        for x in range(p.width):
            here = np.int64(padded[y + RADIUS, x + RADIUS])
            group = classes[y, x]
            if found.clips[group] != OFF:
                limit = clip_limit(p, found.clips[group])
                total = np.int64(half)
                for k in range(TAPS):
                    j = TAP_Y[k]
                    i = TAP_X[k]
                    one = padded[y + RADIUS + j, x + RADIUS + i] - here
                    other = padded[y + RADIUS - j, x + RADIUS - i] - here
                    pair = min(max(one, -limit), limit) + min(max(other, -limit), limit)
                    total += found.taps[group, k] * pair
                here += total >> TAP_BITS
                here = min(max(here, p.minimum), p.maximum)
            output[y, x] = here
