"""The choice of levels against brute force over all paths through the states."""

import itertools

import numpy as np
import pytest

from mmpc.v2 import contexts as c
from mmpc.v2.mixing import COUNTER_START
from mmpc.v2.quantizer import NEXT_STATE, QUANTIZER
from mmpc.v2.residual_syntax import SCAN_X, SCAN_Y, UNARY_LIMIT
from mmpc.v2.search.costs import (
    IS_NOT_ZERO,
    LAST_AXIS_STRIDE,
    QUANTIZER_STRIDE,
    fill_last_costs,
    fill_level_costs,
)
from mmpc.v2.search.memory import new_search
from mmpc.v2.search.trellis import choose_levels, context_base
from mmpc.v2.transform import DCT

SMALL_STEP = 10.0
LOG2 = 2
PLACES = 5  # the coefficients that are not zero, at the start of the scan


def new_trellis(rate_weight, dependent):
    trellis = new_search(SMALL_STEP, rate_weight, True).trellis
    counters = np.full(c.COUNTERS, COUNTER_START, np.uint32)
    fill_level_costs(counters, trellis.level_costs)
    fill_last_costs(counters, trellis.last_costs)
    trellis.small_step = SMALL_STEP
    trellis.dependent = dependent
    trellis.coded_bits, trellis.empty_bits = 1.5, 0.25
    return trellis


def path_cost(trellis, values, magnitudes):
    """Return the cost of magnitudes in scan order, written down naively."""
    error, bits, state, started = 0.0, 0.0, 0, False
    for i in reversed(range(len(values))):
        x, y = int(SCAN_X[LOG2, i]), int(SCAN_Y[LOG2, i])
        base = int(context_base(trellis, LOG2 - 2, x, y))
        quantizer = int(QUANTIZER[state])
        level = magnitudes[i]
        error += (values[i] - max(2 * level - quantizer, 0)) ** 2
        assert level < UNARY_LIMIT
        if started:
            bits += trellis.level_costs[base + quantizer * QUANTIZER_STRIDE + level]
        elif level:
            started = True
            bits += trellis.level_costs[base + level] - trellis.level_costs[base + IS_NOT_ZERO]
            bits += trellis.last_costs[c.LAST_GROUP[x]]
            bits += trellis.last_costs[LAST_AXIS_STRIDE + c.LAST_GROUP[y]]
        if trellis.dependent:
            state = int(NEXT_STATE[state, level & 1])
    bits += trellis.coded_bits if started else trellis.empty_bits
    return error + float(trellis.bit_price) * bits


@pytest.mark.parametrize("dependent", [0, 1])
@pytest.mark.parametrize("rate_weight", [0.0, 0.22, 3.0])
@pytest.mark.parametrize("seed", range(6))
def test_no_path_is_cheaper(seed, rate_weight, dependent):
    generator = np.random.default_rng(seed)
    values = generator.uniform(0, 7, PLACES).astype(np.float32)
    coefficients = np.zeros((32, 32), np.float32)
    for i in range(PLACES):
        sign = generator.choice([-1, 1])
        coefficients[SCAN_Y[LOG2, i], SCAN_X[LOG2, i]] = sign * values[i] * SMALL_STEP
    levels = np.zeros((32, 32), np.int64)
    trellis = new_trellis(rate_weight, dependent)
    cost, coded = choose_levels(trellis, coefficients, levels, LOG2, DCT, False)
    chosen = [int(levels[SCAN_Y[LOG2, i], SCAN_X[LOG2, i]]) for i in range(PLACES)]
    assert coded == any(chosen)
    assert np.count_nonzero(levels) == np.count_nonzero(chosen)
    in_order = coefficients[SCAN_Y[LOG2, :PLACES], SCAN_X[LOG2, :PLACES]]
    assert all(
        level == 0 or level * value > 0 for level, value in zip(chosen, in_order, strict=True)
    )
    assert path_cost(trellis, values, np.abs(chosen)) == pytest.approx(cost, rel=1e-4)
    # Every level that is near: a farther one costs more bits and more error.
    near = [{0, *range(int(v / 2), int(v / 2) + 3)} for v in values]
    best = min(path_cost(trellis, values, path) for path in itertools.product(*near))
    assert cost == pytest.approx(best, rel=1e-4)


def test_small_coefficients_become_nothing():
    levels = np.ones((32, 32), np.int64)
    coefficients = np.full((32, 32), SMALL_STEP, np.float32)
    trellis = new_trellis(0.22, 1)
    cost, coded = choose_levels(trellis, coefficients, levels, LOG2, DCT, False)
    assert not coded
    assert not levels[:4, :4].any()
    assert cost == pytest.approx(16 + 0.22 * 0.25, rel=1e-5)
