"""Predict a sample from decoded neighbours: fixed taps, adaptive taps, and a bias.

Two linear predictions look at the same 18 neighbours. The *fixed* one has taps that the
encoder found by least squares for each class of local activity and wrote into the
stream; the *adaptive* one learns its taps while it goes (normalized least mean squares,
B. Widrow and S. D. Stearns, "Adaptive Signal Processing", 1985). They are blended by
how well each did in the neighbourhood. What errors have in common in a context is
taken out (bias cancellation; X. Wu, N. Memon, "Context-based, adaptive, lossless image
coding", 1997). In a volume both predictions also look at 3 x 3 samples of the slice before and
of the slice after. All arithmetic is in integers, so every machine predicts the same.
"""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.records import new_record

# The neighbours: (rows above, columns to the right), nearest first.
TEMPLATE = np.array(
    [
        *((0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0), (-1, -2), (-1, 2), (-2, -1)),
        *((-2, 1), (-2, -2), (-2, 2), (0, -3), (-3, 0), (-1, -3), (-1, 3), (-3, -1), (-3, 1)),
    ],
    np.int64,
)
NEIGHBOURS = len(TEMPLATE)
W, N, NW, NE, WW, NN, NEE, NNE = 0, 1, 2, 3, 4, 5, 7, 9  # places in the template
MARGIN = 3  # how far the template reaches
MOST_CLASSES = 8  # of samples with fixed taps of their own

# Taps are on differences, so they need not sum to one: of the neighbours to the west one; of nine
# samples of another slice to the west one there, but for that one, which differs from ours.
OWN_TAPS = NEIGHBOURS - 1
TEMPLATE_THERE = np.array(
    [(0, -1), *((j, i) for j in (-1, 0, 1) for i in (-1, 0, 1) if (j, i) != (0, -1))], np.int64
)
TAPS_THERE = len(TEMPLATE_THERE)
MOST_TAPS = OWN_TAPS + 2 * TAPS_THERE
TAP_BITS = 10  # fractional bits of a fixed tap
ADAPTIVE_BITS = 20  # fractional bits of an adaptive tap
ADAPTIVE_LIMIT = float(1 << 23)
LEARNING_RATE = 1000  # in units of 2^-(ADAPTIVE_BITS - FRACTION_BITS)
RATE_BITS = 12  # fractional bits of how far taps move for a difference of one
RATE_LIMIT = (1 << 31) - 1
FRACTION_BITS = 4  # of a prediction
# Places with this mask are what they were, but are known not to be negative, which would count from
# the end of an array: a comparison and a choice less for each neighbour.
NOT_NEGATIVE = (1 << 62) - 1
ERROR_LIMIT = (1 << 18) - 1  # keeps the squares of recent errors, times 2^16, below 2^53

TEXTURES = 64
ERROR_LEVELS = 16
_FINE_CONTEXTS = TEXTURES * ERROR_LEVELS
BIAS_CONTEXTS = _FINE_CONTEXTS + 16 * 9
FINE_MEMORY, COARSE_MEMORY = 64, 256
SHARE_BITS = 16
# The share of one error in the mean of n: to multiply by it is faster than to divide by n.
SHARE = (1 << SHARE_BITS) // np.maximum(np.arange(COARSE_MEMORY + 1), 1)


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


# What prediction knows and learns of a plane, and of the sample that is next.
PREDICTOR = np.dtype(
    [
        ("lowest", np.int64),  # of the samples
        ("highest", np.int64),
        ("bound", np.int64),  # largest error that is allowed
        ("classes", np.int64),
        ("edges", np.int64, MOST_CLASSES - 1),  # activities that part the classes
        ("references", np.int64),  # that are looked at: 1 the slice before, 2 after, 3 both
        ("n_taps", np.int64),  # of each prediction
        ("taps", np.float64, (MOST_CLASSES, MOST_TAPS)),  # fixed, times 2^TAP_BITS
        ("learned", np.float64, MOST_TAPS),  # adaptive, times 2^ADAPTIVE_BITS
        ("bias_sums", np.int64, BIAS_CONTEXTS),  # of the errors in a context
        ("bias_counts", np.int64, BIAS_CONTEXTS),
        ("places", np.int64, NEIGHBOURS),  # of the neighbours, from the sample's on
        ("places_there", np.int64, TAPS_THERE),  # likewise in another slice, west first
        # Of the next sample; predictions have FRACTION_BITS fractional bits.
        ("around", np.int64, NEIGHBOURS),  # its neighbours
        ("differences", np.float64, MOST_TAPS),  # what the taps are on
        ("power", np.float64),  # the sum of their squares
        ("activity", np.int64),
        ("activity_in_steps", np.int64),
        ("chosen", np.int64),  # its class
        ("fixed", np.int64),
        ("adaptive", np.int64),
        ("blend", np.int64),
        ("corrected", np.int64),  # the blend and its bias: the prediction
        ("texture", np.int64),  # six bits: which neighbours are above the blend
        ("fine_context", np.int64),  # of the bias
        ("coarse_context", np.int64),
    ]
)


