"""The trellis against brute force: every path of levels through a block, one by one."""

import itertools

import numpy as np
import pytest

from mmpc.v2 import contexts as c
from mmpc.v2.parameters import EFFORTS
from mmpc.v2.quantizer import NEXT_STATE, QUANTIZER, dequantize
from mmpc.v2.residual_syntax import UNARY_LIMIT
from mmpc.v2.scan import SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.search.all_edges import odd_level, round_magnitudes, take_levels, weigh_all_edges
from mmpc.v2.search.costs import COST_ENTRIES
from mmpc.v2.search.edges import context_base, weigh_edges
from mmpc.v2.search.magnitudes import lay_out
from mmpc.v2.search.memory import MOST_CANDIDATES, new_search
from mmpc.v2.search.trellis import BEFORE, OWN, ROUNDED, choose_levels
from mmpc.v2.transform import DCT, SKIP

LOG2 = 2
RATE_WEIGHT = 0.3
CODED_BITS, EMPTY_BITS = 0.7, 1.4
START = int(SCAN_START[LOG2, LOG2])
PLACES = [(int(SCAN_Y[i]), int(SCAN_X[i])) for i in range(START, START + 16)]
LARGEST_MEAN = 1.01


def random_search(generator, shifted=True, alike=False):
    """Return a search whose cost tables are random, but rise with the magnitude.

    If ``alike``, the magnitudes around a level do not matter.
    """
    search = new_search(1.0, RATE_WEIGHT, True, shifted)
    contexts = search.trellis.level_costs.reshape(-1, COST_ENTRIES)
    contexts[:, :16] = np.cumsum(generator.uniform(0.2, 1.8, (len(contexts), 16)), axis=1)
    contexts[:, 16] = generator.uniform(0.1, 1, len(contexts))
    if alike:
        by_bucket = contexts.reshape(-1, c.MAGNITUDES, c.POSITIONS, COST_ENTRIES)
        by_bucket[:] = by_bucket[:, :1]
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


def cost_of(search, values, magnitudes, level_class, dependent, shifted):
    """Return the cost of the magnitudes along the scan, read from the definition."""
    costs = search.trellis.level_costs.reshape(-1, COST_ENTRIES)
    last_costs = search.trellis.last_costs.reshape(2, 4, c.GROUPS)
    last = max(i for i, magnitude in enumerate(magnitudes) if magnitude)
    around = dict(zip(PLACES, magnitudes, strict=False))
    error = sum(value**2 for value in values[last + 1 :])
    bits, state = 0.0, 0
    for i in range(last, -1, -1):
        y, x = PLACES[i]
        quantizer = QUANTIZER[state] if dependent else 0
        places = ((y, x + 1), (y + 1, x), (y + 1, x + 1), (y, x + 2), (y + 2, x))
        bucket = c.MAGNITUDE_BUCKET[min(sum(around.get(place, 0) for place in places), 63)]
        context = (level_class * 2 + quantizer) * c.MAGNITUDES + bucket
        row = costs[context * c.POSITIONS + c.POSITION_BUCKET[x + y]]
        bits += row[magnitudes[i]]
        if i == last:  # that it is not zero was said by its place
            bits += last_costs[0, LOG2 - 2, c.LAST_GROUP[x]] - row[16]
            bits += last_costs[1, LOG2 - 2, c.LAST_GROUP[y]]
        error += (values[i] - dequantize(magnitudes[i], state, 1 << 20, shifted) / 2**20) ** 2
        state = NEXT_STATE[state, magnitudes[i] & 1] if dependent else 0
    return error + RATE_WEIGHT * (bits + CODED_BITS)


def cheapest(search, block, level_class, dependent, shifted):
    """Try zero and the magnitudes around each value in every combination."""
    values = [float(abs(block[place])) for place in PLACES]
    first = max((i for i, value in enumerate(values) if value > 1.1), default=-1)
    best = sum(value**2 for value in values) + RATE_WEIGHT * EMPTY_BITS, ()
    choices = [
        sorted({0, *range(max(int(v / 2), 1), int(v / 2) + 3)}) if v >= 0.4 else [0]
        for v in values[: first + 1]
    ]
    for magnitudes in itertools.product(*choices):
        if any(magnitudes):
            cost = cost_of(search, values, magnitudes, level_class, dependent, shifted)
            best = min(best, (cost, magnitudes))
    return best


def choose(generator, kind, dependent, shifted, alike, own):
    """Return what the trellis makes of a random block, and what is cheapest of all.

    ``own`` are the ways of the trellis, each of which gives a cost and levels.
    """
    search = random_search(generator, shifted, alike)
    search.trellis.dependent = dependent
    block = random_block(generator, coded=6)
    level_class = 4 if kind == SKIP else LOG2 - 2
    chosen = []
    for one in own:
        levels = np.ones((32, 32), np.int64)
        cost, coded = choose_levels(search.trellis, block, levels, LOG2, LOG2, kind, one)
        found = [abs(int(levels[place])) for place in PLACES]
        assert coded == any(found)
        assert all(levels[place] * block[place] >= 0 for place in PLACES)
        if coded:  # the cost is that of the levels, in the contexts that they make themselves
            values = [float(abs(block[place])) for place in PLACES]
            by_hand = cost_of(search, values, found, level_class, dependent, shifted)
            assert cost == pytest.approx(by_hand, rel=1e-5)
        chosen.append((cost, found))
    return chosen, *cheapest(search, block, level_class, dependent, shifted)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("dependent", [1, 0])
