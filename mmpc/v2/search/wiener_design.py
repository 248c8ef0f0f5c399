"""Finding the weights of the Wiener filter: least squares in each class of samples."""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.pieces import pieces
from mmpc.v2.wiener import (
    CLIPS,
    FILTER_CLASSES,
    INTENSITIES,
    ORIENTATIONS,
    ORIENTED_TAPS,
    RADIUS,
    TAP_BITS,
    TAP_LIMIT,
    TAPS,
    classify,
    clip_limit,
    fill_pairs,
    new_filter,
)

FEWEST_SAMPLES = 40  # a smaller class is left alone
BITS_PER_CLASS = 80  # a guess
ROWS = 16  # that are sorted together
CACHE_LINES = 80  # behind each column: where it is a power of 2, all would share a few lines


@kernel(allocates=True)
def gather_moments(padded, source, p, classes, limit, moments, start, end):
    """Add up the products of differences with each other and with the error, by class.

    Of the rows from ``start`` to ``end``. ``moments`` is float64[FILTER_CLASSES, TAPS, TAPS + 1]:
    the normal equations, with the right-hand side in the last column. The samples of some rows
    are sorted by class, so that those of a class lie side by side, where their products are added
    up in vectors; in float32, which rounds the sums to some six digits.
    """
    limits = np.full(p.width, limit, np.int32)
    pairs = np.zeros((TAPS, p.width), np.int32)
    columns = np.zeros((TAPS + 1, ROWS * p.width + CACHE_LINES), np.float32)
    ends = np.zeros(FILTER_CLASSES, np.int64)
    for top in range(start, end, ROWS):
        bottom = min(top + ROWS, end)
        find_places(classes[top:bottom], ends)
        for y in range(top, bottom):
            fill_pairs(padded, y, limits, pairs)
            sort_row(padded[y + RADIUS, RADIUS:], source[y], classes[y], pairs, ends, columns)
        first = 0
        for group in range(FILTER_CLASSES):
            add_products(columns, first, ends[group], moments[group])
            first = ends[group]


@kernel
def find_places(classes, ends):
    """Write where the samples of each class begin if they are sorted by class."""
    for group in range(FILTER_CLASSES):
        ends[group] = 0
    for y in range(classes.shape[0]):
        for x in range(classes.shape[1]):
            ends[classes[y, x] // ORIENTATIONS] += 1
    total = 0
    for group in range(FILTER_CLASSES):
        size = ends[group]
        ends[group] = total
        total += size


@kernel
def sort_row(here, source, classes, pairs, ends, columns):
    """Write the differences and the errors of a row behind those of the same classes."""
    for x in range(classes.size):
        group = np.int64(classes[x]) // ORIENTATIONS
        at = ends[group]
        ends[group] = at + 1
        places = ORIENTED_TAPS[np.int64(classes[x]) % ORIENTATIONS]
        for k in range(TAPS):
            columns[places[k], at] = pairs[k, x]
        columns[TAPS, at] = source[x] - np.float32(here[x])


@kernel
def add_products(columns, start, end, sums):
    """Add the products of each two columns, from ``start`` to ``end``, to a class's moments."""
    for k in range(TAPS):
        for i in range(k, TAPS + 1):
            product = product_of(columns[k, start:end], columns[i, start:end])
            sums[k, i] += product
            if k < i < TAPS:
                sums[i, k] += product


@kernel(fastmath=True)
def product_of(one, other):
    """Return the scalar product of two columns."""
    total = np.float32(0)
    for j in range(one.size):
        total += one[j] * other[j]
    return total


def design_filter(
    padded: np.ndarray, source: np.ndarray, p: np.record, weight: float
) -> tuple[np.record, np.ndarray]:
    """Return the best filter, and what ``classify`` says of the samples; ``weight`` is lambda."""
    best = new_filter()
    inner = padded[RADIUS:-RADIUS, RADIUS:-RADIUS]
    quartiles = np.quantile(inner[::2, ::2], np.arange(1, INTENSITIES) / INTENSITIES)
    best.edges[:] = np.floor(quartiles)
    classes = np.zeros(inner.shape, np.uint8)
    classify(padded, p, best, classes)
    sizes = np.bincount(classes.ravel() // ORIENTATIONS, minlength=FILTER_CLASSES)
    gains = np.full(FILTER_CLASSES, weight * BITS_PER_CLASS)
    for clip in range(1, CLIPS + 1):
        moments = np.zeros((FILTER_CLASSES, TAPS, TAPS + 1))
        limit = clip_limit(p, clip)
        for start, end in pieces(inner.shape[0], 64):
            gather_moments(padded, source, p, classes, limit, moments, start, end)
        for group in np.flatnonzero(sizes >= FEWEST_SAMPLES):
            matrix = moments[group, :, :TAPS]
            target = moments[group, :, TAPS]
            regular = matrix + np.eye(TAPS) * (1e-6 * np.trace(matrix) + 1e-3)
            taps = np.round(np.linalg.solve(regular, target) * (1 << TAP_BITS))
            taps = np.clip(taps, -TAP_LIMIT, TAP_LIMIT)
            scaled = taps / (1 << TAP_BITS)
            gain = 2 * scaled @ target - scaled @ matrix @ scaled
            if gain > gains[group]:
                gains[group] = gain
                best.clips[group] = clip
                best.taps[group] = taps.astype(np.int64)
    return best, classes
