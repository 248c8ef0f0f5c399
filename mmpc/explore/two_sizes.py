"""Squares of 16 x 16 as one DCT block or as four of 8 x 8, with coefficients of one shape.

The four blocks are interleaved: wave (u, v) of each stands around (2 u, 2 v), so that slow waves
stay in front. Their four means are turned into one mean and three differences, which makes the
first coefficient of a square the same thing either way.
"""

import numpy as np

from mmpc.v1.blocks import join_blocks, split_blocks
from mmpc.v1.dct import forward_dct, inverse_dct

SIDE = 16
_BUTTERFLY = np.array([[1, 1], [1, -1]]) / np.sqrt(2)


def both_ways(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients of all squares, whole and in four.

    Parameters
    ----------
    values : ndarray, shape (height, width)
        Sides that are multiples of 16.

    Returns
    -------
    tuple of two ndarrays of float64, shape (rows, columns, 16, 16)
    """
    whole = forward_dct(split_blocks(values, SIDE))
    rows, columns = whole.shape[:2]
    blocks = forward_dct(split_blocks(values, SIDE // 2)).reshape(rows, 2, columns, 2, 8, 8)
    parts = blocks.transpose(0, 2, 4, 1, 5, 3).reshape(whole.shape)
    parts[..., :2, :2] = _BUTTERFLY @ parts[..., :2, :2] @ _BUTTERFLY
    return whole.round(6), parts.round(6)


def samples_of(coefficients: np.ndarray, is_split: np.ndarray) -> np.ndarray:
    """Return the samples, float64, shape (height, width).

    Parameters
    ----------
    coefficients : ndarray, shape (rows, columns, 16, 16)
        Of each square, the one or the other way.
    is_split : ndarray of bool, shape (rows, columns)
        Which way.
    """
    rows, columns = is_split.shape
    shape = rows * SIDE, columns * SIDE
    parts = coefficients.astype(np.float64)
    parts[..., :2, :2] = _BUTTERFLY @ parts[..., :2, :2] @ _BUTTERFLY
    blocks = parts.reshape(rows, columns, 8, 2, 8, 2).transpose(0, 3, 1, 5, 2, 4)
    in_four = join_blocks(inverse_dct(blocks.reshape(2 * rows, 2 * columns, 8, 8)), *shape)
    whole = join_blocks(inverse_dct(coefficients.astype(np.float64)), *shape)
    return np.where(np.kron(is_split, np.ones((SIDE, SIDE), bool)), in_four, whole)
