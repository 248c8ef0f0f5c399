"""Squares whole or in four: either way comes back, and slow waves stand in front."""

import numpy as np
import pytest

from mmpc.explore.two_sizes import both_ways, samples_of


@pytest.mark.parametrize("share_split", [0, 0.5, 1])
def test_either_way_comes_back(share_split):
    rng = np.random.default_rng(0)
    values = rng.normal(0, 100, (64, 48))
    whole, in_four = both_ways(values)
    split = rng.random((4, 3)) < share_split
    chosen = np.where(split[..., np.newaxis, np.newaxis], in_four, whole)
    assert np.allclose(samples_of(chosen, split), values, atol=1e-3)


def test_first_coefficient_is_sixteen_times_the_mean_either_way():
    values = np.random.default_rng(1).normal(50, 9, (32, 16))
    means = values.reshape(2, 16, 1, 16).mean(axis=(1, 3))
    for coefficients in both_ways(values):
        assert np.allclose(coefficients[..., 0, 0], 16 * means)


def test_a_slow_wave_of_each_quarter_stands_around_twice_its_place():
    values = np.zeros((16, 16))
    values[:8, 8:] = np.cos(np.pi * (np.arange(8) + 0.5) * 3 / 8)  # wave (0, 3), upper right
    assert np.unravel_index(np.abs(both_ways(values)[1][0, 0]).argmax(), (16, 16)) == (0, 7)
