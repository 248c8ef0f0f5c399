"""How a residual is written: is the sample like a neighbour, its magnitude, its sign.

First, where neighbours equal each other and that has paid so far, a flag says that the
sample equals the west or the north one: drawn or segmented regions, padding, air. If it
does not, the residual's magnitude is cut into a high part, in unary decisions with an
escape, and `shift` low bits; then comes the sign. Every decision stands in six contexts,
which ``mmpc.v2.mixing`` mixes. The encoder and the decoder run the same code.
"""

import numpy as np

from mmpc.v2.bounded.neighbours import FRACTION_BITS, NE, NEE, NNE, N, W, log_bucket
from mmpc.v2.bounded.prediction import divide
from mmpc.v2.bounded.surroundings import GATE_ONE, LEVELS, SHIFTS
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import INPUTS, code_adaptive_bit, code_bit, code_raw_bit

UNARY = 18  # decisions before the escape
ESCAPE_BITS = 24
GATE_MEMORY = 5  # a gate moves by 2^-5 towards each outcome
WEST_PAIRS, NORTH_PAIRS = 0b000111, 0b111000  # those that a neighbour takes part in


def _tables(start: int, sizes: list[int]) -> tuple[np.ndarray, int]:
    """Return the offsets of tables of these sizes from `start` on, and where they end."""
    ends = np.cumsum([start, *sizes])
    return ends[:-1].astype(np.int64), int(ends[-1])


_HIGH_SIZES = (16, 36, 48, 64, 64, 49)
_HIGH, _end = _tables(0, [SHIFTS * UNARY * n for n in _HIGH_SIZES])
_LOW = _end
_SIGN, _end = _tables(_LOW + SHIFTS * UNARY * 4, [27, 256, 8 * SHIFTS, 27, 64, 32])
_ESCAPE, _end = _tables(_end, [SHIFTS * ESCAPE_BITS] * INPUTS)
_SAME, _end = _tables(_end, [2 * n for n in (512, 1024, 1024, 512, 216, 256)])
COUNTERS = _end

_HIGH_WEIGHTS = 0
_LEVEL_WEIGHTS = _HIGH_WEIGHTS + SHIFTS * UNARY
_SIGN_WEIGHTS = _LEVEL_WEIGHTS + LEVELS
_ESCAPE_WEIGHTS = _SIGN_WEIGHTS + 2
_SAME_WEIGHTS = _ESCAPE_WEIGHTS + 2
WEIGHTS = _SAME_WEIGHTS + 2 + LEVELS


@kernel
def is_candidate(surroundings, predictor, which):
    """Whether the sample may equal the west (0) or the north (1) neighbour, by their pairs."""
    if which == W:
        return surroundings.pairs & WEST_PAIRS != 0
    return predictor.around[N] != predictor.around[W] and surroundings.pairs & NORTH_PAIRS != 0


@kernel
def code_same(model, predictor, surroundings, sample, predicted):
    """Code whether the sample equals a neighbour; return 0 (west), 1 (north) or -1 (neither).

    `sample` is read by the encoder only; within the bound counts as equal.
    """
    s = surroundings
    around = predictor.around
    step = 2 * predictor.bound + 1
    for which in range(2):
        gate = s.pairs * LEVELS + s.level
        if not is_candidate(s, predictor, which) or (
            s.equal_gates[which, gate] < s.held_gates[which, gate]
        ):
            continue
        value = around[which]
        activity = log_bucket(predictor.activity_in_steps, 15)
        more = 2 * np.int64(around[NEE] == around[NE]) + np.int64(around[NNE] == around[NE])
        contexts = (
            s.pairs * 8 + (s.history & 7),
            gate,
            activity * 64 + s.history,
            s.pairs * 8 + log_bucket(divide(abs(value - predicted), step), 7),
            (s.west * 6 + s.north) * 6 + s.north_east,
            s.pairs * 4 + more,
        )
        for i in range(INPUTS):
            model.mixer.slots[i] = _SAME[i] + contexts[i] * 2 + which
        is_same = np.int64(abs(sample - value) <= predictor.bound)
        weights = _SAME_WEIGHTS + which
        is_same = code_bit(model, weights, _SAME_WEIGHTS + 2 + s.level, is_same)
        s.history = (s.history << 1 | is_same) & 63
        if is_same:
            return which
    return -1


