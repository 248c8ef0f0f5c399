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
COLUMNS = 16  # of the normal equations: taps, the error, and what makes whole vectors of a row


@kernel(allocates=True)
def gather_moments(padded, source, p, classes, limit, moments, start, end):
    """Add up the products of differences with each other and with the error, by class.

    Of the rows from ``start`` to ``end``. ``moments`` is float64[FILTER_CLASSES, TAPS, COLUMNS]:
    the normal equations, with the right-hand side in column ``TAPS``. Each product is a whole
    number of at most (2 x 65535)^2, below 2^34, so the sums are exact below 2^53: of any 2^19
    samples. Beyond, where samples differ by their whole range, each addition is rounded, always in
    the same order.
    """
    limits = np.full(p.width, limit, np.int32)
    pairs = np.zeros((TAPS, p.width), np.int32)
    values = np.zeros(COLUMNS, np.float64)
    for y in range(start, end):
        here = padded[y + RADIUS, RADIUS:]
        fill_pairs(padded, y, limits, pairs)
        for x in range(p.width):
            places = ORIENTED_TAPS[classes[y, x] % ORIENTATIONS]
            for k in range(TAPS):
                values[places[k]] = pairs[k, x]
            values[TAPS] = np.float64(source[y, x]) - here[x]
            sums = moments[classes[y, x] // ORIENTATIONS]
            for k in range(TAPS):
                add_products(sums[k], values[k], values)


@kernel(forceinline=True)
def add_products(sums, factor, values):
    """Add a factor times each of some values to as many sums."""
    for i in range(sums.size):
        sums[i] += factor * values[i]


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
        moments = np.zeros((FILTER_CLASSES, TAPS, COLUMNS))
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
