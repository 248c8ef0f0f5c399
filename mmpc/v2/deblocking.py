"""Deblocking: smooth steps at block edges where the surface on both sides is smooth.

After ITU-T H.265, 8.7.2, for edges on an 8 x 8 grid; the thresholds follow the step.
"""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.partition import UNIT_LOG2
from mmpc.v2.planes import LEFT_EDGE, TOP_EDGE
from mmpc.v2.regions import touches_region
from mmpc.v2.transform import COEFFICIENT_BITS

GRID = 8
# Thresholds in 1/16 step: unevenness up to which an edge is filtered, and the largest change.
UNEVENNESS = 8
CHANGE = 2


@kernel
def deblock(samples, edges, cells, p):
    """Filter all vertical edges of the decoded slice in place, then all horizontal ones; clip."""
    unit = 1 << UNIT_LOG2
    for y in range(0, p.height, unit):
        for x in range(GRID, p.width, GRID):
            if edges[y >> UNIT_LOG2, x >> UNIT_LOG2] & LEFT_EDGE:
                is_inside = is_near_region(cells, x - GRID, y) or is_near_region(cells, x, y)
                filter_edge(samples, y, x, 1, 0, p.region_step if is_inside else p.step)
    for y in range(GRID, p.height, GRID):
        for x in range(0, p.width, unit):
            if edges[y >> UNIT_LOG2, x >> UNIT_LOG2] & TOP_EDGE:
                is_inside = is_near_region(cells, x, y - GRID) or is_near_region(cells, x, y)
                filter_edge(samples, y, x, 0, 1, p.region_step if is_inside else p.step)
    minimum = np.int32(p.minimum)
    maximum = np.int32(p.maximum)
    for y in range(p.height):
        for x in range(p.width):
            samples[y, x] = min(max(samples[y, x], minimum), maximum)


@kernel
def is_near_region(cells, x, y):
    """Tell whether the square of the grid's size at (x, y) touches the region of interest."""
    return touches_region(cells, x, y, GRID, GRID)


@kernel
def bend(samples, y, x, down, across):
    """Return the second difference of three samples from (y, x) in a direction."""
    return abs(
        np.int64(samples[y, x])
        - 2 * samples[y + down, x + across]
        + samples[y + 2 * down, x + 2 * across]
    )


@kernel
def filter_edge(samples, y, x, along_y, along_x, step):
    """Filter four samples of the edge before (y, x); the edge runs along (along_y, along_x)."""
    beta = (UNEVENNESS * step) >> (COEFFICIENT_BITS + 4)
    limit = (CHANGE * step) >> (COEFFICIENT_BITS + 4)
    if limit == 0:
        return
    i = along_x  # the way across the edge: the two axes exchanged
    j = along_y
    p0 = bend(samples, y - i, x - j, -i, -j)
    q0 = bend(samples, y, x, i, j)
    p3 = bend(samples, y - i + 3 * along_y, x - j + 3 * along_x, -i, -j)
    q3 = bend(samples, y + 3 * along_y, x + 3 * along_x, i, j)
    if p0 + q0 + p3 + q3 >= beta:
        return
    strong = (
        2 * (p0 + q0) < beta >> 2
        and 2 * (p3 + q3) < beta >> 2
        and is_flat(samples, y, x, i, j, beta, limit)
        and is_flat(samples, y + 3 * along_y, x + 3 * along_x, i, j, beta, limit)
    )
    side = (beta + (beta >> 1)) >> 3
    for k in range(4):
        row = y + k * along_y
        column = x + k * along_x
        if strong:
            filter_strong(samples, row, column, i, j, 2 * limit)
        else:
            filter_weak(samples, row, column, i, j, limit, p0 + p3 < side, q0 + q3 < side)


@kernel
def is_flat(samples, y, x, i, j, beta, limit):
    """Tell whether one line across the edge is flat enough for the strong filter (8.7.2.5.6)."""
    p0 = np.int64(samples[y - i, x - j])
    q0 = np.int64(samples[y, x])
    slope = abs(samples[y - 4 * i, x - 4 * j] - p0) + abs(samples[y + 3 * i, x + 3 * j] - q0)
    return slope < beta >> 3 and abs(p0 - q0) < (5 * limit + 1) >> 1


@kernel
def filter_strong(samples, y, x, i, j, limit):
    """Change three samples on each side of the edge (8.7.2.5.7)."""
    p3 = np.int64(samples[y - 4 * i, x - 4 * j])
    p2 = np.int64(samples[y - 3 * i, x - 3 * j])
    p1 = np.int64(samples[y - 2 * i, x - 2 * j])
    p0 = np.int64(samples[y - i, x - j])
    q0 = np.int64(samples[y, x])
    q1 = np.int64(samples[y + i, x + j])
    q2 = np.int64(samples[y + 2 * i, x + 2 * j])
    q3 = np.int64(samples[y + 3 * i, x + 3 * j])
    samples[y - i, x - j] = near((p2 + 2 * p1 + 2 * p0 + 2 * q0 + q1 + 4) >> 3, p0, limit)
    samples[y - 2 * i, x - 2 * j] = near((p2 + p1 + p0 + q0 + 2) >> 2, p1, limit)
    samples[y - 3 * i, x - 3 * j] = near((2 * p3 + 3 * p2 + p1 + p0 + q0 + 4) >> 3, p2, limit)
    samples[y, x] = near((p1 + 2 * p0 + 2 * q0 + 2 * q1 + q2 + 4) >> 3, q0, limit)
    samples[y + i, x + j] = near((p0 + q0 + q1 + q2 + 2) >> 2, q1, limit)
    samples[y + 2 * i, x + 2 * j] = near((p0 + q0 + q1 + 3 * q2 + 2 * q3 + 4) >> 3, q2, limit)


@kernel
def filter_weak(samples, y, x, i, j, limit, change_p1, change_q1):
    """Change one sample on each side of the edge, or two where that side is flat (8.7.2.5.7)."""
    p2 = np.int64(samples[y - 3 * i, x - 3 * j])
    p1 = np.int64(samples[y - 2 * i, x - 2 * j])
    p0 = np.int64(samples[y - i, x - j])
    q0 = np.int64(samples[y, x])
    q1 = np.int64(samples[y + i, x + j])
    q2 = np.int64(samples[y + 2 * i, x + 2 * j])
    change = (9 * (q0 - p0) - 3 * (q1 - p1) + 8) >> 4
    if abs(change) >= 10 * limit:
        return
    change = min(max(change, -limit), limit)
    samples[y - i, x - j] = p0 + change
    samples[y, x] = q0 - change
    half = limit >> 1
    if change_p1:
        second = (((p2 + p0 + 1) >> 1) - p1 + change) >> 1
        samples[y - 2 * i, x - 2 * j] = p1 + min(max(second, -half), half)
    if change_q1:
        second = (((q2 + q0 + 1) >> 1) - q1 - change) >> 1
        samples[y + i, x + j] = q1 + min(max(second, -half), half)


@kernel
def near(value, centre, limit):
    """Clip ``value`` to ``centre`` plus or minus ``limit``."""
    return min(max(value, centre - limit), centre + limit)
