"""What the search keeps of an area while it tries something else in its place."""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.partition import CTU_MASK, MAX_BLOCK_SIZE, UNIT_LOG2, UNITS_MASK
from mmpc.v2.rectangles import MAX_CUTS

_UNITS = (MAX_BLOCK_SIZE >> UNIT_LOG2, MAX_BLOCK_SIZE >> UNIT_LOG2)

KEPT = np.dtype(
    [
        ("samples", np.int32, (MAX_BLOCK_SIZE, MAX_BLOCK_SIZE)),
        ("levels", np.int32, (MAX_BLOCK_SIZE, MAX_BLOCK_SIZE)),
        *((name, np.uint8, _UNITS) for name in ("sizes", "edges", "modes", "kinds", "energies")),
        ("motion", np.int16, (*_UNITS, 3)),  # in volumes
        ("cuts", np.uint8, (MAX_CUTS, *_UNITS)),
    ],
    align=True,
)


@kernel
def keep(kept, planes, scratch, x, y, log2_width, log2_height):
    """Keep the samples of a block at (x, y), and what was decided about it and its parts."""
    top = y & CTU_MASK
    left = x & CTU_MASK
    for j in range(1 << log2_height):
        for i in range(1 << log2_width):
            kept.samples[j, i] = planes.samples[y + j, x + i]
            kept.levels[j, i] = scratch.ctu_levels[top + j, left + i]
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    for j in range(1 << (log2_height - UNIT_LOG2)):
        for i in range(1 << (log2_width - UNIT_LOG2)):
            kept.sizes[j, i] = planes.sizes[row + j, column + i]
            kept.edges[j, i] = planes.edges[row + j, column + i]
            kept.modes[j, i] = planes.modes[row + j, column + i]
            kept.kinds[j, i] = planes.kinds[row + j, column + i]
            kept.energies[j, i] = planes.energies[row + j, column + i]
            if planes.motion.size > 0:
                for k in range(3):
                    kept.motion[j, i, k] = planes.motion[row + j, column + i, k]
            for cuts in range(MAX_CUTS):
                kept.cuts[cuts, j, i] = scratch.ctu_cuts[
                    cuts, (row + j) & UNITS_MASK, (column + i) & UNITS_MASK
                ]


@kernel
def put_back(kept, planes, scratch, x, y, log2_width, log2_height):
    """Put the block at (x, y) back as it was kept."""
    top = y & CTU_MASK
    left = x & CTU_MASK
    for j in range(1 << log2_height):
        for i in range(1 << log2_width):
            planes.samples[y + j, x + i] = kept.samples[j, i]
            scratch.ctu_levels[top + j, left + i] = kept.levels[j, i]
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    for j in range(1 << (log2_height - UNIT_LOG2)):
        for i in range(1 << (log2_width - UNIT_LOG2)):
            planes.sizes[row + j, column + i] = kept.sizes[j, i]
            planes.edges[row + j, column + i] = kept.edges[j, i]
            planes.modes[row + j, column + i] = kept.modes[j, i]
            planes.kinds[row + j, column + i] = kept.kinds[j, i]
            planes.energies[row + j, column + i] = kept.energies[j, i]
            if planes.motion.size > 0:
                for k in range(3):
                    planes.motion[row + j, column + i, k] = kept.motion[j, i, k]
            for cuts in range(MAX_CUTS):
                scratch.ctu_cuts[cuts, (row + j) & UNITS_MASK, (column + i) & UNITS_MASK] = (
                    kept.cuts[cuts, j, i]
                )
