"""Blocking: whether the error jumps more across block borders than inside the blocks."""

import numpy as np


def blocking_ratio(original: np.ndarray, decoded: np.ndarray, block_size: int = 8) -> float | None:
    """Compare the steps of the error at block borders with those inside blocks.

    Parameters
    ----------
    original, decoded : ndarray of integers, shape (height, width)
        Stored values.
    block_size : int
        Side of a block in samples.

    Returns
    -------
    float or None
        Mean absolute difference of the errors of two neighbours that a border parts, over
        the same inside blocks, rows and columns together. 1 means that borders do not
        show; None where it is not defined (no border, or no step inside).

    Notes
    -----
    Steps of the *error*, not of the image: an edge of the anatomy that happens to lie on a
    border does not count as blocking.
    """
    error = decoded.astype(np.float64) - original
    at_borders, inside = [], []
    for axis in (0, 1):
        steps = np.abs(np.diff(error, axis=axis))
        is_border = (np.arange(steps.shape[axis]) + 1) % block_size == 0
        at_borders.append(np.compress(is_border, steps, axis).ravel())
        inside.append(np.compress(~is_border, steps, axis).ravel())
    at_borders, inside = np.concatenate(at_borders), np.concatenate(inside)
    if at_borders.size == 0 or not inside.any():
        return None
    return float(at_borders.mean() / inside.mean())
