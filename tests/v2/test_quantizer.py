"""Dequantization: which values the levels of each state stand for."""

import numpy as np
import pytest

from mmpc.v2.quantizer import NEXT_STATE, QUANTIZER, STATES, dequantize, next_state
from mmpc.v2.transform import COEFFICIENT_LIMIT


@pytest.mark.parametrize(
    "state, level, multiple",
    [(0, 0, 0), (0, 1, 2), (0, -3, -6), (1, 0, 0), (1, 1, 1), (1, -1, -1), (1, 2, 3), (1, -3, -5)],
)
def test_values_in_small_steps(state, level, multiple):
    assert dequantize(level, state, 1000, 0) == multiple * 1000


@pytest.mark.parametrize(
    "state, level, eighths",
    [
        (0, 0, 0),
        (0, 1, 15),
        (0, -1, -15),
        (0, 2, 32),
        (1, 0, 0),
        (1, 1, 9),
        (1, -1, -9),
        (1, 2, 24),
    ],
)
def test_shifted_points(state, level, eighths):
    assert dequantize(level, state, 1000, 1) == eighths * 125
    assert dequantize(level, state, 71, 1) == np.sign(level) * (abs(eighths) * 71 // 8)


def test_huge_levels_are_clamped():
    assert dequantize((1 << 28) - 1, 0, 1 << 26, 1) == COEFFICIENT_LIMIT
    assert dequantize(1 - (1 << 28), 1, 1 << 26, 0) == -COEFFICIENT_LIMIT


def test_state_machine_is_a_trellis():
    assert next_state(0, 0, 1) == 0  # zeros before the first level leave the state alone
    assert sorted(NEXT_STATE.ravel().tolist()) == sorted(list(range(STATES)) * 2)
    assert all(NEXT_STATE[s, 0] != NEXT_STATE[s, 1] for s in range(STATES))
    assert np.count_nonzero(QUANTIZER) == STATES // 2


@pytest.mark.parametrize("level", [0, 1, -1, 2, 7])
def test_plain_quantization_never_leaves_state_0(level):
    assert next_state(0, level, 0) == 0
