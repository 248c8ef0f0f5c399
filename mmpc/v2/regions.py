"""A region of interest: a part of the slice that is coded with a finer step.

The region is a map with one cell for each 8 x 8 samples, written before the blocks. A
block that touches the region takes the finer step as a whole; so a mask is served in
full, and what it costs is paid by the background when the file keeps its size.
"""

import numpy as np

from mmpc.v2 import contexts as c
from mmpc.v2.filter_syntax import code_raw_number
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import code_bit

CELL_LOG2 = 3
GAIN_ONE = 256  # fixed-point one of the gain
GAIN_BITS = 16
GAIN_RANGE = (1.0, ((1 << GAIN_BITS) - 1) / GAIN_ONE)


def cells_of(mask: np.ndarray) -> np.ndarray:
    """Return the map of a mask: uint8, 1 for each cell that has a sample of interest."""
    size = 1 << CELL_LOG2
    height, width = mask.shape
    padded = np.pad(mask, ((0, -height % size), (0, -width % size)))
    rows, columns = padded.shape[0] // size, padded.shape[1] // size
    return padded.reshape(rows, size, columns, size).any((1, 3)).astype(np.uint8)


def no_cells(height: int = 0, width: int = 0) -> np.ndarray:
    """Return an empty map for a slice of this size; of no size if there is no region."""
    size = 1 << CELL_LOG2
    return np.zeros((-(-height // size), -(-width // size)), np.uint8)


def code_region(model, p: np.record, cells: np.ndarray, gain: float) -> None:
    """Code gain and map; the decoder fills `cells`. Both set the steps in `p`."""
    fixed_gain = int(code_raw_number(model, GAIN_BITS, round(gain * GAIN_ONE)))
    fixed_gain = max(fixed_gain, GAIN_ONE)
    p.region_step = max(p.step * GAIN_ONE // fixed_gain, 1)
    p.region_small_step = max(p.small_step * GAIN_ONE // fixed_gain, 1)
    _code_cells(model, cells)


@kernel
def _code_cells(model, cells):
    """Code one decision for each cell, in the contexts of its decoded neighbours."""
    rows, columns = cells.shape
    slots = model.mixer.slots
    for row in range(rows):
        for column in range(columns):
            west = np.int64(cells[row, column - 1] if column else 0)
            further = np.int64(cells[row, column - 2] if column > 1 else 0)
            north = np.int64(cells[row - 1, column] if row else 0)
            north_west = np.int64(cells[row - 1, column - 1] if row and column else 0)
            north_east = np.int64(cells[row - 1, column + 1] if row and column + 1 < columns else 0)
            beyond = np.int64(cells[row - 2, column] if row > 1 else 0)
            near = west + 2 * north + 4 * north_west + 8 * north_east
            slots[0] = c.REGION + near
            slots[1] = c.REGION + 16 + near + 16 * further + 32 * beyond
            slots[2] = c.REGION + 80 + west + 2 * north
            slots[3] = c.REGION + 84 + north_east + 2 * north
            slots[4] = c.REGION + 88 + west + 2 * further
            slots[5] = c.REGION + 92 + north + 2 * beyond
            weights = c.REGION_WEIGHTS
            cells[row, column] = code_bit(model, weights, weights, np.int64(cells[row, column]))


@kernel
def touches_region(cells, x, y, width, height):
    """Whether the rectangle of samples at (x, y) has a cell of the region."""
    if cells.size == 0:
        return False
    last_row = min((y + height - 1) >> CELL_LOG2, cells.shape[0] - 1)
    last_column = min((x + width - 1) >> CELL_LOG2, cells.shape[1] - 1)
    for row in range(y >> CELL_LOG2, last_row + 1):
        for column in range(x >> CELL_LOG2, last_column + 1):
            if cells[row, column]:
                return True
    return False


@kernel
def small_step_of(p, cells, x, y, log2_width, log2_height):
    """Return the small step of a block."""
    is_inside = touches_region(cells, x, y, 1 << log2_width, 1 << log2_height)
    return p.region_small_step if is_inside else p.small_step
