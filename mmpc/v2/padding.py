"""Other slices as the prediction of blocks reads them: with their borders continued."""

import numpy as np

from mmpc.v2.motion import MARGIN, NOTES, SIZE_THERE
from mmpc.v2.references import References


def padded_slices(references: References, rows: int, columns: int) -> np.ndarray:
    """Return the slices before and after, int32[2]; of no size if there are none.

    Each fills ``rows`` x ``columns`` samples and a margin, its last samples repeated.
    """
    if references.latest is None:
        return np.zeros((2, 0, 0), np.int32)
    padded = np.zeros((2, rows + 2 * MARGIN, columns + 2 * MARGIN), np.int32)
    for which, one in enumerate((references.before, references.after)):
        if one is not None:
            height, width = one.samples.shape
            below, right = rows - height + MARGIN, columns - width + MARGIN
            padded[which] = np.pad(one.samples, ((MARGIN, below), (MARGIN, right)), mode="edge")
    return padded


def motion_map(references: References, unit_shape: tuple[int, int]) -> np.ndarray:
    """Return the map of motion, in which nothing but the block sizes of the latest is noted."""
    if references.latest is None:
        return np.zeros((0, 0, NOTES), np.int16)
    motion = np.zeros((*unit_shape, NOTES), np.int16)
    motion[..., SIZE_THERE] = references.latest.sizes
    return motion