def new_predictor(
    width: int, limits: tuple[int, int], bound: int, references: int = 0
) -> np.record:
    """Return a predictor that has seen nothing yet, a record of type ``PREDICTOR``.

    Parameters
    ----------
    width : int
        Of the plane, in samples.
    limits : tuple of int
        Lowest and highest sample.
    bound : int
        Largest absolute error.
    references : int
        1 if there is a slice before to look at, plus 2 if there is one after.
    """
    predictor = new_record(PREDICTOR)
    predictor.lowest, predictor.highest = limits
    predictor.bound = bound
    predictor.places[:] = TEMPLATE @ (width + 2 * MARGIN, 1)
    predictor.places_there[:] = TEMPLATE_THERE @ (width + 2 * MARGIN, 1)
    look_at(predictor, references)
    predictor.classes = 1
    predictor.learned[0] = 1 << (ADAPTIVE_BITS - 1)
    predictor.bias_counts[:] = 1
    return predictor


def look_at(predictor: np.record, references: int) -> None:
    """Let a predictor look at the slices before (1), after (2), both (3) or at none (0)."""
    predictor.references = references
    predictor.n_taps = OWN_TAPS + references.bit_count() * TAPS_THERE


@kernel(forceinline=True)
def divide(value, divisor):
    """Return value / divisor rounded down, of whole numbers below 2^53.

    In double precision there is no branch for the sign, which is as good as random here. It is
    exact: a quotient below a whole number is below it by 1 / divisor at least, more than the
    rounding of a quotient of less than 2^53 / divisor can make up for.
    """
    return np.int64(np.floor(value / divisor))


@kernel
def log_bucket(value, limit):
    """Return round(2 log2(value + 1)), at most `limit`."""
    return min(LOG_BUCKET[min(value, 4095)], limit)


@kernel
def gather(predictor, plane, others, at):
    """Note the neighbours of a sample, their activity (a sum of six gradients) and its class.

    ``at`` is the sample's place in the plane, with its margins, row by row. ``others`` are the
    slices before and after, likewise.
    """
    p = predictor
    around = p.around
    for t in range(NEIGHBOURS):
        around[t] = plane[(at + p.places[t]) & NOT_NEGATIVE]
    west = around[W]
    p.activity = (
        abs(west - around[WW])
        + abs(west - around[NW])
        + abs(around[N] - around[NW])
        + abs(around[N] - around[NE])
        + abs(around[N] - around[NN])
        + abs(around[NE] - around[NNE])
    )
    for t in range(OWN_TAPS):
        p.differences[t] = around[t + 1] - west
    filled = OWN_TAPS
    for which in range(2):
        if p.references & (1 << which):
            gather_there(p, others[which], at, filled)
            filled += TAPS_THERE
    chosen = 0
    while chosen < p.classes - 1 and p.activity >= p.edges[chosen]:
        chosen += 1
    p.chosen = chosen


@kernel
def gather_there(predictor, other, at, filled):
    """Note the differences that nine samples of another slice make, from place ``filled`` on."""
    p = predictor
    west = np.int64(other[at - 1])
    p.differences[filled] = west - p.around[W]
    for t in range(1, TAPS_THERE):
        p.differences[filled + t] = other[(at + p.places_there[t]) & NOT_NEGATIVE] - west


@kernel
def pad_row(plane, start, width):
    """Repeat a decoded row's ends into its margins, and its start to the left of the next.

    ``start`` is the place of the row's first sample.
    """
    for i in range(1, MARGIN + 1):
        plane[start - i] = plane[start]
        plane[start + width - 1 + i] = plane[start + width - 1]
        plane[start + width + 2 * MARGIN - i] = plane[start]


