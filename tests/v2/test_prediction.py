"""Intra prediction against the formulas of ITU-T H.265, 8.4.4.2, written down naively."""

import numpy as np
import pytest

from mmpc.v2.partition import Z_ORDER, is_available, largest_log2_at
from mmpc.v2.prediction import ANGLE, MODES, gather_border, predict, smooth_border

SIZES = [2, 3, 4, 5]


def naive(left, corner, top, size, mode):
    """Predict from lists ``left`` and ``top`` of 2 N samples, already smoothed where due."""
    p = {(-1, -1): corner}
    p |= {(-1, y): left[y] for y in range(2 * size)} | {(x, -1): top[x] for x in range(2 * size)}
    log2 = size.bit_length() - 1
    out = np.zeros((size, size), int)
    inverse = {-2: -4096, -5: -1638, -9: -910, -13: -630, -17: -482, -21: -390, -26: -315}
    inverse[-32] = -256
    for y in range(size):
        for x in range(size):
            if mode == 0:
                value = (size - 1 - x) * p[-1, y] + (x + 1) * p[size, -1]
                value += (size - 1 - y) * p[x, -1] + (y + 1) * p[-1, size]
                out[y, x] = (value + size) >> (log2 + 1)
            elif mode == 1:
                total = sum(p[-1, i] + p[i, -1] for i in range(size))
                mean = (total + size) >> (log2 + 1)
                out[y, x] = mean
                if size < 32 and x == 0 and y == 0:
                    out[y, x] = (p[-1, 0] + 2 * mean + p[0, -1] + 2) >> 2
                elif size < 32 and y == 0:
                    out[y, x] = (p[x, -1] + 3 * mean + 2) >> 2
                elif size < 32 and x == 0:
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
                if angle == 0 and size < 32 and u == 0:
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
@pytest.mark.parametrize("log2", SIZES)
def test_against_the_standard(log2, mode):
    size = 1 << log2
    generator = np.random.default_rng(100 * log2 + mode)
    values = generator.integers(-2000, 4000, 4 * size + 1)
    left, corner, top = values[: 2 * size].tolist(), int(values[-1]), values[2 * size : -1].tolist()
    border = np.zeros(129, np.int64)
    border[: 4 * size + 1] = [*left[::-1], corner, *top]
    smooth = np.zeros(129, np.int64)
    smooth_border(border, log2, smooth)
    block = np.zeros((32, 32), np.int64)
    predict(border, smooth, log2, mode, np.zeros(128, np.int64), block)
    distance = min(abs(mode - 10), abs(mode - 26))
    filtered = mode == 0 or (mode > 1 and distance > {8: 7, 16: 1, 32: 0}.get(size, 99))
    if filtered and size > 4:
        left, corner, top = smoothed(left, corner, top)
    assert np.array_equal(block[:size, :size], naive(left, corner, top, size, mode))


def test_unknown_neighbours_are_substituted():
    samples = np.arange(64 * 64, dtype=np.int32).reshape(64, 64)
    border = np.zeros(129, np.int64)
    gather_border(samples, 0, 0, 3, 64, 64, 77, border)
    assert set(border[:33].tolist()) == {77}
    gather_border(samples, 8, 0, 3, 64, 64, 77, border)  # only the left is known
    assert border[:16].tolist() == [samples[7, 7]] * 8 + samples[7::-1, 7].tolist()
    assert set(border[16:33].tolist()) == {samples[0, 7]}
    gather_border(samples, 0, 8, 3, 64, 64, 77, border)  # only the top is known
    assert set(border[:17].tolist()) == {samples[7, 0]}
    assert border[17:33].tolist() == samples[7, :16].tolist()


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