@pytest.mark.parametrize("kind", [DCT, SKIP])
@pytest.mark.parametrize("shifted", [False, True])
def test_no_path_is_cheaper_where_contexts_are_alike(seed, dependent, kind, shifted):
    generator = np.random.default_rng([seed, dependent, kind])
    chosen, expected, magnitudes = choose(
        generator, kind, dependent, shifted, True, own=(ROUNDED, OWN)
    )
    for cost, found in chosen:
        assert cost == pytest.approx(expected, rel=1e-5)
        assert found == [*magnitudes, *[0] * 16][:16]


@pytest.mark.parametrize("dependent", [1, 0])
@pytest.mark.parametrize("kind", [DCT, SKIP])
def test_hardly_any_path_is_cheaper_where_each_has_contexts_of_its_own(dependent, kind):
    """One path into each state is kept, though another might have better contexts later."""
    ratios = []
    for seed in range(15):
        generator = np.random.default_rng([seed, dependent, kind])
        [(cost, _)], expected, _ = choose(generator, kind, dependent, True, False, own=(OWN,))
        assert cost >= expected * (1 - 1e-5)
        ratios.append(cost / expected)
    assert np.median(ratios) < 1.0001
    assert np.mean(ratios) < LARGEST_MEAN


def test_a_block_of_noise_below_the_step_is_empty():
    search = random_search(np.random.default_rng(0))
    block = np.full((32, 32), 1.0, np.float32)
    levels = np.ones((32, 32), np.int64)
    cost, coded = choose_levels(search.trellis, block, levels, LOG2, LOG2, DCT, OWN)
    assert not coded
    assert cost == pytest.approx(16 + RATE_WEIGHT * EMPTY_BITS)
    assert not levels[:4, :4].any()


def filled_trellis(generator, dependent, log2_width, log2_height):
    """Return the memory of a trellis with a random block, some of it large, and its largest."""
    search = random_search(generator)
    search.trellis.dependent = dependent
    block = generator.laplace(0, 3, (32, 32)).astype(np.float32)
    block[::3, 1::4] += 40  # these take an escape
    search.trellis.magnitudes[:] = 77  # of other blocks
    largest, _ = lay_out(block, np.float32(1), log2_width, log2_height, search.trellis.magnitudes)
    return search.trellis, block, largest


@pytest.mark.parametrize("dependent", [1, 0])
@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (2, 5), (4, 4), (5, 5)])
def test_edges_weighed_together_are_those_weighed_one_by_one(shape, dependent):
    generator = np.random.default_rng([*shape, dependent])
    trellis, block, largest = filled_trellis(generator, dependent, *shape)
    width, height = 1 << shape[0], 1 << shape[1]
    levels = generator.integers(0, 4, (32, 32))
    round_magnitudes(trellis, shape[0], height)
    take_levels(trellis, levels, shape[0], height)
    weigh_all_edges(trellis, 1, largest, *shape, height)
    around = np.zeros((height + 2, width + 2), np.int64)
    around[:height, :width] = levels[:height, :width]
    assert largest > 2 * UNARY_LIMIT
    for y, x in np.ndindex(height, width):
        near = around[y, x + 1 : x + 3].sum() + around[y + 1, x : x + 2].sum() + around[y + 2, x]
        for quantizer in range(2 if dependent else 1):
            base = context_base(near, 1, quantizer, x, y)
            value = np.float32(abs(block[y, x]))
            even, even_cost, odd, odd_cost = weigh_edges(trellis, quantizer, base, value)
            place = y * (width + 2) + x
            assert trellis.even_costs[quantizer, place] == pytest.approx(even_cost, rel=1e-5)
            assert trellis.odd_costs[quantizer, place] == pytest.approx(odd_cost, rel=1e-5)
            assert trellis.even_levels[quantizer, place] == even
            assert odd_level(value, quantizer) == odd


@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (2, 5), (4, 4), (5, 5)])
def test_the_bound_is_below_what_any_path_costs(shape):
    generator = np.random.default_rng(shape)
    trellis, block, _ = filled_trellis(generator, 1, *shape)
    levels = np.zeros((32, 32), np.int64)
    trellis.limit = 0  # the bound alone
    bound, _ = choose_levels(trellis, block, levels, *shape, DCT, ROUNDED)
    trellis.limit = 1e30
    cost, coded = choose_levels(trellis, block, levels, *shape, DCT, ROUNDED)
    assert coded
    assert 0.7 * cost < bound <= 1.05 * cost


def test_levels_are_chosen_again_in_the_contexts_of_those_before():
    """Where the same levels come out, the cost is theirs, in the contexts that they make."""
    same = 0
    for seed in range(20):
        generator = np.random.default_rng(seed)
        search = random_search(generator)
        block = random_block(generator, coded=6)
        levels = np.zeros((32, 32), np.int64)
        choose_levels(search.trellis, block, levels, LOG2, LOG2, DCT, ROUNDED)
        before = levels.copy()
        cost, coded = choose_levels(search.trellis, block, levels, LOG2, LOG2, DCT, BEFORE)
        if coded and np.array_equal(levels, before):
            same += 1
            values = [float(abs(block[place])) for place in PLACES]
            found = [abs(int(levels[place])) for place in PLACES]
            by_hand = cost_of(search, values, found, LOG2 - 2, 1, True)
            assert cost == pytest.approx(by_hand, rel=1e-5)
    assert same >= 5


def test_no_search_asks_for_more_predictions_than_are_kept():
    places_for_other_slices = 3
    for effort in EFFORTS.values():
        most = max(effort.candidates, effort.part_candidates)
        assert most + places_for_other_slices <= MOST_CANDIDATES
