"""What is known of the slice while it is coded: samples, levels and decisions."""

from typing import NamedTuple

import numpy as np

from mmpc.v2.block_syntax import AROUND
from mmpc.v2.motion import MOTION
from mmpc.v2.padding import motion_map, padded_slices
from mmpc.v2.partition import CTU_SIZE, LEAF, MAX_BLOCK_SIZE, UNIT_LOG2, UNITS_ACROSS
from mmpc.v2.records import new_record
from mmpc.v2.rectangles import MAX_CUTS, TREE
from mmpc.v2.references import NO_REFERENCES, References


class Planes(NamedTuple):
    """What has the slice's size: samples, padded to whole CTUs, and decisions for each unit."""

    source: np.ndarray  # float32, what the encoder is to code (of no size in the decoder)
    samples: np.ndarray  # int32, decoded
    sizes: np.ndarray  # uint8, log2 of the block's side, of a rectangle the mean of both
    edges: np.ndarray  # uint8, whether the unit lies at LEFT_EDGE or TOP_EDGE of its block
    modes: np.ndarray  # uint8, prediction mode
    kinds: np.ndarray  # uint8, transform type, or NOTHING where no level is coded
    energies: np.ndarray  # uint8, how many levels and how large (0: no levels)
    cells: np.ndarray  # uint8, the region of interest (of no size: none), see regions
    others: np.ndarray  # int32[2], the slices before and after, padded (of no size: none)
    motion: np.ndarray  # int16[4] for each unit, see motion (of no size: none)


LEFT_EDGE, TOP_EDGE = 1, 2

_BLOCK = (MAX_BLOCK_SIZE, MAX_BLOCK_SIZE)
MAGNITUDE_STRIDE = MAX_BLOCK_SIZE + 4  # from one row of the magnitudes to the next

# Memory of one block, reused for the next.
SCRATCH = np.dtype(
    [
        ("leaf", LEAF),
        ("tree", TREE),
        ("around", AROUND),
        ("motion", MOTION),
        ("border", np.int64, 4 * MAX_BLOCK_SIZE + 1),  # decoded neighbours, see prediction
        ("smooth", np.int64, 4 * MAX_BLOCK_SIZE + 1),  # the same, filtered
        ("line", np.int64, 4 * MAX_BLOCK_SIZE),  # what a direction projects from
        ("prediction", np.int64, _BLOCK),
        ("levels", np.int64, _BLOCK),
        ("coefficients", np.int64, _BLOCK),
        ("columns", np.int64, _BLOCK),  # the inverse transform half done
        ("residual", np.int64, _BLOCK),
        ("places", np.uint32, MAX_BLOCK_SIZE * MAX_BLOCK_SIZE),  # of levels, in the scan
        ("edge_sums", np.int64, (2, MAX_BLOCK_SIZE)),  # above and to the left, see sign_prediction
        ("edge_variances", np.int64, (2, MAX_BLOCK_SIZE)),
        # With a margin of zeros on the right and below.
        ("magnitudes", np.uint8, MAGNITUDE_STRIDE * MAGNITUDE_STRIDE),
        # What the encoder chose for the CTU: levels, in their blocks; at the first unit of each
        # square that is not cut into quarters, log2 of its side; the cuts of it and of its parts
        # at their first units, by the number of cuts before.
        ("ctu_levels", np.int32, (CTU_SIZE, CTU_SIZE)),
        ("ctu_squares", np.uint8, (UNITS_ACROSS, UNITS_ACROSS)),
        ("ctu_cuts", np.uint8, (MAX_CUTS, UNITS_ACROSS, UNITS_ACROSS)),
    ],
    align=True,
)


def new_planes(
    height: int,
    width: int,
    cells: np.ndarray,
    source: np.ndarray | None = None,
    references: References = NO_REFERENCES,
) -> Planes:
    """Return empty planes for a slice of ``height`` x ``width`` samples with a region.

    The encoder's ``source``, int32, is padded with its last row and column.
    """
    unit_shape = shape_in_units(height, width)
    rows, columns = (side << UNIT_LOG2 for side in unit_shape)
    if source is None:
        padded = np.zeros((0, 0), np.float32)
    else:
        margins = ((0, rows - height), (0, columns - width))
        padded = np.pad(source.astype(np.float32), margins, mode="edge")
    return Planes(
        padded,
        np.zeros((rows, columns), np.int32),
        *(np.zeros(unit_shape, np.uint8) for _ in range(5)),
        cells,
        padded_slices(references, rows, columns),
        motion_map(references, unit_shape),
    )


def shape_in_units(height: int, width: int) -> tuple[int, int]:
    """Return rows and columns of units in the CTUs that cover a slice."""
    rows, columns = (-(-side // CTU_SIZE) * UNITS_ACROSS for side in (height, width))
    return rows, columns


def new_scratch() -> np.record:
    """Return the memory of one block, a record of type ``SCRATCH``."""
    return new_record(SCRATCH)