@kernel
def learn_gates(predictor, surroundings, decoded, predicted):
    """Learn how often the sample equals a neighbour, and how often the prediction holds."""
    s = surroundings
    held = GATE_ONE - 1 if abs(decoded - predicted) <= predictor.bound else 0
    gate = s.pairs * LEVELS + s.level
    for which in range(2):
        if is_candidate(s, predictor, which):
            equal = GATE_ONE - 1 if decoded == predictor.around[which] else 0
            s.equal_gates[which, gate] += (equal - s.equal_gates[which, gate]) >> GATE_MEMORY
            s.held_gates[which, gate] += (held - s.held_gates[which, gate]) >> GATE_MEMORY


@kernel
def code_residual(model, predictor, surroundings, residual):
    """Code a residual, in units of the step; the decoder ignores the argument. Return it."""
    s = surroundings
    corrected = predictor.corrected
    rounded = (corrected + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS
    offset = corrected - (rounded << FRACTION_BITS) + (1 << (FRACTION_BITS - 1))
    s.phase = offset >> (FRACTION_BITS - 2)
    magnitude = _code_magnitude(model, predictor, s, np.int64(abs(residual)))
    if magnitude == 0:
        return np.int64(0)
    signs = (1 + s.west_sign) * 3 + 1 + s.north_sign
    contexts = (
        signs * 3 + 1 + s.north_east_sign,
        predictor.texture * 4 + s.phase,
        (s.phase * 2 + np.int64(magnitude == 1)) * SHIFTS + s.shift,
        (1 + np.sign(predictor.adaptive - corrected)) * 9 + signs,
        s.level * 4 + s.phase,
        predictor.chosen * 4 + s.phase,
    )
    for i in range(INPUTS):
        model.mixer.slots[i] = _SIGN[i] + contexts[i]
    negative = code_bit(model, _SIGN_WEIGHTS, _SIGN_WEIGHTS + 1, np.int64(residual < 0))
    return -magnitude if negative else magnitude


@kernel
def _code_magnitude(model, predictor, surroundings, magnitude):
    s = surroundings
    step = 2 * predictor.bound + 1
    shift, level = s.shift, s.level
    apart = abs(predictor.fixed - predictor.adaptive)
    disagreement = log_bucket(divide(apart * 2, step << FRACTION_BITS), 7)
    activity = log_bucket(predictor.activity_in_steps, 11)
    contexts = (
        level,
        s.west * 6 + s.north,
        activity * 4 + s.phase,
        predictor.texture,
        disagreement * 8 + level // 2,
        s.corners * 7 + s.further,
    )
    slots = model.mixer.slots
    for i in range(INPUTS):
        slots[i] = _HIGH[i] + (shift * _HIGH_SIZES[i] + contexts[i]) * UNARY
    high = magnitude >> shift
    count = np.int64(0)
    while count < UNARY:
        weights = _HIGH_WEIGHTS + shift * UNARY + count
        if not code_bit(model, weights, _LEVEL_WEIGHTS + level, np.int64(high > count)):
            break
        count += 1
        for i in range(INPUTS):
            slots[i] += 1
    bucket = min(count, UNARY - 1)
    if count == UNARY:
        count += _code_escape(model, shift, high - count)
    return count << shift | _code_low(model, shift, bucket, s.phase, magnitude)


@kernel
def _code_escape(model, shift, value):
    """Code what is beyond the unary part as an Exp-Golomb code with a modelled prefix."""
    bits = 0
    while bits < ESCAPE_BITS - 1:
        for i in range(INPUTS):
            model.mixer.slots[i] = _ESCAPE[i] + shift * ESCAPE_BITS + bits
        longer = np.int64((value + 1) >> (bits + 1) != 0)
        if not code_bit(model, _ESCAPE_WEIGHTS, _ESCAPE_WEIGHTS + 1, longer):
            break
        bits += 1
    rest = np.int64(1)
    for place in range(bits - 1, -1, -1):
        rest = rest << 1 | code_raw_bit(model, ((value + 1) >> place) & 1)
    return rest - 1


@kernel
def _code_low(model, shift, high, phase, magnitude):
    """Code the low bits of a magnitude, highest first; only that one is modelled."""
    low = np.int64(0)
    for place in range(shift - 1, -1, -1):
        bit = (magnitude >> place) & 1
        if place == shift - 1:
            bit = code_adaptive_bit(model, _LOW + ((shift * UNARY + high) * 4 + phase), bit)
        else:
            bit = code_raw_bit(model, bit)
        low = low << 1 | bit
    return low
