"""How a residual is written: is the sample like a neighbour, its magnitude, its sign.

First, where neighbours equal each other and that has paid so far, a flag says that the
sample equals the west or the north one: drawn or segmented regions, padding, air. If it
does not, the residual's magnitude is cut into a high part, in unary decisions with an
escape, and `shift` low bits; then comes the sign. Every decision stands in six contexts,
which ``mmpc.v2.mixing`` mixes. The encoder and the decoder run the same code.
"""

from typing import NamedTuple

import numpy as np

from mmpc.v2.bounded.prediction import (
    ACTIVITY,
    ADAPTIVE,
    CLASS,
    CORRECTED,
    FIXED,
    FRACTION_BITS,
    NE,
    NN,
    NNE,
    NW,
    TEXTURE,
    WW,
    N,
    W,
    log_bucket,
)
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import INPUTS, code_bit, code_raw_bit

UNARY = 18  # decisions before the escape
SHIFTS = 12
ESCAPE_BITS = 24
LEVELS = 16  # of the residuals around
GATE_MEMORY = 5  # a gate moves by 2^-5 towards each outcome
_GATE_ONE = 1 << 16

# Fields of `Residuals.nearby`.
LEVEL, WEST, NORTH, CORNERS, FURTHER, NORTH_EAST, SHIFT, PHASE = range(8)


def _tables(start: int, sizes: list[int]) -> tuple[np.ndarray, int]:
    """Return the offsets of tables of these sizes from `start` on, and where they end."""
    ends = np.cumsum([start, *sizes])
    return ends[:-1].astype(np.int64), int(ends[-1])


_HIGH, _end = _tables(0, [SHIFTS * UNARY * n for n in (16, 36, 48, 64, 64, 49)])
_LOW, _end = _tables(_end, [SHIFTS * UNARY * n for n in (4, 16, 4, 4, 4, 4)])
_SIGN, _end = _tables(_end, [27, 256, 8 * SHIFTS, 27, 64, 32])
_ESCAPE, _end = _tables(_end, [SHIFTS * ESCAPE_BITS] * INPUTS)
_SAME, _end = _tables(_end, [2 * n for n in (512, 1024, 1024, 512, 216, 256)])
COUNTERS = _end

_HIGH_WEIGHTS = 0
_LEVEL_WEIGHTS = _HIGH_WEIGHTS + SHIFTS * UNARY
_LOW_WEIGHTS = _LEVEL_WEIGHTS + LEVELS
_SIGN_WEIGHTS = _LOW_WEIGHTS + SHIFTS + 1
_ESCAPE_WEIGHTS = _SIGN_WEIGHTS + 2
_SAME_WEIGHTS = _ESCAPE_WEIGHTS + 2
WEIGHTS = (_SAME_WEIGHTS + 2 + LEVELS) * INPUTS


class Residuals(NamedTuple):
    """The residuals so far, and what their coding has learned beside the model."""

    plane: np.ndarray  # int32, with margins as the samples
    nearby: np.ndarray  # int64 (8,): what the residuals around say of the next one
    gates: np.ndarray  # int64 (2, 64 * LEVELS, 2): how often a flag, and the prediction, held
    history: np.ndarray  # int64 (1,): the last flags, newest in the lowest bit


