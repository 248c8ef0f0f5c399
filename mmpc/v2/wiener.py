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
# Structures of one class run in all directions, its weights in one: where there is more activity
# across than down a sample takes them transposed, and where there is more along the falling
# diagonal than along the rising one, mirrored.
DIRECTIONS = 4
ACROSS, DOWN, FALLING, RISING = 0, 1, 2, 3
ORIENTATIONS = 4
OFF = 0
CLIPS = 3  # a class is off, or its differences are clipped in one of three ways
CLIP_QUARTERS = np.array([0, 0, 8, 2], np.int64)  # of a step; 0: not clipped


def _oriented_taps() -> np.ndarray:
    """Return for each orientation which weight each pair of neighbours takes."""
    places = {}
    for k, (j, i) in enumerate(zip(TAP_Y.tolist(), TAP_X.tolist(), strict=True)):
        places[j, i] = places[-j, -i] = k
    table = np.zeros((ORIENTATIONS, TAPS), np.int64)
    for (j, i), k in places.items():
        table[:, k] = places[j, i], places[j, -i], places[i, j], places[i, -j]
    return table


ORIENTED_TAPS = _oriented_taps()


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
        return np.int64(1) << 30
    return max((CLIP_QUARTERS[clip] * p.step) >> (COEFFICIENT_BITS + 2), 1)


@kernel
def second_differences(padded, p, row, output):
    """Write the absolute second differences of one row of the slice in four directions.

    ``row`` may lie two rows outside; each row of ``output`` has two entries more on either side.
    """
    y = row + RADIUS
    for x in range(p.width + 4):
        i = x + RADIUS - 2
        twice = 2 * np.int64(padded[y, i])
        output[ACROSS, x] = abs(twice - padded[y, i - 1] - padded[y, i + 1])
        output[DOWN, x] = abs(twice - padded[y - 1, i] - padded[y + 1, i])
        output[FALLING, x] = abs(twice - padded[y - 1, i - 1] - padded[y + 1, i + 1])
        output[RISING, x] = abs(twice - padded[y + 1, i - 1] - padded[y - 1, i + 1])


@kernel(allocates=True)
def classify(padded, p, found, classes):
    """Write ``ORIENTATIONS`` times the class of every sample, plus its orientation."""
    width = p.width
    window = np.zeros((5, DIRECTIONS, width + 4), np.int32)
    busy = np.zeros((DIRECTIONS, width + 4), np.int32)
    for row in range(-2, 2):
        second_differences(padded, p, row, window[(row + 5) % 5])
    for y in range(p.height):
        second_differences(padded, p, y + 2, window[(y + 2) % 5])
        for k in range(DIRECTIONS):
            for x in range(width + 4):
                busy[k, x] = (
                    window[0, k, x]
                    + window[1, k, x]
                    + window[2, k, x]
                    + window[3, k, x]
                    + window[4, k, x]
                )
        for x in range(width):
            across = sum_of_five(busy, ACROSS, x)
            down = sum_of_five(busy, DOWN, x)
            group = class_of(padded, p, found, across + down, y, x)
            orientation = 0
            if p.oriented_taps:
                orientation = 2 if across > down else 0
                if sum_of_five(busy, FALLING, x) > sum_of_five(busy, RISING, x):
                    orientation += 1
            classes[y, x] = group * ORIENTATIONS + orientation


@kernel(forceinline=True)
def sum_of_five(busy, direction, x):
    """Return the activity in a window of 5 x 5 samples, whose columns are summed already."""
    return (
        busy[direction, x]
        + busy[direction, x + 1]
        + busy[direction, x + 2]
        + busy[direction, x + 3]
        + busy[direction, x + 4]
    )


@kernel
def class_of(padded, p, found, total, y, x):
    """Return the class of the sample at (x, y) whose second differences add up to ``total``."""
    activity = 0
    for i in range(ACTIVITIES - 1):
        activity += (total * 10 << COEFFICIENT_BITS) >= 25 * ACTIVITY_EDGES[i] * p.step
    intensity = np.int64(0)
    for j in range(RADIUS - 1, RADIUS + 2):
        for i in range(RADIUS - 1, RADIUS + 2):
            intensity += padded[y + j, x + i]
    quarter = 0
    for i in range(INTENSITIES - 1):
        quarter += intensity >= 9 * found.edges[i]
    return activity * INTENSITIES + quarter


@kernel(allocates=True)
def apply_filter(padded, p, classes, found, output):
    """Filter the slice into ``output``.

    Row by row, and in a row one pair of neighbours after the other: the same is then done to all
    samples of a row, and so to several at once, which takes a third of the time. Where the filter
    is off, the differences are clipped to nothing.
    """
    taps = np.zeros((FILTER_CLASSES * ORIENTATIONS, TAPS), np.int64)
    limits = np.zeros(FILTER_CLASSES * ORIENTATIONS, np.int32)
    for i in range(FILTER_CLASSES * ORIENTATIONS):
        clip = found.clips[i // ORIENTATIONS]
        limits[i] = clip_limit(p, clip) if clip != OFF else 0
        for k in range(TAPS):
            taps[i, k] = found.taps[i // ORIENTATIONS, ORIENTED_TAPS[i % ORIENTATIONS, k]]
    limit = np.zeros(p.width, np.int32)
    pairs = np.zeros((TAPS, p.width), np.int32)
    for y in range(p.height):
        here = padded[y + RADIUS, RADIUS:]
        for x in range(p.width):
            limit[x] = limits[classes[y, x]]
        fill_pairs(padded, y, limit, pairs)
        for x in range(p.width):
            total = np.int64(1 << (TAP_BITS - 1))
            for k in range(TAPS):
                total += taps[classes[y, x], k] * pairs[k, x]
            output[y, x] = min(max(here[x] + (total >> TAP_BITS), p.minimum), p.maximum)


@kernel
def fill_pairs(padded, y, limit, pairs):
    """Write the sums of clipped differences of all pairs of neighbours, of one row of the slice."""
    here = padded[y + RADIUS, RADIUS:]
    for k in range(TAPS):
        one = padded[y + RADIUS + TAP_Y[k], RADIUS + TAP_X[k] :]
        other = padded[y + RADIUS - TAP_Y[k], RADIUS - TAP_X[k] :]
        add_clipped_differences(one, other, here, limit, pairs[k])


@kernel
def add_clipped_differences(one, other, here, limit, pair):
    """Write the sums of the differences of two neighbours to each sample of a row, both clipped.

    All are int32, in the sums too: numba would compute in int64, where half as many fit a vector.
    """
    for x in range(pair.size):
        most = limit[x]
        least = np.int32(-most)
        first = min(max(np.int32(one[x] - here[x]), least), most)
        second = min(max(np.int32(other[x] - here[x]), least), most)
        pair[x] = first + second
