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

from mmpc.v2.bounded.neighbours import (
    ADAPTIVE_BITS,
    ERROR_LEVELS,
    FINE_CONTEXTS,
    FRACTION_BITS,
    TAP_BITS,
    W,
    gather,
    log_bucket,
)
from mmpc.v2.kernel import kernel

ADAPTIVE_LIMIT = float(1 << 23)
LEARNING_RATE = 1000  # in units of 2^-(ADAPTIVE_BITS - FRACTION_BITS)
RATE_BITS = 12  # fractional bits of how far taps move for a difference of one
RATE_LIMIT = (1 << 31) - 1
ERROR_LIMIT = (1 << 18) - 1  # keeps the squares of recent errors, times 2^16, below 2^53
FINE_MEMORY, COARSE_MEMORY = 64, 256
SHARE_BITS = 16
# The share of one error in the mean of n: to multiply by it is faster than to divide by n.
SHARE = (1 << SHARE_BITS) // np.maximum(np.arange(COARSE_MEMORY + 1), 1)


@kernel(forceinline=True)
def divide(value, divisor):
    """Return value / divisor rounded down, of whole numbers below 2^53.

    In double precision there is no branch for the sign, which is as good as random here. It is
    exact: a quotient below a whole number is below it by 1 / divisor at least, more than the
    rounding of a quotient of less than 2^53 / divisor can make up for.
    """
    return np.int64(np.floor(value / divisor))


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
    coarse = FINE_CONTEXTS + log_bucket(p.activity_in_steps, 15) * 9 + signs
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