def new_residuals(rows: int, columns: int) -> Residuals:
    """Return residuals of a plane of this size, margins included, before its first sample."""
    gates = np.full((2, 64 * LEVELS, 2), _GATE_ONE // 2, np.int64)
    plane = np.zeros((rows, columns), np.int32)
    return Residuals(plane, np.zeros(8, np.int64), gates, np.zeros(1, np.int64))


@kernel
def look_around(residuals, y, x):
    """Fill `residuals.nearby` from the residuals around (y, x), but for the phase."""
    plane, nearby = residuals.plane, residuals.nearby
    west, north = np.int64(abs(plane[y, x - 1])), np.int64(abs(plane[y - 1, x]))
    north_west, north_east = abs(plane[y - 1, x - 1]), np.int64(abs(plane[y - 1, x + 1]))
    further = abs(plane[y, x - 2]) + abs(plane[y - 2, x])
    weighted = 3 * west + 3 * north + north_west + 2 * north_east + further
    shift = 0
    while shift < SHIFTS - 1 and weighted >> (shift + 2) >= 11:
        shift += 1
    nearby[LEVEL] = log_bucket(weighted * 8 // 11, LEVELS - 1)
    nearby[WEST], nearby[NORTH] = log_bucket(west, 5), log_bucket(north, 5)
    nearby[CORNERS] = log_bucket(north_west + north_east, 6)
    nearby[FURTHER], nearby[NORTH_EAST] = log_bucket(further, 6), log_bucket(north_east, 5)
    nearby[SHIFT] = shift


@kernel
def equal_pairs(around):
    """Return six bits: which neighbours west (the low three) and north equal each other."""
    return (
        np.int64(around[W] == around[WW])
        | np.int64(around[W] == around[N]) << 1
        | np.int64(around[W] == around[NW]) << 2
        | np.int64(around[N] == around[NN]) << 3
        | np.int64(around[N] == around[NE]) << 4
        | np.int64(around[N] == around[NW]) << 5
    )


@kernel
def is_candidate(which, pairs, around):
    """Whether the sample may equal the west (0) or the north (1) neighbour, by their pairs."""
    if which == 0:
        return pairs & 7 != 0
    return around[N] != around[W] and pairs & 56 != 0


@kernel
def code_same(model, predictor, residuals, sample, predicted, bound):
    """Code whether the sample equals a neighbour; return 0 (west), 1 (north) or -1 (neither).

    `sample` is read by the encoder only; within the bound counts as equal.
    """
    around, level = predictor.around, residuals.nearby[LEVEL]
    pairs = equal_pairs(around)
    step = 2 * bound + 1
    for which in range(2):
        gate = residuals.gates[which, pairs * LEVELS + level]
        if not is_candidate(which, pairs, around) or gate[0] < gate[1]:
            continue
        value = around[which]
        recent = residuals.history[0]
        activity = log_bucket(predictor.known[ACTIVITY] // step, 15)
        nearby = residuals.nearby
        more = 2 * np.int64(around[7] == around[NE]) + np.int64(around[NNE] == around[NE])
        contexts = (
            pairs * 8 + (recent & 7),
            pairs * LEVELS + level,
            activity * 64 + (recent & 63),
            pairs * 8 + log_bucket(abs(value - predicted) // step, 7),
            (nearby[WEST] * 6 + nearby[NORTH]) * 6 + nearby[NORTH_EAST],
            pairs * 4 + more,
        )
        for i in range(INPUTS):
            model.slots[i] = _SAME[i] + contexts[i] * 2 + which
        is_same = np.int64(abs(sample - value) <= bound)
        is_same = code_bit(
            model, (_SAME_WEIGHTS + which) * INPUTS, (_SAME_WEIGHTS + 2 + level) * INPUTS, is_same
        )
        residuals.history[0] = (recent << 1 | is_same) & 63
        if is_same:
            return which
    return -1


@kernel
def learn_gates(predictor, residuals, decoded, predicted, bound):
    """Learn how often the sample equals a neighbour, and how often the prediction holds."""
    around = predictor.around
    pairs = equal_pairs(around)
    held = _GATE_ONE - 1 if abs(decoded - predicted) <= bound else 0
    for which in range(2):
        if is_candidate(which, pairs, around):
            gate = residuals.gates[which, pairs * LEVELS + residuals.nearby[LEVEL]]
            equal = _GATE_ONE - 1 if decoded == around[which] else 0
            gate[0] += (equal - gate[0]) >> GATE_MEMORY
            gate[1] += (held - gate[1]) >> GATE_MEMORY


@kernel
def code_residual(model, predictor, residuals, residual, y, x, bound):
    """Code a residual, in units of the step; the decoder ignores the argument. Return it."""
    known, nearby = predictor.known, residuals.nearby
    corrected = known[CORRECTED]
    rounded = (corrected + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS
    # Where within its unit the prediction lies, in quarters.
    offset = corrected - (rounded << FRACTION_BITS) + (1 << (FRACTION_BITS - 1))
    nearby[PHASE] = offset >> (FRACTION_BITS - 2)
    magnitude = np.int64(abs(residual))
    magnitude = _code_magnitude(model, predictor, residuals, magnitude, bound)
    if magnitude == 0:
        return np.int64(0)
    phase, level, shift = nearby[PHASE], nearby[LEVEL], nearby[SHIFT]
    west = 1 + np.sign(residuals.plane[y, x - 1])
    north = 1 + np.sign(residuals.plane[y - 1, x])
    north_east = 1 + np.sign(residuals.plane[y - 1, x + 1])
    signs = west * 3 + north
    contexts = (
        signs * 3 + north_east,
        known[TEXTURE] * 4 + phase,
        (phase * 2 + np.int64(magnitude == 1)) * SHIFTS + shift,
        (1 + np.sign(known[ADAPTIVE] - corrected)) * 9 + signs,
        level * 4 + phase,
        known[CLASS] * 4 + phase,
    )
    for i in range(INPUTS):
        model.slots[i] = _SIGN[i] + contexts[i]
    negative = np.int64(residual < 0)
    negative = code_bit(model, _SIGN_WEIGHTS * INPUTS, (_SIGN_WEIGHTS + 1) * INPUTS, negative)
    return -magnitude if negative else magnitude


@kernel
def _code_magnitude(model, predictor, residuals, magnitude, bound):
    known, nearby = predictor.known, residuals.nearby
    step_fixed = (2 * bound + 1) << FRACTION_BITS
    shift, level, phase = nearby[SHIFT], nearby[LEVEL], nearby[PHASE]
    disagreement = log_bucket(abs(known[FIXED] - known[ADAPTIVE]) * 2 // step_fixed, 7)
    activity = log_bucket(known[ACTIVITY] // (2 * bound + 1), 11)
    contexts = (
        level,
        nearby[WEST] * 6 + nearby[NORTH],
        activity * 4 + phase,
        known[TEXTURE],
        disagreement * 8 + level // 2,
        nearby[CORNERS] * 7 + nearby[FURTHER],
    )
    sizes = (16, 36, 48, 64, 64, 49)
    high = magnitude >> shift
    count = np.int64(0)
    while count < UNARY:
        for i in range(INPUTS):
            model.slots[i] = _HIGH[i] + (shift * sizes[i] + contexts[i]) * UNARY + count
        weights = (_HIGH_WEIGHTS + shift * UNARY + count) * INPUTS
        more = np.int64(high > count)
        if not code_bit(model, weights, (_LEVEL_WEIGHTS + level) * INPUTS, more):
            break
        count += 1
    bucket = min(count, UNARY - 1)
    if count == UNARY:
        count += _code_escape(model, shift, high - count)
    return count << shift | _code_low(model, shift, bucket, phase, magnitude)


@kernel
def _code_escape(model, shift, value):
    """Code what is beyond the unary part as an Exp-Golomb code with a modelled prefix."""
    bits = 0
    while bits < ESCAPE_BITS - 1:
        for i in range(INPUTS):
            model.slots[i] = _ESCAPE[i] + shift * ESCAPE_BITS + bits
        longer = np.int64((value + 1) >> (bits + 1) != 0)
        if not code_bit(model, _ESCAPE_WEIGHTS * INPUTS, (_ESCAPE_WEIGHTS + 1) * INPUTS, longer):
            break
        bits += 1
    rest = np.int64(1)
    for place in range(bits - 1, -1, -1):
        rest = rest << 1 | code_raw_bit(model, ((value + 1) >> place) & 1)
    return rest - 1


@kernel
def _code_low(model, shift, bucket, phase, magnitude):
    """Code the low bits of a magnitude, highest first; the upper two are modelled."""
    low = np.int64(0)
    node = 1
    for place in range(shift - 1, -1, -1):
        bit = (magnitude >> place) & 1
        if place >= shift - 2:
            base = shift * UNARY + bucket
            model.slots[0] = _LOW[0] + base * 4 + node
            model.slots[1] = _LOW[1] + base * 16 + node * 4 + phase
            for i in range(2, INPUTS):
                model.slots[i] = _LOW[i] + base * 4 + node
            bit = code_bit(
                model,
                (_LOW_WEIGHTS + place) * INPUTS,
                (_LOW_WEIGHTS + SHIFTS) * INPUTS,
                bit,
            )
            node = node * 2 + bit
        else:
            bit = code_raw_bit(model, bit)
        low = low << 1 | bit
    return low
