"""The coder alone: exact bytes, round trips, and a rate close to the entropy."""

import math

import numpy as np
import pytest

from mmpc.v2.arithmetic_coder import (
    code_bit_with_probability,
    finish_encoder,
    new_coder,
    start_decoder,
)

HALF = 1 << 15


def encode(decisions):
    """Encode (probability of a one, bit) pairs."""
    coder = new_coder(decoding=False)
    stream = np.zeros(len(decisions) * 2 + 8, np.uint8)
    for probability, bit in decisions:
        code_bit_with_probability(coder, stream, probability, bit)
    finish_encoder(coder, stream)
    return stream[: coder.position].tobytes()


def decode(data, probabilities):
    """Decode one bit for each probability."""
    coder = new_coder(decoding=True)
    stream = np.frombuffer(data, np.uint8).copy()
    start_decoder(coder, stream)
    return [code_bit_with_probability(coder, stream, p, 0) for p in probabilities]


# Ones take the lower part of the interval, so sixteen fair bits are the inverse of two bytes.
EXACT = [
    ([], "00"),
    ([(HALF, 1)], "00"),
    ([(HALF, 0)], "80"),
    ([(HALF, bit) for bit in (1, 0, 1, 0, 0, 1, 0, 1)], "5a00"),
    ([(HALF, bit) for bit in (0, 1) * 8], "aaaa00"),
    ([(65535, 1)] * 40, "00"),  # forty certain bits fit into the last byte
    ([(1, 1)], "00000000"[:6]),
]


@pytest.mark.parametrize("decisions, expected", EXACT)
def test_exact_bytes(decisions, expected):
    data = encode(decisions)
    assert data.hex() == expected
    assert decode(data, [p for p, _ in decisions]) == [bit for _, bit in decisions]


def test_round_trip_and_rate():
    generator = np.random.default_rng(1)
    probabilities = np.clip(generator.beta(0.5, 0.5, 20_000) * 65536, 1, 65535).astype(int)
    bits = (generator.integers(0, 65536, probabilities.size) < probabilities).astype(int)
    decisions = list(zip(probabilities.tolist(), bits.tolist(), strict=True))
    data = encode(decisions)
    assert decode(data, probabilities.tolist()) == bits.tolist()
    ideal = sum(-math.log2((p if bit else 65536 - p) / 65536) for p, bit in decisions)
    assert ideal <= 8 * len(data) <= ideal * 1.001 + 16


def test_reads_zeros_beyond_the_end():
    coder = new_coder(decoding=True)
    stream = np.zeros(0, np.uint8)
    start_decoder(coder, stream)
    bits = [code_bit_with_probability(coder, stream, HALF, 0) for _ in range(100)]
    assert bits == [1] * 100
