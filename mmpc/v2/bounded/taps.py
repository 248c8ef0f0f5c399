"""Find the fixed taps of a plane by least squares: the encoder's affair, in floats.

The taps are rounded to integers and written into the stream; the decoder only reads them.
"""

import numpy as np

from mmpc.v2.bounded.neighbours import (
    MARGIN,
    MOST_CLASSES,
    TAP_BITS,
    W,
    gather,
    new_predictor,
    pad_row,
)
from mmpc.v2.kernel import kernel

SAMPLES_PER_CLASS = 8192
SAMPLES_USED = 1 << 15
FEWEST_SAMPLES = 200
WORTH_LOOKING = 0.985  # the part of the error that must not be left: more taps cost bits
# Rounds of reweighting, which turns squared into absolute errors, of every so many-th sample.
ROUNDS = (3, 3, 1)
RIDGE = 1e-5  # keeps taps small where they hardly matter
TAP_LIMIT = (1 << 13) - 1
EDGE_LIMIT = (1 << 24) - 1


def designed_predictor(
    plane: np.ndarray, others: np.ndarray, limits: tuple[int, int], bound: int, references: int
) -> np.record:
    """Return a predictor with taps for a plane, which looks at other slices where that pays.

    Parameters
    ----------
    plane : ndarray of int32, shape (height, width)
        Samples of up to 20 bits.
    others : ndarray of int32, shape (2, rows, columns)
        The slices before and after, with margins; of no size if there are none.
    limits : tuple of int
        Lowest and highest sample.
    bound : int
        Largest absolute error.
    references : int
        1 if there is a slice before, plus 2 if there is one after.

    Returns
    -------
    PREDICTOR
    """
    width = plane.shape[1]
    alone = new_predictor(width, limits, bound)
    error_alone = design_taps(plane, others, alone)
    if not references:
        return alone
    together = new_predictor(width, limits, bound, references)
    error = design_taps(plane, others, together)
    return together if error < WORTH_LOOKING * error_alone else alone


def design_taps(plane: np.ndarray, others: np.ndarray, predictor: np.record) -> float:
    """Find classes of activity and the taps of each, and write them into the predictor.

    The edges between classes are quantiles of the active samples. Absolute errors are minimized,
    by least squares with weights that are found in rounds.

    Parameters
    ----------
    plane : ndarray of int32, shape (height, width)
        Samples of up to 20 bits.
    others : ndarray of int32, shape (2, rows, columns)
        The slices before and after, with margins; of no size if there are none.
    predictor : PREDICTOR
        As `new_predictor` makes it.

    Returns
    -------
    float
        About the mean absolute error that is left.
    """
    bound = int(predictor.bound)
    classes = max(1, min(MOST_CLASSES, plane.size // SAMPLES_PER_CLASS))
    taps = int(predictor.n_taps)
    # Every k-th sample is enough of a large plane. An odd k meets each column in some row.
    stride = max(1, plane.size // SAMPLES_USED) | 1
    differences, targets, activities = _gather_all(
        predictor, _padded(plane), others, plane.shape[1], stride
    )
    active = activities[activities > 6 * bound]
    predictor.classes = classes
    if active.size:
        edges = np.quantile(active, np.arange(1, classes) / classes).astype(np.int64)
        predictor.edges[: classes - 1] = np.minimum(edges, EDGE_LIMIT)
    chosen = _classes(predictor, activities)
    solution = np.zeros((classes, taps))
    solution[:, 0] = 0.5  # the mean of west and north, where there is nothing to learn from
    usual_error = np.full(classes, np.inf)
    for stride in ROUNDS:
        gram, moment, errors, members = _accumulate(
            differences, targets, chosen, solution, usual_error, bound, stride
        )
        for one in np.flatnonzero(members >= FEWEST_SAMPLES):
            ridge = np.eye(taps) * RIDGE * members[one]
            solution[one] = np.linalg.solve(gram[one] + ridge, moment[one])
        usual_error = errors / np.maximum(members, 1)
    rounded = np.rint(solution * (1 << TAP_BITS))
    predictor.taps[:classes, :taps] = np.clip(rounded, -TAP_LIMIT, TAP_LIMIT)
    return float(errors.sum() / members.sum())


def _padded(plane: np.ndarray) -> np.ndarray:
    """Return the plane with the margins that the decoder sees, row by row."""
    height, width = plane.shape
    padded = np.full((height + MARGIN + 1, width + 2 * MARGIN), plane.min(), np.int32)
    padded[MARGIN : MARGIN + height, MARGIN : MARGIN + width] = plane
    padded = padded.reshape(-1)
    _pad_rows(padded, height, width)
    return padded


@kernel
def _pad_rows(padded, height, width):
    for y in range(height):
        pad_row(padded, (MARGIN + y) * (width + 2 * MARGIN) + MARGIN, width)


@kernel(allocates=True)
def _gather_all(predictor, padded, others, width, stride):
    """Return differences, targets and activities of every `stride`-th sample."""
    row = width + 2 * MARGIN
    height = padded.size // row - MARGIN - 1
    samples = (height * width + stride - 1) // stride
    differences = np.zeros((samples, predictor.n_taps))
    targets = np.zeros(samples)
    activities = np.zeros(samples, np.int64)
    for k in range(samples):
        at = (MARGIN + k * stride // width) * row + MARGIN + k * stride % width
        gather(predictor, padded, others, at)
        for t in range(predictor.n_taps):
            differences[k, t] = predictor.differences[t]
        targets[k] = padded[at] - predictor.around[W]
        activities[k] = predictor.activity
    return differences, targets, activities


@kernel(allocates=True)
def _classes(predictor, activities):
    """Return the class of each activity, as `gather` chooses it."""
    chosen = np.zeros(activities.size, np.int64)
    for k in range(activities.size):
        while chosen[k] < predictor.classes - 1 and activities[k] >= predictor.edges[chosen[k]]:
            chosen[k] += 1
    return chosen


@kernel(allocates=True)
def _accumulate(differences, targets, chosen, solution, usual_error, bound, stride):
    """Sum up the normal equations of each class, each k-th sample weighed by its last error."""
    classes, taps = solution.shape
    gram = np.zeros((classes, taps, taps))
    moment = np.zeros((classes, taps))
    errors = np.zeros(classes)
    members = np.zeros(classes, np.int64)
    for k in range(0, targets.size, stride):
        one = chosen[k]
        here = differences[k]
        error = targets[k]
        for t in range(taps):
            error -= solution[one, t] * here[t]
        error = abs(error)
        # The first round weighs all alike.
        weight = 1.0
        if usual_error[one] < np.inf:
            weight = 1 / (error + max(1.0, usual_error[one] / 2) + bound)
        members[one] += 1
        errors[one] += error
        for t in range(taps):
            weighted = weight * here[t]
            moment[one, t] += weighted * targets[k]
            sums = gram[one, t]
            for u in range(t + 1):
                sums[u] += weighted * here[u]
    for t in range(taps):
        for u in range(t):
            gram[:, u, t] = gram[:, t, u]
    return gram, moment, errors, members
