"""The order of the coefficients of a block: by diagonals, from low to high frequencies.

Each diagonal x + y goes from bottom left to top right (ITU-T H.265, 6.5.3, over whole blocks).
The scans of all shapes lie one after the other in one array; `SCAN_START` tells where.
"""

import numpy as np

from mmpc.v2.contexts import FREQUENCY_BUCKET

_SIDES = range(2, 6)  # log2


def _diagonal_scan(width: int, height: int) -> list[tuple[int, int]]:
    """Return (x, y) of all places of a block in the order of its scan."""
    order = []
    for diagonal in range(width + height - 1):
        for x in range(width):
            if 0 <= diagonal - x < height:
                order.append((x, diagonal - x))
    return order


def _spot(x: int, y: int, width: int, height: int) -> int:
    """Return the place among the 8 x 8 that contexts know of."""
    if max(width, height) > 8:
        x, y = int(FREQUENCY_BUCKET[x]), int(FREQUENCY_BUCKET[y])
    return 8 * y + x


def _scans() -> tuple[np.ndarray, ...]:
    """Return the five tables below."""
    starts = np.zeros((6, 6), np.int64)
    places, spots, ranks = [], [], []
    for log2_width in _SIDES:
        for log2_height in _SIDES:
            starts[log2_width, log2_height] = len(places)
            shape = 1 << log2_width, 1 << log2_height
            scan = _diagonal_scan(*shape)
            places += scan
            spots += [_spot(x, y, *shape) for x, y in scan]
            ranks += np.argsort([(y << log2_width) + x for x, y in scan]).tolist()
    x, y = np.array(places, np.uint8).T
    x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    return starts, x, y, np.array(spots, np.uint8), np.array(ranks, np.uint16)


# Where the scan of a shape starts, by log2 of width and height; from there on, the column, the row
# and the spot of each place of the scan, and of each place of the block, row by row, its rank in
# the scan.
SCAN_START, SCAN_X, SCAN_Y, SCAN_SPOT, SCAN_RANK = _scans()
