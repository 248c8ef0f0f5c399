"""Costs of blocks, read from a stream: they add up to it, and nothing is decoded differently."""

import numpy as np
import pytest

import mmpc
from mmpc.coding_tools import Tools
from mmpc.explore.block_costs import read_block_costs
from mmpc.explore.decisions import read_decisions
from mmpc.explore.watched_coder import ELEMENT_OF_WEIGHTS, ELEMENTS
from mmpc.v2 import contexts as c


def slice_with_an_edge(height=90, width=70):
    rng = np.random.default_rng(0)
    rows, columns = np.indices((height, width))
    return (400 * (columns > rows) + rng.normal(0, 5, (height, width))).astype(np.int16)


def compress(pixels, **options):
    return mmpc.compress(pixels, bitstream=2, quality=6, preset="fast", **options)


@pytest.fixture(scope="module")
def without_filters():
    """Return pixels and a stream that ends with its last block."""
    pixels = slice_with_an_edge()
    return pixels, compress(pixels, tools=Tools(deblocking=False, wiener=False))


def test_costs_add_up_to_the_payload(without_filters):
    costs = read_block_costs(without_filters[1])
    total = costs.blocks["bits"].sum()
    # All bytes but the last have been shifted out of an interval of 32 bits, of which between 0 and
    # 32 are left; one byte more settles it, however narrow it is.
    assert -24 <= 8 * len(costs.stream.payload) - total <= 8
    assert np.all(costs.blocks["bits"] >= 0)


def test_each_block_starts_where_the_one_before_ends(without_filters):
    blocks = read_block_costs(without_filters[1]).blocks
    ends = blocks["start_bits"] + blocks["bits"].sum(axis=1)
    assert blocks["start_bits"][0] == pytest.approx(0, abs=1e-6)
    assert np.allclose(blocks["start_bits"][1:], ends[:-1], atol=1e-6)


def test_samples_are_those_of_the_decoder(without_filters):
    pixels, data = without_filters
    costs = read_block_costs(data)
    assert np.array_equal(costs.samples, mmpc.decompress(data))
    sums = costs.predictions + costs.residuals
    assert np.array_equal(np.clip(sums, pixels.min(), pixels.max()), costs.samples)


def test_blocks_are_those_of_the_decisions(without_filters):
    costs, decisions = (read(without_filters[1]) for read in (read_block_costs, read_decisions))
    assert len(costs.blocks) == decisions.starts.sum()
    for index, block in enumerate(costs.blocks):
        unit = block["y"] // 4, block["x"] // 4
        assert decisions.starts[unit] and decisions.modes[unit] == block["mode"]
        assert costs.block_at(block["x"], block["y"]) == index


def test_levels_cost_only_where_there_are_some(without_filters):
    costs = read_block_costs(without_filters[1])
    magnitudes, signs = (costs.blocks["bits"][:, ELEMENTS.index(n)] for n in ELEMENTS[-2:])
    has_levels = np.array(
        [
            np.any(costs.levels[b["y"] : b["y"] + b["height"], b["x"] : b["x"] + b["width"]])
            for b in costs.blocks
        ]
    )
    assert has_levels.any()
    assert np.array_equal(signs > 0, has_levels)
    assert np.all(magnitudes[~has_levels] == 0)


@pytest.mark.parametrize(
    ("tools", "free"),
    [
        (Tools(rectangles=False), "rectangles"),
        (Tools(intra=False), "prediction mode"),
    ],
)
def test_what_is_off_costs_nothing(tools, free):
    costs = read_block_costs(compress(slice_with_an_edge(), tools=tools))
    assert costs.blocks["bits"][:, ELEMENTS.index(free)].sum() == 0


def test_map_of_costs_has_the_same_total_where_blocks_end_at_the_border():
    costs = read_block_costs(compress(slice_with_an_edge(64, 128)))
    assert costs.bits_per_sample().sum() == pytest.approx(costs.blocks["bits"].sum())


def test_each_kind_of_decision_is_charged_to_its_element():
    for first, name in (
        (c.SPLIT_WEIGHTS, "quarters"),
        (c.MPM_WEIGHTS, "prediction mode"),
        (c.REMAINING_WEIGHTS, "prediction mode"),
        (c.KIND_WEIGHTS, "transform"),
        (c.LAST_WEIGHTS, "last position"),
        (c.LEVEL_WEIGHTS, "magnitudes"),
        (c.SIGN_WEIGHTS, "signs"),
    ):
        assert ELEMENTS[ELEMENT_OF_WEIGHTS[first]] == name


def test_volumes_are_refused():
    with pytest.raises(mmpc.MmpcError, match="volume"):
        read_block_costs(compress(np.zeros((2, 8, 8), np.int16)))
