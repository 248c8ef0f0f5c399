"""Kernels of the lossy coder alone, many times over: what `benchmarks.profile` times."""

import numpy as np

from mmpc.v2.contexts import MAP_COUNTERS
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import INPUTS, code_adaptive_bit, code_bit, code_bit_between, code_raw_bit
from mmpc.v2.probability_map import code_bit_through_map
from mmpc.v2.residual_syntax import set_level_slots
from mmpc.v2.search.mode_ranking import fill_residual
from mmpc.v2.search.satd import hadamard_cost
from mmpc.v2.search.trellis import choose_levels
from mmpc.v2.transform import DCT, forward_transform, inverse_transform


@kernel
def code_mixed_bits(model, contexts, bits):
    """Code bits, each with six counters of its context."""
    for i in range(bits.size):
        for k in range(INPUTS):
            model.mixer.slots[k] = contexts[i] * INPUTS + k
        bits[i] = code_bit(model, contexts[i] & 15, 16 + (contexts[i] >> 4 & 15), bits[i])


@kernel
def code_mapped_bits(model, contexts, bits):
    """Code the same through the first probability map behind the counters."""
    start = model.counters.size - MAP_COUNTERS
    for i in range(bits.size):
        for k in range(INPUTS):
            model.mixer.slots[k] = contexts[i] * INPUTS + k
        bits[i] = code_bit_through_map(
            model, contexts[i] & 15, 16 + (contexts[i] >> 4 & 15), 0, start, bits[i]
        )


@kernel
def code_simple_bits(model, contexts, bits):
    """Code bits, each with one counter."""
    for i in range(bits.size):
        bits[i] = code_adaptive_bit(model, contexts[i], bits[i])


@kernel
def code_bits_of_three(model, contexts, bits):
    """Code bits, each with three counters."""
    for i in range(bits.size):
        first = contexts[i] * INPUTS
        bits[i] = code_bit_between(model, first, first + 1, first + 2, bits[i])


@kernel
def code_raw_bits(model, contexts, bits):
    """Code bits of probability one half; ``contexts`` are as many."""
    for i in range(contexts.size):
        bits[i] = code_raw_bit(model, bits[i])


@kernel
def find_contexts(slots, magnitudes, times):
    """Find the contexts of all levels of a block of 8 x 8."""
    total = np.int64(0)
    for _ in range(times):
        for y in range(8):
            for x in range(8):
                bucket, expected = set_level_slots(
                    slots, magnitudes, x, y, 8 * y + x, 1, 2, 1, 3, 4, total & 63, total
                )
                total += bucket + expected
    return total


@kernel
def transform_inversely(scratch, log2, times):
    """Transform a block of 2^log2 x 2^log2 back, a quarter of its frequencies in use."""
    for _ in range(times):
        inverse_transform(
            scratch.coefficients,
            log2,
            log2,
            DCT,
            1 << (log2 - 1),
            1 << (log2 - 1),
            scratch.columns,
            scratch.residual,
        )


@kernel
def guess_costs(source, search, scratch, log2, times):
    """Guess the cost of a prediction, as the ranking of modes does."""
    total = np.float32(0)
    for _ in range(times):
        fill_residual(source, search, scratch, 0, 0, log2, log2)
        total += hadamard_cost(search.residual, log2, log2, search.work)
    return total


@kernel
def transform(search, log2, times):
    """Transform a block."""
    for _ in range(times):
        forward_transform(search.residual, log2, log2, DCT, search.work, search.coefficients)


@kernel
def quantize(search, scratch, log2, contexts, times):
    """Choose the levels of a block."""
    for _ in range(times):
        choose_levels(
            search.trellis, search.coefficients, scratch.levels, log2, log2, DCT, contexts
        )
