"""Context mixing: the probability of the next binary decision.

Each decision looks at ``INPUTS`` adaptive counters, one for each context it stands in. Their
probabilities are taken to the logistic domain, summed with learned weights and taken back
("logistic mixing", M. Mahoney, Adaptive weighing of context models, 2005). Two weight sets are
added, one chosen by the kind of decision, one by its surroundings. All arithmetic is integer,
so that every machine computes the same probabilities.
"""

import math
from typing import NamedTuple

import numpy as np

from mmpc.v2.arithmetic_coder import code_bit_with_probability, new_coder
from mmpc.v2.kernel import kernel
from mmpc.v2.records import new_record

INPUTS = 6

LOGIT_ONE = 256  # fixed-point one of the logistic domain
LOGIT_LIMIT = 2815  # 11 nats: probabilities from 2^-16 to 1 - 2^-16
WEIGHT_ONE = 65536
INITIAL_WEIGHT = WEIGHT_ONE // 10  # in each of the two sets: sums to 1.2 over six inputs
MIXER_RATE = 12
LEARNING_SHIFT = 20
LEARNING_HALF = 1 << (LEARNING_SHIFT - 1)
COUNTER_LIMIT = 160

# A counter is a uint32: 22 bits of probability, then 10 bits that count its decisions.
COUNT_BITS = 10
COUNTER_START = 1 << 31


def _squash_table() -> np.ndarray:
    """Return p(l) = 1 / (1 + exp(-l)) in units of 2^-16 for all fixed-point logits.

    No entry lies within 1e-6 of a rounding tie (a test checks it), so every libm gives the
    same table.
    """
    logits = range(-LOGIT_LIMIT, LOGIT_LIMIT + 1)
    values = [round(65536 / (1 + math.exp(-logit / LOGIT_ONE))) for logit in logits]
    return np.clip(np.array(values, np.int64), 1, 65535).astype(np.uint16)


def _stretch_table() -> np.ndarray:
    """Return the logit of (i + 1/2) / 4096, the inverse of ``_squash_table``."""
    values = [round(LOGIT_ONE * math.log((i + 0.5) / (4095.5 - i))) for i in range(4096)]
    return np.array(values, np.int16)


