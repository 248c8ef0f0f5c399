"""What is known of the slice while it is coded: samples, levels and decisions."""

from typing import NamedTuple

import numpy as np

from mmpc.v2.mixing import INPUTS
from mmpc.v2.partition import CTU_LOG2, UNIT_LOG2


class Planes(NamedTuple):
    """The decoded samples and levels, padded to whole CTUs, and the decisions for each unit."""

    samples: np.ndarray  # int32, decoded
    levels: np.ndarray  # int32, quantized coefficients in their blocks
    sizes: np.ndarray  # uint8, log2 of the block side
    modes: np.ndarray  # uint8, prediction mode
    kinds: np.ndarray  # uint8, transform type, or NOTHING where no level is coded
    energies: np.ndarray  # uint8, how many levels and how large (0: no levels)
    cells: np.ndarray  # uint8, the region of interest (empty: none), see regions


class Scratch(NamedTuple):
    """Memory of one block, reused for the next."""

    border: np.ndarray  # int64[129]
    smooth: np.ndarray  # int64[129]
    line: np.ndarray  # int64[128]
    prediction: np.ndarray  # int64[32, 32]
    levels: np.ndarray  # int64[32, 32]
    coefficients: np.ndarray  # int64[32, 32]
    columns: np.ndarray  # int64[32, 32]
    residual: np.ndarray  # int64[32, 32]
    magnitudes: np.ndarray  # uint8[36 * 36], with a margin of zeros on the right and below
    bases: np.ndarray  # uint32[INPUTS]


def new_planes(height: int, width: int, cells: np.ndarray) -> Planes:
    """Return empty planes for a slice of ``height`` x ``width`` samples with a region."""
    ctu = 1 << CTU_LOG2
    rows = -(-height // ctu) * ctu
    columns = -(-width // ctu) * ctu
    unit_shape = (rows >> UNIT_LOG2, columns >> UNIT_LOG2)
    return Planes(
        np.zeros((rows, columns), np.int32),
        np.zeros((rows, columns), np.int32),
        *(np.zeros(unit_shape, np.uint8) for _ in range(4)),
        cells,
    )


def new_scratch() -> Scratch:
    """Return the memory of one block."""
    block = [np.zeros((32, 32), np.int64) for _ in range(5)]
    return Scratch(
        np.zeros(129, np.int64),
        np.zeros(129, np.int64),
        np.zeros(128, np.int64),
        *block,
        np.zeros(36 * 36, np.uint8),
        np.zeros(INPUTS, np.uint32),
    )
