"""Decisions read from a stream: sizes that tile the slice, modes that tools allow."""

from pathlib import Path

import numpy as np
import pytest

import mmpc
from mmpc.coding_tools import Tools
from mmpc.explore.decisions import read_decisions

ROOT = Path(__file__).resolve().parents[2]


def slice_with_an_edge(height=90, width=70):
    rng = np.random.default_rng(0)
    rows, columns = np.indices((height, width))
    return (400 * (columns > rows) + rng.normal(0, 5, (height, width))).astype(np.int16)


def compress(preset="fast", **options):
    return mmpc.compress(slice_with_an_edge(), quality=30, preset=preset, **options)


def test_blocks_tile_the_slice():
    decisions = read_decisions(compress())
    assert decisions.widths.shape == decisions.modes.shape == (23, 18)
    assert np.unique(decisions.widths).size > 1
    covered = np.zeros(decisions.widths.shape, int)
    for y, x in np.argwhere(decisions.starts):
        height, width = decisions.heights[y, x], decisions.widths[y, x]
        block = (slice(y, y + height // 4), slice(x, x + width // 4))
        covered[block] += 1
        assert np.all(decisions.widths[block] == width)
        assert np.all(decisions.heights[block] == height)
        assert np.all(decisions.modes[block] == decisions.modes[y, x])
    assert np.all(covered == 1)


def test_the_preset_default_has_rectangles_and_fast_has_squares():
    whole = (slice(16), slice(16))  # where no block crosses the picture's border
    squares = read_decisions(compress())
    rectangles = read_decisions(compress(preset="default"))
    assert np.all(squares.widths[whole] == squares.heights[whole])
    assert np.any(rectangles.widths[whole] != rectangles.heights[whole])


def test_without_quadtree_every_block_is_8x8():
    decisions = read_decisions(compress(tools=Tools(quadtree=False)))
    assert np.all(decisions.widths[:22] == decisions.heights[:22])
    assert np.all(decisions.heights[:22, :17] == 8)


def test_region_is_read_first():
    mask = np.zeros((90, 70), bool)
    mask[20:40, 20:40] = True
    decisions = read_decisions(compress(region=mmpc.Region(mask, 2.0)))
    assert set(np.unique(decisions.widths)) <= {4, 8, 16, 24, 32}


def test_bounded_streams_have_no_blocks():
    stream = mmpc.compress(slice_with_an_edge(), bitstream=2, max_error=2)
    with pytest.raises(mmpc.MmpcError, match="no blocks"):
        read_decisions(stream)


def test_stripes_are_not_looked_into():
    with pytest.raises(mmpc.MmpcError, match="cut into stripes"):
        read_decisions((ROOT / "tests" / "vectors" / "v2_stripes.mmpc").read_bytes())
