"""The trellis against brute force: every path of levels through a block, one by one."""

import itertools

import numpy as np
import pytest

from mmpc.v2 import contexts as c
from mmpc.v2.quantizer import NEXT_STATE, QUANTIZER, dequantize
from mmpc.v2.scan import SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.search.costs import COST_ENTRIES
from mmpc.v2.search.memory import new_search
from mmpc.v2.search.trellis import choose_levels
from mmpc.v2.transform import DCT, SKIP

LOG2 = 2
START = int(SCAN_START[LOG2, LOG2])
PLACES = [(int(SCAN_Y[i]), int(SCAN_X[i])) for i in range(START, START + 16)]
RATE_WEIGHT = 0.3
CODED_BITS, EMPTY_BITS = 0.7, 1.4


def random_search(generator, shifted=True):
    """Return a search whose cost tables are random, but rise with the magnitude."""
    search = new_search(1.0, RATE_WEIGHT, True, shifted)
    contexts = search.trellis.level_costs.reshape(-1, COST_ENTRIES)
    contexts[:, :16] = np.cumsum(generator.uniform(0.2, 1.8, (len(contexts), 16)), axis=1)
    contexts[:, 16] = generator.uniform(0.1, 1, len(contexts))
    search.trellis.last_costs[:] = generator.uniform(0.5, 4, len(search.trellis.last_costs))
    search.trellis.small_step = 1
    search.trellis.dependent = 1
    search.trellis.coded_bits, search.trellis.empty_bits = CODED_BITS, EMPTY_BITS
    return search


def random_block(generator, coded):
    """Return a 4 x 4 block, small beyond the first ``coded`` places of the scan."""
    block = np.zeros((32, 32), np.float32)
    for i in range(16):
        amplitude = 4.5 if i < coded else 1.0
        block[PLACES[i]] = generator.uniform(-amplitude, amplitude)
    return block


def cost_of(search, values, magnitudes, guesses, level_class, dependent, shifted):
    """Return the cost of the magnitudes along the scan, read from the definition."""
    costs = search.trellis.level_costs.reshape(-1, COST_ENTRIES)
    last_costs = search.trellis.last_costs.reshape(2, 4, c.GROUPS)
    last = max(i for i, magnitude in enumerate(magnitudes) if magnitude)
    error = sum(value**2 for value in values[last + 1 :])
    bits, state = 0.0, 0
    for i in range(last, -1, -1):
        y, x = PLACES[i]
        quantizer = QUANTIZER[state] if dependent else 0
        places = ((y, x + 1), (y + 1, x), (y + 1, x + 1), (y, x + 2), (y + 2, x))
        bucket = c.MAGNITUDE_BUCKET[min(sum(guesses.get(place, 0) for place in places), 63)]
        context = (level_class * 2 + quantizer) * c.MAGNITUDES + bucket
        row = costs[context * c.POSITIONS + c.POSITION_BUCKET[x + y]]
        bits += row[magnitudes[i]]
        if i == last:  # that it is not zero was said by its place
            bits += last_costs[0, LOG2 - 2, c.LAST_GROUP[x]] - row[16]
            bits += last_costs[1, LOG2 - 2, c.LAST_GROUP[y]]
        error += (values[i] - dequantize(magnitudes[i], state, 1 << 20, shifted) / 2**20) ** 2
        state = NEXT_STATE[state, magnitudes[i] & 1] if dependent else 0
    return error + RATE_WEIGHT * (bits + CODED_BITS)


def cheapest(search, block, known_levels, level_class, dependent, shifted):
    """Try zero and the magnitudes around each value in every combination."""
    values = [float(abs(block[place])) for place in PLACES]
    if known_levels is None:
        guesses = {p: int(v * 0.5 + 0.4) for p, v in zip(PLACES, values, strict=True)}
    else:
        guesses = {place: abs(int(known_levels[place])) for place in PLACES}
    first = max((i for i, value in enumerate(values) if value > 1.1), default=-1)
    best = sum(value**2 for value in values) + RATE_WEIGHT * EMPTY_BITS, None
    choices = [sorted({0, *range(max(int(v / 2), 1), int(v / 2) + 3)}) for v in values[: first + 1]]
    for magnitudes in itertools.product(*choices):
        if any(magnitudes):
            cost = cost_of(search, values, magnitudes, guesses, level_class, dependent, shifted)
            best = min(best, (cost, magnitudes))
    return best


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("dependent", [1, 0])
@pytest.mark.parametrize("kind", [DCT, SKIP])
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("shifted", [False, True])
def test_no_path_is_cheaper(seed, dependent, kind, known, shifted):
    generator = np.random.default_rng([seed, dependent, kind, known])
    search = random_search(generator, shifted)
    block = random_block(generator, coded=6)
    levels = np.zeros((32, 32), np.int64)
    if known:
        levels[:4, :4] = generator.integers(-3, 4, (4, 4))
    level_class = 4 if kind == SKIP else LOG2 - 2
    expected, magnitudes = cheapest(
        search, block, levels.copy() if known else None, level_class, dependent, shifted
    )
    search.trellis.dependent = dependent
    cost, coded = choose_levels(search.trellis, block, levels, LOG2, LOG2, kind, known)
    assert cost == pytest.approx(expected, rel=1e-5)
    assert coded == (magnitudes is not None)
    found = [abs(int(levels[place])) for place in PLACES]
    assert found == [*(magnitudes or ()), *[0] * 16][:16]
    assert (levels[:4, :4] * block[:4, :4] >= 0).all()


def test_a_block_of_noise_below_the_step_is_empty():
    search = random_search(np.random.default_rng(0))
    block = np.full((32, 32), 1.0, np.float32)
    levels = np.ones((32, 32), np.int64)
    cost, coded = choose_levels(search.trellis, block, levels, LOG2, LOG2, DCT, False)
    assert not coded
    assert cost == pytest.approx(16 + RATE_WEIGHT * EMPTY_BITS)
    assert not levels[:4, :4].any()