@kernel(fastmath={"reassoc"})  # the sums are exact in any order
def apply_taps(predictor):
    """Return the sums of both predictions over the taps, and note the power."""
    p = predictor
    taps = p.taps[p.chosen]
    fixed = 0.0
    adaptive = 0.0
    power = 0.0
    for t in range(p.n_taps):
        difference = p.differences[t]
        fixed += taps[t] * difference
        adaptive += p.learned[t] * difference
        power += difference * difference
    p.power = power
    return np.int64(fixed), np.int64(adaptive)


@kernel
def predict(predictor, plane, others, errors_fixed, errors_adaptive, at, x):
    """Predict the sample at a place, in column x, but for the bias."""
    p = predictor
    around = p.around
    gather(p, plane, others, at)
    fixed, adaptive = apply_taps(p)
    low = p.lowest << FRACTION_BITS
    high = p.highest << FRACTION_BITS
    west = around[W] << FRACTION_BITS
    fixed = min(max(west + (fixed >> (TAP_BITS - FRACTION_BITS)), low), high)
    adaptive = min(max(west + (adaptive >> (ADAPTIVE_BITS - FRACTION_BITS)), low), high)
    error_fixed = _recent(errors_fixed, x, p.bound)
    error_adaptive = _recent(errors_adaptive, x, p.bound)
    share = divide((error_adaptive**2) << 16, error_fixed**2 + error_adaptive**2)
    blend = adaptive + (((fixed - adaptive) * share) >> 16)
    level = blend >> FRACTION_BITS
    texture = np.int64(0)
    for t in range(6):
        texture |= np.int64(around[t] > level) << t
    p.activity_in_steps = divide(p.activity, 2 * p.bound + 1)
    p.fixed = fixed
    p.adaptive = adaptive
    p.blend = blend
    p.texture = texture


@kernel
def _recent(errors, x, bound):
    return min(errors[x - 1] + errors[x] + errors[x + 1] + ((bound + 1) << 2), ERROR_LIMIT)


@kernel
def correct_bias(predictor, error_level, west_sign, north_sign):
    """Add the bias of two contexts to the blend.

    `error_level` is how large the residuals around were (0..15); the signs, -1..1, are
    those of the residuals to the west and to the north.
    """
    p = predictor
    fine = p.texture * ERROR_LEVELS + error_level
    signs = (1 + west_sign) * 3 + 1 + north_sign
    coarse = _FINE_CONTEXTS + log_bucket(p.activity_in_steps, 15) * 9 + signs
    bias_fine = p.bias_sums[fine] * SHARE[p.bias_counts[fine]]
    bias_coarse = p.bias_sums[coarse] * SHARE[p.bias_counts[coarse]]
    corrected = p.blend + ((bias_fine + bias_coarse) >> (SHARE_BITS + 1))
    p.corrected = min(max(corrected, p.lowest << FRACTION_BITS), p.highest << FRACTION_BITS)
    p.fine_context = fine
    p.coarse_context = coarse


@kernel
def learn(predictor, errors_fixed, errors_adaptive, decoded, x):
    """Learn from the decoded sample at column x: recent errors, adaptive taps, bias."""
    p = predictor
    exact = decoded << FRACTION_BITS
    error = exact - p.adaptive
    errors_fixed[x] = (errors_fixed[x] + abs(exact - p.fixed)) >> 1
    errors_adaptive[x] = (errors_adaptive[x] + abs(error)) >> 1
    step = 2 * p.bound + 1
    power = 4 * step * step + 16 + np.int64(p.power)
    # Numerator and divisor stay below 2^48 each. One division, not one for each tap.
    rate = divide(error * LEARNING_RATE << RATE_BITS, power)
    rate = min(max(rate, -RATE_LIMIT), RATE_LIMIT) / (1 << RATE_BITS)
    for t in range(p.n_taps):
        learned = p.learned[t] + np.floor(rate * p.differences[t])
        p.learned[t] = min(max(learned, -ADAPTIVE_LIMIT), ADAPTIVE_LIMIT)
    _add(p, p.fine_context, exact - p.blend, FINE_MEMORY)
    _add(p, p.coarse_context, exact - p.blend, COARSE_MEMORY)


@kernel
def _add(predictor, context, error, memory):
    """Add an error to those of a context, of which about the last `memory` count."""
    predictor.bias_sums[context] += error
    predictor.bias_counts[context] += 1
    if predictor.bias_counts[context] > memory:
        predictor.bias_sums[context] >>= 1
        predictor.bias_counts[context] >>= 1
