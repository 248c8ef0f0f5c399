"""Find the fixed taps of a plane by least squares: the encoder's affair, in floats.

The taps are rounded to integers and written into the stream; the decoder only reads them.
"""

import numpy as np
from numba import njit

from mmpc.v2.bounded.prediction import (
    MARGIN,
    NEIGHBOURS,
    TAP_BITS,
    TAPS,
    W,
    gather,
    pad_row,
)

MOST_CLASSES = 8
SAMPLES_PER_CLASS = 8192
SAMPLES_USED = 1 << 18
FEWEST_SAMPLES = 200
ROUNDS = 3  # of reweighting, which turns squared into absolute errors
TAP_LIMIT = (1 << 13) - 1
EDGE_LIMIT = (1 << 24) - 1


def design_taps(plane: np.ndarray, bound: int) -> tuple[np.ndarray, np.ndarray]:
    """Find classes of activity and the taps of each.

    Parameters
    ----------
    plane : ndarray of int32, shape (height, width)
        Samples of up to 20 bits.
    bound : int
        Largest error that will be allowed.

    Returns
    -------
    edges : ndarray of int64, shape (classes - 1,)
        Activities that part the classes: quantiles of the active samples.
    taps : ndarray of int64, shape (classes, TAPS)
        With TAP_BITS fractional bits, for differences to the west neighbour.
    """
    classes = max(1, min(MOST_CLASSES, plane.size // SAMPLES_PER_CLASS))
    # Every k-th row is enough of a large plane.
    stride = max(1, plane.size // SAMPLES_USED)
    differences, targets, activities = _observe(_padded(plane), *plane.shape, stride)
    active = activities[activities > 6 * bound]
    edges = np.zeros(classes - 1, np.int64)
    if active.size:
        edges[:] = np.quantile(active, np.arange(1, classes) / classes)
    chosen = np.searchsorted(edges, activities, side="right")
    taps = np.zeros((classes, TAPS), np.int64)
    for one in range(classes):
        members = chosen == one
        if members.sum() < FEWEST_SAMPLES:
            taps[one, 0] = 1 << (TAP_BITS - 1)  # the mean of west and north
        else:
            taps[one] = _solve(differences[members], targets[members], bound)
    return np.minimum(edges, EDGE_LIMIT), np.clip(taps, -TAP_LIMIT, TAP_LIMIT)


def _solve(differences: np.ndarray, targets: np.ndarray, bound: int) -> np.ndarray:
    """Minimize absolute errors by least squares with weights that are found in rounds."""
    weights = np.ones(targets.size)
    ridge = np.eye(TAPS) * 1e-5 * targets.size
    for _ in range(ROUNDS):
        weighted = differences * weights[:, np.newaxis]
        solution = np.linalg.solve(weighted.T @ differences + ridge, weighted.T @ targets)
        errors = np.abs(targets - differences @ solution)
        weights = 1 / (errors + max(1.0, np.median(errors) / 2) + bound)
    return np.rint(solution * (1 << TAP_BITS)).astype(np.int64)


def _padded(plane: np.ndarray) -> np.ndarray:
    """Return the plane with the margins that the decoder sees."""
    height, width = plane.shape
    padded = np.full((height + MARGIN + 1, width + 2 * MARGIN), plane.min(), np.int64)
    padded[MARGIN : MARGIN + height, MARGIN : MARGIN + width] = plane
    _pad_rows(padded, height, width)
    return padded


@njit(cache=True, nogil=True)
def _pad_rows(padded, height, width):
    for y in range(MARGIN, MARGIN + height):
        pad_row(padded, y, width)


@njit(cache=True, nogil=True)
def _observe(padded, height, width, stride):
    """Return differences of the neighbours and the sample to the west one, and activities."""
    rows = (height + stride - 1) // stride
    differences = np.zeros((rows * width, TAPS))
    targets = np.zeros(rows * width)
    activities = np.zeros(rows * width, np.int64)
    around = np.zeros(NEIGHBOURS, np.int64)
    k = 0
    for y in range(MARGIN, MARGIN + height, stride):
        for x in range(MARGIN, MARGIN + width):
            activities[k] = gather(padded, y, x, around)
            for t in range(TAPS):
                differences[k, t] = around[t + 1] - around[W]
            targets[k] = padded[y, x] - around[W]
            k += 1
    return differences, targets, activities