SQUASH = _squash_table()
STRETCH = _stretch_table()
RECIPROCAL = np.array([2 * 65536 // (2 * n + 3) for n in range(1024)], np.int32)
# Cost in bits of a one whose probability is (i + 1/2) / 4096: only the encoder uses it.
COST_BITS = np.array([-math.log2((i + 0.5) / 4096) for i in range(4096)], np.float32)


# The mixing of one decision.
MIXER = np.dtype(
    [
        ("learning_rate", np.int64),  # 0: the weights stay as they are
        ("mapping", np.int64),  # whether there are maps behind the mixer, see probability_map
        ("slots", np.uint32, INPUTS),  # the counters of the next decision
        ("logits", np.int32, INPUTS),  # what they say
        # What the counters become after a zero, and what a one adds to that.
        ("decayed", np.uint32, INPUTS),
        ("gains", np.uint32, INPUTS),
    ]
)


class Model(NamedTuple):
    """Everything that adapts while a slice is coded, and the coder behind it."""

    counters: np.ndarray  # uint32
    weights: np.ndarray  # int32[sets, INPUTS]
    mixer: np.record  # MIXER
    coder: np.record  # CODER, see arithmetic_coder
    stream: np.ndarray  # uint8, written or read


def new_model(
    counters: int, weights: int, stream: np.ndarray, decoding: bool, mixing: bool
) -> Model:
    """Return a model of so many counters and weight sets that knows nothing yet.

    Without ``mixing`` the first context of each decision alone gives the probability.
    """
    mixer = new_record(MIXER)
    table = np.full((weights, INPUTS), INITIAL_WEIGHT, np.int32)
    if mixing:
        mixer.learning_rate = MIXER_RATE
    else:
        table[:] = 0
        table[:, 0] = WEIGHT_ONE // 2
    return Model(
        np.full(counters, COUNTER_START, np.uint32), table, mixer, new_coder(decoding), stream
    )


@kernel(forceinline=True)
def mix(model, set_a, set_b, offset):
    """Return the logit of a one in the contexts ``model.mixer.slots``, within LOGIT_LIMIT.

    ``set_a`` and ``set_b`` are the two weight sets. The counters stand ``offset`` behind the slots.
    """
    mixer = model.mixer
    weights_a = model.weights[set_a]
    weights_b = model.weights[set_b]
    offset = np.uint32(offset)
    total = np.int64(0)
    for i in range(INPUTS):
        logit = np.int64(STRETCH[model.counters[mixer.slots[i] + offset] >> 20])
        mixer.logits[i] = logit
        total += logit * (weights_a[i] + weights_b[i])
    return min(max(total >> 16, -LOGIT_LIMIT), LOGIT_LIMIT)


@kernel(forceinline=True)
def foresee(model, offset):
    """Work out what the counters will learn.

    A decoder waits for the sum of `mix`, for the bit that it decides, and then most often for
    instructions that it did not guess. What can be done before is done while it waits.
    """
    mixer = model.mixer
    offset = np.uint32(offset)
    for i in range(INPUTS):
        state = model.counters[mixer.slots[i] + offset]
        mixer.decayed[i] = decayed(state)
        mixer.gains[i] = gain(state)


@kernel(forceinline=True)
def learn(model, set_a, set_b, offset, probability, bit):
    """Let weights and counters learn a bit whose ``probability`` to be a one was mixed.

    ``set_a`` and ``set_b`` are the two weight sets. No two counters are the same.
    """
    mixer = model.mixer
    weights_a = model.weights[set_a]
    weights_b = model.weights[set_b]
    offset = np.uint32(offset)
    error = np.int32(((bit << 16) - probability) * mixer.learning_rate)
    for i in range(INPUTS):
        # All within 32 bits, so that the processor can do several at a time.
        change = np.int32(mixer.logits[i] * error + LEARNING_HALF) >> LEARNING_SHIFT
        weights_a[i] += change
        weights_b[i] += change
    one = np.uint32(bit)  # a factor, where a branch would often be foreseen wrongly
    for i in range(INPUTS):
        grown = mixer.gains[i] * one
        model.counters[mixer.slots[i] + offset] = mixer.decayed[i] + grown


@kernel
def code_bit(model, set_a, set_b, bit):
    """Encode ``bit`` (or decode and return it) in the contexts ``model.mixer.slots``, and learn it.

    ``set_a`` and ``set_b`` are the two weight sets.
    """
    probability = np.int64(SQUASH[mix(model, set_a, set_b, 0) + LOGIT_LIMIT])
    foresee(model, 0)
    bit = code_bit_with_probability(model.coder, model.stream, probability, bit)
    learn(model, set_a, set_b, 0, probability, bit)
    return bit


@kernel(forceinline=True)
def decayed(state):
    """Return a counter after a zero: moved towards it by 1 / (n + 1.5), n its decisions so far.

    n is counted up to a limit.
    """
    state = np.int64(state)
    count = state & 1023
    loss = ((state >> COUNT_BITS) * RECIPROCAL[count] + 65535) >> 16
    return state - (loss << COUNT_BITS) + (count < COUNTER_LIMIT)


@kernel(forceinline=True)
def gain(state):
    """Return what a one adds to a counter that has decayed: 1 / (n + 1.5) of the whole."""
    return np.int64(RECIPROCAL[state & 1023]) << 16


@kernel(forceinline=True)
def moved(state, bit):
    """Return a counter moved towards ``bit``."""
    return decayed(state) + gain(state) * bit


@kernel(forceinline=True)
def code_adaptive_bit(model, slot, bit):
    """Code a bit with the probability of a single counter."""
    probability = max(np.int64(model.counters[slot]) >> 16, 1)
    bit = code_bit_with_probability(model.coder, model.stream, probability, bit)
    model.counters[slot] = moved(model.counters[slot], bit)
    return bit


@kernel(forceinline=True)
def code_bit_between(model, one, two, half, bit):
    """Code a bit with the mean of three counters' probabilities, that of ``half`` counted twice.

    No two of them are the same.
    """
    state_one = np.int64(model.counters[one])
    state_two = np.int64(model.counters[two])
    state_half = np.int64(model.counters[half])
    probability = max((state_one + state_two + 2 * state_half) >> 18, 1)
    bit = code_bit_with_probability(model.coder, model.stream, probability, bit)
    model.counters[one] = moved(state_one, bit)
    model.counters[two] = moved(state_two, bit)
    model.counters[half] = moved(state_half, bit)
    return bit


@kernel(forceinline=True)
def code_raw_bit(model, bit):
    """Encode or decode one bit of probability one half, without a model."""
    return code_bit_with_probability(model.coder, model.stream, 1 << 15, bit)


@kernel
def counter_cost(counters, slot, bit):
    """Return the cost in bits of ``bit`` in one context alone, as the encoder estimates it."""
    index = np.int64(counters[slot]) >> 20
    return COST_BITS[index] if bit else COST_BITS[4095 - index]
