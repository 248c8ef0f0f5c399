"""Partition: the order of blocks and who has been decoded before whom.

The picture is cut into coding tree units (CTUs) of 64 x 64 samples in raster order; each is
split into quarters recursively down to 4 x 4. Within a CTU, these squares follow the z-order
(Morton order) of their first 4 x 4 unit, as in ITU-T H.265, 6.4 and 6.5.
"""

import numpy as np

from mmpc.v2.kernel import kernel

CTU_LOG2 = 6
CTU_SIZE = 1 << CTU_LOG2
CTU_MASK = CTU_SIZE - 1  # of the place within a CTU
UNIT_LOG2 = 2  # decisions are stored in maps with one entry for each 4 x 4 samples
MIN_BLOCK_LOG2 = 2
MAX_BLOCK_LOG2 = 5
MAX_BLOCK_SIZE = 1 << MAX_BLOCK_LOG2
UNITS_ACROSS = 1 << (CTU_LOG2 - UNIT_LOG2)
UNITS_MASK = UNITS_ACROSS - 1  # of a unit within a CTU
UNITS_PER_CTU = UNITS_ACROSS * UNITS_ACROSS


def _spread(value: int) -> int:
    """Move bit i of ``value`` to bit 2i."""
    return sum(((value >> i) & 1) << (2 * i) for i in range(CTU_LOG2 - UNIT_LOG2))


Z_ORDER = np.array(
    [[_spread(x) + 2 * _spread(y) for x in range(UNITS_ACROSS)] for y in range(UNITS_ACROSS)],
    np.int64,
)
Z_X = np.array([int(np.argwhere(z == Z_ORDER)[0, 1]) for z in range(UNITS_PER_CTU)], np.int64)
Z_Y = np.array([int(np.argwhere(z == Z_ORDER)[0, 0]) for z in range(UNITS_PER_CTU)], np.int64)


@kernel
def ctus_across(width):
    """Return how many CTUs a row of a slice has."""
    return (width + CTU_SIZE - 1) >> CTU_LOG2


@kernel(forceinline=True)
def mean_log2(log2_width, log2_height):
    """Return log2 of the side of a square of about the size of a block, rounded down."""
    return (log2_width + log2_height) >> 1


@kernel
def largest_log2_at(z):
    """Return log2 of the side of the largest block that can start at z-order unit ``z``."""
    log2 = UNIT_LOG2
    while log2 < CTU_LOG2 and z & 3 == 0:
        log2 += 1
        z >>= 2
    return log2


@kernel
def is_available(x, y, other_x, other_y, width, height):
    """Tell whether the unit at ``other`` is inside the picture and decoded before ``x, y``.

    All coordinates are in samples (ITU-T H.265, 6.4.1).
    """
    if other_x < 0 or other_y < 0 or other_x >= width or other_y >= height:
        return False
    ctu_y = y >> CTU_LOG2
    other_ctu_y = other_y >> CTU_LOG2
    if ctu_y != other_ctu_y:
        return other_ctu_y < ctu_y
    ctu_x = x >> CTU_LOG2
    other_ctu_x = other_x >> CTU_LOG2
    if ctu_x != other_ctu_x:
        return other_ctu_x < ctu_x
    here = Z_ORDER[(y >> UNIT_LOG2) & UNITS_MASK, (x >> UNIT_LOG2) & UNITS_MASK]
    return Z_ORDER[(other_y >> UNIT_LOG2) & UNITS_MASK, (other_x >> UNIT_LOG2) & UNITS_MASK] < here


# The square that is being coded, and which of its units are decoded already.
LEAF = np.dtype(
    [
        ("x", np.int64),
        ("y", np.int64),
        ("log2", np.int64),
        ("known", np.uint8, (MAX_BLOCK_SIZE >> UNIT_LOG2, MAX_BLOCK_SIZE >> UNIT_LOG2)),
    ]
)


@kernel
def start_leaf(leaf, x, y, log2):
    """Let ``leaf`` describe the square at (x, y), of which nothing is decoded yet."""
    leaf.x = x
    leaf.y = y
    leaf.log2 = log2
    mark_known(leaf, x, y, log2, log2, False)


@kernel
def mark_known(leaf, x, y, log2_width, log2_height, known):
    """Note that the block at (x, y), in the square, is decoded, or that it is not."""
    row = (y - leaf.y) >> UNIT_LOG2
    column = (x - leaf.x) >> UNIT_LOG2
    for j in range(row, row + (1 << (log2_height - UNIT_LOG2))):
        for i in range(column, column + (1 << (log2_width - UNIT_LOG2))):
            leaf.known[j, i] = known


@kernel
def is_known(leaf, x, y, width, height):
    """Tell whether the unit at (x, y) is inside the picture and decoded."""
    column = x - leaf.x
    row = y - leaf.y
    size = 1 << leaf.log2
    if 0 <= column < size and 0 <= row < size and x < width and y < height:
        return leaf.known[row >> UNIT_LOG2, column >> UNIT_LOG2] != 0
    return is_available(leaf.x, leaf.y, x, y, width, height)
