import math

import numpy as np
import pytest

from mmpc.v1.dct import dct_matrix, forward_dct, inverse_dct


def naive_dct(block):
    """The defining double sum, one coefficient at a time."""
    size = len(block)
    result = np.zeros((size, size))
    for k in range(size):
        for j in range(size):
            scale = math.sqrt((1 if k == 0 else 2) / size) * math.sqrt((1 if j == 0 else 2) / size)
            result[k, j] = scale * sum(
                block[m, n]
                * math.cos(math.pi * (2 * m + 1) * k / (2 * size))
                * math.cos(math.pi * (2 * n + 1) * j / (2 * size))
                for m in range(size)
                for n in range(size)
            )
    return result


@pytest.mark.parametrize("size", [4, 8, 16, 32])
def test_matrix_is_orthonormal(size):
    np.testing.assert_allclose(dct_matrix(size) @ dct_matrix(size).T, np.eye(size), atol=1e-14)


def test_matrix_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        dct_matrix()[0, 0] = 1


def test_forward_is_the_defining_sum():
    block = np.random.default_rng(1).integers(0, 4096, (8, 8)).astype(float)
    np.testing.assert_allclose(forward_dct(block), naive_dct(block), atol=1e-9)


def test_inverse_and_parseval():
    blocks = np.random.default_rng(2).integers(0, 65536, (5, 3, 8, 8)).astype(float)
    coefficients = forward_dct(blocks)
    np.testing.assert_allclose(inverse_dct(coefficients), blocks, atol=1e-8)
    np.testing.assert_allclose((coefficients**2).sum(), (blocks**2).sum())


def test_first_coefficient_is_eight_times_the_mean():
    assert forward_dct(np.full((8, 8), 100.0))[0, 0] == pytest.approx(800)
