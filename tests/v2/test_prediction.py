"""Intra prediction against the formulas of ITU-T H.265, 8.4.4.2, written down naively."""

import itertools

import numpy as np
import pytest

from mmpc.v2.partition import (
    LEAF,
    Z_ORDER,
    is_available,
    is_known,
    largest_log2_at,
    mark_known,
    start_leaf,
)
from mmpc.v2.prediction import ANGLE, MODES, gather_border, predict, smooth_border
from mmpc.v2.records import new_record

SHAPES = list(itertools.product(range(2, 6), range(2, 6)))  # log2 of width and height


def naive(left, corner, top, width, height, mode):
    """Predict from lists ``left`` and ``top`` of W + H samples, already smoothed where due."""
    p = {(-1, -1): corner}
    p |= {(-1, y): value for y, value in enumerate(left)}
    p |= {(x, -1): value for x, value in enumerate(top)}
    samples = width * height
    has_edges = samples < 1024
    out = np.zeros((height, width), int)
    inverse = {-2: -4096, -5: -1638, -9: -910, -13: -630, -17: -482, -21: -390, -26: -315}
    inverse[-32] = -256
    for y in range(height):
        for x in range(width):
            if mode == 0:
                value = ((width - 1 - x) * p[-1, y] + (x + 1) * p[width, -1]) * height
                value += ((height - 1 - y) * p[x, -1] + (y + 1) * p[-1, height]) * width
                out[y, x] = (value + samples) // (2 * samples)
            elif mode == 1:
                total = sum(p[-1, i] for i in range(height)) + sum(p[i, -1] for i in range(width))
                mean = (total + (width + height) // 2) // (width + height)
                out[y, x] = mean
                if has_edges and x == 0 and y == 0:
                    out[y, x] = (p[-1, 0] + 2 * mean + p[0, -1] + 2) >> 2
                elif has_edges and y == 0:
                    out[y, x] = (p[x, -1] + 3 * mean + 2) >> 2
                elif has_edges and x == 0:
                    out[y, x] = (p[-1, y] + 3 * mean + 2) >> 2
            else:
                angle = int(ANGLE[mode])
                vertical = mode >= 18
                u, v = (x, y) if vertical else (y, x)

                def ref(k, angle=angle, vertical=vertical):
                    if k >= 0:
                        return p[k - 1, -1] if vertical else p[-1, k - 1]
                    k = -1 + ((k * inverse[angle] + 128) >> 8)
                    return p[-1, k] if vertical else p[k, -1]

                index = ((v + 1) * angle) >> 5
                fraction = ((v + 1) * angle) & 31
                value = (32 - fraction) * ref(u + index + 1)
                if fraction:
                    value += fraction * ref(u + index + 2)
                out[y, x] = (value + 16) >> 5
                if angle == 0 and has_edges and u == 0:
                    other = p[-1, y] if vertical else p[x, -1]
                    out[y, x] += (other - p[-1, -1]) >> 1
    return out


def smoothed(left, corner, top):
    """Filter the border with [1 2 1] / 4."""
    line = [*left[::-1], corner, *top]
    inner = [(line[i - 1] + 2 * line[i] + line[i + 1] + 2) >> 2 for i in range(1, len(line) - 1)]
    line = [line[0], *inner, line[-1]]
    half = len(left)
    return line[:half][::-1], line[half], line[half + 1 :]


@pytest.mark.parametrize("mode", range(MODES))
@pytest.mark.parametrize("shape", SHAPES)
def test_against_the_standard(shape, mode):
    """Squares; and rectangles, which take the rules of a square of their area."""
    width, height = 1 << shape[0], 1 << shape[1]
    half = width + height
    generator = np.random.default_rng([*shape, mode])
    values = generator.integers(-2000, 4000, 2 * half + 1)
    left, corner, top = values[:half].tolist(), int(values[-1]), values[half:-1].tolist()
    border = np.zeros(129, np.int64)
    border[: 2 * half + 1] = [*left[::-1], corner, *top]
    smooth = np.zeros(129, np.int64)
    smooth_border(border, *shape, smooth)
    block = np.zeros((32, 32), np.int64)
    predict(border, smooth, *shape, mode, np.zeros(128, np.int64), block)
    distance = min(abs(mode - 10), abs(mode - 26))
    least = 99 if width * height < 64 else 7 if width * height < 256 else 1
    least = 0 if width * height == 1024 else least
    if width * height >= 64 and (mode == 0 or (mode > 1 and distance > least)):
        left, corner, top = smoothed(left, corner, top)
    assert np.array_equal(block[:height, :width], naive(left, corner, top, width, height, mode))


def test_unknown_neighbours_are_substituted():
    samples = np.arange(64 * 64, dtype=np.int32).reshape(64, 64)
    leaf = new_record(LEAF)
    border = np.zeros(129, np.int64)

    def gather(x, y):
        start_leaf(leaf, x, y, 3)
        gather_border(samples, leaf, x, y, 3, 3, 64, 64, 77, border)

    gather(0, 0)
    assert set(border[:33].tolist()) == {77}
    gather(8, 0)  # only the left is known
    assert border[:16].tolist() == [samples[7, 7]] * 8 + samples[7::-1, 7].tolist()
    assert set(border[16:33].tolist()) == {samples[0, 7]}
    gather(0, 8)  # only the top is known
    assert set(border[:17].tolist()) == {samples[7, 0]}
    assert border[17:33].tolist() == samples[7, :16].tolist()


def test_the_border_of_a_part_is_what_is_known():
    """The second half of a square: its left neighbour is known, what is beside that is not."""
    samples = np.arange(64 * 64, dtype=np.int32).reshape(64, 64)
    leaf = new_record(LEAF)
    border = np.zeros(129, np.int64)
    start_leaf(leaf, 16, 16, 4)
    mark_known(leaf, 16, 16, 3, 4, True)
    gather_border(samples, leaf, 24, 16, 3, 4, 64, 64, 77, border)
    beyond, left = border[:8].tolist(), border[8:24].tolist()
    assert left == samples[31:15:-1, 23].tolist()
    assert beyond == [samples[31, 23]] * 8  # below the square nothing is known yet
    assert border[24] == samples[15, 23]
    assert border[25:49].tolist() == [*samples[15, 24:32], *[samples[15, 31]] * 16]
    assert is_known(leaf, 20, 20, 64, 64) and not is_known(leaf, 24, 20, 64, 64)
    mark_known(leaf, 16, 16, 3, 4, False)
    assert not is_known(leaf, 20, 20, 64, 64)


def test_z_order():
    assert Z_ORDER[:2, :4].tolist() == [[0, 1, 4, 5], [2, 3, 6, 7]]
    assert [largest_log2_at(z) for z in (0, 1, 4, 16, 48, 64, 20)] == [6, 2, 3, 4, 4, 5, 3]


@pytest.mark.parametrize(
    "here, other, expected",
    [
        ((8, 8), (7, 8), True),
        ((8, 8), (16, 7), False),  # a later quarter of the same square
        ((8, 8), (15, 7), True),
        ((64, 64), (128, 63), True),  # the CTU above right
        ((64, 64), (63, 128), False),  # the CTU below left
        ((0, 0), (-1, 0), False),
        ((96, 0), (100, -1), False),
        ((64, 64), (200, 63), False),  # outside the picture
    ],
)
def test_availability(here, other, expected):
    assert is_available(*here, *other, 150, 150) == expected
