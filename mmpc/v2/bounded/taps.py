"""Find the fixed taps of a plane by least squares: the encoder's affair, in floats.

The taps are rounded to integers and written into the stream; the decoder only reads them.
"""

import numpy as np

from mmpc.v2.bounded.prediction import (
    MARGIN,
    MOST_CLASSES,
    TAP_BITS,
    TAPS,
    W,
    gather,
    pad_row,
)
from mmpc.v2.kernel import kernel

SAMPLES_PER_CLASS = 8192
SAMPLES_USED = 1 << 18
FEWEST_SAMPLES = 200
ROUNDS = 3  # of reweighting, which turns squared into absolute errors
RIDGE = 1e-5  # keeps taps small where they hardly matter
TAP_LIMIT = (1 << 13) - 1
EDGE_LIMIT = (1 << 24) - 1


def design_taps(plane: np.ndarray, predictor: np.record) -> None:
    """Find classes of activity and the taps of each, and write them into the predictor.

    The edges between classes are quantiles of the active samples. Absolute errors are minimized,
    by least squares with weights that are found in rounds.

    Parameters
    ----------
    plane : ndarray of int32, shape (height, width)
        Samples of up to 20 bits.
    predictor : PREDICTOR
        As `new_predictor` makes it.
    """
    bound = int(predictor.bound)
    classes = max(1, min(MOST_CLASSES, plane.size // SAMPLES_PER_CLASS))
    # Every k-th row is enough of a large plane.
    stride = max(1, plane.size // SAMPLES_USED)
    padded = _padded(plane)
    activities = _activities(predictor, padded, *plane.shape, stride)
    active = activities[activities > 6 * bound]
    predictor.classes = classes
    if active.size:
        edges = np.quantile(active, np.arange(1, classes) / classes).astype(np.int64)
        predictor.edges[: classes - 1] = np.minimum(edges, EDGE_LIMIT)
    solution = np.zeros((classes, TAPS))
    solution[:, 0] = 0.5  # the mean of west and north, where there is nothing to learn from
    usual_error = np.full(classes, np.inf)
    for _ in range(ROUNDS):
        gram, moment, errors, members = _accumulate(
            predictor, padded, *plane.shape, stride, solution, usual_error
        )
        for one in np.flatnonzero(members >= FEWEST_SAMPLES):
            ridge = np.eye(TAPS) * RIDGE * members[one]
            solution[one] = np.linalg.solve(gram[one] + ridge, moment[one])
        usual_error = errors / np.maximum(members, 1)
    taps = np.rint(solution * (1 << TAP_BITS)).astype(np.int64)
    predictor.taps[:classes] = np.clip(taps, -TAP_LIMIT, TAP_LIMIT)


def _padded(plane: np.ndarray) -> np.ndarray:
    """Return the plane with the margins that the decoder sees."""
    height, width = plane.shape
    padded = np.full((height + MARGIN + 1, width + 2 * MARGIN), plane.min(), np.int32)
    padded[MARGIN : MARGIN + height, MARGIN : MARGIN + width] = plane
    _pad_rows(padded, height, width)
    return padded


@kernel
def _pad_rows(padded, height, width):
    for y in range(MARGIN, MARGIN + height):
        pad_row(padded, y, width)


@kernel
def _activities(predictor, padded, height, width, stride):
    """Return the activities of every `stride`-th row."""
    activities = np.zeros(((height + stride - 1) // stride) * width, np.int64)
    k = 0
    for y in range(MARGIN, MARGIN + height, stride):
        for x in range(MARGIN, MARGIN + width):
            gather(predictor, padded, y, x)
            activities[k] = predictor.activity
            k += 1
    return activities


@kernel
def _accumulate(predictor, padded, height, width, stride, solution, usual_error):
    """Sum up the normal equations of each class, each sample weighed by its last error."""
    classes = solution.shape[0]
    gram = np.zeros((classes, TAPS, TAPS))
    moment = np.zeros((classes, TAPS))
    errors = np.zeros(classes)
    members = np.zeros(classes, np.int64)
    around = predictor.around
    differences = np.zeros(TAPS)
    for y in range(MARGIN, MARGIN + height, stride):
        for x in range(MARGIN, MARGIN + width):
            gather(predictor, padded, y, x)
            one = predictor.chosen
            target = float(padded[y, x] - around[W])
            error = target
            for t in range(TAPS):
                differences[t] = around[t + 1] - around[W]
                error -= solution[one, t] * differences[t]
            error = abs(error)
            # The first round weighs all alike.
            weight = 1.0
            if usual_error[one] < np.inf:
                weight = 1 / (error + max(1.0, usual_error[one] / 2) + predictor.bound)
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
