"""Predict a sample from decoded neighbours: fixed taps, adaptive taps, and a bias.

Two linear predictions look at the same 18 neighbours. The *fixed* one has taps that the
encoder found by least squares for each class of local activity and wrote into the
stream; the *adaptive* one learns its taps while it goes (normalized least mean squares,
B. Widrow and S. D. Stearns, "Adaptive Signal Processing", 1985). They are blended by
how well each did in the neighbourhood. What errors have in common in a context is
taken out (bias cancellation; X. Wu, N. Memon, "Context-based, adaptive, lossless image
coding", 1997). All arithmetic is in integers, so every machine predicts the same.
"""

from typing import NamedTuple

import numpy as np

from mmpc.v2.kernel import kernel

# The neighbours: (rows above, columns to the right), nearest first.
TEMPLATE = np.array(
    [
        *((0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0), (-1, -2), (-1, 2), (-2, -1)),
        *((-2, 1), (-2, -2), (-2, 2), (0, -3), (-3, 0), (-1, -3), (-1, 3), (-3, -1), (-3, 1)),
    ],
    np.int64,
)
NEIGHBOURS = len(TEMPLATE)
W, N, NW, NE, WW, NN, NNE = 0, 1, 2, 3, 4, 5, 9  # places in the template
MARGIN = 3  # how far the template reaches

TAPS = NEIGHBOURS - 1  # on differences to the west neighbour, so they need not sum to one
TAP_BITS = 10  # fractional bits of a fixed tap
ADAPTIVE_BITS = 20  # fractional bits of an adaptive tap
ADAPTIVE_LIMIT = 1 << 23
LEARNING_RATE = 1000  # in units of 2^-(ADAPTIVE_BITS - FRACTION_BITS)
FRACTION_BITS = 4  # of a prediction
ERROR_LIMIT = 1 << 21  # keeps the squares of recent errors within 64 bits

# What is known of a sample before it is coded: fields of `Predictor.known`.
ACTIVITY, CLASS, FIXED, ADAPTIVE, BLEND, CORRECTED, TEXTURE, BIAS_1, BIAS_2 = range(9)
KNOWN_FIELDS = 9
TEXTURES = 64
ERROR_LEVELS = 16
_FINE_CONTEXTS = TEXTURES * ERROR_LEVELS
BIAS_CONTEXTS = _FINE_CONTEXTS + 16 * 9
FINE_MEMORY, COARSE_MEMORY = 64, 256


def _log_table() -> np.ndarray:
    """Return round(2 log2(n + 1)) for n below 4096, computed in integers."""
    # round(2 log2 m) = k where 2^(k - 1/2) <= m^2 < 2^(k + 1/2); compare fourth powers.
    table = np.zeros(4096, np.int64)
    for n in range(4096):
        power, k = (n + 1) ** 4, 0
        while power >= 2 ** (2 * k + 1):
            k += 1
        table[n] = k
    return table


LOG_BUCKET = _log_table()


class Predictor(NamedTuple):
    """What prediction knows and learns of a plane."""

    edges: np.ndarray  # int64 (classes - 1,): activities that part the classes
    taps: np.ndarray  # int64 (classes, TAPS)
    learned: np.ndarray  # int64 (TAPS,)
    errors_fixed: np.ndarray  # int64 (width + 2 MARGIN,): recent errors above each column
    errors_adaptive: np.ndarray  # int64 (width + 2 MARGIN,)
    bias: np.ndarray  # int64 (BIAS_CONTEXTS, 2): sum of errors, their number
    around: np.ndarray  # int64 (NEIGHBOURS,): the neighbours of the sample
    known: np.ndarray  # int64 (KNOWN_FIELDS,)


def new_predictor(width: int, edges: np.ndarray, taps: np.ndarray) -> Predictor:
    """Return a predictor that has seen nothing yet.

    Parameters
    ----------
    width : int
        Of the plane, in samples.
    edges : ndarray of int64, shape (classes - 1,)
        Activities that part the classes, rising.
    taps : ndarray of int64, shape (classes, TAPS)
        Fixed taps, TAP_BITS fractional bits.
    """
    learned = np.zeros(TAPS, np.int64)
    learned[0] = 1 << (ADAPTIVE_BITS - 1)
    bias = np.zeros((BIAS_CONTEXTS, 2), np.int64)
    bias[:, 1] = 1
    errors = np.zeros((2, width + 2 * MARGIN), np.int64)
    around, known = np.zeros(NEIGHBOURS, np.int64), np.zeros(KNOWN_FIELDS, np.int64)
    return Predictor(edges, taps, learned, errors[0], errors[1], bias, around, known)


@kernel
def log_bucket(value, limit):
    """Return round(2 log2(value + 1)), at most `limit`."""
    return min(LOG_BUCKET[min(value, 4095)], limit)


