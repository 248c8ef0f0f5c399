"""Code levels again with version 2's counters, mixer and arithmetic coder, and see the price.

For experiments with context models: levels become binary decisions, contexts are made with
NumPy outside of any codec, and the price of each decision is what the coder's interval lost.
This is a measuring instrument and no codec: whether a decoder would know the contexts is not
checked here (lesson 8 shows what happens where it would not).
"""

import math
from dataclasses import dataclass

import numpy as np

from mmpc.v2.arithmetic_coder import finish_encoder
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import (
    COUNTER_START,
    INPUTS,
    WEIGHT_ONE,
    Model,
    code_bit,
    code_raw_bit,
    new_model,
)

MANTISSA = 16  # step of the first bit behind the leading one
RAW = 17  # step of bits that no context helps: the rest of the mantissa, the sign
STEPS = 18


@dataclass(frozen=True)
class Decisions:
    """Levels as a row of binary decisions.

    Attributes
    ----------
    bits : ndarray of uint8, shape (n,)
        The decisions.
    owners : ndarray of int64, shape (n,)
        For each, the index of its level.
    steps : ndarray of int64, shape (n,)
        For each, where in the level's code it stands: k up to 15 asks whether the magnitude
        needs more than k binary digits, then come ``MANTISSA`` and ``RAW``.
    """

    bits: np.ndarray
    owners: np.ndarray
    steps: np.ndarray


@dataclass(frozen=True)
class Coded:
    """What became of decisions.

    Attributes
    ----------
    stream : bytes
        Of the arithmetic coder.
    costs_bits : ndarray of float64, shape (n,)
        The price of each decision.
    weights : ndarray of float64, shape (n_watched, n_contexts)
        The mixing weights as they learned, one row each time a watched decision was coded.
    """

    stream: bytes
    costs_bits: np.ndarray
    weights: np.ndarray


def binarize(levels: np.ndarray) -> Decisions:
    """Turn levels into decisions: the number of binary digits in unary, the digits, the sign.

    Parameters
    ----------
    levels : ndarray of integers, any shape
        Magnitudes below 2^15; taken in C order.

    Notes
    -----
    0 is ``0``; +1 is ``10 0``; -3 is ``110 1 1``: the Elias gamma code with a sign behind it
    (P. Elias, *IEEE Trans. Inf. Theory* 21, 1975).
    """
    flat = levels.reshape(-1).astype(np.int64)
    magnitudes = np.abs(flat)
    digits = np.frexp(magnitudes)[1]  # exact: 0 has none, 1 has one, 2 and 3 have two
    counts = np.where(digits == 0, 1, 2 * digits + 1)
    owners = np.repeat(np.arange(flat.size), counts)
    place = np.arange(owners.size) - np.repeat(np.cumsum(counts) - counts, counts)
    length = digits[owners]
    digit = magnitudes[owners] >> np.maximum(2 * length - 1 - place, 0) & 1
    bits = np.where(place <= length, place < length, digit)
    bits = np.where((place == 2 * length) & (length > 0), flat[owners] < 0, bits)
    steps = np.where(place <= length, place, np.where(place == length + 1, MANTISSA, RAW))
    steps[(place == 2 * length) & (length > 0)] = RAW
    return Decisions(bits.astype(np.uint8), owners, steps)


def code_decisions(
    decisions: Decisions,
    contexts: np.ndarray,
    *,
    mixing: bool = True,
    watch: tuple[int, int] = (0, 1),
) -> Coded:
    """Code decisions in the contexts of their levels.

    Parameters
    ----------
    decisions : Decisions
        What `binarize` returned.
    contexts : ndarray of integers, shape (n_levels,) or (n_levels, n_contexts)
        Up to ``INPUTS`` context numbers for each level, from 0 on. Each column has counters
        of its own, one for each number and step.
    mixing : bool
        Mix the predictions of all columns; otherwise the first column alone predicts.
    watch : tuple of int
        Step whose mixing weights are noted, and every how many of them.
    """
    columns = np.atleast_2d(contexts.T).T.astype(np.int64)
    n_contexts = columns.shape[1]
    sizes = columns.max(axis=0) + 1
    starts = 1 + STEPS * (np.cumsum(sizes) - sizes)  # counter 0 is left for unused inputs
    bases = np.zeros((len(columns), INPUTS), np.int64)
    bases[:, :n_contexts] = starts + STEPS * columns
    stream = np.zeros(decisions.bits.size + 16, np.uint8)
    model = new_model(1 + STEPS * int(sizes.sum()), 2 * STEPS, stream, False, mixing)
    if mixing:
        model.weights[:, :n_contexts] = WEIGHT_ONE // (2 * n_contexts)
    costs = np.zeros(decisions.bits.size)
    step, every = watch
    watched = np.zeros((int((decisions.steps == step).sum()) // every, INPUTS), np.int64)
    _code_all(
        model,
        decisions.bits,
        decisions.owners,
        decisions.steps,
        bases,
        n_contexts,
        costs,
        step,
        every,
        watched,
    )
    finish_encoder(model.coder, model.stream)
    size = int(model.coder.position)
    weights = watched[:, :n_contexts] / WEIGHT_ONE
    return Coded(model.stream[:size].tobytes(), costs, weights)


def code_map(numbers: np.ndarray) -> Coded:
    """Code one number for each block, shape (rows, columns), knowing those to the left and above.

    Three contexts are mixed: none, the number on the left, and the number above.
    """
    padded = np.pad(numbers, ((1, 0), (1, 0)))
    around = (np.zeros(numbers.size, np.int64), padded[1:, :-1].ravel(), padded[:-1, 1:].ravel())
    return code_decisions(binarize(numbers), np.stack(around, axis=1))


@kernel
def news_bits(coder):
    """Return how many bits the coder has taken in: those written, and the interval's width."""
    return 8 * coder.position - math.log2(coder.high - coder.low + 1)


@kernel
def _code_all(
    model: Model, bits, owners, steps, bases, n_contexts, costs, watched_step, every, watched
):
    """Encode all decisions and note what each one cost."""
    coder = model.coder
    seen = 0
    for i in range(bits.size):
        before = news_bits(coder)
        step = steps[i]
        if step == RAW:
            code_raw_bit(model, np.int64(bits[i]))
        else:
            for j in range(INPUTS):
                model.mixer.slots[j] = bases[owners[i], j] + step if j < n_contexts else 0
            # One weight set for each step; the second set adds to the same.
            code_bit(model, step, STEPS + step, np.int64(bits[i]))
            # An unused input has no opinion and gets none.
            model.counters[0] = COUNTER_START
        costs[i] = news_bits(coder) - before
        if step == watched_step:
            if seen % every == 0 and seen // every < watched.shape[0]:
                for j in range(INPUTS):
                    watched[seen // every, j] = model.weights[step, j]
                    watched[seen // every, j] += model.weights[STEPS + step, j]
            seen += 1
