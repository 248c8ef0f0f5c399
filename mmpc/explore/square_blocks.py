"""Square blocks of one size as version 2 predicts them: their order, border and predictions."""

from collections.abc import Iterator

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.partition import CTU_SIZE, UNIT_LOG2, UNITS_PER_CTU, Z_X, Z_Y, start_leaf
from mmpc.v2.planes import new_scratch
from mmpc.v2.prediction import MODES, gather_border, predict, smooth_border


class SquareBlocks:
    """A picture cut into square blocks.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the picture, multiples of the side.
    side : int
        Of a block: 4, 8, 16 or 32.
    unknown : int
        Stands for the border where nothing is known.
    """

    def __init__(self, shape: tuple[int, int], side: int, unknown: int):
        self.shape, self.side, self.unknown = shape, side, unknown
        self._log2 = side.bit_length() - 1
        self._scratch = new_scratch()

    def in_z_order(self) -> Iterator[tuple[int, int]]:
        """Yield (y, x) of all blocks in the order in which version 2 codes them."""
        height, width = self.shape
        for ctu_y in range(0, height, CTU_SIZE):
            for ctu_x in range(0, width, CTU_SIZE):
                for z in range(0, UNITS_PER_CTU, (self.side >> UNIT_LOG2) ** 2):
                    y, x = ctu_y + (int(Z_Y[z]) << UNIT_LOG2), ctu_x + (int(Z_X[z]) << UNIT_LOG2)
                    if y < height and x < width:
                        yield y, x

    def border(self, samples: np.ndarray, y: int, x: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the border of the block at (y, x), and the same smoothed.

        Parameters
        ----------
        samples : ndarray of int32
            The picture; only what comes before the block in z-order is looked at.

        Returns
        -------
        tuple of two ndarrays of int64, shape (4 side + 1,)
            From the lowest neighbour on the left up to the corner, then along the top.
        """
        self.predictions(samples, y, x)
        length = 4 * self.side + 1
        return self._scratch.border[:length].copy(), self._scratch.smooth[:length].copy()

    def predictions(self, samples: np.ndarray, y: int, x: int) -> np.ndarray:
        """Return all 35 predictions of the block at (y, x), int64, shape (35, side, side)."""
        result = np.empty((MODES, self.side, self.side), np.int64)
        height, width = self.shape
        unknown = self.unknown
        _predict_all(samples, self._scratch, x, y, self._log2, width, height, unknown, result)
        return result


@kernel(coder="predictor of blocks", compile_s=4)
def _predict_all(samples, scratch, x, y, log2, width, height, unknown, predictions):
    start_leaf(scratch.leaf, x, y, log2)  # nothing of the block is known
    border = scratch.border
    gather_border(samples, scratch.leaf, x, y, log2, log2, width, height, unknown, border)
    smooth_border(border, log2, log2, scratch.smooth)
    for mode in range(MODES):
        predict(border, scratch.smooth, log2, log2, mode, scratch.line, scratch.prediction)
        for j in range(1 << log2):
            for i in range(1 << log2):
                predictions[mode, j, i] = scratch.prediction[j, i]
