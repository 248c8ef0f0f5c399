"""Prediction from other slices: interpolation by its definition, borders, sources, vectors."""

import numpy as np
import pytest

from mmpc.coding_tools import Tools
from mmpc.v2.codec import decompress
from mmpc.v2.header_reading import read_header
from mmpc.v2.motion import AFTER, BEFORE, FILTERS, MEAN, VECTOR_LIMIT, predict_from_slices
from mmpc.v2.parameters import new_parameters
from mmpc.v2.planes import new_planes, new_scratch
from mmpc.v2.references import Coded, References
from mmpc.v2.regions import no_cells
from tests.v2.coding import compress
from tests.v2.test_vectors import volume

HEIGHT, WIDTH = 37, 70  # a CTU and a bit across


def slices():
    generator = np.random.default_rng(3)
    return generator.integers(-(1 << 19), 1 << 19, (2, HEIGHT, WIDTH)).astype(np.int32)


def coded(samples):
    nothing = np.zeros(0, np.uint32)
    return Coded(samples, nothing, nothing, np.zeros((16, 32), np.uint8))


def interpolated(samples, y, x, down, across):
    """Return a sample times 2^12, by the formula of FORMAT.md."""
    total = 0
    for j in range(8):
        for i in range(8):
            row = min(max(y + (down >> 2) + j - 3, 0), HEIGHT - 1)
            column = min(max(x + (across >> 2) + i - 3, 0), WIDTH - 1)
            tap = int(FILTERS[down & 3, j] * FILTERS[across & 3, i])
            total += tap * int(samples[row, column])
    return total


@pytest.mark.parametrize("source", [BEFORE, AFTER, MEAN])
@pytest.mark.parametrize(
    ("x", "y", "log2", "down", "across"),
    [
        (8, 8, 3, 0, 0),
        (16, 4, 2, 0, 4),
        (32, 32, 3, 5, 0),
        (32, 32, 2, -8, 2),
        (8, 0, 5, 4, -3),
        (0, 0, 4, -3, 7),
        (64, 32, 5, 6, -9),
        (64, 0, 3, VECTOR_LIMIT, -VECTOR_LIMIT),
        (0, 32, 3, -VECTOR_LIMIT, VECTOR_LIMIT),
        (8, 0, 5, -161, 2),
    ],
)
def test_prediction_by_its_definition(source, x, y, log2, down, across):
    before, after = slices()
    last = coded(after)
    references = References(coded(before), last, last)
    planes = new_planes(HEIGHT, WIDTH, no_cells(), references=references)
    p = new_parameters((HEIGHT, WIDTH), (-(1 << 19), 1 << 19), 1024, Tools(), 3)
    scratch = new_scratch()
    scratch.motion.source, scratch.motion.down, scratch.motion.across = source, down, across
    wide = min(log2 + 1, 5)  # twice as wide as high, or square
    predict_from_slices(planes, scratch.motion, p, x, y, wide, log2, scratch.prediction)
    bottom, right = (1 << log2) - 1, (1 << wide) - 1
    for j, i in ((0, 0), (1, 2), (bottom, 0), (0, right), (bottom, right)):
        total = 0
        if source & BEFORE:
            total += interpolated(before, y + j, x + i, down, across)
        if source & AFTER:
            total += interpolated(after, y + j, x + i, -down, -across)
        shift = 13 if source == MEAN else 12
        assert scratch.prediction[j, i] == (total + (1 << (shift - 1))) >> shift


def test_filters_keep_what_is_flat():
    assert FILTERS.sum(1).tolist() == [64] * 4
    np.testing.assert_array_equal(FILTERS[3], FILTERS[1][::-1])
    np.testing.assert_array_equal(FILTERS[2], FILTERS[2][::-1])


def test_each_tool_pays_where_slices_move():
    moving = volume(5, 64, 96, 2)
    sizes = [
        len(compress(moving, step=30, tools=tools))
        for tools in (Tools(), Tools(motion=False), Tools(other_slices=False))
    ]
    assert sizes[0] < 0.95 * sizes[1]
    assert sizes[0] < 0.9 * sizes[2]


def test_equal_slices_cost_next_to_nothing():
    """A block of the mean without levels costs a fraction of a bit."""
    same = np.repeat(volume(1, 64, 96, 0), 5, 0)
    header = read_header(compress(same, step=60))
    sizes = [one.payload_size_bytes for one in header.slices]
    assert max(sizes[1:]) < sizes[0] / 10


@pytest.mark.parametrize("goal", [{"step": 30}, {"max_error": 0}])
def test_a_volume_without_likeness_costs_hardly_more(goal):
    """The slices of the issue's bound: never worse than one by one by more than 0.5 %."""
    generator = np.random.default_rng(1)
    unlike = np.stack(
        [np.roll(volume(1, 64, 64, 0)[0], generator.integers(64, size=2), (0, 1)) for _ in range(4)]
    )
    unlike += generator.integers(-60, 60, unlike.shape).astype(np.int16)
    one_by_one = sum(len(compress(one, **goal)) for one in unlike)
    data = compress(unlike, **goal)
    assert len(data) < 1.005 * one_by_one
    assert decompress(data).shape == unlike.shape


def test_lossless_coding_looks_at_other_slices_where_that_pays():
    generator = np.random.default_rng(2)
    base = generator.integers(0, 3000, (48, 64))
    alike = np.stack([base + generator.integers(0, 9, base.shape) for _ in range(3)])
    alike = alike.astype(np.int16)
    one_by_one = sum(len(compress(one, max_error=0)) for one in alike)
    data = compress(alike, max_error=0)
    np.testing.assert_array_equal(decompress(data), alike)
    assert len(data) < 0.6 * one_by_one
