"""The magnitudes of a block's coefficients, laid out so that vectors of them are worked on.

One row lies after the other with two zeros between them, which stand for what is beyond the block:
the levels that were coded before one then lie at the same distances from everywhere. Behind the
last row there are zeros enough to work on whole vectors.
"""

import numpy as np

from mmpc.v2 import contexts as c
from mmpc.v2.kernel import kernel
from mmpc.v2.partition import MAX_BLOCK_SIZE
from mmpc.v2.scan import SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.search.costs import COST_ENTRIES

BEYOND = 2  # zeros behind each row
SMALLEST = np.float32(1.1)  # in small steps: what is smaller does not start the levels
VECTOR = 16  # magnitudes worked on together
MAX_PLACES = (MAX_BLOCK_SIZE + BEYOND) * MAX_BLOCK_SIZE  # a multiple of VECTOR
# Behind the last place: the second next row, in whole vectors.
BEHIND = -(-2 * (MAX_BLOCK_SIZE + BEYOND) // VECTOR) * VECTOR
# More of a magnitude is not looked at as a neighbour's: five then fit a byte.
LARGEST_NEIGHBOUR = 50

_WIDTHS = range(2, 6)  # log2


def _scan_places() -> np.ndarray:
    """Return where each coefficient of each scan is laid out."""
    places = np.zeros(SCAN_X.size, np.uint16)
    for log2_width in _WIDTHS:
        for log2_height in _WIDTHS:
            start = SCAN_START[log2_width, log2_height]
            scan = slice(start, start + (1 << (log2_width + log2_height)))
            row_length = (1 << log2_width) + BEYOND
            places[scan] = SCAN_Y[scan].astype(int) * row_length + SCAN_X[scan]
    return places


def _position_bases() -> np.ndarray:
    """Return where the costs of each place's levels start in a bucket, by log2 of the width."""
    bases = np.zeros((6, MAX_PLACES), np.int32)
    for log2_width in _WIDTHS:
        y, x = np.divmod(np.arange(MAX_PLACES), (1 << log2_width) + BEYOND)
        bases[log2_width] = c.POSITION_BUCKET[np.minimum(x + y, 63)] * COST_ENTRIES
    return bases


SCAN_PLACE = _scan_places()  # as SCAN_X and SCAN_Y
POSITION_BASE = _position_bases()


@kernel(forceinline=True)
def vectors_of(log2_width, rows):
    """Return how many vectors so many rows take."""
    return (((1 << log2_width) + BEYOND) * rows + VECTOR - 1) // VECTOR


@kernel(fastmath=True)
def lay_out(coefficients, scale, log2_width, log2_height, magnitudes):
    """Write the magnitudes of a block, times ``scale``; return the largest and the squares' sum.

    ``coefficients`` are float32[32, 32], ``magnitudes`` is float32[MAX_PLACES + BEHIND].
    """
    width = 1 << log2_width
    height = 1 << log2_height
    largest = np.float32(0)
    total = np.float32(0)
    place = 0
    for j in range(height):
        row = coefficients[j]
        for i in range(width):
            value = abs(row[i]) * scale
            magnitudes[np.uint64(place + i)] = value
            total += value * value
            largest = max(largest, value)
        magnitudes[np.uint64(place + width)] = 0
        magnitudes[np.uint64(place + width + 1)] = 0
        place += width + BEYOND
    for k in range(place, vectors_of(log2_width, height + 2) * VECTOR):
        magnitudes[np.uint64(k)] = 0
    return largest, total


@kernel(fastmath=True)
def find_first(magnitudes, log2_width, log2_height):
    """Return where in the scan levels may start, and the sum of the squares before."""
    start = SCAN_START[log2_width, log2_height]
    first = (1 << (log2_width + log2_height)) - 1
    error = np.float32(0)
    value = magnitudes[SCAN_PLACE[start + first]]
    while value <= SMALLEST:
        error += value * value
        first -= 1
        value = magnitudes[SCAN_PLACE[start + first]]
    return first, error


@kernel(forceinline=True)
def rows_up_to(first, log2_width, log2_height):
    """Return in how many rows there are places of the scan up to ``first``."""
    start = SCAN_START[log2_width, log2_height]
    diagonal = np.int64(SCAN_X[start + first]) + np.int64(SCAN_Y[start + first])
    return min(diagonal + 1, 1 << log2_height)


@kernel(fastmath=True)
def squares_of(magnitudes, start, end):
    """Return the sum of the squares of some places."""
    total = np.float32(0)
    for k in range(start, end):
        total += magnitudes[k] * magnitudes[k]
    return total