@kernel
def gather(plane, y, x, around):
    """Copy the neighbours of a sample and return their activity: a sum of six gradients."""
    for t in range(NEIGHBOURS):
        around[t] = plane[y + TEMPLATE[t, 0], x + TEMPLATE[t, 1]]
    return (
        abs(around[W] - around[WW])
        + abs(around[W] - around[NW])
        + abs(around[N] - around[NW])
        + abs(around[N] - around[NE])
        + abs(around[N] - around[NN])
        + abs(around[NE] - around[NNE])
    )


@kernel
def pad_row(plane, y, width):
    """Repeat a decoded row's ends into its margins, and its start to the left of the next."""
    for i in range(MARGIN):
        plane[y, i] = plane[y, MARGIN]
        plane[y, MARGIN + width + i] = plane[y, MARGIN + width - 1]
        plane[y + 1, i] = plane[y, MARGIN]


@kernel
def predict(predictor, plane, y, x, lowest, highest, bound):
    """Fill `predictor.known` for the sample at (y, x), but for the bias."""
    around, known = predictor.around, predictor.known
    activity = gather(plane, y, x, around)
    chosen = 0
    while chosen < predictor.edges.size and activity >= predictor.edges[chosen]:
        chosen += 1
    fixed = np.int64(0)
    adaptive = np.int64(0)
    for t in range(TAPS):
        difference = around[t + 1] - around[W]
        fixed += predictor.taps[chosen, t] * difference
        adaptive += predictor.learned[t] * difference
    low, high = lowest << FRACTION_BITS, highest << FRACTION_BITS
    west = around[W] << FRACTION_BITS
    fixed = min(max(west + (fixed >> (TAP_BITS - FRACTION_BITS)), low), high)
    adaptive = min(max(west + (adaptive >> (ADAPTIVE_BITS - FRACTION_BITS)), low), high)
    error_fixed = _recent(predictor.errors_fixed, x, bound)
    error_adaptive = _recent(predictor.errors_adaptive, x, bound)
    share = ((error_adaptive**2) << 16) // (error_fixed**2 + error_adaptive**2)
    blend = adaptive + (((fixed - adaptive) * share) >> 16)
    level = blend >> FRACTION_BITS
    texture = np.int64(0)
    for t in range(6):
        texture |= np.int64(around[t] > level) << t
    known[ACTIVITY], known[CLASS] = activity, chosen
    known[FIXED], known[ADAPTIVE], known[BLEND], known[TEXTURE] = fixed, adaptive, blend, texture


@kernel
def _recent(errors, x, bound):
    return min(errors[x - 1] + errors[x] + errors[x + 1] + ((bound + 1) << 2), ERROR_LIMIT)


@kernel
def correct_bias(predictor, error_level, west_sign, north_sign, lowest, highest, bound):
    """Add the bias of two contexts to the blend.

    `error_level` is how large the residuals around were (0..15); the signs, -1..1, are
    those of the residuals to the west and to the north.
    """
    known, bias = predictor.known, predictor.bias
    fine = known[TEXTURE] * ERROR_LEVELS + error_level
    signs = (1 + west_sign) * 3 + 1 + north_sign
    coarse = _FINE_CONTEXTS + log_bucket(known[ACTIVITY] // (2 * bound + 1), 15) * 9 + signs
    shift = (bias[fine, 0] // bias[fine, 1] + bias[coarse, 0] // bias[coarse, 1]) >> 1
    low, high = lowest << FRACTION_BITS, highest << FRACTION_BITS
    known[BIAS_1], known[BIAS_2] = fine, coarse
    known[CORRECTED] = min(max(known[BLEND] + shift, low), high)


@kernel
def learn(predictor, decoded, x, bound):
    """Learn from the decoded sample at column x: recent errors, adaptive taps, bias."""
    known, around = predictor.known, predictor.around
    exact = decoded << FRACTION_BITS
    error = exact - known[ADAPTIVE]
    fixed, adaptive = predictor.errors_fixed, predictor.errors_adaptive
    fixed[x] = (fixed[x] + abs(exact - known[FIXED])) >> 1
    adaptive[x] = (adaptive[x] + abs(error)) >> 1
    step = 2 * bound + 1
    power = 4 * step * step + 16
    for t in range(TAPS):
        power += (around[t + 1] - around[W]) ** 2
    for t in range(TAPS):
        change = error * (around[t + 1] - around[W]) * LEARNING_RATE // power
        tap = predictor.learned[t] + change
        predictor.learned[t] = min(max(tap, -ADAPTIVE_LIMIT), ADAPTIVE_LIMIT)
    _add(predictor.bias, known[BIAS_1], exact - known[BLEND], FINE_MEMORY)
    _add(predictor.bias, known[BIAS_2], exact - known[BLEND], COARSE_MEMORY)


@kernel
def _add(bias, context, error, memory):
    bias[context, 0] += error
    bias[context, 1] += 1
    if bias[context, 1] > memory:
        bias[context, 0] >>= 1
        bias[context, 1] >>= 1
