"""Decisions read from a stream: sizes that tile the slice, modes that tools allow."""

import numpy as np
import pytest

import mmpc
from mmpc.explore.decisions import read_decisions
from mmpc.request import Tools


def slice_with_an_edge(height=90, width=70):
    rng = np.random.default_rng(0)
    rows, columns = np.indices((height, width))
    return (400 * (columns > rows) + rng.normal(0, 5, (height, width))).astype(np.int16)


def compress(**options):
    return mmpc.compress(slice_with_an_edge(), bitstream=2, quality=30, preset="fast", **options)


def test_blocks_tile_the_slice():
    decisions = read_decisions(compress())
    assert decisions.sizes.shape == decisions.modes.shape == (23, 18)
    assert set(np.unique(decisions.sizes)) <= {4, 8, 16, 32}
    assert np.unique(decisions.sizes).size > 1
    for y, x in np.ndindex(decisions.sizes.shape):
        side = decisions.sizes[y, x] // 4
        top, left = y // side * side, x // side * side
        block = (slice(top, top + side), slice(left, left + side))
        assert np.all(decisions.sizes[block] == 4 * side)
        assert np.all(decisions.modes[block] == decisions.modes[y, x])


def test_without_quadtree_every_block_is_8x8():
    decisions = read_decisions(compress(tools=Tools(quadtree=False)))
    assert np.all(decisions.sizes == 8)


def test_region_is_read_first():
    mask = np.zeros((90, 70), bool)
    mask[20:40, 20:40] = True
    decisions = read_decisions(compress(region=mmpc.Region(mask, 2.0)))
    assert set(np.unique(decisions.sizes)) <= {4, 8, 16, 32}


def test_bounded_streams_have_no_blocks():
    stream = mmpc.compress(slice_with_an_edge(), bitstream=2, max_error=2)
    with pytest.raises(mmpc.MmpcError, match="no blocks"):
        read_decisions(stream)
