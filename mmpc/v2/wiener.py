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
    padded = np.empty((p.height + 2 * RADIUS, p.width + 2 * RADIUS), np.int32)
    padded[RADIUS:-RADIUS, RADIUS:-RADIUS] = samples[: p.height, : p.width]
    padded[:, :RADIUS] = padded[:, RADIUS : RADIUS + 1]
    padded[:, -RADIUS:] = padded[:, -RADIUS - 1 : -RADIUS]
    padded[:RADIUS] = padded[RADIUS]
    padded[-RADIUS:] = padded[-RADIUS - 1]
    return padded


@kernel
def clip_limit(p, clip):
    """Return the largest difference that counts, for the way of clipping ``clip``."""
    if CLIP_QUARTERS[clip] == 0:
        return np.int64(1) << 30
    return max((CLIP_QUARTERS[clip] * p.step) >> (COEFFICIENT_BITS + 2), 1)


@kernel(allocates=True)
def classify(padded, p, found, classes):
    """Write ``ORIENTATIONS`` times the class of every sample, plus its orientation.

    Row by row, and in a row one step after the other, as in `apply_filter`.
    """
    differences = np.zeros((5, DIRECTIONS, p.width + 4), np.int32)  # of the five rows around
    columns = np.zeros((DIRECTIONS, p.width + 4), np.int32)
    activity = np.zeros((DIRECTIONS, p.width), np.int32)
    intensity = np.zeros(p.width, np.int32)
    # The smallest sums that reach the next class.
    activities = np.zeros(ACTIVITIES - 1, np.int32)
    for i in range(ACTIVITIES - 1):
        activities[i] = -(-25 * ACTIVITY_EDGES[i] * p.step // (10 << COEFFICIENT_BITS))
    intensities = np.zeros(INTENSITIES - 1, np.int32)
    for i in range(INTENSITIES - 1):
        intensities[i] = 9 * found.edges[i]
    for row in range(-2, 2):
        second_differences(padded, row, differences[(row + 5) % 5])
    for y in range(p.height):
        second_differences(padded, y + 2, differences[(y + 2) % 5])
        add_windows(differences, columns, activity)
        add_neighbours(padded, y, intensity)
        choose_classes(activity, intensity, activities, intensities, classes[y])
        if p.oriented_taps:
            add_orientations(activity, classes[y])


@kernel
def second_differences(padded, row, output):
    """Write the absolute second differences of one row of the slice in four directions.

    ``row`` may lie two rows outside; each row of ``output`` has two entries more on either side.
    """
    above = padded[row + RADIUS - 1]
    here = padded[row + RADIUS]
    below = padded[row + RADIUS + 1]
    for x in range(output.shape[1]):
        twice = 2 * here[x + 1]
        output[ACROSS, x] = abs(np.int32(twice - here[x] - here[x + 2]))
        output[DOWN, x] = abs(np.int32(twice - above[x + 1] - below[x + 1]))
        output[FALLING, x] = abs(np.int32(twice - above[x] - below[x + 2]))
        output[RISING, x] = abs(np.int32(twice - below[x] - above[x + 2]))


@kernel
def add_windows(differences, columns, activity):
    """Write the sums of second differences in the windows of 5 x 5 samples of a row."""
    for k in range(DIRECTIONS):
        column = columns[k]
        for x in range(column.size):
            column[x] = (
                differences[0, k, x]
                + differences[1, k, x]
                + differences[2, k, x]
                + differences[3, k, x]
                + differences[4, k, x]
            )
        for x in range(activity.shape[1]):
            activity[k, x] = (
                column[x] + column[x + 1] + column[x + 2] + column[x + 3] + column[x + 4]
            )


@kernel
def add_neighbours(padded, y, intensity):
    """Write the sums of 3 x 3 samples around those of a row."""
    above = padded[y + RADIUS - 1, RADIUS - 1 :]
    here = padded[y + RADIUS, RADIUS - 1 :]
    below = padded[y + RADIUS + 1, RADIUS - 1 :]
    for x in range(intensity.size):
        intensity[x] = above[x] + above[x + 1] + above[x + 2]
        intensity[x] += here[x] + here[x + 1] + here[x + 2]
        intensity[x] += below[x] + below[x + 1] + below[x + 2]


@kernel
def choose_classes(activity, intensity, activities, intensities, classes):
    """Write the classes of a row: how many of the smallest sums each sample reaches."""
    for x in range(classes.size):
        total = np.int32(activity[ACROSS, x] + activity[DOWN, x])
        group = 0
        for i in range(ACTIVITIES - 1):
            group += INTENSITIES * (total >= activities[i])
        for i in range(INTENSITIES - 1):
            group += intensity[x] >= intensities[i]
        classes[x] = ORIENTATIONS * group


@kernel
def add_orientations(activity, classes):
    """Add the orientations of a row to its classes."""
    for x in range(classes.size):
        classes[x] += 2 * (activity[ACROSS, x] > activity[DOWN, x])
        classes[x] += activity[FALLING, x] > activity[RISING, x]


@kernel(allocates=True)
def apply_filter(padded, p, classes, found, output):
    """Filter the slice into ``output``, which may be larger.

    Row by row, and in a row one pair of neighbours after the other: the same is then done to all
    samples of a row, and so to several at once, which takes a third of the time. Where the filter
    is off, the differences are clipped to nothing. All is within 32 bits.
    """
    taps = np.zeros((FILTER_CLASSES * ORIENTATIONS, TAPS), np.int32)
    limits = np.zeros(FILTER_CLASSES * ORIENTATIONS, np.int32)
    for i in range(FILTER_CLASSES * ORIENTATIONS):
        clip = found.clips[i // ORIENTATIONS]
        limits[i] = clip_limit(p, clip) if clip != OFF else 0
        for k in range(TAPS):
            taps[i, k] = found.taps[i // ORIENTATIONS, ORIENTED_TAPS[i % ORIENTATIONS, k]]
    limit = np.zeros(p.width, np.int32)
    pairs = np.zeros((TAPS, p.width), np.int32)
    for y in range(p.height):
        for x in range(p.width):
            limit[x] = limits[classes[y, x]]
        fill_pairs(padded, y, limit, pairs)
        add_weighted_pairs(padded[y + RADIUS, RADIUS:], p, classes[y], taps, pairs, output[y])


@kernel
def add_weighted_pairs(here, p, classes, taps, pairs, output):
    """Write the samples of a row, each corrected with the weights of its class."""
    minimum = np.int32(p.minimum)
    maximum = np.int32(p.maximum)
    for x in range(classes.size):
        weights = taps[classes[x]]
        total = np.int32(1 << (TAP_BITS - 1))
        for k in range(TAPS):
            total = np.int32(total + weights[k] * pairs[k, x])
        output[x] = min(max(np.int32(here[x] + (total >> TAP_BITS)), minimum), maximum)


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
