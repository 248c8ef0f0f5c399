"""Deblocking: edges filtered by hand with the formulas of ITU-T H.265, 8.7.2.5."""

import numpy as np
import pytest

from mmpc.coding_tools import Tools
from mmpc.v2.deblocking import deblock
from mmpc.v2.parameters import new_parameters
from mmpc.v2.planes import LEFT_EDGE, TOP_EDGE
from mmpc.v2.regions import no_cells

STEP = 64  # beta = 32, tc = 8
LIMITS = (-1000, 1000)


def filtered(rows, step=STEP, log2=3, limits=LIMITS):
    """Deblock a slice made of 8 x 8 blocks."""
    samples = np.array(rows, np.int32)
    p = new_parameters(samples.shape, limits, step * 1024, Tools())
    rows, columns = np.indices((samples.shape[0] // 4, samples.shape[1] // 4)) * 4
    side = 1 << log2
    edges = LEFT_EDGE * (columns % side == 0) + TOP_EDGE * (rows % side == 0)
    deblock(samples, edges.astype(np.uint8), no_cells(), p)
    return samples


@pytest.mark.parametrize(
    ("p", "q"),  # p0 p1 p2 p3, q0 q1 q2 q3
    [
        ([0, 0, 0, 0], [6, 6, 6, 6]),
        ([3, 2, 1, 0], [8, 8, 8, 8]),
        ([3, 3, 3, 3], [9, 10, 11, 12]),
        ([8, 8, 8, 8], [3, 2, 1, 0]),
    ],
)
def test_a_small_step_between_flat_blocks_takes_the_strong_filter(p, q):
    row = [p[3]] * 4 + p[::-1] + q + [q[3]] * 4
    result = filtered([row] * 8)
    expected = [
        (2 * p[3] + 3 * p[2] + p[1] + p[0] + q[0] + 4) >> 3,
        (p[2] + p[1] + p[0] + q[0] + 2) >> 2,
        (p[2] + 2 * p[1] + 2 * p[0] + 2 * q[0] + q[1] + 4) >> 3,
        (p[1] + 2 * p[0] + 2 * q[0] + 2 * q[1] + q[2] + 4) >> 3,
        (p[0] + q[0] + q[1] + q[2] + 2) >> 2,
        (p[0] + q[0] + q[1] + 3 * q[2] + 2 * q[3] + 4) >> 3,
    ]
    assert result[0].tolist() == row[:5] + expected + row[11:]
    assert (result == result[0]).all()


def test_a_larger_step_takes_the_weak_filter():
    row = [0] * 8 + [30] * 8
    result = filtered([row] * 8)
    change = min((9 * 30 - 3 * 30 + 8) >> 4, 8)
    second_p = min((((0 + 0 + 1) >> 1) - 0 + change) >> 1, 4)
    second_q = max((((30 + 30 + 1) >> 1) - 30 - change) >> 1, -4)
    assert change == 8
    assert result[0].tolist() == [0] * 6 + [second_p, change, 30 - change, 30 + second_q] + [30] * 6


def test_unevenness_along_the_last_line_prevents_the_strong_filter():
    """Its decision looks at the first and at the fourth line of a segment."""
    flat = [0] * 8 + [6] * 8
    uneven = list(flat)
    uneven[5] = 4  # p2: a second difference of 4 on this line, and twice that is beta / 4
    strong = filtered([flat] * 4)
    weak = filtered([flat, flat, flat, uneven])
    assert strong[0].tolist() != weak[0].tolist()
    change = (9 * 6 - 3 * 6 + 8) >> 4
    assert weak[0, 7] == change
    assert weak[0, 8] == 6 - change


def test_a_true_edge_and_texture_are_left_alone():
    edge = [0] * 8 + [500] * 8
    np.testing.assert_array_equal(filtered([edge] * 8), [edge] * 8)
    texture = [0, 40] * 8
    np.testing.assert_array_equal(filtered([texture] * 8), [texture] * 8)


def test_only_block_edges_are_filtered():
    row = [0] * 8 + [6] * 8
    np.testing.assert_array_equal(filtered([row] * 16, log2=4), [row] * 16)


def test_horizontal_edges_are_the_transposed_picture():
    row = [0] * 8 + [6] * 8
    across = filtered([row] * 16)
    down = filtered(np.array([row] * 16).T)
    np.testing.assert_array_equal(down, across.T)


def test_results_stay_in_range():
    row = [0] * 8 + [6] * 8
    result = filtered([row] * 8, limits=(0, 3))
    assert result.max() == 3


@pytest.mark.parametrize("step", [1, 2, 7])
def test_a_fine_step_filters_nothing(step):
    row = [0] * 8 + [1] * 8
    np.testing.assert_array_equal(filtered([row] * 8, step=step), [row] * 8)
