"""Find the fixed taps of a plane by least squares: the encoder's affair, in floats.

The taps are rounded to integers and written into the stream; the decoder only reads them.
"""

import numpy as np

from mmpc.v2.bounded.prediction import (
    MARGIN,
    NEIGHBOURS,
    TAP_BITS,
    TAPS,
    W,
    gather,
    pad_row,
)
from mmpc.v2.kernel import kernel

MOST_CLASSES = 8
SAMPLES_PER_CLASS = 8192
SAMPLES_USED = 1 << 18
FEWEST_SAMPLES = 200
ROUNDS = 3  # of reweighting, which turns squared into absolute errors
RIDGE = 1e-5  # keeps taps small where they hardly matter
TAP_LIMIT = (1 << 13) - 1
EDGE_LIMIT = (1 << 24) - 1


def design_taps(plane: np.ndarray, bound: int) -> tuple[np.ndarray, np.ndarray]:
    """Find classes of activity and the taps of each.

    Absolute errors are minimized, by least squares with weights that are found in rounds.

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
    padded = _padded(plane)
    activities = _activities(padded, *plane.shape, stride)
    active = activities[activities > 6 * bound]
    edges = np.zeros(classes - 1, np.int64)
    if active.size:
        edges[:] = np.quantile(active, np.arange(1, classes) / classes)
    solution = np.zeros((classes, TAPS))
    solution[:, 0] = 0.5  # the mean of west and north, where there is nothing to learn from
    usual_error = np.full(classes, np.inf)
    for _ in range(ROUNDS):
        gram, moment, errors, members = _accumulate(
            padded, *plane.shape, stride, edges, solution, usual_error, bound
        )
        for one in np.flatnonzero(members >= FEWEST_SAMPLES):
            ridge = np.eye(TAPS) * RIDGE * members[one]
            solution[one] = np.linalg.solve(gram[one] + ridge, moment[one])
        usual_error = errors / np.maximum(members, 1)
    taps = np.rint(solution * (1 << TAP_BITS)).astype(np.int64)
    return np.minimum(edges, EDGE_LIMIT), np.clip(taps, -TAP_LIMIT, TAP_LIMIT)


def _padded(plane: np.ndarray) -> np.ndarray:
    """Return the plane with the margins that the decoder sees."""
    height, width = plane.shape
    padded = np.full((height + MARGIN + 1, width + 2 * MARGIN), plane.min(), np.int64)
    padded[MARGIN : MARGIN + height, MARGIN : MARGIN + width] = plane
    _pad_rows(padded, height, width)
    return padded


@kernel
def _pad_rows(padded, height, width):
    for y in range(MARGIN, MARGIN + height):
        pad_row(padded, y, width)


@kernel
def _activities(padded, height, width, stride):
    """Return the activities of every `stride`-th row."""
    around = np.zeros(NEIGHBOURS, np.int64)
    activities = np.zeros(((height + stride - 1) // stride) * width, np.int64)
    k = 0
    for y in range(MARGIN, MARGIN + height, stride):
        for x in range(MARGIN, MARGIN + width):
            activities[k] = gather(padded, y, x, around)
            k += 1
    return activities


@kernel
def _accumulate(padded, height, width, stride, edges, solution, usual_error, bound):
    """Sum up the normal equations of each class, each sample weighed by its last error."""
    classes = solution.shape[0]
    gram = np.zeros((classes, TAPS, TAPS))
    moment = np.zeros((classes, TAPS))
    errors = np.zeros(classes)
    members = np.zeros(classes, np.int64)
    around = np.zeros(NEIGHBOURS, np.int64)
    differences = np.zeros(TAPS)
    for y in range(MARGIN, MARGIN + height, stride):
        for x in range(MARGIN, MARGIN + width):
            activity = gather(padded, y, x, around)
            one = 0
            while one < edges.size and activity >= edges[one]:
                one += 1
            target = float(padded[y, x] - around[W])
            error = target
            for t in range(TAPS):
                differences[t] = around[t + 1] - around[W]
                error -= solution[one, t] * differences[t]
            error = abs(error)
            # The first round weighs all alike.
            weight = 1.0
            if usual_error[one] < np.inf:
                weight = 1 / (error + max(1.0, usual_error[one] / 2) + bound)
            members[one] += 1
            errors[one] += error
            for t in range(TAPS):
                weighted = weight * differences[t]
                moment[one, t] += weighted * target
                for u in range(t + 1):
                    gram[one, t, u] += weighted * differences[u]
    for t in range(TAPS):
        for u in range(t):
            gram[:, u, t] = gram[:, t, u]
    return gram, moment, errors, members
